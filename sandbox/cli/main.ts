/**
 * The command line once it is known that a sandbox or an answer about capbox itself is wanted.
 *
 * It stands apart from `cli.ts` for two reasons: what needs no sandbox must not load it, and Deno keeps
 * the compiled code of a module only when the module has been evaluated before the process ends,
 * which `cli.ts`, where everything runs, never is.
 *
 * @module
 */
import { isVfsError } from "../errors.ts";
import { fromHostError } from "../host/errors.ts";
import { SIG } from "../types.ts";
import { CliError, type CliOptions } from "../session/cli_types.ts";
import type { ProgramTable } from "../kernel/programs.ts";
import type { SandboxOptions, Session } from "../session/session.ts";

// What most starts do not need is imported when it is needed. The sandbox is not even part of the
// module graph: its specifier is computed, which needs the right to read it where it is a local file.
const SERVER = "../protocol/server.ts";
const CHILD = "../host/child.ts";
const POLICY = "../caps/policy.ts";
const importOptions = () => import("../session/cli_options.ts");
const importStreams = () => import("../host/stdio.ts");
const importServer = () => import(SERVER) as Promise<typeof import("../protocol/server.ts")>;
const importChild = () => import(CHILD) as Promise<typeof import("../host/child.ts")>;
const importPolicy = () => import(POLICY) as Promise<typeof import("../caps/policy.ts")>;

/** What the command line is made of and this folder must not import. */
export interface Surroundings {
  /** URL of `cli.ts`. */
  readonly entry: string;
  /** Its path, where it is a local file. */
  readonly file: string | undefined;
  /** The folder it is in, where that is a local one. */
  readonly folder: string | undefined;
  /** The applets. */
  readonly table: ProgramTable;
  /** First line of the banner. */
  readonly banner: string;
  /** Whether an applet's module loads without any right. */
  isAtHand(name: string): boolean;
  /** Loads the library. */
  sandbox(): Promise<{ readonly Sandbox: { create(options: SandboxOptions): Promise<Session> } }>;
}

const VERSION = "0.1.0";
const encoder = new TextEncoder();

function print(text: string): void {
  writeAll(Deno.stdout, text);
}

function complain(text: string): void {
  writeAll(Deno.stderr, text);
}

function writeAll(stream: typeof Deno.stdout, text: string): void {
  let bytes = encoder.encode(text);
  try {
    while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
  } catch { /* Nobody reads any more. */ }
}

/** Whether Deno allows something, without ever asking the user. */
function isGranted(descriptor: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(descriptor).state === "granted";
}

/** The names as native's banner lists them. */
function appletList(around: Surroundings): string {
  let text = "";
  let line = "\t";
  const names = around.table.names();
  names.forEach((name, index) => {
    const word = index + 1 < names.length ? `${name}, ` : name;
    if (line.length + word.length > 71) {
      text += line.trimEnd() + "\n";
      line = "\t";
    }
    line += word;
  });
  return text + line.trimEnd() + "\n";
}

async function showBanner(around: Surroundings): Promise<void> {
  const { CLI_HELP } = await importOptions();
  print(`${around.banner}\n${CLI_HELP}\nCurrently defined functions:\n${appletList(around)}`);
}

/** What `--env`, the policy file, and the environment of the host add up to. */
function sandboxOptions(cli: CliOptions): SandboxOptions {
  const base = cli.policyFile === undefined ? {} : readPolicy(cli.policyFile);
  const env = new Map<string, string>(Object.entries(base.env ?? {}));
  for (const name of cli.passEnv) {
    if (name === "*") {
      if (isGranted({ name: "env" })) {
        for (const [each, value] of Object.entries(Deno.env.toObject())) env.set(each, value);
      }
    } else if (isGranted({ name: "env", variable: name })) {
      const value = Deno.env.get(name);
      if (value !== undefined) env.set(name, value);
    }
  }
  for (const [name, value] of Object.entries(cli.policy.env ?? {})) env.set(name, value);
  const net = [...(base.net ?? []), ...(cli.policy.net ?? [])];
  if (isGranted({ name: "env", variable: "CAPBOX_ALLOW_NET" })) {
    const granted = Deno.env.get("CAPBOX_ALLOW_NET") ?? "";
    net.push(...granted.split(",").filter((each) => each !== ""));
  }
  const options: { -readonly [K in keyof SandboxOptions]: SandboxOptions[K] } = {
    ...base,
    ...cli.policy,
    env: Object.fromEntries(env),
    net,
    limits: { ...base.limits, ...cli.policy.limits },
    mounts: [...(base.mounts ?? []), ...(cli.policy.mounts ?? [])],
  };
  const here = Deno.cwd();
  const mounts = options.mounts!;
  if (mounts.length === 0) {
    // Everyday use: the working directory, with what Deno allows. The host layer asks Deno again
    // for each path, so that a grant for a part of it is a grant for that part only.
    const writes = Deno.permissions.querySync({ name: "write", path: here }).state === "granted" ||
      isPartlyGranted("write");
    options.mounts = [{ host: here, guest: here, mode: writes ? "rw" : "ro", partial: true }];
    options.cwd ??= here;
  } else if (mounts.some((mount) => mount.host === "/" && mount.guest === "/")) {
    options.cwd ??= here;
  }
  if (cli.audit !== undefined) options.audit = auditTo(cli.audit);
  return options;
}

/** Whether Deno was given a right for some path: then the state of the whole is not "denied". */
function isPartlyGranted(name: "read" | "write"): boolean {
  const status = Deno.permissions.querySync({ name, path: "." });
  // A scoped grant leaves the rest at "prompt"; the host layer decides path by path.
  return status.state !== "denied";
}

function readPolicy(path: string): SandboxOptions {
  let text: string;
  try {
    if (!isGranted({ name: "read", path })) throw new CliError(`${path}: Permission denied`);
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`can't open '${path}': ${fromHostError(error).reason}`);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new TypeError();
    return value as SandboxOptions;
  } catch {
    throw new CliError(`${path}: not a JSON object`);
  }
}

/**
 * What JSON leaves as it is, and yet ends a line or moves the cursor for some viewer of a log: DEL, the
 * C1 controls, the separators of Unicode, and what changes the direction of text.
 */
const UNSEEN = /[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Appends each event as one line; JSON escapes newlines, so that no line can be forged. */
function auditTo(path: string): NonNullable<SandboxOptions["audit"]> {
  if (!isGranted({ name: "write", path })) throw new CliError(`${path}: Permission denied`);
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path, { append: true, create: true });
  } catch (error) {
    throw new CliError(`can't open '${path}': ${fromHostError(error).reason}`);
  }
  return (event) => {
    const text = JSON.stringify({ time: new Date().toISOString(), ...event });
    const line = text.replace(
      UNSEEN,
      (char) => "\\u" + char.charCodeAt(0).toString(16).padStart(4, "0"),
    );
    file.writeSync(encoder.encode(line + "\n"));
  };
}

/** Writes a command for each applet into a host directory: `--install [-s] DIR`. */
function install(around: Surroundings, args: readonly string[]): number {
  const links = args[0] === "-s";
  const directory = links ? args[1] : args[0];
  if (directory === undefined) throw new CliError("--install needs a directory");
  if (!isGranted({ name: "write", path: directory })) {
    throw new CliError(`${directory}: Permission denied`);
  }
  const quote = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;
  const flags = (["read", "write", "net", "env"] as const)
    .filter((name) => isGranted({ name })).map((name) => `--allow-${name}`);
  const self = around.file ?? around.entry;
  for (const name of around.table.names()) {
    const target = `${directory}/${name}`;
    try {
      if (Deno.build.standalone) {
        if (links) Deno.symlinkSync(Deno.execPath(), target);
        else Deno.linkSync(Deno.execPath(), target);
        continue;
      }
      const words = [Deno.execPath(), "run", "--quiet", "--no-prompt", ...flags, self, name].map(
        quote,
      );
      Deno.writeTextFileSync(target, `#!/bin/sh\nexec ${words.join(" ")} "$@"\n`, { mode: 0o755 });
    } catch (error) {
      complain(`capbox: ${target}: ${fromHostError(error).reason}\n`);
      return 1;
    }
  }
  return 0;
}

/** Variable in which a child finds its policy. Arguments can be seen by other users, it cannot. */
const POLICY_VARIABLE = "CAPBOX_CHILD_POLICY";
/** How late a child may be with the limit of wall time before it is killed, milliseconds. */
const GRACE_MS = 750;

/** Runs a program in a child that has the host's streams and no more rights than the policy needs. */
async function runIsolated(
  around: Surroundings,
  argv: readonly string[],
  options: SandboxOptions,
  auditFile: string | undefined,
): Promise<number> {
  const [{ planChild, runAttached }, { createPolicy }] = await Promise.all([
    importChild(),
    importPolicy(),
  ]);
  const policy = createPolicy(options);
  const plan = planChild(policy, around.entry);
  const write = [...plan.write];
  let audit: string | undefined;
  if (auditFile !== undefined) {
    // That this process may write it was checked when `options.audit` was made.
    audit = auditFile.startsWith("/") ? auditFile : `${Deno.cwd()}/${auditFile}`;
    write.push(audit);
  }
  const inner = { ...options, audit: undefined, isolation: "inline", mounts: plan.mounts };
  const end = await runAttached(
    { ...plan, write, variable: POLICY_VARIABLE },
    ["--contained", ...argv],
    JSON.stringify({ options: inner, audit }),
    policy.limits.wallMs + GRACE_MS,
  );
  if (end.reason !== undefined) complain(`capbox: ended by the limit: ${end.reason}\n`);
  return end.code;
}

/** The child of `runIsolated`: its policy comes ready-made. */
async function runContained(around: Surroundings, argv: readonly string[]): Promise<number> {
  const text = Deno.env.get(POLICY_VARIABLE) ?? "";
  Deno.env.delete(POLICY_VARIABLE);
  const { options, audit } = JSON.parse(text) as { options: SandboxOptions; audit?: string };
  const file = audit === undefined ? undefined : auditTo(audit);
  return await runProgram(around, argv, { ...options, audit: file });
}

/** Runs a program of the sandbox on the host's own streams. */
async function runProgram(
  around: Surroundings,
  argv: readonly string[],
  options: SandboxOptions,
): Promise<number> {
  const [{ Sandbox }, { openHostStreams }, { Queue }] = await Promise.all([
    around.sandbox(),
    importStreams(),
    import("../kernel/wait_queue.ts"),
  ]);
  const sandbox = await Sandbox.create({ ...options, ownsProcess: true });
  const open = new Set([1, 2]);
  let allClosed = () => {};
  const closed = new Promise<void>((resolve) => allClosed = resolve);
  let hangUp = () => {};
  const hungUp = new Promise<void>((resolve) => hangUp = resolve);
  let dismiss = (_status: number): void => {};
  const dismissed = new Promise<number>((resolve) => dismiss = resolve);
  const resized = new Queue();
  let left = sandbox.policy.limits.outputBytes;
  let overrun = () => {};
  const files = openHostStreams({
    closed: (number) => {
      open.delete(number);
      if (open.size === 0) allClosed();
    },
    account: (bytes) => {
      left -= bytes;
      if (left < 0) overrun();
    },
    resized,
  });
  const started = sandbox.attachByName(argv, {}, files, hostUmask());
  overrun = () => sandbox.kernel.endRun(started.run, "output");
  if (left < 0) overrun();
  for (const file of [files.stdin, files.stdout, files.stderr]) file.release();
  const { kernel } = sandbox;
  const forward = (name: Deno.Signal, signal: number): void => {
    Deno.addSignalListener(name, () => {
      // Once the program has ended we are all that its background can be ended by.
      if (started.process.ended) dismiss(128 + signal);
      const group = files.tty?.foreground ?? started.process.pgid;
      if (signal === SIG.INT || signal === SIG.QUIT) kernel.signalGroup(group, signal);
      else kernel.deliver(started.process, signal);
      if (signal !== SIG.HUP || files.tty === undefined) return;
      hangUp();
      // Whoever has lost its terminal is told, and what is stopped must be able to hear it.
      if (group !== started.process.pgid) kernel.signalGroup(group, signal);
      kernel.signalGroup(group, SIG.CONT);
      kernel.deliver(started.process, SIG.CONT);
    });
  };
  if (Deno.build.os !== "windows") {
    forward("SIGINT", SIG.INT);
    forward("SIGQUIT", SIG.QUIT);
    forward("SIGTERM", SIG.TERM);
    forward("SIGHUP", SIG.HUP);
    if (files.tty !== undefined) {
      Deno.addSignalListener("SIGTSTP", () => {
        const group = files.tty!.foreground;
        // A shell inside does job control; without one, ^Z stops all of us if that is allowed.
        if (group !== started.process.pgid) kernel.signalGroup(group, SIG.TSTP);
        else if (isGranted({ name: "run" })) Deno.kill(Deno.pid, "SIGSTOP");
      });
      Deno.addSignalListener("SIGWINCH", () => {
        resized.wake();
        kernel.signalGroup(files.tty!.foreground, SIG.WINCH);
      });
    }
  }
  const status = await started.ended;
  // As with native, what still holds our output goes on writing to it: wait for that, unless it is a
  // terminal that hung up, of which the shell may have heard by the end of its input first.
  let { code } = status;
  if (status.signal === 0) code = await Promise.race([closed, hungUp, dismissed]) ?? code;
  files.tty?.setRaw(false);
  const reason = started.run.reason;
  if (reason !== undefined) {
    complain(`capbox: ended by the limit: ${reason}\n`);
    code = 128 + SIG.KILL;
  }
  sandbox.close();
  return code;
}

/** The umask of whoever started us, where Deno lets it be asked for. */
function hostUmask(): number | undefined {
  if (Deno.build.os === "windows") return undefined;
  // The kind is missing in the types of Deno 2.9.
  const asked = { name: "sys", kind: "umask" } as unknown as Deno.SysPermissionDescriptor;
  return isGranted(asked) ? Deno.umask() : undefined;
}

/** Does what the command line says; gives the exit status. */
export async function main(args: readonly string[], around: Surroundings): Promise<number> {
  try {
    return await run(args, around);
  } catch (error) {
    if (error instanceof CliError || error instanceof TypeError) {
      complain(`capbox: ${error.message}\n`);
      return 1;
    }
    if (!isVfsError(error)) throw error;
    complain(`capbox: ${error.path === undefined ? "" : `${error.path}: `}${error.reason}\n`);
    return error.code === "ENOENT" ? 127 : 126;
  }
}

async function run(args: readonly string[], around: Surroundings): Promise<number> {
  if (args.length === 0) {
    await showBanner(around);
    return 0;
  }
  // The two ways in which process isolation starts this module again; not for users.
  if (args[0] === "--worker") {
    const [{ serve }, { Sandbox }] = await Promise.all([importServer(), around.sandbox()]);
    await serve((options) => Sandbox.create(options));
    return 0;
  }
  if (args[0] === "--contained") return await runContained(around, args.slice(1));
  const { folder } = around;
  if (folder !== undefined && !isGranted({ name: "read", path: folder })) {
    // Without any right to read there is no file to reach, and a filter needs none.
    if (around.isAtHand(args[0])) {
      const [{ runBare }, { openHostStreams }, program] = await Promise.all([
        import("../host/bare_run.ts"),
        importStreams(),
        around.table.load(args[0]),
      ]);
      const { stdin, stdout, stderr } = openHostStreams({
        closed: () => {},
        account: () => {},
        resized: { add: () => {}, remove: () => {} },
      });
      return await runBare(program, args, [stdin, stdout, stderr]);
    }
    if (!args[0].startsWith("--")) {
      throw new CliError(
        `${args[0]} needs the right to read capbox's modules: --allow-read=${folder}`,
      );
    }
  }
  const { parseCli } = await importOptions();
  const cli = parseCli(args);
  switch (cli.action) {
    case "help":
      await showBanner(around);
      return 0;
    case "version":
      print(`capbox ${VERSION}\n`);
      return 0;
    case "list":
      print(around.table.names().map((name) => `${name}\n`).join(""));
      return 0;
    case "list-full":
      print(around.table.names().map((name) => `bin/${name}\n`).join(""));
      return 0;
    case "install":
      return install(around, cli.actionArgs);
  }
  if (cli.argv.length === 0) {
    await showBanner(around);
    return 0;
  }
  const argv = moduleCommand(cli.argv);
  const name = argv[0];
  // `wasi` is a program of the sandbox and no applet.
  if (!name.includes("/") && name !== "wasi" && !around.table.has(name)) {
    complain(`${name}: applet not found\n`);
    return 127;
  }
  const options = sandboxOptions(cli);
  if (options.isolation === "process") {
    return await runIsolated(around, argv, options, cli.audit);
  }
  return await runProgram(around, argv, options);
}

/**
 * `run FILE.wasm` and `snapshot IN OUT` are said to the `wasi` command of the sandbox. With
 * `CAPBOX_DEBUG=1` in the environment `run` tells how long each stage took.
 */
function moduleCommand(argv: readonly string[]): readonly string[] {
  const [name, ...rest] = argv;
  if (name === "snapshot") return ["wasi", ...argv];
  if (name !== "run") return argv;
  if (rest.length === 0) throw new CliError("run needs a file");
  if (!rest[0].endsWith(".wasm")) throw new CliError(`run: ${rest[0]}: not a .wasm module`);
  const isTimed = isGranted({ name: "env", variable: "CAPBOX_DEBUG" }) &&
    Deno.env.get("CAPBOX_DEBUG") === "1";
  return ["wasi", "start", ...(isTimed ? ["--timings"] : []), ...rest];
}

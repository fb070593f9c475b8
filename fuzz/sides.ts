/**
 * Both sides of a comparison: command lines under native busybox, many at a time in a jail of their
 * own, and the same in a sandbox.
 *
 * The jail's root is mounted read-only but for its `/tmp`, and it has process, network and mount
 * namespaces of its own: whatever a random command line does, it does it there.
 *
 * @module
 */
import { Sandbox } from "../mod.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { findBusybox } from "../reference/native.ts";
import { Jail } from "../tests/differential/jail.ts";
import { hostTree, sandboxTree, treeChanges } from "../tests/differential/tree.ts";
import { bytesOf, latin1 } from "./input.ts";
import type { Answer, Command } from "./target.ts";

/** The working directory on both sides. */
const WORK = "/tmp/w";
const ENV = { LC_ALL: "C", PATH: "/bin", HOME: "/root", TZ: "UTC0", USER: "root" };
/** Longest answer that is compared; native is stopped there. */
const MOST_OUTPUT = 2 << 20;

/** One command with its input. */
export interface Trial {
  readonly command: Command;
  readonly data: string;
  readonly tree: boolean;
  /** Our side reads the file too. */
  readonly whole?: boolean;
}

/** A word for the shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Messages up to the usage page, which is in our own words. */
function withoutUsage(stderr: string): string {
  const page = stderr.search(/^(BusyBox|capbox) v/m);
  return page < 0 ? stderr : stderr.slice(0, page);
}

/** Native busybox in a jail. */
export class NativeSide implements Disposable {
  private constructor(
    private readonly jail: Jail,
    /** Path of the program. */
    readonly path: string,
    private readonly applets: ReadonlySet<string>,
  ) {}

  /** Undefined, with a reason, where native or the rights for a jail are missing. */
  static open(): NativeSide | string {
    const native = findBusybox();
    if (native === undefined) return "no native busybox on this machine";
    if (Deno.uid() !== 0) return "the jail for native busybox needs root";
    return new NativeSide(Jail.create(native.path), native.path, new Set(native.applets));
  }

  /** Runs commands; undefined where native says nothing: it was killed or ran into a limit. */
  async run(trials: readonly Trial[], seconds = 60): Promise<(Answer | undefined)[]> {
    const { root } = this.jail;
    const before: string[][] = [];
    for (const dir of ["c", "d"]) Deno.mkdirSync(`${root}/tmp/${dir}`);
    let script = "ulimit -t 2 -v 1500000 -f 4200\ncd /\n";
    trials.forEach(({ command, data, tree }, index) => {
      const dir = `${root}/tmp/c/${index}`;
      Deno.mkdirSync(dir);
      Deno.writeFileSync(`${dir}/in`, bytesOf(data));
      for (const [name, text] of Object.entries(command.files ?? {})) {
        Deno.writeFileSync(`${dir}/${name}`, bytesOf(text));
      }
      const words = command.argv.map(quoted).join(" ");
      const out = `/tmp/d/${index}`;
      script += `mv /tmp/c/${index} ${WORK}; cd ${WORK}\n`;
      if (command.setup !== undefined) script += `( ${command.setup} )\n`;
      script += tree ? `cp -a ${WORK} ${out}.b\n` : "";
      script += `( exec ${words} ) <in >${out}.o 2>${out}.e; echo $? >${out}.s\n`;
      script += `cd /; mv ${WORK} ${out}.w\n`;
    });
    Deno.writeFileSync(`${root}/tmp/script`, bytesOf(script));
    const enter =
      `mount --bind "$1" "$1" && mount --bind "$1/tmp" "$1/tmp" && mount -o remount,bind,ro "$1" && ` +
      `exec chroot "$1" /bin/sh /tmp/script`;
    const child = new Deno.Command("unshare", {
      args: ["-m", "-p", "-f", "-n", "-i", "-u", "--kill-child", "sh", "-c", enter, "sh", root],
      env: { ...ENV, PATH: "/bin:/sbin:/usr/bin:/usr/sbin" },
      clearEnv: true,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const timer = setTimeout(() => child.kill("SIGKILL"), seconds * 1000);
    await child.status;
    clearTimeout(timer);
    const answers = trials.map(({ command, tree }, index): Answer | undefined => {
      // Some names exist only here.
      if (!this.applets.has(command.argv[0])) return undefined;
      const path = `${root}/tmp/d/${index}`;
      const read = (suffix: string): string => {
        try {
          return latin1(Deno.readFileSync(path + suffix));
        } catch {
          return ""; // The batch ended before it came to this one.
        }
      };
      if (tree && read(".s") !== "") {
        try {
          before[index] = treeChanges(hostTree(`${path}.b`), hostTree(`${path}.w`));
        } catch (error) {
          // A file with a hole of gigabytes is larger than what can be read at once.
          if (!(error instanceof Error)) throw error;
        }
      }
      return answerOf(read(".s"), read(".o"), read(".e"), before[index]);
    });
    for (const entry of Deno.readDirSync(`${root}/tmp`)) {
      Deno.removeSync(`${root}/tmp/${entry.name}`, { recursive: true });
    }
    return answers;
  }

  [Symbol.dispose](): void {
    this.jail[Symbol.dispose]();
  }
}

/** An answer; undefined for what is killed by a signal, a limit or an ended batch. */
function answerOf(
  status: string,
  stdout: string,
  stderr: string,
  tree: readonly string[] | undefined,
): Answer | undefined {
  if (status === "" || stdout.length >= MOST_OUTPUT) return undefined;
  const code = Number(status);
  if (code > 128 && code < 160) return undefined;
  if (/out of memory|memory exhausted|Cannot allocate memory/.test(stderr)) return undefined;
  const answer = { code, stdout, stderr: withoutUsage(stderr) };
  return tree === undefined ? answer : { ...answer, tree };
}

/** What a run of ours gave, and how. */
export interface OurAnswer extends Answer {
  /** `exit`, or the limit that ended it. */
  readonly reason: string;
  /** Messages with the usage page. */
  readonly messages: string;
  /** Wall time in milliseconds. */
  readonly ms: number;
}

/** A sandbox that is copied for each command. */
export class OurSide {
  private constructor(private readonly base: Sandbox) {}

  /** Makes one. */
  static async open(): Promise<OurSide> {
    const base = await Sandbox.create({
      uid: 0,
      gid: 0,
      env: ENV,
      hostname: "capbox",
      limits: { memoryBytes: 256 << 20, outputBytes: MOST_OUTPUT + 65536 },
    });
    await base.fs.mkdir(WORK);
    return new OurSide(base);
  }

  /** Runs a command; `pieces` cuts its standard input into chunks of such sizes, again and again. */
  async run(trial: Trial, pieces: readonly number[] = [], timeoutMs = 5000): Promise<OurAnswer> {
    const { command, data, tree } = trial;
    const fork = this.base.fork();
    try {
      const bytes = bytesOf(data);
      await fork.fs.writeFile(`${WORK}/in`, bytes);
      for (const [name, text] of Object.entries(command.files ?? {})) {
        await fork.fs.writeFile(`${WORK}/${name}`, bytesOf(text));
      }
      if (command.setup !== undefined) await fork.sh(command.setup, { cwd: WORK });
      const before = tree ? await treeOf(fork) : undefined;
      const words = trial.whole
        ? ["sh", "-c", 'exec "$0" "$@" <in', ...command.argv]
        : command.argv;
      const argv = words.map((word) => /[^\x01-\x7f]/.test(word) ? bytesOf(word) : word);
      const started = performance.now();
      const result = await fork.run(argv, {
        cwd: WORK,
        stdin: pieces.length === 0 ? bytes : cut(bytes, pieces),
        timeoutMs,
      });
      const ms = performance.now() - started;
      const messages = latin1(result.stderr);
      return {
        code: result.code,
        stdout: latin1(result.stdout),
        stderr: withoutUsage(messages),
        messages,
        reason: result.reason,
        ms,
        ...changesOf(before, before && await treeOf(fork)),
      };
    } finally {
      fork.close();
    }
  }

  /** Ends it. */
  close(): void {
    this.base.close();
  }
}

/**
 * The tree of a sandbox; undefined where the library cannot say it: a name is not UTF-8, or a file is
 * larger than what it reads at once.
 */
async function treeOf(sandbox: Sandbox): Promise<string[] | undefined> {
  try {
    return await sandboxTree(sandbox, WORK);
  } catch (error) {
    if (!isVfsError(error)) throw error;
    return undefined;
  }
}

function changesOf(
  before: readonly string[] | undefined,
  after: readonly string[] | undefined,
): { readonly tree?: readonly string[] } {
  return before === undefined || after === undefined ? {} : { tree: treeChanges(before, after) };
}

function* cut(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    yield bytes.slice(at, at += sizes[turn % sizes.length]);
  }
}

/** Whether two answers are the same, byte for byte. */
export function sameAnswer(a: Answer, b: Answer): boolean {
  return a.code === b.code && a.stdout === b.stdout && a.stderr === b.stderr &&
    (a.tree === undefined || b.tree === undefined ||
      JSON.stringify(a.tree) === JSON.stringify(b.tree));
}

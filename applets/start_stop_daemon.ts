import { type ByteString, type Process, type ProcessInfo, SIG } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { toBytes, toByteString } from "../sandbox/bytes.ts";
import { type Applet, type Context, defineApplet } from "./contract.ts";
import { Accounts } from "./_lib/accounts.ts";
import { programName } from "./_lib/process_match.ts";
import { signalNumber } from "./_lib/signals.ts";

const COMM_LENGTH = 15;

/** Starts and stops daemons. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "start-stop-daemon",
  usage: "[OPTIONS] [-S|-K] ... [-- ARGS...]",
  about: "Search for processes, and then\n" +
    "-K: stop those that match\n-S: start a process unless one matches",
  options: {
    K: { long: "stop", excludes: ["S"], help: "Stop" },
    S: { long: "start", excludes: ["K"], help: "Start" },
    b: { long: "background", help: "Go to the background" },
    q: { long: "quiet", help: "Say nothing" },
    t: { long: "test", help: "Only tell what would be done" },
    m: { long: "make-pidfile", help: "Write its number to the file of -p" },
    o: { long: "oknodo", help: "Status 0 when nothing is done" },
    v: { long: "verbose", help: "Say more" },
    N: { arg: "N", long: "nicelevel", help: "Change the niceness" },
    a: { arg: "NAME", long: "startas", help: "Name to start it by" },
    n: { arg: "NAME", long: "name", help: "Match processes of this name" },
    s: { arg: "SIG", long: "signal", help: "Signal to send" },
    u: { arg: "USER", long: "user", help: "Match this user's processes" },
    c: { arg: "USER[:[GRP]]", long: "chuid", help: "Change user and group" },
    x: { arg: "EXECUTABLE", long: "exec", help: "Match processes of this program; start it" },
    p: { arg: "FILE", long: "pidfile", help: "Match the process whose number is in FILE" },
    R: { arg: "RETRY", long: "retry" },
  },
  posix: true,
  run(ctx) {
    const { opts } = ctx;
    if (!opts.S && !opts.K) return ctx.usage();
    if (opts.m && opts.p === undefined) return ctx.usage();
    const nothing = [opts.x, opts.p, opts.u, opts.n].every((each) => each === undefined);
    // Without -x and -a the first operand is the program.
    const byOperand = !opts.K && opts.x === undefined && opts.a === undefined;
    if (opts.K ? nothing : byOperand && ctx.operands.length === 0) return ctx.usage();
    const program = opts.x ?? (byOperand ? ctx.operands[0] : undefined);
    const signal = opts.s === undefined ? SIG.TERM : signalNumber(opts.s) ?? ctx.usage();
    let uid: number | undefined;
    if (opts.u !== undefined) uid = userNumber(ctx, opts.u);
    const found = matching(ctx, uid, program);
    if (opts.K) return stop(ctx, found, signal);
    const args = byOperand ? ctx.operands.slice(1) : ctx.operands;
    return start(ctx, found, nothing && !byOperand, program, args);
  },
});

type DaemonContext = Omit<Context, "opts"> & {
  readonly opts: { readonly [name: string]: string | boolean | undefined };
};

function userNumber(ctx: DaemonContext, name: ByteString): number {
  if (/^[0-9]+$/.test(name)) return Number(name);
  return new Accounts(ctx.fs).user(name)?.uid ?? ctx.fail(`unknown user ${name}`);
}

/** Processes that meet all conditions. */
function matching(
  ctx: DaemonContext,
  uid: number | undefined,
  program: ByteString | undefined,
): ProcessInfo[] {
  const { opts, process } = ctx;
  let wanted: number | undefined;
  if (opts.p !== undefined) {
    try {
      const text = toByteString(ctx.fs.readFile(opts.p as string, 4096));
      wanted = /^\s*[0-9]+/.test(text) ? parseInt(text, 10) : -1;
    } catch (error) {
      if (!isVfsError(error)) throw error;
      wanted = -1;
    }
  }
  return process.kernel.processes().filter((info) => {
    if (info.pid === process.pid || info.state === "Z") return false;
    if (wanted !== undefined && info.pid !== wanted) return false;
    if (uid !== undefined && info.uid !== uid) return false;
    if (opts.n !== undefined && info.name !== (opts.n as string).slice(0, COMM_LENGTH)) {
      return false;
    }
    return program === undefined || info.argv[0] === program ||
      programOf(process, info) === program;
  });
}

/** The path of a process's program, where its first argument is only a name. */
function programOf(process: Process, info: ProcessInfo): ByteString | undefined {
  const name = info.argv[0] ?? "";
  return name.includes("/") ? name : process.findProgram(programName(info));
}

function stop(ctx: DaemonContext, found: readonly ProcessInfo[], signal: number): number {
  const { opts, out, process } = ctx;
  const what = (opts.x ??
    (opts.p === undefined
      ? opts.n ?? opts.u
      : `process in pidfile '${opts.p as string}'`)) as string;
  if (found.length === 0) {
    if (!opts.q) out.print(`no ${what} found; none killed\n`);
    return opts.o ? 0 : 1;
  }
  const killed: number[] = [];
  for (const { pid } of found) {
    if (opts.t) {
      killed.push(pid);
      continue;
    }
    try {
      process.kill(pid, signal);
      killed.push(pid);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      ctx.warn(`warning: killing process ${pid}: ${error.reason}`);
    }
  }
  if (killed.length > 0 && (opts.v || opts.t || !opts.q)) {
    out.print(`stopped ${what} (pid${killed.map((pid) => ` ${pid}`).join("")})\n`);
  }
  return killed.length > 0 ? 0 : 1;
}

async function start(
  ctx: DaemonContext,
  found: readonly ProcessInfo[],
  unconditional: boolean,
  wanted: ByteString | undefined,
  operands: readonly ByteString[],
): Promise<number> {
  const { opts, process, out, fs } = ctx;
  const program = wanted ?? opts.a as string;
  const name = (opts.a ?? program) as string;
  if (!unconditional && found.length > 0) {
    if (!opts.q) {
      out.print(`${program} is already running\n${found[found.length - 1].pid}\n`);
    }
    return opts.o ? 0 : 1;
  }
  const argv = [name, ...operands];
  // Only stopping is tested by -t: native starts the program all the same.
  let owner: { uid: number; gid: number } | undefined;
  if (opts.c !== undefined) owner = ownerOf(ctx, opts.c as string);
  const nice = opts.N === undefined ? undefined : process.nice + Number(opts.N);
  if (opts.N !== undefined && !/^-?[0-9]+$/.test(opts.N as string)) {
    return ctx.fail(`invalid number '${opts.N as string}'`);
  }
  if (
    wanted !== undefined && !program.includes("/") && process.findProgram(program) === undefined
  ) {
    return ctx.fail(`can't execute '${program}': No such file or directory`);
  }
  const writePid = (pid: number): void => {
    if (opts.m) fs.writeFile(opts.p as string, toBytes(`${pid}\n`));
  };
  const setOwner = (): void => {
    if (owner === undefined) return;
    process.gid = owner.gid;
    process.uid = owner.uid;
  };
  try {
    if (opts.b) {
      const silent = fs.open("/dev/null", 2);
      const child = process.spawn(argv, {
        file: program,
        newSession: true,
        nice,
        fds: new Map([[0, silent], [1, silent], [2, silent]]),
      });
      silent.release();
      writePid(child.pid);
      return 0;
    }
    writePid(process.pid);
    setOwner();
    if (nice !== undefined) process.nice = nice;
    return await process.exec(argv, { file: program });
  } catch (error) {
    if (!isVfsError(error)) throw error;
    return ctx.fail(`can't execute '${program}': ${error.reason}`);
  }
}

function ownerOf(ctx: DaemonContext, text: ByteString): { uid: number; gid: number } {
  const accounts = new Accounts(ctx.fs);
  const [user, group] = text.split(":");
  const uid = userNumber(ctx, user);
  let gid = accounts.userById(uid)?.gid ?? ctx.process.gid;
  if (group !== undefined && group !== "") {
    gid = /^[0-9]+$/.test(group)
      ? Number(group)
      : accounts.group(group)?.gid ?? ctx.fail(`unknown group ${group}`);
  }
  return { uid, gid };
}

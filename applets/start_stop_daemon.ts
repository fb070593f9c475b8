import {
  type ByteString,
  type MaybePromise,
  type Process,
  type ProcessInfo,
  SIG,
} from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { toBytes, toByteString } from "../sandbox/bytes.ts";
import { type Applet, type Context, defineApplet } from "./contract.ts";
import { Accounts } from "./_lib/accounts.ts";
import { AppletExit } from "./_lib/options.ts";
import { parseOwner } from "./_lib/owner.ts";
import { signalNumber } from "./_lib/signals.ts";

/** Names as long as the kernel keeps them are never found: native's buffer has no room for them. */
const COMM_LENGTH = 15;
const LARGEST_ID = 0xffff_ffff;
/** What a daemon's niceness may be as text, and as a number of 32 bits. */
const NICE = /^[+-]?[0-9]+$/;
const LARGEST_INT = 0x7fff_ffff;

/** Starts and stops daemons. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "start-stop-daemon",
  usage: "[OPTIONS] [-S|-K] ... [-- ARGS...]",
  about: "Search for processes, and then\n" +
    "-K: stop those that match\n-S: start a process unless one matches",
  lostOutput: "ignore",
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
  run(ctx) {
    const { opts } = ctx;
    if (!opts.S && !opts.K) return ctx.usage();
    if (opts.m && opts.p === undefined) return ctx.usage();
    const nothing = [opts.x, opts.p, opts.u, opts.n].every((each) => each === undefined);
    // Without -x and -a the first operand is the program.
    const byOperand = !opts.K && opts.x === undefined && opts.a === undefined;
    if (opts.K ? nothing : byOperand && ctx.operands.length === 0) return ctx.usage();
    const signal = opts.s === undefined ? SIG.TERM : signalNumber(opts.s) ?? ctx.usage();
    const program = opts.x ??
      (opts.K ? undefined : byOperand ? ctx.operands[0] : opts.a as ByteString);
    const uid = opts.u === undefined ? undefined : userNumber(ctx, opts.u);
    const found = matching(ctx, uid, program);
    if (opts.K) return stop(ctx, found, signal);
    if (found.length > 0) {
      if (!opts.q) ctx.out.print(`${program!} is already running\n`);
      return opts.o ? 0 : 1;
    }
    const args = byOperand ? ctx.operands.slice(1) : ctx.operands;
    return start(ctx, program!, [opts.a ?? program!, ...args]);
  },
});

type DaemonContext = Omit<Context, "opts"> & {
  readonly opts: { readonly [name: string]: string | boolean | undefined };
};

function userNumber(ctx: DaemonContext, name: ByteString): number {
  const number = /^[0-9]+$/.test(name) ? Number(name) : Infinity;
  if (number <= LARGEST_ID) return number;
  return new Accounts(ctx.fs).user(name)?.uid ?? ctx.fail(`unknown user ${name}`);
}

/** The number in the file of -p as 32 bits, whether there is such a process or not. */
function pidOfFile(ctx: DaemonContext, path: ByteString): number | undefined {
  let text: ByteString;
  try {
    text = toByteString(ctx.fs.readFile(path, 4096));
  } catch (error) {
    if (!isVfsError(error)) throw error;
    if (error.code === "ENOENT" || error.code === "EISDIR") return undefined;
    return ctx.fail(`open pidfile ${path}: ${error.reason}`);
  }
  const digits = /^[ \t\n\v\f\r]*([+-]?[0-9]+)/.exec(text)?.[1];
  return digits === undefined ? undefined : Number(BigInt.asUintN(32, BigInt(digits)));
}

/** Numbers of processes that meet all conditions, the newest first. */
function matching(
  ctx: DaemonContext,
  uid: number | undefined,
  program: ByteString | undefined,
): number[] {
  const { opts, process } = ctx;
  const name = opts.n as ByteString | undefined;
  let wanted: number | undefined;
  if (opts.p !== undefined) {
    wanted = pidOfFile(ctx, opts.p as ByteString);
    if (wanted === undefined) return [];
    // Where nothing else is asked for, native does not look whether there is such a process.
    if (uid === undefined && name === undefined && program === undefined) return [wanted];
  }
  const meets = (info: ProcessInfo): boolean =>
    info.state !== "Z" && (wanted === undefined || info.pid === wanted) &&
    (uid === undefined || info.uid === uid) &&
    (name === undefined || (info.name === name && name.length < COMM_LENGTH)) &&
    (program === undefined || info.argv[0] === program);
  return process.kernel.processes().filter(meets).map((info) => info.pid).sort((a, b) => b - a);
}

function stop(ctx: DaemonContext, found: readonly number[], signal: number): number {
  const { opts, out, process } = ctx;
  const what = (opts.n ?? opts.x ??
    (opts.p === undefined
      ? `process(es) owned by '${opts.u as string}'`
      : `process in pidfile '${opts.p as string}'`)) as string;
  if (found.length === 0) {
    if (!opts.q) out.print(`no ${what} found; none killed\n`);
    return opts.o ? 0 : 1;
  }
  const stopped: number[] = [];
  for (const pid of found) {
    try {
      process.kill(pid | 0, opts.t ? 0 : signal);
      stopped.push(pid);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      ctx.warn(`warning: killing process ${pid}: ${error.reason}`);
    }
  }
  if (stopped.length === 0) return opts.o ? 0 : 1;
  if (!opts.q) {
    // The list ends at a zero, also where that came out of a file.
    const shown = stopped.filter((pid) => pid !== 0).map((pid) => ` ${pid}`).join("");
    out.print(`stopped ${what} (pid${shown})\n`);
  }
  return 0;
}

function start(
  ctx: DaemonContext,
  program: ByteString,
  argv: readonly ByteString[],
): MaybePromise<number> {
  const { opts, process, fs } = ctx;
  // Only stopping is tested by -t: native starts the program all the same.
  if (!opts.b) {
    try {
      return become(ctx, process, program, argv);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return ctx.fail(`can't execute '${program}': ${error.reason}`);
    }
  }
  const silent = fs.open("/dev/null", 2);
  try {
    process.spawn(argv, {
      newSession: true,
      fds: new Map([[0, silent], [1, silent], [2, silent]]),
      // What fails in the background is said to nobody: this one has ended by then.
      program: (child) => {
        try {
          return become(ctx, child, program, argv);
        } catch (error) {
          if (!isVfsError(error) && !(error instanceof AppletExit)) throw error;
          return 1;
        }
      },
    });
  } finally {
    silent.release();
  }
  return 0;
}

/** What is left to do in the process that is to be the daemon. */
function become(
  ctx: DaemonContext,
  process: Process,
  program: ByteString,
  argv: readonly ByteString[],
): MaybePromise<number> {
  const { opts } = ctx;
  const fail = (message: ByteString): never => {
    if (process !== ctx.process) throw new AppletExit(1);
    return ctx.fail(message);
  };
  if (opts.m) {
    try {
      process.fs.writeFile(opts.p as ByteString, toBytes(`${process.pid}\n`));
    } catch (error) {
      // Native starts the program all the same.
      if (!isVfsError(error)) throw error;
    }
  }
  if (opts.N !== undefined) {
    const text = opts.N as ByteString;
    if (!NICE.test(text) || Math.abs(Number(text)) > LARGEST_INT) fail(`invalid number '${text}'`);
    process.nice = process.nice + Number(text);
  }
  if (opts.c !== undefined) setOwner(process, opts.c as ByteString, fail);
  try {
    return process.exec(argv, { file: program });
  } catch (error) {
    if (!isVfsError(error, "ENOEXEC")) throw error;
    // A file that nothing tells what it is belongs to the shell.
    const path = process.findProgram(program) ?? program;
    return process.exec(["/bin/sh", path, ...argv.slice(1)]);
  }
}

function setOwner(
  process: Process,
  text: ByteString,
  fail: (message: ByteString) => never,
): void {
  const { uid, gid } = parseOwner({ fs: process.fs, fail }, text);
  if (uid === undefined) {
    if (gid === undefined) return;
    process.gid = gid;
    process.groups = [gid];
    return;
  }
  const accounts = new Accounts(process.fs);
  const user = accounts.userById(uid) ?? fail(`unknown uid ${uid}`);
  const first = gid ?? user.gid;
  const others = accounts.groups().filter(({ members }) => members.includes(user.name));
  process.groups = [first, ...others.map((each) => each.gid).filter((each) => each !== first)];
  process.gid = first;
  process.uid = uid;
}

/**
 * `read`, a part that is loaded when a script first uses it.
 *
 * @module
 */

import { type MaybePromise, type OpenFile, S_IFREG } from "../../../sandbox/types.ts";
import { isVfsError } from "../../../sandbox/errors.ts";
import { toByteString } from "../../../sandbox/bytes.ts";
import { isName } from "../ast.ts";
import { ShellError } from "../errors.ts";
import type { Builtin, Shell } from "../shell.ts";
import { readOptions } from "./options.ts";

/** A line being cut into the variables of `read`. */
class LineSplitter {
  private buffer = "";
  private at = 0;
  /** 2: white space was skipped, one other IFS character may follow; 1: a delimiter was taken. */
  private start = 1;
  private readonly ifs: string;

  constructor(private readonly sh: Shell, private readonly names: readonly string[]) {
    this.ifs = sh.get("IFS") ?? " \t\n";
  }

  /** Adds an unquoted run of text. */
  add(s: string): void {
    const ifs = this.ifs;
    const last = this.names.length - 1;
    for (let i = 0; i < s.length; i++) {
      const c = s[i];
      if (this.at < last || this.start !== 0) {
        const isIfs = ifs.includes(c);
        if (this.start !== 0 && isIfs) {
          if (c === " " || c === "\t" || c === "\n") continue;
          this.start--;
          if (this.start === 1) continue;
        }
        this.start = 0;
        if (this.at < last && isIfs) {
          this.put();
          this.start = c === " " || c === "\t" || c === "\n" ? 2 : 1;
          continue;
        }
      } else {
        // The last variable takes the rest as it is.
        this.buffer += s.slice(i);
        return;
      }
      this.buffer += c;
    }
  }

  /** Adds a character that was quoted by a backslash; at the start of a field native then still skips blanks. */
  quoted(c: string): void {
    this.buffer += c;
  }

  /** Drops the delimiter after a single last field; where there are more fields, all stays. */
  private withoutDelimiter(rest: string): string {
    const last = rest[rest.length - 1];
    if (last === undefined || !this.ifs.includes(last)) return rest;
    let end = rest.length - 1;
    while (end > 0 && this.ifs.includes(rest[end - 1]) && /[ \t\n]/.test(rest[end - 1])) end--;
    const field = rest.slice(0, end);
    for (const c of field) if (this.ifs.includes(c)) return rest;
    return field;
  }

  private put(): void {
    this.store(this.buffer);
    this.buffer = "";
  }

  /** An empty name is noticed only here. */
  private store(value: string): void {
    const name = this.names[this.at++];
    if (name === "") throw new ShellError(": bad variable name");
    this.sh.set(name, value);
  }

  /** Gives all variables their values. */
  finish(): void {
    let end = this.buffer.length;
    while (end > 0) {
      const c = this.buffer[end - 1];
      if ((c !== " " && c !== "\t" && c !== "\n") || !this.ifs.includes(c)) break;
      end--;
    }
    const rest = this.buffer.slice(0, end);
    this.store(this.withoutDelimiter(rest));
    while (this.at < this.names.length) this.store("");
  }
}

interface ReadJob {
  readonly file: OpenFile;
  readonly raw: boolean;
  readonly delimiter: number;
  readonly max: number | undefined;
  readonly names: readonly string[];
  /** No variable was named: REPLY gets the line as it is. */
  readonly whole: boolean;
  /** End of the time allowed, on the monotonic clock. */
  readonly deadline: number | undefined;
}

const reads: Builtin = (sh, argv) => {
  const { given, operands } = readOptions(argv, "rp:n:t:d:u:s");
  for (const name of operands) {
    if (name !== "" && !isName(name)) {
      sh.say(`${sh.shared.name}: read: '${name}': bad variable name\n`);
      return 1;
    }
  }
  const count = given.get("n");
  if (count !== undefined && !/^[0-9]+$/.test(count)) throw new ShellError("invalid count");
  const timeout = given.get("t");
  if (timeout !== undefined && !/^[0-9]*\.?[0-9]*$/.test(timeout)) {
    throw new ShellError("invalid timeout");
  }
  const from = given.get("u");
  if (from !== undefined && !/^[0-9]+$/.test(from)) throw new ShellError("invalid file descriptor");
  const file = sh.proc.fd(from === undefined ? 0 : Number(from));
  const prompt = given.get("p");
  if (prompt !== undefined && file?.tty !== undefined) sh.say(prompt);
  const names = operands.length === 0 ? ["REPLY"] : operands;
  if (file === undefined) return nothingRead(sh, names);
  const delimiter = given.get("d");
  if (timeout !== undefined && Number(timeout) === 0) {
    return file.ready().read ? 0 : 1;
  }
  const job: ReadJob = {
    file,
    raw: given.has("r"),
    delimiter: delimiter === undefined ? 10 : delimiter === "" ? 0 : delimiter.charCodeAt(0),
    max: count === undefined || count === "0" ? undefined : Number(count),
    names,
    whole: operands.length === 0,
    deadline: timeout === undefined ? undefined : sh.proc.clock.monotonicMs() +
      Number(timeout) * 1000,
  };
  try {
    if (given.has("s") && file.tty !== undefined) return silently(sh, job);
    return readLine(sh, job);
  } catch (error) {
    readFailed(error);
    return nothingRead(sh, names);
  }
};

/** Without a file to read from the variables become empty. */
function nothingRead(sh: Shell, names: readonly string[]): number {
  for (const name of names) sh.set(name, "");
  return 1;
}

/** Local flag of a terminal: input is shown. */
const ECHO = 0o10;

async function silently(sh: Shell, job: ReadJob): Promise<number> {
  const tty = job.file.tty!;
  const modes = tty.modes();
  // Whole lines stay lines, which the user can correct; keys that are counted come as they are typed.
  const byKeys = job.max !== undefined;
  if (byKeys) tty.setRaw(true, { isig: true, newlines: true });
  else tty.setModes({ ...modes, local: modes.local & ~ECHO });
  try {
    return await readLine(sh, job);
  } finally {
    if (byKeys) tty.setRaw(false);
    else tty.setModes(modes);
  }
}

function readFailed(error: unknown): number {
  if (!isVfsError(error)) throw error;
  return 1;
}

/** The frequent case at once: a whole line without a backslash; everything else waits properly. */
function readLine(sh: Shell, job: ReadJob): MaybePromise<number> {
  if (job.max !== undefined || job.deadline !== undefined || job.file.tty !== undefined) {
    return readSlowly(sh, job, undefined);
  }
  // A regular file never makes its readers wait, and asking whether it would takes a call of the host.
  const waits = job.file.type !== S_IFREG && !job.file.ready().read;
  const chunk = sh.interrupts !== 0 || waits
    ? undefined
    : job.file.readUntil(job.delimiter, Infinity, sh.proc.waiter);
  if (!(chunk instanceof Uint8Array)) return readSlowly(sh, job, chunk);
  if (chunk[chunk.length - 1] !== job.delimiter) return readSlowly(sh, job, chunk);
  let text = toByteString(chunk, 0, chunk.length - 1);
  if (!job.raw && text.includes("\\")) return readSlowly(sh, job, chunk);
  if (text.includes("\0")) text = text.replaceAll("\0", "");
  if (job.whole) sh.set("REPLY", text);
  else assign(sh, job.names, text);
  return 0;
}

/** Splits a line in which nothing is quoted. */
function assign(sh: Shell, names: readonly string[], text: string): void {
  if (names.length === 1 && names[0] !== "") {
    const splitter = sh.fieldSplitter();
    if (!splitter.splits(text)) return sh.set(names[0], text);
  }
  const split = new LineSplitter(sh, names);
  split.add(text);
  split.finish();
}

/** Reads with everything that can happen: waiting, signals, time, counts, backslashes. */
async function readSlowly(
  sh: Shell,
  job: ReadJob,
  first: Uint8Array | undefined | Promise<Uint8Array | undefined>,
): Promise<number> {
  const plain = job.whole;
  const split = new LineSplitter(sh, job.names);
  let whole = "";
  const add = (s: string): void => {
    if (plain) whole += s;
    else split.add(s);
  };
  const quoted = (c: string): void => {
    if (plain) whole += c;
    else split.quoted(c);
  };
  let escaped = false;
  let left = job.max;
  let status = 1;
  let pending = first;
  try {
    reading: for (;;) {
      let chunk: Uint8Array | undefined;
      if (pending !== undefined) {
        chunk = pending instanceof Promise ? await pending : pending;
        pending = undefined;
      } else {
        const code = await untilReadable(sh, job);
        // Out of time, or a signal: the variables stay as they were.
        if (code >= 0) return code;
        chunk = await job.file.readUntil(job.delimiter, most(job, left), sh.proc.waiter);
      }
      if (chunk === undefined) break;
      let run = "";
      for (let i = 0; i < chunk.length; i++) {
        const b = chunk[i];
        if (left !== undefined) left--;
        const c = String.fromCharCode(b);
        if (escaped) {
          escaped = false;
          if (b !== 10) quoted(c);
        } else if (b === 92 && !job.raw) {
          add(run);
          run = "";
          escaped = true;
        } else if (b === job.delimiter) {
          add(run);
          run = "";
          status = 0;
          break reading;
        } else if (b !== 0) run += c;
        if (left === 0) {
          add(run);
          status = 0;
          break reading;
        }
      }
      add(run);
    }
  } catch (error) {
    status = readFailed(error);
  }
  if (plain) sh.set("REPLY", whole);
  else split.finish();
  return status;
}

/** How much may be read without waiting past a deadline. */
function most(job: ReadJob, left: number | undefined): number {
  const wanted = left ?? 65536;
  if (job.deadline === undefined) return wanted;
  return Math.max(1, Math.min(wanted, job.file.ready().available));
}

/** Waits for input: -1 when there is some, else the status that ends `read`. */
async function untilReadable(sh: Shell, job: ReadJob): Promise<number> {
  for (;;) {
    if (sh.traps.waiting !== 0) return 128 + sh.traps.waiting;
    const left = job.deadline === undefined
      ? undefined
      : job.deadline - sh.proc.clock.monotonicMs();
    if (left !== undefined && left <= 0) return 1;
    const { tty } = job.file;
    const turn = tty === undefined ? undefined : sh.proc.waiter.awaitForeground?.(tty);
    if (turn !== undefined) await turn;
    try {
      const ready = await sh.proc.poll([{ file: job.file, read: true }], left, {
        interruptible: true,
      });
      if (ready.length > 0) return -1;
      return 1;
    } catch (error) {
      if (!isVfsError(error, "EINTR")) throw error;
    }
  }
}

/** The builtins of this module. */
export const BUILTINS: readonly (readonly [string, Builtin])[] = [["read", reads]];

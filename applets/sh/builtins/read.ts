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
import type { Splitter } from "../fields.ts";
import type { Builtin, Shell } from "../shell.ts";
import { readOptions } from "./options.ts";

/** A long text that comes in small pieces. */
class Gathered {
  private whole = "";
  private pieces: string[] = [];

  add(s: string): void {
    if (this.pieces.push(s) < MANY) return;
    // Joined they are one flat text, which so many pieces that were added up would not be.
    this.whole += this.pieces.join("");
    this.pieces = [];
  }

  /** The text; what comes next begins a new one. */
  take(): string {
    const { pieces, whole } = this;
    if (whole === "" && pieces.length <= 1) return pieces.pop() ?? "";
    const text = whole + pieces.join("");
    this.whole = "";
    this.pieces = [];
    return text;
  }
}

/** So many pieces are made one. */
const MANY = 1024;
/** Longer lines are gone through so much at a time. */
const STRETCH = 1 << 16;
/** A step is worth so many characters, as a power of two. */
const STEP_SHIFT = 5;

/** A line being cut into the variables of `read`. */
class LineSplitter {
  private readonly buffer = new Gathered();
  private at = 0;
  /** 2: white space was skipped, one other IFS character may follow; 1: a delimiter was taken. */
  private start = 1;
  private readonly splitter: Splitter;

  constructor(private readonly sh: Shell, private readonly names: readonly string[]) {
    this.splitter = sh.fieldSplitter();
  }

  /** Adds an unquoted run of text. */
  add(s: string): void {
    const { splitter } = this;
    const last = this.names.length - 1;
    let from = 0;
    for (let i = 0; i < s.length; i++) {
      if (this.at === last && this.start === 0) {
        // The last variable takes the rest as it is.
        from = Math.min(from, i);
        break;
      }
      const kind = splitter.kind(s.charCodeAt(i));
      if (kind === 0) {
        this.start = 0;
        continue;
      }
      if (i > from) this.buffer.add(s.slice(from, i));
      from = i + 1;
      if (this.start !== 0) {
        if (kind === 1) continue;
        this.start--;
        if (this.start === 1) continue;
        // One that is not white space: an empty field, or the beginning of the last.
        this.start = 0;
        if (this.at === last) {
          from = i;
          continue;
        }
      }
      this.put();
      this.start = kind === 1 ? 2 : 1;
    }
    if (from < s.length) this.buffer.add(s.slice(from));
  }

  /** Adds a character that was quoted by a backslash; at the start of a field native then still skips blanks. */
  quoted(c: string): void {
    this.buffer.add(c);
  }

  /** Drops the delimiter after a single last field; where there are more fields, all stays. */
  private withoutDelimiter(rest: string): string {
    const { splitter } = this;
    let end = rest.length - 1;
    if (end < 0 || splitter.kind(rest.charCodeAt(end)) === 0) return rest;
    while (end > 0 && splitter.kind(rest.charCodeAt(end - 1)) === 1) end--;
    const field = rest.slice(0, end);
    return splitter.splits(field) ? rest : field;
  }

  private put(): void {
    this.store(this.buffer.take());
  }

  /** An empty name is noticed only here. */
  private store(value: string): void {
    const name = this.names[this.at++];
    if (name === "") throw new ShellError(": bad variable name");
    this.sh.set(name, value);
  }

  /** Gives all variables their values. */
  finish(): void {
    const text = this.buffer.take();
    let end = text.length;
    while (end > 0 && this.splitter.kind(text.charCodeAt(end - 1)) === 1) end--;
    const rest = text.slice(0, end);
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
    : job.file.readUntil(job.delimiter, STRETCH, sh.proc.waiter);
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
  const split = job.whole ? undefined : new LineSplitter(sh, job.names);
  const whole = new Gathered();
  const add = (s: string): void => split === undefined ? whole.add(s) : split.add(s);
  const quoted = (c: string): void => split === undefined ? whole.add(c) : split.quoted(c);
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
      for (let i = 0; i < chunk.length;) {
        if (!escaped) {
          const stop = left === undefined ? chunk.length : Math.min(chunk.length, i + left);
          let end = i;
          while (end < stop) {
            const b = chunk[end];
            if (b === job.delimiter || b === 0 || (b === 92 && !job.raw)) break;
            end++;
          }
          if (end > i) add(toByteString(chunk, i, end));
          if (left !== undefined) left -= end - i;
          i = end;
          if (left === 0) {
            status = 0;
            break reading;
          }
          if (i === chunk.length) break;
        }
        const b = chunk[i++];
        if (left !== undefined) left--;
        if (escaped) {
          escaped = false;
          if (b !== 10) quoted(String.fromCharCode(b));
        } else if (b === 92 && !job.raw) escaped = true;
        else if (b === job.delimiter) {
          status = 0;
          break reading;
        }
        if (left === 0) {
          status = 0;
          break reading;
        }
      }
      const turn = sh.proc.tick(chunk.length >> STEP_SHIFT);
      if (turn !== undefined) await turn;
    }
  } catch (error) {
    status = readFailed(error);
  }
  if (split === undefined) sh.set("REPLY", whole.take());
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

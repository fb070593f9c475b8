import type { ByteString } from "../sandbox/types.ts";
import { toByteString } from "../sandbox/bytes.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, type Context, defineApplet, type Source } from "./contract.ts";
import { LineChunks } from "./_lib/line_chunks.ts";
import { lineEnd, printLong, STRETCH } from "./_lib/long_output.ts";
import { compile, type Regex, RegexError } from "./_lib/regex/regex.ts";
import { settled, type Steps } from "./_lib/steps.ts";

/** A range of positions from 0, the end not included. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** Largest position, as native's int. */
const LAST = 0x7fffffff;

/** Prints selected parts of lines. Source of behaviour: POSIX cut, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "cut",
  usage: "[OPTIONS] [FILE]...",
  about: "Print selected parts of each line",
  options: {
    b: { arg: "LIST", excludes: ["b", "c", "f", "F"], help: "Bytes of LIST" },
    c: { arg: "LIST", excludes: ["b", "c", "f", "F"], help: "Characters of LIST" },
    d: { arg: "SEP", help: "Field delimiter of the input (tab for -f, white space for -F)" },
    O: { arg: "SEP", help: "Field delimiter of the output (that of the input, or a space for -F)" },
    D: { help: "Keep LIST's order; -f and -F drop lines without delimiter" },
    f: { arg: "LIST", excludes: ["b", "c", "f", "F"], help: "Fields of LIST; -d is one character" },
    F: { arg: "LIST", help: "Fields of LIST; -d is a regular expression" },
    s: { help: "Only lines that hold the delimiter" },
    n: { help: "Ignored" },
  },
  *run(ctx) {
    const { opts, operands } = ctx;
    const by = (["b", "c", "F", "f"] as const).find((name) => opts[name] !== undefined);
    if (by === undefined) return ctx.fail("expected a list of bytes, characters, or fields");
    // -F may follow another one of them and replaces its list, but not what it is a list of.
    const list = opts.F ?? opts[by]!;
    const inFields = opts.F !== undefined || by === "f";
    if (opts.s && !inFields) {
      return ctx.fail(
        "suppressing non-delimited lines makes sense only when operating on fields",
      );
    }
    if (opts.d !== undefined && !inFields) {
      return ctx.fail("a delimiter may be specified only when operating on fields");
    }
    let ranges = parseList(ctx, list);
    // Without -D each part is printed once, in the order of the line.
    if (!opts.D) ranges = ranges.slice().sort((a, b) => a.start - b.start);
    const cutter = by === "F"
      ? regexCutter(ctx, ranges)
      : by === "f"
      ? fieldCutter(ctx, ranges)
      : byteCutter(ctx, ranges);
    for (const path of operands.length === 0 ? ["-"] : operands) {
      const turn = ctx.tick(1);
      if (turn !== undefined) yield turn;
      const source = ctx.openPlain(path);
      if (source === undefined) continue;
      try {
        yield* cutSource(ctx, source, cutter);
      } catch (error) {
        // Native takes a failed read, of a directory for one, for the end of the file.
        if (!isVfsError(error)) throw error;
      }
      source.close();
    }
    return ctx.status;
  },
});

/**
 * Cuts the lines `bytes[0, end)`: writes what is selected of each, with a newline. Steps are what is
 * still to be done.
 */
type Cutter = (bytes: Uint8Array, end: number) => Steps<void> | void;

function* cutSource(ctx: Context, source: Source, cut: Cutter): Steps<void> {
  const lines = new LineChunks(source, ctx.process, 10, true);
  for (;;) {
    let more = lines.next();
    if (more instanceof Promise) more = yield* settled(more);
    if (!more) return;
    const { bytes, end } = lines;
    const steps = cut(bytes, end);
    if (steps !== undefined) yield* steps;
    const pause = ctx.tick(end >> 4);
    if (pause !== undefined) yield pause;
    const full = ctx.out.pending();
    if (full !== undefined) yield full;
  }
}

/** Gathers what the lines of a batch give, so that small parts cost no call each. */
class Gatherer {
  bytes: Uint8Array = new Uint8Array(256);

  constructor(private readonly out: Context["out"]) {}

  /** Makes room for more behind `length` bytes, by passing those on; gives the new length. */
  room(length: number, more: number): number {
    if (length + more <= this.bytes.length) return length;
    this.flush(length);
    // Little input stays in the small buffer.
    if (this.bytes.length < 65536) this.bytes = new Uint8Array(65536);
    if (more > this.bytes.length) this.bytes = new Uint8Array(more);
    return 0;
  }

  /** Passes the first bytes on. */
  flush(length: number): void {
    void this.out.bytes(this.bytes, 0, length);
  }
}

function parseList(ctx: Context, text: ByteString): Range[] {
  if (text === "") return ctx.fail("missing list of positions");
  const ranges: Range[] = [];
  const position = (word: ByteString): number => {
    if (!/^[0-9]+$/.test(word) || Number(word) > LAST) ctx.fail(`invalid number '${word}'`);
    return Number(word);
  };
  for (const part of text.split(",")) {
    if (part === "") continue;
    const dash = part.indexOf("-");
    if (dash < 0) {
      const at = position(part);
      // Native takes 0 for the first.
      ranges.push({ start: Math.max(0, at - 1), end: Math.max(1, at) });
      continue;
    }
    const from = dash === 0 ? 0 : position(part.slice(0, dash)) - 1;
    const to = dash === part.length - 1 ? LAST : position(part.slice(dash + 1));
    const start = Math.max(0, from);
    if (to < start) ctx.fail(`${to}<${start}`);
    ranges.push({ start, end: to });
  }
  if (ranges.length === 0) ctx.fail("missing list of positions");
  return ranges;
}

/** Ranges of bytes in their order, without what an earlier one has. */
function disjoint(ranges: readonly Range[]): Range[] {
  const parts: Range[] = [];
  // All that earlier ranges have, sorted; neighbours are apart.
  const taken: Range[] = [];
  const add = (start: number, end: number): void => {
    const last = parts[parts.length - 1];
    if (last?.end === start) parts[parts.length - 1] = { start: last.start, end };
    else parts.push({ start, end });
  };
  for (const { start, end } of ranges) {
    // The first one that ends where this begins, or behind it.
    let low = 0;
    for (let high = taken.length; low < high;) {
      const middle = (low + high) >> 1;
      if (taken[middle].end < start) low = middle + 1;
      else high = middle;
    }
    let at = start;
    let next = low;
    for (; next < taken.length && taken[next].start <= end; next++) {
      if (at < taken[next].start) add(at, taken[next].start);
      at = Math.max(at, taken[next].end);
    }
    if (at < end) add(at, end);
    const from = next > low ? Math.min(start, taken[low].start) : start;
    taken.splice(low, next - low, { start: from, end: Math.max(end, at) });
  }
  return parts;
}

function byteCutter(ctx: Context, given: readonly Range[]): Cutter {
  // A range that ends right before its start is its start.
  const ranges = disjoint(
    given.map(({ start, end }) => ({ start, end: Math.max(end, start + 1) })),
  );
  const gathered = new Gatherer(ctx.out);
  /** Lines of which some are long. */
  const cutLong = function* (bytes: Uint8Array, end: number): Steps<void> {
    for (let at = 0; at < end;) {
      const stop = lineEnd(bytes, at, end, false);
      for (const range of ranges) {
        const to = Math.min(at + range.end, stop);
        yield* printLong(ctx.out, ctx.process, bytes, at + range.start, to);
      }
      void ctx.out.byte(10);
      at = stop + 1;
    }
  };
  return (bytes, end) => {
    if (end > STRETCH) return cutLong(bytes, end);
    let length = 0;
    for (let at = 0; at < end;) {
      let stop = bytes.indexOf(10, at);
      if (stop < 0 || stop > end) stop = end;
      length = gathered.room(length, stop - at + 1);
      const target = gathered.bytes;
      for (let i = 0; i < ranges.length; i++) {
        const from = at + ranges[i].start;
        const to = Math.min(at + ranges[i].end, stop);
        if (to - from > 64) {
          target.set(bytes.subarray(from, to), length);
          length += to - from;
        } else for (let k = from; k < to; k++) target[length++] = bytes[k];
      }
      target[length++] = 10;
      at = stop + 1;
    }
    gathered.flush(length);
    return undefined;
  };
}

type FieldOptions = {
  readonly d?: ByteString;
  readonly O?: ByteString;
  readonly D?: true;
  readonly s?: true;
};

function fieldCutter(ctx: Context, ranges: readonly Range[]): Cutter {
  const { out } = ctx;
  const opts = ctx.opts as FieldOptions;
  // An empty delimiter is the NUL byte that ends it.
  const delimiter = opts.d === undefined || opts.d === "" ? 9 : opts.d.charCodeAt(0);
  const between = opts.O ?? String.fromCharCode(delimiter);
  const apart = ranges.every(({ start, end }, i) =>
    end > start && (i === 0 || start >= ranges[i - 1].end)
  );
  if (apart && !opts.D && between.length === 1) {
    return plainFieldCutter(ctx, ranges, delimiter, between.charCodeAt(0));
  }
  return (bytes, end) => {
    for (let at = 0; at < end;) {
      let stop = bytes.indexOf(10, at);
      if (stop < 0 || stop > end) stop = end;
      const line = bytes.subarray(at, stop);
      at = stop + 1;
      let written = false;
      const seek = (from: number): Delimiter | number =>
        from === line.length
          ? -1
          : line[from] === delimiter
          ? { start: from, end: from + 1 }
          : from + 1;
      const delimited = eachField(line.length, seek, ranges, opts.D === true, (from, to) => {
        if (written) void out.print(between);
        written = true;
        void out.bytes(line, from, to);
      });
      if (!delimited) {
        if (opts.s && line.length > 0) continue;
        void out.bytes(line);
      }
      void out.byte(10);
    }
  };
}

/** Fields in the order of the line, each at most once: one look at each byte. */
function plainFieldCutter(
  ctx: Context,
  ranges: readonly Range[],
  delimiter: number,
  between: number,
): Cutter {
  const silent = (ctx.opts as FieldOptions).s === true;
  const starts = ranges.map(({ start }) => start);
  const ends = ranges.map(({ end }) => end);
  const count = ranges.length;
  const gathered = new Gatherer(ctx.out);
  return (bytes, end) => {
    let length = 0;
    for (let at = 0; at < end;) {
      const lineStart = at;
      let range = 0;
      let field = 0;
      let fieldStart = at;
      let written = false;
      let byte = 10;
      // The line as far as ranges ask for it.
      while (range < count) {
        while (at < end && (byte = bytes[at]) !== delimiter && byte !== 10) at++;
        const atEnd = at === end || byte === 10;
        if (field >= starts[range]) {
          if (length + at - fieldStart + 2 > gathered.bytes.length) {
            length = gathered.room(length, at - fieldStart + 2);
          }
          const target = gathered.bytes;
          if (written) target[length++] = between;
          written = true;
          if (at - fieldStart > 64) {
            target.set(bytes.subarray(fieldStart, at), length);
            length += at - fieldStart;
          } else for (let k = fieldStart; k < at; k++) target[length++] = bytes[k];
        } else if (atEnd && field > 0) {
          // A range behind the last field still gets its delimiter.
          length = gathered.room(length, 2);
          if (written) gathered.bytes[length++] = between;
          written = true;
        }
        if (atEnd) {
          if (field === 0) break;
          range++;
          length = gathered.room(length, count + 1);
          if (written) { for (; range < count; range++) gathered.bytes[length++] = between; }
          break;
        }
        fieldStart = ++at;
        if (++field >= ends[range]) range++;
      }
      if (field === 0) {
        // No delimiter: the whole line, which may have been taken for a field, or nothing.
        if (silent && at > lineStart) {
          if (written) length -= at - lineStart;
          at++;
          continue;
        }
        if (!written) {
          length = gathered.room(length, at - lineStart);
          gathered.bytes.set(bytes.subarray(lineStart, at), length);
          length += at - lineStart;
        }
      } else at = lineEnd(bytes, at, end, false);
      length = gathered.room(length, 1);
      gathered.bytes[length++] = 10;
      at++;
    }
    gathered.flush(length);
  };
}

/** Where a delimiter stands. */
type Delimiter = Range;

/**
 * Gives the fields of ranges that may overlap or be empty, in the order of the list if it is `ordered`.
 * Native steps to the next range once for each step behind a range's end, so with -f, whose steps are
 * bytes, what is printed a second time depends on how long the fields are.
 *
 * @param length Length of the line.
 * @param seek One step from a position: a delimiter, where to go on, or −1 at the end of the line.
 * @param use Takes a field.
 * @returns false for a line without delimiter, of which the first range would take something
 */
function eachField(
  length: number,
  seek: (from: number) => Delimiter | number,
  ranges: readonly Range[],
  ordered: boolean,
  use: (from: number, to: number) => void,
): boolean {
  let range = 0;
  let field = 0;
  let start = 0;
  let atEnd = false;
  for (let at = 0;;) {
    if (atEnd || field >= ranges[range].end) {
      if (++range >= ranges.length) return true;
      if (ordered) {
        at = field = start = 0;
        atEnd = false;
      }
    }
    const found = seek(at);
    if (found === -1) {
      if (range === 0 && field === 0) return false;
      use(field < ranges[range].start ? length : start, length);
      if (field === 0) return true;
      atEnd = true;
      start = at = length;
    } else if (typeof found === "number") at = found;
    else {
      if (field++ >= ranges[range].start) use(start, found.start);
      start = at = found.end;
    }
  }
}

function regexCutter(ctx: Context, ranges: readonly Range[]): Cutter {
  const { out } = ctx;
  const opts = ctx.opts as {
    readonly d?: ByteString;
    readonly O?: ByteString;
    readonly D?: true;
  };
  let regex: Regex;
  try {
    regex = compile(opts.d ?? "[[:space:]]+", { syntax: "ere" });
  } catch (error) {
    if (!(error instanceof RegexError)) throw error;
    return ctx.fail(`bad regex '${opts.d}': ${error.message}`);
  }
  const between = opts.O ?? " ";
  const cutLine = (bytes: Uint8Array, start: number, end: number): void => {
    const line = toByteString(bytes, start, end);
    const seek = (from: number): Delimiter | number => {
      if (from === line.length) return -1;
      for (let at = from; at < line.length; at++) {
        const match = regex.exec(line, at, { notbol: at > 0 });
        if (match === null) break;
        // An empty match splits nothing.
        if (match[1] > match[0]) return { start: match[0], end: match[1] };
        at = match[0];
      }
      return line.length;
    };
    let written = false;
    const use = (from: number, to: number): void => {
      // Empty fields leave no trace, not even a delimiter.
      if (from === to) return;
      if (written) void out.print(between);
      written = true;
      void out.print(line.slice(from, to));
    };
    const delimited = eachField(line.length, seek, ranges, opts.D === true, use);
    if (!delimited && ranges[0].start === 0) use(0, line.length);
    void out.byte(10);
  };
  return (bytes, end) => {
    for (let at = 0; at < end;) {
      let stop = bytes.indexOf(10, at);
      if (stop < 0 || stop > end) stop = end;
      cutLine(bytes, at, stop);
      at = stop + 1;
    }
  };
}

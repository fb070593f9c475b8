import type { ByteString } from "../sandbox/types.ts";
import { toByteString } from "../sandbox/bytes.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, type Context, defineApplet, type Source } from "./contract.ts";
import { LineChunks } from "./_lib/line_chunks.ts";
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
    b: { arg: "LIST", help: "Bytes of LIST" },
    c: { arg: "LIST", help: "Characters of LIST" },
    d: { arg: "SEP", help: "Field delimiter of the input (tab for -f, white space for -F)" },
    O: { arg: "SEP", help: "Field delimiter of the output (that of the input, or a space for -F)" },
    D: { help: "Keep LIST's order; -f and -F drop lines without delimiter" },
    f: { arg: "LIST", help: "Fields of LIST; -d is one character" },
    F: { arg: "LIST", help: "Fields of LIST; -d is a regular expression" },
    s: { help: "Only lines that hold the delimiter" },
    n: { help: "Ignored" },
  },
  *run(ctx) {
    const { opts, operands } = ctx;
    const given = (["b", "c", "f", "F"] as const).filter((name) => opts[name] !== undefined);
    if (given.length === 0) return ctx.fail("expected a list of bytes, characters, or fields");
    if (given.length > 1) return ctx.usage();
    const by = given[0];
    const inFields = by === "f" || by === "F";
    if (opts.s && !inFields) {
      return ctx.fail(
        "suppressing non-delimited lines makes sense only when operating on fields",
      );
    }
    if (opts.d !== undefined && !inFields) {
      return ctx.fail("a delimiter may be specified only when operating on fields");
    }
    let ranges = parseList(ctx, opts[by]!);
    // Without -D each part is printed once, in the order of the line.
    if (!opts.D) ranges = ranges.slice().sort((a, b) => a.start - b.start);
    const cutter = by === "F"
      ? regexCutter(ctx, ranges)
      : by === "f"
      ? fieldCutter(ctx, ranges)
      : byteCutter(ctx, ranges);
    for (const path of operands.length === 0 ? ["-"] : operands) {
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

/** Cuts one line of a batch: writes what is selected, with its newline. */
type Cutter = (bytes: Uint8Array, start: number, end: number) => void;

function* cutSource(ctx: Context, source: Source, cut: Cutter): Steps<void> {
  const lines = new LineChunks(source, ctx.process);
  for (;;) {
    let more = lines.next();
    if (more instanceof Promise) more = yield* settled(more);
    if (!more) return;
    const { bytes, end } = lines;
    for (let at = 0; at < end;) {
      let stop = bytes.indexOf(10, at);
      if (stop < 0 || stop > end) stop = end;
      cut(bytes, at, stop);
      at = stop + 1;
    }
    const pause = ctx.tick(end >> 4);
    if (pause !== undefined) yield pause;
    const full = ctx.out.pending();
    if (full !== undefined) yield full;
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
      // Native takes 0 for the first, and of fields for all of them.
      ranges.push({ start: Math.max(0, at - 1), end: at === 0 ? zeroEnd(ctx) : at });
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

function zeroEnd(ctx: Context): number {
  const opts = ctx.opts as { readonly f?: ByteString; readonly F?: ByteString };
  return opts.f !== undefined || opts.F !== undefined ? LAST : 1;
}

function byteCutter(ctx: Context, given: readonly Range[]): Cutter {
  const { out } = ctx;
  // A range that ends right before its start is its start.
  const ranges = given.map(({ start, end }) => ({ start, end: Math.max(end, start + 1) }));
  const single = ranges.length === 1 ? ranges[0] : undefined;
  const printed = new Set<number>();
  return (bytes, start, end) => {
    const length = end - start;
    if (single !== undefined) {
      const from = Math.min(single.start, length);
      const to = Math.min(single.end, length);
      if (to === length && end < bytes.length && bytes[end] === 10) {
        void out.bytes(bytes, start + from, end + 1);
        return;
      }
      void out.bytes(bytes, start + from, start + Math.max(from, to));
      void out.byte(10);
      return;
    }
    // Each byte is printed once, in the order of the list.
    printed.clear();
    for (const range of ranges) {
      for (let at = range.start; at < range.end && at < length; at++) {
        if (printed.has(at)) continue;
        printed.add(at);
        void out.byte(bytes[start + at]);
      }
    }
    void out.byte(10);
  };
}

function fieldCutter(ctx: Context, ranges: readonly Range[]): Cutter {
  const { out } = ctx;
  const opts = ctx.opts as {
    readonly d?: ByteString;
    readonly O?: ByteString;
    readonly D?: true;
    readonly s?: true;
  };
  // An empty delimiter is the NUL byte that ends it.
  const delimiter = opts.d === undefined ? 9 : opts.d === "" ? 0 : opts.d.charCodeAt(0);
  const between = opts.O ?? String.fromCharCode(delimiter);
  const single = ranges.length === 1 && ranges[0].end === ranges[0].start + 1
    ? ranges[0].start
    : -1;
  const starts: number[] = [];
  return (bytes, start, end) => {
    if (single >= 0) {
      let at = start;
      let field = 0;
      let seen = false;
      let stop = -1;
      for (let i = start; i < end; i++) {
        if (bytes[i] !== delimiter) continue;
        seen = true;
        if (field === single) {
          stop = i;
          break;
        }
        field++;
        at = i + 1;
      }
      if (!seen) {
        if (opts.s) return;
        void out.bytes(bytes, start, end);
        void out.byte(10);
        return;
      }
      if (field === single) void out.bytes(bytes, at, stop < 0 ? end : stop);
      void out.byte(10);
      return;
    }
    starts.length = 0;
    starts.push(start);
    for (let i = start; i < end; i++) if (bytes[i] === delimiter) starts.push(i + 1);
    const count = starts.length;
    if (count === 1) {
      if (opts.s) return;
      void out.bytes(bytes, start, end);
      void out.byte(10);
      return;
    }
    starts.push(end + 1);
    let written = false;
    let done = 0;
    for (const range of ranges) {
      const from = Math.max(range.start, opts.D ? 0 : done);
      // A range behind the last field still gets its delimiter.
      if (from >= count && written) void out.print(between);
      if (from >= count) written = true;
      for (let field = from; field < range.end && field < count; field++) {
        if (written) void out.print(between);
        void out.bytes(bytes, starts[field], starts[field + 1] - 1);
        written = true;
        done = field + 1;
      }
    }
    void out.byte(10);
  };
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
  return (bytes, start, end) => {
    const line = toByteString(bytes, start, end);
    const fields: ByteString[] = [];
    let at = 0;
    for (let from = 0; from <= line.length;) {
      const match = regex.exec(line, from, { notbol: from > 0 });
      if (match === null) break;
      const [head, tail] = [match[0], match[1]];
      if (tail === head) {
        // An empty match splits nothing.
        from = head + 1;
        continue;
      }
      fields.push(line.slice(at, head));
      from = at = tail;
    }
    fields.push(line.slice(at));
    if (fields.length === 1 && opts.D) {
      void out.byte(10);
      return;
    }
    const chosen: ByteString[] = [];
    let done = 0;
    for (const range of ranges) {
      for (
        let field = Math.max(range.start, opts.D ? 0 : done);
        field < range.end && field < fields.length;
        field++
      ) {
        // Empty fields leave no trace, not even a delimiter.
        if (fields[field] !== "") chosen.push(fields[field]);
        done = field + 1;
      }
    }
    void out.print(chosen.join(between) + "\n");
  };
}

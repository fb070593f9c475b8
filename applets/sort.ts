import { type Applet, type Context, defineApplet, type Source } from "./contract.ts";
import { type MaybePromise, O_CREAT, O_TRUNC, O_WRONLY } from "../sandbox/types.ts";
import { concatBytes } from "../sandbox/bytes.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { after, attempt, eachChunk, inTurns } from "./_lib/sequence.ts";
import { compareLevel, type Level, type Lines, sortLines, splitLines } from "./_lib/line_sort.ts";
import { KeyError, keyLevels, parseKey, type SortFlags, type SortKey } from "./_lib/sort_keys.ts";
import { inSteps, type Steps } from "./_lib/steps.ts";
import { takeMemory } from "./_lib/streams.ts";

/** Sorts lines. Source of behaviour: POSIX sort, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "sort",
  usage: "[-nrugMcszbdfiokt] [-o FILE] [-k START[.OFS][OPTS][,END[.OFS][OPTS]] [-t CHAR] [FILE]...",
  about: "Sort the lines of all FILEs, or of stdin",
  usageStatus: 2,
  options: {
    o: { arg: "FILE", excludes: ["o"], help: "Write to FILE, which may be one of the inputs" },
    c: { help: "Only check whether the input is sorted" },
    b: { help: "Skip leading blanks" },
    f: { help: "Ignore case" },
    i: { help: "Ignore bytes that are not printable" },
    d: { help: "Look at blanks, letters and digits only" },
    n: { help: "By number" },
    g: { help: "By floating-point number" },
    M: { help: "By month" },
    V: { help: "By version" },
    t: { arg: "CHAR", excludes: ["t"], help: "Separator of fields" },
    k: { arg: "N[,M]", many: true, help: "By fields N to M" },
    r: { help: "Reverse" },
    s: { help: "Stable: leave equal lines in their order" },
    u: { help: "One line of equal ones" },
    z: { help: "Lines end in NUL" },
    S: { arg: "N", many: true },
    T: { arg: "DIR", many: true },
    m: {},
  },
  run(ctx) {
    const { opts } = ctx;
    if (opts.t !== undefined && opts.t.length !== 1) ctx.fail("bad -t parameter", 2);
    const global: SortFlags = {
      b: !!opts.b,
      d: !!opts.d,
      f: !!opts.f,
      i: !!opts.i,
      r: !!opts.r,
      order: orderOf([opts.M && "M", opts.g && "g", opts.n && "n", opts.V && "V"]),
    };
    let keys: SortKey[];
    try {
      keys = (opts.k ?? []).map((text) => parseKey(text, global));
    } catch (error) {
      if (!(error instanceof KeyError)) throw error;
      return ctx.fail(error.message, 2);
    }
    const input = readAll(ctx);
    const tick = (steps: number): Promise<void> | undefined => ctx.tick(steps);
    const sort = function* (data: Uint8Array): Steps<number | void> {
      const lines = yield* splitLines(data, !!opts.z, tick);
      // Native finds out when it has two lines to compare.
      const unknown = keys.length === 0
        ? global.order === "none"
        : keys.some((key) => key.flags.order === "none");
      if (unknown && lines.count > 1) ctx.fail("unknown sort type", 2);
      const levels = yield* keyLevels(lines, keys, global, opts.t?.charCodeAt(0), tick);
      if (opts.c) return yield* check(ctx, lines, levels, { ...opts });
      const printed = sortAndPrint(ctx, lines, levels);
      if (printed instanceof Promise) yield printed;
    };
    return after(input, (data) => inSteps(sort(data)));
  },
});

/** The one order that was asked for; several of them are none. */
function orderOf(asked: readonly (SortFlags["order"] | false)[]): SortFlags["order"] {
  const found = asked.filter((order) => order !== undefined && order !== false);
  return found.length > 1 ? "none" : found[0] || undefined;
}

type SortOptions = { r?: boolean; s?: boolean; u?: boolean; z?: boolean; o?: string };
type SortContext = Omit<Context, "opts"> & { readonly opts: SortOptions };

/** All input; a file's unfinished last line ends with the file. */
function readAll(ctx: SortContext): MaybePromise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const delimiter = new Uint8Array([ctx.opts.z ? 0 : 10]);
  const paths = ctx.operands.length === 0 ? ["-"] : ctx.operands;
  const reading = inTurns(ctx.process, paths, (path) => {
    let source: Source;
    try {
      source = path === "-" ? ctx.stdin : ctx.openOrThrow(path);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      ctx.fail(`${path}: ${error.reason}`, 2);
    }
    // Native does not tell of a failed read: a directory is an empty file.
    const reading = attempt(() =>
      eachChunk(ctx.process, source, (chunk) => {
        takeMemory(ctx.process, chunk.length);
        chunks.push(chunk);
      }, true), () => {});
    return after(reading, () => {
      source.close();
      const last = chunks.at(-1);
      if (last !== undefined && last[last.length - 1] !== delimiter[0]) {
        // A NUL ends the last line as well as the delimiter does.
        if (last[last.length - 1] !== 0) chunks.push(delimiter);
      }
    });
  });
  return after(reading, () => concatBytes(chunks));
}

/** Levels with the last one, which looks at the whole line and makes the order total. */
function withLastResort(lines: Lines, levels: readonly Level[], opts: SortOptions): Level[] {
  if (opts.s) {
    // Native turns the input order round too when the last key is a reversed one.
    const { reverse } = levels[levels.length - 1];
    return [...levels, { kind: "compare", compare: (a, b) => a - b, reverse }];
  }
  const { data, start, end } = lines;
  return [...levels, { kind: "bytes", data, start, end, reverse: !!opts.r }];
}

/** What the comparison of two lines may cost, in that of short ones. */
function weightOf(lines: Lines): number {
  return 1 + (lines.data.length / Math.max(1, lines.count) >>> 8);
}

function* check(
  ctx: SortContext,
  lines: Lines,
  levels: readonly Level[],
  opts: SortOptions,
): Steps<number> {
  const all = opts.u && !opts.s ? levels : withLastResort(lines, levels, opts);
  const weight = weightOf(lines);
  for (let i = 1; i < lines.count; i++) {
    const turn = ctx.process.tick(weight);
    if (turn !== undefined) yield turn;
    let result = 0;
    for (const level of all) {
      result = compareLevel(level, i - 1, i);
      if (result !== 0) break;
    }
    if (result > 0 || (opts.u && result === 0)) {
      ctx.say(`Check line ${i}\n`);
      return 1;
    }
  }
  return 0;
}

function sortAndPrint(
  ctx: SortContext,
  lines: Lines,
  levels: readonly Level[],
): MaybePromise<void> {
  const { opts, process } = ctx;
  takeMemory(process, lines.count * 24);
  const sorting = sortLines(
    lines.count,
    withLastResort(lines, levels, opts),
    (steps) => process.tick(steps),
    weightOf(lines),
  );
  return after(sorting, (order) => {
    const same = (a: number, b: number): boolean => {
      for (const level of levels) if (compareLevel(level, a, b) !== 0) return false;
      return true;
    };
    // With -s no two lines are equal for native, so nothing is left out.
    const kept = opts.u && !opts.s
      ? order.filter((line, i) => i === 0 || !same(order[i - 1], line))
      : order;
    return print(ctx, lines, kept);
  });
}

function print(ctx: SortContext, lines: Lines, order: Uint32Array): MaybePromise<void> {
  const { data, start, end } = lines;
  const delimiter = ctx.opts.z ? 0 : 10;
  let sink = ctx.out.sink;
  if (ctx.opts.o !== undefined) {
    const path = ctx.opts.o;
    try {
      sink = ctx.sinkOf(ctx.fs.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o666), path);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      ctx.fail(`can't open '${path}': ${error.reason}`, 2);
    }
  }
  const size = 65536;
  let buffer = new Uint8Array(size);
  let at = 0;
  let next = 0;
  const go = (): MaybePromise<void> => {
    while (next < order.length) {
      const line = order[next++];
      const from = start[line];
      const length = end[line] - from;
      if (at + length + 1 > size) {
        let full: void | Promise<void> = undefined;
        if (at > 0) full = sink.write(buffer.subarray(0, at));
        if (sink.keepsChunks || full !== undefined) buffer = new Uint8Array(size);
        at = 0;
        if (length + 1 > size) {
          const long = new Uint8Array(length + 1);
          long.set(data.subarray(from, from + length));
          long[length] = delimiter;
          const second = sink.write(long);
          if (second !== undefined) full = full === undefined ? second : full.then(() => second);
          if (full !== undefined) return full.then(go);
          continue;
        }
        if (full !== undefined) {
          next--;
          return full.then(go);
        }
      }
      if (length < 48) {
        for (let i = 0; i < length; i++) buffer[at + i] = data[from + i];
      } else buffer.set(data.subarray(from, from + length), at);
      at += length;
      buffer[at++] = delimiter;
    }
    if (at > 0) {
      const last = buffer.subarray(0, at);
      at = 0;
      return sink.write(last) ?? undefined;
    }
  };
  return go();
}

import { type Applet, type Context, defineApplet, type Source } from "./contract.ts";
import type { MaybePromise } from "../sandbox/types.ts";
import { S_IFREG } from "../sandbox/types.ts";
import { after, attempt, eachChunk, inTurns } from "./_lib/sequence.ts";
import { BLOCK_SUFFIXES, parseSize } from "./_lib/size.ts";
import { takeMemory } from "./_lib/streams.ts";

/** Prints the first part of FILEs. Source of behaviour: POSIX head, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "head",
  usage: "[OPTIONS] [FILE]...",
  about: "Print the first 10 lines of each FILE, or of stdin.\n" +
    "A header goes before each of several FILEs. Numbers take b (512), k (1024), m (1024^2).",
  shortOnly: true,
  looksAsItGoes: true,
  options: {
    n: { arg: "[-]N", many: true, help: "First N lines; with - all but the last N" },
    c: { arg: "[-]N", many: true, help: "First N bytes; with - all but the last N" },
    q: { help: "No headers" },
    v: { help: "Always headers" },
  },
  numberOption: "n",
  run(ctx) {
    const { opts, operands, order } = ctx;
    // The number given last counts, and -c given anywhere makes it bytes.
    let count = 10;
    let fromEnd = false;
    const bytes = opts.c !== undefined;
    const given = { n: 0, c: 0 };
    for (const name of order) {
      if (name !== "n" && name !== "c") continue;
      let text = opts[name]![given[name]++];
      fromEnd = text.startsWith("-");
      if (fromEnd) text = text.slice(1);
      count = parseSize(text, BLOCK_SUFFIXES) ?? ctx.fail(`invalid number '${text}'`);
    }
    ctx.checkOptions();
    const paths = operands.length === 0 ? ["-"] : operands;
    const loud = order.findLast((name) => name === "v" || name === "q");
    const headers = loud === undefined ? paths.length > 1 : loud === "v";
    const copy = fromEnd ? (bytes ? allButBytes : allButLines) : (bytes ? firstBytes : firstLines);
    return inTurns(ctx.process, paths, (path, index) => {
      const source = ctx.openPlain(path);
      if (source === undefined) return;
      if (headers) {
        const title = path === "-" ? "standard input" : path;
        void ctx.out.print(`${index > 0 ? "\n" : ""}==> ${title} <==\n`);
      }
      return attempt(() => after(copy(ctx, source, count), () => source.close()), (error) => {
        if (error.code === "EPIPE") throw error;
        ctx.warn(`${path === "-" ? "standard input" : path}: Input/output error`);
      });
    });
  },
});

type Head = Pick<Context, "out" | "tick" | "process">;

/** Gives back what was read too much, where the input can be repositioned. */
function unread(source: Source, count: number): void {
  if (count > 0 && source.file.type === S_IFREG) source.file.seek(-count, 1);
}

function firstLines(ctx: Head, source: Source, count: number): MaybePromise<void> {
  if (count === 0) return;
  let left = count;
  return eachChunk(ctx.process, source, (chunk) => {
    let end = 0;
    while (end < chunk.length) {
      const newline = chunk.indexOf(10, end);
      if (newline < 0) {
        end = chunk.length;
        break;
      }
      end = newline + 1;
      if (--left === 0) {
        unread(source, chunk.length - end);
        break;
      }
    }
    const full = ctx.out.bytes(chunk, 0, end);
    return full === undefined ? left > 0 : full.then(() => left > 0);
  });
}

function firstBytes(ctx: Head, source: Source, count: number): MaybePromise<void> {
  if (count === 0) return;
  let left = count;
  return eachChunk(ctx.process, source, (chunk) => {
    const length = Math.min(left, chunk.length);
    left -= length;
    if (left === 0) unread(source, chunk.length - length);
    const full = ctx.out.bytes(chunk, 0, length);
    return full === undefined ? left > 0 : full.then(() => left > 0);
  });
}

/** Chunks held back, with what they count. */
interface Held {
  readonly chunk: Uint8Array;
  readonly count: number;
}

function allButLines(ctx: Head, source: Source, count: number): MaybePromise<void> {
  const held: Held[] = [];
  let lines = 0;
  let unfinished = false;
  const done = eachChunk(ctx.process, source, (chunk) => {
    let newlines = 0;
    for (let i = 0; i < chunk.length; i++) if (chunk[i] === 10) newlines++;
    held.push({ chunk, count: newlines });
    lines += newlines;
    unfinished = chunk[chunk.length - 1] !== 10;
    takeMemory(ctx.process, chunk.length);
    let full: void | Promise<void> = undefined;
    while (held.length > 0 && lines - held[0].count > count) {
      const first = held.shift()!;
      lines -= first.count;
      ctx.process.chargeMemory(-first.chunk.length);
      full = ctx.out.bytes(first.chunk);
    }
    return full;
  }, true);
  return after(done, () => {
    // A last line without newline is a line too.
    let left = lines + (unfinished ? 1 : 0) - count;
    let full: void | Promise<void> = undefined;
    for (const { chunk } of held) {
      ctx.process.chargeMemory(-chunk.length);
      let end = 0;
      while (left > 0 && end < chunk.length) {
        const newline = chunk.indexOf(10, end);
        end = newline < 0 ? chunk.length : newline + 1;
        if (newline >= 0) left--;
      }
      full = ctx.out.bytes(chunk, 0, end);
    }
    return full;
  });
}

function allButBytes(ctx: Head, source: Source, count: number): MaybePromise<void> {
  const held: Uint8Array[] = [];
  let size = 0;
  const done = eachChunk(ctx.process, source, (chunk) => {
    held.push(chunk);
    size += chunk.length;
    takeMemory(ctx.process, chunk.length);
    let full: void | Promise<void> = undefined;
    while (held.length > 0 && size - held[0].length >= count) {
      const first = held.shift()!;
      size -= first.length;
      ctx.process.chargeMemory(-first.length);
      full = ctx.out.bytes(first);
    }
    return full;
  }, true);
  return after(done, () => {
    let left = size - count;
    let full: void | Promise<void> = undefined;
    for (const chunk of held) {
      ctx.process.chargeMemory(-chunk.length);
      if (left <= 0) continue;
      full = ctx.out.bytes(chunk, 0, Math.min(left, chunk.length));
      left -= chunk.length;
    }
    return full;
  });
}

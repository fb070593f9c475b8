import { type Applet, type Context, defineApplet, type Source } from "./contract.ts";
import { type ByteString, type MaybePromise, S_IFREG } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { after, attempt, copyStream, eachChunk, inTurns } from "./_lib/sequence.ts";
import { BLOCK_SUFFIXES, parseSize } from "./_lib/size.ts";
import { countNewlines } from "./_lib/text_count.ts";
import { takeMemory } from "./_lib/streams.ts";

/** Prints the last part of FILEs. Source of behaviour: POSIX tail, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "tail",
  usage: "[OPTIONS] [FILE]...",
  about: "Print the last 10 lines of each FILE, or of stdin.\n" +
    "A header goes before each of several FILEs. Numbers take b (512), k (1024), m (1024^2).",
  lostOutput: "write error",
  options: {
    c: { arg: "[+]N", help: "Last N bytes; with + from byte N on" },
    n: { arg: "[+]N", help: "Last N lines; with + from line N on" },
    q: { help: "No headers" },
    v: { help: "Always headers" },
    f: { help: "Go on with what is added to the file" },
    F: { help: "As -f, and open the file again when it is replaced" },
    s: { arg: "SECONDS", numeric: true, help: "Time between looks with -f" },
  },
  numberOption: "n",
  plusOption: "n",
  run(ctx) {
    const { opts } = ctx;
    const bytes = opts.c !== undefined;
    let count = 10;
    let fromStart = false;
    // With both, native counts bytes and takes the number of -n, unless that was written as -NUM.
    const old = /^[-+][0-9]/.test(ctx.argv[1] ?? "");
    for (const given of old ? [opts.n, opts.c] : [opts.c, opts.n]) {
      if (given === undefined) continue;
      // A + with one of them counts for both.
      if (given.startsWith("+")) fromStart = true;
      const text = given.replace(/^[-+]/, "");
      count = parseSize(text, BLOCK_SUFFIXES) ?? ctx.fail(`invalid number '${text}'`);
    }
    if (fromStart && count > 0) count--;
    const pause = 1000 * (opts.s ?? 1);
    const follow = !!(opts.f || opts.F);
    const operands = ctx.operands.length === 0 ? ["-"] : ctx.operands;
    const headers = !opts.q && operands.length > 1;
    return new Tail(ctx, {
      bytes,
      count,
      fromStart,
      pause,
      follow,
      retry: !!opts.F,
      headers,
      always: !!opts.v,
    })
      .run(operands);
  },
});

interface TailSpec {
  readonly bytes: boolean;
  readonly count: number;
  readonly fromStart: boolean;
  /** Milliseconds between looks. */
  readonly pause: number;
  readonly follow: boolean;
  readonly retry: boolean;
  readonly headers: boolean;
  /** Headers even for one file. */
  readonly always: boolean;
}

interface Followed {
  readonly path: ByteString;
  /** What its header says. */
  readonly title: ByteString;
  source: Source | undefined;
}

/** Block for reading backwards. */
const BLOCK = 65536;

class Tail {
  #headed = false;
  #last: ByteString | undefined;

  constructor(private readonly ctx: Context, private readonly spec: TailSpec) {}

  run(paths: readonly ByteString[]): MaybePromise<void> {
    const { ctx, spec } = this;
    const files: Followed[] = [];
    for (const path of paths) {
      const source = ctx.open(path);
      // Without operands the header names the stream; an operand `-` is shown as it was given.
      const title = ctx.operands.length === 0 ? "standard input" : path;
      if (source !== undefined || spec.retry) files.push({ path, title, source });
    }
    if (files.length === 0) ctx.fail("no files");
    const headers = spec.always || (spec.headers && files.length > 1);
    const copied = inTurns(ctx.process, files, (file) => {
      if (file.source === undefined) return;
      const source = file.source;
      this.#last = undefined;
      if (headers) this.#header(file.title);
      return attempt(() => this.#copy(source), (error) => {
        if (error.code === "EPIPE") throw error;
        ctx.warn(`${ctx.wasWriting(error) ? "write" : "read"} error: ${error.reason}`);
      });
    });
    return after(copied, () => (spec.follow ? this.#follow(files, headers) : undefined));
  }

  #header(title: ByteString): void {
    if (this.#last === title) return;
    void this.ctx.out.print(`${this.#headed ? "\n" : ""}==> ${title} <==\n`);
    this.#headed = true;
    this.#last = title;
  }

  #copy(source: Source): MaybePromise<void> {
    const { spec } = this;
    if (spec.fromStart) return spec.bytes ? this.#fromByte(source) : this.#fromLine(source);
    if (source.file.type === S_IFREG) {
      const start = spec.bytes ? this.#startOfBytes(source) : this.#startOfLines(source);
      source.file.seek(start, 0);
      return this.#rest(source);
    }
    return spec.bytes ? this.#lastBytes(source) : this.#lastLines(source);
  }

  /** Copies what is left, after what is in the buffer. */
  #rest(source: Source): MaybePromise<void> {
    const { ctx } = this;
    return after(ctx.out.flush() ?? undefined, () => copyStream(ctx.process, source, ctx.stdout));
  }

  #fromByte(source: Source): MaybePromise<void> {
    let skip = this.spec.count;
    if (source.file.type === S_IFREG) {
      source.file.seek(skip, 1);
      return this.#rest(source);
    }
    return eachChunk(this.ctx.process, source, (chunk) => {
      const from = Math.min(skip, chunk.length);
      skip -= from;
      return this.ctx.out.bytes(chunk, from);
    });
  }

  #fromLine(source: Source): MaybePromise<void> {
    let skip = this.spec.count;
    return eachChunk(this.ctx.process, source, (chunk) => {
      let from = 0;
      while (skip > 0 && from < chunk.length) {
        const newline = chunk.indexOf(10, from);
        from = newline < 0 ? chunk.length : newline + 1;
        if (newline >= 0) skip--;
      }
      return this.ctx.out.bytes(chunk, from);
    });
  }

  /** What `-c N` begins with, not before where the file is already read up to. */
  #startOfBytes(source: Source): number {
    const here = source.file.seek(0, 1);
    return Math.max(here, source.file.stat().size - this.spec.count);
  }

  /** Looks for the N-th last newline from the end backwards. */
  #startOfLines(source: Source): number {
    const { file } = source;
    const here = file.seek(0, 1);
    let end = file.stat().size;
    if (end <= here || this.spec.count === 0) return Math.max(here, end);
    // A newline at the very end closes the last line and does not count.
    let left = this.spec.count;
    const block = new Uint8Array(BLOCK);
    const size = end;
    while (end > here) {
      const start = Math.max(here, end - BLOCK);
      const length = file.pread(block.subarray(0, end - start), start);
      for (let i = length - 1; i >= 0; i--) {
        if (block[i] !== 10 || start + i === size - 1) continue;
        if (--left <= 0) return start + i + 1;
      }
      end = start;
    }
    return here;
  }

  #lastBytes(source: Source): MaybePromise<void> {
    const { count } = this.spec;
    const chunks: Uint8Array[] = [];
    let size = 0;
    const reading = eachChunk(this.ctx.process, source, (chunk) => {
      chunks.push(chunk);
      size += chunk.length;
      takeMemory(this.ctx.process, chunk.length);
      while (chunks.length > 0 && size - chunks[0].length >= count) {
        this.#drop(chunks, (n) => size -= n);
      }
    }, true);
    return after(reading, () => this.#output(chunks, Math.max(0, size - count)));
  }

  #lastLines(source: Source): MaybePromise<void> {
    const { count } = this.spec;
    const chunks: Uint8Array[] = [];
    const lines: number[] = [];
    let total = 0;
    const reading = eachChunk(this.ctx.process, source, (chunk) => {
      const newlines = countNewlines(chunk);
      chunks.push(chunk);
      lines.push(newlines);
      total += newlines;
      takeMemory(this.ctx.process, chunk.length);
      // One newline more than lines: the one before the first line shown.
      while (chunks.length > 1 && total - lines[0] > count) {
        this.#drop(chunks, () => {});
        total -= lines.shift()!;
      }
    }, true);
    return after(reading, () => {
      const end = chunks.at(-1);
      const closed = end === undefined || end[end.length - 1] === 10;
      let skip = total + (closed ? 0 : 1) - count;
      let from = 0;
      scan: for (const chunk of chunks) {
        let at = 0;
        while (skip > 0) {
          const newline = chunk.indexOf(10, at);
          if (newline < 0) {
            from += chunk.length;
            continue scan;
          }
          at = newline + 1;
          skip--;
        }
        from += at;
        break;
      }
      return this.#output(chunks, count === 0 ? Infinity : from);
    });
  }

  #drop(chunks: Uint8Array[], dropped: (length: number) => void): void {
    const { length } = chunks.shift()!;
    this.ctx.process.chargeMemory(-length);
    dropped(length);
  }

  #output(chunks: readonly Uint8Array[], skip: number): void | Promise<void> {
    let full: void | Promise<void> = undefined;
    let left = skip;
    for (const chunk of chunks) {
      this.ctx.process.chargeMemory(-chunk.length);
      if (left < chunk.length) full = this.ctx.out.bytes(chunk, left);
      left = Math.max(0, left - chunk.length);
    }
    return full;
  }

  /** Looks again and again for more. Waiting costs no CPU; a pipe wakes by itself. */
  async #follow(files: Followed[], headers: boolean): Promise<void> {
    const { ctx, spec } = this;
    this.#last = files.at(-1)?.title;
    for (;;) {
      await ctx.out.flush();
      await ctx.process.sleep(spec.pause);
      for (const file of files) {
        if (spec.retry && file.path !== "-") this.#reopen(file);
        const { source } = file;
        if (source === undefined) continue;
        try {
          if (source.file.type === S_IFREG) {
            const here = source.file.seek(0, 1);
            const { size } = source.file.stat();
            // A file that shrank is read from its start, but native stays where it is in an empty one.
            if (size > 0 && size < here) source.file.seek(0, 0);
          }
          for (;;) {
            let chunk = source.readReused();
            if (chunk instanceof Promise) chunk = await chunk;
            if (chunk === undefined) break;
            if (headers) this.#header(file.title);
            await ctx.out.bytes(chunk);
            if (source.file.type !== S_IFREG) await ctx.out.flush();
          }
        } catch (error) {
          if (!isVfsError(error) || error.code === "EPIPE") throw error;
          ctx.warn(`${ctx.wasWriting(error) ? "write" : "read"} error: ${error.reason}`);
        }
      }
    }
  }

  /** Takes the file that has the name now, if it is another one. */
  #reopen(file: Followed): void {
    const { ctx } = this;
    const there = ctx.fs.tryStat(file.path);
    const { source } = file;
    if (there === undefined) {
      // The file that had the name is read on, and each look tells of it.
      if (source !== undefined) {
        ctx.say(`tail: ${file.path} has been renamed or deleted: No such file or directory\n`);
      }
      return;
    }
    if (source !== undefined) {
      const open = source.file.stat();
      if (there.dev === open.dev && there.ino === open.ino) return;
    }
    try {
      file.source = ctx.openOrThrow(file.path);
      source?.close();
      const event = source === undefined ? "appeared" : "been replaced";
      ctx.say(`tail: ${file.path} has ${event}; following end of new file\n`);
    } catch (error) {
      // It went again, or cannot be read yet: the next look tries once more.
      if (!isVfsError(error)) throw error;
    }
  }
}

import { type Applet, defineApplet } from "./contract.ts";
import type { ByteString, MaybePromise } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { toBytes } from "../sandbox/bytes.ts";
import { LineReader } from "./_lib/line_reader.ts";
import { printLong, STRETCH } from "./_lib/long_output.ts";
import { inSteps } from "./_lib/steps.ts";
import { readEscape } from "./_lib/escape.ts";

/** Puts lines of files side by side. Source of behaviour: POSIX paste, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "paste",
  usage: "[-d LIST] [-s] [FILE]...",
  about: "Print lines of FILEs side by side, with tabs between them",
  options: {
    d: { arg: "LIST", help: "Take the separators from LIST in turn" },
    s: { help: "All lines of a file in one, file after file" },
  },
  run(ctx) {
    const { opts, out, process } = ctx;
    const list = separators(opts.d ?? "\t");
    if (list.length === 0) return ctx.fail("-d '' is not supported");
    const paths = ctx.operands.length === 0 ? ["-"] : ctx.operands;
    let standard: LineReader | undefined;
    const open = (path: ByteString): LineReader => {
      if (path === "-") return standard ??= new LineReader(ctx.stdin, process);
      const source = ctx.openPlain(path);
      if (source === undefined) return ctx.exit(1);
      return new LineReader(source, process);
    };
    // The first file that cannot be opened is the end.
    const readers = paths.map(open);
    let lines = 0;
    const advance = (reader: LineReader): MaybePromise<boolean> => {
      try {
        const more = reader.next();
        return more instanceof Promise ? more.catch(unreadable) : more;
      } catch (error) {
        return unreadable(error);
      }
    };

    const serial = async (): Promise<void> => {
      for (const reader of readers) {
        let first = true;
        for (let i = 0;; i++) {
          let more = advance(reader);
          if (more instanceof Promise) more = await more;
          if (!more) break;
          if (!first) void out.bytes(list[(i - 1) % list.length]);
          first = false;
          const full = out.bytes(reader.bytes, reader.start, reader.end) ?? process.tick(1);
          if (full !== undefined) await full;
        }
        if (!first) void out.byte(10);
      }
    };

    const parallel = async (): Promise<void> => {
      const alive = readers.map(() => true);
      const last = readers.length - 1;
      for (;;) {
        let found = false;
        let separator = 0;
        for (let i = 0; i <= last; i++) {
          let more: MaybePromise<boolean> = alive[i] && advance(readers[i]);
          if (more instanceof Promise) more = await more;
          if (!more) {
            // Native writes nothing at all for a file that has ended: no separator, no newline.
            alive[i] = false;
            continue;
          }
          found = true;
          const { bytes, start, end } = readers[i];
          if (end - start <= STRETCH) void out.bytes(bytes, start, end);
          else await inSteps(printLong(out, process, bytes, start, end));
          if (i === last) void out.byte(10);
          else void out.bytes(list[separator++ % list.length]);
        }
        if (!found) return;
        const waiting = (++lines & 255) === 0 ? out.pending() ?? process.tick(256) : out.pending();
        if (waiting !== undefined) await waiting;
      }
    };
    return opts.s ? serial() : parallel();
  },
});

/** A directory reads as nothing. */
function unreadable(error: unknown): boolean {
  if (!isVfsError(error) || error.code === "EPIPE") throw error;
  return false;
}

/** The separators that a list names; `\0` is an empty one. */
function separators(list: ByteString): Uint8Array[] {
  const result: Uint8Array[] = [];
  for (let at = 0; at < list.length;) {
    if (list[at] !== "\\") {
      result.push(toBytes(list[at++]));
      continue;
    }
    const { code, end } = readEscape(list, at + 1);
    result.push(code === 0 ? new Uint8Array(0) : Uint8Array.of(code));
    at = end;
  }
  return result;
}

import type { ByteString } from "../sandbox/types.ts";
import { type Applet, defineApplet, type Sink } from "./contract.ts";
import { numberArgument } from "./_lib/number_argument.ts";

const SUFFIXES = new Map([["b", 512], ["k", 1024], ["m", 1048576], ["g", 1073741824]]);

/** Cuts a file into pieces. Source of behaviour: POSIX split, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "split",
  usage: "[OPTIONS] [INPUT [PREFIX]]",
  about: "Cut INPUT (or stdin) into files PREFIXaa, PREFIXab, … (PREFIX is x by default)",
  options: {
    b: { arg: "N[k|m]", help: "Pieces of N bytes" },
    l: { arg: "N", help: "Pieces of N lines (default 1000)" },
    a: { arg: "N", help: "Letters of a suffix (default 2)" },
  },
  maxOperands: 2,
  async run(ctx) {
    const { opts, operands } = ctx;
    const letters = opts.a === undefined ? 2 : numberArgument(ctx, opts.a, { min: 1, max: 251 });
    const byBytes = opts.b !== undefined;
    const size = byBytes
      ? numberArgument(ctx, opts.b!, { min: 1, suffixes: SUFFIXES })
      : opts.l === undefined
      ? 1000
      : numberArgument(ctx, opts.l, { min: 1, suffixes: SUFFIXES });
    const source = ctx.open(operands[0] ?? "-");
    if (source === undefined) return;
    const prefix = operands[1] ?? "x";
    let suffix: ByteString | undefined = "a".repeat(letters);
    let sink: Sink | undefined;
    let left = 0;
    for (;;) {
      let chunk = source.read();
      if (chunk instanceof Promise) chunk = await chunk;
      if (chunk === undefined) break;
      for (let at = 0; at < chunk.length;) {
        if (left === 0 || sink === undefined) {
          sink?.close();
          if (suffix === undefined) return ctx.fail("suffixes exhausted");
          sink = ctx.createOrThrow(prefix + suffix);
          suffix = nextSuffix(suffix);
          left = size;
        }
        let end: number;
        if (byBytes) {
          end = Math.min(chunk.length, at + left);
          left -= end - at;
        } else {
          end = at;
          while (left > 0) {
            const newline = chunk.indexOf(10, end);
            if (newline < 0) {
              end = chunk.length;
              break;
            }
            end = newline + 1;
            left--;
          }
        }
        const full = sink.write(chunk.subarray(at, end)) ?? ctx.tick(4);
        if (full !== undefined) await full;
        at = end;
      }
    }
  },
});

/** `aa` → `ab` … `az` → `ba` … `zz` → nothing. */
function nextSuffix(suffix: ByteString): ByteString | undefined {
  let at = suffix.length - 1;
  while (at >= 0 && suffix[at] === "z") at--;
  if (at < 0) return undefined;
  return suffix.slice(0, at) + String.fromCharCode(suffix.charCodeAt(at) + 1) +
    "a".repeat(suffix.length - 1 - at);
}

import type { ByteString } from "../sandbox/types.ts";
import { toByteString } from "../sandbox/bytes.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, defineApplet, Output } from "./contract.ts";
import { numberArgument } from "./_lib/number_argument.ts";

/** Puts lines in random order. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "shuf",
  usage: "[-n NUM] [-o FILE] [-z] [FILE | -e [ARG...] | -i L-H]",
  about: "Print lines in random order",
  options: {
    n: { arg: "NUM", help: "At most NUM lines" },
    o: { arg: "FILE", help: "Write to FILE" },
    z: { help: "Lines end in a zero byte" },
    e: { excludes: ["i"], help: "The ARGs are the lines" },
    i: { arg: "L-H", excludes: ["e"], help: "The numbers from L to H are the lines" },
  },
  async run(ctx) {
    const { opts, operands, process } = ctx;
    const most = opts.n === undefined ? Infinity : numberArgument(ctx, opts.n, { max: 4294967295 });
    let count: number;
    let line: (index: number) => ByteString;
    if (opts.e) {
      count = operands.length;
      line = (index) => operands[index];
    } else if (opts.i !== undefined) {
      if (operands.length > 0) return ctx.usage();
      if (opts.i.endsWith("-")) return ctx.fail("invalid number ''");
      const match = /^([0-9]+)-([0-9]+)$/.exec(opts.i);
      const low = Number(match?.[1]);
      count = Number(match?.[2]) - low + 1;
      if (match === null || count < 1) return ctx.fail(`bad range '${opts.i}'`);
      line = (index) => String(low + index);
    } else {
      if (operands.length > 1) return ctx.usage();
      const source = ctx.openPlain(operands[0] ?? "-");
      if (source === undefined) return;
      let text = "";
      try {
        text = toByteString(await source.readAllBytes());
      } catch (error) {
        // Native takes what cannot be read for empty.
        if (!isVfsError(error)) throw error;
      }
      const lines = text.split("\n");
      if (lines[lines.length - 1] === "") lines.pop();
      count = lines.length;
      line = (index) => lines[index];
    }
    let out = ctx.out;
    if (opts.o !== undefined) {
      try {
        out = new Output(ctx.createOrThrow(opts.o));
      } catch (error) {
        if (!isVfsError(error)) throw error;
        return ctx.fail(`can't open '${opts.o}': ${error.reason}`);
      }
    }
    // Only the places that an exchange has touched are kept (Fisher and Yates, lazily).
    const moved = new Map<number, number>();
    const wanted = Math.min(most, count);
    for (let i = 0; i < wanted; i++) {
      const j = i + randomBelow(() => process.random.uint32(), count - i);
      const chosen = moved.get(j) ?? j;
      moved.set(j, moved.get(i) ?? i);
      moved.delete(i);
      const full = out.print(line(chosen) + (opts.z ? "\0" : "\n")) ?? ctx.tick(1);
      if (full !== undefined) await full;
    }
    const full = out.flush();
    if (full !== undefined) await full;
  },
});

/** A number in 0 ≤ x < limit without bias. */
function randomBelow(uint32: () => number, limit: number): number {
  const wide = limit > 2 ** 32;
  const range = wide ? 2 ** 53 : 2 ** 32;
  const usable = range - range % limit;
  for (;;) {
    const value = wide ? (uint32() & 0x1fffff) * 2 ** 32 + uint32() : uint32();
    if (value < usable) return value % limit;
  }
}

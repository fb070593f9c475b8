import { type Applet, defineApplet } from "./contract.ts";
import { BsdSum, SysvSum } from "./_lib/hash/checksums.ts";
import { after, attempt, eachChunk, inTurns } from "./_lib/sequence.ts";

/** Prints sums and counts of blocks. Source of behaviour: the usage of BusyBox 1.35, coreutils for the sums. */
export const applet: Applet = defineApplet({
  name: "sum",
  usage: "[-rs] [FILE]...",
  about: "Print a 16-bit sum and the count of blocks of each FILE",
  options: {
    r: { help: "The sum of BSD, blocks of 1024 bytes (default)" },
    s: { help: "The sum of System V, blocks of 512 bytes" },
  },
  run(ctx) {
    // The option given last counts.
    const sysv = ctx.order.at(-1) === "s";
    const count = ctx.operands.length;
    const work = inTurns(ctx.process, count > 0 ? ctx.operands : ["-"], (path) => {
      const source = ctx.open(path);
      if (source === undefined) return;
      const sum = sysv ? new SysvSum() : new BsdSum();
      return attempt(
        () =>
          after(
            eachChunk(ctx, source, (chunk) => {
              sum.update(chunk);
            }),
            () => {
              source.close();
              const blocks = Math.ceil(sum.length / (sysv ? 512 : 1024));
              const text = sysv
                ? `${sum.value} ${blocks}`
                : `${String(sum.value).padStart(5, "0")} ${String(blocks).padStart(5)}`;
              // The BSD sum names the file only when there are several.
              const name = count > (sysv ? 0 : 1) ? ` ${path}` : "";
              return ctx.out.print(`${text}${name}\n`);
            },
          ),
        (error) => ctx.warnError(path, error),
      );
    });
    return after(work, () => ctx.status);
  },
});

import { type Applet, defineApplet } from "./contract.ts";
import { be32 } from "./_lib/codec/codec.ts";
import { digestOf } from "./_lib/digest_files.ts";
import { Cksum } from "./_lib/hash/checksums.ts";
import { after, attempt, inTurns } from "./_lib/sequence.ts";

/** Prints sums and sizes. Source of behaviour: POSIX cksum, coreutils. */
export const applet: Applet = defineApplet({
  name: "cksum",
  usage: "FILE...",
  about: "Print the POSIX CRC and the size of each FILE",
  options: {},
  run(ctx) {
    const named = ctx.operands.length > 0;
    const work = inTurns(ctx.process, named ? ctx.operands : ["-"], (path) => {
      const source = ctx.open(path);
      if (source === undefined) return;
      const hash = new Cksum();
      return attempt(
        () =>
          after(digestOf(ctx, source, hash), (sum) => {
            source.close();
            return ctx.out.print(`${be32(sum, 0)} ${hash.length}${named ? ` ${path}` : ""}\n`);
          }),
        (error) => ctx.warnError(path, error),
      );
    });
    return after(work, () => ctx.status);
  },
});

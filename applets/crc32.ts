import { type Applet, defineApplet } from "./contract.ts";
import { digestOf } from "./_lib/digest_files.ts";
import { Crc32 } from "./_lib/hash/checksums.ts";
import { toHex } from "./_lib/hash/hash.ts";
import { after, attempt, inTurns } from "./_lib/sequence.ts";

/** Prints CRC-32 sums as gzip and zip use them. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "crc32",
  usage: "FILE...",
  about: "Print the CRC-32 of each FILE",
  options: {},
  run(ctx) {
    const named = ctx.operands.length > 0;
    let stdinUsed = false;
    const work = inTurns(ctx.process, named ? ctx.operands : ["-"], (path) => {
      const source = ctx.open(path);
      if (source === undefined) return;
      if (path === "-") {
        // Native closes it behind its first use.
        if (stdinUsed) return ctx.fail("-: Bad file descriptor");
        stdinUsed = true;
      }
      return attempt(
        () =>
          after(digestOf(ctx, source, new Crc32()), (sum) => {
            source.close();
            return ctx.out.print(`${toHex(sum)}${named ? ` ${path}` : ""}\n`);
          }),
        // What can be opened but not read (a directory) ends the program.
        (error) => ctx.fail(`${path === "-" ? "standard input" : path}: ${error.reason}`),
      );
    });
    return after(work, () => ctx.status);
  },
});

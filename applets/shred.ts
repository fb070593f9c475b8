import { type ByteString, O_WRONLY, type OpenFile } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, type Context, defineApplet } from "./contract.ts";
import { numberArgument } from "./_lib/number_argument.ts";

const CHUNK = 65536;
const DEFAULT_PASSES = 3;

/** Overwrites files, and removes them. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "shred",
  usage: "[-fuz] [-n N] [-s SIZE] FILE...",
  about: "Overwrite FILEs with random bytes, and remove them",
  options: {
    f: { help: "Change modes where writing is not allowed" },
    s: { arg: "SIZE", help: "Bytes to write" },
    n: { arg: "N", numeric: true, help: "How often to write (default 3)" },
    z: { help: "At last write zeros" },
    u: { help: "Remove the file" },
    v: {},
    x: {},
  },
  async run(ctx) {
    const { opts, operands, fs } = ctx;
    const passes = opts.n ?? DEFAULT_PASSES;
    for (const path of operands) {
      const turn = ctx.tick(1);
      if (turn !== undefined) await turn;
      let file: OpenFile;
      try {
        try {
          file = fs.open(path, O_WRONLY);
        } catch (error) {
          if (!opts.f || !isVfsError(error, "EACCES")) throw error;
          fs.chmod(path, 0o666);
          file = fs.open(path, O_WRONLY);
        }
      } catch (error) {
        if (!isVfsError(error)) throw error;
        return ctx.fail(`can't open '${path}': ${error.reason}`);
      }
      try {
        // Native reads the size once it has a file to write to.
        const size = opts.s === undefined
          ? file.stat().size
          : numberArgument({ fail: () => ctx.usage() }, opts.s);
        for (let i = 0; i < passes; i++) await overwrite(ctx, file, size, true);
        if (opts.z) await overwrite(ctx, file, size, false);
        if (opts.u) {
          file.truncate(0);
          removeShredded(ctx, path);
        }
      } catch (error) {
        ctx.warnError(path, error);
      } finally {
        file.release();
      }
    }
  },
});

async function overwrite(
  ctx: Pick<Context, "process" | "tick">,
  file: OpenFile,
  size: number,
  random: boolean,
): Promise<void> {
  for (let at = 0; at < size; at += CHUNK) {
    const chunk = new Uint8Array(Math.min(CHUNK, size - at));
    if (random) ctx.process.random.fill(chunk);
    file.pwrite(chunk, at);
    const pause = ctx.tick(1 + (chunk.length >> 6));
    if (pause !== undefined) await pause;
  }
  file.sync();
}

function removeShredded(ctx: Pick<Context, "fs" | "warn">, path: ByteString): void {
  try {
    ctx.fs.unlink(path);
  } catch (error) {
    if (!isVfsError(error)) throw error;
    ctx.warn(`can't remove file '${path}': ${error.reason}`);
  }
}

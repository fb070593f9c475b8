import type { ByteString, Terminal } from "../../sandbox/types.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import { type Applet, type Context, defineApplet } from "../contract.ts";
import { keyboard, KeyReader } from "../_lib/keys.ts";
import { inSequence } from "../_lib/sequence.ts";
import { Pager } from "./pager.ts";

const OPTIONS = {
  E: { help: "End at the end of the file" },
  F: { help: "End at once if all fits on the screen" },
  I: { help: "Search without regard to case" },
  M: { help: "Line numbers and percentage in the last line" },
  m: { help: "As -M" },
  N: { help: "Line numbers" },
  S: { help: "Cut long lines" },
  R: { help: "Take colours out of the input" },
  "~": { help: "No ~ behind the end" },
  h: {},
  s: {},
  X: {},
} as const;

/** Shows files screen by screen; a copy where there is no terminal. Source: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "less",
  usage: "[-EFIMmNSRh~] [FILE]...",
  about: "View FILE (or stdin) one screenful at a time",
  options: OPTIONS,
  async run(ctx) {
    const { opts, operands, process } = ctx;
    if (opts.h) return ctx.usage();
    const terminal = process.fd(1)?.tty;
    // A dash is a file of that name here; only without operands it is stdin.
    const files = operands.length === 0
      ? ["-"]
      : operands.map((path) => path === "-" ? "./-" : path);
    if (operands.length === 0 && process.fd(0)?.tty !== undefined) {
      ctx.warn("missing filename");
      return ctx.usage();
    }
    const keys = terminal === undefined ? undefined : keyboard(process);
    if (terminal === undefined || keys === undefined) {
      // Copying takes a dash for stdin all the same.
      return await copyAll(ctx, operands.length === 0 ? ["-"] : operands);
    }
    const reader = new KeyReader(process, keys, terminal);
    let begun = false;
    try {
      const pager = new Pager(ctx, terminal, reader, files, {
        endsAtEnd: opts.E === true,
        endsIfShort: opts.F === true,
        icase: opts.I === true,
        status: opts.M === true || opts.m === true,
        numbers: opts.N === true,
        cut: opts.S === true,
        plain: opts.R === true,
        tildes: opts["~"] !== true,
      });
      return await pager.run(() => {
        begun = true;
        terminal.setRaw(true, { isig: true });
      });
    } finally {
      if (begun) restore(ctx, terminal);
      if (keys !== process.fd(0)) keys.release();
    }
  },
});

function restore(ctx: Pick<Context, "stdout">, terminal: Terminal): void {
  terminal.setRaw(false);
  ctx.stdout.print(`\x1b[${terminal.rows()};1H\x1b[K`);
}

/** Copies as `cat` does. */
async function copyAll(
  ctx: Pick<Context, "open" | "stdout" | "fail" | "tick" | "status" | "wasWriting">,
  files: readonly ByteString[],
): Promise<number> {
  await inSequence(files, async (path) => {
    const source = ctx.open(path);
    if (source === undefined) return;
    try {
      for (;;) {
        let chunk = source.read();
        if (chunk instanceof Promise) chunk = await chunk;
        if (chunk === undefined) break;
        const full = ctx.stdout.write(chunk) ?? ctx.tick(1 + (chunk.length >> 6));
        if (full !== undefined) await full;
      }
      source.close();
    } catch (error) {
      if (!isVfsError(error) || error.code === "EPIPE") throw error;
      ctx.fail(`${ctx.wasWriting(error) ? "write" : "read"} error: ${error.reason}`);
    }
  });
  return ctx.status;
}

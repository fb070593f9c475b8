import { type ByteString, DEFAULT_PATH, S_IFMT, S_IFREG } from "../sandbox/types.ts";
import { type Applet, defineApplet } from "./contract.ts";
import { joinPath } from "./_lib/path_text.ts";

/** The right to execute. */
const EXECUTE = 1;

/** Finds programs. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "which",
  usage: "[-a] COMMAND...",
  about: "Show where each COMMAND is found",
  lostOutput: "ignore",
  options: { a: { help: "Show all places" } },
  minOperands: 1,
  *run(ctx) {
    const { fs, opts, operands, out } = ctx;
    const isProgram = (path: ByteString): boolean =>
      ((fs.tryStat(path)?.mode ?? 0) & S_IFMT) === S_IFREG && fs.access(path, EXECUTE);
    const directories = (ctx.env.get("PATH") ?? DEFAULT_PATH).split(":");
    for (const name of operands) {
      const turn = ctx.tick(1);
      if (turn !== undefined) yield turn;
      let found = false;
      const places = name.includes("/")
        ? [name]
        : directories.map((directory) => joinPath(directory === "" ? "." : directory, name));
      for (const path of places) {
        if (!isProgram(path)) continue;
        found = true;
        out.print(`${path}\n`);
        if (!opts.a) break;
      }
      if (!found) ctx.status = 1;
    }
  },
});

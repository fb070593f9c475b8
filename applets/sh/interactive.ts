/**
 * The interactive loop: prompt, line, command, and surviving errors.
 *
 * @module
 */

import type { OpenFile } from "../../sandbox/types.ts";
import { toByteString } from "../../sandbox/bytes.ts";
import { ShellError, ShellExit } from "./errors.ts";
import { END } from "./parse.ts";
import { compileNode, nextCommand, parserFor } from "./run.ts";
import { type Shell, SKIP_NONE } from "./shell.ts";
import { endStatus } from "./subshell.ts";

/** The parser wants another line. */
class NeedLine extends Error {}

/** Reads and runs commands until the end of input or `exit`. */
export async function interact(sh: Shell, input: OpenFile): Promise<number> {
  sh.traps.becomeInteractive();
  let ended = false;
  const parser = parserFor(sh, "", 1, () => {
    if (ended) return undefined;
    throw new NeedLine();
  });
  let status = 0;
  for (;;) {
    const state = parser.save();
    let node: ReturnType<typeof nextCommand>;
    try {
      node = nextCommand(sh, parser);
    } catch (error) {
      if (error instanceof NeedLine) {
        const had = parser.sinceSave();
        const line = await readLine(sh, input, had.trim() === "" ? "PS1" : "PS2");
        if (line === undefined) ended = true;
        parser.restore(state, had + (line ?? ""));
        continue;
      }
      status = sh.status = endStatus(sh, error);
      parser.discardLine();
      continue;
    }
    if (node === END) return status;
    if (node === null) continue;
    try {
      const r = compileNode(node)(sh);
      status = typeof r === "number" ? r : await r;
    } catch (error) {
      if (error instanceof ShellExit && !error.fatal) throw error;
      if (!(error instanceof ShellExit) && !(error instanceof ShellError)) throw error;
      status = sh.status = endStatus(sh, error);
      parser.discardLine();
    }
    sh.skip = SKIP_NONE;
  }
}

async function readLine(
  sh: Shell,
  input: OpenFile,
  prompt: "PS1" | "PS2",
): Promise<string | undefined> {
  sh.say(sh.get(prompt) ?? "");
  const chunk = await input.readUntil(10, Infinity, sh.proc.waiter);
  return chunk === undefined ? undefined : toByteString(chunk);
}

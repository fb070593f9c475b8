/**
 * Commands that come from standard input, and the files that a login or interactive shell reads first:
 * a part, since most shells are given a file or `-c`.
 *
 * @module
 */

import type { MaybePromise, OpenFile } from "../../sandbox/types.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import { toByteString } from "../../sandbox/bytes.ts";
import { readScript } from "./builtins/flow.ts";
import { END } from "./parse.ts";
import { loadExpansion } from "./parts.ts";
import { compileNode, nextCommand, parserFor, runText } from "./run.ts";
import { expandText } from "./trace.ts";
import { type Shell, SKIP_NONE } from "./shell.ts";
import { endStatus } from "./subshell.ts";

/** Bytes that native reads at once from a script on stdin, which is what other readers do not see. */
const STDIN_BLOCK = 1023;

/** Profile files of a login shell, and ENV of an interactive one. */
export async function startFiles(sh: Shell, login: boolean): Promise<void> {
  const files: string[] = [];
  if (login) {
    files.push("/etc/profile");
    const home = sh.get("HOME");
    if (home !== undefined && home !== "") files.push(`${home}/.profile`);
  }
  for (const file of files) await startFile(sh, file);
  if (sh.flags.interactive) {
    await loadExpansion(sh);
    const env = sh.get("ENV");
    if (env !== undefined && env !== "") await startFile(sh, expandText(sh, env));
  }
}

async function startFile(sh: Shell, path: string): Promise<void> {
  let text: string;
  try {
    text = await readScript(sh, path);
  } catch (error) {
    if (isVfsError(error)) return;
    throw error;
  }
  try {
    await runText(sh, text, 1);
  } catch (error) {
    if (!sh.flags.interactive) throw error;
    endStatus(sh, error);
  }
  sh.skip = SKIP_NONE;
}

/** Thrown by the source of characters when it would have to wait. */
class MoreLater extends Error {
  constructor(readonly chunk: Promise<Uint8Array | undefined>) {
    super("more later");
  }
}

/** Reading a command again takes a millisecond for so many characters, or less. */
const READ_AGAIN_PER_MS = 1 << 13;

/**
 * More of a command that has not ended. Since all of it is read again then, a long one gets a good deal
 * more, unless its writer pauses for as long as reading takes: it may wait for an answer.
 */
async function moreText(
  sh: Shell,
  input: OpenFile,
  had: number,
  first: Promise<Uint8Array | undefined>,
  text: (chunk: Uint8Array | undefined) => string | undefined,
): Promise<string> {
  let more = "";
  let chunk = await first;
  for (;;) {
    const next = text(chunk);
    if (next === undefined) return more;
    more += next;
    if (more.length > had >> 2) return more;
    if (!input.ready().read) {
      await sh.proc.waitAny([input.changed], had / READ_AGAIN_PER_MS);
      if (!input.ready().read) return more;
    }
    const coming = readBlock(sh, input);
    chunk = coming instanceof Promise ? await coming : coming;
  }
}

/** The next block of commands; what cannot be read, a directory say, is empty, as for native. */
function readBlock(sh: Shell, input: OpenFile): MaybePromise<Uint8Array | undefined> {
  try {
    const chunk = input.read(STDIN_BLOCK, sh.proc.waiter);
    return chunk instanceof Promise ? chunk.catch(unreadable) : chunk;
  } catch (error) {
    return unreadable(error);
  }
}

function unreadable(error: unknown): undefined {
  if (!isVfsError(error)) throw error;
  return undefined;
}

/** Commands from stdin that is no terminal, read in blocks. */
export async function fromStdin(sh: Shell, input: OpenFile): Promise<number> {
  let status = 0;
  sh.showsInput = true;
  let ended = false;
  const text = (chunk: Uint8Array | undefined): string | undefined => {
    if (chunk === undefined) {
      ended = true;
      return undefined;
    }
    const s = toByteString(chunk);
    return s.includes("\0") ? s.replaceAll("\0", "") : s;
  };
  const parser = parserFor(sh, "", 1, () => {
    if (ended) return undefined;
    const chunk = readBlock(sh, input);
    if (chunk instanceof Promise) throw new MoreLater(chunk);
    return text(chunk);
  });
  // What is kept of a command that has not ended yet counts as the shell's memory.
  let kept = 0;
  for (;;) {
    const state = parser.save();
    let node;
    try {
      node = nextCommand(sh, parser);
      if (node instanceof Promise) node = await node;
    } catch (error) {
      if (!(error instanceof MoreLater)) throw error;
      // The command is read again from its beginning, once there is more of it.
      const had = parser.sinceSave();
      const more = await moreText(sh, input, had.length, error.chunk, text);
      parser.restore(state, had + more);
      const length = had.length + more.length;
      if (length > kept) {
        sh.proc.chargeMemory(length - kept);
        kept = length;
      }
      continue;
    }
    if (kept > 0) sh.proc.chargeMemory(-kept);
    kept = 0;
    if (node === END) return status;
    if (node === null || sh.flags.noexec) continue;
    sh.inputLine = sh.baseLine = parser.line;
    const r = (await compileNode(sh, node))(sh);
    status = typeof r === "number" ? r : await r;
    if (sh.skip !== SKIP_NONE) {
      sh.skip = SKIP_NONE;
      return status;
    }
  }
}

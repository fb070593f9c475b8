/**
 * The mode that `-m` gives to a new special file.
 *
 * @module
 */
import type { ByteString, Process } from "../../sandbox/types.ts";
import { applyMode } from "./mode.ts";

/** `a=rw` without `-m`; undefined when the text is no mode. */
export function creationMode(
  ctx: { readonly process: Process },
  text: ByteString | undefined,
): number | undefined {
  return text === undefined ? 0o666 : applyMode(text, 0o666, ctx.process.umask);
}

/**
 * How large the screen is: what the terminal says, else the environment, else 80 by 24.
 *
 * @module
 */
import type { ByteString, Process } from "../../sandbox/types.ts";

/** Sizes from here on are none. */
const TOO_LARGE = 30000;
const COLUMNS = 80;
const ROWS = 24;

/** A size as `atoi` reads it, if it is one that a screen can have. */
function sizeOf(text: ByteString | undefined): number | undefined {
  const size = Number(/^[ \t\n\v\f\r]*([+-]?[0-9]+)/.exec(text ?? "")?.[1] ?? 0);
  return size > 1 && size < TOO_LARGE ? size : undefined;
}

/** Columns of the screen behind a descriptor. */
export function screenColumns(process: Process, fd = 1): number {
  return process.fd(fd)?.tty?.columns() ?? sizeOf(process.env.get("COLUMNS")) ?? COLUMNS;
}

/** Rows of the screen behind a descriptor. */
export function screenRows(process: Process, fd = 1): number {
  return process.fd(fd)?.tty?.rows() ?? sizeOf(process.env.get("LINES")) ?? ROWS;
}

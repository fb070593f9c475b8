/**
 * Columns of text for expand, unexpand and fold.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import type { Context } from "../contract.ts";
import { parseDecimal } from "./strtod.ts";

/** Largest distance of tab stops. */
const MAX_TAB = 0xffff_ffff;

/** Distance of tab stops as `-t` gives it; ends the applet when it is none. */
export function tabStop(ctx: Pick<Context, "fail">, text: ByteString | undefined): number {
  if (text === undefined) return 8;
  const value = parseDecimal(text, MAX_TAB) ?? ctx.fail(`invalid number '${text}'`);
  if (value < 1) ctx.fail(`number ${value} is not in 1..${MAX_TAB} range`);
  return value;
}

/** Whether a byte goes on with a character of UTF-8 and takes no column of its own. */
export function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

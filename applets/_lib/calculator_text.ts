/**
 * Programs of bc and dc as native reads them.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";

/** Native drops NUL characters as it reads. */
export function withoutNuls(text: ByteString): ByteString {
  return text.includes("\0") ? text.replaceAll("\0", "") : text;
}

/** What no line may hold. Native looks at a line as it reads it, before any of it runs. */
export const ILLEGAL: RegExp = /[^\t\n\r -~]/;

/** The message for one. */
export function illegalCharacter(char: string): string {
  return `illegal character 0x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

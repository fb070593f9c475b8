/**
 * Names of files between byte strings and the text that Deno's file calls take.
 *
 * A name is bytes to Linux and to scripts, but UTF-8 to Deno. Bytes that are not UTF-8 stand on the
 * host as U+EF80 to U+EFFF, the range that the ConScript Unicode Registry keeps for such raw octets.
 * The bytes of those characters themselves are raw octets too, so no two names of the sandbox are
 * one name of the host.
 *
 * @module
 */
import { fromText, isAscii, toTextStrict } from "../bytes.ts";
import type { ByteString } from "../types.ts";

const RAW = 0xef00;

function isRaw(code: number): boolean {
  return code >= RAW + 0x80 && code <= RAW + 0xff;
}

function hasRaw(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (isRaw(text.charCodeAt(i))) return true;
  return false;
}

/** How many bytes a UTF-8 character has that begins with this one. */
function lengthBy(lead: number): number {
  return lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/** The host's text for a name, or for the target of a link. */
export function toHostText(name: ByteString): string {
  if (isAscii(name)) return name;
  const whole = toTextStrict(name);
  if (whole !== undefined && !hasRaw(whole)) return whole;
  let text = "";
  for (let i = 0; i < name.length;) {
    const part = name.slice(i, i + lengthBy(name.charCodeAt(i)));
    const char = toTextStrict(part);
    if (char !== undefined && !hasRaw(char)) {
      text += char;
      i += part.length;
    } else {
      text += String.fromCharCode(RAW + name.charCodeAt(i++));
    }
  }
  return text;
}

/** The byte string for a name of the host, or for the target of a link. */
export function fromHostText(text: string): ByteString {
  if (isAscii(text)) return text;
  if (!hasRaw(text)) return fromText(text);
  let name = "";
  for (const char of text) {
    const code = char.charCodeAt(0);
    name += isRaw(code) ? String.fromCharCode(code - RAW) : fromText(char);
  }
  return name;
}

/**
 * File names fit for a terminal: what is not printable becomes `?`.
 *
 * Source of behaviour: BusyBox 1.35 with Unicode support up to U+02FF (Debian's build): wider
 * characters, combining ones and bytes that are no UTF-8 are shown as `?`.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";

/** First character that is not shown. */
const LIMIT = 0x300;

/** Text to show, and how many columns it takes. */
export interface PrintableName {
  readonly text: ByteString;
  readonly width: number;
}

/** The printable form of a name. @param utf8 Whether the locale is UTF-8. */
export function printableName(name: ByteString, utf8: boolean): PrintableName {
  let clean = true;
  for (let i = 0; i < name.length; i++) {
    const byte = name.charCodeAt(i);
    if (byte < 32 || byte > 126) {
      clean = false;
      break;
    }
  }
  if (clean) return { text: name, width: name.length };
  let text = "";
  let width = 0;
  for (let i = 0; i < name.length; width++) {
    const byte = name.charCodeAt(i);
    if (byte >= 32 && byte < 127) {
      text += name[i++];
      continue;
    }
    const length = utf8 ? sequenceLength(name, i) : 1;
    if (length === 2) {
      const code = (byte & 0x1f) << 6 | name.charCodeAt(i + 1) & 0x3f;
      text += code >= 0xa0 && code < LIMIT ? name.slice(i, i + 2) : "?";
    } else text += "?";
    i += length;
  }
  return { text, width };
}

/** Bytes of the UTF-8 sequence at `at`; 1 when it is none. */
export function sequenceLength(text: ByteString, at: number): number {
  const byte = text.charCodeAt(at);
  const length = byte >= 0xf0 && byte < 0xf8
    ? 4
    : byte >= 0xe0 && byte < 0xf0
    ? 3
    : byte >= 0xc0 && byte < 0xe0
    ? 2
    : 1;
  for (let i = 1; i < length; i++) {
    if ((text.charCodeAt(at + i) & 0xc0) !== 0x80) return 1;
  }
  return length;
}

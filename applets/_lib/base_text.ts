/**
 * Base64 and base32 as text (RFC 4648), in pieces. What a decoder does with text that is not quite right was
 * found by running native busybox.
 *
 * @module
 */

/** Letters and group sizes of an encoding. */
export interface BaseKind {
  readonly alphabet: string;
  /** Bytes and letters of a group. */
  readonly bytes: number;
  readonly letters: number;
  readonly bits: number;
}

/** Base64. */
export const BASE64: BaseKind = {
  alphabet: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
  bytes: 3,
  letters: 4,
  bits: 6,
};

/** Base32. */
export const BASE32: BaseKind = {
  alphabet: "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
  bytes: 5,
  letters: 8,
  bits: 5,
};

/** The text of some bytes, with padding at its end. */
export function encodeBase(kind: BaseKind, bytes: Uint8Array): string {
  if (kind === BASE64) return bytes.toBase64();
  const { alphabet, bits } = kind;
  let text = "";
  let hold = 0;
  let held = 0;
  for (const byte of bytes) {
    hold = (hold << 8 | byte) & 0xffff;
    held += 8;
    while (held >= bits) {
      held -= bits;
      text += alphabet[hold >> held & ((1 << bits) - 1)];
    }
  }
  if (held > 0) text += alphabet[hold << (bits - held) & ((1 << bits) - 1)];
  while (text.length % kind.letters !== 0) text += "=";
  return text;
}

/** Encodes a stream, breaking it into lines. */
export class BaseEncoder {
  #rest = new Uint8Array(0);
  #column = 0;

  /** `width` letters a line; 0 for no lines at all. */
  constructor(private readonly kind: BaseKind, private readonly width: number) {}

  /** The text for more bytes, as far as it is settled. */
  push(chunk: Uint8Array): string {
    const all = new Uint8Array(this.#rest.length + chunk.length);
    all.set(this.#rest);
    all.set(chunk, this.#rest.length);
    const whole = all.length - all.length % this.kind.bytes;
    this.#rest = all.slice(whole);
    return this.#wrap(encodeBase(this.kind, all.subarray(0, whole)));
  }

  /** What is left at the end. */
  finish(): string {
    const text = this.#wrap(encodeBase(this.kind, this.#rest));
    return this.#column > 0 && this.width > 0 ? text + "\n" : text;
  }

  #wrap(text: string): string {
    const { width } = this;
    if (width === 0 || text === "") return text;
    const parts: string[] = [];
    let at = 0;
    while (at < text.length) {
      const count = Math.min(width - this.#column, text.length - at);
      parts.push(text.slice(at, at + count));
      at += count;
      this.#column += count;
      if (this.#column === width) {
        parts.push("\n");
        this.#column = 0;
      }
    }
    return parts.join("");
  }
}

const STRANGE = -1;
const PAD = -2;
const LINE_END = -3;

/** Decodes a stream of text. Letters that do not belong are passed over. */
export class BaseDecoder {
  readonly #values = new Int8Array(256).fill(STRANGE);
  readonly #group: number[] = [];
  #padding = 0;
  /** A padded group must end its line. */
  #padded = false;
  /** Set once nothing more can be decoded. */
  failed = false;
  /** Set when the end mark of uuencode's base64 was met. */
  ended = false;

  /** `untilPadding` stops at padding where a group would begin, as in uuencoded files. */
  constructor(private readonly kind: BaseKind, private readonly untilPadding = false) {
    for (let i = 0; i < kind.alphabet.length; i++) this.#values[kind.alphabet.charCodeAt(i)] = i;
    this.#values[0x3d] = PAD;
    this.#values[0x0a] = LINE_END;
  }

  /** The bytes of more text. */
  push(text: Uint8Array): Uint8Array {
    const { kind } = this;
    const { bits, letters } = kind;
    const out = new Uint8Array(Math.ceil((text.length + letters) / letters) * kind.bytes);
    const values = this.#values;
    const group = this.#group;
    let filled = 0;
    for (let i = 0; i < text.length && !this.failed && !this.ended; i++) {
      const value = values[text[i]];
      if (value === LINE_END) this.#padded = false;
      if (value === STRANGE || value === LINE_END) continue;
      if (this.#padded) {
        if (this.untilPadding) this.ended = true;
        else this.failed = true;
        break;
      }
      if (value === PAD) {
        if (group.length === 0) {
          if (this.untilPadding) this.ended = true;
          continue;
        }
        if (group.length * bits < 8) {
          this.failed = true;
          break;
        }
        this.#padding++;
      } else if (this.#padding > 0) {
        this.failed = true;
        break;
      } else {
        group.push(value);
      }
      if (group.length + this.#padding < letters) continue;
      let hold = 0;
      let held = 0;
      for (const each of group) {
        hold = (hold << bits | each) & 0xffff;
        held += bits;
        if (held >= 8) {
          held -= 8;
          out[filled++] = hold >> held;
        }
      }
      this.#padded = this.#padding > 0;
      this.#padding = 0;
      group.length = 0;
    }
    return out.subarray(0, filled);
  }

  /** Whether the text ended well. */
  get finished(): boolean {
    return !this.failed && this.#group.length === 0;
  }
}

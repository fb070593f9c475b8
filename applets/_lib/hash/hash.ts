/** The one shape of every streaming checksum and digest. */
export interface Hash {
  /** Takes more bytes in. */
  update(chunk: Uint8Array): void;
  /** Ends the message and returns its digest; the hash must not be used afterwards. */
  digest(): Uint8Array;
}

/** Lower-case hexadecimal of some bytes. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += (byte < 16 ? "0" : "") + byte.toString(16);
  return text;
}

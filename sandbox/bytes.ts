/**
 * Byte strings to bytes and back, and text at the edges.
 *
 * The fast ways were measured (DESIGN.md §11): `TextDecoder("utf-8")` runs at 5 GB/s and is exact
 * for ASCII; base64 gives the exact byte string for the rest at 1.5 GB/s; `TextDecoder("latin1")`
 * would be windows-1252 and so wrong.
 *
 * @module
 */
import type { ByteString } from "./types.ts";

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const strictUtf8 = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });
const encoder = new TextEncoder();

/** Below this many bytes a char loop beats a call into the platform. */
const SHORT = 24;
const EMPTY = new Uint8Array(0);

/**
 * The byte string of some bytes.
 *
 * @param bytes Source.
 * @param start First index, default 0.
 * @param end Index after the last, default the length.
 */
export function toByteString(bytes: Uint8Array, start = 0, end: number = bytes.length): ByteString {
  const length = end - start;
  if (length <= SHORT) {
    return shortText(bytes, start, end);
  }
  const part = length === bytes.length ? bytes : bytes.subarray(start, end);
  const text = utf8.decode(part);
  // Equal length means that every byte gave one char: ASCII, or an invalid byte as U+FFFD.
  if (text.length === length && !text.includes("\ufffd")) return text;
  if (length < 4096) {
    return String.fromCharCode.apply(undefined, part as unknown as number[]);
  }
  return atob(part.toBase64());
}

/** Eight chars at a time, so that few strings are made on the way. */
function shortText(bytes: Uint8Array, start: number, end: number): ByteString {
  const { fromCharCode } = String;
  let text = "";
  let i = start;
  for (; i + 8 <= end; i += 8) {
    text += fromCharCode(
      bytes[i],
      bytes[i + 1],
      bytes[i + 2],
      bytes[i + 3],
      bytes[i + 4],
      bytes[i + 5],
      bytes[i + 6],
      bytes[i + 7],
    );
  }
  if (i + 4 <= end) {
    text += fromCharCode(bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]);
    i += 4;
  }
  switch (end - i) {
    case 0:
      return text;
    case 1:
      return text + fromCharCode(bytes[i]);
    case 2:
      return text + fromCharCode(bytes[i], bytes[i + 1]);
    default:
      return text + fromCharCode(bytes[i], bytes[i + 1], bytes[i + 2]);
  }
}

/**
 * The bytes of a byte string, as a fresh array.
 *
 * @param text Byte string; chars above 255 are a programming error and lose their high bits.
 */
export function toBytes(text: ByteString): Uint8Array {
  const length = text.length;
  if (length === 0) return EMPTY;
  const bytes = new Uint8Array(length);
  writeBytes(text, bytes, 0);
  return bytes;
}

/**
 * Writes a byte string into a buffer that has room for it.
 *
 * @param text Byte string.
 * @param target Buffer.
 * @param at Index of the first byte.
 * @returns Index after the last byte written.
 */
export function writeBytes(text: ByteString, target: Uint8Array, at: number): number {
  const length = text.length;
  if (length <= 48) {
    for (let i = 0; i < length; i++) target[at + i] = text.charCodeAt(i);
    return at + length;
  }
  const result = encoder.encodeInto(text, target.subarray(at, at + length));
  if (result.read === length && result.written === length) return at + length;
  if (length < 4096) {
    for (let i = 0; i < length; i++) target[at + i] = text.charCodeAt(i);
  } else {
    target.set(Uint8Array.fromBase64(btoa(text)), at);
  }
  return at + length;
}

/** Whether every char is below 128. */
export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}

/**
 * The UTF-8 byte string of ordinary text: for host arguments, JSON and the terminal.
 *
 * @param text Text in JavaScript's own form.
 */
export function fromText(text: string): ByteString {
  return isAscii(text) ? text : toByteString(encoder.encode(text));
}

/**
 * The text of a byte string as UTF-8, with U+FFFD for what is not UTF-8.
 *
 * @param bytes Byte string.
 */
export function toText(bytes: ByteString): string {
  return isAscii(bytes) ? bytes : utf8.decode(toBytes(bytes));
}

/** The text of a byte string, or undefined when it is not valid UTF-8. */
export function toTextStrict(bytes: ByteString): string | undefined {
  if (isAscii(bytes)) return bytes;
  try {
    return strictUtf8.decode(toBytes(bytes));
  } catch {
    return undefined;
  }
}

/** Joins chunks into one array. */
export function concatBytes(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0];
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/**
 * Headers of zip archives. Source: PKWARE's APPNOTE.TXT; errors as native busybox.
 * @module
 */
import type { ByteString, MaybePromise } from "../../sandbox/types.ts";
import { toByteString } from "../../sandbox/bytes.ts";
import type { Source } from "../contract.ts";
import type { ByteReader } from "../_lib/archive/byte_reader.ts";
import { le32 } from "../_lib/codec/codec.ts";

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
/** The block of a stream after which sizes and sums stand (optional). */
const DESCRIPTOR = 0x08074b50;
const LOCAL_SIZE = 30;
const CENTRAL_SIZE = 46;
const END_SIZE = 22;
/** Flag of a member that is encrypted. */
const ENCRYPTED = 1;
/** Flag of a member whose sizes and check sum stand behind its data. */
export const STREAMED = 8;
/** A name longer than this is damage. */
const LONGEST_NAME = 0x1000;

/** What is wrong with an archive, in native's words. */
export class ZipError extends Error {}

/** A member. */
export interface ZipEntry {
  readonly name: ByteString;
  readonly flags: number;
  readonly method: number;
  /** DOS time and date. */
  readonly time: number;
  readonly date: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  /** Unix mode, if the archive has one. */
  readonly mode: number | undefined;
  /** Where its local header stands; only known with a directory. */
  readonly offset: number;
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at] | bytes[at + 1] << 8;
}

function readAt(source: Source, position: number, count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  let filled = 0;
  while (filled < count) {
    const n = source.file.pread(bytes.subarray(filled), position + filled);
    if (n === 0) break;
    filled += n;
  }
  return filled === count ? bytes : bytes.subarray(0, filled);
}

/** Where the central directory of a file begins, or undefined. */
export function findDirectory(source: Source): number | undefined {
  const size = source.file.stat().size;
  const span = Math.min(size, 0xffff + END_SIZE);
  const tail = readAt(source, size - span, span);
  // Native takes a record that is cut off too, its missing bytes being zero.
  for (let at = tail.length - 4; at >= 0; at--) {
    if (tail[at] !== 0x50 || le32(tail, at) !== END) continue;
    const record = new Uint8Array(END_SIZE);
    record.set(tail.subarray(at, at + END_SIZE));
    return le32(record, 16);
  }
  return undefined;
}

/** The next entry of the directory and where the one after it stands; undefined at the end. */
export function readCentral(
  source: Source,
  position: number,
): { entry: ZipEntry; next: number } | undefined {
  const signature = readAt(source, position, 4);
  if (signature.length < 4) throw new ZipError("short read");
  const magic = le32(signature, 0);
  // Like native, this asks no more: the name and most of the rest come from the local header.
  if (magic === END) return undefined;
  const head = readAt(source, position, CENTRAL_SIZE);
  if (head.length < CENTRAL_SIZE) throw new ZipError("short read");
  const madeBy = head[5];
  return {
    entry: {
      name: "",
      flags: word(head, 8),
      method: word(head, 10),
      time: word(head, 12),
      date: word(head, 14),
      crc: le32(head, 16),
      packed: le32(head, 20),
      size: le32(head, 24),
      mode: madeBy === 3 ? le32(head, 38) >>> 16 : undefined,
      offset: le32(head, 42),
    },
    next: position + CENTRAL_SIZE + word(head, 28) + word(head, 30) + word(head, 32),
  };
}

/**
 * The local header at the reader's place, which is then where the data begin. Undefined where the
 * directory begins. `checked` is false where a directory has already said that a header is here.
 */
export async function readLocal(
  input: ByteReader,
  checked: boolean,
): Promise<ZipEntry | undefined> {
  const magicBytes = await exactly(input, 4);
  const magic = le32(magicBytes, 0);
  if (checked) {
    if (magic === CENTRAL) return undefined;
    if (magic === DESCRIPTOR) {
      await exactly(input, 12);
      return await readLocal(input, checked);
    }
    if (magic !== LOCAL) throw new ZipError(`invalid zip magic ${hex(magic)}`);
  }
  const head = (await exactly(input, LOCAL_SIZE - 4)).slice();
  // Only a directory knows what a stream of unknown length will have been.
  if (checked && word(head, 2) & STREAMED) {
    throw new ZipError("zip flag 8 (streaming) is not supported");
  }
  if (word(head, 2) & ENCRYPTED) throw new ZipError("zip flag 1 (encryption) is not supported");
  const nameLength = word(head, 22);
  if (nameLength > LONGEST_NAME) throw new ZipError("bad archive");
  const name = untilNul(await exactly(input, nameLength));
  const extra = word(head, 24);
  const skipping = input.skip(extra);
  const skipped = skipping instanceof Promise ? await skipping : skipping;
  // In a file, native goes behind the end too.
  if (skipped < extra && checked) throw new ZipError("short read");
  return {
    name,
    flags: word(head, 2),
    method: word(head, 4),
    time: word(head, 6),
    date: word(head, 8),
    crc: le32(head, 10),
    packed: le32(head, 14),
    size: le32(head, 18),
    mode: undefined,
    offset: 0,
  };
}

async function exactly(input: ByteReader, count: number): Promise<Uint8Array> {
  const taking: MaybePromise<Uint8Array> = input.take(count);
  const bytes = taking instanceof Promise ? await taking : taking;
  if (bytes.length < count) throw new ZipError("short read");
  return bytes;
}

function untilNul(bytes: Uint8Array): ByteString {
  const nul = bytes.indexOf(0);
  return toByteString(bytes, 0, nul < 0 ? bytes.length : nul);
}

function hex(value: number): string {
  return (value >>> 0).toString(16).toUpperCase().padStart(8, "0");
}

/** Ranges of a file that members were made of. Two members of the same bytes are a bomb's way. */
export class UsedRanges {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  /** Adds a range; false if a part of it was used before. */
  add(start: number, end: number): boolean {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle] < start) low = middle + 1;
      else high = middle;
    }
    if (low > 0 && this.#ends[low - 1] > start) return false;
    if (low < this.#starts.length && this.#starts[low] < end) return false;
    this.#starts.splice(low, 0, start);
    this.#ends.splice(low, 0, end);
    return true;
  }
}

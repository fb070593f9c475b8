/**
 * The newc format of cpio. Source: cpio(5); errors as native busybox.
 *
 * @module
 */
import { type ByteString, S_IFLNK, S_IFMT } from "../../../sandbox/types.ts";
import { toByteString, writeBytes } from "../../../sandbox/bytes.ts";
import type { ByteReader } from "./byte_reader.ts";
import type { Member } from "./member.ts";

const HEADER = 110;
const END = "TRAILER!!!";
/** Of the length of a name or a link native takes these bits, so that none is longer. */
const LENGTH_BITS = 0x1fff;

/** A member with what tells the names of one file. */
export interface CpioMember {
  readonly member: Member;
  /** The inode; native takes no device into account. */
  readonly id: string;
  readonly links: number;
}

/** Reads members of an archive. */
export class CpioReader {
  /** Whether the end mark was met. */
  sawTrailer = false;
  /** What fills the data at hand up to a multiple of four, whether they are read or not. */
  #padding = 0;

  /** @param input The archive. @param fail Ends the program with a message. */
  constructor(private readonly input: ByteReader, private readonly fail: (text: string) => never) {}

  /** The next member, or undefined at the end. */
  async next(): Promise<CpioMember | undefined> {
    await this.#skip(this.#padding);
    const taken = this.input.take(HEADER);
    const header = taken instanceof Promise ? await taken : taken;
    if (header.length === 0) return undefined;
    if (header.length < HEADER) this.fail("short read");
    const text = toByteString(header, 0, HEADER);
    if (!/^07070[12]/.test(text)) this.fail("unsupported cpio format, use newc or crc");
    // To sscanf, a NUL ends it.
    const fields = scanFields(text.split("\0", 1)[0]);
    if (fields === undefined) this.fail("damaged cpio file");
    const [ino, mode, uid, gid, links, mtime, size] = fields!;
    const nameSize = fields![9] & LENGTH_BITS;
    this.#padding = -size & 3;
    const name = await this.#text(nameSize);
    await this.#skip(-(HEADER + nameSize) & 3);
    if (name === END) {
      this.sawTrailer = true;
      return undefined;
    }
    const isLink = (mode & S_IFMT) === S_IFLNK;
    // A link's target is its data.
    const link = isLink ? await this.#text(size & LENGTH_BITS) : undefined;
    return {
      member: {
        name: name.replace(/^\/+/, ""),
        mode,
        size: isLink ? 0 : size,
        mtime,
        uid,
        gid,
        ...(link === undefined ? {} : { link }),
      },
      id: String(ino),
      links,
    };
  }

  /** Text up to a NUL. */
  async #text(size: number): Promise<ByteString> {
    const taken = this.input.take(size);
    const bytes = taken instanceof Promise ? await taken : taken;
    if (bytes.length < size) this.fail("short read");
    const nul = bytes.indexOf(0);
    return toByteString(bytes, 0, nul < 0 ? size : nul);
  }

  /** Passes over what fills up to a multiple of four. In a file, native goes behind its end. */
  async #skip(count: number): Promise<void> {
    if (count === 0) return;
    const skipping = this.input.skip(count);
    const skipped = skipping instanceof Promise ? await skipping : skipping;
    if (skipped < count && !this.input.jumps) this.fail("short read");
  }
}

/**
 * The fields as native's sscanf reads them: each of up to eight hexadecimal digits, with spaces before them passed
 * over; sixteen characters after the size (the device) are skipped, and the check sum is not read.
 */
function scanFields(text: ByteString): number[] | undefined {
  const pattern = /[ \t-\r]*([+-]?(?:0[xX](?=[0-9A-Fa-f]))?[0-9A-Fa-f]*)/y;
  const values: number[] = [];
  let at = 6;
  for (let i = 0; i < 10; i++) {
    if (i === 7) at += 16;
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) return undefined;
    // The width counts from the first character that is no space.
    const word = match[1].slice(0, 8);
    const digits = word.replace(/^[+-]/, "").replace(/^0[xX](?=.)/, "");
    if (!/^[0-9A-Fa-f]+$/.test(digits)) return undefined;
    const value = parseInt(digits, 16);
    values.push((word.startsWith("-") ? -value : value) >>> 0);
    at = match.index + match[0].length - match[1].length + word.length;
  }
  return values;
}

/** What a new header says. */
export interface CpioAttributes {
  readonly ino: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly nlink: number;
  readonly mtimeNs: bigint;
  readonly size: number;
  readonly dev: number;
  readonly rdev: number;
}

/** A header with its name, filled up to a multiple of four. */
export function cpioEntry(name: ByteString, attributes: CpioAttributes): Uint8Array {
  const { ino, mode, uid, gid, nlink, mtimeNs, size, dev, rdev } = attributes;
  const fields = [
    ...[ino, mode, uid, gid, nlink, Number(BigInt.asUintN(32, mtimeNs / 1_000_000_000n)), size],
    ...[dev >>> 8, dev & 255, rdev >>> 8, rdev & 255, name.length + 1, 0],
  ];
  const text = "070701" +
    fields.map((value) => (value >>> 0).toString(16).toUpperCase().padStart(8, "0")).join("") +
    name + "\0";
  const bytes = new Uint8Array(text.length + (-text.length & 3));
  writeBytes(text, bytes, 0);
  return bytes;
}

/** The end mark. */
export const TRAILER: Uint8Array = cpioEntry(END, {
  ...{ ino: 0, mode: 0, uid: 0, gid: 0, nlink: 0, mtimeNs: 0n, size: 0, dev: 0, rdev: 0 },
});

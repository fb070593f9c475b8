/**
 * Headers of tar archives. Source: POSIX ustar and pax, GNU's long names and numbers; which of the types
 * are known and what is an error as native busybox.
 * @module
 */
import {
  type ByteString,
  type MaybePromise,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  type Stat,
} from "../../sandbox/types.ts";
import { toByteString, writeBytes } from "../../sandbox/bytes.ts";
import type { ByteReader } from "../_lib/archive/byte_reader.ts";
import type { Member } from "../_lib/archive/member.ts";

/** Bytes of a block. */
export const BLOCK = 512;
/** A long name or a pax header larger than this is damage. */
const LONGEST_EXTRA = 1 << 20;
const NAME_ROOM = 100;
const LINK_AT = 157;
const MAGIC_AT = 257;
const PREFIX_AT = 345;
const PREFIX_ROOM = 155;
const CHECKSUM_AT = 148;

/** What ends the reading of an archive; the message is native's. */
export class TarError extends Error {}

function text(block: Uint8Array, at: number, room: number): ByteString {
  let end = at;
  while (end < at + room && block[end] !== 0) end++;
  return toByteString(block, at, end);
}

/** An octal number, or GNU's binary one. */
function number(block: Uint8Array, at: number, room: number): number {
  if (block[at] & 0x80) {
    // The top bit is the mark; all bits of the first byte set mean a negative number.
    let value = block[at] === 0xff ? -1 : block[at] & 0x7f;
    for (let i = at + 1; i < at + room; i++) value = value * 256 + block[i];
    return value;
  }
  let value = 0;
  let i = at;
  while (i < at + room && block[i] === 0x20) i++;
  for (; i < at + room && block[i] >= 0x30 && block[i] <= 0x37; i++) {
    value = value * 8 + block[i] - 0x30;
  }
  if (i < at + room && block[i] !== 0 && block[i] !== 0x20) {
    throw new TarError("corrupted octal value in tar header");
  }
  return value;
}

/** Sum of the header with its own field as spaces; old archives summed signed bytes. */
function isChecksumGood(block: Uint8Array): boolean {
  let sum = 0;
  let signed = 0;
  for (let i = 0; i < BLOCK; i++) {
    const byte = i >= CHECKSUM_AT && i < CHECKSUM_AT + 8 ? 0x20 : block[i];
    sum += byte;
    signed += byte << 24 >> 24;
  }
  const stored = number(block, CHECKSUM_AT, 8);
  return stored === sum || stored === signed;
}

/** Reads the headers of an archive. */
export class TarReader {
  #atEnd = false;
  #first = true;
  #longName: ByteString | undefined;
  #longLink: ByteString | undefined;

  /**
   * @param input The archive.
   * @param safe Makes names safe.
   * @param warn Tells of what is skipped.
   */
  constructor(
    private readonly input: ByteReader,
    private readonly safe: (name: ByteString) => ByteString,
    private readonly warn: (message: ByteString) => void,
  ) {}

  /** Whether there was nothing at all to read. */
  empty = false;

  /** The next member, or undefined at the end. @throws {TarError} */
  async next(): Promise<Member | undefined> {
    // Behind a header that belongs to the next one there must be a next one.
    let isFollowing = false;
    for (;;) {
      let taken: MaybePromise<Uint8Array> = this.input.take(BLOCK);
      if (taken instanceof Promise) taken = await taken;
      const block = taken;
      if (block.length === 0 && !this.#first) return undefined;
      if (block.length === 0) {
        // Of nothing at all, native tells and goes on to what it looked for.
        this.empty = true;
        return undefined;
      }
      if (block.length < BLOCK) throw new TarError("short read");
      this.#first = false;
      if (!isFollowing && block[0] === 0 && block[PREFIX_AT] === 0) {
        // Two empty headers are the end.
        if (this.#atEnd) return undefined;
        this.#atEnd = true;
        continue;
      }
      this.#atEnd = false;
      const member = this.#parse(block);
      if (typeof member !== "string") return member;
      await this.#extra(member, number(block, 124, 12));
      isFollowing = true;
    }
  }

  /** A member, or the type letter of a header that belongs to the next one. */
  #parse(block: Uint8Array): Member | string {
    if (text(block, MAGIC_AT, 5) !== "ustar") throw new TarError("invalid tar magic");
    if (!isChecksumGood(block)) throw new TarError("invalid tar header checksum");
    const flag = String.fromCharCode(block[156]);
    if ("LKxgV".includes(flag)) return flag;
    const prefix = text(block, PREFIX_AT, PREFIX_ROOM);
    const shortName = text(block, 0, NAME_ROOM);
    const name = this.#longName ??
      (prefix !== "" ? `${prefix}/${shortName}` : shortName);
    const linkText = this.#longLink ?? text(block, LINK_AT, NAME_ROOM);
    this.#longName = this.#longLink = undefined;
    let mode = number(block, 100, 8) & 0o7777;
    let size = number(block, 124, 12);
    const base = {
      uid: number(block, 108, 8),
      gid: number(block, 116, 8),
      mtime: number(block, 136, 12),
      userName: text(block, 265, 32),
      groupName: text(block, 297, 32),
    };
    let isHardLink = false;
    let device: Member["device"];
    switch (flag) {
      case "1":
        isHardLink = true;
        mode |= S_IFREG;
        break;
      case "\0":
      case "0":
      case "7":
        mode |= S_IFREG;
        break;
      case "2":
        mode |= S_IFLNK;
        size = 0;
        break;
      case "3":
      case "4":
        mode |= flag === "3" ? S_IFCHR : S_IFBLK;
        device = { major: number(block, 329, 8), minor: number(block, 337, 8) };
        size = 0;
        break;
      case "5":
        mode |= S_IFDIR;
        size = 0;
        break;
      case "6":
        mode |= S_IFIFO;
        size = 0;
        break;
      default:
        throw new TarError(`unknown typeflag: 0x${block[156].toString(16)}`);
    }
    if (isHardLink) size = 0;
    const hasLink = linkText !== "";
    return {
      ...base,
      name: this.safe(name),
      mode,
      size,
      ...(hasLink ? { link: linkText } : {}),
      ...(isHardLink ? { isHardLink } : {}),
      ...(device === undefined ? {} : { device }),
    };
  }

  /** Reads a header that belongs to the next member. */
  async #extra(flag: string, size: number): Promise<void> {
    if (flag === "V") {
      this.warn("warning: skipping header 'V'");
      await this.#skipData(size);
      return;
    }
    if (size < 0 || size > LONGEST_EXTRA) throw new TarError("bad archive");
    const data = (await this.input.take(size)).slice();
    if (data.length < size) throw new TarError("short read");
    await this.#skipData(0, -size & (BLOCK - 1));
    if (flag === "L") this.#longName = text(data, 0, data.length);
    else if (flag === "K") this.#longLink = text(data, 0, data.length);
    else this.#pax(data, flag === "g");
  }

  async #skipData(size: number, padding = -size & (BLOCK - 1)): Promise<void> {
    const skipping = this.input.skip(size + padding);
    const skipped = skipping instanceof Promise ? await skipping : skipping;
    if (skipped < size + padding) throw new TarError("short read");
  }

  /** Records `LENGTH KEY=VALUE\n`; only names count, and those of a global header do not. */
  #pax(data: Uint8Array, isGlobal: boolean): void {
    let at = 0;
    while (at < data.length) {
      let length = 0;
      let i = at;
      for (; i < data.length && data[i] >= 0x30 && data[i] <= 0x39 && length < LONGEST_EXTRA; i++) {
        length = length * 10 + data[i] - 0x30;
      }
      const end = at + length;
      if (i === at || data[i] !== 0x20 || end > data.length || end <= i || data[end - 1] !== 0x0a) {
        this.warn("malformed extended header, skipped");
        return;
      }
      const record = toByteString(data, i + 1, end - 1);
      at = end;
      if (isGlobal) continue;
      if (record.startsWith("path=")) this.#longName = record.slice(5);
      else if (record.startsWith("linkpath=")) this.#longLink = record.slice(9);
    }
  }
}

/** What a new header says. */
export interface NewHeader {
  readonly name: ByteString;
  readonly stat: Stat;
  readonly userName: ByteString;
  readonly groupName: ByteString;
  readonly link?: ByteString;
  readonly isHardLink?: boolean;
}

function putOctal(block: Uint8Array, at: number, room: number, value: number): void {
  if (value >= 0 && value < 8 ** (room - 1)) {
    let left = value;
    for (let i = at + room - 2; i >= at; i--) {
      block[i] = 0x30 + left % 8;
      left = Math.floor(left / 8);
    }
    return;
  }
  // GNU's binary form for what octal cannot hold.
  let rest = BigInt.asUintN(room * 8 - 1, BigInt(Math.floor(value)));
  for (let i = at + room - 1; i >= at; i--) {
    block[i] = Number(rest & 255n);
    rest >>= 8n;
  }
  block[at] |= 0x80;
}

function finish(block: Uint8Array): void {
  writeBytes("ustar  ", block, MAGIC_AT);
  block.fill(0x20, CHECKSUM_AT, CHECKSUM_AT + 8);
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += block[i];
  writeBytes(sum.toString(8).padStart(6, "0") + "\0 ", block, CHECKSUM_AT);
}

/** The header of GNU that carries a long name or link target, with its data. */
function longHeader(flag: string, value: ByteString): Uint8Array {
  const size = value.length + 1;
  const blocks = new Uint8Array(BLOCK + size + (-size & (BLOCK - 1)));
  const block = blocks.subarray(0, BLOCK);
  writeBytes("././@LongLink", block, 0);
  for (const at of [100, 108, 116]) putOctal(block, at, 8, 0);
  putOctal(block, 124, 12, size);
  putOctal(block, 136, 12, 0);
  block[156] = flag.charCodeAt(0);
  finish(block);
  writeBytes(value, blocks, BLOCK);
  return blocks;
}

/** The blocks of a header; the last one is `block`, which is overwritten. */
export function headerBlocks(header: NewHeader, block: Uint8Array): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  const { name, stat, link } = header;
  block.fill(0);
  // As in native, the target comes before the name.
  if (link !== undefined) {
    if (link.length >= NAME_ROOM) blocks.push(longHeader("K", link));
    writeBytes(link.slice(0, NAME_ROOM), block, LINK_AT);
  }
  if (name.length >= NAME_ROOM) blocks.push(longHeader("L", name));
  writeBytes(name.slice(0, NAME_ROOM), block, 0);
  const type = stat.mode & S_IFMT;
  putOctal(block, 100, 8, stat.mode & 0o7777);
  putOctal(block, 108, 8, stat.uid);
  putOctal(block, 116, 8, stat.gid);
  putOctal(block, 124, 12, type === S_IFREG && !header.isHardLink ? stat.size : 0);
  putOctal(block, 136, 12, Number(stat.mtimeNs / 1_000_000_000n));
  let flag = "0";
  if (header.isHardLink) flag = "1";
  else if (type === S_IFLNK) flag = "2";
  else if (type === S_IFCHR || type === S_IFBLK) {
    flag = type === S_IFCHR ? "3" : "4";
    putOctal(block, 329, 8, stat.rdev >> 8 & 0xfff);
    putOctal(block, 337, 8, stat.rdev & 0xff);
  } else if (type === S_IFDIR) flag = "5";
  else if (type === S_IFIFO) flag = "6";
  block[156] = flag.charCodeAt(0);
  writeBytes(header.userName.slice(0, 31), block, 265);
  writeBytes(header.groupName.slice(0, 31), block, 297);
  finish(block);
  blocks.push(block);
  return blocks;
}

/**
 * Records of the memory layer: one for each inode, shared between forks until they are written.
 *
 * @module
 */
import { VfsError } from "../errors.ts";
import { type ByteString, S_IFDIR, S_IFLNK, S_IFREG } from "../types.ts";
import { newToken, type Token } from "./inode_table.ts";
import type { Quota } from "./layer.ts";

/** Bytes of a block of a file that is larger than that. */
export const BLOCK = 65536;

/** Facts that layers built on the memory layer keep with an inode. Never changed in place. */
export interface Extra {
  /** Name of the program that this file starts, for `/bin`. Lost when its contents change. */
  readonly program?: ByteString;
  /** Inode number to show instead of the own one (overlay, after copy-up). */
  readonly showIno?: number;
  /** The directory hides everything below it in the lower layer (overlay). */
  readonly opaque?: boolean;
  /** Where the lower half of a renamed directory is (overlay): components from the lower root. */
  readonly redirect?: readonly ByteString[];
  /** Change stamp of the lower file at copy-up, for `commit` to compare. */
  readonly stamp?: string;
}

/** What all inodes have. */
export abstract class Inode {
  /** Link count. */
  nlink = 1;
  atimeNs: bigint;
  mtimeNs: bigint;
  ctimeNs: bigint;
  extra: Extra | undefined = undefined;

  constructor(
    /** Who may change this record in place. */
    public owner: Token,
    readonly ino: number,
    /** Type and permission bits. */
    public mode: number,
    public uid: number,
    public gid: number,
    nowNs: bigint,
  ) {
    this.atimeNs = this.mtimeNs = this.ctimeNs = nowNs;
  }

  /** A copy that `owner` may change. */
  abstract copy(owner: Token): Inode;

  protected copyTo<T extends Inode>(copy: T): T {
    copy.nlink = this.nlink;
    copy.atimeNs = this.atimeNs;
    copy.mtimeNs = this.mtimeNs;
    copy.ctimeNs = this.ctimeNs;
    copy.extra = this.extra;
    return copy;
  }
}

/** Files of a directory that are only made when somebody looks into it. */
export interface LazyFiles {
  /** Number of the first one; the others follow. */
  readonly base: number;
  /** Their names, each also that of the program it stands for. */
  readonly names: readonly ByteString[];
  readonly contents: (name: ByteString) => Uint8Array;
}

/** A directory: names to inode numbers. */
export class DirInode extends Inode {
  names: Map<ByteString, number> = new Map();
  namesOwner: Token;
  lazy: LazyFiles | undefined = undefined;
  /**
   * Names that hide what a lower layer has (overlay), with the change stamp it had when that was
   * removed. They stay hidden when they are used again.
   */
  removed: Map<ByteString, string> | undefined = undefined;
  removedOwner: Token;

  constructor(
    owner: Token,
    ino: number,
    mode: number,
    uid: number,
    gid: number,
    nowNs: bigint,
    /** The directory that holds it; its own number for the root. */
    public parent: number,
  ) {
    super(owner, ino, S_IFDIR | mode & 0o7777, uid, gid, nowNs);
    this.nlink = 2;
    this.namesOwner = this.removedOwner = owner;
  }

  override copy(owner: Token): DirInode {
    const copy = this.copyTo(
      new DirInode(owner, this.ino, this.mode, this.uid, this.gid, this.ctimeNs, this.parent),
    );
    copy.names = this.names;
    copy.namesOwner = this.namesOwner;
    copy.lazy = this.lazy;
    copy.removed = this.removed;
    copy.removedOwner = this.removedOwner;
    return copy;
  }

  /** The names, to be changed. The record must be owned already. */
  ownNames(): Map<ByteString, number> {
    if (this.namesOwner !== this.owner) {
      this.names = new Map(this.names);
      this.namesOwner = this.owner;
    }
    return this.names;
  }

  /** The hidden names, to be changed. The record must be owned already. */
  ownRemoved(): Map<ByteString, string> {
    if (this.removed === undefined || this.removedOwner !== this.owner) {
      this.removed = new Map(this.removed);
      this.removedOwner = this.owner;
    }
    return this.removed;
  }
}

/** A symbolic link. */
export class LinkInode extends Inode {
  constructor(
    owner: Token,
    ino: number,
    uid: number,
    gid: number,
    nowNs: bigint,
    readonly target: ByteString,
  ) {
    super(owner, ino, S_IFLNK | 0o777, uid, gid, nowNs);
  }

  override copy(owner: Token): LinkInode {
    return this.copyTo(
      new LinkInode(owner, this.ino, this.uid, this.gid, this.ctimeNs, this.target),
    );
  }
}

/** A FIFO, device or socket: only attributes. */
export class SpecialInode extends Inode {
  constructor(
    owner: Token,
    ino: number,
    mode: number,
    uid: number,
    gid: number,
    nowNs: bigint,
    readonly rdev: number,
  ) {
    super(owner, ino, mode, uid, gid, nowNs);
  }

  override copy(owner: Token): SpecialInode {
    return this.copyTo(
      new SpecialInode(owner, this.ino, this.mode, this.uid, this.gid, this.ctimeNs, this.rdev),
    );
  }
}

interface Block {
  owner: Token;
  bytes: Uint8Array;
}

const NO_BYTES = new Uint8Array(0);
const NO_BLOCKS: (Block | undefined)[] = [];
const FROZEN = newToken();

/**
 * A regular file. Up to 64 KiB its contents are one buffer that grows geometrically, above that a
 * list of blocks, where a block that was never written is absent. Bytes after the end are zero.
 */
export class FileInode extends Inode {
  size = 0;
  #buffer: Uint8Array = NO_BYTES;
  #bufferOwner: Token = FROZEN;
  #blocks: (Block | undefined)[] | undefined = undefined;
  #blocksOwner: Token = FROZEN;
  #present = 0;

  constructor(
    owner: Token,
    ino: number,
    mode: number,
    uid: number,
    gid: number,
    nowNs: bigint,
  ) {
    super(owner, ino, S_IFREG | mode & 0o7777, uid, gid, nowNs);
  }

  override copy(owner: Token): FileInode {
    const copy = this.copyTo(
      new FileInode(owner, this.ino, this.mode, this.uid, this.gid, this.ctimeNs),
    );
    copy.size = this.size;
    copy.#buffer = this.#buffer;
    copy.#bufferOwner = this.#bufferOwner;
    copy.#blocks = this.#blocks;
    copy.#blocksOwner = this.#blocksOwner;
    copy.#present = this.#present;
    return copy;
  }

  /** Takes over `bytes`, up to 64 KiB, as the contents of a new file. They must not change later. */
  fill(bytes: Uint8Array): void {
    this.#buffer = bytes;
    this.size = bytes.length;
  }

  /** Bytes charged for the contents: holes are free, the rest counts up to the end of the file. */
  charged(): number {
    return charge(this.#blocks, this.#present, this.size);
  }

  /** Copies bytes into `buffer`; returns how many. */
  read(buffer: Uint8Array, position: number): number {
    const count = Math.min(buffer.length, this.size - position);
    if (count <= 0) return 0;
    for (let done = 0; done < count;) {
      const part = this.view(position + done, count - done);
      buffer.set(part, done);
      done += part.length;
    }
    return count;
  }

  /** A view of up to `max` bytes, at most to the end of a block. */
  view(position: number, max: number): Uint8Array {
    let count = Math.min(max, this.size - position);
    if (count <= 0) return NO_BYTES;
    if (this.#blocks === undefined) {
      if (position + count > this.#buffer.length) {
        // The part after the buffer is a hole.
        if (position >= this.#buffer.length) return new Uint8Array(count);
        count = this.#buffer.length - position;
      }
      return this.#buffer.subarray(position, position + count);
    }
    const start = position % BLOCK;
    if (count > BLOCK - start) count = BLOCK - start;
    const block = this.#blocks[Math.floor(position / BLOCK)];
    return block === undefined ? new Uint8Array(count) : block.bytes.subarray(start, start + count);
  }

  /** How many more bytes would be charged if `count` bytes were written at `position`. */
  #growth(position: number, count: number): number {
    const end = Math.max(this.size, position + count);
    if (this.#blocks === undefined && end <= BLOCK) return end - this.size;
    const first = Math.floor(position / BLOCK);
    const last = Math.floor((position + count - 1) / BLOCK);
    const blocks = this.#blocks ?? NO_BLOCKS;
    let present = this.#present;
    if (this.#blocks === undefined && this.size > 0) present = first === 0 ? 0 : 1;
    for (let i = first; i <= last; i++) if (blocks[i] === undefined) present++;
    const endBlock = Math.floor((end - 1) / BLOCK);
    const endPresent = endBlock <= last && endBlock >= first || blocks[endBlock] !== undefined ||
      this.#blocks === undefined && endBlock === 0;
    const tail = endPresent ? (endBlock + 1) * BLOCK - end : 0;
    return present * BLOCK - tail - this.charged();
  }

  /**
   * Writes, charging first. When only a part fits, that part is written and then ENOSPC thrown, as
   * a kernel's short write followed by an error would be.
   */
  write(bytes: Uint8Array, position: number, quota: Quota): void {
    let count = bytes.length;
    if (count === 0) return;
    const growth = this.#growth(position, count);
    const room = quota.maxBytes - quota.bytes;
    if (growth > room) {
      count = Math.max(0, count - (growth - Math.max(0, room)));
      if (count > 0 && this.#growth(position, count) <= room) {
        this.write(bytes.subarray(0, count), position, quota);
      }
      throw new VfsError("ENOSPC");
    }
    quota.bytes += growth;
    const end = position + count;
    if (this.#blocks === undefined && end <= BLOCK) {
      this.#ownBuffer(end).set(bytes, position);
    } else {
      this.#useBlocks();
      for (let done = 0; done < count;) {
        const at = position + done;
        const start = at % BLOCK;
        const part = Math.min(BLOCK - start, count - done);
        this.#ownBlock(Math.floor(at / BLOCK)).set(bytes.subarray(done, done + part), start);
        done += part;
      }
    }
    if (end > this.size) this.size = end;
  }

  /**
   * Writes a few bytes over what is there, or on from its end, where the room for them is there and
   * owned already; else does nothing, and `write` has to do it.
   *
   * @returns Whether it was done.
   */
  writeSmall(
    source: Uint8Array,
    start: number,
    end: number,
    position: number,
    quota: Quota,
  ): boolean {
    if (position > this.size) return false;
    const to = position + end - start;
    let target: Uint8Array;
    let at = position;
    if (this.#blocks === undefined) {
      if (this.#bufferOwner !== this.owner) return false;
      target = this.#buffer;
    } else {
      if (this.#blocksOwner !== this.owner) return false;
      at = position % BLOCK;
      const block = this.#blocks[(position - at) / BLOCK];
      if (block === undefined || block.owner !== this.owner) return false;
      target = block.bytes;
    }
    if (at + end - start > target.length) return false;
    // What comes after the end is in a buffer or block that is charged up to the end of the file.
    const growth = to - this.size;
    if (growth > 0) {
      if (growth > quota.maxBytes - quota.bytes) return false;
      quota.bytes += growth;
      this.size = to;
    }
    for (let i = start; i < end; i++) target[at++] = source[i];
    return true;
  }

  /** Changes the size; the new part is a hole. */
  truncate(size: number, quota: Quota): void {
    if (size === this.size) return;
    const before = this.charged();
    if (size > this.size) {
      if (this.#blocks === undefined && size <= BLOCK) quota.chargeBytes(size - before);
      else {
        const blocks = this.#blocks;
        const present = blocks === undefined ? (this.size > 0 ? 1 : 0) : this.#present;
        const last = Math.floor((size - 1) / BLOCK);
        const lastPresent = blocks === undefined
          ? last === 0 && present === 1
          : blocks[last] !== undefined;
        const after = present * BLOCK - (lastPresent ? (last + 1) * BLOCK - size : 0);
        quota.chargeBytes(after - before);
        this.#useBlocks();
      }
      this.size = size;
      return;
    }
    if (size === 0) {
      this.#buffer = NO_BYTES;
      this.#bufferOwner = FROZEN;
      this.#blocks = undefined;
      this.#present = 0;
    } else if (this.#blocks === undefined) {
      if (size < this.#buffer.length) this.#ownBuffer(0).fill(0, size);
    } else {
      const blocks = this.#ownBlocks();
      const keep = Math.ceil(size / BLOCK);
      // A file with a huge hole has a sparse array: visit what is there, not every index.
      if (blocks.length - keep > 65536) {
        for (const key in blocks) if (Number(key) >= keep) this.#present--;
      } else {
        for (let i = keep; i < blocks.length; i++) if (blocks[i] !== undefined) this.#present--;
      }
      if (blocks.length > keep) blocks.length = keep;
      if (size % BLOCK !== 0 && blocks[keep - 1] !== undefined) {
        this.#ownBlock(keep - 1).fill(0, size % BLOCK);
      }
    }
    this.size = size;
    quota.chargeBytes(this.charged() - before);
  }

  /** The small buffer, owned, with room for `length` bytes. */
  #ownBuffer(length: number): Uint8Array {
    const old = this.#buffer;
    if (length > old.length) {
      // The first write is taken at its size, later ones double: most files are written once.
      const room = old.length === 0
        ? length
        : Math.min(BLOCK, Math.max(length, old.length * 2, 64));
      const grown = new Uint8Array(room);
      grown.set(old);
      this.#buffer = grown;
      this.#bufferOwner = this.owner;
    } else if (this.#bufferOwner !== this.owner) {
      this.#buffer = old.slice();
      this.#bufferOwner = this.owner;
    }
    return this.#buffer;
  }

  /** Goes over from the small buffer to blocks. */
  #useBlocks(): void {
    if (this.#blocks !== undefined) return;
    this.#blocks = [];
    this.#blocksOwner = this.owner;
    this.#present = 0;
    if (this.size > 0) {
      const bytes = new Uint8Array(BLOCK);
      bytes.set(this.#buffer);
      this.#blocks[0] = { owner: this.owner, bytes };
      this.#present = 1;
    }
    this.#buffer = NO_BYTES;
    this.#bufferOwner = FROZEN;
  }

  #ownBlocks(): (Block | undefined)[] {
    let blocks = this.#blocks as (Block | undefined)[];
    if (this.#blocksOwner !== this.owner) {
      this.#blocks = blocks = blocks.slice();
      this.#blocksOwner = this.owner;
    }
    return blocks;
  }

  #ownBlock(index: number): Uint8Array {
    const blocks = this.#ownBlocks();
    const block = blocks[index];
    if (block === undefined) {
      // Written one after another the array stays dense; a far position must not make a huge one.
      const bytes = new Uint8Array(BLOCK);
      blocks[index] = { owner: this.owner, bytes };
      this.#present++;
      return bytes;
    }
    if (block.owner === this.owner) return block.bytes;
    const bytes = block.bytes.slice();
    blocks[index] = { owner: this.owner, bytes };
    return bytes;
  }
}

function charge(blocks: (Block | undefined)[] | undefined, present: number, size: number): number {
  if (blocks === undefined) return size;
  if (size === 0) return 0;
  const last = Math.floor((size - 1) / BLOCK);
  return present * BLOCK - (blocks[last] === undefined ? 0 : (last + 1) * BLOCK - size);
}

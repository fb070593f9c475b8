/**
 * The body of a here-document as an open file: read once from the start, like the pipe that native
 * ash makes of it.
 *
 * @module
 */

import {
  NO_INODE,
  O_RDONLY,
  type OpenFile,
  type Readiness,
  S_IFIFO,
  type Stat,
} from "../../sandbox/types.ts";
import { VfsError } from "../../sandbox/errors.ts";
import { concatBytes, toBytes } from "../../sandbox/bytes.ts";
import { TextFile } from "./text_file.ts";

/** Characters of which bytes are made at once. */
const PART = 1 << 16;

/** Text that is read like a pipe whose writer has gone. */
export class HereFile extends TextFile implements OpenFile {
  readonly readable = true;
  readonly writable = false;
  flags = O_RDONLY;
  readonly keepsChunks = false;
  /** Bytes of the next part of the text. */
  private bytes: Uint8Array;
  private at = 0;
  /** Where the text begins of which no bytes were made yet. */
  private made: number;

  constructor(private readonly text: string) {
    super();
    this.made = Math.min(PART, text.length);
    this.bytes = toBytes(text.slice(0, this.made));
  }

  /** Makes bytes of more of the text; false at its end. */
  private more(): boolean {
    if (this.made >= this.text.length) return false;
    const rest = this.bytes.subarray(this.at);
    const end = Math.min(this.text.length, this.made + Math.max(PART, 2 * rest.length));
    const next = toBytes(this.text.slice(this.made, end));
    this.made = end;
    this.bytes = rest.length === 0 ? next : concatBytes([rest, next]);
    this.at = 0;
    return true;
  }

  read(max: number): Uint8Array | undefined {
    if (this.at >= this.bytes.length && !this.more()) return undefined;
    const end = Math.min(this.bytes.length, this.at + max);
    const chunk = this.bytes.slice(this.at, end);
    this.at = end;
    return chunk;
  }

  readReused(max: number): Uint8Array | undefined {
    if (this.at >= this.bytes.length && !this.more()) return undefined;
    const end = Math.min(this.bytes.length, this.at + max);
    const chunk = this.bytes.subarray(this.at, end);
    this.at = end;
    return chunk;
  }

  readUntil(delimiter: number, max: number): Uint8Array | undefined {
    let end = this.bytes.indexOf(delimiter, this.at);
    while (end < 0 && this.bytes.length - this.at < max && this.more()) {
      end = this.bytes.indexOf(delimiter);
    }
    return this.read(end < 0 ? max : Math.min(max, end + 1 - this.at));
  }

  ready(): Readiness {
    return {
      read: true,
      write: false,
      hangup: true,
      available: this.bytes.length - this.at + this.text.length - this.made,
    };
  }

  stat(): Stat {
    return { ...NO_INODE, dev: 12, ino: 2, mode: S_IFIFO | 0o600 };
  }

  retain(): OpenFile {
    return this;
  }
  release(): void {}
  write(): void {
    throw new VfsError("EBADF");
  }
  override pwrite(): number {
    throw new VfsError("EBADF");
  }
}

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
import { toBytes } from "../../sandbox/bytes.ts";
import { TextFile } from "./text_file.ts";

/** Text that is read like a pipe whose writer has gone. */
export class HereFile extends TextFile implements OpenFile {
  readonly readable = true;
  readonly writable = false;
  flags = O_RDONLY;
  readonly keepsChunks = false;
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(text: string) {
    super();
    this.bytes = toBytes(text);
  }

  read(max: number): Uint8Array | undefined {
    if (this.at >= this.bytes.length) return undefined;
    const end = Math.min(this.bytes.length, this.at + max);
    const chunk = this.bytes.slice(this.at, end);
    this.at = end;
    return chunk;
  }

  readReused(max: number): Uint8Array | undefined {
    if (this.at >= this.bytes.length) return undefined;
    const end = Math.min(this.bytes.length, this.at + max);
    const chunk = this.bytes.subarray(this.at, end);
    this.at = end;
    return chunk;
  }

  readUntil(delimiter: number, max: number): Uint8Array | undefined {
    if (this.at >= this.bytes.length) return undefined;
    let end = this.bytes.indexOf(delimiter, this.at);
    end = end < 0 ? this.bytes.length : end + 1;
    if (end - this.at > max) end = this.at + max;
    const chunk = this.bytes.slice(this.at, end);
    this.at = end;
    return chunk;
  }

  ready(): Readiness {
    return {
      read: true,
      write: false,
      hangup: true,
      available: this.bytes.length - this.at,
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

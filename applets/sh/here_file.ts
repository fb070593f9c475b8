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
  private bytes: Uint8Array = new Uint8Array(0);
  private at = 0;
  /** Where the text begins of which no bytes were made yet. */
  private made = 0;

  constructor(private readonly text: string) {
    super();
  }

  /** Makes bytes of more of the text; false at its end. */
  private more(): boolean {
    if (this.made >= this.text.length) return false;
    const rest = this.bytes.subarray(this.at);
    const end = this.made + Math.max(PART, 2 * rest.length);
    const next = toBytes(this.text.slice(this.made, end));
    this.made = end;
    this.bytes = rest.length === 0 ? next : concatBytes([rest, next]);
    this.at = 0;
    return true;
  }

  read(max: number): Uint8Array | undefined {
    return this.readReused(max)?.slice();
  }

  readReused(max: number): Uint8Array | undefined {
    if (this.at >= this.bytes.length && !this.more()) return undefined;
    const end = Math.min(this.bytes.length, this.at + max);
    const chunk = this.bytes.subarray(this.at, end);
    this.at = end;
    return chunk;
  }

  readUntil(delimiter: number, max: number): Uint8Array | undefined {
    if (this.at >= this.bytes.length && !this.more()) return undefined;
    let end = this.bytes.indexOf(delimiter, this.at);
    while (end < 0 && this.bytes.length - this.at < max && this.more()) {
      end = this.bytes.indexOf(delimiter);
    }
    end = end < 0 ? this.bytes.length : end + 1;
    return this.read(Math.min(max, end - this.at));
  }

  ready(): Readiness {
    return {
      read: true,
      write: false,
      hangup: true,
      available: this.bytes.length - this.at + Math.max(0, this.text.length - this.made),
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

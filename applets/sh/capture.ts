/**
 * The stdout of a command substitution: an open file that keeps what is written to it. Builtins
 * add their text without making bytes of it first.
 *
 * @module
 */

import {
  type MaybePromise,
  NO_INODE,
  O_WRONLY,
  type OpenFile,
  type Readiness,
  S_IFIFO,
  type Stat,
} from "../../sandbox/types.ts";
import { VfsError } from "../../sandbox/errors.ts";
import { concatBytes, toByteString } from "../../sandbox/bytes.ts";
import { TextFile } from "./text_file.ts";

const READY: Readiness = { read: false, write: true, hangup: false, available: 0 };

const STAT: Stat = { ...NO_INODE, dev: 12, ino: 1, mode: S_IFIFO | 0o600 };

/** Bytes of which text is made at once. */
const MUCH = 1 << 18;
const NEWLINES = "\n".repeat(4096);

/** A text without its NUL bytes, which are nothing to the shell. */
export function withoutNul(s: string): string {
  return s.includes("\0") ? s.replaceAll("\0", "") : s;
}

/** Takes NUL bytes and final newlines out (POSIX 2.6.3). */
export function substituted(text: string): string {
  let end = text.length;
  while (text.endsWith(NEWLINES, end)) end -= NEWLINES.length;
  while (end > 0 && text.charCodeAt(end - 1) === 10) end--;
  return withoutNul(end < text.length ? text.slice(0, end) : text);
}

/** A growing text that is written to like a pipe. */
export class Capture extends TextFile implements OpenFile {
  readonly readable = false;
  readonly writable = true;
  flags = O_WRONLY;
  readonly keepsChunks = true;
  #text = "";
  #chunks: Uint8Array[] = [];
  /** Bytes in the chunks. */
  #waiting = 0;
  private size = 0;
  #references = 1;
  #closed: (() => void) | undefined;

  /**
   * @param charge Told of bytes kept, so that they count against the sandbox's memory.
   * @param limit Most bytes to keep.
   */
  constructor(private readonly charge: (bytes: number) => void) {
    super();
  }

  /** Adds text without copying. */
  append(text: string): void {
    if (this.#chunks.length > 0) this.#flush();
    this.#text += text;
    this.#grow(text.length);
  }

  #grow(bytes: number): void {
    const before = this.size >>> 16;
    this.size += bytes;
    const after = this.size >>> 16;
    if (after > before) this.charge((after - before) << 16);
  }

  /** The NUL bytes that chunks hold are nothing, so only builtins' text may have some. */
  #flush(): void {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#waiting = 0;
    this.#text += withoutNul(toByteString(concatBytes(chunks)));
  }

  /** What was written, as the value of a substitution. */
  result(): string {
    return substituted(this.all());
  }

  /** Everything that was written. */
  all(): string {
    if (this.#chunks.length > 0) this.#flush();
    const kept = (this.size >>> 16) << 16;
    if (kept > 0) this.charge(-kept);
    return this.#text;
  }

  /** Waits until nobody else can write any more. The shell's own reference is given up. */
  finished(): MaybePromise<void> {
    if (--this.#references <= 0) return;
    return new Promise((resolve) => this.#closed = resolve);
  }

  write(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    // Text is made of much as it comes, not of all at the end.
    if ((this.#waiting += chunk.length) >= MUCH) this.#flush();
    this.#grow(chunk.length);
  }

  retain(): OpenFile {
    this.#references++;
    return this;
  }

  release(): void {
    if (--this.#references === 0) this.#closed?.();
  }

  ready(): Readiness {
    return READY;
  }

  stat(): Stat {
    return STAT;
  }

  read(): undefined {
    throw new VfsError("EBADF");
  }
  readReused(): undefined {
    throw new VfsError("EBADF");
  }
  readUntil(): undefined {
    throw new VfsError("EBADF");
  }
}

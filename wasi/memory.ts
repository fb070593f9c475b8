/**
 * The guest's linear memory. This is the only module that reads `memory.buffer`.
 *
 * Answers "WASI pointers" of the threat list: every pointer and length is checked as a Number, so
 * nothing wraps at 32 bits; views are renewed after growth and after each suspension; a failure is
 * EFAULT and never a host exception.
 *
 * @module
 */
import type { ByteString } from "../sandbox/types.ts";
import { toByteString, writeBytes } from "../sandbox/bytes.ts";
import { ERRNO, fail } from "./errno.ts";

const NONE = new Uint8Array(0);
const MASK32 = 0xffffffffn;

/** Checked access to one memory. Pointers may come as the signed numbers that wasm hands out. */
export class GuestMemory {
  #memory: WebAssembly.Memory | undefined;
  #bytes: Uint8Array = NONE;
  #view: DataView = new DataView(NONE.buffer);

  /** Binds the memory that the instance exports. */
  bind(memory: WebAssembly.Memory): void {
    this.#memory = memory;
    this.#bytes = NONE;
    this.refresh();
  }

  /** Whether there is a memory at all. */
  get bound(): boolean {
    return this.#memory !== undefined;
  }

  /**
   * Renews the views if the memory grew. Growth detaches the old buffer, whose arrays then have the
   * length 0; a shared memory keeps the old one valid, so there the getter is asked each time.
   */
  refresh(): void {
    if (this.#bytes.length !== 0 && !this.shared) return;
    const memory = this.#memory;
    if (memory === undefined) return;
    const buffer = memory.buffer;
    if (this.#bytes.buffer === buffer && this.#bytes.length === buffer.byteLength) return;
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
    this.shared = !(buffer instanceof ArrayBuffer);
  }

  /** Whether other threads may hold the memory too. */
  shared = false;

  /** Whether the memory grew since it was last looked at. */
  get grown(): boolean {
    return this.#bytes.length === 0;
  }

  /** Size in bytes now. */
  get size(): number {
    this.refresh();
    return this.#bytes.length;
  }

  /** All bytes. Valid until the guest runs again. */
  get bytes(): Uint8Array {
    this.refresh();
    return this.#bytes;
  }

  /** All bytes as numbers of any width; only for ranges that were checked since the guest ran. */
  get view(): DataView {
    return this.#view;
  }

  /**
   * Checks a range and gives its start as a positive number.
   *
   * @throws {WasiError} FAULT
   */
  range(pointer: number, length: number): number {
    const start = pointer >>> 0;
    this.refresh();
    if (start + length > this.#bytes.length) fail(ERRNO.FAULT);
    return start;
  }

  /** A checked view of a range; valid until the guest runs again. */
  slice(pointer: number, length: number): Uint8Array {
    const size = length >>> 0;
    const start = this.range(pointer, size);
    return this.#bytes.subarray(start, start + size);
  }

  /** A checked copy of a range. */
  copy(pointer: number, length: number): Uint8Array {
    // A whole memory may have 2^32 bytes, which is 0 in 32 bits.
    const size = length === 4294967296 ? length : length >>> 0;
    const start = this.range(pointer, size);
    return this.#bytes.slice(start, start + size);
  }

  /** A byte string of a range. */
  text(pointer: number, length: number): ByteString {
    const size = length >>> 0;
    const start = this.range(pointer, size);
    // A decoder refuses shared memory, so that one is copied first.
    if (this.shared) return toByteString(this.#bytes.slice(start, start + size));
    return toByteString(this.#bytes, start, start + size);
  }

  /** Writes bytes. */
  put(pointer: number, data: Uint8Array): void {
    const start = this.range(pointer, data.length);
    this.#bytes.set(data, start);
  }

  /** Writes a byte string, without a NUL. */
  putText(pointer: number, text: ByteString): void {
    const start = this.range(pointer, text.length);
    if (this.shared) {
      for (let i = 0; i < text.length; i++) this.#bytes[start + i] = text.charCodeAt(i);
    } else writeBytes(text, this.#bytes, start);
  }

  /** Reads an unsigned byte. */
  u8(pointer: number): number {
    return this.#bytes[this.range(pointer, 1)];
  }

  /** Reads an unsigned 16-bit number at any alignment. */
  u16(pointer: number): number {
    const start = this.range(pointer, 2);
    return this.#view.getUint16(start, true);
  }

  /** Reads an unsigned 32-bit number at any alignment. */
  u32(pointer: number): number {
    const start = this.range(pointer, 4);
    return this.#view.getUint32(start, true);
  }

  /** Reads an unsigned 64-bit number at any alignment. */
  u64(pointer: number): bigint {
    const start = this.range(pointer, 8);
    return this.#view.getBigUint64(start, true);
  }

  /** Writes a byte. */
  setU8(pointer: number, value: number): void {
    const start = this.range(pointer, 1);
    this.#bytes[start] = value;
  }

  /** Writes a 16-bit number. */
  setU16(pointer: number, value: number): void {
    const start = this.range(pointer, 2);
    this.#view.setUint16(start, value, true);
  }

  /** Writes a 32-bit number. */
  setU32(pointer: number, value: number): void {
    const start = this.range(pointer, 4);
    this.#view.setUint32(start, value, true);
  }

  /** Writes a 64-bit number; a negative one in two's complement. */
  setU64(pointer: number, value: bigint): void {
    const start = this.range(pointer, 8);
    this.#view.setBigUint64(start, value, true);
  }

  /** Writes a Number as 64 bits: exact for what a Number can count. */
  setU64Number(pointer: number, value: number): void {
    const start = this.range(pointer, 8);
    this.#view.setUint32(start, value >>> 0, true);
    this.#view.setUint32(start + 4, Math.floor(value / 4294967296) >>> 0, true);
  }

  /** Fills a range with zeros. */
  clear(pointer: number, length: number): void {
    const start = this.range(pointer, length);
    this.#bytes.fill(0, start, start + length);
  }
}

/** A u64 argument as a Number, or undefined beyond 2^53 - 1, where files do not reach. */
export function smallU64(value: bigint): number | undefined {
  const high = Number((value >> 32n) & MASK32);
  if (high > 0x1fffff) return undefined;
  return high * 4294967296 + Number(value & MASK32);
}

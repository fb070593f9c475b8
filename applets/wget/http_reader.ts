/**
 * Reads an HTTP answer off a connection: lines first, then a body of known or chunked length.
 *
 * @module
 */
import { toByteString } from "../../sandbox/bytes.ts";
import { VfsError } from "../../sandbox/errors.ts";
import type { ByteString, OpenFile, Waiter } from "../../sandbox/types.ts";

/** Longest line of a header; more is no header. */
const LONGEST_LINE = 65536;
/** So many bytes of lines without a body; a server that sends more has no end of them. */
const LONGEST_HEAD = 1 << 20;

/** A connection with what was read of it and not yet used. */
export class HttpReader {
  #held: Uint8Array = new Uint8Array(0);
  /** Bytes of lines since the last of a body. */
  #head = 0;

  /** @param file The connection. @param waiter Who waits for it. */
  constructor(private readonly file: OpenFile, private readonly waiter: Waiter) {}

  /** A line without its end, or undefined when the connection has ended. */
  async line(): Promise<ByteString | undefined> {
    for (;;) {
      const newline = this.#held.indexOf(10);
      if (newline >= 0) {
        const text = toByteString(this.#held, 0, newline);
        this.#held = this.#held.subarray(newline + 1);
        this.#head += newline + 1;
        if (this.#head > LONGEST_HEAD) throw new VfsError("EPROTO");
        return text.endsWith("\r") ? text.slice(0, -1) : text;
      }
      if (this.#held.length > LONGEST_LINE) throw new VfsError("EPROTO");
      const chunk = await this.file.read(65536, this.waiter);
      if (chunk === undefined) {
        const rest = toByteString(this.#held);
        this.#held = this.#held.subarray(0, 0);
        return rest === "" ? undefined : rest;
      }
      const joined = new Uint8Array(this.#held.length + chunk.length);
      joined.set(this.#held);
      joined.set(chunk, this.#held.length);
      this.#held = joined;
    }
  }

  /** At most `max` bytes, or undefined at the end. */
  async read(max: number): Promise<Uint8Array | undefined> {
    if (this.#held.length > 0) {
      const part = this.#held.subarray(0, max);
      this.#held = this.#held.subarray(part.length);
      return part;
    }
    return await this.file.read(Math.min(max, 65536), this.waiter);
  }

  /** Gives a body to `use`; throws EPROTO when it ends too early. */
  async body(
    length: number | undefined,
    chunked: boolean,
    use: (chunk: Uint8Array) => void | Promise<void>,
  ): Promise<void> {
    if (!chunked) {
      await this.#part(length ?? Infinity, use, length !== undefined);
      return;
    }
    for (;;) {
      const size = parseInt(await this.line() ?? "", 16);
      if (!(size >= 0)) throw new VfsError("EPROTO", undefined, "can't parse chunk length");
      if (size === 0) return;
      await this.#part(size, use, true);
      await this.line();
    }
  }

  async #part(
    length: number,
    use: (chunk: Uint8Array) => void | Promise<void>,
    exact: boolean,
  ): Promise<void> {
    this.#head = 0;
    for (let left = length; left > 0;) {
      const chunk = await this.read(left);
      if (chunk === undefined) {
        if (exact) throw new VfsError("EPROTO", undefined, "connection closed prematurely");
        return;
      }
      left -= chunk.length;
      await use(chunk);
    }
  }
}

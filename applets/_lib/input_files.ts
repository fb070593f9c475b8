/**
 * Several files read as one stream.
 *
 * @module
 */
import type { ByteString, MaybePromise } from "../../sandbox/types.ts";
import { isVfsError, type VfsError } from "../../sandbox/errors.ts";
import type { Source } from "./streams.ts";

/** What reading files needs of an applet's context. */
export interface InputHost {
  readonly stdin: Source;
  openOrThrow(path: ByteString): Source;
  tick(n: number): Promise<void> | undefined;
}

/** Reads files one after the other; those that cannot be read are reported and left out. */
export class InputFiles {
  #next = 0;
  #source: Source | undefined;
  #path: ByteString = "";

  /**
   * @param host Opens them.
   * @param paths Their paths; `-` is standard input.
   * @param failed Is told what cannot be opened or read.
   */
  constructor(
    private readonly host: InputHost,
    private readonly paths: readonly ByteString[],
    private readonly failed: (path: ByteString, error: VfsError) => void,
  ) {}

  /** The open file that the next bytes come from, or undefined at the end. */
  current(): Source | undefined {
    while (this.#source === undefined && this.#next < this.paths.length) this.#openNext();
    return this.#source;
  }

  #openNext(): void {
    const path = this.paths[this.#next++];
    this.#path = path;
    try {
      this.#source = path === "-" ? this.host.stdin : this.host.openOrThrow(path);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      this.failed(path, error);
    }
  }

  /** Leaves the rest of the current file out. */
  skip(): void {
    this.#source?.close();
    this.#source = undefined;
  }

  /** A chunk that is valid until the next read, or undefined at the end of the last file. */
  read(max = 65536): MaybePromise<Uint8Array | undefined> {
    for (;;) {
      const source = this.#source;
      if (source === undefined) {
        if (this.#next === this.paths.length) return undefined;
        const turn = this.host.tick(1);
        if (turn !== undefined) return turn.then(() => this.read(max));
        this.#openNext();
        continue;
      }
      try {
        const chunk = source.readReused(max);
        if (chunk instanceof Promise) return this.#later(chunk, max);
        if (chunk !== undefined) return chunk;
      } catch (error) {
        if (!isVfsError(error)) throw error;
        this.failed(this.#path, error);
      }
      this.skip();
    }
  }

  async #later(
    coming: Promise<Uint8Array | undefined>,
    max: number,
  ): Promise<Uint8Array | undefined> {
    try {
      const chunk = await coming;
      if (chunk !== undefined) return chunk;
    } catch (error) {
      if (!isVfsError(error)) throw error;
      this.failed(this.#path, error);
    }
    this.skip();
    return await this.read(max);
  }
}

/** Cuts a stream of chunks into blocks of one size; the last may be shorter. */
export class Blocks {
  readonly #block: Uint8Array;

  /** @param input What is cut. @param size Bytes of a block. @param limit Bytes in all. */
  constructor(
    private readonly input: { read(max?: number): MaybePromise<Uint8Array | undefined> },
    size: number,
    private limit: number = Infinity,
  ) {
    this.#block = new Uint8Array(size);
  }

  /**
   * Calls `use` for each block, the last one perhaps short. The block is valid during the call.
   * `use` may give a promise, which is awaited.
   */
  async each(
    use: (bytes: Uint8Array, start: number, length: number) => void | Promise<void>,
    tick: (n: number) => Promise<void> | undefined,
  ): Promise<void> {
    const size = this.#block.length;
    let held = 0;
    while (this.limit > 0) {
      let chunk = this.input.read(Math.min(65536, this.limit));
      if (chunk instanceof Promise) chunk = await chunk;
      if (chunk === undefined) break;
      this.limit -= chunk.length;
      const pause = tick(1 + (chunk.length >> 3));
      if (pause !== undefined) await pause;
      let at = 0;
      if (held > 0) {
        const take = Math.min(size - held, chunk.length);
        this.#block.set(chunk.subarray(0, take), held);
        held += take;
        at = take;
        if (held < size) continue;
        const full = use(this.#block, 0, size);
        if (full !== undefined) await full;
        held = 0;
      }
      for (; at + size <= chunk.length; at += size) {
        const full = use(chunk, at, size);
        if (full !== undefined) await full;
      }
      if (at < chunk.length) {
        this.#block.set(chunk.subarray(at));
        held = chunk.length - at;
      }
    }
    if (held > 0) {
      const full = use(this.#block, 0, held);
      if (full !== undefined) await full;
    }
  }
}

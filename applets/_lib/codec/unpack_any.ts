/**
 * A decoder that finds out by the first bytes which one is needed, as zcat and `tar -x` do.
 * @module
 */

import { Bunzip2 } from "./bunzip2.ts";
import { type Codec, CodecError, Input } from "./codec.ts";
import { Gunzip } from "./gzip.ts";
import { Uncompress } from "./uncompress.ts";
import { Unxz } from "./unxz.ts";

/** Told of memory taken. */
export type Charge = (bytes: number) => void;

const XZ_MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0];

/** What is tried: all formats; those of gunzip; all, and anything else comes out as it went in. */
export type Formats = "all" | "gzip" | "all or none";

/** A decoder of gzip and compress, and of bzip2 and xz if they are wanted too. */
export class UnpackAny implements Codec {
  readonly #input = new Input();
  #codec: Codec | undefined;

  /** `charge` is told of memory taken. */
  constructor(private readonly formats: Formats, private readonly charge?: Charge) {}

  /** The decoder, once the format is known. */
  get found(): Codec | undefined {
    return this.#codec;
  }

  /** See Codec. */
  write(chunk: Uint8Array): void {
    if (this.#codec !== undefined) this.#codec.write(chunk);
    else this.#input.add(chunk);
  }

  /** See Codec. */
  end(): void {
    this.#input.ended = true;
    this.#codec?.end();
  }

  /** See Codec. */
  read(): Uint8Array | undefined | null {
    if (this.#codec === undefined) {
      const input = this.#input;
      if (input.size < 6 && !input.ended && this.#mayBeXz()) return undefined;
      const codec = this.#choose();
      this.#codec = codec;
      if (input.size > 0) codec.write(input.takeAll());
      if (input.ended) codec.end();
    }
    return this.#codec.read();
  }

  /** Whether more than the bytes at hand must be seen. */
  #mayBeXz(): boolean {
    const { buf, pos, size } = this.#input;
    return size < 2 || (buf[pos] === XZ_MAGIC[0] && this.formats !== "gzip");
  }

  #choose(): Codec {
    const { buf, pos, size } = this.#input;
    if (size >= 2) {
      const magic = buf[pos] << 8 | buf[pos + 1];
      if (magic === 0x1f8b) return new Gunzip();
      if (magic === 0x1f9d) return new Uncompress();
      if (this.formats !== "gzip") {
        if (magic === 0x425a) return new Bunzip2(this.charge);
        if (XZ_MAGIC.every((byte, i) => i < size && buf[pos + i] === byte)) {
          return new Unxz(this.charge);
        }
      }
    }
    if (this.formats === "all or none") return new PassOn();
    if (this.formats === "gzip") throw new CodecError("invalid magic");
    const cut = size < 2 ||
      (size < 6 && XZ_MAGIC.slice(0, 2).every((byte, i) => buf[pos + i] === byte));
    throw new CodecError(cut ? "short read" : "no gzip/bzip2/xz magic");
  }
}

/** Changes nothing. */
export class PassOn implements Codec {
  #pending: Uint8Array | undefined;
  #ended = false;

  /** See Codec. */
  write(chunk: Uint8Array): void {
    this.#pending = chunk;
  }

  /** See Codec. */
  end(): void {
    this.#ended = true;
  }

  /** See Codec. */
  read(): Uint8Array | undefined | null {
    const chunk = this.#pending;
    this.#pending = undefined;
    return chunk ?? (this.#ended ? null : undefined);
  }
}

/**
 * The one shape of every streaming codec: bytes in by `write`, bytes out by `read`, both synchronous.
 * The caller owns all waiting: it reads output until the codec wants input, and only then fetches a
 * chunk (perhaps awaiting), so a bomb never swells inside a codec and back-pressure costs nothing.
 *
 * ```ts
 * for (;;) {
 *   const out = codec.read();
 *   if (out) await sink.write(out);
 *   else if (out === null) break;
 *   else {
 *     const chunk = await source.read();
 *     if (chunk) codec.write(chunk);
 *     else codec.end();
 *   }
 * }
 * ```
 * @module
 */

/** A streaming transformer of bytes: a compressor or a decompressor. */
export interface Codec {
  /**
   * Gives the codec its next input. Call it only after `read` returned `undefined` (or before the
   * first `read`). The chunk passes to the codec, which may keep a rest of it until the next `write`: a
   * decoder stops where a symbol may be cut off. An encoder is done with it once `read` gives `undefined`.
   */
  write(chunk: Uint8Array): void;
  /** Says that no input follows. A decoder that is not at a good end reports it from `read`. */
  end(): void;
  /**
   * The next output, `undefined` when input is wanted, `null` when the work is finished. An empty piece
   * says that the output takes some milliseconds more: time for others to have their turn.
   * The returned view belongs to the codec and is overwritten by its next `read`.
   * @throws {CodecError} for damaged input, in the words native uses after "NAME: ".
   */
  read(): Uint8Array | undefined | null;
}

/** A decoder that stops at the end of its own format and can hand back the input after it. */
export interface Decoder extends Codec {
  /** The input that was given but does not belong to the decoded stream; valid after `null`. */
  rest(): Uint8Array;
}

/** Damaged or unsupported input; `message` is what native prints after the applet's name. */
export class CodecError extends Error {
  override name = "CodecError";
}

/** Nothing, shared. */
export const NO_BYTES: Uint8Array = new Uint8Array(0);

/**
 * The input side of a decoder: one contiguous buffer, so that a decoder can look ahead without
 * minding chunk edges. A chunk is used in place when the one before was eaten up; otherwise the
 * few bytes left over are put in front of it.
 */
export class Input {
  /** The bytes at hand. */
  buf: Uint8Array = NO_BYTES;
  /** The next unread byte. */
  pos = 0;
  /** One past the last byte at hand. */
  end = 0;
  /** True when no more will come. */
  ended = false;
  /** Changes with what is at the offsets of `buf`. */
  version = 0;

  /** Whether `buf` was made here and has room after `end`. */
  #own = false;

  /** Adds a chunk behind what is left. */
  add(chunk: Uint8Array): void {
    this.version++;
    const left = this.end - this.pos;
    if (left === 0) {
      this.buf = chunk;
      this.pos = 0;
      this.end = chunk.length;
      this.#own = false;
      return;
    }
    if (!this.#own || this.end + chunk.length > this.buf.length) {
      // What grows by many chunks (a block that is needed whole) doubles, so it is not copied each time.
      const room = left > 0x20000 ? left : 0;
      const joined = new Uint8Array(left + chunk.length + room);
      joined.set(this.buf.subarray(this.pos, this.end));
      this.buf = joined;
      this.pos = 0;
      this.end = left;
      this.#own = true;
    }
    this.buf.set(chunk, this.end);
    this.end += chunk.length;
  }

  /** How many bytes are at hand. */
  get size(): number {
    return this.end - this.pos;
  }

  /** Puts bytes back in front of the unread ones (a bit reader that read ahead). */
  unread(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.version++;
    const joined = new Uint8Array(bytes.length + this.size);
    joined.set(bytes);
    joined.set(this.buf.subarray(this.pos, this.end), bytes.length);
    this.buf = joined;
    this.pos = 0;
    this.end = joined.length;
    this.#own = false;
  }

  /** Takes everything that is left. */
  takeAll(): Uint8Array {
    const all = this.buf.subarray(this.pos, this.end);
    this.pos = this.end;
    return all;
  }
}

/**
 * A decoder whose course is written down as a generator: it yields a piece of output, or `undefined` for
 * more input. Hot loops stand outside of the generator.
 */
export abstract class SteppedDecoder implements Decoder {
  /** Where the input collects. */
  protected readonly input: Input = new Input();
  #steps: Generator<Uint8Array | undefined, void> | undefined;
  #failure: CodecError | undefined;

  /** The course. */
  protected abstract steps(): Generator<Uint8Array | undefined, void>;

  /** What it means when the input ends too early. */
  protected abstract tooShort(): CodecError;

  /** See Codec. */
  write(chunk: Uint8Array): void {
    this.input.add(chunk);
  }

  /** See Codec. */
  end(): void {
    this.input.ended = true;
  }

  /** See Decoder. */
  rest(): Uint8Array {
    return this.input.takeAll();
  }

  /** See Codec. */
  read(): Uint8Array | undefined | null {
    if (this.#failure !== undefined) throw this.#failure;
    this.#steps ??= this.steps();
    try {
      const step = this.#steps.next();
      return step.done ? null : step.value;
    } catch (error) {
      if (error instanceof CodecError) this.#failure = error;
      throw error;
    }
  }

  /** Waits until `count` bytes are at hand. @throws {CodecError} if they will never be. */
  protected *need(count: number): Generator<undefined, void> {
    while (this.input.size < count) {
      if (this.input.ended) throw this.tooShort();
      yield undefined;
    }
  }

  /** Waits until `count` bytes are at hand or the input has ended; says whether they are. */
  protected *has(count: number): Generator<undefined, boolean> {
    while (this.input.size < count && !this.input.ended) yield undefined;
    return this.input.size >= count;
  }
}

/** Little-endian 32-bit number at `pos`, unsigned. */
export function le32(buf: Uint8Array, pos: number): number {
  return (buf[pos] | buf[pos + 1] << 8 | buf[pos + 2] << 16 | buf[pos + 3] << 24) >>> 0;
}

/** Big-endian 32-bit number at `pos`, unsigned. */
export function be32(buf: Uint8Array, pos: number): number {
  return (buf[pos] << 24 | buf[pos + 1] << 16 | buf[pos + 2] << 8 | buf[pos + 3]) >>> 0;
}

/**
 * Runs a whole buffer through a codec. For tests and for small, bounded inputs only: it holds
 * the whole output.
 */
export function runCodec(codec: Codec, input: Uint8Array, step: number = input.length): Uint8Array {
  const parts: Uint8Array[] = [];
  let total = 0;
  let pos = 0;
  for (;;) {
    const out = codec.read();
    if (out === null) break;
    if (out !== undefined) {
      parts.push(out.slice());
      total += out.length;
    } else if (pos < input.length) {
      codec.write(input.subarray(pos, pos += Math.max(1, step)));
    } else {
      codec.end();
    }
  }
  const all = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

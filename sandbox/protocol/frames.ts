/**
 * Frames between a sandbox's parent and its child process.
 *
 * A frame is a head of ten bytes and a body: kind (1), channel (1), number of the request (4, big
 * endian), length of the body (4). Control frames hold JSON; data frames hold raw bytes of one
 * stream and nothing else. Each kind has its own largest body, checked before anything is kept.
 *
 * @module
 */

/** Kinds of frames. */
export const KIND = Object.freeze({
  /** A message, as JSON. */
  control: 1,
  /** Bytes of a stream. */
  data: 2,
  /** No more bytes will come on this stream, or will be taken from it. */
  end: 3,
  /** So many more bytes of a stream may be sent. */
  credit: 4,
});

/** Streams of a request. */
export const CHANNEL = Object.freeze({ stdin: 0, stdout: 1, stderr: 2 });

/** Bytes of one data frame. */
export const MOST_DATA = 65536;
/** Bytes of one message. */
export const MOST_CONTROL = 16 * 1024 * 1024;
/** Bytes of a stream that may be under way, or wait at the other side. */
export const WINDOW = 4 * MOST_DATA;

const HEAD = 10;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** A frame that was read. */
export interface Frame {
  readonly kind: number;
  readonly channel: number;
  /** Number of the request; 0 belongs to the connection. */
  readonly id: number;
  /** Its bytes; they are the reader's to keep. */
  readonly body: Uint8Array;
}

/** What is wrong with a frame or a message. The connection cannot go on after it. */
export class ProtocolError extends Error {}

/** Largest body of a kind. @throws {ProtocolError} for an unknown kind */
function mostBytes(kind: number): number {
  switch (kind) {
    case KIND.control:
      return MOST_CONTROL;
    case KIND.data:
      return MOST_DATA;
    case KIND.end:
      return 0;
    case KIND.credit:
      return 4;
  }
  throw new ProtocolError("unknown kind of frame");
}

/** Bytes of a frame. @throws {ProtocolError} when the body is too large for its kind */
export function encodeFrame(
  kind: number,
  channel: number,
  id: number,
  body: Uint8Array,
): Uint8Array {
  if (body.length > mostBytes(kind)) throw new ProtocolError("frame too large");
  const frame = new Uint8Array(HEAD + body.length);
  frame[0] = kind;
  frame[1] = channel;
  writeNumber(frame, 2, id);
  writeNumber(frame, 6, body.length);
  frame.set(body, HEAD);
  return frame;
}

/** A message. @throws {ProtocolError} when it is too large */
export function encodeControl(id: number, message: object): Uint8Array {
  return encodeFrame(KIND.control, 0, id, encoder.encode(JSON.stringify(message)));
}

/** The message of a control frame. @throws {ProtocolError} unless it is a JSON object */
export function decodeControl(frame: Frame): ReadonlyMap<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(frame.body));
  } catch {
    throw new ProtocolError("message is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ProtocolError("message is not an object");
  }
  return new Map(Object.entries(value));
}

/** Leave to send so many more bytes. */
export function encodeCredit(channel: number, id: number, bytes: number): Uint8Array {
  const body = new Uint8Array(4);
  writeNumber(body, 0, bytes);
  return encodeFrame(KIND.credit, channel, id, body);
}

/** How many bytes a credit frame allows. @throws {ProtocolError} for more than a window */
export function decodeCredit(frame: Frame): number {
  if (frame.body.length !== 4) throw new ProtocolError("bad credit");
  const bytes = readNumber(frame.body, 0);
  if (bytes > WINDOW) throw new ProtocolError("too much credit");
  return bytes;
}

function writeNumber(target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
}

function readNumber(source: Uint8Array, at: number): number {
  return (source[at] << 24 | source[at + 1] << 16 | source[at + 2] << 8 | source[at + 3]) >>> 0;
}

/** Cuts a stream of bytes into frames. */
export class FrameReader {
  readonly #head = new Uint8Array(HEAD);
  #headFilled = 0;
  #body: Uint8Array | undefined;
  #bodyFilled = 0;

  /** @param take Is given each frame that is complete. */
  constructor(private readonly take: (frame: Frame) => void) {}

  /**
   * Takes the next bytes.
   *
   * @param chunk Must not change afterwards: bodies are parts of it.
   * @throws {ProtocolError} for a head that is wrong
   */
  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      if (this.#headFilled < HEAD) {
        const part = chunk.subarray(at, at + HEAD - this.#headFilled);
        this.#head.set(part, this.#headFilled);
        this.#headFilled += part.length;
        at += part.length;
        if (this.#headFilled < HEAD) return;
        const length = readNumber(this.#head, 6);
        if (length > mostBytes(this.#head[0])) throw new ProtocolError("frame too large");
        if (length <= chunk.length - at) {
          // A part of a shared buffer would keep all of it: small bodies are copied.
          const body = chunk.subarray(at, at + length);
          at += length;
          this.#finish(length < 4096 ? body.slice() : body);
          continue;
        }
        this.#body = new Uint8Array(length);
        this.#bodyFilled = 0;
      }
      const body = this.#body!;
      const part = chunk.subarray(at, at + body.length - this.#bodyFilled);
      body.set(part, this.#bodyFilled);
      this.#bodyFilled += part.length;
      at += part.length;
      if (this.#bodyFilled === body.length) this.#finish(body);
    }
  }

  #finish(body: Uint8Array): void {
    const head = this.#head;
    this.#headFilled = 0;
    this.#body = undefined;
    this.take({ kind: head[0], channel: head[1], id: readNumber(head, 2), body });
  }
}

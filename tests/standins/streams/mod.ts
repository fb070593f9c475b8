/**
 * Stand-in for JSR's `@std/streams`: npm's `deno-std` with types.
 *
 * @module
 */

import * as std from "npm:deno-std@1.4.0/streams/mod.js";

/** Everything a stream carries, as text. */
export function toText(stream: ReadableStream): Promise<string> {
  return std.toText(stream);
}

/** Everything a stream carries, as bytes. */
export function toBytes(stream: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  return std.toBytes(stream);
}

/** Everything a stream carries, as a buffer. */
export function toArrayBuffer(stream: ReadableStream<Uint8Array>): Promise<ArrayBuffer> {
  return std.toArrayBuffer(stream);
}

/** Everything a stream carries, parsed as JSON. */
export function toJson(stream: ReadableStream): Promise<unknown> {
  return std.toJson(stream);
}

/** One stream after the other. */
export function concatReadableStreams<T>(...streams: ReadableStream<T>[]): ReadableStream<T> {
  return std.concatReadableStreams(...streams);
}

/** Several streams at once, chunk by chunk as they come. */
export function mergeReadableStreams<T>(...streams: ReadableStream<T>[]): ReadableStream<T> {
  return std.mergeReadableStreams(...streams);
}

/** Text in, lines out, without their ends. */
export const TextLineStream: new (
  options?: { allowCR?: boolean },
) => TransformStream<string, string> = std.TextLineStream;

/** Passes at most `size` bytes on. */
export const LimitedBytesTransformStream: new (
  size: number,
  options?: { error?: boolean },
) => TransformStream<Uint8Array, Uint8Array> = std.LimitedBytesTransformStream;

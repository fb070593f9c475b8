/**
 * Whatever can be given as standard input, as something to take chunks from.
 *
 * @module
 */
import type { MaybePromise } from "../types.ts";
import { fromText, toBytes } from "../bytes.ts";
import type { StdinSource } from "../session/streams.ts";

/** Chunks, one after the other. */
export interface ByteSource {
  /** The next chunk, or undefined at the end. */
  next(): MaybePromise<Uint8Array | undefined>;
  /** No more is wanted. May be called more than once. */
  cancel(): void;
}

/** A source of the bytes. Text is taken as UTF-8. */
export function sourceOf(input: StdinSource | undefined): ByteSource {
  if (input === undefined) return ofBytes(undefined);
  if (typeof input === "string") return ofBytes(toBytes(fromText(input)));
  if (input instanceof Uint8Array) return ofBytes(input);
  if (input instanceof ReadableStream) {
    const reader = input.getReader();
    return {
      async next(): Promise<Uint8Array | undefined> {
        const { done, value } = await reader.read();
        return done ? undefined : value;
      },
      cancel: () => void reader.cancel().catch(() => {}),
    };
  }
  if (Symbol.asyncIterator in input) {
    const iterator = input[Symbol.asyncIterator]();
    return {
      async next(): Promise<Uint8Array | undefined> {
        const { done, value } = await iterator.next();
        return done ? undefined : value;
      },
      cancel: () => void iterator.return?.()?.catch(() => {}),
    };
  }
  const iterator = input[Symbol.iterator]();
  return {
    next(): Uint8Array | undefined {
      const { done, value } = iterator.next();
      return done ? undefined : value;
    },
    cancel: () => void iterator.return?.(),
  };
}

function ofBytes(bytes: Uint8Array | undefined): ByteSource {
  let left = bytes;
  return {
    next(): Uint8Array | undefined {
      const all = left;
      left = undefined;
      return all;
    },
    cancel(): void {
      left = undefined;
    },
  };
}

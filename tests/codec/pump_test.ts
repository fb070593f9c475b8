/** The pump over a source that reuses its buffer, as host files do. */
import { assertEquals } from "@std/assert";
import { ByteReader, decoded } from "../../applets/_lib/archive/byte_reader.ts";
import type { Codec } from "../../applets/_lib/codec/codec.ts";
import { Gzip } from "../../applets/_lib/codec/gzip.ts";
import { runCodec } from "../../applets/_lib/codec/codec.ts";
import { pump } from "../../applets/_lib/pump.ts";
import type { Source } from "../../applets/_lib/streams.ts";
import { decoderFor } from "./decoders.ts";
import { PLAIN, SAMPLES } from "./samples.ts";

/** A source whose reused chunks really are reused; every third read has to wait. */
function reusing(data: Uint8Array, step: number): Source {
  const buffer = new Uint8Array(step);
  let at = 0;
  let reads = 0;
  const next = (reuse: boolean): Uint8Array | undefined => {
    buffer.fill(0xee);
    if (at >= data.length) return undefined;
    const part = data.subarray(at, at += step);
    if (!reuse) return part.slice();
    buffer.set(part);
    return buffer.subarray(0, part.length);
  };
  const give = (reuse: boolean): ReturnType<Source["read"]> => {
    const chunk = next(reuse);
    return ++reads % 3 === 0 ? Promise.resolve(chunk) : chunk;
  };
  return { read: () => give(false), readReused: () => give(true) } as unknown as Source;
}

const ticker = { tick: (): undefined => undefined };

Deno.test("what a decoder keeps of a chunk is not overwritten by the next", async () => {
  for (const [name, packed] of Object.entries(SAMPLES)) {
    for (const step of [1, 5, 30, 100, 333]) {
      const parts: number[] = [];
      await pump(ticker, reusing(packed, step), decoderFor(name), (piece) => {
        parts.push(...piece);
      });
      assertEquals(new Uint8Array(parts), PLAIN, `${name} by ${step}`);
      const reader = new ByteReader(decoded(ticker, reusing(packed, step), decoderFor(name)));
      assertEquals(await reader.take(PLAIN.length + 1), PLAIN, `${name} by ${step}`);
    }
  }
});

Deno.test("an encoder is done with a chunk before it asks for the next", () => {
  const codec: Codec = new Gzip();
  const buffer = new Uint8Array(100);
  const parts: number[] = [];
  let at = 0;
  for (let piece = codec.read(); piece !== null; piece = codec.read()) {
    if (piece !== undefined) parts.push(...piece);
    else if (at >= PLAIN.length) codec.end();
    else {
      const part = PLAIN.subarray(at, at += 100);
      buffer.set(part);
      codec.write(buffer.subarray(0, part.length));
    }
  }
  assertEquals(runCodec(decoderFor("gzip"), new Uint8Array(parts)), PLAIN);
});

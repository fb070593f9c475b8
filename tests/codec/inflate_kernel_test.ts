/**
 * Inflate has two hot loops: one in TypeScript, and one in WebAssembly for input that comes in large
 * chunks. They must do the same, with whole and with damaged streams, wherever a chunk ends.
 */
import { assertEquals } from "@std/assert";
import { constants, deflateRawSync } from "node:zlib";
import { CodecError } from "../../applets/_lib/codec/codec.ts";
import { Inflate } from "../../applets/_lib/codec/inflate.ts";

/** The same numbers each time. */
function numbers(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * bound);
  };
}

/** Text, numbers, runs and noise by turns, so that all kinds of codes and distances come up. */
function sample(random: (bound: number) => number, size: number): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(size);
  for (let at = 0; at < size;) {
    const end = Math.min(size, at + 1 + random(random(4) === 0 ? 40_000 : 600));
    const kind = random(6);
    const value = random(256);
    const back = 1 + random(Math.min(Math.max(1, at), random(2) === 0 ? 40 : 33_000));
    for (; at < end; at++) {
      if (kind === 0) data[at] = value;
      else if (kind === 1) data[at] = random(256);
      else if (kind === 2) data[at] = 97 + random(5);
      else if (kind === 3) data[at] = 48 + (random(1000) * random(1000)) % 30;
      else data[at] = at >= back ? data[at - back] : value;
    }
  }
  return data;
}

/** What comes out, and how it ends. Chunks of less than 16 KiB are for the loop in TypeScript. */
function inflate(packed: Uint8Array, step: (left: number) => number): [Uint8Array, string, number] {
  const decoder = new Inflate();
  const parts: Uint8Array[] = [];
  let at = 0;
  let message = "";
  try {
    for (;;) {
      const part = decoder.read();
      if (part === null) break;
      if (part !== undefined) parts.push(part.slice());
      else if (at < packed.length) {
        const size = Math.min(packed.length - at, step(packed.length - at));
        decoder.write(packed.slice(at, at + size));
        at += size;
      } else decoder.end();
    }
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    message = error.message;
  }
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let end = 0;
  for (const part of parts) {
    all.set(part, end);
    end += part.length;
  }
  const rest = message === "" ? decoder.rest().length + packed.length - at : -1;
  return [all, message, rest];
}

const { Z_DEFAULT_STRATEGY, Z_FILTERED, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE } = constants;
const STRATEGIES = [Z_DEFAULT_STRATEGY, Z_FILTERED, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE];

Deno.test("inflate: what zlib packs comes out again, by either loop and from one to the other", () => {
  const random = numbers(5);
  for (let trial = 0; trial < 60; trial++) {
    const data = sample(random, 20_000 + random(500_000));
    const strategy = STRATEGIES[random(STRATEGIES.length)];
    const packed = deflateRawSync(data, { level: random(10), strategy });
    const behind = random(30);
    const stream = new Uint8Array(packed.length + behind).fill(0xff);
    stream.set(packed);
    const label = JSON.stringify({ trial, strategy, size: packed.length });
    const small = 1 + random(9000);
    const steps: ((left: number) => number)[] = [
      (left) => left,
      () => 65_536,
      () => small,
      () => random(3) === 0 ? 1 + random(20) : 1 + random(50_000),
    ];
    for (const [index, step] of steps.entries()) {
      const [all, message, rest] = inflate(stream, step);
      assertEquals([message, rest, all.length], ["", behind, data.length], `${label} ${index}`);
      assertEquals(all, data, `${label} ${index}`);
    }
  }
});

Deno.test("inflate: damage is the same to both loops", () => {
  const random = numbers(6);
  let damaged = 0;
  for (let trial = 0; trial < 150; trial++) {
    const data = sample(random, 60_000 + random(200_000));
    const strategy = STRATEGIES[random(STRATEGIES.length)];
    const packed = deflateRawSync(data, { level: 1 + random(9), strategy });
    const cut = random(5) === 0 ? random(packed.length) : packed.length;
    const stream = packed.subarray(0, cut).slice();
    for (let flips = random(12); flips > 0; flips--) stream[random(cut)] ^= 1 << random(8);
    const want = inflate(stream, () => 9000);
    if (want[1] !== "") damaged++;
    const label = JSON.stringify({ trial, strategy, cut });
    for (const step of [(left: number) => left, () => 65_536, () => 17_000 + random(50_000)]) {
      const [all, message, rest] = inflate(stream, step);
      assertEquals([message, rest], [want[1], want[2]], label);
      assertEquals(all, want[0], label);
    }
  }
  assertEquals(damaged > 30, true, `${damaged}`);
});

Deno.test("inflate: many streams in turns, each made ready again", () => {
  const random = numbers(7);
  const data = sample(random, 300_000);
  const packed = deflateRawSync(data);
  const decoders = Array.from({ length: 6 }, () => new Inflate());
  for (let round = 0; round < 3; round++) {
    const parts: number[] = decoders.map(() => 0);
    if (round > 0) { for (const decoder of decoders) decoder.reset(); }
    for (const decoder of decoders) decoder.write(packed.slice());
    for (let open = decoders.length; open > 0;) {
      for (const [i, decoder] of decoders.entries()) {
        if (parts[i] < 0) continue;
        const part = decoder.read();
        if (part === null) {
          assertEquals(parts[i], data.length);
          parts[i] = -1;
          open--;
        } else {
          assertEquals(part, data.subarray(parts[i], parts[i] += part!.length));
        }
      }
    }
  }
});

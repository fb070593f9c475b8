/** The kernel that leaves out bytes, against a plain loop. */
import { assertEquals } from "@std/assert";
import { ByteSieve } from "../../applets/_lib/byte_sieve.ts";

/** The same numbers each time. */
function numbers(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * bound);
  };
}

/** What POSIX tr leaves of bytes, one at a time. */
function wanted(bytes: Uint8Array, set: Uint8Array, squeezes: boolean, last: number): number[] {
  const left: number[] = [];
  let written = last;
  for (const byte of bytes) {
    if (set[byte] === 1 && (!squeezes || byte === written)) continue;
    left.push(written = byte);
  }
  return left;
}

Deno.test("byte sieve: every byte is in the set or not as the table says", () => {
  for (const squeezes of [false, true]) {
    for (let byte = 0; byte < 256; byte++) {
      const set = new Uint8Array(256);
      set[byte] = 1;
      const sieve = new ByteSieve(set, squeezes);
      const bytes = Uint8Array.from({ length: 512 }, (_, i) => i >> 1);
      assertEquals([...sieve.apply(bytes, 0, 256)], wanted(bytes, set, squeezes, 256));
    }
  }
});

Deno.test("byte sieve: what is left is what a loop leaves, in pieces of any size", () => {
  const random = numbers(21);
  for (let trial = 0; trial < 700; trial++) {
    const values = 1 + random(random(2) === 0 ? 4 : 256);
    const set = new Uint8Array(256);
    const share = 1 + random(6);
    for (let byte = 0; byte < 256; byte++) set[byte] = random(share) === 0 ? 1 : 0;
    const squeezes = random(2) === 0;
    const size = random(20) === 0 ? 70_000 + random(200_000) : random(400);
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size;) {
      const value = random(values) * 67 & 255;
      for (let run = random(3) === 0 ? random(40) : 1; run > 0 && at < size; run--) {
        bytes[at++] = value;
      }
    }
    const sieve = new ByteSieve(set, squeezes);
    const other = new ByteSieve(set.map((member) => 1 - member), squeezes);
    const left: number[] = [];
    let last = random(2) === 0 ? 256 : random(256);
    const want = wanted(bytes, set, squeezes, last);
    for (let at = 0; at < size;) {
      const step = 1 + random(size > 1000 ? 65_536 : 70);
      const piece = bytes.subarray(0, Math.min(size, at + step));
      const part = sieve.apply(piece, at, last);
      for (const byte of part) left.push(byte);
      if (part.length > 0) last = part[part.length - 1];
      at = piece.length;
      other.apply(piece, 0, 256);
    }
    assertEquals(left.length, want.length, `${trial}`);
    assertEquals(Uint8Array.from(left), Uint8Array.from(want), `${trial}`);
  }
});

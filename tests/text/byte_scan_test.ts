/** The kernels that look at 16 bytes at a time, against plain loops. */
import { assertEquals } from "@std/assert";
import { ByteTranslator, hasNul, scanBytes } from "../../applets/_lib/byte_scan.ts";

/** The same numbers each time. */
function numbers(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * bound);
  };
}

const ALPHABETS = [
  [97, 98],
  [97, 32, 10],
  [97, 32, 10, 9, 13, 200, 126, 127, 33, 31, 8, 14],
  Array.from({ length: 256 }, (_, byte) => byte),
];

Deno.test("byte scan: counts of lines, words and NULs are those of a loop over bytes", () => {
  const random = numbers(1);
  for (let trial = 0; trial < 1500; trial++) {
    const alphabet = ALPHABETS[random(4)];
    const size = random(2) === 0 ? random(300) : random(9000);
    const bytes = Uint8Array.from({ length: size }, () => alphabet[random(alphabet.length)]);
    const from = random(Math.min(size + 1, 50));
    const to = size - random(Math.min(size - from + 1, 50));
    let inWord = random(2) === 1;
    const scan = scanBytes(bytes, from, to, inWord);
    let lines = 0;
    let words = 0;
    for (const byte of bytes.subarray(from, from + scan.length)) {
      if (byte === 10) lines++;
      if (byte > 32 && byte < 127) inWord = true;
      if (byte === 32 || (byte >= 9 && byte <= 13)) {
        if (inWord) words++;
        inWord = false;
      }
    }
    assertEquals(to - from - scan.length < 64, true);
    const part = bytes.subarray(from, from + scan.length);
    assertEquals([scan.lines, scan.words, scan.inWord], [lines, words, inWord]);
    assertEquals(scan.hasNul, part.includes(0));
    assertEquals(hasNul(bytes, from, to), bytes.subarray(from, to).includes(0));
  }
});

Deno.test("byte scan: translations are those of the table", () => {
  const random = numbers(3);
  for (let trial = 0; trial < 400; trial++) {
    const map = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    for (let ranges = random(11); ranges > 0; ranges--) {
      const [from, to, size] = [random(256), random(256), random(60)];
      for (let i = 0; i < size; i++) map[(from + i) & 255] = (to + i) & 255;
    }
    const translator = ByteTranslator.of(map);
    if (translator === undefined) continue;
    const size = random(2) === 0 ? random(100) : random(140_000);
    const bytes = Uint8Array.from({ length: size }, () => random(256));
    const result = new Uint8Array(size);
    let done = 0;
    for (;;) {
      const part = translator.apply(bytes, done);
      if (part.length === 0) break;
      result.set(part, done);
      done += part.length;
    }
    assertEquals(size - done < 16, true);
    const want = bytes.map((byte) => map[byte]);
    assertEquals(result.subarray(0, done), want.subarray(0, done));
  }
});

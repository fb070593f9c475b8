/** The kernel that finds lines with a text, against a search line by line. */
import { assertEquals } from "@std/assert";
import { LineFinder } from "../../applets/_lib/line_finder.ts";

/** The same numbers each time. */
function numbers(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * bound);
  };
}

const encoder = new TextEncoder();
const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

/** Ranges of adjacent lines that hold the text, found one line at a time. */
function wanted(text: string, needle: string, separator: string, nulEnds: boolean): number[][] {
  const ranges: number[][] = [];
  for (let start = 0; start < text.length;) {
    let stop = text.indexOf(separator, start);
    if (stop < 0) stop = text.length;
    let line = text.slice(start, stop);
    if (nulEnds && line.includes("\0")) line = line.slice(0, line.indexOf("\0"));
    const end = Math.min(stop + 1, text.length);
    if (line.includes(needle)) ranges.push([start, end, 1]);
    start = end;
  }
  return joined(ranges);
}

/** Where ranges are cut is the finder's business: those that touch are one here. */
function joined(ranges: readonly number[][]): number[][] {
  const result: number[][] = [];
  for (const [start, end, lines] of ranges) {
    const last = result.at(-1);
    if (last?.[1] === start) result[result.length - 1] = [last[0], end, last[2] + lines];
    else result.push([start, end, lines]);
  }
  return result;
}

function found(finder: LineFinder): number[][] {
  const ranges: number[][] = [];
  for (let start = finder.next(); start >= 0; start = finder.next()) {
    ranges.push([start, finder.rangeEnd, finder.rangeLines]);
  }
  return joined(ranges);
}

/** The lines themselves, put together from the parts that the finder gives. */
function gathered(finder: LineFinder): { readonly text: string; readonly lines: number } {
  const texts: string[] = [];
  let lines = 0;
  for (;;) {
    const part = finder.nextPart(false);
    if (part === undefined) return { text: texts.join(""), lines };
    let text = "";
    for (const byte of part) text += String.fromCharCode(byte);
    texts.push(text);
    lines += finder.partLines;
  }
}

function counted(finder: LineFinder): number {
  let lines = 0;
  for (;;) {
    const part = finder.nextPart(true);
    if (part === undefined) return lines;
    assertEquals(part.length, 0);
    lines += finder.partLines;
  }
}

Deno.test("line finder: lines are those that hold the text, whatever their length", () => {
  const random = numbers(11);
  const alphabets = ["ab\n", "ab\n\0", "abcdefgh\n\n", "abcdefghijklmnopqrstuvwxyz\xff0\n"];
  for (let trial = 0; trial < 600; trial++) {
    const alphabet = alphabets[random(alphabets.length)];
    // The more often, the longer a line gets on the whole.
    const thinned = random(3) === 0 ? alphabet.replaceAll("\n", "") : alphabet;
    const char = (): string => {
      const from = random(200) === 0 ? alphabet : thinned;
      return from[random(from.length)];
    };
    const size = random(8) === 0 ? 150_000 : random(3000);
    const text = Array.from({ length: size }, char).join("");
    const separator = random(4) === 0 ? "\0" : "\n";
    const needle = Array.from({ length: 1 + random(random(3) === 0 ? 40 : 4) }, char).join("")
      .replace(/[\0\n]/g, "a");
    const nulEnds = separator === "\n" && random(2) === 0;
    const finder = new LineFinder(needle, separator.charCodeAt(0), nulEnds);
    const bytes = latin1(`${text}${needle}`);
    // What stands behind the end does not count.
    finder.start(bytes, text.length);
    const label = JSON.stringify({ trial, needle, separator, nulEnds });
    assertEquals(found(finder), wanted(text, needle, separator, nulEnds), label);
    finder.start(bytes, bytes.length);
    const ranges = wanted(text + needle, needle, separator, nulEnds);
    assertEquals(found(finder), ranges, label);
    const lines = ranges.reduce((sum, range) => sum + range[2], 0);
    let whole = ranges.map(([from, to]) => (text + needle).slice(from, to)).join("");
    if (lines > 0 && !whole.endsWith(separator)) whole += separator;
    finder.start(bytes, bytes.length);
    assertEquals(gathered(finder), { text: whole, lines }, label);
    finder.start(bytes, bytes.length);
    assertEquals(counted(finder), lines, label);
  }
});

Deno.test("line finder: a match at each place around the edges of what is searched at once", () => {
  const needle = "needle in a stack of more than sixteen bytes";
  for (const edge of [65536, 131072 - 256]) {
    for (let shift = -70; shift <= 70; shift++) {
      for (const fill of ["x".repeat(99) + "\n", "x"]) {
        const before = fill.repeat(Math.ceil(edge / fill.length)).slice(0, edge + shift);
        const text = `${before}${needle} end\nlast\n${fill.repeat(200)}`;
        const finder = new LineFinder(needle, 10, true);
        finder.start(encoder.encode(text), text.length);
        const label = `${edge} ${shift}`;
        assertEquals(found(finder), wanted(text, needle, "\n", true), label);
        finder.start(encoder.encode(text), text.length);
        const start = before.lastIndexOf("\n") + 1;
        const line = text.slice(start, text.indexOf("\n", before.length) + 1);
        assertEquals(gathered(finder), { text: line, lines: 1 }, label);
      }
    }
  }
});

Deno.test("line finder: two in turns, and every line of two bytes", () => {
  const text = "a\n\n".repeat(50_000);
  const finders = ["a", "b"].map((needle) => new LineFinder(needle, 10, false));
  for (const finder of finders) finder.start(latin1(text), text.length);
  for (let i = 0; i < 50_000; i++) {
    assertEquals(finders[0].next(), i * 3);
    assertEquals(finders[0].rangeEnd, i * 3 + 2);
    if (i % 1000 === 0) {
      finders[1].start(latin1(text), text.length);
      assertEquals(finders[1].next(), -1);
    }
  }
  assertEquals(finders[0].next(), -1);
});

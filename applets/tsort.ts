import { type Applet, defineApplet } from "./contract.ts";

/** A word and the words that must come after it. */
interface Node {
  readonly after: Set<string>;
  /** How many words that were not printed yet must come before. */
  waiting: number;
}

/** Sorts by a partial order. Source of behaviour: POSIX tsort, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "tsort",
  usage: "[FILE]",
  about:
    "Print the words of FILE (or stdin) so that the first of each pair stands before the second",
  options: {},
  maxOperands: 1,
  async run(ctx) {
    const source = ctx.open(ctx.operands[0] ?? "-");
    if (source === undefined) return;
    const text = await source.readAll();
    const nodes = new Map<string, Node>();
    const node = (word: string): Node => {
      let found = nodes.get(word);
      if (found === undefined) nodes.set(word, found = { after: new Set(), waiting: 0 });
      return found;
    };
    let before: string | undefined;
    for (let at = 0; at < text.length;) {
      if (isBlank(text.charCodeAt(at))) {
        at++;
        continue;
      }
      const start = at;
      while (at < text.length && !isBlank(text.charCodeAt(at))) at++;
      const word = text.slice(start, at);
      const pause = ctx.tick(1);
      if (pause !== undefined) await pause;
      if (before === undefined) {
        before = word;
        continue;
      }
      const first = node(before);
      const second = node(word);
      if (before !== word && !first.after.has(word)) {
        first.after.add(word);
        second.waiting++;
      }
      before = undefined;
    }
    if (before !== undefined) return ctx.fail("odd input");
    // A heap: the first of the words that may come now is the next one.
    const ready: string[] = [];
    const left = new Set<string>();
    for (const [word, { waiting }] of nodes) {
      left.add(word);
      if (waiting === 0) push(ready, word);
      const pause = ctx.tick(1);
      if (pause !== undefined) await pause;
    }
    while (left.size > 0) {
      if (ready.length === 0) {
        // A circle: it is told, and cut at its first word.
        let word: string | undefined;
        for (const each of left) if (word === undefined || each < word) word = each;
        if (word === undefined) break;
        const pause = ctx.tick(1 + (left.size >> 4));
        if (pause !== undefined) await pause;
        ctx.warn(`cycle at ${word}`);
        ready.push(word);
      }
      const word = pop(ready);
      left.delete(word);
      const full = ctx.out.print(`${word}\n`) ?? ctx.tick(4);
      if (full !== undefined) await full;
      for (const next of nodes.get(word)!.after) {
        const after = nodes.get(next)!;
        if (--after.waiting === 0 && left.has(next)) push(ready, next);
      }
    }
  },
});

function isBlank(code: number): boolean {
  return code === 32 || code === 9 || code === 10;
}

/** Puts a word into a heap. */
function push(heap: string[], word: string): void {
  let at = heap.length;
  heap.push(word);
  while (at > 0) {
    const above = (at - 1) >> 1;
    if (heap[above] <= word) break;
    heap[at] = heap[above];
    at = above;
  }
  heap[at] = word;
}

/** Takes the first word out of a heap that is not empty. */
function pop(heap: string[]): string {
  const first = heap[0];
  const last = heap.pop()!;
  const { length } = heap;
  if (length === 0) return first;
  let at = 0;
  for (let below = 1; below < length; below = 2 * at + 1) {
    if (below + 1 < length && heap[below + 1] < heap[below]) below++;
    if (heap[below] >= last) break;
    heap[at] = heap[below];
    at = below;
  }
  heap[at] = last;
  return first;
}

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
    const words = (await source.readAll()).split(/[ \t\n]+/).filter((word) => word !== "");
    if (words.length % 2 === 1) return ctx.fail("odd input");
    const nodes = new Map<string, Node>();
    const node = (word: string): Node => {
      let found = nodes.get(word);
      if (found === undefined) nodes.set(word, found = { after: new Set(), waiting: 0 });
      return found;
    };
    for (let i = 0; i < words.length; i += 2) {
      const first = node(words[i]);
      const second = node(words[i + 1]);
      if (words[i] === words[i + 1] || first.after.has(words[i + 1])) continue;
      first.after.add(words[i + 1]);
      second.waiting++;
      const pause = ctx.tick(1);
      if (pause !== undefined) await pause;
    }
    let ready = [...nodes].filter(([, { waiting }]) => waiting === 0).map(([word]) => word).sort();
    const left = new Set(nodes.keys());
    while (left.size > 0) {
      if (ready.length === 0) {
        // A circle: it is told, and cut at its first word.
        let word: string | undefined;
        for (const each of left) if (word === undefined || each < word) word = each;
        if (word === undefined) break;
        const pause = ctx.tick(1 + (left.size >> 4));
        if (pause !== undefined) await pause;
        ctx.warn(`cycle at ${word}`);
        ready = [word];
      }
      const word = ready.shift()!;
      left.delete(word);
      const full = ctx.out.print(`${word}\n`) ?? ctx.tick(4);
      if (full !== undefined) await full;
      for (const next of nodes.get(word)!.after) {
        const after = nodes.get(next)!;
        if (--after.waiting === 0 && left.has(next)) insertSorted(ready, next);
      }
    }
  },
});

function insertSorted(list: string[], word: string): void {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] < word) low = middle + 1;
    else high = middle;
  }
  list.splice(low, 0, word);
}

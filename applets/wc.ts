import { type Applet, defineApplet } from "./contract.ts";
import { after, attempt, eachChunk, inTurns } from "./_lib/sequence.ts";
import { isUtf8Locale } from "./_lib/locale.ts";
import { addCounts, Counter, type Counts, newCounts } from "./_lib/text_count.ts";

/** Counts lines, words and bytes. Source of behaviour: POSIX wc, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "wc",
  usage: "[-cmlwL] [FILE]...",
  about: "Count the lines, words and bytes of each FILE, or of stdin",
  options: {
    c: { help: "Bytes" },
    m: { help: "Characters" },
    l: { help: "Newlines" },
    w: { help: "Words" },
    L: { help: "Length of the longest line" },
  },
  run(ctx) {
    const { opts, operands } = ctx;
    const columns = (["l", "w", "m", "c", "L"] as const).filter((each) => opts[each]);
    const shown = columns.length === 0 ? ["l", "w", "c"] as const : columns;
    const utf8 = isUtf8Locale(ctx.env);
    // One column and at most one file: no padding.
    const width = shown.length > 1 || operands.length > 1 ? 9 : 0;
    const total = newCounts();
    const print = (counts: Counts, name: string | undefined): void => {
      const cells = shown.map((column, index) => {
        const value = column === "m" && !utf8 ? counts.c : counts[column];
        return String(value).padStart(index === 0 ? width : 9);
      });
      void ctx.out.print(cells.join(" ") + (name === undefined ? "" : ` ${name}`) + "\n");
    };
    const paths = operands.length === 0 ? ["-"] : operands;
    const work = inTurns(ctx.process, paths, (path) => {
      const source = ctx.openPlain(path);
      if (source === undefined) return;
      const counter = new Counter(shown, utf8);
      const counting = attempt(
        () => eachChunk(ctx.process, source, (chunk) => counter.add(chunk)),
        (error) => ctx.warnError(path === "-" ? "standard input" : path, error),
      );
      return after(counting, () => {
        source.close();
        const counts = counter.finish();
        addCounts(total, counts);
        print(counts, operands.length === 0 ? undefined : path);
      });
    });
    return after(work, () => {
      if (operands.length > 1) print(total, "total");
    });
  },
});

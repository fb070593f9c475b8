import { type Applet, defineApplet } from "./contract.ts";
import { LineReader } from "./_lib/line_reader.ts";

/** Compares two sorted files. Source of behaviour: POSIX comm, coreutils. */
export const applet: Applet = defineApplet({
  name: "comm",
  usage: "[-123] FILE1 FILE2",
  about: "Print lines only in FILE1, only in FILE2, and in both, in three columns.\n" +
    "The files are sorted.",
  options: {
    "1": { help: "No lines that are only in FILE1" },
    "2": { help: "No lines that are only in FILE2" },
    "3": { help: "No lines that are in both" },
  },
  minOperands: 2,
  maxOperands: 2,
  async run(ctx) {
    const { opts, operands, out, process } = ctx;
    const sources = operands.map((path) => ctx.openPlain(path) ?? ctx.exit(1));
    const [left, right] = sources.map((source) => new LineReader(source, process, false));
    const second = opts[1] ? 0 : 1;
    const third = second + (opts[2] ? 0 : 1);
    const print = (reader: LineReader, tabs: number): void => {
      for (let i = 0; i < tabs; i++) void out.byte(9);
      void out.bytes(reader.bytes, reader.start, reader.end);
      void out.byte(10);
    };
    let hasLeft = await left.next();
    let hasRight = await right.next();
    while (hasLeft || hasRight) {
      const order = !hasRight ? -1 : !hasLeft ? 1 : compare(left, right);
      if (order < 0 && !opts[1]) print(left, 0);
      else if (order > 0 && !opts[2]) print(right, second);
      else if (order === 0 && !opts[3]) print(left, third);
      if (order <= 0) {
        const more = left.next();
        hasLeft = more instanceof Promise ? await more : more;
      }
      if (order >= 0) {
        const more = right.next();
        hasRight = more instanceof Promise ? await more : more;
      }
      const waiting = out.pending() ?? process.tick(1);
      if (waiting !== undefined) await waiting;
    }
  },
});

/** Order of two lines by bytes. */
function compare(left: LineReader, right: LineReader): number {
  const a = left.bytes;
  const b = right.bytes;
  let i = left.start;
  let j = right.start;
  for (; i < left.end && j < right.end; i++, j++) {
    if (a[i] !== b[j]) return a[i] - b[j];
  }
  return (left.end - i) - (right.end - j);
}

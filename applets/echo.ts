import { type Applet, defineApplet } from "./contract.ts";
import { unescape } from "./_lib/escape.ts";

/** Words that are joined at once. */
const PIECE = 1 << 13;

/** Writes its arguments. Source of behaviour: POSIX echo, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "echo",
  usage: "[-neE] [ARG]...",
  about: "Print the ARGs, separated by spaces",
  lostOutput: "write error",
  options: {
    n: { help: "No newline at the end" },
    e: { help: "Interpret backslash escapes" },
    E: { help: "Do not interpret them (default)" },
  },
  raw: true,
  noHelp: true,
  *run({ operands, process, out }) {
    let newline = true;
    let escapes = false;
    let first = 0;
    // Only words made of n, e and E alone are options; anything else is text from there on.
    words: for (; first < operands.length; first++) {
      const word = operands[first];
      if (word.length < 2 || word[0] !== "-") break;
      for (let i = 1; i < word.length; i++) {
        if (!"neE".includes(word[i])) break words;
      }
      for (let i = 1; i < word.length; i++) {
        if (word[i] === "n") newline = false;
        // -E says what is so without it; it does not undo -e.
        else if (word[i] === "e") escapes = true;
      }
    }
    for (let from = first; from < operands.length; from += PIECE) {
      const wait = from === first ? undefined : out.pending() ?? process.tick(PIECE >> 3);
      if (wait !== undefined) yield wait;
      let text = operands.slice(from, from + PIECE).join(" ");
      if (from + PIECE < operands.length) text += " ";
      if (escapes) {
        const result = unescape(text, true, true);
        text = result.text;
        if (result.stopped) {
          void out.print(text);
          return;
        }
      }
      void out.print(text);
    }
    if (newline) void out.print("\n");
  },
});

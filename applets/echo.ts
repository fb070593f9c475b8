import { type Applet, defineApplet } from "./contract.ts";
import { unescape } from "./_lib/escape.ts";

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
  run({ operands, out }) {
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
    let text = operands.slice(first).join(" ");
    if (escapes) {
      const result = unescape(text, true, true);
      text = result.text;
      if (result.stopped) newline = false;
    }
    out.print(newline ? text + "\n" : text);
  },
});

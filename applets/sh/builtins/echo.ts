/**
 * `echo`.
 *
 * @module
 */

import { unescape } from "../../_lib/escape.ts";
import type { Builtin } from "../shell.ts";

/** Writes its arguments. */
export const echo: Builtin = (sh, argv) => {
  let first = 1;
  let newline = true;
  let escapes = false;
  for (; first < argv.length; first++) {
    const word = argv[first];
    if (word.length < 2 || word.charCodeAt(0) !== 45 || !/^-[neE]+$/.test(word)) break;
    for (let i = 1; i < word.length; i++) {
      if (word[i] === "n") newline = false;
      // Native does not let a later `E` take an earlier `e` back.
      else if (word[i] === "e") escapes = true;
    }
  }
  const n = argv.length - first;
  let text = n === 0 ? "" : n === 1 ? argv[first] : argv.slice(first).join(" ");
  if (escapes) {
    const done = unescape(text, true, true);
    text = done.text;
    if (done.stopped) newline = false;
  }
  text = newline ? text + "\n" : text;
  return text === "" ? 0 : sh.print(text, 0, true);
};

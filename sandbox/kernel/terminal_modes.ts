/**
 * Settings that a terminal begins with, and the lines that it makes of keys when the host's own
 * terminal cannot.
 *
 * @module
 */
import type { TerminalModes } from "../types.ts";

/** Local flag: ^C and the like are signals. */
export const ISIG = 0o1;
/** Local flag: input comes by lines. */
export const ICANON = 0o2;
/** Local flag: input is shown. */
export const ECHO = 0o10;
const ERASE = 2;
const KILL = 3;
const EOF = 4;
const WERASE = 14;

/** What Linux gives a new pseudo-terminal. */
export function defaultModes(): TerminalModes {
  const characters = new Array(32).fill(0);
  [3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22].forEach((code, i) => {
    characters[i] = code;
  });
  return { input: 0x500, output: 5, control: 0xbf, local: 0x8a3b, line: 0, characters };
}

/** A copy that can be changed. */
export function copyModes(modes: TerminalModes): TerminalModes {
  const { input, output, control, local, line, characters } = modes;
  return { input, output, control, local, line, characters: [...characters] };
}

/** Puts lines together from keys that come unedited and are not shown (`stty -echo`). */
export class UnseenLines {
  #line: number[] = [];

  /** Takes keys; gives what is ready to be read, or an empty chunk for the end of the input. */
  take(keys: Uint8Array, characters: readonly number[]): Uint8Array[] {
    const ready: Uint8Array[] = [];
    for (const key of keys) {
      const line = this.#line;
      if (key === 13 || key === 10) {
        line.push(10);
        ready.push(Uint8Array.from(line));
        this.#line = [];
      } else if (key === characters[EOF] && key !== 0) {
        ready.push(Uint8Array.from(line));
        this.#line = [];
      } else if (key === characters[ERASE] && key !== 0) line.pop();
      else if (key === characters[KILL] && key !== 0) this.#line = [];
      else if (key === characters[WERASE] && key !== 0) {
        while (line[line.length - 1] === 32) line.pop();
        while (line.length > 0 && line[line.length - 1] !== 32) line.pop();
      } else line.push(key);
    }
    return ready;
  }
}

/**
 * Commands that put together what single words and lists of commands seldom meet: traps in functions,
 * aliases that hold syntax, descriptors kept over loops, names that are looked up, unusual bytes.
 *
 * In these texts `§` and a letter stand for something random: a Word, a Command of one line, an
 * Expansion, Arithmetic, a Pattern, a Name, some Bytes; `§H` is nothing, but has a Here-document
 * follow. `§{` is a dollar and a brace, and `´` a backquote.
 *
 * @module
 */
import { ALIASES, SYNTAX } from "./rare_syntax.ts";
import {
  ARITHMETIC,
  BYTES,
  DESCRIPTORS,
  DOUBLE_TESTS,
  EXPANSIONS,
  FUNCTIONS,
  LOOKUPS,
  SHELLS,
  TRAPS,
} from "./rare_texts.ts";
import { SimpleMaker } from "./simple.ts";

/** All lists, some more often than others. */
const RARE: readonly (readonly string[])[] = [
  ...[FUNCTIONS, FUNCTIONS, TRAPS, TRAPS, LOOKUPS, ALIASES, DESCRIPTORS, DESCRIPTORS],
  ...[EXPANSIONS, EXPANSIONS, EXPANSIONS, ARITHMETIC, DOUBLE_TESTS, SHELLS, SHELLS, SYNTAX, SYNTAX],
];

/** Makes simple commands, and what lies between those. */
export abstract class RareMaker extends SimpleMaker {
  /** One of the texts, or some of its commands. */
  protected rare(): string {
    const whole = this.pick(this.pick(RARE));
    const pieces = whole.split("; ");
    if (pieces.length < 3 || this.below(3) > 0) return this.filled(whole);
    const from = this.below(pieces.length - 1);
    return this.filled(pieces.slice(from, from + 1 + this.below(3)).join("; "));
  }

  /** A text with something for all its places. */
  private filled(text: string): string {
    const bytes = this.pick(BYTES);
    return text.replaceAll("´", "`").replaceAll(/§(.)/g, (_, letter: string) => {
      switch (letter) {
        case "{":
          return "${";
        case "W":
          return this.word();
        case "C":
          return this.simple();
        case "E":
          return this.expansion();
        case "A":
          return this.arithmetic();
        case "P":
          return this.pattern();
        case "X":
          return this.name();
        case "H":
          this.docs.push(this.documentBody(false) + "E\n");
          return "";
        default:
          // The same bytes in one text, so that they meet.
          return bytes;
      }
    });
  }
}

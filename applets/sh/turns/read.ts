/**
 * Reading a command that is very long.
 *
 * @module
 */

import type { MaybePromise } from "../../../sandbox/types.ts";
import { inSteps, type Steps } from "../../_lib/steps.ts";
import { type Node, ShellSyntaxError } from "../ast.ts";
import type { END, Parser } from "../parse.ts";
import { readingFailed } from "../run.ts";
import type { Shell } from "../shell.ts";
import { Parser as TurnParser } from "./parse.ts";

/** Reads the command at which `parser` gave up, again and in turns with others. */
export function readCommand(
  sh: Shell,
  parser: Parser,
): MaybePromise<Node | null | typeof END> {
  return inSteps(reading(sh, parser));
}

function* reading(sh: Shell, parser: Parser): Steps<Node | null | typeof END> {
  const { hooks } = parser;
  const state = { line: parser.startLine };
  let text = parser.begun();
  const long = new TurnParser(text, state.line, {
    ...hooks,
    more: hooks.more === undefined ? undefined : () => {
      const more = hooks.more!();
      if (more !== undefined) text += more;
      return more;
    },
    pause: (steps) => sh.proc.tick(steps),
  });
  /** The parser that gave up has read what was read here. */
  const follow = (): void => {
    parser.restore(state, text);
    parser.save();
    parser.restore({ line: long.line }, long.rest());
  };
  try {
    const node = yield* long.next();
    follow();
    if (sh.flags.verbose && sh.showsInput) sh.say(parser.consumed());
    return node;
  } catch (error) {
    if (error instanceof ShellSyntaxError || error instanceof RangeError) {
      follow();
      throw readingFailed(sh, parser, error);
    }
    // The text has not come yet; all of it is read again when it has.
    parser.restore(state, text);
    parser.save();
    throw error;
  } finally {
    if (long.charged > 0) sh.proc.chargeMemory(-long.charged);
  }
}

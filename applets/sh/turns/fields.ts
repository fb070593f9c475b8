/**
 * Long texts that become fields, and many parameters, in turns with others.
 *
 * @module
 */

import { type Steps } from "../../_lib/steps.ts";
import { addField, hasGlobChar, type Target, type Wait } from "../expand.ts";
import { BREAK, SEPARATOR, SplitState, WordBuilder } from "../fields.ts";
import type { Shell } from "../shell.ts";
import { paced } from "./paced.ts";

/** Characters that are split at a time. */
const STRETCH = 1 << 14;
/** Parameters that are gone through at a time. */
const SOME = 1 << 12;

/** Splits and globs a value. */
export function splitValue(sh: Shell, value: string, out: string[]): Wait {
  const isActive = !sh.flags.noglob && hasGlobChar(value);
  return paced(sh, () => splitting(sh, value, [0, value.length], out, isActive));
}

/** Splits and globs a text in marked form. */
export function splitText(
  sh: Shell,
  text: string,
  ranges: readonly number[],
  out: string[],
): Wait {
  return paced(sh, () => splitting(sh, text, ranges, out, true));
}

function* splitting(
  sh: Shell,
  text: string,
  ranges: readonly number[],
  out: string[],
  isActive: boolean,
): Steps<void> {
  const splitter = sh.fieldSplitter();
  const state = new SplitState();
  for (let isDone = false; !isDone;) {
    const fields: string[] = [];
    isDone = splitter.split(text, ranges, isActive ? fields : out, state, STRETCH);
    for (const field of fields) {
      const waiting = addField(sh, field, out);
      if (waiting !== undefined) yield waiting;
    }
    const turn = sh.proc.tick(STRETCH >> 4);
    if (turn !== undefined) yield turn;
  }
}

/** `"$@"` */
export function copyList(sh: Shell, params: readonly string[], out: string[]): Wait {
  return paced(sh, function* (): Steps<void> {
    for (let i = 0; i < params.length; i++) {
      out.push(params[i]);
      if (i % SOME !== 0) continue;
      const turn = sh.proc.tick(SOME >> 3);
      if (turn !== undefined) yield turn;
    }
  });
}

/** `"$@"` in company. */
export function quoteList(sh: Shell, params: readonly string[], out: Target): Wait {
  return paced(sh, () => quoting(sh, params, out));
}

function* quoting(sh: Shell, params: readonly string[], out: Target): Steps<void> {
  const { joiner } = sh.fieldSplitter();
  for (let i = 0; i < params.length; i += SOME) {
    const some = params.slice(i, i + SOME);
    if (i > 0) out.breakField();
    if (out instanceof WordBuilder) {
      out.marked(
        some.map((s) => {
          const one = new WordBuilder();
          one.quoted(s);
          return one.text;
        }).join(BREAK),
      );
    } else out.quoted(some.join(joiner));
    const turn = sh.proc.tick(SOME);
    if (turn !== undefined) yield turn;
  }
}

/** What stands between SEPARATORs, quoted, as fields of their own. */
export function quoteParts(sh: Shell, text: string, out: Target): Wait {
  return paced(sh, () => quoting(sh, text.split(SEPARATOR), out));
}

/** All parameters as one text. */
export function joinList(
  sh: Shell,
  params: readonly string[],
  by: string,
  use: (s: string) => Wait,
): Wait {
  return paced(sh, function* (): Steps<void> {
    const waiting = use(yield* joining(sh, params, by));
    if (waiting !== undefined) yield waiting;
  });
}

/** The same in steps. */
export function* joining(sh: Shell, params: readonly string[], by: string): Steps<string> {
  const done: string[] = [];
  for (let i = 0; i < params.length; i += SOME) {
    done.push(params.slice(i, i + SOME).join(by));
    const turn = sh.proc.tick(SOME >> 1);
    if (turn !== undefined) yield turn;
  }
  return done.join(by);
}

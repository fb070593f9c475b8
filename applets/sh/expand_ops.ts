/**
 * The operators of `${…}`: those that choose between the parameter and a word, and those that compute
 * a new text (length, trimming, substring, replacement).
 *
 * A part: a command that holds one is compiled when it is loaded.
 *
 * @module
 */

import type { MaybePromise } from "../../sandbox/types.ts";
import { isName, type VarPart, type Word } from "./ast.ts";
import { need, ShellError } from "./errors.ts";
import {
  compileParameter,
  type Expander,
  type PartFn,
  type Target,
  type TextFn,
  unsetError,
  type Wait,
} from "./expand.ts";
import { SEPARATOR, WordBuilder } from "./fields.ts";
import { ARITHMETIC } from "./parts.ts";
import { longestFor, type Pattern, takesLong } from "./pattern.ts";
import type { Steps } from "../_lib/steps.ts";
import type { Shell } from "./shell.ts";
import { joining, quoteParts } from "./turns/fields.ts";
import { paced } from "./turns/paced.ts";
import {
  compiled,
  endOfMatch,
  find,
  findNear,
  type Pause,
  pauses,
  startOfMatch,
} from "./turns/patterns.ts";

/** Compiles `${…}` with an operator. */
export function compileOperator(p: VarPart, expander: Expander): PartFn {
  const list = p.name === "@" || p.name === "*";
  switch (p.op) {
    case "-":
    case ":-":
    case "+":
    case ":+":
      return alternative(p, list, expander);
    case "=":
    case ":=":
      return assigning(p, list, expander);
    case "?":
    case ":?":
      return demanding(p, list, expander);
  }
  const run = compileStringOp(p, expander, false);
  const spread = list && (p.name === "@" || !p.quoted) ? compileStringOp(p, expander, true) : run;
  return (sh, out): Wait => {
    const v = (out instanceof WordBuilder ? spread : run)(sh);
    if (typeof v !== "string") return v.then((s) => emit(sh, p, s, out));
    return emit(sh, p, v, out);
  };
}

function emit(sh: Shell, p: VarPart, s: string, out: Target): Wait {
  if (!p.quoted) return out.value(s);
  if (s.length > LONG && s.includes(SEPARATOR)) return quoteParts(sh, s, out);
  let from = 0;
  for (let at = s.indexOf(SEPARATOR); at >= 0; at = s.indexOf(SEPARATOR, from)) {
    out.quoted(s.slice(from, at));
    out.breakField();
    from = at + 1;
  }
  out.quoted(s.slice(from));
}

function alternative(p: VarPart, list: boolean, expander: Expander): PartFn {
  const get = compileParameter(p.name);
  const colon = p.op[0] === ":";
  const plus = p.op.endsWith("+");
  const word = expander.parts(p.arg!, p.quoted ? "none" : "word", !p.quoted);
  const itself = expander.itself(p);
  const quoted = p.quoted;
  return (sh, out) => {
    const v = get(sh);
    const present = list && !colon ? true : v !== undefined && !(colon && v === "");
    if (present !== plus) {
      // Only `"$@"` itself makes no field when there are no parameters.
      if (!plus) {
        if (list && quoted) out.quoted("");
        return itself(sh, out);
      }
      if (quoted) out.quoted("");
      return;
    }
    if (quoted) out.quoted("");
    return word(sh, out);
  };
}

function assigning(p: VarPart, list: boolean, expander: Expander): PartFn {
  const get = compileParameter(p.name);
  const colon = p.op[0] === ":";
  const text = expander.text(p.arg!, p.quoted ? "none" : "word");
  const itself = expander.itself(p);
  const name = p.name;
  return (sh, out) => {
    const v = get(sh);
    if (list && !colon) {
      if (p.quoted) out.quoted("");
      return itself(sh, out);
    }
    if (v !== undefined && !(colon && v === "")) return itself(sh, out);
    const store = (s: string): Wait => {
      if (!isName(name)) throw new ShellError(`${name}: bad variable name`);
      sh.set(name, s);
      return emit(sh, p, s, out);
    };
    const s = text(sh);
    return typeof s === "string" ? store(s) : s.then(store);
  };
}

function demanding(p: VarPart, list: boolean, expander: Expander): PartFn {
  const get = compileParameter(p.name);
  const colon = p.op[0] === ":";
  const text = expander.text(p.arg!, p.quoted ? "none" : "word");
  const given = p.arg!.parts.length > 0;
  const itself = expander.itself(p);
  const name = p.name;
  return (sh, out) => {
    const v = get(sh);
    if ((list && !colon) || (v !== undefined && !(colon && v === ""))) {
      if (list && p.quoted) out.quoted("");
      return itself(sh, out);
    }
    const fail = (s: string): never => {
      throw new ShellError(`${name}: ${s}`);
    };
    if (!given) fail(colon ? "parameter not set or null" : "parameter not set");
    const s = text(sh);
    if (typeof s !== "string") return s.then(fail);
    fail(s);
  };
}

type Both = (sh: Shell, value: string) => MaybePromise<string>;

/**
 * Compiles `${#x}`, `${x#p}`, `${x%p}`, `${x:o:l}`, `${x/p/r}` and their doubled forms.
 *
 * @param split The result becomes fields, so that parameters of a list must stay apart.
 */
function compileStringOp(p: VarPart, expander: Expander, split: boolean): TextFn {
  const name = p.name;
  const list = name === "@" || name === "*";
  const spreads = list && split && p.op !== "len";
  const get = compileParameter(name);
  const counts = p.op === "len";
  const apply = operation(p, expander);
  const applyList = spreads ? listOperation(p, expander) : undefined;
  return (sh) => {
    if (list) {
      const by = spreads ? SEPARATOR : sh.fieldSplitter().joiner;
      return withText(
        sh.params.length > VERY_MANY
          ? paced(sh, () => joining(sh, sh.params, by))
          : sh.params.join(by),
        (v) =>
          spreads && v.includes(SEPARATOR) && applyList !== undefined
            ? applyList(sh, v)
            : apply(sh, v),
      );
    }
    const v = get(sh);
    if (v === undefined) {
      if (sh.flags.nounset) throw unsetError(name);
      // What stands behind the operator is not expanded.
      return counts ? apply(sh, "") : "";
    }
    return apply(sh, v);
  };
}

function operation(p: VarPart, expander: Expander): Both {
  switch (p.op) {
    case "len":
      // Of all parameters together native counts the bytes.
      if (p.name === "*" || p.name === "@") return (_, v) => String(v.length);
      return (sh, v) => String(isUtf8(sh) ? countCharacters(v) : v.length);
    case "#":
    case "##":
    case "%":
    case "%%":
      return trim(p, expander);
    case "sub":
      return substring(p, expander);
    default:
      return replacement(p, expander);
  }
}

/**
 * The same on all parameters. Natively they are one text with NULs between, and patterns see it up to the
 * next NUL only: a match up to there takes all that follows with it, and `%` may find one in any of
 * them. Undefined where NULs are characters like others.
 */
function listOperation(p: VarPart, expander: Expander): Both | undefined {
  if (p.op === "sub") return undefined;
  const text = expander.pattern(p.arg!);
  if (p.op[0] === "/") {
    const by = expander.text(p.arg2 ?? EMPTY, "word");
    return (sh, v) =>
      withText(text(sh), (t) =>
        withText(by(sh), (r) => {
          if (t === "") return v;
          return paced(sh, () => replaceInList(sh, t, v, r, p.op === "//", pauses(sh)));
        }));
  }
  return (sh, v) =>
    withText(text(sh), (t) => paced(sh, () => trimList(sh, t, v, p.op, pauses(sh))));
}

function* trimList(sh: Shell, t: string, v: string, op: string, pause: Pause): Steps<string> {
  const pattern = yield* compiled(sh.shared.patterns, t, pause);
  const first = v.slice(0, v.indexOf(SEPARATOR));
  if (op[0] === "#") {
    const end = yield* endOfMatch(pattern, first, 0, op === "##", pause);
    if (op === "##" && end === first.length) return "";
    return end <= 0 ? v : v.slice(end);
  }
  if (op === "%%") {
    const start = yield* startOfMatch(pattern, first, true, pause);
    return start < 0 ? v : v.slice(0, start);
  }
  for (let to = v.length; to >= 0;) {
    const from = to === 0 ? 0 : v.lastIndexOf(SEPARATOR, to - 1) + 1;
    const start = yield* startOfMatch(pattern, v.slice(from, to), false, pause);
    if (start >= 0) return v.slice(0, from + start);
    to = from - 1;
    const turn = pause(32);
    if (turn !== undefined) yield turn;
  }
  return v;
}

function* replaceInList(
  sh: Shell,
  t: string,
  v: string,
  by: string,
  all: boolean,
  pause: Pause,
): Steps<string> {
  const pattern = yield* compiled(sh.shared.patterns, t, pause);
  const done: string[] = [];
  for (let from = 0; from <= v.length;) {
    const to = v.indexOf(SEPARATOR, from);
    const text = v.slice(from, to < 0 ? v.length : to);
    let out = "";
    let at = 0;
    while (at < text.length) {
      const start = yield* find(pattern, text, at, pause);
      if (start < 0) break;
      const end = pattern.lastEnd;
      out += text.slice(at, start);
      if (end === start) {
        out += text[start] ?? "";
        at = start + 1;
        continue;
      }
      out += by;
      // Not so where all of a text without special characters is replaced.
      const isEnd = end === text.length && !(all && pattern.literal !== undefined);
      if (isEnd || !all) {
        done.push(isEnd ? out : out + text.slice(end));
        return done.join(SEPARATOR);
      }
      at = end;
    }
    done.push(out + text.slice(at));
    if (to < 0) break;
    from = to + 1;
    const turn = pause(32);
    if (turn !== undefined) yield turn;
  }
  return done.join(SEPARATOR);
}

/** Whether the locale variables ask for UTF-8: only `${#x}` cares. */
function isUtf8(sh: Shell): boolean {
  for (const name of ["LC_ALL", "LC_CTYPE", "LANG"]) {
    const value = sh.get(name);
    if (value !== undefined && value !== "") return /\.utf-?8$/i.test(value);
  }
  return false;
}

/** Characters of UTF-8 text; of anything else, its bytes. */
function countCharacters(s: string): number {
  let n = 0;
  for (let i = 0; i < s.length; n++) {
    const c = s.charCodeAt(i);
    const more = c < 0xc2 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : c < 0xf5 ? 3 : 0;
    let ok = i + more < s.length;
    for (let k = 1; ok && k <= more; k++) ok = (s.charCodeAt(i + k) & 0xc0) === 0x80;
    if (!ok || (more === 0 && c > 127)) return s.length;
    i += more + 1;
  }
  return n;
}

/** Runs `use` with a text that may have to be waited for. */
function withText(
  text: MaybePromise<string>,
  use: (s: string) => MaybePromise<string>,
): MaybePromise<string> {
  return typeof text === "string" ? use(text) : text.then(use);
}

/** Longer texts and more parameters are gone through in turns with others. */
const LONG = 1 << 15;
const VERY_MANY = 1 << 13;
/** Up to this length, what is done with a text costs no more than a step. */
const SHORT = 1 << 9;

function trim(p: VarPart, expander: Expander): Both {
  const text = expander.pattern(p.arg!);
  const isLongest = p.op.length === 2;
  const front = p.op[0] === "#";
  let lastText: string | undefined;
  let last: Pattern | undefined;
  let longest = 0;
  return (sh, v) =>
    withText(text(sh), (t) => {
      const fromEnd = (end: number): string => end <= 0 ? v : v.slice(end);
      const upTo = (start: number): string => start < 0 ? v : v.slice(0, start);
      if (t !== lastText) {
        lastText = t;
        longest = longestFor(t);
        last = longest < 0 ? undefined : sh.shared.patterns.get(t);
      }
      if (v.length <= longest) {
        if (v.length > SHORT) sh.proc.waiter.spend(v.length >> 5);
        return front
          ? fromEnd(last!.endOfMatch(v, 0, isLongest))
          : upTo(last!.startOfMatch(v, isLongest));
      }
      return paced(sh, function* (): Steps<string> {
        const pause = pauses(sh);
        const pattern = yield* compiled(sh.shared.patterns, t, pause);
        return front
          ? fromEnd(yield* endOfMatch(pattern, v, 0, isLongest, pause))
          : upTo(yield* startOfMatch(pattern, v, isLongest, pause));
      });
    });
}

function substring(p: VarPart, expander: Expander): Both {
  const { evaluateText } = need(ARITHMETIC);
  const offset = expander.text(p.arg!, "none");
  const length = p.arg2 === undefined ? undefined : expander.text(p.arg2, "none");
  const withNumber = (
    sh: Shell,
    text: MaybePromise<string>,
    use: (n: number) => MaybePromise<string>,
  ): MaybePromise<string> =>
    withText(text, (t) => {
      const n = evaluateText(sh, t);
      return n instanceof Promise ? n.then((late) => use(Number(late))) : use(Number(n));
    });
  return (sh, v) =>
    withNumber(sh, offset(sh), (from) => {
      let start = from;
      if (start < 0) {
        start += v.length;
        if (start < 0) return "";
      }
      if (length === undefined) return v.slice(start);
      return withNumber(sh, length(sh), (count) => {
        let n = count;
        if (n < 0) {
          n = v.length - start + n;
          // Native then takes all of it.
          if (n < 0) n = v.length;
        }
        return v.slice(start, start + n);
      });
    });
}

const EMPTY: Word = { parts: [] };

function replacement(p: VarPart, expander: Expander): Both {
  const pattern = expander.pattern(p.arg!);
  const text = expander.text(p.arg2 ?? EMPTY, "word");
  const all = p.op === "//";
  return (sh, v) =>
    withText(pattern(sh), (t) => {
      return withText(text(sh), (r) => t === "" ? v : replace(sh, t, v, r, all));
    });
}

function replace(sh: Shell, t: string, v: string, r: string, all: boolean): MaybePromise<string> {
  if (takesLong(t, v)) return paced(sh, () => replacing(sh, t, v, r, all, pauses(sh)));
  if (v.length > SHORT) sh.proc.waiter.spend(v.length >> 5);
  const pattern = sh.shared.patterns.get(t);
  const { literal } = pattern;
  if (literal !== undefined && literal !== "") {
    return all ? v.replaceAll(literal, () => r) : v.replace(literal, () => r);
  }
  if (v === "" && pattern.matches("")) return r;
  let out = "";
  let at = 0;
  while (at < v.length) {
    const start = pattern.find(v, at);
    if (start < 0) break;
    const end = pattern.lastEnd;
    if (end === start) {
      // An empty match would never end.
      out += v.slice(at, start + 1);
      at = start + 1;
      continue;
    }
    out += v.slice(at, start) + r;
    at = end;
    if (!all) break;
  }
  return out + v.slice(at);
}

/** Replacements after which the clock is looked at. */
const SOME = 256;

function* replacing(
  sh: Shell,
  t: string,
  text: string,
  by: string,
  all: boolean,
  pause: Pause,
): Steps<string> {
  const pattern = yield* compiled(sh.shared.patterns, t, pause);
  if (text === "" && pattern.matches("")) return by;
  const done: string[] = [];
  // Pieces are joined now and then, so that it takes no time in the end.
  let pieces: string[] = [];
  let at = 0;
  for (let count = 1; at < text.length; count++) {
    if (count % SOME === 0) {
      done.push(pieces.join(""));
      pieces = [];
      const turn = pause(SOME << 5);
      if (turn !== undefined) yield turn;
    }
    // A near match is found at once; the search for a far one takes turns.
    let start = findNear(pattern, text, at);
    if (start === -2) start = yield* find(pattern, text, at, pause);
    if (start < 0) break;
    const end = pattern.lastEnd;
    if (end === start) {
      // An empty match would never end.
      pieces.push(text.slice(at, start + 1));
      at = start + 1;
      continue;
    }
    if (start > at) pieces.push(text.slice(at, start));
    pieces.push(by);
    at = end;
    if (!all) break;
  }
  done.push(...pieces, text.slice(at));
  return done.join("");
}

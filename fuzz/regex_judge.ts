/**
 * What a regular expression matches, by trying everything: an answer that owes nothing to the automata
 * of the engine, for texts of a few bytes. It only shares the parser.
 *
 * @module
 */
import * as context from "../applets/_lib/regex/context.ts";
import * as parse from "../applets/_lib/regex/parse.ts";

/** A place in the text, and where groups were matched so far; where they began, under other numbers. */
interface State {
  readonly at: number;
  readonly groups: ReadonlyMap<number, readonly [from: number, to: number]>;
}

/** All places that an operand can lead to. */
type Operand = (from: State) => State[];

const isWord = (text: string, at: number): boolean => /^\w$/.test(text[at] ?? "");

function holds(kind: number, text: string, at: number): boolean {
  const before = isWord(text, at - 1);
  const behind = isWord(text, at);
  switch (kind) {
    case context.BUF_FIRST:
    case context.LINE_FIRST:
      return at === 0;
    case context.BUF_LAST:
    case context.LINE_LAST:
      return at === text.length;
    case context.WORD_FIRST:
      return !before && behind;
    case context.WORD_LAST:
      return before && !behind;
    case context.INSIDE_WORD:
      return before && behind;
    default:
      return !before && !behind;
  }
}

function distinct(states: readonly State[]): State[] {
  const seen = new Map<string, State>();
  for (const state of states) {
    seen.set(`${state.at} ${JSON.stringify([...state.groups].sort())}`, state);
  }
  return [...seen.values()];
}

/** The first match, the longest that begins there: where it lies, or undefined. */
export function longestMatch(
  pattern: string,
  syntax: parse.RegexSyntax,
  icase: boolean,
  text: string,
): readonly [from: number, to: number] | undefined {
  const program = parse.parsePattern(pattern, syntax, icase, false);
  const folded = icase ? text.toLowerCase() : text;
  const stack: Operand[] = [];
  for (const op of program.ops) {
    const code = op & ((1 << parse.OP_BITS) - 1);
    const arg = op >> parse.OP_BITS;
    switch (code) {
      case parse.EMPTY:
        stack.push((from) => [from]);
        break;
      case parse.SET: {
        const set = program.sets[arg];
        stack.push((from) =>
          from.at < text.length && set[text.charCodeAt(from.at)]
            ? [{ at: from.at + 1, groups: from.groups }]
            : []
        );
        break;
      }
      case parse.ASSERT:
        stack.push((from) => holds(arg, text, from.at) ? [from] : []);
        break;
      case parse.BACKREF:
        stack.push((from) => {
          const group = from.groups.get(arg);
          if (group === undefined) return [];
          const again = folded.slice(...group);
          if (!folded.startsWith(again, from.at)) return [];
          return [{ at: from.at + again.length, groups: from.groups }];
        });
        break;
      case parse.OPEN:
        // Only groups that are asked for again make a difference.
        if (!program.referenced.has(arg)) stack.push((from) => [from]);
        else {stack.push((from) => [{
            at: from.at,
            groups: new Map([...from.groups, [-arg - 1, [from.at, from.at]]]),
          }]
          );}
        break;
      case parse.CLOSE:
      case parse.CLOSE_OPTIONAL: {
        const body = stack.pop()!;
        const open = stack.pop()!;
        if (!program.referenced.has(arg)) {
          stack.push(body);
          break;
        }
        stack.push((from) =>
          distinct(
            open(from).flatMap(body).map(({ at, groups }) => {
              const closed = new Map(groups);
              closed.set(arg, [closed.get(-arg - 1)![0], at]);
              closed.delete(-arg - 1);
              return { at, groups: closed };
            }),
          )
        );
        break;
      }
      case parse.CAT: {
        const right = stack.pop()!;
        const left = stack.pop()!;
        stack.push((from) => distinct(left(from).flatMap(right)));
        break;
      }
      case parse.ALT: {
        const right = stack.pop()!;
        const left = stack.pop()!;
        stack.push((from) => distinct([...left(from), ...right(from)]));
        break;
      }
      case parse.STAR: {
        const body = stack.pop()!;
        stack.push((from) => {
          // An empty round is none, unless it is the first (POSIX): its groups do not count.
          const round = (start: State): State[] =>
            body(start).filter(({ at }) => at > start.at || start === from);
          let all = [from];
          for (let size = 0; size < all.length;) {
            size = all.length;
            all = distinct([...all, ...all.flatMap(round)]);
          }
          return all;
        });
      }
    }
  }
  const [whole] = stack;
  for (let at = 0; at <= text.length; at++) {
    const ends = whole({ at, groups: new Map() });
    if (ends.length > 0) return [at, Math.max(...ends.map((state) => state.at))];
  }
  return undefined;
}

/**
 * The expression of find: parsing it into lists of tests and actions.
 *
 * An expression is a list of alternatives (`-o`), each a list of steps that must all hold. Steps
 * know nothing of the walk but the {@link Found} they are handed.
 *
 * Source of behaviour: POSIX find, BusyBox 1.35.
 *
 * @module
 */
import type { ByteString, DirEntry, MaybePromise, Stat } from "../../sandbox/types.ts";
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG } from "../../sandbox/types.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import type { Context } from "../contract.ts";
import { Accounts } from "../_lib/accounts.ts";
import { matchPattern } from "../_lib/glob_match.ts";
import { applyMode } from "../_lib/mode.ts";
import { after } from "../_lib/sequence.ts";
import { compile, RegexError } from "../_lib/regex/regex.ts";
import { parseDecimal } from "../_lib/strtod.ts";
import { CommandAction } from "./command.ts";

/** What a step of a search counts as: one with references may be a tenth of a millisecond. */
const STEPS_OF_REGEX = 4;

/** A file that the walk came to. */
export interface Found {
  /** Path as it is shown. */
  readonly path: ByteString;
  /** Last component. */
  readonly name: ByteString;
  /** `S_IF…` of it, of the target where links are followed. */
  readonly type: number;
  /** Everything that is known of it, fetched when first asked. */
  stat(): Stat;
  /** Names in it; throws where it is no directory. */
  entries(): DirEntry[];
  /** Removes it. @throws {VfsError} */
  remove(): void;
  /** Its contents are not to be visited. */
  pruned: boolean;
}

/** A test or an action: whether it holds. */
export type Step = (found: Found) => MaybePromise<boolean>;

/** What is asked of the walk. */
export interface Plan {
  /** Alternatives, each of them steps. */
  readonly alternatives: readonly (readonly Step[])[];
  /** Whether anything but tests is there, so that nothing is printed by itself. */
  readonly acts: boolean;
  readonly maxDepth: number;
  readonly minDepth: number;
  /** Contents before the directory itself. */
  readonly depthFirst: boolean;
  readonly oneFileSystem: boolean;
  readonly follow: boolean;
  /** `-exec … +` commands with what they were not run on yet. */
  readonly commands: readonly CommandAction[];
}

/** Ends the walk. */
export class Quit extends Error {}

const TYPES = new Map([
  ["f", S_IFREG],
  ["d", S_IFDIR],
  ["l", S_IFLNK],
  ["b", S_IFBLK],
  ["c", S_IFCHR],
  ["s", 0o140000],
  ["p", S_IFIFO],
]);

const DAY = 86400;

/** `+N`, `-N` or `N`. */
interface Bound {
  readonly sign: "+" | "-" | "";
  readonly value: number;
}

function compare({ sign, value }: Bound, actual: number): boolean {
  return sign === "+" ? actual > value : sign === "-" ? actual < value : actual === value;
}

/** Reads the words after the paths. Ends the applet with native's message when they are wrong. */
export function parseExpression(ctx: Context, words: readonly ByteString[]): Plan {
  return new Parser(ctx, words).parse();
}

class Parser {
  #at = 0;
  #acts = false;
  #maxDepth = Infinity;
  #minDepth = 0;
  #depthFirst = false;
  #oneFileSystem = false;
  #follow = false;
  readonly #commands: CommandAction[] = [];
  readonly #now: number;
  #accounts: Accounts | undefined;

  constructor(private readonly ctx: Context, private readonly words: readonly ByteString[]) {
    this.#now = Math.floor(ctx.process.clock.nowMs() / 1000);
  }

  parse(): Plan {
    const alternatives = this.#alternatives(false);
    return {
      alternatives,
      acts: this.#acts,
      maxDepth: this.#maxDepth,
      minDepth: this.#minDepth,
      depthFirst: this.#depthFirst,
      oneFileSystem: this.#oneFileSystem,
      follow: this.#follow,
      commands: this.#commands,
    };
  }

  /** Steps up to the end, or up to a closing parenthesis. */
  #alternatives(inside: boolean): Step[][] {
    const lists: Step[][] = [[]];
    let negated = false;
    for (;;) {
      const word = this.words[this.#at];
      if (word === undefined) {
        if (inside) this.ctx.fail("unpaired '('");
        return lists;
      }
      this.#at++;
      switch (word) {
        case "!":
        case "-not":
          negated = !negated;
          continue;
        case "-a":
        case "-and":
          continue;
        case "-o":
        case "-or":
          lists.push([]);
          negated = false;
          continue;
        case ")":
          if (!inside) this.#unknown(word);
          return lists;
      }
      const step = this.#step(word);
      if (step === undefined) continue;
      lists[lists.length - 1].push(
        negated ? (found) => after(step(found), (holds) => !holds) : step,
      );
      negated = false;
    }
  }

  #unknown(word: ByteString): never {
    this.ctx.warn(`unrecognized: ${word}`);
    return this.ctx.usage();
  }

  #argument(word: ByteString): ByteString {
    if (this.#at >= this.words.length) this.ctx.fail(`${word} requires an argument`);
    return this.words[this.#at++];
  }

  #count(word: ByteString): number {
    const text = this.#argument(word);
    return parseDecimal(text, 0x7fff_ffff) ?? this.ctx.fail(`invalid number '${text}'`);
  }

  #bound(text: ByteString, unitOf?: (text: ByteString) => [ByteString, number]): [Bound, number] {
    const sign = text[0] === "+" || text[0] === "-" ? text[0] : "";
    const [digits, unit] = unitOf?.(text.slice(sign.length)) ?? [text.slice(sign.length), 1];
    const value = parseDecimal(digits) ??
      this.ctx.fail(`invalid number '${text.slice(sign.length)}'`);
    return [{ sign, value }, unit];
  }

  #step(word: ByteString): Step | undefined {
    const { ctx } = this;
    switch (word) {
      case "(": {
        const lists = this.#alternatives(true);
        return (found) => evaluate(lists, found);
      }
      case "-depth":
        this.#depthFirst = true;
        return undefined;
      case "-xdev":
        this.#oneFileSystem = true;
        return undefined;
      case "-follow":
        this.#follow = true;
        return undefined;
      case "-maxdepth":
        this.#maxDepth = this.#count(word);
        return undefined;
      case "-mindepth":
        this.#minDepth = this.#count(word);
        return undefined;
      case "-print":
        this.#acts = true;
        return ({ path }) => {
          void ctx.out.print(path + "\n");
          return true;
        };
      case "-print0":
        this.#acts = true;
        return ({ path }) => {
          void ctx.out.print(path + "\0");
          return true;
        };
      case "-prune":
        return (found) => found.pruned = true;
      case "-quit":
        this.#acts = true;
        return () => {
          throw new Quit();
        };
      case "-delete":
        // Not in native as Debian builds it; a directory goes after what is in it.
        this.#acts = true;
        this.#depthFirst = true;
        return (found) => {
          if (found.path === ".") return true;
          try {
            found.remove();
            return true;
          } catch (error) {
            ctx.warnError(found.path, error);
            return false;
          }
        };
      case "-empty":
        return (found) =>
          found.type === S_IFDIR
            ? found.entries().length === 0
            : found.type === S_IFREG && found.stat().size === 0;
      case "-executable":
        return ({ path }) => ctx.fs.access(path, 1);
      case "-exec":
        return this.#command(word);
    }
    return this.#nameTest(word) ?? this.#statTest(word) ?? this.#unknown(word);
  }

  #nameTest(word: ByteString): Step | undefined {
    const { ctx } = this;
    switch (word) {
      case "-name":
      case "-iname": {
        const pattern = this.#argument(word);
        if (word === "-name") return ({ name }) => matchPattern(pattern, name);
        const lower = lowerCase(pattern);
        return ({ name }) => matchPattern(lower, lowerCase(name));
      }
      case "-path":
      case "-wholename":
      case "-ipath": {
        const pattern = this.#argument(word);
        if (word !== "-ipath") return ({ path }) => matchPattern(pattern, path);
        const lower = lowerCase(pattern);
        return ({ path }) => matchPattern(lower, lowerCase(path));
      }
      case "-regex": {
        const pattern = this.#argument(word);
        try {
          const regex = compile(pattern, {
            syntax: "bre",
            onStep: (steps) => {
              void ctx.process.waiter.spend(STEPS_OF_REGEX * steps);
            },
          });
          return ({ path }) => {
            const match = regex.exec(path);
            return match !== undefined && match !== null && match[0] === 0 &&
              match[1] === path.length;
          };
        } catch (error) {
          if (!(error instanceof RegexError)) throw error;
          return ctx.fail(`bad regex '${pattern}': ${error.message}`);
        }
      }
      case "-type": {
        const letter = this.#argument(word);
        const type = TYPES.get(letter) ?? ctx.fail(`invalid argument '${letter}' to '${word}'`);
        return (found) => found.type === type;
      }
      default:
        return undefined;
    }
  }

  #statTest(word: ByteString): Step | undefined {
    const { ctx } = this;
    switch (word) {
      case "-perm": {
        const text = this.#argument(word);
        const sign = text[0] === "+" || text[0] === "-" || text[0] === "/" ? text[0] : "";
        const mask = applyMode(text.slice(sign.length), 0, 0) ??
          ctx.fail(`invalid mode '${text.slice(sign.length)}'`);
        if (sign === "-") return (found) => (found.stat().mode & mask) === mask;
        if (sign === "") return (found) => (found.stat().mode & 0o7777) === mask;
        return (found) => (found.stat().mode & mask) !== 0;
      }
      case "-mtime":
        return this.#age(word, DAY, (stat) => stat.mtimeNs);
      case "-atime":
        return this.#age(word, DAY, (stat) => stat.atimeNs);
      case "-ctime":
        return this.#age(word, DAY, (stat) => stat.ctimeNs);
      case "-mmin":
        return this.#age(word, 60, (stat) => stat.mtimeNs);
      case "-amin":
        return this.#age(word, 60, (stat) => stat.atimeNs);
      case "-cmin":
        return this.#age(word, 60, (stat) => stat.ctimeNs);
      case "-newer": {
        const reference = this.#reference(word).mtimeNs / 1_000_000_000n;
        return (found) => found.stat().mtimeNs / 1_000_000_000n > reference;
      }
      case "-samefile": {
        // Unlike -newer, this one compares with a link itself.
        const { dev, ino } = this.#reference(word, false);
        return (found) => {
          const stat = found.stat();
          return stat.ino === ino && stat.dev === dev;
        };
      }
      case "-inum": {
        const text = this.#argument(word);
        if (!/^[0-9]/.test(text)) ctx.fail(`invalid number '${text}'`);
        const [bound] = this.#bound(text);
        return (found) => compare(bound, found.stat().ino);
      }
      case "-links": {
        const [bound] = this.#bound(this.#argument(word));
        return (found) => compare(bound, found.stat().nlink);
      }
      case "-user":
      case "-group": {
        const name = this.#argument(word);
        const accounts = this.#accounts ??= new Accounts(ctx.fs);
        const isUser = word === "-user";
        const number = parseDecimal(name, 0xffff_ffff) ??
          (isUser ? accounts.user(name)?.uid : accounts.group(name)?.gid) ??
          ctx.fail(`unknown ${isUser ? "user" : "group"} ${name}`);
        return (found) => (isUser ? found.stat().uid : found.stat().gid) === number;
      }
      case "-size": {
        const units = new Map([["c", 1], ["w", 2], ["b", 512], ["k", 1024]]);
        const [bound, unit] = this.#bound(this.#argument(word), (text) => {
          const factor = units.get(text.slice(-1));
          return factor === undefined ? [text, 512] : [text.slice(0, -1), factor];
        });
        // Native compares bytes: `-size 1k` is 1024 bytes and no fewer.
        const limit = { ...bound, value: bound.value * unit };
        return (found) => compare(limit, found.stat().size);
      }
      default:
        return undefined;
    }
  }

  #reference(word: ByteString, follow = true): Stat {
    const path = this.#argument(word);
    try {
      return follow ? this.ctx.fs.stat(path) : this.ctx.fs.lstat(path);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return this.ctx.fail(`can't stat '${path}': ${error.reason}`);
    }
  }

  /** A test of age in whole units, rounded down. */
  #age(word: ByteString, unit: number, time: (stat: Stat) => bigint): Step {
    const [{ sign, value }] = this.#bound(this.#argument(word));
    return (found) => {
      const age = this.#now - Number(time(found.stat()) / 1_000_000_000n);
      const from = value * unit;
      if (sign === "-") return age < from;
      return sign === "+" ? age >= from + unit : age >= from && age < from + unit;
    };
  }

  #command(word: ByteString): Step {
    this.#acts = true;
    const { ctx, words } = this;
    const from = this.#at;
    while (words[this.#at] !== ";" && words[this.#at] !== "+") {
      if (++this.#at >= words.length) return ctx.fail(`${word} requires an argument`);
    }
    const argv = words.slice(from, this.#at);
    const batched = words[this.#at++] === "+";
    if (argv.length === 0) return ctx.fail(`${word} requires an argument`);
    if (batched && argv.join(" ").split("{}").length !== 2) {
      return ctx.fail("only one '{}' allowed for -exec +");
    }
    const command = new CommandAction(ctx, argv, batched);
    if (batched) this.#commands.push(command);
    return (found) => command.run(found.path);
  }
}

function lowerCase(text: ByteString): ByteString {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** Whether one of the alternatives holds, tried in turn. */
export function evaluate(
  alternatives: readonly (readonly Step[])[],
  found: Found,
): MaybePromise<boolean> {
  // An alternative without steps keeps what the one before it gave.
  let holds = true;
  for (let i = 0; i < alternatives.length; i++) {
    const steps = alternatives[i];
    for (let j = 0; j < steps.length; j++) {
      const result = steps[j](found);
      if (result instanceof Promise) return evaluateLater(alternatives, found, i, j, result);
      holds = result;
      if (!holds) break;
    }
    if (holds) return true;
  }
  return holds;
}

async function evaluateLater(
  alternatives: readonly (readonly Step[])[],
  found: Found,
  first: number,
  next: number,
  coming: Promise<boolean>,
): Promise<boolean> {
  let holds = await coming;
  let from = next + 1;
  for (let i = first; i < alternatives.length; i++) {
    const steps = alternatives[i];
    if (i > first || holds) {
      for (let j = from; j < steps.length; j++) {
        holds = await steps[j](found);
        if (!holds) break;
      }
    }
    if (holds) return true;
    from = 0;
  }
  return holds;
}

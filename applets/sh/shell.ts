/**
 * The state of a shell and what every stage of evaluation needs of it: variables, messages, output,
 * and forking. A subshell is another {@link Shell} over the same maps until one of them writes.
 *
 * @module
 */

import type { MaybePromise, OpenFile, Process } from "../../sandbox/types.ts";
import { isVfsError, VfsError } from "../../sandbox/errors.ts";
import { toBytes } from "../../sandbox/bytes.ts";
import type { ArithCache, ArithHost, Num } from "./arith.ts";
import { Capture } from "./capture.ts";
import { ShellError } from "./errors.ts";
import { Splitter } from "./fields.ts";
import { plainNumber } from "./number.ts";
import { ARITHMETIC } from "./parts.ts";
import { PatternCache } from "./pattern.ts";
import { NameRef, Scope, type Variable } from "./vars.ts";
import type { JobTable } from "./jobs.ts";
import type { SavedFds } from "./redirect.ts";
import type { Traps } from "./traps.ts";

/** A compiled command: runs and gives its exit status. */
export type Exec = (sh: Shell) => MaybePromise<number>;

/** A defined function. */
export interface FunctionDef {
  readonly name: string;
  readonly body: Exec;
}

/** A builtin: arguments with its name first, to exit status. */
export type Builtin = (sh: Shell, argv: readonly string[]) => MaybePromise<number>;

/** Values of {@link Shell.skip}. */
export const SKIP_NONE = 0;
/** A `break` is on its way to its loop. */
export const SKIP_BREAK = 1;
/** A `continue` is on its way to its loop. */
export const SKIP_CONTINUE = 2;
/** A `return` is on its way to its function or file. */
export const SKIP_RETURN = 3;

/** Letters and names of the options, in the order in which `set -o` lists them. */
export const OPTIONS: readonly (readonly [letter: string, name: string])[] = [
  ["e", "errexit"],
  ["f", "noglob"],
  ["I", "ignoreeof"],
  ["m", "monitor"],
  ["n", "noexec"],
  ["x", "xtrace"],
  ["v", "verbose"],
  ["C", "noclobber"],
  ["a", "allexport"],
  ["b", "notify"],
  ["u", "nounset"],
  ["E", "errtrace"],
  ["", "vi"],
  ["", "pipefail"],
];

/** The options by name. */
export interface Flags {
  errexit: boolean;
  noglob: boolean;
  ignoreeof: boolean;
  interactive: boolean;
  monitor: boolean;
  noexec: boolean;
  stdin: boolean;
  command: boolean;
  xtrace: boolean;
  verbose: boolean;
  noclobber: boolean;
  allexport: boolean;
  notify: boolean;
  nounset: boolean;
  errtrace: boolean;
  vi: boolean;
  pipefail: boolean;
}

/** All options off. */
export function noFlags(): Flags {
  return {
    errexit: false,
    noglob: false,
    ignoreeof: false,
    interactive: false,
    monitor: false,
    noexec: false,
    stdin: false,
    command: false,
    xtrace: false,
    verbose: false,
    noclobber: false,
    allexport: false,
    notify: false,
    nounset: false,
    errtrace: false,
    vi: false,
    pipefail: false,
  };
}

/** What all shells of one process tree share: caches and the table of builtins. */
export class SharedState {
  /** Expressions that variables held; made by `expand_arith.ts`. */
  arith: ArithCache | undefined = undefined;
  readonly patterns = new PatternCache();
  readonly history: string[] = [];
  /** What messages name when no builtin or file is under way. */
  title: string | undefined = undefined;
  /** Compiled texts of `eval` and traps. */
  readonly programs: Map<string, Exec> = new Map();
  constructor(
    /** Name of the program (`ash`, `sh`), as messages of its tools begin. */
    readonly name: string,
    /** Process id of the main shell, the value of `$$`. */
    readonly pid: number,
    /** All builtins by name. */
    readonly builtins: ReadonlyMap<string, Builtin>,
    /** Compiles and runs program text; set once, it breaks the circle between stages. */
    readonly run: RunText,
  ) {}
}

/**
 * Parses and runs text in a shell, line by line. Where the line stands still, as it does in a trap's
 * action and in what that evaluates, all of the text counts as one line.
 */
export type RunText = (
  sh: Shell,
  text: string,
  line: number,
  standsStill?: boolean,
) => MaybePromise<number>;

/** What `local` has to put back. */
export interface SavedVariable {
  readonly scope: Scope;
  readonly cell: Variable;
  readonly text: string | undefined;
  readonly num: number;
  readonly isSet: boolean;
  readonly exported: boolean;
  readonly readonly: boolean;
  readonly fixed: boolean;
  readonly charged: number;
}

/** How many levels of calls run on one stack before the next is put on a fresh one. */
const LEVELS_PER_STACK = 64;
/** From this length on a value counts against the sandbox's memory. */
const LARGE = 1 << 16;

/** What a word of a list takes. */
const WORD_BYTES = 48;
/** Most results of one glob. */
export const MAX_GLOB = 1_000_000;

const REF_IFS = "IFS";
/** How fields are split unless a script says otherwise. */
const STANDARD_SPLITTER = new Splitter(" \t\n");

/** One shell or subshell. */
export class Shell implements ArithHost {
  scope: Scope;
  functions: Map<string, FunctionDef> = new Map();
  /** A new object whenever {@link functions} changes: cached look-ups compare it. */
  functionsToken: object = {};
  functionsShared = false;
  aliases: Map<string, string> = new Map();
  aliasesShared = false;
  /** `$1`, `$2`, …, behind as many that `shift` has taken off. */
  words: readonly string[] = [];
  /** How many of {@link words} are gone. */
  gone = 0;
  /** What the innermost redirection in force goes back to. */
  savedFds: SavedFds | undefined;
  /** Words of an expansion that room is charged for. */
  private mostWords = 1 << 12;
  /** Whether the end of the process lets go of {@link savedFds}. */
  dropsSaved = false;
  arg0 = "sh";
  /** Prefix of messages after `arg0`: a script, `eval`, a builtin. */
  commandName: string | undefined = undefined;
  /** {@link commandName} as it was before the builtin under way. */
  callerName: string | undefined = undefined;
  /** Commands come from a file or stdin, so that `set -v` shows them. */
  showsInput = false;
  /** Commands come from a script file, so that messages name the line even in `-i`. */
  fromFile = false;
  status = 0;
  /** Status of the last command substitution of the command under way. */
  substituted = 0;
  /** `$!`, 0 when there was none. */
  lastBackground = 0;
  line = 0;
  /** Line of the outermost function call under way. */
  callLine = 0;
  /** Line up to which the text under way has been read: where native sees some errors of expansion. */
  inputLine = 0;
  /** The same for the shell's own script, which is what a subshell goes by. */
  baseLine = 1;
  /** The next text to be run is the shell's own script. */
  readsBase = false;
  flags: Flags;
  skip = SKIP_NONE;
  skipCount = 0;
  /** What would take turns is not done: words are expanded only as far as they need not wait. */
  hurries = false;
  /** Loops around the current command, in the current function. */
  loops = 0;
  /** Above 0 while the status is tested, so that `set -e` does not act. */
  tested = 0;
  functionDepth = 0;
  /** Depth of `.` files under way. */
  sourceDepth = 0;
  functionName = "";
  /** Values to put back at the end of the current function. */
  locals: SavedVariable[] | undefined = undefined;
  /** What to do with what was local where an error has passed, unless it ends the shell. */
  left: (() => void)[] = [];
  /** Options to put back at the end of the current function: what `local -` does. */
  localFlags: Flags | undefined = undefined;
  /** The text that is read counts as one line. */
  lineStandsStill = false;
  /** Nesting of calls, to bound recursion. */
  depth = 0;
  /** Status on entry of the trap action under way, or -1: what `exit` without argument gives. */
  trapStatus = -1;
  /** Signals that wait for their traps. */
  interrupts = 0;
  /** 0 in the main shell. */
  subshellLevel = 0;
  /** Above 0 just after `exit` has warned of stopped jobs: the next one ends the shell. */
  warnedOfJobs = 0;
  jobs!: JobTable;
  traps!: Traps;
  /** Position of `getopts` inside a word. */
  optIndex = 1;
  optOffset = -1;
  /** Where commands were found, by any of the shells that share it, while {@link hashPath} is PATH. */
  hash: Map<string, string> = new Map();
  /** What of it `hash` lists: what this shell itself has looked for. */
  hashed: ReadonlySet<string> = new Set();
  hashPath: string | undefined = undefined;
  /** The directory that `cd` believes in. */
  cwd = "";
  oldUmask = 0;
  private splitter: Splitter = STANDARD_SPLITTER;
  private readonly ifs = new NameRef(REF_IFS);
  /** Variables whose texts are being evaluated. */
  readonly underEvaluation: Set<string> = new Set();
  /** Assignments made by arithmetic, all and those before the expression under way. */
  writes = 0;
  writesBefore = 0;
  randomSeed = 0;
  /** `exec` could not start its program. */
  execFailed = false;
  /** Extra open files of `<( )` to close when the command under way is done. */
  procFiles: number[] = [];
  /** Where the next line of `set -x` goes when the command's own redirections are in force already. */
  traceFile: OpenFile | undefined;

  constructor(public proc: Process, readonly shared: SharedState, from: Shell | undefined) {
    if (from === undefined) {
      this.scope = new Scope();
      this.scope.owner = this;
      this.flags = noFlags();
      return;
    }
    this.scope = from.scope;
    this.scope.users++;
    this.functions = from.functions;
    this.functionsToken = from.functionsToken;
    this.functionsShared = from.functionsShared = true;
    this.aliases = from.aliases;
    this.aliasesShared = from.aliasesShared = true;
    this.words = from.words;
    this.gone = from.gone;
    this.arg0 = from.arg0;
    this.commandName = from.commandName;
    this.fromFile = from.fromFile;
    this.status = from.status;
    this.trapStatus = from.trapStatus;
    this.lastBackground = from.lastBackground;
    this.line = from.line;
    this.callLine = from.callLine;
    this.inputLine = this.baseLine = from.baseLine;
    this.lineStandsStill = from.lineStandsStill;
    this.flags = { ...from.flags, interactive: false };
    this.loops = from.loops;
    this.tested = from.tested;
    this.functionDepth = from.functionDepth;
    this.sourceDepth = from.sourceDepth;
    this.functionName = from.functionName;
    this.depth = from.depth + 1;
    this.subshellLevel = from.subshellLevel + 1;
    this.optIndex = from.optIndex;
    this.optOffset = from.optOffset;
    this.splitter = from.splitter;
    this.hash = from.hash;
    this.hashed = from.hashed;
    this.hashPath = from.hashPath;
    this.cwd = from.cwd;
    this.randomSeed = from.randomSeed;
    this.jobs = from.jobs.forSubshell();
    this.traps = from.traps.forSubshell(this);
  }

  /** A subshell's end: the scope is its parent's alone again. */
  leave(): void {
    this.scope.users--;
    this.scope = EMPTY_SCOPE;
  }

  // -- parameters -------------------------------------------------------------------------------

  /** `$1`, `$2`, … as a list. */
  get params(): readonly string[] {
    if (this.gone > 0) this.params = this.remaining(this.gone);
    return this.words;
  }

  set params(words: readonly string[]) {
    this.words = words;
    this.gone = 0;
  }

  private remaining(gone: number): readonly string[] {
    this.proc.waiter.spend((this.words.length - gone) >> 6);
    return this.words.slice(gone);
  }

  /** Takes the first `n` parameters off. Of a long list a copy is made only now and then. */
  shift(n: number): void {
    const gone = this.gone + n;
    if (gone < this.words.length >> 1) this.gone = gone;
    else this.params = this.remaining(gone);
  }

  // -- variables --------------------------------------------------------------------------------

  /** The scope, made this shell's own before a write. */
  ownScope(): Scope {
    const scope = this.scope;
    if (scope.users === 1) return scope;
    scope.users--;
    return this.scope = scope.clone(this);
  }

  /** The value of a variable, or undefined when unset. */
  get(name: string): string | undefined {
    const cell = this.scope.cells.get(name);
    return cell === undefined ? undefined : this.valueOf(cell);
  }

  /** The value in a cell. */
  valueOf(cell: Variable): string | undefined {
    return cell.text ?? (cell.special === undefined ? cell.get() : cell.special.read(this, cell));
  }

  /** Sets a variable by name. @throws {ShellError} when it is read-only */
  set(name: string, value: string): void {
    this.setCell(this.ownScope().cell(name), value);
  }

  /** Sets a variable by reference. */
  setRef(ref: NameRef, value: string): void {
    const scope = this.scope;
    this.setCell(ref.in(scope.users === 1 ? scope : this.ownScope()), value);
  }

  private setCell(cell: Variable, value: string): void {
    if (cell.readonly) throw new ShellError(`${cell.name}: is read only`);
    if (value.length >= LARGE || cell.charged !== 0) this.account(cell, value.length);
    cell.text = value;
    cell.num = NaN;
    cell.isSet = true;
    if (cell.exported || cell.special !== undefined || this.flags.allexport) this.afterSet(cell);
  }

  /** Charges the process for a large value, or gives back what an earlier one took. */
  account(cell: Variable, length: number): void {
    const wanted = length >= LARGE ? length : 0;
    this.proc.chargeMemory(wanted - cell.charged);
    cell.charged = wanted;
  }

  private afterSet(cell: Variable): void {
    if (this.flags.allexport) cell.exported = true;
    if (cell.exported) this.scope.exported = undefined;
    cell.special?.written(this, cell);
  }

  /** Unsets a variable. */
  unset(name: string): void {
    const cell = this.ownScope().cell(name);
    if (cell.readonly) throw new ShellError(`${name}: is read only`);
    const special = cell.special;
    if (cell.charged !== 0) this.account(cell, 0);
    cell.text = undefined;
    cell.num = NaN;
    cell.isSet = false;
    if (cell.exported) this.scope.exported = undefined;
    cell.exported &&= cell.fixed;
    special?.written(this, cell);
  }

  /** Marks a variable as exported or not. */
  export(name: string, on: boolean): void {
    const scope = this.ownScope();
    scope.cell(name).exported = on;
    scope.exported = undefined;
  }

  readNumber(ref: NameRef): Num {
    const cell = ref.in(this.scope);
    const n = cell.num;
    if (n === n) return n;
    const text = this.valueOf(cell);
    if (text === undefined || text === "") return 0;
    const plain = plainNumber(text);
    if (plain === plain) {
      if (cell.special === undefined) cell.num = plain;
      return plain;
    }
    return ARITHMETIC.loaded!.readText(this, ref, text);
  }

  writeNumber(ref: NameRef, value: Num): void {
    this.writes++;
    const scope = this.scope;
    const cell = ref.in(scope.users === 1 ? scope : this.ownScope());
    if (cell.readonly) throw new ShellError(`${cell.name}: is read only`);
    if (cell.charged !== 0) this.account(cell, 0);
    if (typeof value === "number") {
      cell.num = value;
      cell.text = undefined;
    } else {
      cell.num = NaN;
      cell.text = String(value);
    }
    cell.isSet = true;
    if (cell.exported || cell.special !== undefined || this.flags.allexport) {
      cell.text = String(value);
      this.afterSet(cell);
    }
  }

  /** How IFS splits now. */
  fieldSplitter(): Splitter {
    const cell = this.ifs.in(this.scope);
    const value = cell.text ?? cell.get();
    const s = this.splitter;
    return s.ifs === value ? s : this.splitter = new Splitter(value);
  }

  /** Functions, made this shell's own before a change. */
  ownFunctions(): Map<string, FunctionDef> {
    if (this.functionsShared) {
      this.functions = new Map(this.functions);
      this.functionsShared = false;
    }
    this.functionsToken = {};
    return this.functions;
  }

  /** Aliases, made this shell's own before a change. */
  ownAliases(): Map<string, string> {
    if (this.aliasesShared) {
      this.aliases = new Map(this.aliases);
      this.aliasesShared = false;
    }
    return this.aliases;
  }

  // -- output and messages ----------------------------------------------------------------------

  /** Charges the process for large arguments of a call; gives what is to be given back. */
  chargeArguments(argv: readonly string[]): number {
    let bytes = 0;
    for (let i = 0; i < argv.length; i++) bytes += argv[i].length;
    if (bytes < LARGE) return 0;
    this.proc.chargeMemory(bytes);
    return bytes;
  }

  /**
   * Accounts for an expansion: the time for its characters, and room for its words. The most that
   * one expansion took stays charged, since the next may need as much.
   */
  weigh(length: number, words: number): void {
    this.proc.waiter.spend(length >> 4);
    if (words <= this.mostWords) return;
    this.proc.chargeMemory((words - this.mostWords) * WORD_BYTES);
    this.mostWords = words;
  }

  /** Runs a builtin with its output caught; undefined when it did not write it all at once. */
  captured(capture: Capture, run: Builtin, argv: readonly string[]): string | undefined {
    const before = this.diverted;
    this.diverted = capture;
    let status;
    try {
      status = run(this, argv);
    } finally {
      this.diverted = before;
    }
    if (typeof status !== "number") return undefined;
    this.capturedStatus = status;
    return capture.all();
  }

  /** Status of the last {@link captured} builtin. */
  capturedStatus = 0;

  /** Where stdout of the builtin under way goes instead of its descriptor. */
  private diverted: Capture | undefined = undefined;

  /** Writes to a descriptor. @throws {VfsError} */
  write(fd: number, text: string, instead?: OpenFile): void | Promise<void> {
    if (fd === 1 && this.diverted !== undefined) return this.diverted.append(text);
    const file: OpenFile | undefined = instead ?? this.proc.fd(fd);
    if (file === undefined) throw new VfsError("EBADF");
    if (file instanceof Capture) return file.append(text);
    return file.write(toBytes(text), this.proc.waiter);
  }

  /**
   * Writes to stdout for a builtin: a failure makes the status of a success 1; only `echo` tells of
   * it. Nothing can be written anywhere.
   */
  print(text: string, status = 0, tells = false): MaybePromise<number> {
    if (text === "" && !tells) return status;
    try {
      const waiting = this.write(1, text);
      if (waiting === undefined) return status;
      return waiting.then(() => status, (error) => status || this.writeFailed(error, tells));
    } catch (error) {
      return status || this.writeFailed(error, tells);
    }
  }

  private writeFailed(error: unknown, tells: boolean): number {
    if (!isVfsError(error)) throw error;
    if (tells) this.say(`${this.shared.name}: write error: ${error.reason}\n`);
    return 1;
  }

  /** Writes to stderr, whatever becomes of it. */
  say(text: string, instead?: OpenFile): void {
    try {
      const waiting = this.write(2, text, instead);
      if (waiting !== undefined) waiting.catch(ignoreVfsError);
    } catch (error) {
      ignoreVfsError(error);
    }
  }

  /** The prefix of messages: `ash: cd: line 3: `. */
  prefix(line: number): string {
    const name = this.commandName;
    if (name === undefined) return `${this.arg0}: `;
    const head = name === this.arg0 ? `${name}: ` : `${this.arg0}: ${name}: `;
    return !this.flags.interactive || this.fromFile ? `${head}line ${line}: ` : head;
  }

  /** Writes a message with its prefix. */
  complain(message: string, line: number = this.line): void {
    this.say(`${this.prefix(line)}${message}\n`);
  }

  // -- depth ------------------------------------------------------------------------------------

  /** Whether one more level of calls may run right here. */
  staysOnStack(): boolean {
    return (this.depth + 1) % LEVELS_PER_STACK !== 0 && this.depth < this.proc.maxDepth;
  }

  /**
   * Runs one more level of calls. Deep recursion goes on on a fresh stack, so that its limit is the
   * policy's and not the engine's.
   */
  deeper(run: () => MaybePromise<number>): MaybePromise<number> {
    if (this.depth >= this.proc.maxDepth) throw new ShellError("maximum recursion depth exceeded");
    this.depth++;
    if (this.depth % LEVELS_PER_STACK === 0) {
      return Promise.resolve().then(run).finally(() => this.depth--);
    }
    let result;
    try {
      result = run();
    } catch (error) {
      this.depth--;
      throw error;
    }
    if (typeof result === "number") {
      this.depth--;
      return result;
    }
    return result.finally(() => this.depth--);
  }
}

const EMPTY_SCOPE = new Scope();

function ignoreVfsError(error: unknown): void {
  if (!isVfsError(error)) throw error;
}

/**
 * Characters for the lexer: the script text, alias texts pushed in front of it, and a hook that
 * brings more text (stdin, terminal). Source of behaviour: BusyBox 1.35 ash, observed.
 *
 * @module
 */

/** What the parser may ask of the world. Everything is optional, so that parsing stays pure. */
export interface SourceHooks {
  /** Text of an alias, or undefined. */
  readonly alias?: (name: string) => string | undefined;
  /** The next piece of script, or undefined at the end. May throw to say "not now". */
  readonly more?: () => string | undefined;
  /** Line of the last command that was run. */
  readonly line?: () => number;
  /** All of the text counts as one line. */
  readonly lineStandsStill?: boolean;
  /** Told of bytes that the tree of a long command takes while it is read. */
  readonly charge?: (bytes: number) => void;
  /** How deep constructs may nest. */
  readonly maxDepth?: number;
  /** Counts steps of a reader in turns; a promise when others are to have theirs. */
  readonly pause?: (steps: number) => Promise<void> | undefined;
}

/** A command is so long that it is to be read in turns with others. */
export class TooLong extends Error {}

/** Steps in which a command may be read without looking whether others should have their turn. */
const MANY = 1 << 13;
/** So many steps are never taken. */
const NO_LIMIT = (1 << 30) - 1;

interface Frame {
  readonly s: string;
  readonly pos: number;
  readonly alias: string;
  readonly carried: string[];
}

/** The text being read. */
export class Source {
  /** Text of the innermost frame. */
  protected s: string;
  /** Position in {@link s}. */
  protected pos = 0;
  /** Line number of the character at {@link pos}. */
  line: number;
  #frames: Frame[] = [];
  #aliasName = "";
  /** Aliases that stay in use until the current frame ends, because their last word led here. */
  private carried: string[] = [];
  #inUse = new Set<string>();
  #finished: string[] = [];
  /** An alias ended in a blank, so the next word is looked up too. */
  protected aliasNext = false;
  #atEnd = false;

  /** 0 where all of the text counts as one line. */
  protected readonly lineStep: number;

  /** Steps until a command is {@link TooLong}. */
  left: number = NO_LIMIT;
  #start = 0;
  /** Line on which the command began. */
  startLine = 0;

  constructor(text: string, line: number, readonly hooks: SourceHooks) {
    this.s = text;
    this.line = line;
    this.lineStep = hooks.lineStandsStill === true ? 0 : 1;
  }

  /** Begins a command, of which only so much is read at once: the steps that there are for it. */
  begin(): number {
    this.#start = this.pos;
    this.startLine = this.line;
    return this.left = this.#frames.length === 0 ? MANY : NO_LIMIT;
  }

  /** Counts a step of reading a word. */
  protected step(): void {
    if (--this.left < 0) throw new TooLong();
  }

  /** All text from where the command began. */
  begun(): string {
    return this.hooks.more === undefined
      ? (this.#frames[0] ?? this).s.slice(this.#start)
      : this.sinceSave();
  }

  /** What is still to be read. */
  rest(): string {
    let text = this.s.slice(this.pos);
    for (const frame of this.#frames.toReversed()) text += frame.s.slice(frame.pos);
    return text;
  }

  /** The next character code, consumed; -1 at the end. */
  protected take(): number {
    if (this.pos < this.s.length) return this.s.charCodeAt(this.pos++);
    return this.#refill() ? this.s.charCodeAt(this.pos++) : -1;
  }

  /** The next character code, not consumed; -1 at the end. */
  protected peek(): number {
    if (this.pos < this.s.length) return this.s.charCodeAt(this.pos);
    return this.#refill() ? this.s.charCodeAt(this.pos) : -1;
  }

  /** Like {@link peek}, but first drops any backslash-newline pairs (POSIX 2.2.1). */
  protected peekJoined(): number {
    for (;;) {
      const c = this.peek();
      if (c !== 92) return c;
      if (this.pos + 1 >= this.s.length && !this.extend()) return c;
      if (this.s.charCodeAt(this.pos + 1) !== 10) return c;
      this.pos += 2;
      this.line += this.lineStep;
    }
  }

  /** Appends more text to the current frame when it is the script itself. */
  protected extend(): boolean {
    if (this.#frames.length > 0 || this.#atEnd || this.hooks.more === undefined) return false;
    const more = this.hooks.more();
    if (more === undefined) {
      this.#atEnd = true;
      return false;
    }
    if (this.#record !== undefined) this.#record += more;
    this.s = this.s.slice(this.pos) + more;
    this.pos = 0;
    return true;
  }

  #refill(): boolean {
    for (;;) {
      const frame = this.#frames.pop();
      if (frame === undefined) {
        if (!this.extend()) return false;
        if (this.pos < this.s.length) return true;
        continue;
      }
      const last = this.s.charCodeAt(this.s.length - 1);
      if (last === 32 || last === 9) {
        this.aliasNext = true;
        this.#inUse.delete(this.#aliasName);
        for (const name of this.carried) this.#inUse.delete(name);
      } else {
        // It stays in use until the next token, because its last word has just been read.
        this.#finished.push(this.#aliasName, ...this.carried);
      }
      this.carried = frame.carried;
      this.s = frame.s;
      this.pos = frame.pos;
      this.#aliasName = frame.alias;
      if (this.pos < this.s.length) return true;
    }
  }

  /** Called before each token: aliases that were read to their end may expand again. */
  protected releaseAliases(): void {
    if (this.#finished.length === 0) return;
    for (const name of this.#finished) this.#inUse.delete(name);
    this.#finished = [];
  }

  /** Puts the text of alias `name` in front of the input; false when there is none to expand. */
  protected pushAlias(name: string): boolean {
    if (this.hooks.alias === undefined || this.#inUse.has(name)) return false;
    const text = this.hooks.alias(name);
    if (text === undefined) return false;
    if (text.length === 0) return true;
    this.#frames.push({
      s: this.s,
      pos: this.pos,
      alias: this.#aliasName,
      carried: this.carried,
    });
    this.carried = this.#finished;
    this.#finished = [];
    this.s = text;
    this.pos = 0;
    this.#aliasName = name;
    this.#inUse.add(name);
    return true;
  }

  #record: string | undefined;

  /** Begins to note what is read, so that a command can be read again. Only between commands. */
  save(): { readonly line: number } {
    this.#record = this.s.slice(this.pos);
    return { line: this.line };
  }

  /** What was read since {@link save}: the lines that `set -v` shows, the last one maybe `whole`. */
  consumed(whole = false): string {
    if (this.#frames.length > 0 || this.#record === undefined) return "";
    const end = this.#record.length - (this.s.length - this.pos);
    if (!whole || this.#record[end - 1] === "\n") return this.#record.slice(0, end);
    const newline = this.#record.indexOf("\n", end);
    return newline < 0 ? this.#record : this.#record.slice(0, newline + 1);
  }

  /** All text since {@link save}. */
  sinceSave(): string {
    return this.#record ?? "";
  }

  /** Goes back to where {@link save} was called, with `text` as the input from there. */
  restore(state: { readonly line: number }, text: string): void {
    this.#frames = [];
    this.#inUse.clear();
    this.#finished = [];
    this.carried = [];
    this.#aliasName = "";
    this.aliasNext = false;
    this.#atEnd = false;
    this.s = text;
    this.pos = 0;
    this.line = state.line;
  }
}

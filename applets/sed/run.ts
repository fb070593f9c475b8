/**
 * Runs a parsed script over its input.
 *
 * The machine is synchronous and stops by itself where it would have to wait: it says what it needs,
 * and goes on at the same command when it is there. The pattern space is a range of a string, at
 * first of the batch of input itself, so that a line that is not changed is never copied.
 *
 * @module
 */
import type { ByteString, MaybePromise } from "../../sandbox/types.ts";
import { toByteString, writeBytes } from "../../sandbox/bytes.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import type { Context } from "../contract.ts";
import {
  execInTurns,
  INTERRUPTED,
  type MatchFlags,
  PAUSED,
  type Regex,
} from "../_lib/regex/regex.ts";
import { after } from "../_lib/sequence.ts";
import { NONE, type SedInput, UNKNOWN } from "./input.ts";
import { type Address, type Command, type OutputName, type Script, SedError } from "./script.ts";
import type { Substitution } from "./script.ts";
import { Skipper } from "./skip.ts";
import type { Writer } from "./writer.ts";
import { takeMemory } from "../_lib/streams.ts";

/** The cycle is over. */
const CYCLE = 0;
/** The script has been left by `q`, or by `n` or `N` without a line to read. */
const QUIT = 1;
/** It must be known whether a line follows. */
const NEED = 2;
/** Something must be waited for, or much work has been done. */
const YIELD = 3;
/** The cycle is over, and the pattern space is not printed. */
const DELETED = 4;

/** Commands after which other programs get their turn. */
const SLICE = 4096;

/** Length of a pattern space and of a hold space that is not charged. */
const ROOM = 1 << 18;

/** Queued texts that are charged at a time. */
const APPENDIX = 4096;

/** Matches of one `s` after which other programs get their turn. */
const MATCHES = 2048;

/** How far an `s` has come that was interrupted. */
interface Begun {
  readonly result: ByteString;
  readonly at: number;
  readonly copied: number;
  readonly replaced: boolean;
  readonly empty: boolean;
  readonly lastEnd: number;
  readonly count: number;
  readonly notbol: boolean;
}

/** What `a` and `r` print before the next line is read. */
type Appendix = { readonly text: ByteString } | { readonly path: ByteString };

/** Flags of a search, written again for each. */
interface Flags extends MatchFlags {
  notbol: boolean;
  end: number;
  nosub: boolean;
}

/** One run of a script over one input. */
export class Machine {
  readonly #commands: readonly Command[];
  /** For each range: whether it is on, and the line that ends it. */
  readonly #active: Uint8Array;
  readonly #lastLine: Float64Array;
  /** Ranges that began by number, which happens only once. */
  readonly #spent: Uint8Array;
  readonly #simple: Uint8Array;
  readonly #skipper: Skipper;
  /** Index of the last command if it is an `s` whose result is only printed. */
  readonly #lastSubstitution: number;
  readonly #flags: Flags = { notbol: false, end: 0, nosub: true };
  #text: ByteString = "";
  #start = 0;
  #end = 0;
  #terminator: ByteString = "\n";
  #hold: ByteString = "";
  /** How long the pattern space and the hold space may become with what is charged. */
  #spaceRoom = ROOM;
  #holdRoom = ROOM;
  #appendixRoom = 0;
  /** Texts that were joined since one was made a plain string. */
  #joins = 0;
  #pc = 0;
  #inCycle = false;
  #substituted = false;
  #appendix: Appendix[] = [];
  #waitFor: Promise<void> | undefined;
  /** Index of the `s` at work, −1 outside of one; and where it goes on, if it was interrupted. */
  #substituting = -1;
  #begun: Begun | undefined;
  /** `n` has printed the pattern space already. */
  #printed = false;
  #steps = 0;
  #lastRegex: Regex | undefined;
  #scratch = new Uint8Array(256);
  private input!: SedInput;
  private out!: Writer;

  constructor(
    private readonly ctx: Context,
    private readonly script: Script,
    private readonly quiet: boolean,
    private readonly outputs: ReadonlyMap<OutputName, Writer>,
  ) {
    const commands = this.#commands = script.commands;
    this.#lastRegex = script.lastAddress;
    this.#active = new Uint8Array(commands.length);
    this.#spent = new Uint8Array(commands.length);
    this.#lastLine = new Float64Array(commands.length);
    const last = commands[commands.length - 1]?.substitution;
    const printed = last !== undefined && !quiet && !last.print && last.output === undefined;
    this.#lastSubstitution = printed ? commands.length - 1 : -1;
    this.#skipper = new Skipper(commands, this.#active, this.#spent);
    this.#simple = Uint8Array.from(commands, (command) => {
      const first = command.first;
      const none = first === undefined || (first.kind === "line" && first.line === 0);
      return none && command.second === undefined && !command.negated ? 1 : 0;
    });
  }

  /**
   * Runs to the end of an input; true if a command ended the run before. Ranges and the hold space
   * live on from input to input.
   */
  run(input: SedInput, out: Writer): MaybePromise<boolean> {
    this.input = input;
    this.out = out;
    this.#spent.fill(0);
    for (;;) {
      const turn = this.#turn();
      if (turn === CYCLE) continue;
      if (turn instanceof Promise) return this.#runLater(turn);
      return turn === QUIT;
    }
  }

  async #runLater(first: Promise<void>): Promise<boolean> {
    await first;
    for (;;) {
      const turn = this.#turn();
      if (turn === CYCLE) continue;
      if (turn instanceof Promise) await turn;
      else return turn === QUIT;
    }
  }

  /**
   * Counts the work of a search. True stops it half-way: the command is executed again, and goes on
   * with it, when others have had their turn.
   */
  searched(steps: number): boolean {
    return (this.#waitFor ??= this.ctx.tick(steps)) !== undefined;
  }

  /** Goes on until something must be waited for. CYCLE: call again; NEED: the input has ended. */
  #turn(): number | Promise<void> {
    try {
      return this.#turnNow();
    } catch (error) {
      if (error !== PAUSED) throw error;
      if (this.#substituting >= 0) this.#pc = this.#substituting;
      const waiting = this.out.out.pending();
      const turn = this.#waitFor as Promise<void>;
      this.#waitFor = undefined;
      return waiting === undefined ? turn : waiting.then(() => turn);
    }
  }

  #turnNow(): number | Promise<void> {
    const { input, out } = this;
    for (;;) {
      if (!this.#inCycle) {
        if (this.#appendix.length > 0 && input.peek() === UNKNOWN) return input.fill() ?? CYCLE;
        const waiting = this.#flushAppendix() ?? out.out.pending();
        if (waiting !== undefined) return waiting;
        if (this.#steps > SLICE || this.#waitFor !== undefined) {
          const pause = this.#waitFor ?? this.#pause();
          this.#waitFor = undefined;
          if (pause !== undefined) return pause;
        }
        const more = input.peek();
        if (more === UNKNOWN) return input.fill() ?? CYCLE;
        if (more === NONE) return NEED;
        if (this.#skipper.usable && input.plain) {
          const { from } = input.rest();
          const end = this.#skipper.skip(input);
          if (end > from) {
            if (!this.quiet) out.lines(input.bytes, from, end);
            this.#steps += 1 + ((end - from) >> 6);
            continue;
          }
        }
        this.#readLine();
        this.#pc = 0;
        this.#inCycle = true;
      }
      const state = this.#execute();
      if (state === CYCLE) {
        if (!this.quiet) this.#print(this.#terminator, out);
        this.#inCycle = false;
      } else if (state === DELETED) {
        this.#inCycle = false;
      } else if (state === NEED) {
        return input.fill() ?? CYCLE;
      } else if (state === YIELD) {
        const waiting = this.#waitFor ?? out.out.pending() ?? this.#pause();
        this.#waitFor = undefined;
        if (waiting !== undefined) return waiting;
      } else {
        this.#inCycle = false;
        const waiting = this.#flushAppendix();
        return waiting === undefined ? QUIT : this.#quitLater(waiting);
      }
    }
  }

  async #quitLater(waiting: Promise<void>): Promise<void> {
    await waiting;
    this.input.stop();
  }

  #pause(): Promise<void> | undefined {
    const steps = this.#steps;
    this.#steps = 0;
    return this.ctx.tick(steps);
  }

  /** Charges a pattern space beyond a size that every script may have, before it is longer. */
  #growSpace(length: number): void {
    takeMemory(this.ctx.process, 2 * length - this.#spaceRoom);
    this.#spaceRoom = 2 * length;
  }

  /**
   * Two texts with a newline between. A string that is added to again and again keeps its parts, each
   * many times as large as a short line, until a char of it is looked at.
   */
  #joined(one: ByteString, two: ByteString): ByteString {
    const text = one + "\n" + two;
    if (++this.#joins * 64 > text.length + ROOM) {
      // It is kept, or the compiler would see that nobody wants it.
      this.#joins = text.charCodeAt(0) & 1;
    }
    return text;
  }

  #setHold(text: ByteString): void {
    if (text.length > this.#holdRoom) {
      takeMemory(this.ctx.process, 2 * text.length - this.#holdRoom);
      this.#holdRoom = 2 * text.length;
    } else if (this.#holdRoom > ROOM && text.length < this.#holdRoom >> 2) {
      this.ctx.process.chargeMemory(ROOM - this.#holdRoom);
      this.#holdRoom = ROOM;
    }
    this.#hold = text;
  }

  #readLine(): void {
    const { input } = this;
    if (this.#spaceRoom > ROOM) {
      this.ctx.process.chargeMemory(ROOM - this.#spaceRoom);
      this.#spaceRoom = ROOM;
    }
    input.next();
    this.#text = input.text;
    this.#start = input.start;
    this.#end = input.end;
    this.#terminator = input.terminator;
    this.#substituted = false;
    this.#steps++;
  }

  #setSpace(text: ByteString): void {
    // What it costs to make one text of its parts.
    this.#steps += text.length >> 11;
    if (text.length > this.#spaceRoom) this.#growSpace(text.length);
    this.#text = text;
    this.#start = 0;
    this.#end = text.length;
  }

  #space(): ByteString {
    return this.#text.slice(this.#start, this.#end);
  }

  #print(terminator: ByteString, to: Writer): void {
    // While the batch is the one in the buffer, its bytes need no conversion.
    if (this.#text === this.input.text) {
      to.range(this.input.bytes, this.#start, this.#end, terminator);
    } else to.line(this.#space(), terminator);
  }

  /** Executes commands from `#pc` on. */
  #execute(): number {
    const commands = this.#commands;
    const { input, out } = this;
    while (this.#pc < commands.length) {
      const pc = this.#pc;
      const command = commands[pc];
      const { name } = command;
      // Whatever may have to wait does so before the address is looked at, which has effects.
      if (++this.#steps > SLICE && (isBackward(name) || this.#steps > 2 * SLICE)) {
        const pause = this.#pause() ?? out.out.pending();
        if (pause !== undefined) {
          this.#waitFor = pause;
          return YIELD;
        }
      }
      if ((name === "n" || name === "N") && input.peek() === UNKNOWN) return NEED;
      // Native has opened the next file already when the last line of this one is worked on.
      if (name === "q" && input.atFileEnd) return NEED;
      if (this.#simple[pc] === 0 && !this.#printed && this.#substituting < 0) {
        const selected = this.#selects(pc, command);
        if (selected === NEED) return NEED;
        if (selected === 0) {
          if (name === "{") {
            if (command.jump < 0) throw new SedError("unterminated {");
            this.#pc = command.jump;
          } else this.#pc++;
          continue;
        }
      }
      this.#pc++;
      switch (name) {
        case "s": {
          this.#substituting = pc;
          let printed = false;
          if (pc === this.#lastSubstitution && this.#text === input.text) {
            printed = this.#substituteAndPrint(command.substitution as Substitution);
          } else this.#substitute(command.substitution as Substitution);
          this.#substituting = -1;
          if (printed) return DELETED;
          break;
        }
        case "p":
          this.#print("\n", out);
          break;
        case "d":
          return DELETED;
        case "b":
          this.#branch(command);
          break;
        case "t":
          if (!this.#substituted) break;
          this.#substituted = false;
          this.#branch(command);
          break;
        case "T":
          // Unlike `t`, native's `T` leaves the mark that a substitution was made.
          if (!this.#substituted) this.#branch(command);
          break;
        case "n":
        case "N": {
          const state = this.#nextLine(name === "N");
          if (state === CYCLE) break;
          if (state !== QUIT) this.#pc = pc;
          return state;
        }
        case "q":
          if (!this.quiet) this.#print(this.#terminator, out);
          return this.#quit();
        case "D": {
          const newline = this.#text.indexOf("\n", this.#start);
          if (newline < 0 || newline >= this.#end) return DELETED;
          this.#start = newline + 1;
          this.#pc = 0;
          break;
        }
        case "P": {
          const newline = this.#text.indexOf("\n", this.#start);
          const end = this.#end;
          if (newline >= 0 && newline < end) this.#end = newline;
          this.#print("\n", out);
          this.#end = end;
          break;
        }
        case "h":
          this.#setHold(this.#space());
          break;
        case "H":
          this.#setHold(this.#joined(this.#hold, this.#space()));
          break;
        case "g":
          this.#setSpace(this.#hold);
          break;
        case "G":
          this.#setSpace(this.#joined(this.#space(), this.#hold));
          this.#terminator = "\n";
          break;
        case "x": {
          const space = this.#space();
          this.#setSpace(this.#hold);
          this.#setHold(space);
          this.#terminator = "\n";
          break;
        }
        case "y":
          this.#transliterate(command.map as Uint8Array);
          break;
        case "=":
          out.bare(String(input.number));
          break;
        case "i":
          out.line(command.text.slice(0, -1), "\n");
          break;
        case "a":
          this.#append({ text: command.text });
          break;
        case "r":
          this.#append({ path: command.text });
          break;
        case "c":
          // In a range the text stands for the whole of it, and is printed when that ends.
          if (command.second === undefined || command.negated || this.#active[pc] === 0) {
            out.line(command.text.slice(0, -1), "\n");
          }
          return DELETED;
        case "w":
          this.#print(this.#terminator, this.#writer(command.output));
          break;
      }
    }
    return CYCLE;
  }

  #writer(output: OutputName | undefined): Writer {
    return this.outputs.get(output as OutputName) as Writer;
  }

  #quit(): number {
    if (this.#appendix.every((entry) => "text" in entry)) this.input.stop();
    return QUIT;
  }

  #branch(command: Command): void {
    if (command.text === "") {
      this.#pc = this.#commands.length;
      return;
    }
    const target = this.script.labels.get(command.text);
    if (target === undefined) throw new SedError(`can't find label for jump to '${command.text}'`);
    this.#pc = target;
  }

  /** `n` and `N`. CYCLE means that the next command follows. */
  #nextLine(append: boolean): number {
    const { input } = this;
    if (input.peek() === NONE) {
      if (!this.quiet) this.#print(this.#terminator, this.out);
      return QUIT;
    }
    if (!append && !this.quiet && !this.#printed) this.#print(this.#terminator, this.out);
    this.#printed = true;
    const waiting = this.#flushAppendix();
    if (waiting !== undefined) {
      this.#waitFor = waiting;
      return YIELD;
    }
    this.#printed = false;
    if (append) {
      const before = this.#space();
      const substituted = this.#substituted;
      this.#readLine();
      this.#substituted = substituted;
      this.#setSpace(this.#joined(before, this.#space()));
    } else this.#readLine();
    return CYCLE;
  }

  #append(entry: Appendix): void {
    // A loop can queue without end.
    if (this.#appendix.push(entry) % APPENDIX === 0) {
      takeMemory(this.ctx.process, APPENDIX * 64);
      this.#appendixRoom += APPENDIX * 64;
    }
  }

  /** Prints what `a` and `r` have queued. */
  #flushAppendix(): Promise<void> | undefined {
    if (this.#appendix.length === 0) return undefined;
    if (this.#appendixRoom > 0) {
      this.ctx.process.chargeMemory(-this.#appendixRoom);
      this.#appendixRoom = 0;
    }
    const entries = this.#appendix;
    this.#appendix = [];
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i];
      if ("text" in entry) {
        this.out.line(entry.text.slice(0, -1), "\n");
        continue;
      }
      const waiting = this.#copyFile(entry.path);
      if (waiting !== undefined) {
        this.#appendix = entries.slice(i + 1);
        return waiting.then(() => this.#flushAppendix());
      }
    }
    return undefined;
  }

  /** Copies a file for `r`; a file that cannot be read is no error. */
  #copyFile(path: ByteString): Promise<void> | undefined {
    let source;
    try {
      source = this.ctx.openOrThrow(path);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return undefined;
    }
    const { out } = this;
    let last = 10;
    const read = (): MaybePromise<void> => {
      for (;;) {
        const chunk = source.readReused();
        if (chunk instanceof Promise) return chunk.then((later) => use(later) ? read() : undefined);
        if (!use(chunk)) return;
      }
    };
    const use = (chunk: Uint8Array | undefined): boolean => {
      if (chunk === undefined) return false;
      out.range(chunk, 0, chunk.length, "");
      out.continued();
      last = chunk[chunk.length - 1];
      return true;
    };
    const done = (): void => {
      source.close();
      if (last !== 10) void out.out.byte(10);
    };
    try {
      const reading = after(read(), done);
      return reading instanceof Promise ? reading.catch(ignoreFailure) : undefined;
    } catch (error) {
      ignoreFailure(error);
      source.close();
      return undefined;
    }
  }

  /** Whether a command applies to the pattern space: 1, 0 or NEED. */
  #selects(pc: number, command: Command): number {
    const { first, second, negated } = command;
    const { input } = this;
    let isLast = false;
    if (first?.kind === "last" || second?.kind === "last") {
      const more = input.peek();
      if (more === UNKNOWN) return NEED;
      isLast = more === NONE;
    }
    const wasActive = this.#active[pc] === 1;
    let selected = wasActive;
    if (!selected) {
      if (first === undefined) selected = second === undefined;
      else if (first.kind === "last") selected = isLast;
      else if (first.kind === "regex") {
        selected = this.#matches(first.regex);
        // An `s` without regex means the regex of the `s` that ran last, or the first address that matched
        // last or, but for a block, of the command that ran last: in a range, or without a match behind
        // `!`. Behind an address it means that one (see the parser).
        if (selected) this.#lastRegex = first.regex;
      } else if (first.kind === "line") {
        if (first.line === 0) selected = second === undefined;
        else if (second === undefined) selected = first.line === input.number;
        // A range that was passed over begins at the first line that reaches it.
        else selected = this.#spent[pc] === 0 && first.line <= input.number;
      }
    }
    if (selected && second !== undefined) {
      this.#active[pc] = this.#staysOn(pc, first, second, wasActive, isLast) ? 1 : 0;
    }
    if (selected === negated) return 0;
    if (first?.kind === "regex" && command.name !== "{") this.#lastRegex = first.regex;
    return 1;
  }

  /** Whether a range goes on after the current line. */
  #staysOn(
    pc: number,
    first: Address | undefined,
    second: Address,
    wasActive: boolean,
    isLast: boolean,
  ): boolean {
    const { number } = this.input;
    if (!wasActive && first?.kind === "line") this.#spent[pc] = 1;
    switch (second.kind) {
      case "count":
        if (!wasActive) this.#lastLine[pc] = number + second.count;
        return number < this.#lastLine[pc];
      case "line":
        return number < second.line;
      case "last":
        return !isLast;
      default:
        // The end is looked for from the next line on.
        return !wasActive || !this.#matches(second.regex);
    }
  }

  #matches(regex: Regex): boolean {
    const flags = this.#flags;
    flags.notbol = false;
    flags.end = this.#end;
    return regex.test(this.#text, this.#start, flags);
  }

  #regexOf(substitution: Substitution): Regex {
    const regex = this.#lastRegex = substitution.regex ?? this.#lastRegex;
    if (regex === undefined) throw new SedError("no previous regexp");
    return regex;
  }

  /**
   * As `s` at the end of a script: the parts of the result go to the output as they are found, without
   * a string being made of them. False if nothing was replaced, and so nothing printed.
   */
  #substituteAndPrint(substitution: Substitution): boolean {
    const regex = this.#regexOf(substitution);
    const { which, pieces } = substitution;
    const plain = pieces.length === 1 && typeof pieces[0] === "string" ? pieces[0] : undefined;
    const { text, bytes } = this.input;
    const { out } = this;
    const end = this.#end;
    const flags = this.#flags;
    flags.notbol = false;
    flags.end = end;
    flags.nosub = !substitution.usesGroups;
    let at = this.#start;
    let copied = at;
    let replaced = false;
    let empty = true;
    let lastEnd = -1;
    let count = 0;
    if (this.#begun !== undefined) {
      ({ at, copied, replaced, empty, lastEnd, count, notbol: flags.notbol } = this.#begun);
      this.#begun = undefined;
    }
    let left = MATCHES;
    for (;;) {
      if (--left === 0 && !this.searched(MATCHES)) left = MATCHES;
      const match = left === 0 ? INTERRUPTED : execInTurns(regex, text, at, flags);
      if (match === INTERRUPTED) {
        const { notbol } = flags;
        this.#begun = { result: "", at, copied, replaced, empty, lastEnd, count, notbol };
        throw PAUSED;
      }
      if (match === null) break;
      const from = match[0];
      const to = match[1];
      if (which !== 0 || to > from || to !== lastEnd) {
        count++;
        if (which === 0 || which === count) {
          if (!replaced) out.begin();
          replaced = true;
          const added = plain ?? expand(substitution, text, match);
          if (from > copied) void out.out.bytes(bytes, copied, from);
          if (added !== "") void out.out.print(added);
          if (from > copied || added !== "") empty = false;
          copied = to;
          if (which !== 0) break;
        }
      }
      if (flags.notbol && at >= end) break;
      flags.notbol = true;
      lastEnd = to;
      at = to > from ? to : Math.min(to + 1, end);
    }
    if (replaced) out.finish(bytes, copied, end, this.#terminator, empty && copied === end);
    return replaced;
  }

  #substitute(substitution: Substitution): void {
    const regex = this.#regexOf(substitution);
    const { which } = substitution;
    const text = this.#text;
    const end = this.#end;
    const flags = this.#flags;
    flags.notbol = false;
    flags.end = end;
    flags.nosub = !substitution.usesGroups;
    let result = "";
    let at = this.#start;
    let copied = at;
    let replaced = false;
    let lastEnd = -1;
    let count = 0;
    if (this.#begun !== undefined) {
      ({ result, at, copied, replaced, lastEnd, count, notbol: flags.notbol } = this.#begun);
      this.#begun = undefined;
    }
    let left = MATCHES;
    for (;;) {
      if (--left === 0) {
        // Looking at a char makes one text of the many pieces, so that their number stays small.
        result.charCodeAt(0);
        if (!this.searched(MATCHES)) left = MATCHES;
      }
      const match = left === 0 ? INTERRUPTED : execInTurns(regex, text, at, flags);
      if (match === INTERRUPTED) {
        const { notbol } = flags;
        this.#begun = { result, at, copied, replaced, empty: true, lastEnd, count, notbol };
        throw PAUSED;
      }
      if (match === null) break;
      const from = match[0];
      const to = match[1];
      // An empty match just behind the last one is none when all are replaced.
      if (which !== 0 || to > from || to !== lastEnd) {
        count++;
        if (which === 0 || which === count) {
          result += text.slice(copied, from) + expand(substitution, text, match);
          copied = to;
          replaced = true;
          if (which !== 0) break;
        }
      }
      if (flags.notbol && at >= end) break;
      flags.notbol = true;
      lastEnd = to;
      at = to > from ? to : Math.min(to + 1, end);
    }
    if (!replaced) return;
    this.#setSpace(result + text.slice(copied, end));
    this.#substituted = true;
    if (substitution.print) this.#print(this.#terminator, this.out);
    if (substitution.output !== undefined) {
      this.#print(this.#terminator, this.#writer(substitution.output));
    }
  }

  /** `y` works on bytes: a string that was put together would be slow to read char by char. */
  #transliterate(map: Uint8Array): void {
    const length = this.#end - this.#start;
    if (length > this.#scratch.length) this.#scratch = new Uint8Array(2 * length);
    const bytes = this.#scratch;
    writeBytes(this.#space(), bytes, 0);
    for (let i = 0; i < length; i++) bytes[i] = map[bytes[i]];
    this.#setSpace(toByteString(bytes, 0, length));
  }
}

function expand(
  substitution: Substitution,
  text: ByteString,
  match: Int32Array,
): ByteString {
  let result = "";
  for (const piece of substitution.pieces) {
    if (typeof piece === "string") result += piece;
    else if (2 * piece < match.length && match[2 * piece] >= 0) {
      result += text.slice(match[2 * piece], match[2 * piece + 1]);
    }
  }
  return result;
}

function ignoreFailure(error: unknown): void {
  if (!isVfsError(error)) throw error;
}

/** Whether a command may go back in the script, so that a loop comes by it. */
function isBackward(name: string): boolean {
  return name === "b" || name === "t" || name === "T" || name === "D";
}

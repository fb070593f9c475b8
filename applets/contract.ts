/**
 * What an applet is, and all that it may touch.
 *
 * An applet declares its name, usage, options and a `run` function. `run` gets a {@link Context}:
 * parsed options, operands, streams, and the calls of its own process. Nothing else exists for it.
 *
 * Option parsing follows `getopt_long` of glibc, which native busybox uses: options may stand
 * between operands unless `posix` is set, long names may be shortened, and the messages are its.
 *
 * @module
 */
import {
  type ByteString,
  type Environment,
  type MaybePromise,
  O_APPEND,
  O_CREAT,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
  type OpenFile,
  type Process,
  ProcessEnded,
  type ProcessFs,
  type Program,
} from "../sandbox/types.ts";
import { isVfsError, VfsError } from "../sandbox/errors.ts";
import {
  AppletExit,
  BANNER,
  NO_HELP,
  OptionError,
  OptionValueError,
  parseOptionsSoFar,
  usagePage,
} from "./_lib/options.ts";
import { inSteps, type Steps } from "./_lib/steps.ts";
import { OutOfMemory, Output, Sink, Source } from "./_lib/streams.ts";

export { AppletExit, BANNER, NO_HELP, Output, Sink, Source, type Steps, usagePage };

/** How one option is written. The key in the table is its short letter, or its long name. */
export interface OptionSpec {
  /** What it does, in our own words. Absent for flags that native takes but does not document. */
  readonly help?: string;
  /** Placeholder of its argument; without it the option is a flag. */
  readonly arg?: string;
  /**
   * The argument may be left out: `-iSFX`, `--color=WHEN`. Its value is then `""`. With `"long"` it
   * may be left out behind a long name only.
   */
  readonly optional?: boolean | "long";
  /** It may be given again and again: the value is a list of the arguments. */
  readonly many?: boolean;
  /**
   * Its argument is a number from 0 to 2147483647 that native reads where it stands: a wrong one is
   * told even if another one or a wrong option follows. The value is the number, that of an optional
   * argument that was left out NaN.
   */
  readonly numeric?: boolean;
  /** Options that may not stand before it: together they are a usage error. */
  readonly excludes?: readonly string[];
  /**
   * The option that it follows in native's list of long names, which a message shows. Where a key is
   * a digit, the order of the table cannot say it: JavaScript puts such keys first.
   */
  readonly after?: string;
  /** The value is how often the flag was given. */
  readonly count?: boolean;
  /** Long names. */
  readonly long?: string | readonly string[];
}

/** Options by short letter (one char) or long name (longer). */
export type OptionTable = { readonly [name: string]: OptionSpec };

/** The value an option has in `opts`. */
export type OptionValue<S extends OptionSpec> = S extends { readonly many: true }
  ? readonly ByteString[] | undefined
  : S extends { readonly numeric: true } ? number | undefined
  : S extends { readonly arg: string } ? ByteString | undefined
  : S extends { readonly count: true } ? number | undefined
  : true | undefined;

/** Parsed options. */
export type Options<T extends OptionTable> = { readonly [K in keyof T]: OptionValue<T[K]> };

/** What a failed write of buffered output does to the end of an applet. */
export type LostOutput = "ignore" | "write error" | "output error" | number;

/** What `defineApplet` takes. */
export interface AppletSpec<T extends OptionTable> {
  /** Its first name. */
  readonly name: string;
  /** Other names of the same program; `ctx.name` tells which was used. */
  readonly aliases?: readonly string[];
  /** What stands after `Usage: NAME `, as native prints it. May hold newlines for more forms. */
  readonly usage: string | { readonly [name: string]: string };
  /** One or more lines on what it does, in our own words. */
  readonly about: string | { readonly [name: string]: string };
  /** Its options. */
  readonly options: T;
  /** Exit status of a usage error; default 1. */
  readonly usageStatus?: number;
  /** Options end at the first operand (`+` of getopt). */
  readonly posix?: boolean;
  /** There are no long options, and a word that looks like one is a wrong short one. */
  readonly shortOnly?: boolean;
  /** Nothing is parsed: all arguments are operands. */
  readonly raw?: boolean;
  /**
   * Native looks at the value of each option before it comes to the next. A wrong option is told of
   * when the applet, having looked at those before it, calls `checkOptions`.
   */
  readonly looksAsItGoes?: boolean;
  /** `-NUM` as first argument stands for this option with NUM as its argument. */
  readonly numberOption?: string;
  /** `+NUM` as first argument stands for this option with `+NUM` as its argument. */
  readonly plusOption?: string;
  /** A lone `--help` is not special (`echo`, `test`, `true`, …). */
  readonly noHelp?: boolean;
  /** Least and most operands; outside of it the usage page is shown. */
  readonly minOperands?: number;
  /** Most operands. */
  readonly maxOperands?: number;
  /**
   * What becomes of the status when buffered output cannot be written. By default the applet says
   * `NAME: standard output: reason` and keeps its status, as native's last flush does. With
   * `"ignore"` it says nothing: native's does not look. A number is the status, without a message.
   * With `"write error"` it says `NAME: write error: reason` and the status is 1.
   */
  readonly lostOutput?: LostOutput;
  /** Deno permissions it can need beyond those of its files, for the README table. */
  readonly needs?: readonly ("read" | "write" | "net")[];
  /** Does the work, perhaps in steps; the status it returns is 0 when it returns none. */
  run(ctx: Context<T>): MaybePromise<number | void> | Steps<number | void>;
}

/** An applet, ready to run. */
export interface Applet {
  /** Its first name. */
  readonly name: string;
  /** Other names that it serves. */
  readonly aliases: readonly string[];
  /** Arguments, as the usage line shows them. */
  readonly usage: string | { readonly [name: string]: string };
  /** What it does, in a line. */
  readonly about: string | { readonly [name: string]: string };
  /** Its options. */
  readonly options: OptionTable;
  /** Status of its usage page after a bad option. */
  readonly usageStatus: number;
  /** What a failed write of buffered output does; see `AppletSpec`. */
  readonly lostOutput: LostOutput | undefined;
  /** Permissions that it cannot do without. */
  readonly needs: readonly string[];
  /** Runs it as the program of a process. */
  readonly program: Program;
  /** Runs it inside another program's process, under other names and streams (shell builtins). */
  invoke(process: Process, argv: readonly ByteString[]): MaybePromise<number>;
}

/** Options of `create`. */
export interface CreateOptions {
  /** Add to the end instead of replacing. */
  readonly append?: boolean;
  /** Mode bits before the umask; default 0666. */
  readonly mode?: number;
}

/** Everything an applet is handed. */
export class Context<T extends OptionTable = OptionTable> {
  /** The name it was called by, without directories. */
  readonly name: ByteString;
  /** Exit status so far: 1 once something was warned about. */
  status = 0;
  #source: Source | undefined;
  #sink: Sink | undefined;
  #errorSink: Sink | undefined;
  #out: Output | undefined;
  #owned: (Source | Sink)[] | undefined;

  /** @internal */
  constructor(
    /** The applet's process. */
    readonly process: Process,
    /** All arguments, `argv[0]` first. */
    readonly argv: readonly ByteString[],
    /** Parsed options. */
    readonly opts: Options<T>,
    /** Arguments that are not options. */
    readonly operands: readonly ByteString[],
    /** Names of the options in the order they were given. */
    readonly order: readonly string[],
    private readonly applet: Applet,
    private readonly wrongOption: OptionError | undefined,
  ) {
    const slash = argv[0].lastIndexOf("/");
    this.name = slash < 0 ? argv[0] : argv[0].slice(slash + 1);
  }

  /** Tells of a wrong option that follows those of `order`, with `looksAsItGoes`. */
  checkOptions(): void {
    if (this.wrongOption !== undefined) throw this.wrongOption;
  }

  /** Standard input. A closed descriptor reads as EBADF. */
  get stdin(): Source {
    return this.#source ??= new Source(this.process.fd(0), this.process, "standard input");
  }

  /** Standard output, chunk by chunk and unbuffered. */
  get stdout(): Sink {
    return this.#sink ??= new Sink(this.process.fd(1), this.process, "standard output");
  }

  /** Standard error, unbuffered. */
  get stderr(): Sink {
    return this.#errorSink ??= new Sink(this.process.fd(2), this.process, "standard error");
  }

  /** Standard output with a buffer, flushed at the end, before messages, and per line on a terminal. */
  get out(): Output {
    return this.#out ??= new Output(this.stdout);
  }

  /** Environment. */
  get env(): Environment {
    return this.process.env;
  }

  /** File system calls. They throw `VfsError`. */
  get fs(): ProcessFs {
    return this.process.fs;
  }

  /** Counts steps of work; see `Process.tick`. */
  tick(n: number): Promise<void> | undefined {
    return this.process.tick(n);
  }

  /**
   * `NAME: message` on stderr, status becomes 1. Buffered output is flushed first, as native does.
   */
  get warn(): (message: ByteString) => void {
    return (message) => {
      this.status ||= 1;
      this.say(`${this.name}: ${message}\n`);
    };
  }

  /** Writes to stderr after flushing stdout. */
  say(text: ByteString): void {
    this.#out?.flushNow();
    this.stderr.print(text);
  }

  /** `NAME: message` on stderr, and the end of the applet. */
  get fail(): (message: ByteString, status?: number) => never {
    return (message, status = 1) => {
      this.warn(message);
      throw new AppletExit(status);
    };
  }

  /** `NAME: SUBJECT: reason of error` for a `VfsError`; anything else is thrown on. */
  get warnError(): (subject: ByteString, error: unknown) => void {
    return (subject, error) => {
      if (!(error instanceof VfsError)) throw error;
      this.warn(`${subject}: ${error.reason}`);
    };
  }

  /** Ends the applet with a status. Buffered output is still written. */
  get exit(): (status: number) => never {
    return (status) => {
      throw new AppletExit(status);
    };
  }

  /** Shows the usage page and ends with the usage status. */
  get usage(): () => never {
    return () => {
      this.say(usagePage(this.applet, this.name));
      throw new AppletExit(this.applet.usageStatus);
    };
  }

  /**
   * Opens a file for reading, or stdin for `-`. When it cannot: `NAME: can't open 'FILE': reason`,
   * status 1, undefined. It is closed at the end of the applet if not before.
   */
  get open(): (path: ByteString) => Source | undefined {
    return (path) => {
      if (path === "-") return this.stdin;
      try {
        return this.openOrThrow(path);
      } catch (error) {
        if (!isVfsError(error)) throw error;
        this.warn(`can't open '${path}': ${error.reason}`);
        return undefined;
      }
    };
  }

  /** As `open`, with the message `NAME: FILE: reason`. */
  get openPlain(): (path: ByteString) => Source | undefined {
    return (path) => {
      if (path === "-") return this.stdin;
      try {
        return this.openOrThrow(path);
      } catch (error) {
        this.warnError(path, error);
        return undefined;
      }
    };
  }

  /** Opens a file for reading. `-` is a file of that name. @throws {VfsError} */
  openOrThrow(path: ByteString, flags: number = O_RDONLY): Source {
    const source = new Source(this.fs.open(path, flags), this.process, path, true);
    (this.#owned ??= []).push(source);
    return source;
  }

  /** Creates or replaces a file; warns `NAME: FILE: reason` and gives undefined when it cannot. */
  get create(): (path: ByteString, options?: CreateOptions) => Sink | undefined {
    return (path, options) => {
      try {
        return this.createOrThrow(path, options);
      } catch (error) {
        this.warnError(path, error);
        return undefined;
      }
    };
  }

  /** Creates or replaces a file. @throws {VfsError} */
  createOrThrow(path: ByteString, options: CreateOptions = {}): Sink {
    const flags = O_WRONLY | O_CREAT | (options.append ? O_APPEND : O_TRUNC);
    return this.sinkOf(this.fs.open(path, flags, options.mode ?? 0o666), path);
  }

  /** A sink over an open file, closed at the end of the applet. */
  sinkOf(file: OpenFile, path: ByteString): Sink {
    const sink = new Sink(file, this.process, path, true);
    (this.#owned ??= []).push(sink);
    return sink;
  }

  /** Ignores a signal by its name, such as `INT`. */
  get ignoreSignal(): (signal: number) => void {
    return (signal) => this.process.setSignal(signal, "ignore");
  }

  /** Asks a question on stderr and reads the answer from stdin: true for one that begins with y. */
  async confirm(question: ByteString): Promise<boolean> {
    this.say(question);
    let line = this.stdin.readUntil(10, 4096);
    if (line instanceof Promise) line = await line;
    return line !== undefined && (line[0] === 0x79 || line[0] === 0x59);
  }

  /** @internal Flushes and closes; gives the final status. */
  finish(status: number): MaybePromise<number> {
    const out = this.#out;
    if (out !== undefined) {
      const flushing = out.flush();
      if (flushing !== undefined) return flushing.then(() => this.#close(status));
    }
    return this.#close(status);
  }

  #close(status: number): number {
    if (this.#owned !== undefined) { for (const stream of this.#owned) stream.close(); }
    const failed = this.#out?.error ?? this.#sink?.error;
    return failed === undefined ? status : this.lose(failed, status);
  }

  /**
   * Whether an error came from writing to stdout: no other call gives one of these without a path.
   */
  wasWriting(error: VfsError): boolean {
    return error.path === this.stdout.name ||
      error.path === undefined && (error.code === "ENOSPC" || error.code === "EPIPE");
  }

  /** @internal Tells of output that could not be written, in the applet's way; gives the status. */
  lose(error: VfsError, status: number): number {
    const { lostOutput } = this.applet;
    if (lostOutput === "ignore") return status;
    if (typeof lostOutput === "number") return lostOutput;
    this.stderr.print(`${this.name}: ${lostOutput ?? "standard output"}: ${error.reason}\n`);
    return lostOutput === undefined ? status : 1;
  }

  /** @internal Closes what is open without writing any more. */
  abandon(): void {
    if (this.#owned !== undefined) { for (const stream of this.#owned) stream.close(); }
  }
}

/**
 * Makes an applet of its declaration.
 *
 * @param spec Name, usage, options, and what it does.
 * @returns The applet, to be exported as `applet` from its file.
 * @example
 * ```ts
 * import { defineApplet } from "@capbox/capbox/applets";
 * export const applet = defineApplet({
 *   name: "hello",
 *   usage: "[NAME]...",
 *   about: "Greet each NAME",
 *   options: {},
 *   run({ operands, out }) {
 *     for (const name of operands) out.print(`hello ${name}\n`);
 *   },
 * });
 * ```
 */
export function defineApplet<const T extends OptionTable>(spec: AppletSpec<T>): Applet {
  const applet: Applet = {
    name: spec.name,
    aliases: spec.aliases ?? [],
    usage: spec.usage,
    about: spec.about,
    options: spec.options,
    usageStatus: spec.usageStatus ?? 1,
    lostOutput: spec.lostOutput,
    needs: spec.needs ?? [],
    program: (process) => applet.invoke(process, process.argv),
    invoke: (process, argv) => runApplet(applet, spec, process, argv),
  };
  return applet;
}

function runApplet<T extends OptionTable>(
  applet: Applet,
  spec: AppletSpec<T>,
  process: Process,
  argv: readonly ByteString[],
): MaybePromise<number> {
  let ctx: Context<T> | undefined;
  try {
    if (argv.length === 2 && argv[1] === "--help" && !spec.noHelp) {
      new Sink(process.fd(2), process, "standard error").print(
        usagePage(applet, baseName(argv[0])),
      );
      return 0;
    }
    const parsed = spec.raw
      ? { opts: {}, operands: argv.slice(1), order: [], wrong: undefined }
      : parseOptionsSoFar(spec.options, argv, spec);
    ctx = new Context<T>(
      process,
      argv,
      parsed.opts as Options<T>,
      parsed.operands,
      parsed.order,
      applet,
      parsed.wrong,
    );
    // What millions of words cost until here.
    process.waiter.spend(argv.length >> 4);
    if (!spec.looksAsItGoes) ctx.checkOptions();
    const count = parsed.operands.length;
    if (count < (spec.minOperands ?? 0) || count > (spec.maxOperands ?? Infinity)) ctx.usage();
    let result = spec.run(ctx);
    if (typeof result === "object" && !(result instanceof Promise)) result = inSteps(result);
    if (result instanceof Promise) return finishLater(applet, ctx, result);
    return ctx.finish(result ?? ctx.status);
  } catch (error) {
    return settle(applet, ctx, process, argv, error);
  }
}

async function finishLater<T extends OptionTable>(
  applet: Applet,
  ctx: Context<T>,
  running: Promise<number | void>,
): Promise<number> {
  try {
    const result = await running;
    return await ctx.finish(result ?? ctx.status);
  } catch (error) {
    return await settle(applet, ctx, ctx.process, ctx.argv, error);
  }
}

/** Turns what `run` threw into an exit status. */
function settle<T extends OptionTable>(
  applet: Applet,
  ctx: Context<T> | undefined,
  process: Process,
  argv: readonly ByteString[],
  error: unknown,
): MaybePromise<number> {
  if (error instanceof ProcessEnded) {
    ctx?.abandon();
    throw error;
  }
  if (error instanceof AppletExit) return ctx!.finish(error.status);
  const name = baseName(argv[0]);
  const stderr = new Sink(process.fd(2), process, "standard error");
  if (error instanceof OptionError) {
    ctx?.abandon();
    // getopt names the program as it was called.
    const page = error instanceof OptionValueError ? "" : usagePage(applet, name);
    const called = error instanceof OptionValueError ? name : argv[0];
    const line = error.message === "" ? "" : `${called}: ${error.message}\n`;
    stderr.print(line + page);
    return applet.usageStatus;
  }
  if (error instanceof VfsError && ctx?.wasWriting(error)) {
    const status = ctx.lose(error, ctx.status);
    ctx.abandon();
    return status;
  }
  if (error instanceof VfsError) {
    // Output that was made before the failure is still the applet's result.
    ctx?.out.flushNow();
    const subject = error.path === undefined ? "" : `${error.path}: `;
    stderr.print(`${name}: ${subject}${error.reason}\n`);
  } else if (error instanceof OutOfMemory) {
    ctx?.out.flushNow();
    stderr.print(`${name}: out of memory\n`);
    ctx?.abandon();
    return applet.usageStatus;
  } else {
    process.reportInternalError(error);
    const message = error instanceof RangeError && /call stack/i.test(error.message)
      ? "nesting too deep"
      : "internal error";
    stderr.print(`${name}: ${message}\n`);
  }
  ctx?.abandon();
  return 1;
}

function baseName(path: ByteString): ByteString {
  return path.slice(path.lastIndexOf("/") + 1);
}

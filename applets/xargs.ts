import { type Applet, type Context, defineApplet, type Source } from "./contract.ts";
import {
  type ByteString,
  type Child,
  type MaybePromise,
  O_RDONLY,
  type OpenFile,
} from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { toByteString } from "../sandbox/bytes.ts";
import { CANNOT_EXECUTE, NOT_FOUND } from "./_lib/program.ts";
import { settled } from "./_lib/steps.ts";
import { parseDecimal } from "./_lib/strtod.ts";

/** Bytes of a command line, its NULs counted, when -s does not say (native: 32 KiB less 2 KiB). */
const DEFAULT_SIZE = 30720;
const MAX_NUMBER = 0x7fff_ffff;
/** Longest item; one that is longer could only be meant to fill memory. */
const MAX_ITEM = 1 << 24;

/** Statuses of xargs (POSIX). */
const SOME_FAILED = 123;
const CHILD_SAID_STOP = 124;
const CHILD_WAS_KILLED = 125;

/** Runs a program on items read from stdin. Source of behaviour: POSIX xargs, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "xargs",
  usage: "[OPTIONS] [PROG ARGS]",
  about: "Run PROG with ARGS and with items read from stdin",
  options: {
    "0": { help: "Items end in NUL; quotes and blanks are ordinary" },
    a: { arg: "FILE", help: "Read from FILE instead of stdin" },
    r: { long: "no-run-if-empty", help: "Run nothing when there are no items" },
    t: { help: "Print commands on stderr" },
    p: { help: "Ask before each command" },
    E: { arg: "STR", help: "STR ends the input" },
    e: { arg: "STR", optional: true, help: "As -E" },
    I: { arg: "STR", help: "Put each line in place of STR in ARGS" },
    i: { arg: "STR", optional: true },
    n: { arg: "N", help: "At most N items at a time" },
    s: { arg: "N", help: "At most N bytes of command line" },
    P: { arg: "N", numeric: true, help: "Up to N PROGs at once" },
    x: { help: "End when a line is too long" },
  },
  posix: true,
  *run(ctx) {
    const { opts } = ctx;
    const number = (text: ByteString, least: number): number => {
      const value = parseDecimal(text, MAX_NUMBER) ?? ctx.fail(`invalid number '${text}'`);
      if (value < least) ctx.fail(`number ${value} is not in ${least}..${MAX_NUMBER} range`);
      return value;
    };
    const replace = opts.I ?? (opts.i === undefined ? undefined : opts.i || "{}");
    const argv = ctx.operands.length === 0 ? ["echo"] : ctx.operands;
    const size = opts.s === undefined ? DEFAULT_SIZE : number(opts.s, 1);
    const most = opts.n === undefined ? Infinity : number(opts.n, 1);
    const parallel = (opts.P ?? 1) || Infinity;
    let room = size;
    for (const word of argv) room -= word.length + 1;
    if (room < 1) ctx.fail("can't fit single argument within argument list size limit");
    const source = opts.a === undefined ? ctx.stdin : ctx.open(opts.a);
    if (source === undefined) return 1;
    const runner = new Runner(ctx as unknown as Context, parallel);
    const end = opts[0] || replace !== undefined ? undefined : opts.E ?? opts.e;
    const items = new Items(
      source,
      opts[0] ? "nul" : replace !== undefined ? "line" : "word",
      end === "" ? undefined : end,
    );
    let batch: ByteString[] = [];
    let left = room;
    let ran = false;
    for (;;) {
      let item = items.next();
      if (item instanceof Promise) item = yield* settled(item);
      const pause = ctx.tick(1);
      if (pause !== undefined) yield pause;
      if (items.problem !== undefined) return ctx.fail(items.problem);
      const cost = item === undefined ? 0 : items.cost;
      if (cost > room) return ctx.fail("argument line too long");
      if (batch.length > 0 && (item === undefined || cost > left)) {
        const running = runner.run([...argv, ...batch]);
        if (running !== undefined) yield running;
        ran = true;
        batch = [];
        left = room;
      }
      if (item === undefined) break;
      if (replace === undefined) {
        batch.push(item);
        left -= cost;
        if (batch.length < most) continue;
        // A full batch runs before more is read.
        const running = runner.run([...argv, ...batch]);
        if (running !== undefined) yield running;
        ran = true;
        batch = [];
        left = room;
        continue;
      }
      const line = item;
      ran = true;
      const words = replace === ""
        ? argv
        : argv.map((word) => word.replaceAll(replace, () => line));
      const running = runner.run([...words]);
      if (running !== undefined) yield running;
    }
    if (!ran && !opts.r && replace === undefined) {
      const running = runner.run([...argv]);
      if (running !== undefined) yield running;
    }
    const ended = runner.finish();
    return ended instanceof Promise ? yield* settled(ended) : ended;
  },
});

/** Reads items by one of three grammars. */
class Items {
  /** Bytes that the last item takes of a command line, with what a NUL cut off. */
  cost = 0;
  /** What is wrong with the input. */
  problem: string | undefined;
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;
  #ended = false;
  #bytes = new Uint8Array(256);
  #length = 0;
  /** In a word, even an empty one so far; the quote that is open; a backslash before. */
  #inWord = false;
  #quote = 0;
  #escaped = false;

  constructor(
    private readonly source: Source,
    private readonly kind: "nul" | "line" | "word",
    private readonly last: ByteString | undefined,
  ) {}

  /** The next item, or undefined at the end. */
  next(): MaybePromise<ByteString | undefined> {
    for (;;) {
      const item = this.#scan();
      if (item !== undefined) {
        if (item !== this.last) return item;
        this.#ended = true;
        this.#at = this.#chunk.length;
        this.#length = 0;
        this.#inWord = false;
        return undefined;
      }
      if (this.#ended) return undefined;
      const chunk = this.#read();
      if (chunk instanceof Promise) {
        return chunk.then((came) => {
          this.#take(came);
          return this.next();
        });
      }
      this.#take(chunk);
    }
  }

  /** What cannot be read, a directory say, is at its end for native. */
  #read(): MaybePromise<Uint8Array | undefined> {
    const unreadable = (error: unknown): undefined => {
      if (!isVfsError(error)) throw error;
      return undefined;
    };
    try {
      const chunk = this.source.readReused();
      return chunk instanceof Promise ? chunk.catch(unreadable) : chunk;
    } catch (error) {
      return unreadable(error);
    }
  }

  #take(chunk: Uint8Array | undefined): void {
    this.#at = 0;
    this.#chunk = chunk ?? new Uint8Array(0);
    if (chunk === undefined) this.#ended = true;
  }

  #add(byte: number): void {
    if (this.#length === this.#bytes.length) {
      if (this.#length >= MAX_ITEM) {
        this.problem ??= "argument line too long";
        return;
      }
      const larger = new Uint8Array(this.#length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#length++] = byte;
  }

  #item(): ByteString {
    // A word is a C string to native: a NUL in it is its end.
    let end = this.#kindEnd();
    if (end < 0) end = this.#length;
    const text = toByteString(this.#bytes, 0, end);
    this.cost = this.#length + 1;
    this.#length = 0;
    this.#inWord = false;
    return text;
  }

  #kindEnd(): number {
    const nul = this.kind === "word" ? this.#bytes.indexOf(0) : -1;
    return nul < this.#length ? nul : -1;
  }

  /** Reads on in the chunk: an item, or undefined when more is needed or nothing is left. */
  #scan(): ByteString | undefined {
    const chunk = this.#chunk;
    while (this.#at < chunk.length) {
      const byte = chunk[this.#at++];
      if (this.kind === "nul") {
        if (byte === 0) return this.#item();
        this.#add(byte);
        this.#inWord = true;
      } else if (this.kind === "line") {
        if (byte === 10 || byte === 0) {
          // Lines without words are left out, but not those that a NUL ends.
          if (this.#inWord || byte === 0) return this.#item();
        } else if (this.#inWord || (byte !== 32 && (byte < 9 || byte > 13))) {
          this.#inWord = true;
          this.#add(byte);
        }
      } else if (this.#escaped) {
        this.#escaped = false;
        this.#add(byte);
      } else if (this.#quote !== 0) {
        if (byte === this.#quote) this.#quote = 0;
        else this.#add(byte);
      } else if (byte === 32 || (byte >= 9 && byte <= 13)) {
        if (this.#length > 0) return this.#item();
      } else if (byte === 0x5c) this.#escaped = true;
      else if (byte === 0x22 || byte === 0x27) this.#quote = byte;
      else this.#add(byte);
    }
    if (!this.#ended) return undefined;
    // A quote that nothing stands around is overlooked, as in native.
    if (this.#quote !== 0 && this.#length > 0) {
      this.problem = `unmatched ${this.#quote === 0x22 ? "double" : "single"} quote`;
      return undefined;
    }
    return this.#length > 0 || this.#inWord ? this.#item() : undefined;
  }
}

/** Runs the commands and keeps their statuses. */
class Runner {
  readonly #running = new Set<Child>();
  #status = 0;
  readonly #fds: Map<number, OpenFile> | undefined;

  constructor(
    private readonly ctx: Context,
    private readonly parallel: number,
  ) {
    // The items are not for the programs.
    try {
      const none = ctx.fs.open("/dev/null", O_RDONLY);
      ctx.sinkOf(none, "/dev/null");
      this.#fds = new Map([[0, none]]);
      for (const fd of ctx.process.fdNumbers()) {
        if (fd > 0 && !ctx.process.isCloseOnExec(fd)) this.#fds.set(fd, ctx.process.fd(fd)!);
      }
    } catch (error) {
      if (!isVfsError(error)) throw error;
    }
  }

  /** Runs one command; waits where as many as may be are running. */
  run(argv: readonly ByteString[]): MaybePromise<void> | undefined {
    const { ctx } = this;
    const { opts } = ctx;
    if (opts.p) return this.#ask(argv);
    if (opts.t) ctx.stderr.print(argv.join(" ") + "\n");
    return this.#start(argv);
  }

  async #ask(argv: readonly ByteString[]): Promise<void> {
    const { ctx } = this;
    ctx.stderr.print(argv.join(" "));
    let terminal: Source;
    try {
      terminal = ctx.openOrThrow("/dev/tty");
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return ctx.fail(`can't open '/dev/tty': ${error.reason}`);
    }
    ctx.stderr.print(" ?...");
    const answer = await terminal.readUntil(10, 4096);
    terminal.close();
    if (answer !== undefined && (answer[0] | 0x20) === 0x79) await this.#start(argv);
  }

  #start(argv: readonly ByteString[]): MaybePromise<void> | undefined {
    const { ctx } = this;
    let child: Child;
    try {
      child = ctx.process.spawn(argv, this.#fds === undefined ? {} : { fds: this.#fds });
    } catch (error) {
      if (!isVfsError(error)) throw error;
      ctx.warn(`${argv[0]}: ${error.reason}`);
      return ctx.exit(error.code === "ENOENT" ? NOT_FOUND : CANNOT_EXECUTE);
    }
    if (child.status !== undefined || this.parallel === 1) {
      const status = child.wait();
      if (status instanceof Promise) return status.then(() => this.#ended(child, argv[0]));
      this.#ended(child, argv[0]);
      return;
    }
    this.#running.add(child);
    if (this.#running.size >= this.parallel) return this.#waitForOne(argv[0]);
  }

  async #waitForOne(program: ByteString): Promise<void> {
    for (;;) {
      for (const child of this.#running) {
        if (child.status === undefined) continue;
        this.#running.delete(child);
        void child.wait();
        this.#ended(child, program);
        return;
      }
      await this.ctx.process.waitAny([this.ctx.process.childChanged]);
    }
  }

  #ended(child: Child, program: ByteString): void {
    const { ctx } = this;
    const { code, signal } = child.status!;
    if (signal !== 0) {
      ctx.warn(`'${program}' terminated by signal ${signal}`);
      ctx.exit(CHILD_WAS_KILLED);
    }
    if (code === 255) {
      ctx.warn(`${program}: exited with status 255; aborting`);
      ctx.exit(CHILD_SAID_STOP);
    }
    if (code !== 0) this.#status = SOME_FAILED;
  }

  /** Waits for all that still run. */
  finish(): MaybePromise<number> {
    return this.#running.size === 0 ? this.#status : this.#finishLater();
  }

  async #finishLater(): Promise<number> {
    const program = this.ctx.operands[0] ?? "echo";
    while (this.#running.size > 0) await this.#waitForOne(program);
    return this.#status;
  }
}

/**
 * The sed applet: options, scripts, files in place.
 *
 * @module
 */
import {
  type Applet,
  AppletExit,
  type Context,
  defineApplet,
  Output,
  Sink,
  type Source,
} from "../contract.ts";
import {
  type ByteString,
  type MaybePromise,
  O_CREAT,
  O_EXCL,
  O_WRONLY,
  type OpenFile,
} from "../../sandbox/types.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import { after, inSequence, inTurns } from "../_lib/sequence.ts";
import { inSteps } from "../_lib/steps.ts";
import { SedInput } from "./input.ts";
import { parseScript } from "./parse.ts";
import { Machine } from "./run.ts";
import { type OutputName, type Script, SedError } from "./script.ts";
import { Writer } from "./writer.ts";
import { OutOfMemory } from "../_lib/streams.ts";

/** Buffer of the files that `w` writes, as stdio has it: what is in it cannot be read back yet. */
const FILE_BUFFER = 4096;

/** Edits streams by a script. Source of behaviour: POSIX sed, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "sed",
  usage: "[-i[SFX]] [-nrE] [-f FILE]... [-e CMD]... [FILE]...\n" +
    "or: sed [-i[SFX]] [-nrE] CMD [FILE]...",
  about: "Edit FILEs, or stdin, line by line, by a script of commands.\n" +
    "Without -e and -f the first operand is the script.",
  lostOutput: "ignore",
  looksAsItGoes: true,
  options: {
    i: {
      arg: "SFX",
      optional: true,
      long: "in-place",
      help: "Change the FILEs themselves; with SFX keep the former ones under NAMESFX",
    },
    r: { long: "regexp-extended", help: "Extended regular expressions" },
    n: { long: ["quiet", "silent"], help: "Print only what commands print" },
    e: { arg: "CMD", many: true, long: "expression", help: "Commands; may be given again" },
    f: { arg: "FILE", many: true, long: "file", help: "Commands from FILE" },
    E: { help: "As -r" },
  },
  needs: ["read", "write"],
  run(ctx) {
    if (ctx.argv[1] === "--version") {
      void ctx.out.print("This is not GNU sed version 4.0\n");
      return 0;
    }
    ctx.checkOptions();
    return new Sed(ctx as unknown as Context, ctx.opts).run();
  },
});

interface Options {
  readonly e?: readonly ByteString[];
  readonly f?: readonly ByteString[];
  readonly i?: ByteString;
  readonly n?: boolean;
  readonly r?: boolean;
  readonly E?: boolean;
}

/** One run of sed. */
class Sed {
  readonly #outputs = new Map<OutputName, Writer>();
  #script!: Script;
  #machine!: Machine;
  #input: SedInput | undefined;

  constructor(private readonly ctx: Context, private readonly opts: Options) {}

  run(): MaybePromise<number> {
    const { ctx, opts } = this;
    const operands = ctx.operands.slice();
    const parts: ByteString[] = [];
    // Native adds all expressions before the first script file, wherever they stand.
    const given = [...opts.e ?? [], ...opts.f ?? []];
    const expressions = opts.e?.length ?? 0;
    return this.#reporting(() =>
      after(
        after(
          inSequence(given, (text, index) => {
            if (index >= expressions) return this.#readScript(text, parts);
            parts.push(text);
            return undefined;
          }),
          () => {
            if (given.length === 0) parts.push(operands.shift() ?? ctx.usage());
            return inSteps(parseScript(parts, {
              extended: opts.r === true || opts.E === true,
              onStep: (steps) => this.#machine?.searched(steps >> 3),
              onOutput: (output) => this.#openOutput(output),
              tick: (steps) => ctx.tick(steps),
            }));
          },
        ),
        (script) => {
          this.#script = script;
          const quiet = opts.n === true || this.#script.quiet;
          this.#machine = new Machine(ctx, this.#script, quiet, this.#outputs);
          if (opts.i !== undefined) return this.#editInPlace(operands);
          return this.#edit(operands.length === 0 ? ["-"] : operands);
        },
      )
    );
  }

  /** Does the work; an error of the script ends it with its message. */
  #reporting(work: () => MaybePromise<void>): MaybePromise<number> {
    const failed = (error: unknown): number => {
      // A text that is longer than any can be.
      const reason = error instanceof RangeError ? new SedError("out of memory") : error;
      if (!(reason instanceof SedError) && !(reason instanceof OutOfMemory)) throw error;
      this.#input?.reportNext();
      this.#flushOutputs();
      this.ctx.warn(reason.message);
      return 1;
    };
    const done = (): number => {
      this.#flushOutputs();
      return this.ctx.status;
    };
    try {
      const result = work();
      return result instanceof Promise ? result.then(done, failed) : done();
    } catch (error) {
      return failed(error);
    }
  }

  async #readScript(path: ByteString, parts: ByteString[]): Promise<void> {
    let source: Source;
    try {
      source = path === "-" ? this.ctx.stdin : this.ctx.openOrThrow(path);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return this.ctx.fail(`${path}: ${error.reason}`);
    }
    parts.push(await source.readAll());
    source.close();
  }

  /** Creates a file of `w`; that is done before the first line is read. */
  #openOutput(output: OutputName): void {
    const { ctx } = this;
    let sink: Sink;
    if (output.path === "/dev/stdout") sink = ctx.stdout;
    else if (output.path === "/dev/stderr") sink = ctx.stderr;
    else {
      try {
        sink = ctx.createOrThrow(output.path);
      } catch (error) {
        if (!isVfsError(error)) throw error;
        return ctx.fail(`can't open '${output.path}': ${error.reason}`);
      }
    }
    const input = (): SedInput => this.#input as SedInput;
    this.#outputs.set(output, new Writer(new Output(sink, FILE_BUFFER), input));
  }

  /** As stdio does at the end: the files of `w` first, standard output last. */
  #flushOutputs(): void {
    for (const writer of this.#outputs.values()) writer.out.flushNow();
  }

  #open(path: ByteString, inPlace: boolean): Source | undefined {
    if (path === "-" && !inPlace) return this.ctx.stdin;
    try {
      return this.ctx.openOrThrow(path);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      this.ctx.warn(`${path}: ${error.reason}`);
      return undefined;
    }
  }

  #edit(paths: readonly ByteString[]): MaybePromise<void> {
    const input = new SedInput(paths, this.ctx.process, (path) => this.#open(path, false));
    return after(this.#run(input, this.ctx.out), () => {});
  }

  #run(input: SedInput, out: Output): MaybePromise<boolean> {
    this.#input = input;
    return this.#machine.run(input, new Writer(out, () => input));
  }

  #editInPlace(paths: readonly ByteString[]): MaybePromise<void> {
    if (paths.length === 0) return this.ctx.fail("-i requires an argument");
    return inTurns(this.ctx.process, paths, (path) => this.#editFile(path));
  }

  /** Edits one file; false when a command ended the run. */
  #editFile(path: ByteString): MaybePromise<boolean> {
    const { ctx } = this;
    const source = this.#open(path, true);
    if (source === undefined) return true;
    const { mode, uid, gid } = source.file.stat();
    const { file, temporary } = this.#createBeside(path);
    const sink = new Sink(file, ctx.process, temporary, true);
    const out = new Output(sink);
    const input = new SedInput([path], ctx.process, () => source);
    const finish = (quit: boolean): MaybePromise<boolean> =>
      after(out.flush() ?? undefined, () => {
        if (out.error !== undefined) throw out.error;
        file.setAttr({ mode: mode & 0o7777 });
        try {
          file.setAttr({ uid, gid });
        } catch (error) {
          // Not everybody may give files away; native goes on too.
          if (!isVfsError(error)) throw error;
        }
        sink.close();
        this.#replace(path, temporary);
        return !quit;
      });
    const abandon = (error: unknown): never => {
      sink.close();
      ctx.fs.unlink(temporary);
      throw error;
    };
    try {
      const done = after(this.#run(input, out), finish);
      return done instanceof Promise ? done.catch(abandon) : done;
    } catch (error) {
      return abandon(error);
    }
  }

  #createBeside(path: ByteString): { file: OpenFile; temporary: ByteString } {
    const { fs, process } = this.ctx;
    for (let attempt = 0;; attempt++) {
      const temporary = path + uniqueSuffix(process.pid, attempt);
      try {
        return { file: fs.open(temporary, O_WRONLY | O_CREAT | O_EXCL, 0o600), temporary };
      } catch (error) {
        if (!isVfsError(error, "EEXIST") || attempt > 100) throw error;
      }
    }
  }

  #replace(path: ByteString, temporary: ByteString): void {
    const { fs } = this.ctx;
    const suffix = this.opts.i ?? "";
    const move = (from: ByteString, to: ByteString): void => {
      try {
        fs.rename(from, to);
      } catch (error) {
        if (!isVfsError(error)) throw error;
        this.ctx.warn(`can't move '${from}' to '${to}': ${error.reason}`);
        throw new AppletExit(1);
      }
    };
    if (suffix !== "") move(path, path + suffix);
    move(temporary, path);
  }
}

/** Six letters that differ from attempt to attempt. */
function uniqueSuffix(pid: number, attempt: number): ByteString {
  const letters = "abcdefghijklmnopqrstuvwxyz";
  let number = pid * 101 + attempt;
  let suffix = "";
  for (let i = 0; i < 6; i++) {
    suffix += letters[number % 26];
    number = Math.floor(number / 26) + 7 * i;
  }
  return suffix;
}

import type { ByteString, MaybePromise } from "../../sandbox/types.ts";
import { type Applet, type Context, defineApplet } from "../contract.ts";
import { loadParts } from "../_lib/part.ts";
import { inSteps, type Steps } from "../_lib/steps.ts";
import { Source } from "../_lib/streams.ts";
import { AwkError, MSG } from "./errors.ts";
import { unescapeText } from "./lex.ts";
import { parseProgram, type SourceText } from "./parse.ts";
import { BACK_REFERENCES, neededParts, PATTERNS } from "./parts.ts";
import { resolveProgram } from "./resolve.ts";
import { compileProgram, runProgram } from "./run.ts";
import { Runtime } from "./runtime.ts";
import { Streams } from "./streams.ts";
import { InputText } from "./value.ts";

const OPTIONS = {
  v: { arg: "VAR=VAL", many: true, help: "Set a variable before the program starts" },
  F: { arg: "SEP", help: "Separate fields by SEP" },
  f: { arg: "FILE", many: true, help: "Take the program from FILE; may be repeated" },
  e: { arg: "AWK_PROGRAM", many: true, help: "Take the program from the argument" },
  W: { arg: "IGNORED", many: true },
} as const;

/** Runs an awk program. Source of behaviour: POSIX awk, BusyBox 1.35 with its GNU extensions. */
export const applet: Applet = defineApplet({
  name: "awk",
  usage: "[OPTIONS] [AWK_PROGRAM] [FILE]...",
  about: "Run a program over the records and fields of text",
  options: OPTIONS,
  posix: true,
  run(ctx): MaybePromise<number> {
    const assignments: [ByteString, ByteString][] = [];
    for (const word of ctx.opts.v ?? []) {
      const equals = word.indexOf("=");
      if (equals < 1 || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(word.slice(0, equals))) ctx.usage();
      assignments.push([word.slice(0, equals), word.slice(equals + 1)]);
    }
    if (ctx.opts.W !== undefined) ctx.say(`${ctx.name}: warning: option -W is ignored\n`);
    const operands = [...ctx.operands];
    const sources: (SourceText | Promise<SourceText>)[] = [];
    for (const path of ctx.opts.f ?? []) sources.push(readProgram(ctx, path));
    for (const text of ctx.opts.e ?? []) sources.push({ name: "cmd. line", text });
    if (sources.length === 0) {
      const text = operands.shift();
      if (text === undefined) return ctx.usage();
      sources.push({ name: "cmd. line", text });
    }
    if (sources.some((source) => source instanceof Promise)) {
      return Promise.all(sources).then((texts) => load(ctx, texts, assignments, operands));
    }
    return load(ctx, sources as SourceText[], assignments, operands);
  },
});

function readProgram(
  ctx: Context<typeof OPTIONS>,
  path: ByteString,
): Promise<SourceText> {
  const source = ctx.open(path);
  if (source === undefined) return ctx.exit(1);
  return source.readAll().then((text) => ({ name: path, text }));
}

/** Loads the parts of awk that the program needs, and starts it. */
function load(
  ctx: Context<typeof OPTIONS>,
  sources: readonly SourceText[],
  assignments: readonly [ByteString, ByteString][],
  operands: readonly ByteString[],
): MaybePromise<number> {
  const loading = loadParts(
    ctx.process,
    neededParts(
      sources.map(({ text }) => text),
      [...operands, ...ctx.opts.v ?? []],
      unescapeText(ctx.opts.F ?? ""),
    ),
  );
  const run = (): MaybePromise<number> => start(ctx, sources, assignments, operands);
  return loading === undefined ? run() : loading.then(run);
}

function start(
  ctx: Context<typeof OPTIONS>,
  sources: readonly SourceText[],
  assignments: readonly [ByteString, ByteString][],
  operands: readonly ByteString[],
): MaybePromise<number> {
  const { process } = ctx;
  const streams = new Streams(process, ctx.stdout);
  let release = (): void => {};
  const die = (error: unknown): MaybePromise<number> => {
    release();
    const tooLarge = error instanceof RangeError && !isStackOverflow(error);
    if (!(error instanceof AwkError) && !tooLarge && !isStackOverflow(error)) {
      streams.abandon();
      throw error;
    }
    const message = error instanceof AwkError
      ? error.message
      : tooLarge
      ? "out of memory"
      : MSG.depth;
    const flushing = streams.flushAll();
    const finish = (): number => {
      ctx.say(`${ctx.name}: ${message}\n`);
      streams.abandon();
      return 1;
    };
    return flushing === undefined ? finish() : flushing.then(finish);
  };
  const steps = function* (): Steps<number> {
    const tree = yield* parseProgram(sources, PATTERNS.loaded?.checkRegex, process);
    const resolved = yield* resolveProgram(tree, process, sources.some(hasReferences));
    const opener = {
      stdin: ctx.stdin,
      open: (path: ByteString) => new Source(process.fs.open(path, 0), process, path, true),
    };
    const rt = new Runtime(process, streams, opener, resolved.globals, sources[0].name);
    release = () => rt.release();
    rt.wantsRt = sources.some(({ text }) => /\bRT\b/.test(text));
    const program = yield* compileProgram(resolved, rt);
    prepare(ctx, rt, assignments, operands);
    const running = runProgram(program, rt);
    if (running !== undefined) yield running;
    rt.release();
    const closing = streams.closeAll();
    if (closing !== undefined) yield closing;
    return rt.exitCode;
  };
  try {
    const done = inSteps(steps());
    return done instanceof Promise ? done.catch(die) : done;
  } catch (error) {
    return die(error);
  }
}

/** Whether there may be patterns with back-references. */
function hasReferences({ text }: SourceText): boolean {
  return BACK_REFERENCES.test(text);
}

/** Sets what comes from outside. */
function prepare(
  ctx: Context<typeof OPTIONS>,
  rt: Runtime,
  assignments: readonly [ByteString, ByteString][],
  operands: readonly ByteString[],
): void {
  const argv = rt.named("ARGV").toArray(rt.meter);
  argv.set("0", new InputText("awk"));
  operands.forEach((word, index) => argv.set(String(index + 1), new InputText(word)));
  rt.named("ARGC").value = operands.length + 1;
  const environ = rt.named("ENVIRON").toArray(rt.meter);
  for (const [name, value] of ctx.env) environ.set(name, new InputText(value));
  if (ctx.opts.F !== undefined) {
    rt.named("FS").value = unescapeText(ctx.opts.F);
    rt.assigned("FS");
  }
  for (const [name, value] of assignments) rt.assignText(name, value);
}

function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && /call stack/i.test(error.message);
}

import type { ByteString } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, type Context, defineApplet, type Sink } from "./contract.ts";
import { CANNOT_EXECUTE, NOT_FOUND } from "./_lib/program.ts";

const DEFAULT_FORMAT = "real\t%E\nuser\t%u\nsys\t%T";
const POSIX_FORMAT = "real %e\nuser %U\nsys %S";
const VERBOSE_FORMAT = '\tCommand being timed: "%C"\n\tUser time (seconds): %U\n' +
  "\tSystem time (seconds): %S\n\tPercent of CPU this job got: %P\n" +
  "\tElapsed (wall clock) time (h:mm:ss or m:ss): %E\n\tAverage shared text size (kbytes): %X\n" +
  "\tAverage unshared data size (kbytes): %D\n\tAverage stack size (kbytes): %p\n" +
  "\tAverage total size (kbytes): %K\n\tMaximum resident set size (kbytes): %M\n" +
  "\tAverage resident set size (kbytes): %t\n\tMajor (requiring I/O) page faults: %F\n" +
  "\tMinor (reclaiming a frame) page faults: %R\n\tVoluntary context switches: %w\n" +
  "\tInvoluntary context switches: %c\n\tSwaps: %W\n\tFile system inputs: %I\n" +
  "\tFile system outputs: %O\n\tSocket messages sent: %s\n\tSocket messages received: %r\n" +
  "\tSignals delivered: %k\n\tPage size (bytes): %Z\n\tExit status: %x";
const PAGE_BYTES = 4096;

/** What a run used. */
interface Usage {
  readonly argv: readonly ByteString[];
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly memory: number;
  readonly code: number;
}

function openResult(ctx: Context, path: ByteString, append: boolean): Sink {
  try {
    return ctx.createOrThrow(path, { append });
  } catch (error) {
    if (!isVfsError(error)) throw error;
    return ctx.fail(`can't open '${path}': ${error.reason}`);
  }
}

/** Runs a program and tells what it used. Source of behaviour: POSIX time, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "time",
  usage: "[-vpa] [-o FILE] PROG ARGS",
  about: "Run PROG, and show what it used when it has ended",
  options: {
    v: { help: "Verbose" },
    p: { help: "In POSIX's form" },
    f: { arg: "FMT", help: "In a form of one's own" },
    o: { arg: "FILE", help: "Write the result to FILE" },
    a: { help: "Append to FILE instead of overwriting it" },
  },
  posix: true,
  minOperands: 1,
  async run(ctx) {
    const { opts, operands, process } = ctx;
    // In whatever order they stand, one form comes before the other.
    const format = opts.p ? POSIX_FORMAT : opts.v ? VERBOSE_FORMAT : opts.f ?? DEFAULT_FORMAT;
    const sink = opts.o === undefined ? ctx.stderr : openResult(ctx, opts.o, !!opts.a);
    const start = process.clock.monotonicMs();
    let code: number;
    let signal = 0;
    let cpuMs = 0;
    try {
      const child = process.spawn(operands);
      const status = await child.wait();
      cpuMs = child.cpuMs;
      code = status.code;
      signal = status.signal;
    } catch (error) {
      if (!isVfsError(error)) throw error;
      ctx.warn(`can't execute '${operands[0]}': ${error.reason}`);
      code = error.code === "ENOENT" ? NOT_FOUND : CANNOT_EXECUTE;
    }
    const wallMs = process.clock.monotonicMs() - start;
    if (signal !== 0) sink.print(`Command terminated by signal ${signal}\n`);
    else if (code !== 0) sink.print(`Command exited with non-zero status ${code}\n`);
    // Of what a signal ended, native shows the status as zero.
    const shown = signal !== 0 ? 0 : code;
    sink.print(render(format, { argv: operands, wallMs, cpuMs, memory: 0, code: shown }) + "\n");
    await sink.drained();
    if (sink !== ctx.stderr && sink.error !== undefined) {
      ctx.warn(`standard output: ${sink.error.reason}`);
    } else if (sink.error?.code === "EBADF") return 1;
    // Native gives the bare number of the signal, not 128 more.
    return signal !== 0 ? signal : code;
  },
});

/** `1h 2m 3s` from an hour on, else `2m 3.45s`. */
function elapsed(ms: number): string {
  const seconds = ms / 1000;
  if (seconds >= 3600) {
    const hours = Math.floor(seconds / 3600);
    return `${hours}h ${Math.floor((seconds % 3600) / 60)}m ${
      String(Math.floor(seconds % 60)).padStart(2, "0")
    }s`;
  }
  return `${Math.floor(seconds / 60)}m ${(Math.floor(ms % 60000 / 10) / 100).toFixed(2)}s`;
}

/** Expands a format of time(1). The text between its escapes is printed as it is. */
function render(format: ByteString, usage: Usage): ByteString {
  const seconds = (ms: number): string => (Math.floor(ms / 10) / 100).toFixed(2);
  let text = "";
  for (let i = 0; i < format.length; i++) {
    const char = format[i];
    // Native drops backslashes and knows no escapes.
    if (char === "\\") continue;
    if (char !== "%") {
      text += char;
      continue;
    }
    if (i + 1 >= format.length) break;
    const letter = format[++i];
    switch (letter) {
      case "%":
        // Nothing, to native.
        break;
      case "C":
        text += usage.argv.join(" ");
        break;
      case "E":
        text += elapsed(usage.wallMs);
        break;
      case "u":
        text += elapsed(usage.cpuMs);
        break;
      case "T":
        text += elapsed(0);
        break;
      case "e":
        text += seconds(usage.wallMs);
        break;
      case "U":
        text += seconds(usage.cpuMs);
        break;
      case "S":
        text += seconds(0);
        break;
      case "P":
        text += usage.wallMs < 10 ? "?%" : `${Math.floor(100 * usage.cpuMs / usage.wallMs)}%`;
        break;
      case "M":
        text += String(Math.ceil(usage.memory / 1024));
        break;
      case "x":
        text += String(usage.code);
        break;
      case "Z":
        text += String(PAGE_BYTES);
        break;
      default:
        // An unknown letter prints nothing.
        if ("DFIKOWRXcknprstw".includes(letter)) text += "0";
    }
  }
  return text;
}

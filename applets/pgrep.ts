import { type ByteString, type ProcessInfo, SIG } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, type Context, defineApplet, type Options } from "./contract.ts";
import { parseOptions } from "./_lib/options.ts";
import { compile, type Regex, RegexError } from "./_lib/regex/regex.ts";
import { commandLine } from "./_lib/process_match.ts";
import { signalNumber, signalTable } from "./_lib/signals.ts";

const NONE_FOUND = 1;

const OPTIONS = {
  l: { help: "Show the command name too (pgrep), list signals (pkill)" },
  a: { help: "Show the command line too" },
  f: { help: "Match against the whole command line" },
  n: { help: "The newest process only" },
  o: { help: "The oldest process only" },
  v: { help: "Select what does not match" },
  x: { help: "The whole name must match" },
  s: { arg: "SID", help: "Match the session (0 for our own)" },
  P: { arg: "PPID", help: "Match the parent" },
} as const;
type Chosen = Options<typeof OPTIONS>;

/**
 * Finds processes by a pattern, and signals them as `pkill`. Debian's busybox lacks both; BusyBox
 * 1.35's own usage lines and procps are the source.
 */
export const applet: Applet = defineApplet({
  name: "pgrep",
  aliases: ["pkill"],
  usage: {
    pgrep: "[-flanovx] [-s SID|-P PPID|PATTERN]",
    pkill: "[-l|-SIGNAL] [-xfvno] [-s SID|-P PPID|PATTERN]",
  },
  about: {
    pgrep: "Display the processes that a pattern selects",
    pkill: "Send a signal (TERM by default) to the processes that a pattern selects",
  },
  options: OPTIONS,
  raw: true,
  run(ctx) {
    const { process, out } = ctx;
    const kills = ctx.name === "pkill";
    const words = [...ctx.operands];
    let signal = SIG.TERM as number;
    // A signal looks like a cluster of options, so it is taken off before those are parsed.
    const named = kills && words[0]?.startsWith("-") ? signalNumber(words[0].slice(1)) : undefined;
    if (named !== undefined) {
      signal = named;
      words.shift();
    }
    const parsed = parseOptions(OPTIONS, [ctx.name, ...words], {});
    const opts = parsed.opts as Chosen;
    if (kills && opts.l) {
      out.print(signalTable());
      return 0;
    }
    const [pattern, ...more] = parsed.operands;
    if (more.length > 0) return ctx.usage();
    if (pattern === undefined && opts.s === undefined && opts.P === undefined) return ctx.usage();
    const matches = matcher(ctx, opts, pattern);
    const chosen = process.kernel.processes()
      .filter((info) =>
        info.pid !== process.pid && info.state !== "Z" && matches(info) !== (opts.v ?? false)
      )
      .sort((a, b) => a.pid - b.pid);
    if (chosen.length === 0) return NONE_FOUND;
    const selected = opts.n ? chosen.slice(-1) : opts.o ? chosen.slice(0, 1) : chosen;
    for (const info of selected) {
      if (!kills) {
        const text = opts.a ? ` ${commandLine(info)}` : opts.l ? ` ${info.name}` : "";
        out.print(`${info.pid}${text}\n`);
        continue;
      }
      try {
        process.kill(info.pid, signal);
      } catch (error) {
        if (!isVfsError(error)) throw error;
        ctx.warn(`can't kill pid ${info.pid}: ${error.reason}`);
      }
    }
    return 0;
  },
});

/** Whether the pattern and the other conditions select a process. */
function matcher(
  ctx: Context,
  opts: Chosen,
  pattern: ByteString | undefined,
): (info: ProcessInfo) => boolean {
  let regex: Regex | undefined;
  if (pattern !== undefined) {
    try {
      const text = opts.x ? `^(${pattern})$` : pattern;
      regex = compile(text, { syntax: "ere", nosub: true });
    } catch (error) {
      if (!(error instanceof RegexError)) throw error;
      ctx.fail(`bad regex '${pattern}': ${error.message}`);
    }
  }
  const sid = opts.s === undefined ? undefined : number(ctx, opts.s) || ctx.process.sid;
  const parent = opts.P === undefined ? undefined : number(ctx, opts.P);
  return (info) =>
    (regex === undefined || regex.test(opts.f ? commandLine(info) : info.name)) &&
    (sid === undefined || info.sid === sid) && (parent === undefined || info.ppid === parent);
}

function number(ctx: Context, text: ByteString): number {
  if (!/^[0-9]+$/.test(text)) return ctx.fail(`invalid number '${text}'`);
  return Number(text);
}

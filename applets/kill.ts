import type { ByteString } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, type Context, defineApplet } from "./contract.ts";
import { signalNumber, signalTable, translateSignal } from "./_lib/signals.ts";

const MOST_PID = 2147483647;

/** Sends a signal to processes. Source of behaviour: POSIX kill, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "kill",
  usage: "[-l] [-SIG] PID...",
  about: "Send a signal (TERM by default) to each PID",
  options: { l: { help: "List signal names and numbers" } },
  raw: true,
  run(ctx) {
    const words = [...ctx.operands];
    if (words[0] === "-l") return listSignals(ctx, words.slice(1));
    const signal = takeSignal(ctx, words);
    if (words.length === 0) return ctx.fail("you need to specify whom to kill");
    let failures = 0;
    for (const word of words) {
      // An empty word is nobody to native, and no mistake.
      if (word === "") continue;
      if (!/^-?[0-9]+$/.test(word) || Math.abs(Number(word)) > MOST_PID) {
        ctx.warn(`invalid number '${word}'`);
        failures++;
        continue;
      }
      const pid = Number(word);
      try {
        ctx.process.kill(pid, signal);
      } catch (error) {
        if (!isVfsError(error)) throw error;
        ctx.warn(`can't kill pid ${pid}: ${error.reason}`);
        failures++;
      }
    }
    return failures;
  },
});

/** `-l`: all signals, or each word translated from name to number or back. */
function listSignals(ctx: Context, words: readonly ByteString[]): number {
  if (words.length === 0) {
    ctx.out.print(signalTable());
    return 0;
  }
  for (const word of words) {
    const text = translateSignal(word);
    if (text === undefined) return ctx.fail(`unknown signal '${word}'`);
    ctx.out.print(`${text}\n`);
  }
  return 0;
}

/** Takes `-SIG`, `-s SIG` and `--` off the front of the words. Default TERM. */
function takeSignal(ctx: Context, words: ByteString[]): number {
  const first = words[0];
  if (first === undefined || !first.startsWith("-") || first === "-") return 15;
  words.shift();
  if (first === "--") return 15;
  let name = first.slice(1);
  if (name === "s" && words.length > 0) name = words.shift()!;
  const signal = signalNumber(name);
  if (signal === undefined) return ctx.fail(`bad signal name '${name}'`);
  return signal;
}

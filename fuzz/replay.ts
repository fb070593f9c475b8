/**
 * The corpus again: every stored input is tried on our side and compared with native's recorded answer,
 * so it needs no native program. And how the corpus grows.
 *
 * @module
 */
import { inputOf, readEntries, writeEntry } from "./corpus.ts";
import { tryInput } from "./engine.ts";
import { type Input, nameOf } from "./input.ts";
import { type NativeSide, OurSide } from "./sides.ts";
import type { Answer, Target } from "./target.ts";
import { findTarget } from "./targets/mod.ts";

/** What a replay found. */
export interface Replay {
  readonly inputs: number;
  /** A line for each input that is wrong, or that differs no more though its entry says why it does. */
  readonly lines: readonly string[];
  /** Those that differ for a reason that their entries state. */
  readonly explained: readonly string[];
}

/** Tries all stored inputs of targets. */
export async function replay(targets: readonly string[]): Promise<Replay> {
  const lines: string[] = [];
  const explained: string[] = [];
  let inputs = 0;
  const ours = await OurSide.open();
  try {
    for (const name of targets) {
      const entries = readEntries(name);
      if (entries.size === 0) continue;
      const target = await findTarget(name);
      for (const [file, entry] of entries) {
        inputs++;
        let fault: string | undefined;
        if ("batch" in target) {
          try {
            await target.batch(Number(entry.args[0]), undefined);
          } catch (error) {
            fault = error instanceof Error ? error.message : String(error);
          }
        } else {
          const found = await tryInput(target, inputOf(entry), ours, entry.native);
          if (found !== undefined) fault = `${found.kind}: ${found.message}`;
        }
        const line = `${name}/${file} ${JSON.stringify(inputOf(entry))}\n  `;
        if (fault !== undefined && entry.explained !== undefined) {
          explained.push(line + entry.explained);
        } else if (fault !== undefined) lines.push(line + fault);
        else if (entry.explained !== undefined) {
          lines.push(`${line}is explained, but differs no more`);
        } else if (entry.open) lines.push(`${line}is open, but differs no more`);
      }
    }
  } finally {
    ours.close();
  }
  return { inputs, lines, explained };
}

/** Longest input that is stored. */
const MOST_STORED = 3000;

/** Stores inputs on which both sides agree; gives how many. */
export async function grow(
  target: Target,
  inputs: readonly Input[],
  most: number,
  native: NativeSide | undefined,
): Promise<number> {
  const ours = await OurSide.open();
  const stored: [Input, Answer | undefined][] = [];
  try {
    const small = [...inputs].filter((input) => JSON.stringify(input).length < MOST_STORED);
    // The latest reached what nothing before them reached.
    const wanted = [...target.seeds.slice(0, 2), ...small.toReversed()].slice(0, 3 * most);
    const answers = native === undefined || target.command === undefined
      ? []
      : await native.run(wanted.map((input) => ({
        command: target.command!(input),
        data: input.data,
        tree: target.tree === true,
      })));
    for (let i = 0; i < wanted.length && stored.length < most; i++) {
      if (target.command !== undefined && answers[i] === undefined) continue;
      if (JSON.stringify(answers[i] ?? "").length > MOST_STORED) continue;
      if (await tryInput(target, wanted[i], ours, answers[i]) !== undefined) continue;
      stored.push([wanted[i], answers[i]]);
    }
    // An answer that shows the moment it was given is another one a second later.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    for (const [input, answer] of stored) {
      if (await tryInput(target, input, ours, answer) !== undefined) continue;
      writeEntry(target.name, nameOf(input), {
        ...input,
        ...(answer === undefined ? {} : { native: answer }),
      });
    }
  } finally {
    ours.close();
  }
  return stored.length;
}

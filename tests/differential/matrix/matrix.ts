/**
 * Compares our answers to the flag matrix with the recorded ones of native.
 *
 * @module
 */
import { load } from "../../../applets/registry.ts";
import { type Answer, masked, readOptions, recorded, type Shard } from "./answer.ts";
import { AS_USER, generate } from "./generate.ts";
import { comparable, explained } from "./exceptions.ts";
import { setupOf } from "./files.ts";
import { answersOfCapbox } from "./ours.ts";
import { readShard } from "./shard.ts";
import { SHAPES } from "./shapes.ts";

/** The cases of an applet, from its shape, the recorded options and its own table. */
export async function casesOf(name: string, shard: Shard): Promise<string[]> {
  const shape = SHAPES[name] ?? {};
  return generate(name, shape, readOptions(shard.options), (await load(name)).options);
}

/** What one comparison found. */
export interface Comparison {
  /** Cases compared. */
  readonly count: number;
  /** Cases that native never ended or answered differently each time. */
  readonly unstable: number;
  /** Cases with an explained exception. */
  readonly explained: number;
  /** One for each difference. */
  readonly lines: string[];
}

/** Compares one applet. */
export async function differences(name: string): Promise<Comparison> {
  const shard = readShard(name);
  if (shard === undefined) throw new Error(`${name}: nothing recorded`);
  const cases = await casesOf(name, shard);
  const { mask } = SHAPES[name] ?? {};
  const lines: string[] = [];
  let count = 0, unstable = 0, excused = 0;
  for (const user of [false, true]) {
    const own: string[] = [];
    const wants: Answer[] = [];
    for (const each of cases) {
      if (each.startsWith(AS_USER) !== user) continue;
      const want = recorded(shard, each);
      if (want === undefined) lines.push(`${each}: not recorded`);
      else if (want === null) unstable++;
      else if (explained(name, each, want)) excused++;
      else {
        own.push(each);
        wants.push(want);
      }
    }
    const commands = own.map((each) => user ? each.slice(AS_USER.length) : each);
    const answers = (await answersOfCapbox(setupOf(name, user), commands, user))
      .map((answer) => masked(answer, mask));
    own.forEach((each, index) => {
      const [want, got] = [JSON.stringify(wants[index]), JSON.stringify(answers[index])];
      if (comparable(name, wants[index]) !== comparable(name, answers[index])) {
        lines.push(`${each}\n  native ${want}\n  ours   ${got}`);
      }
    });
    count += own.length;
  }
  return { count, unstable, explained: excused, lines };
}

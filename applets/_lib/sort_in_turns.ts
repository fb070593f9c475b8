/**
 * Sorting long lists with turns for others.
 *
 * @module
 */
import type { Steps } from "./steps.ts";

/** So many items the engine sorts in a few milliseconds. */
const RUN = 1 << 11;
/** Items that are merged between two counts. */
const STEP = 1 << 8;

/** Sorts a list in place, stably; `tick` counts work. */
export function* sortInTurns<T>(
  items: T[],
  compare: (a: T, b: T) => number,
  tick: (steps: number) => Promise<void> | undefined,
): Steps<void> {
  if (items.length <= RUN) {
    items.sort(compare);
    return;
  }
  let from: T[] = [];
  for (let start = 0; start < items.length; start += RUN) {
    const turn = tick(RUN);
    if (turn !== undefined) yield turn;
    for (const item of items.slice(start, start + RUN).sort(compare)) from.push(item);
  }
  let to: T[] = new Array(items.length);
  for (let width = RUN; width < items.length; width *= 2) {
    for (let start = 0; start < items.length; start += 2 * width) {
      const middle = Math.min(start + width, items.length);
      const end = Math.min(start + 2 * width, items.length);
      let left = start;
      let right = middle;
      for (let at = start; at < end; at++) {
        if (at % STEP === 0) {
          const turn = tick(STEP >> 1);
          if (turn !== undefined) yield turn;
        }
        to[at] = right === end || (left < middle && compare(from[left], from[right]) <= 0)
          ? from[left++]
          : from[right++];
      }
    }
    [from, to] = [to, from];
  }
  for (let i = 0; i < items.length; i++) items[i] = from[i];
}

/** Input that is pulled into buffers which go round: nobody's chunk changes while it may be looked at. */
import { assert, assertEquals } from "@std/assert";
import { PullInput } from "../../sandbox/kernel/devices.ts";
import type { MaybePromise, Waiter } from "../../sandbox/types.ts";

function newWaiter(): Waiter {
  return {
    tick: () => undefined,
    spend: () => {},
    brokenPipe: () => {},
    waitOn: (queue: { add: (wake: () => void) => void }) =>
      new Promise<void>((resolve) => queue.add(resolve)),
  } as unknown as Waiter;
}

/** The same numbers each time. */
function numbers(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * bound);
  };
}

/** An endless input of numbers by their place; says how often a buffer was used anew. */
class Numbers {
  at = 0;
  reused = 0;

  constructor(private readonly random: (bound: number) => number) {}

  fill(spare: Uint8Array | undefined): Uint8Array {
    if (spare !== undefined) this.reused++;
    const chunk = spare ?? new Uint8Array(1 + this.random(5000));
    for (let i = 0; i < chunk.length; i++) chunk[i] = (this.at + i) * 7 % 251;
    this.at += chunk.length;
    return chunk;
  }

  pull(spare: Uint8Array | undefined): MaybePromise<Uint8Array> {
    if (this.random(2) === 0) return this.fill(spare);
    return Promise.resolve().then(() => this.fill(spare));
  }
}

Deno.test("pulled input: chunks that are kept or lent stay as they are, whoever else reads", async () => {
  let reused = 0;
  for (let seed = 1; seed <= 200; seed++) {
    const random = numbers(seed);
    const source = new Numbers(random);
    const input = new PullInput((spare) => source.pull(spare));
    const readers = Array.from({ length: 1 + random(3) }, newWaiter);
    const kept: { readonly chunk: Uint8Array; readonly at: number }[] = [];
    const lent = new Map<Waiter, { readonly chunk: Uint8Array; readonly at: number }>();
    const check = ({ chunk, at }: { chunk: Uint8Array; at: number }): void => {
      for (let i = 0; i < chunk.length; i++) {
        if (chunk[i] !== (at + i) * 7 % 251) throw new Error(`seed ${seed}: byte ${at + i}`);
      }
    };
    const keeps = random(3) === 0;
    let seen = 0;
    for (let step = 0; step < 120; step++) {
      const waiter = readers[random(readers.length)];
      const max = 1 + random(random(2) === 0 ? 300 : 9000);
      lent.delete(waiter);
      const way = keeps ? random(3) : 0;
      const chunk = await (way === 0
        ? input.readReused(max, waiter)
        : way === 1
        ? input.read(max, waiter)
        : input.readUntil(random(251), max, waiter));
      assert(chunk !== undefined);
      const part = { chunk, at: seen };
      seen += chunk.length;
      check(part);
      if (way === 0) {
        lent.set(waiter, part);
      } else kept.push(part);
      for (const each of lent.values()) {
        check(each);
      }
      for (const each of kept) {
        check(each);
      }
    }
    reused += source.reused;
  }
  assert(reused > 1000, `${reused}`);
});

Deno.test("pulled input: the one reader's buffer is filled anew", async () => {
  const source = new Numbers(numbers(1));
  const input = new PullInput((spare) => source.fill(spare));
  const waiter = newWaiter();
  const first = await input.readReused(65536, waiter);
  for (let i = 0; i < 10; i++) {
    const next = await input.readReused(65536, waiter);
    assertEquals(next?.buffer, first?.buffer);
  }
  const kept = await input.read(65536, waiter);
  assertEquals((await input.readReused(65536, waiter))?.buffer === kept?.buffer, false);
});

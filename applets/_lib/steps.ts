/**
 * Work in steps: a generator that gives up control only with the promises it must wait for.
 *
 * A long loop then reads like an `async` function, `if (more instanceof Promise) more = yield*
 * settled(more)`, and yet costs no turn of the event loop where nothing waits, which is what makes
 * `$(echo a:b | cut -d: -f1)` a few microseconds.
 *
 * @module
 */
import type { MaybePromise } from "../../sandbox/types.ts";

/** Work that gives up control with each promise that it waits for, and gets its value back. */
export type Steps<R> = Generator<Promise<unknown>, R, unknown>;

/** Runs steps at once as far as nothing has to wait, and the rest behind the first promise. */
export function inSteps<R>(steps: Steps<R>): MaybePromise<R> {
  const step = steps.next();
  return step.done ? step.value : inStepsLater(steps, step.value);
}

async function inStepsLater<R>(steps: Steps<R>, first: Promise<unknown>): Promise<R> {
  let coming = first;
  for (;;) {
    let value: unknown;
    let failure: { readonly error: unknown } | undefined;
    try {
      value = await coming;
    } catch (error) {
      failure = { error };
    }
    const step = failure === undefined ? steps.next(value) : steps.throw(failure.error);
    if (step.done) return step.value;
    coming = step.value;
  }
}

/** Inside of steps: the value of a promise. */
export function* settled<T>(coming: Promise<T>): Steps<T> {
  return (yield coming) as T;
}

/**
 * Going on with a value that is there already, or is not.
 *
 * @module
 */
import type { MaybePromise } from "../../sandbox/types.ts";

/** A compiled expression. */
export type Thunk<T> = () => T;

/** Goes on with a value, now or when it is there. */
export function then<A, B>(
  value: MaybePromise<A>,
  next: (value: A) => MaybePromise<B>,
): MaybePromise<B> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** Compiles to the value of another expression, changed. */
export function mapped<A, B>(
  thunk: Thunk<MaybePromise<A>>,
  next: (value: A) => B,
): Thunk<MaybePromise<B>> {
  return () => then(thunk(), next);
}

/** Evaluates in order, then goes on with all values. */
export function inOrder<A, B>(
  thunks: readonly Thunk<MaybePromise<A>>[],
  finish: (values: A[]) => MaybePromise<B>,
): Thunk<MaybePromise<B>> {
  return () => {
    const values: A[] = [];
    for (const thunk of thunks) {
      const value = thunk();
      if (value instanceof Promise) return restInOrder(thunks, finish, values, value);
      values.push(value);
    }
    return finish(values);
  };
}

async function restInOrder<A, B>(
  thunks: readonly Thunk<MaybePromise<A>>[],
  finish: (values: A[]) => MaybePromise<B>,
  values: A[],
  waiting: Promise<A>,
): Promise<B> {
  values.push(await waiting);
  while (values.length < thunks.length) {
    const value = thunks[values.length]();
    values.push(value instanceof Promise ? await value : value);
  }
  return finish(values);
}

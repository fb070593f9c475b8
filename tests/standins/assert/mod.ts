/**
 * Stand-in for JSR's `@std/assert`: npm's `deno-std` with types.
 *
 * @module
 */

import * as std from "npm:deno-std@1.4.0/assert/mod.js";

// deno-lint-ignore no-explicit-any
type AnyConstructor = new (...args: any[]) => any;
// deno-lint-ignore no-explicit-any
type ErrorConstructor<E extends Error> = abstract new (...args: any[]) => E;

/** What every assertion throws. */
export const AssertionError: new (message: string, options?: ErrorOptions) => Error =
  std.AssertionError;

/** Whether two values are deeply equal. */
export const equal: (a: unknown, b: unknown) => boolean = std.equal;

/** Fails unless the expression is truthy. */
export function assert(expression: unknown, message?: string): asserts expression {
  std.assert(expression, message);
}

/** Fails unless the expression is falsy. */
export function assertFalse(expression: unknown, message?: string): void {
  std.assertFalse(expression, message);
}

/** Fails unless both are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  std.assertEquals(actual, expected, message);
}

/** Fails if both are deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, message?: string): void {
  std.assertNotEquals(actual, expected, message);
}

/** Fails unless both are the same value. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  message?: string,
): asserts actual is T {
  std.assertStrictEquals(actual, expected, message);
}

/** Fails if both are the same value. */
export function assertNotStrictEquals<T>(actual: T, expected: T, message?: string): void {
  std.assertNotStrictEquals(actual, expected, message);
}

/** Fails unless the numbers differ by at most `tolerance`. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  message?: string,
): void {
  std.assertAlmostEquals(actual, expected, tolerance, message);
}

/** Fails on null and undefined. */
export function assertExists<T>(actual: T, message?: string): asserts actual is NonNullable<T> {
  std.assertExists(actual, message);
}

/** Fails unless `actual` is an instance of `expected`. */
export function assertInstanceOf<T extends AnyConstructor>(
  actual: unknown,
  expected: T,
  message?: string,
): asserts actual is InstanceType<T> {
  std.assertInstanceOf(actual, expected, message);
}

/** Fails unless `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, message?: string): void {
  std.assertGreater(actual, expected, message);
}

/** Fails unless `actual >= expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, message?: string): void {
  std.assertGreaterOrEqual(actual, expected, message);
}

/** Fails unless `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, message?: string): void {
  std.assertLess(actual, expected, message);
}

/** Fails unless `actual <= expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, message?: string): void {
  std.assertLessOrEqual(actual, expected, message);
}

/** Fails unless `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, message?: string): void {
  std.assertStringIncludes(actual, expected, message);
}

/** Fails unless each element of `expected` is in `actual`. */
export function assertArrayIncludes<T>(
  actual: ArrayLike<T>,
  expected: ArrayLike<T>,
  message?: string,
): void {
  std.assertArrayIncludes(actual, expected, message);
}

/** Fails unless `expected` is a subset of `actual`. */
export function assertObjectMatch(
  // deno-lint-ignore no-explicit-any
  actual: Record<PropertyKey, any>,
  expected: Record<PropertyKey, unknown>,
  message?: string,
): void {
  std.assertObjectMatch(actual, expected, message);
}

/** Fails unless the pattern matches. */
export function assertMatch(actual: string, expected: RegExp, message?: string): void {
  std.assertMatch(actual, expected, message);
}

/** Fails if the pattern matches. */
export function assertNotMatch(actual: string, expected: RegExp, message?: string): void {
  std.assertNotMatch(actual, expected, message);
}

/** Fails unless `error` is an error of the class whose message includes the text. */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  errorClass?: ErrorConstructor<E>,
  messageMatches?: string | RegExp,
  message?: string,
): asserts error is E {
  std.assertIsError(error, errorClass, messageMatches, message);
}

/** Fails unless the function throws; returns what it threw. */
export function assertThrows(fn: () => unknown, message?: string): unknown;
/** Fails unless the function throws an error of the class; returns it. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  errorClass: ErrorConstructor<E>,
  messageIncludes?: string,
  message?: string,
): E;
export function assertThrows(fn: () => unknown, ...rest: unknown[]): unknown {
  return (std.assertThrows as (...args: unknown[]) => unknown)(fn, ...rest);
}

/** Fails unless the promise is rejected; returns the reason. */
export function assertRejects(fn: () => PromiseLike<unknown>, message?: string): Promise<unknown>;
/** Fails unless the promise is rejected with an error of the class; returns it. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  errorClass: ErrorConstructor<E>,
  messageIncludes?: string,
  message?: string,
): Promise<E>;
export function assertRejects(
  fn: () => PromiseLike<unknown>,
  ...rest: unknown[]
): Promise<unknown> {
  return (std.assertRejects as (...args: unknown[]) => Promise<unknown>)(fn, ...rest);
}

/** Fails. */
export function fail(message?: string): never {
  std.fail(message);
  throw new Error("unreachable");
}

/** Fails, for code that must not be reached. */
export function unreachable(message?: string): never {
  std.unreachable(message);
  throw new Error("unreachable");
}

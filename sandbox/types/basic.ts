/**
 * What everything is said in: byte strings, and values that may have to be waited for.
 *
 * @module
 */

/** A value, or a promise of it when something had to wait. Callers await only in the second case. */
export type MaybePromise<T> = T | Promise<T>;

/**
 * A string whose char codes are all 0–255, one char for each byte.
 *
 * Everything a script can hold (arguments, environment, paths, data) has this form; V8 stores it
 * with one byte for each char. The unit is a flavour and not a hard brand, so that ASCII literals
 * need no cast; text that came from the host must go through `sandbox/bytes.ts`.
 */
export type ByteString = string & { readonly __unit?: "byte" };

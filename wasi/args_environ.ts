/**
 * Arguments and environment.
 *
 * @module
 */
import type { ByteString } from "../sandbox/types.ts";
import { ERRNO } from "./errno.ts";
import type { Guest } from "./guest.ts";

/** Environment entries as `NAME=VALUE`. */
function environment(guest: Guest): ByteString[] {
  return Array.from(guest.system.env, ([name, value]) => `${name}=${value}`);
}

/** A string ends at its first NUL whether we like it or not; what came after could not be seen. */
function visible(text: ByteString): ByteString {
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}

function sizes(guest: Guest, texts: readonly ByteString[], count: number, size: number): number {
  let total = 0;
  for (const text of texts) total += visible(text).length + 1;
  guest.memory.range(size, 4);
  guest.memory.setU32(count, texts.length);
  guest.memory.setU32(size, total);
  return ERRNO.SUCCESS;
}

function strings(
  guest: Guest,
  texts: readonly ByteString[],
  array: number,
  buffer: number,
): number {
  const { memory } = guest;
  memory.range(array, texts.length * 4);
  let at = buffer >>> 0;
  for (let i = 0; i < texts.length; i++) {
    const text = visible(texts[i]);
    memory.range(at, text.length + 1);
    memory.putText(at, text);
    memory.setU8(at + text.length, 0);
    memory.setU32((array >>> 0) + i * 4, at);
    at += text.length + 1;
  }
  return ERRNO.SUCCESS;
}

/** The arguments, as C strings. */
export function args_get(guest: Guest, argv: number, buffer: number): number {
  return strings(guest, guest.system.args, argv, buffer);
}

/** Number of arguments and bytes that they take. */
export function args_sizes_get(guest: Guest, count: number, size: number): number {
  return sizes(guest, guest.system.args, count, size);
}

/** The environment, as C strings `NAME=VALUE`. */
export function environ_get(guest: Guest, environ: number, buffer: number): number {
  return strings(guest, environment(guest), environ, buffer);
}

/** Number of environment entries and bytes that they take. */
export function environ_sizes_get(guest: Guest, count: number, size: number): number {
  return sizes(guest, environment(guest), count, size);
}

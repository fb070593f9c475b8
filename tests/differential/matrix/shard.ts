/**
 * Where the recorded answers of an applet are.
 *
 * @module
 */
import type { Shard } from "./answer.ts";

/** File of an applet's recorded answers. */
export function shardUrl(name: string): URL {
  const file = name === "[" ? "bracket" : name === "[[" ? "brackets" : name;
  return new URL(`./native/${file}.native.json`, import.meta.url);
}

/** Recorded answers of an applet; undefined when there are none. */
export function readShard(name: string): Shard | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(shardUrl(name)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

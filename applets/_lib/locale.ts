/**
 * Whether text is UTF-8. Every other question of language has one answer: C.
 *
 * @module
 */
import type { Environment } from "../../sandbox/types.ts";

/** Whether the environment asks for UTF-8: the first of LC_ALL, LC_CTYPE and LANG that is set. */
export function isUtf8Locale(env: Environment): boolean {
  const value = env.get("LC_ALL") ?? env.get("LC_CTYPE") ?? env.get("LANG") ?? "";
  const lower = value.toLowerCase();
  return lower.includes(".utf-8") || lower.includes(".utf8");
}

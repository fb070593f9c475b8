/**
 * Text to work on.
 *
 * @module
 */

/** Lines of a number, a word and another number, the same each time. */
export function numberedLines(count: number): string {
  let state = 7;
  let text = "";
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    text += `${state % 1000003} word${state % 97} ${i}\n`;
  }
  return text;
}

/**
 * What is done in turns with others, because it may take long.
 *
 * A part: it is loaded with the first command or text that is very long.
 *
 * @module
 */

export { arithmetic } from "./arithmetic.ts";
export { readCommand } from "./read.ts";
export {
  longAndOr,
  longAssigns,
  longCase,
  longFields,
  longParts,
  longSequence,
} from "./commands.ts";
export { matchesAll } from "./patterns.ts";
export { copyList, joinList, quoteList, quoteParts, splitText, splitValue } from "./fields.ts";

import { type Applet, BANNER, defineApplet } from "./contract.ts";
import { Expression } from "./_lib/test_expression.ts";

/** Evaluates an expression. Source of behaviour: POSIX test, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "test",
  aliases: ["[", "[["],
  usage: "EXPRESSION",
  about: "Exit with 0 if EXPRESSION is true, with 1 if it is not",
  options: {},
  raw: true,
  noHelp: true,
  usageStatus: 2,
  run(ctx) {
    let words = ctx.operands;
    if (ctx.name === "[" || ctx.name === "[[") {
      const close = ctx.name === "[" ? "]" : "]]";
      if (words.length === 1 && words[0] === "--help") {
        ctx.say(NO_HELP_PAGE);
        return 0;
      }
      if (words.at(-1) !== close) ctx.fail(`missing ${close}`, 2);
      words = words.slice(0, -1);
    }
    return new Expression(ctx, words, ctx.name === "[[").evaluate() ? 0 : 1;
  },
});

const NO_HELP_PAGE = `${BANNER}\n\nNo help available\n`;

import { type Applet, defineApplet } from "./contract.ts";
import { OptionError } from "./_lib/options.ts";

/** Columns of the list of logins. */
const HEADER = "USER\t\tTTY\t\tIDLE\tTIME\t\t HOST\n";

/**
 * Shows who is logged in. A sandbox has no logins: there is no utmp file in it unless a script makes
 * one, and nothing in it would keep one. Source of behaviour: BusyBox 1.35 without utmp records.
 */
export const applet: Applet = defineApplet({
  name: "who",
  aliases: ["w", "users"],
  usage: { who: "[-aH]", w: "", users: "" },
  about: {
    who: "Show who is logged in",
    w: "Show who is logged in",
    users: "Print who is logged in",
  },
  lostOutput: "ignore",
  options: { a: { help: "Show all" }, H: { help: "Print column headers" } },
  looksAsItGoes: true,
  run(ctx) {
    const { name, opts, order, out } = ctx;
    if (name !== "who" && order.length > 0) {
      throw new OptionError(`invalid option -- '${order[0]}'`);
    }
    ctx.checkOptions();
    if (name !== "users" && ctx.operands.length > 0) return ctx.usage();
    if (name === "w" || opts.H) out.print(HEADER);
    return 0;
  },
});

import { type Applet, defineApplet } from "./contract.ts";

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
  options: { a: { help: "Show all" }, H: { help: "Print column headers" } },
  run({ name, opts, out }) {
    if (name === "w" || opts.H) out.print(HEADER);
    return 0;
  },
});

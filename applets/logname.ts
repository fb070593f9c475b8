import { type Applet, defineApplet } from "./contract.ts";
import { Accounts } from "./_lib/accounts.ts";

/** Prints the name of the login. Source of behaviour: POSIX logname, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "logname",
  usage: "",
  about: "Print the name of the current user",
  options: {},
  raw: true,
  maxOperands: 0,
  run(ctx) {
    // Whoever has a terminal of the sandbox has logged in on it.
    if (ctx.process.tty === undefined) {
      return ctx.fail("getlogin: Inappropriate ioctl for device");
    }
    ctx.out.print(`${new Accounts(ctx.fs).userName(ctx.process.uid)}\n`);
  },
});

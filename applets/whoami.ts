import { type Applet, defineApplet } from "./contract.ts";
import { Accounts } from "./_lib/accounts.ts";

/** Names the user. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "whoami",
  usage: "",
  about: "Print the name of the user that this runs as",
  lostOutput: 255,
  options: {},
  raw: true,
  maxOperands: 0,
  run({ process, fs, out, fail }) {
    const user = new Accounts(fs).userById(process.uid) ?? fail(`unknown uid ${process.uid}`);
    void out.print(`${user.name}\n`);
  },
});

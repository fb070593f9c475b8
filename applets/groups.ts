import { type Applet, defineApplet } from "./contract.ts";
import { Accounts } from "./_lib/accounts.ts";

/** Prints groups. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "groups",
  usage: "[USER]",
  about: "Print the groups of the current user, or of USER",
  options: {},
  run({ operands: [name], process, fs, out, warn, fail }) {
    const accounts = new Accounts(fs);
    let { gid } = process;
    let more: readonly number[] = process.groups;
    if (name !== undefined) {
      const user = accounts.user(name) ?? fail(`unknown user ${name}`);
      gid = user.gid;
      more = accounts.groups().filter(({ members }) => members.includes(name))
        .map((group) => group.gid);
    }
    const names = [...new Set([gid, ...more])].map((id) => {
      const found = accounts.groupById(id)?.name;
      if (found === undefined) warn(`unknown ID ${id}`);
      return found ?? String(id);
    });
    out.print(`${names.join(" ")}\n`);
  },
});

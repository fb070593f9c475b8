import { type Applet, defineApplet } from "./contract.ts";
import { Accounts } from "./_lib/accounts.ts";

/** Prints user and groups. Source of behaviour: POSIX id, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "id",
  usage: "[-ugGnr] [USER]",
  about: "Print numbers and names of the user, or of USER, and of the groups",
  options: {
    u: { excludes: ["g", "G"], help: "User only" },
    g: { excludes: ["u", "G"], help: "First group only" },
    G: { excludes: ["u", "g"], help: "All groups only" },
    n: { help: "Names instead of numbers" },
    r: { help: "Real instead of effective" },
  },
  maxOperands: 1,
  run({ opts, operands, process, fs, out, warn, fail, usage }) {
    if (!(opts.u || opts.g || opts.G) && (opts.n || opts.r)) usage();
    const accounts = new Accounts(fs);
    const [name] = operands;
    let { uid, gid } = process;
    let groups: readonly number[] = process.groups;
    if (name !== undefined) {
      const user = accounts.user(name) ?? fail(`unknown user ${name}`);
      ({ uid, gid } = user);
      const named = accounts.groups().filter(({ members }) => members.includes(name));
      groups = [gid, ...named.map((group) => group.gid).filter((each) => each !== gid)];
    }
    const one = (id: number, found: string | undefined, kind: string): string => {
      if (!opts.n) return String(id);
      if (found === undefined) warn(`unknown ${kind} ${id}`);
      return found ?? String(id);
    };
    const userOf = (id: number) => accounts.userById(id)?.name;
    const groupOf = (id: number) => accounts.groupById(id)?.name;
    if (opts.u) void out.print(one(uid, userOf(uid), "ID") + "\n");
    else if (opts.g) void out.print(one(gid, groupOf(gid), "ID") + "\n");
    else if (opts.G) {
      const list = groups.length === 0 ? [gid] : groups;
      void out.print(list.map((id) => one(id, groupOf(id), "ID")).join(" ") + "\n");
    } else {
      const both = (id: number, found: string | undefined): string =>
        found === undefined ? String(id) : `${id}(${found})`;
      let line = `uid=${both(uid, userOf(uid))} gid=${both(gid, groupOf(gid))}`;
      if (groups.length > 0) {
        line += ` groups=${groups.map((id) => both(id, groupOf(id))).join(",")}`;
      }
      void out.print(line + "\n");
    }
  },
});

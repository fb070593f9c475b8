import type { ByteString } from "../sandbox/types.ts";
import { type Applet, type Context, defineApplet } from "./contract.ts";
import { execProgram } from "./_lib/program.ts";

/** Names of capabilities by number (capabilities(7)); from 38 on native has none. */
const CAPABILITIES =
  ("chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap " +
    "linux_immutable net_bind_service net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module " +
    "sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin sys_boot sys_nice sys_time sys_tty_config " +
    "mknod lease audit_write audit_control setfcap mac_override mac_admin syslog wake_alarm " +
    "block_suspend audit_read").split(" ");

/** Runs a program with other privileges, of which a sandbox has few. Source: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "setpriv",
  usage: "[OPTIONS] PROG ARGS",
  about: "Run PROG with other privileges",
  options: {
    d: { long: "dump", help: "Show the privileges of this process" },
    nnp: { long: "no-new-privs", help: "Gain none from files" },
    "inh-caps": { arg: "CAP,CAP", help: "Change inheritable capabilities: +NAME, -NAME" },
    "ambient-caps": { arg: "CAP,CAP", help: "Change ambient capabilities" },
  },
  posix: true,
  run(ctx) {
    const { opts, operands, process, out } = ctx;
    if (opts.d) {
      const groups = process.groups.filter((gid) => gid !== process.gid).join(",") || "[none]";
      out.print(
        `uid: ${process.uid}\neuid: ${process.uid}\ngid: ${process.gid}\negid: ${process.gid}\n` +
          `Supplementary groups: ${groups}\nno_new_privs: ${opts.nnp ? 1 : 0}\n` +
          "Inheritable capabilities: [none]\nAmbient capabilities: [none]\n" +
          "Capability bounding set: [none]\n",
      );
      return 0;
    }
    checkCapabilities(ctx, opts["inh-caps"]);
    checkCapabilities(ctx, opts["ambient-caps"]);
    if (operands.length === 0) return ctx.usage();
    return execProgram(ctx, operands);
  },
});

/** Capabilities mean nothing in a sandbox; their names are still checked. */
function checkCapabilities(ctx: Pick<Context, "fail">, list: ByteString | undefined): void {
  if (list === undefined) return;
  for (const word of list.split(",")) {
    if (!/^[+-]/.test(word)) ctx.fail(`invalid capability '${word}'`);
    const name = word.slice(1);
    if (!CAPABILITIES.includes(name) && !/^cap_\d+$/.test(name)) {
      ctx.fail(`unknown capability '${name}'`);
    }
  }
}

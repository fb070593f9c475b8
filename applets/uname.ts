import { type Applet, defineApplet } from "./contract.ts";

/** Names the system, as the sandbox presents it. Source of behaviour: POSIX uname, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "uname",
  usage: "[-amnrspvio]",
  about: "Print what the system says of itself",
  options: {
    a: { long: "all", help: "Everything" },
    s: { long: "kernel-name", help: "Name of the kernel (default)" },
    n: { long: "nodename", help: "Host name" },
    r: { long: ["kernel-release", "release"], help: "Release of the kernel" },
    v: { long: "kernel-version", help: "Version of the kernel" },
    m: { long: "machine", help: "Machine type" },
    p: { long: "processor", help: "Type of processor" },
    i: { long: "hardware-platform", help: "Platform" },
    o: { long: "operating-system", help: "Operating system" },
  },
  maxOperands: 0,
  run({ opts, order, process, out }) {
    const { uname, hostname } = process.kernel;
    const all = !!opts.a;
    const parts: string[] = [];
    if (opts.s || all || order.length === 0) parts.push(uname.sysname);
    if (opts.n || all) parts.push(hostname);
    if (opts.r || all) parts.push(uname.release);
    if (opts.v || all) parts.push(uname.version);
    if (opts.m || all) parts.push(uname.machine);
    // What is unknown is left out of -a.
    if (opts.p && !all) parts.push("unknown");
    if (opts.i && !all) parts.push("unknown");
    if (opts.o || all) parts.push("GNU/Linux");
    void out.print(parts.join(" ") + "\n");
  },
});

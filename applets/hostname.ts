import { type Applet, defineApplet, NO_HELP } from "./contract.ts";
import { toByteString } from "../sandbox/bytes.ts";
import { isVfsError } from "../sandbox/errors.ts";

const HOSTS_MAX = 1 << 20;

/** Shows and sets the name of the sandbox. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "hostname",
  aliases: ["dnsdomainname"],
  usage: { hostname: "[-sidf] [HOSTNAME | -F FILE]", dnsdomainname: NO_HELP },
  about: "Show or set the host name of the sandbox",
  lostOutput: "ignore",
  options: {
    s: { help: "Up to the first dot" },
    i: { help: "Addresses of the name" },
    d: { help: "Domain: what follows the first dot" },
    f: { help: "The whole name with domain" },
    F: { arg: "FILE", help: "Set the name to the contents of FILE" },
    v: {},
  },
  async run(ctx) {
    const { opts, operands, process, out, fs } = ctx;
    const { kernel } = process;
    const domainOnly = ctx.name === "dnsdomainname";
    if (opts.F !== undefined && !domainOnly) {
      const source = ctx.open(opts.F);
      if (source === undefined) return 1;
      for (const line of (await source.readAll()).split("\n")) {
        const word = line.trim();
        if (word !== "" && word[0] !== "#") kernel.hostname = word;
      }
      return 0;
    }
    if (operands.length > 0 && !domainOnly) {
      kernel.hostname = operands[0];
      return 0;
    }
    const name = kernel.hostname;
    if (!domainOnly && !opts.i && !opts.d && !opts.f) {
      void out.print((opts.s ? name.split(".")[0] : name) + "\n");
      return 0;
    }
    // The sandbox's own /etc/hosts is what knows its names.
    let hosts = "";
    try {
      hosts = toByteString(fs.readFile("/etc/hosts", HOSTS_MAX));
    } catch (error) {
      if (!isVfsError(error)) throw error;
    }
    const rows = hosts.split("\n").map((line) => line.replace(/#.*/, "").split(/\s+/))
      .map((words) => words.filter((word) => word !== ""))
      .filter((words) => words.slice(1).includes(name));
    if (rows.length === 0) return ctx.fail(`${name}: Host name lookup failure`);
    const canonical = rows[0][1];
    const dot = canonical.indexOf(".");
    if (opts.s && !domainOnly) void out.print(canonical.split(".")[0] + "\n");
    else if (opts.i && !domainOnly) {
      void out.print(rows.map(([address]) => address).join(" ") + "\n");
    } else if (opts.d || domainOnly) {
      if (dot >= 0) void out.print(canonical.slice(dot + 1) + "\n");
    } else void out.print(canonical + "\n");
    return 0;
  },
});

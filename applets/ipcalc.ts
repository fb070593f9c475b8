import type { ByteString } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { toByteString } from "../sandbox/bytes.ts";
import { type Applet, defineApplet } from "./contract.ts";
import { numberArgument } from "./_lib/number_argument.ts";

/** Calculates with IPv4 addresses. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "ipcalc",
  usage: "[-bnmphs] ADDRESS[/PREFIX] [NETMASK]",
  about: "Show what follows from an IP address",
  lostOutput: "ignore",
  options: {
    m: { long: "netmask", help: "Net mask that the address has by default" },
    b: { long: "broadcast", help: "Broadcast address" },
    n: { long: "network", help: "Network address" },
    p: { long: "prefix", help: "Prefix of the net mask" },
    h: { long: "hostname", help: "Host name, from /etc/hosts" },
    s: { long: "silent", help: "No error messages" },
  },
  minOperands: 1,
  maxOperands: 2,
  run(ctx) {
    const { opts, operands, out } = ctx;
    if (!(opts.b || opts.n || opts.p)) {
      // A default mask or a host name alone is of an address alone.
      if (operands.length > 1 || !(opts.h || opts.m)) return ctx.usage();
    }
    const fail = (message: string): never => opts.s ? ctx.exit(1) : ctx.fail(message);
    const slash = operands[0].indexOf("/");
    const text = slash < 0 ? operands[0] : operands[0].slice(0, slash);
    let mask: number | undefined;
    // An empty prefix is none.
    if (slash >= 0 && slash + 1 < operands[0].length) {
      const prefix = numberArgument({ fail }, operands[0].slice(slash + 1), { max: 32 });
      mask = prefix === 0 ? 0 : -1 << (32 - prefix) >>> 0;
      if (operands.length > 1) return fail("use prefix or netmask, not both");
    }
    const address = parseAddress(text) ?? fail(`bad IP address: ${text}`);
    if (operands.length > 1) {
      mask = parseAddress(operands[1]) ?? fail(`bad netmask: ${operands[1]}`);
    }
    mask ??= defaultMask(address);
    if (opts.m) out.print(`NETMASK=${show(mask)}\n`);
    if (opts.b) out.print(`BROADCAST=${show((address & mask | ~mask) >>> 0)}\n`);
    if (opts.n) out.print(`NETWORK=${show((address & mask) >>> 0)}\n`);
    if (opts.p) {
      let bits = 0;
      for (let rest = mask; rest !== 0; rest &= rest - 1) bits++;
      out.print(`PREFIX=${bits}\n`);
    }
    if (opts.h) {
      const name = hostName(show(address), () => ctx.fs.readFile("/etc/hosts", 1 << 20));
      if (name === undefined) {
        return fail(`can't find hostname for ${text}: Host name lookup failure`);
      }
      out.print(`HOSTNAME=${name}\n`);
    }
  },
});

/**
 * An address as inet_aton(3) reads it: up to four numbers as in C, the last of which fills what is left;
 * nothing behind a blank counts.
 */
function parseAddress(text: ByteString): number | undefined {
  const parts = text.split(/[ \t-\r]/, 1)[0].split(".");
  if (parts.length > 4) return undefined;
  let value = 0;
  for (const [i, part] of parts.entries()) {
    if (!/^(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)$/.test(part)) return undefined;
    const number = Number(/^0[0-7]+$/.test(part) ? `0o${part.slice(1)}` : part);
    const bytes = i === parts.length - 1 ? 4 - i : 1;
    if (number >= 256 ** bytes) return undefined;
    value = value * 256 ** bytes + number;
  }
  return value;
}

/** The mask of the address's class (RFC 791). */
function defaultMask(address: number): number {
  if ((address & 0x80000000) === 0) return 0xff000000;
  if ((address & 0xc0000000) >>> 0 === 0x80000000) return 0xffff0000;
  return 0xffffff00;
}

function show(address: number): string {
  return [24, 16, 8, 0].map((shift) => address >>> shift & 255).join(".");
}

function hostName(address: string, read: () => Uint8Array): ByteString | undefined {
  try {
    for (const line of toByteString(read()).split("\n")) {
      const words = line.replace(/#.*/, "").split(/\s+/).filter((word) => word !== "");
      if (words[0] === address) return words[1];
    }
  } catch (error) {
    if (!isVfsError(error)) throw error;
  }
  return undefined;
}

import type { NetAddress, SocketInfo } from "../sandbox/types.ts";
import { type Applet, defineApplet } from "./contract.ts";

/** Lists the sandbox's sockets. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "netstat",
  usage: "[-ral] [-tuwx] [-en]",
  about: "Show the sockets of the sandbox",
  lostOutput: "ignore",
  options: {
    r: { help: "Routes" },
    a: { help: "All sockets" },
    l: { help: "Sockets that wait for connections; else those that are connected" },
    t: { help: "TCP" },
    u: { help: "UDP" },
    w: { help: "Raw sockets" },
    x: { help: "Unix sockets; else all kinds" },
    e: { help: "More about each" },
    n: { help: "Numbers instead of names" },
    p: {},
    W: {},
  },
  run({ opts, process, out }) {
    if (opts.r) {
      out.print(
        "Kernel IP routing table\nDestination     Gateway         Genmask         Flags" +
          `${opts.e ? " Metric Ref    Use Iface" : "   MSS Window  irtt Iface"}\n`,
      );
      return;
    }
    const all = !(opts.t || opts.u || opts.w || opts.x);
    const which = opts.a ? "servers and established" : opts.l ? "only servers" : "w/o servers";
    const sockets = process.net.sockets().filter((socket) =>
      opts.a ||
      (socket.state === "LISTEN" || (socket.protocol === "udp" && !socket.remote)) === !!opts.l
    );
    if (all || opts.t || opts.u || opts.w) {
      out.print(
        `Active Internet connections (${which})\n` +
          "Proto Recv-Q Send-Q Local Address           Foreign Address         State       " +
          `${opts.p ? "PID/Program name    " : ""}\n`,
      );
      for (const socket of sockets) {
        if (socket.protocol === "unix" || !(all || (socket.protocol === "tcp" ? opts.t : opts.u))) {
          continue;
        }
        out.print(line(socket));
      }
    }
    if (all || opts.x) {
      out.print(
        `Active UNIX domain sockets (${which})\n` +
          "Proto RefCnt Flags       Type       State         I-Node Path\n",
      );
    }
  },
});

function line({ protocol, local, remote, state }: SocketInfo): string {
  const text = (address: NetAddress | undefined): string =>
    address === undefined
      ? "0.0.0.0:*"
      : `${address.host}:${address.port === 0 ? "*" : address.port}`;
  return `${protocol.padEnd(4)}       0      0 ${text(local).padEnd(23)} ${
    text(remote).padEnd(23)
  } ${(protocol === "udp" ? "" : state).padEnd(11)} \n`;
}

import type { NetAddress } from "../sandbox/types.ts";
import { type Applet, defineApplet } from "./contract.ts";

/** Lists the sandbox's sockets. Source of behaviour: ss(8) of iproute2; busybox has none. */
export const applet: Applet = defineApplet({
  name: "ss",
  usage: "[-tulnpsaH]",
  about: "Show the sockets of the sandbox",
  options: {
    t: { long: "tcp", help: "TCP" },
    u: { long: "udp", help: "UDP" },
    x: { long: "unix", help: "Unix sockets" },
    l: { long: "listening", help: "Sockets that wait for connections" },
    a: { long: "all", help: "All of them" },
    n: { long: "numeric", help: "Numbers only, as always here" },
    p: { long: "processes", help: "The processes that hold them" },
    s: { long: "summary", help: "Counts only" },
    H: { long: "no-header", help: "No header" },
  },
  run({ opts, process, out }) {
    const sockets = process.net.sockets();
    if (opts.s) {
      const tcp = sockets.filter((socket) => socket.protocol === "tcp");
      const established = tcp.filter((socket) => socket.state === "ESTABLISHED").length;
      const udp = sockets.filter((socket) => socket.protocol === "udp").length;
      out.print(
        `Total: ${sockets.length}\nTCP:   ${tcp.length} (estab ${established}, closed 0, orphaned 0, timewait 0)\n\n` +
          `Transport Total     IP        IPv6\nRAW\t  0         0         0        \n` +
          `UDP\t  ${String(udp).padEnd(10)}${String(udp).padEnd(10)}0        \n` +
          `TCP\t  ${String(tcp.length).padEnd(10)}${String(tcp.length).padEnd(10)}0        \n`,
      );
      return;
    }
    const kinds = opts.t || opts.u || opts.x;
    if (!opts.H) {
      out.print(
        "Netid State  Recv-Q Send-Q Local Address:Port  Peer Address:Port" +
          `${opts.p ? "Process" : ""}\n`,
      );
    }
    const text = (address: NetAddress | undefined): string =>
      address === undefined ? "0.0.0.0:*" : `${address.host}:${address.port || "*"}`;
    for (const socket of sockets) {
      const { protocol } = socket;
      if (kinds && !(protocol === "tcp" ? opts.t : protocol === "udp" ? opts.u : opts.x)) continue;
      const listens = socket.state === "LISTEN" || (protocol === "udp" && !socket.remote);
      if (!opts.a && listens !== !!opts.l) continue;
      const state = socket.state === "ESTABLISHED"
        ? "ESTAB"
        : protocol === "udp" && listens
        ? "UNCONN"
        : socket.state;
      const owner = opts.p
        ? ` users:(("${process.kernel.process(socket.pid)?.name ?? ""}",pid=${socket.pid}))`
        : "";
      out.print(
        `${protocol.padEnd(5)} ${state.padEnd(6)} ${"0".padEnd(6)} ${"0".padEnd(6)} ${
          text(socket.local).padStart(18)
        } ${text(socket.remote).padStart(18)}${owner}\n`,
      );
    }
  },
});

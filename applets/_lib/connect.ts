/**
 * Connections through the gate, with busybox's messages.
 *
 * @module
 */
import { toText } from "../../sandbox/bytes.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import type { ByteString, NetConnection, Process } from "../../sandbox/types.ts";

/** What connecting needs of an applet's context. */
export interface NetHost {
  readonly process: Process;
  readonly fail: (message: ByteString, status?: number) => never;
}

/** Ports by service name, where /etc/services would have them. */
const SERVICES: ReadonlyMap<string, number> = new Map([
  ["domain", 53],
  ["echo", 7],
  ["ftp", 21],
  ["http", 80],
  ["https", 443],
  ["smtp", 25],
  ["ssh", 22],
  ["telnet", 23],
  ["tftp", 69],
]);

/** A port by number or name; fails with `NAME: bad port 'TEXT'`. */
export function portNumber(host: NetHost, text: ByteString): number {
  const named = SERVICES.get(text);
  if (named !== undefined) return named;
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : -1;
  return port >= 0 && port <= 65535 ? port : host.fail(`bad port '${text}'`);
}

/**
 * Connects. A refusal of the gate is told as it is, since it names the grant that is missing.
 *
 * @throws {AppletExit} when it cannot
 */
export async function connectTo(
  host: NetHost,
  name: ByteString,
  port: number,
  option?: Parameters<Process["net"]["connect"]>[2],
): Promise<NetConnection> {
  try {
    return await host.process.net.connect(toText(name), port, option);
  } catch (error) {
    if (!isVfsError(error)) throw error;
    if (error.code === "EACCES") return host.fail(`${name}: ${error.reason}`);
    if (error.code === "ENOENT" || error.code === "EADDRNOTAVAIL") {
      return host.fail(`bad address '${name}'`);
    }
    return host.fail(`can't connect to remote host (${name}): ${error.reason}`);
  }
}

/**
 * The network gate of a sandbox, made from its policy.
 *
 * @module
 */
import type { AuditEvent, NetConnection, Network } from "../types.ts";
import { VfsError } from "../errors.ts";
import type { Policy } from "../caps/policy.ts";
import type { KernelProcess } from "../kernel/process.ts";

/**
 * Makes the gate that each process of a sandbox gets.
 *
 * @param policy What is granted.
 * @param audit Told of each attempt.
 */
export function createNetwork(
  policy: Policy,
  audit: ((event: AuditEvent) => void) | undefined,
): (process: KernelProcess) => Network {
  return (process) => {
    const refuse = (subject: string): never => {
      audit?.({ kind: "net", allowed: false, pid: process.pid, subject });
      throw new VfsError("EACCES", undefined, `network access to ${subject} was not granted`);
    };
    return {
      granted: policy.net.length > 0 || policy.listen.length > 0,
      // deno-lint-ignore require-await -- a refusal is a rejection, not an exception
      connect: async (host, port): Promise<NetConnection> => refuse(`${host}:${port}`),
      listen: (host, port) => refuse(`${host}:${port}`),
      datagram: (host, port) => refuse(`${host}:${port}`),
      // deno-lint-ignore require-await -- as above
      resolve: async (host): Promise<string[]> => refuse(host),
      sockets: () => [],
    };
  };
}

/**
 * The network gate of a sandbox: the one way to a socket.
 *
 * The policy is asked first, on the parsed target; only then is a name resolved; all its addresses
 * must be public unless a grant names the address itself; the checked address is dialled. Whoever
 * follows a redirect comes through here again.
 *
 * @module
 */
import {
  type AuditEvent,
  type NetAddress,
  type NetConnection,
  type NetDatagram,
  type NetListener,
  type Network,
  type OpenFile,
  S_IFSOCK,
  type SocketInfo,
  type Waiter,
} from "../types.ts";
import { VfsError } from "../errors.ts";
import type { Policy } from "../caps/policy.ts";
import {
  canonicalHost,
  isIpLiteral,
  isPublicAddress,
  namesAddress,
  type NetRule,
  parseNetRule,
  ruleAllows,
} from "../caps/net_policy.ts";
import { DuplexFile, PullInput, PushOutput } from "../kernel/devices.ts";
import type { KernelProcess } from "../kernel/process.ts";
import { Queue } from "../kernel/wait_queue.ts";
import {
  connectHost,
  datagramHost,
  type HostConnection,
  listenHost,
  resolveHost,
} from "../host/net.ts";

/** A socket in the sandbox's table. */
interface Entry extends SocketInfo {
  close(): void;
}

/** The gate; one for a sandbox. */
class Gate {
  readonly rules: readonly NetRule[];
  readonly listenRules: readonly NetRule[];
  readonly sockets = new Set<Entry>();
  /** The connections behind files, for those who begin TLS on one later. */
  readonly connections = new WeakMap<OpenFile, HostConnection>();
  bytesLeft: number;

  constructor(
    readonly policy: Policy,
    readonly audit: ((event: AuditEvent) => void) | undefined,
  ) {
    this.rules = policy.net.map(parseNetRule);
    this.listenRules = policy.listen.map(parseNetRule);
    this.bytesLeft = policy.limits.networkBytes;
  }

  note(process: KernelProcess, subject: string, allowed: boolean): void {
    this.audit?.({ kind: "net", allowed, pid: process.pid, subject });
  }

  refuse(process: KernelProcess, subject: string, option: "--net" | "--listen"): VfsError {
    this.note(process, subject, false);
    return new VfsError(
      "EACCES",
      undefined,
      `Permission denied (network access needs ${option} ${subject})`,
    );
  }

  spend(bytes: number): void {
    this.bytesLeft -= bytes;
    if (this.bytesLeft < 0) throw new VfsError("EDQUOT", undefined, "network byte limit reached");
  }

  checkRoom(): void {
    if (this.sockets.size >= this.policy.limits.connections) throw new VfsError("EMFILE");
  }

  /** Addresses of an allowed host that may be dialled. */
  async addresses(
    process: KernelProcess,
    host: string,
    port: number,
    family?: 4 | 6,
  ): Promise<string[]> {
    const name = canonicalHost(host);
    const found = isIpLiteral(name) ? [name] : await this.#resolve(process, name, family);
    if (found.length === 0) throw new VfsError("EIO", undefined, "bad address");
    for (const address of found) {
      if (isPublicAddress(address) || namesAddress(this.rules, address, port)) continue;
      // One private address among several is how rebinding looks: refuse them all.
      throw this.refuse(process, `${address}:${port}`, "--net");
    }
    return found;
  }

  /** Asking for a name is a use of the network, also when nobody knows the name. */
  async #resolve(process: KernelProcess, name: string, family?: 4 | 6): Promise<string[]> {
    try {
      return await resolveHost(name, family);
    } catch (error) {
      this.note(process, `dns ${name}`, true);
      throw error;
    }
  }

  register(entry: Omit<Entry, "close">, close: () => void): { readonly entry: Entry } {
    const whole: Entry = {
      ...entry,
      close: () => {
        this.sockets.delete(whole);
        close();
      },
    };
    this.sockets.add(whole);
    return { entry: whole };
  }

  connection(process: KernelProcess, host: HostConnection, state = "ESTABLISHED"): NetConnection {
    const { entry } = this.register({
      protocol: "tcp",
      state,
      local: host.local,
      remote: host.remote,
      pid: process.pid,
    }, () => host.close());
    const input = new PullInput(async () => {
      const chunk = await host.read();
      if (chunk !== undefined) this.spend(chunk.length);
      return chunk;
    });
    const output = new PushOutput(
      (chunk) => {
        this.spend(chunk.length);
        return host.write(chunk);
      },
      true,
      () => entry.close(),
    );
    const file = new DuplexFile(input, output, S_IFSOCK);
    process.own(file);
    this.connections.set(file, host);
    return { local: host.local, remote: host.remote, file, closeWrite: () => host.closeWrite() };
  }
}

/**
 * Makes the gate that each process of a sandbox gets.
 *
 * @param policy What is granted.
 * @param audit Told of each attempt.
 * @throws {TypeError} for a grant that cannot be parsed
 */
export function createNetwork(
  policy: Policy,
  audit: ((event: AuditEvent) => void) | undefined,
): { readonly of: (process: KernelProcess) => Network; readonly close: () => void } {
  const gate = new Gate(policy, audit);
  return {
    of: (process) => networkFor(gate, process),
    close: () => {
      for (const socket of [...gate.sockets]) socket.close();
    },
  };
}

/** Waits for host work in a way that a signal or the end of the process can break off. */
async function waitFor<T>(waiter: Waiter, work: Promise<T>): Promise<T> {
  const done = new Queue();
  let result: { value: T } | undefined;
  let failure: { error: unknown } | undefined;
  work.then((value) => result = { value }, (error) => failure = { error }).then(() => done.wake());
  while (result === undefined && failure === undefined) await waiter.waitOn(done);
  if (failure !== undefined) throw failure.error;
  return result!.value;
}

function networkFor(gate: Gate, process: KernelProcess): Network {
  return {
    granted: gate.rules.length > 0 || gate.listenRules.length > 0,
    async connect(host, port, option = {}): Promise<NetConnection> {
      const target = { host, port, scheme: option.scheme, path: option.path };
      const subject = `${canonicalHost(host)}:${port}`;
      if (!gate.rules.some((rule) => ruleAllows(rule, target))) {
        throw gate.refuse(process, subject, "--net");
      }
      gate.checkRoom();
      const work = (async () => {
        const found = await gate.addresses(process, host, port);
        gate.note(process, subject, true);
        let last: unknown;
        for (const address of found) {
          try {
            return await connectHost(
              address,
              port,
              canonicalHost(host),
              option.tls ?? false,
              (each) => found.some((other) => canonicalHost(other) === canonicalHost(each)),
            );
          } catch (error) {
            last = error;
          }
        }
        throw last;
      })();
      const connected = await waitFor(process, withTimeout(process, work, option.timeoutMs));
      return gate.connection(process, connected);
    },
    async secure(file: OpenFile, name: string): Promise<void> {
      const connection = gate.connections.get(file);
      if (connection === undefined) throw new VfsError("ENOTSOCK");
      const host = name === "" ? connection.remote.host : canonicalHost(name);
      gate.note(process, `tls ${host}`, true);
      await waitFor(process, connection.secure(host));
    },
    listen(host: string, port: number): NetListener {
      const subject = `${canonicalHost(host)}:${port}`;
      if (!gate.listenRules.some((rule) => ruleAllows(rule, { host, port }))) {
        throw gate.refuse(process, subject, "--listen");
      }
      gate.checkRoom();
      gate.note(process, subject, true);
      const listener = listenHost(canonicalHost(host), port);
      const local: NetAddress = { host: listener.host, port: listener.port };
      const { entry } = gate.register({
        protocol: "tcp",
        state: "LISTEN",
        local,
        remote: undefined,
        pid: process.pid,
      }, () => listener.close());
      process.atEnd(() => gate.sockets.has(entry) && entry.close());
      return {
        local,
        accept: async (waiter) =>
          gate.connection(process, await waitFor(waiter, listener.accept())),
        close: () => gate.sockets.has(entry) && entry.close(),
      };
    },
    datagram(host: string, port: number): NetDatagram {
      const listening = port !== 0;
      if (listening && !gate.listenRules.some((rule) => ruleAllows(rule, { host, port }))) {
        throw gate.refuse(process, `${canonicalHost(host)}:${port}`, "--listen");
      }
      if (!listening && gate.rules.length === 0) {
        throw gate.refuse(process, "HOST:PORT", "--net");
      }
      gate.checkRoom();
      const socket = datagramHost(listening ? canonicalHost(host) : "0.0.0.0", port);
      const local: NetAddress = { host, port: socket.port };
      const { entry } = gate.register({
        protocol: "udp",
        state: "UNCONN",
        local,
        remote: undefined,
        pid: process.pid,
      }, () => socket.close());
      process.atEnd(() => gate.sockets.has(entry) && entry.close());
      return {
        local,
        async send(data: Uint8Array, to: NetAddress): Promise<void> {
          if (!gate.rules.some((rule) => ruleAllows(rule, to))) {
            throw gate.refuse(process, `${canonicalHost(to.host)}:${to.port}`, "--net");
          }
          const [address] = await waitFor(process, gate.addresses(process, to.host, to.port));
          gate.spend(data.length);
          await waitFor(process, socket.send(data, address, to.port));
        },
        async receive(waiter: Waiter): Promise<{ data: Uint8Array; from: NetAddress }> {
          const { data, host: from, port: fromPort } = await waitFor(waiter, socket.receive());
          gate.spend(data.length);
          return { data, from: { host: from, port: fromPort } };
        },
        close: () => gate.sockets.has(entry) && entry.close(),
      };
    },
    async resolve(host: string, family?: 4 | 6): Promise<string[]> {
      const name = canonicalHost(host);
      // No packet leaves for a name that no grant covers on any port.
      const allowed = gate.rules.some((rule) =>
        ruleAllows({ ...rule, port: undefined, scheme: undefined, path: [] }, { host, port: 0 })
      );
      if (!allowed) throw gate.refuse(process, name, "--net");
      if (isIpLiteral(name)) return [name];
      gate.note(process, name, true);
      return await waitFor(process, resolveHost(name, family));
    },
    sockets(): SocketInfo[] {
      return [...gate.sockets];
    },
  };
}

/** Gives up after a time; what the work then gives is closed unseen. */
function withTimeout(
  process: KernelProcess,
  work: Promise<HostConnection>,
  timeoutMs: number | undefined,
): Promise<HostConnection> {
  if (timeoutMs === undefined) return work;
  return new Promise((resolve, reject) => {
    let late = false;
    const cancel = process.kernel_.host.setTimer(timeoutMs, () => {
      late = true;
      reject(new VfsError("ETIMEDOUT"));
    });
    work.then((connection) => {
      cancel();
      if (late) connection.close();
      else resolve(connection);
    }, (error) => {
      cancel();
      reject(error);
    });
  });
}

/**
 * Sockets of the host. Every caller is the network gate, which has checked the policy before.
 *
 * @module
 */
import { type ErrorCode, VfsError } from "../errors.ts";
import { othersRun } from "./held_writes.ts";

/** A TCP connection of the host. */
export interface HostConnection {
  readonly local: { readonly host: string; readonly port: number };
  readonly remote: { readonly host: string; readonly port: number };
  read(): Promise<Uint8Array | undefined>;
  write(chunk: Uint8Array): Promise<void>;
  closeWrite(): Promise<void>;
  /** Begins TLS as a client, verifying the name. Nothing may be reading. */
  secure(name: string): Promise<void>;
  close(): void;
}

/** Bytes of one read. */
const CHUNK = 65536;

/** Makes one of our errors of a host error; its text is never passed on. */
function translate(error: unknown, subject: string): VfsError {
  if (error instanceof VfsError) return error;
  const byClass: readonly (readonly [new (...args: never[]) => Error, ErrorCode])[] = [
    [Deno.errors.NotCapable, "EACCES"],
    [Deno.errors.PermissionDenied, "EACCES"],
    [Deno.errors.ConnectionRefused, "ECONNREFUSED"],
    [Deno.errors.ConnectionReset, "ECONNRESET"],
    [Deno.errors.ConnectionAborted, "ECONNABORTED"],
    [Deno.errors.NotConnected, "ENOTCONN"],
    [Deno.errors.AddrInUse, "EADDRINUSE"],
    [Deno.errors.AddrNotAvailable, "EADDRNOTAVAIL"],
    [Deno.errors.BrokenPipe, "EPIPE"],
    [Deno.errors.TimedOut, "ETIMEDOUT"],
    [Deno.errors.NetworkUnreachable, "ENETUNREACH"],
    [Deno.errors.InvalidData, "EPROTO"],
  ];
  const code = byClass.find(([type]) => error instanceof type)?.[1];
  const named = (error as { code?: string }).code;
  if (code === undefined && named === "EHOSTUNREACH") return new VfsError("EHOSTUNREACH", subject);
  return new VfsError(code ?? "EIO", subject);
}

/** Whether Deno allows connecting to a host, without asking the user. */
export function isNetGranted(host: string, port: number): boolean {
  const name = host.includes(":") ? `[${host}]` : host;
  return Deno.permissions.querySync({ name: "net", host: `${name}:${port}` }).state === "granted";
}

/**
 * Connects TCP to an address that was checked.
 *
 * @param address IP literal that was checked.
 * @param name Name it was resolved from: dialled instead when Deno granted only the name.
 * @param tls Verify the name and encrypt.
 */
export async function connectHost(
  address: string,
  port: number,
  name: string,
  tls: boolean,
  isChecked: (address: string) => boolean,
): Promise<HostConnection> {
  const direct = isNetGranted(address, port);
  if (!direct && !isNetGranted(name, port)) throw new VfsError("EACCES", `${name}:${port}`);
  try {
    const plain = await Deno.connect({ hostname: direct ? address : name, port });
    const remote = plain.remoteAddr as Deno.NetAddr;
    // Deno resolved the name itself: whatever it found must be among what was checked.
    if (!direct && !isChecked(remote.hostname)) {
      plain.close();
      throw new VfsError("EACCES", `${name}:${port}`);
    }
    const connection = tls ? await startTls(plain, name) : plain;
    const local = plain.localAddr as Deno.NetAddr;
    return wrap(connection, local, remote);
  } catch (error) {
    throw translate(error, `${name}:${port}`);
  }
}

async function startTls(plain: Deno.TcpConn, hostname: string): Promise<Deno.TlsConn> {
  const secure = await Deno.startTls(plain, { hostname });
  await secure.handshake();
  return secure;
}

function wrap(
  opened: Deno.Conn,
  local: Deno.NetAddr,
  remote: Deno.NetAddr,
): HostConnection {
  let closed = false;
  let connection = opened;
  return {
    async secure(name: string): Promise<void> {
      try {
        connection = await startTls(connection as Deno.TcpConn, name);
      } catch (error) {
        throw translate(error, name);
      }
    },
    local: { host: local.hostname, port: local.port },
    remote: { host: remote.hostname, port: remote.port },
    async read(): Promise<Uint8Array | undefined> {
      const buffer = new Uint8Array(CHUNK);
      try {
        const n = await connection.read(buffer);
        return n === null ? undefined : buffer.subarray(0, n);
      } catch (error) {
        if (closed) return undefined;
        throw translate(error, remote.hostname);
      }
    },
    async write(chunk: Uint8Array): Promise<void> {
      othersRun();
      try {
        for (let at = 0; at < chunk.length;) at += await connection.write(chunk.subarray(at));
      } catch (error) {
        throw translate(error, remote.hostname);
      }
    },
    async closeWrite(): Promise<void> {
      try {
        await connection.closeWrite();
      } catch (error) {
        throw translate(error, remote.hostname);
      }
    },
    close(): void {
      if (closed) return;
      closed = true;
      try {
        connection.close();
      } catch (error) {
        // A failed handshake has closed it already.
        if (!(error instanceof Deno.errors.BadResource)) throw error;
      }
    },
  };
}

/** A listening socket of the host. */
export interface HostListener {
  readonly port: number;
  readonly host: string;
  accept(): Promise<HostConnection>;
  close(): void;
}

/** Listens on an address that was checked. */
export function listenHost(host: string, port: number): HostListener {
  if (!isNetGranted(host, port)) throw new VfsError("EACCES", `${host}:${port}`);
  let listener: Deno.TcpListener;
  try {
    listener = Deno.listen({ hostname: host, port });
  } catch (error) {
    throw translate(error, `${host}:${port}`);
  }
  const address = listener.addr as Deno.NetAddr;
  return {
    host: address.hostname,
    port: address.port,
    async accept(): Promise<HostConnection> {
      try {
        const connection = await listener.accept();
        return wrap(
          connection,
          connection.localAddr as Deno.NetAddr,
          connection.remoteAddr as Deno.NetAddr,
        );
      } catch (error) {
        throw translate(error, `${host}:${port}`);
      }
    },
    close: () => listener.close(),
  };
}

/** A UDP socket of the host. */
export interface HostDatagram {
  readonly port: number;
  send(data: Uint8Array, host: string, port: number): Promise<void>;
  receive(): Promise<{ data: Uint8Array; host: string; port: number }>;
  close(): void;
}

/** A packet that came. */
interface Packet {
  readonly data: Uint8Array;
  readonly host: string;
  readonly port: number;
}

/** Packets that wait to be received; more are dropped, as UDP may. */
const MOST_WAITING = 256;

/**
 * Opens a UDP socket. Deno's own are behind a flag of the user, so it is one of `node:dgram`, loaded
 * when the first is opened; binding it is part of the first send or receive.
 */
export function datagramHost(host: string, port: number): HostDatagram {
  const waiting: Packet[] = [];
  const takers: PromiseWithResolvers<Packet>[] = [];
  let failure: VfsError | undefined;
  let closed = false;
  let bound = port;
  const fail = (error: unknown): VfsError => {
    const wrong = translate(error, `${host}:${port}`);
    // Whoever may not bind a socket has no datagrams: the caller can still go by TCP.
    failure ??= wrong.code === "EACCES" ? new VfsError("ENOTSUP", "udp") : wrong;
    for (const taker of takers.splice(0)) taker.reject(failure);
    return failure;
  };
  const opening = (async () => {
    const { createSocket } = await import("node:dgram");
    const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
    socket.on("message", (message, from) => {
      const packet = { data: new Uint8Array(message), host: from.address, port: from.port };
      const taker = takers.shift();
      if (taker !== undefined) taker.resolve(packet);
      else if (waiting.length < MOST_WAITING) waiting.push(packet);
    });
    await new Promise<void>((resolve, reject) => {
      socket.on("error", (error) => reject(fail(error)));
      socket.bind(port, host, () => resolve());
    });
    bound = socket.address().port;
    if (closed) socket.close();
    return socket;
  })();
  opening.catch((error) => fail(error));
  return {
    get port() {
      return bound;
    },
    async send(data: Uint8Array, to: string, toPort: number): Promise<void> {
      othersRun();
      try {
        const socket = await opening;
        await new Promise<void>((resolve, reject) => {
          socket.send(data, toPort, to, (error) => error ? reject(error) : resolve());
        });
      } catch (error) {
        throw failure ?? translate(error, `${to}:${toPort}`);
      }
    },
    receive(): Promise<Packet> {
      const packet = waiting.shift();
      if (packet !== undefined) return Promise.resolve(packet);
      if (failure !== undefined) return Promise.reject(failure);
      const taker = Promise.withResolvers<Packet>();
      takers.push(taker);
      return taker.promise;
    },
    close(): void {
      if (closed) return;
      closed = true;
      takers.length = 0;
      void opening.then((socket) => socket.close(), () => {});
    },
  };
}

/** Addresses of a name, by the host's resolver. */
export async function resolveHost(name: string, family?: 4 | 6): Promise<string[]> {
  if (name === "localhost") return family === 6 ? ["::1"] : ["127.0.0.1"];
  const addresses: string[] = [];
  const types: ("A" | "AAAA")[] = family === 4 ? ["A"] : family === 6 ? ["AAAA"] : ["A", "AAAA"];
  let denied = false;
  for (const type of types) {
    try {
      addresses.push(...await Deno.resolveDns(name, type));
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) denied = true;
      // A name without addresses of one family may have some of the other.
    }
  }
  if (addresses.length === 0 && denied) throw new VfsError("EACCES", name);
  return addresses;
}

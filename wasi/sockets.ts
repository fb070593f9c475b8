/**
 * Sockets: the four calls of preview 1, and the extension that opens them (`sock_open`,
 * `sock_connect`, `sock_bind`, `sock_listen`, with WAMR's address structure).
 *
 * Threat class "network": every address goes to the one gate of the sandbox, which decides before
 * anything is sent. Without a grant the extension answers ACCES.
 *
 * @module
 */
import {
  type NetAddress,
  type NetConnection,
  type NetDatagram,
  type NetListener,
  type Network,
  O_NONBLOCK,
  type OpenFile,
  type Readiness,
  S_IFSOCK,
} from "../sandbox/types.ts";
import { ipv6Text } from "../sandbox/addresses.ts";
import { FDFLAG, FILETYPE, RIFLAG, RIGHT, SDFLAG, SOCKET_RIGHTS } from "./abi.ts";
import { ERRNO, errnoOf, fail } from "./errno.ts";
import { Descriptor } from "./fds.ts";
import type { Guest } from "./guest.ts";
import { InertFile, Wakeable } from "./inert_file.ts";
import { type Buffers, gather, readBuffers, scatter } from "./iovec.ts";
import type { GuestMemory } from "./memory.ts";

/** Address families and types of `sock_open`. */
const FAMILY_MAX = 2;
const TYPE_DATAGRAM = 0;
const TYPE_STREAM = 1;

/** Bytes of one receive at most. */
const RECEIVE_MAX = 1 << 20;
/** Largest datagram. */
const DATAGRAM_MAX = 65535;

/** What can be waited for where there is no connection: a listener, or datagrams. */
class Backlog<T> extends InertFile {
  readonly type = S_IFSOCK;
  override readonly changed: Wakeable = new Wakeable();
  #next: Promise<T> | undefined;
  #arrived: { readonly value?: T; readonly error?: unknown } | undefined;

  constructor(readonly fetch: () => Promise<T>) {
    super();
  }

  /** Starts to wait for the next one in the background. */
  #start(): Promise<T> {
    if (this.#next === undefined) {
      const next = this.fetch();
      this.#next = next;
      next.then(
        (value) => {
          this.#arrived = { value };
          this.changed.wake();
        },
        (error) => {
          this.#arrived = { error };
          this.changed.wake();
        },
      );
    }
    return this.#next;
  }

  override ready(): Readiness {
    this.#start();
    const read = this.#arrived !== undefined;
    return { read, write: true, hangup: false, available: read ? 1 : 0 };
  }

  /** Takes the next one. @throws {WasiError} AGAIN when there is none and it must not wait */
  take(wait: boolean): T | Promise<T> {
    const next = this.#start();
    const arrived = this.#arrived;
    if (arrived === undefined) {
      if (!wait) fail(ERRNO.AGAIN);
      return next.finally(() => this.#reset());
    }
    this.#reset();
    if ("error" in arrived) throw arrived.error;
    return arrived.value as T;
  }

  #reset(): void {
    this.#next = undefined;
    this.#arrived = undefined;
  }
}

/** A socket of a guest: what is known of it before and beside its connection. */
export class Socket {
  /** `O_NONBLOCK`, for what has no file yet. */
  flags = 0;
  bound: NetAddress | undefined;
  remote: NetAddress | undefined;
  connection: NetConnection | undefined;
  #listener: NetListener | undefined;
  #datagram: NetDatagram | undefined;
  accepting: Backlog<NetConnection> | undefined;
  arriving: Backlog<{ data: Uint8Array; from: NetAddress }> | undefined;
  /** Bytes that were looked at and not yet taken. */
  held: Uint8Array | undefined;
  readClosed = false;

  constructor(
    readonly kind: "stream" | "datagram",
    readonly net: Network | undefined,
  ) {}

  /** What `poll_oneoff` waits on when there is no connection. */
  get pollFile(): OpenFile | undefined {
    return this.accepting ?? this.arriving;
  }

  /** Starts to listen, or takes a listener that was handed to the guest. */
  listen(guest: Guest, listener: NetListener): void {
    this.#listener = listener;
    this.bound = listener.local;
    this.accepting = new Backlog(() => listener.accept(guest.system.waiter));
  }

  get listening(): boolean {
    return this.#listener !== undefined;
  }

  /** The datagram socket, bound to any port when it was not. */
  datagram(guest: Guest, family: "4" | "6" = "4"): NetDatagram {
    if (this.#datagram === undefined) {
      const net = this.net ?? fail(ERRNO.ACCES);
      const address = this.bound ?? { host: family === "4" ? "0.0.0.0" : "::", port: 0 };
      const opened = net.datagram(address.host, address.port);
      this.#datagram = opened;
      this.arriving = new Backlog(() => opened.receive(guest.system.waiter));
    }
    return this.#datagram;
  }

  /** Closes what is not the connection, whose file the descriptor holds. */
  close(): void {
    this.#listener?.close();
    this.#datagram?.close();
    this.#listener = undefined;
    this.#datagram = undefined;
  }
}

/** The descriptor of a connection. */
function connected(connection: NetConnection, flags: number): Descriptor {
  const socket = new Socket("stream", undefined);
  socket.connection = connection;
  const { file } = connection;
  file.flags = (file.flags & ~O_NONBLOCK) | (flags & O_NONBLOCK);
  return new Descriptor(file, FILETYPE.SOCKET_STREAM, SOCKET_RIGHTS, SOCKET_RIGHTS, socket);
}

/** A descriptor for a listener that is handed to the guest. */
export function listeningDescriptor(guest: Guest, listener: NetListener): Descriptor {
  const socket = new Socket("stream", undefined);
  socket.listen(guest, listener);
  const rights = SOCKET_RIGHTS;
  return new Descriptor(undefined, FILETYPE.SOCKET_STREAM, rights, rights, socket);
}

/** The socket of a descriptor. @throws {WasiError} BADF, NOTSOCK, NOTCAPABLE */
function socketOf(guest: Guest, fd: number, right: number): Descriptor & { socket: Socket } {
  const descriptor = guest.fds.get(fd);
  if (descriptor.socket === undefined) fail(ERRNO.NOTSOCK);
  if ((descriptor.rights & right) !== right) fail(ERRNO.NOTCAPABLE);
  return descriptor as Descriptor & { socket: Socket };
}

// -----------------------------------------------------------------------------------------------
// Preview 1

/** Takes the next connection of a listening socket. */
export function sock_accept(guest: Guest, fd: number, flags: number, result: number): number {
  const { socket } = socketOf(guest, fd, RIGHT.SOCK_ACCEPT);
  if ((flags & ~FDFLAG.NONBLOCK) !== 0) return ERRNO.INVAL;
  if (socket.accepting === undefined) return ERRNO.INVAL;
  guest.memory.range(result, 4);
  guest.fds.free();
  const wait = (socket.flags & O_NONBLOCK) === 0;
  return guest.with(socket.accepting.take(wait), (connection) => {
    const descriptor = connected(connection, (flags & FDFLAG.NONBLOCK) !== 0 ? O_NONBLOCK : 0);
    try {
      guest.memory.setU32(result, guest.fds.add(descriptor));
    } catch (error) {
      connection.file.release();
      throw error;
    }
    return ERRNO.SUCCESS;
  });
}

/** Receives into buffers; `fd_read` of a socket comes here too. */
export function receive(
  guest: Guest,
  descriptor: Descriptor,
  buffers: Buffers,
  flags: number,
  done: (size: number) => number,
): number {
  const { memory, system } = guest;
  const { socket } = descriptor;
  const peek = (flags & RIFLAG.PEEK) !== 0;
  if (buffers.total === 0 || socket?.readClosed) return done(0);
  const hand = (data: Uint8Array): number => {
    const part = data.length > buffers.total ? data.subarray(0, buffers.total) : data;
    scatter(memory, buffers, part);
    if (socket !== undefined) {
      if (peek) socket.held = data;
      else if (part.length < data.length && socket.kind === "stream") {
        socket.held = data.subarray(part.length);
      }
    }
    return done(part.length);
  };
  const held = socket?.held;
  const all = (flags & RIFLAG.WAITALL) !== 0 && socket?.kind !== "datagram";
  if (held !== undefined && socket !== undefined) {
    socket.held = undefined;
    if (!all || held.length >= buffers.total) return hand(held);
  }
  if (socket?.kind === "datagram") {
    socket.datagram(guest);
    const next = (): number => {
      const wait = (socket.flags & O_NONBLOCK) === 0;
      const arrived = socket.arriving ?? fail(ERRNO.NOTCONN);
      return guest.with(arrived.take(wait), ({ data, from }) => {
        const { remote } = socket;
        // A connected datagram socket hears its peer only.
        if (remote !== undefined && from.port !== remote.port) return next();
        return hand(data);
      });
    };
    return next();
  }
  const file = descriptor.file ?? fail(ERRNO.NOTCONN);
  const wanted = Math.min(buffers.total, RECEIVE_MAX);
  const parts: Uint8Array[] = held === undefined ? [] : [held];
  let total = held?.length ?? 0;
  const finish = (): number => {
    if (parts.length === 1) return hand(parts[0]);
    const data = new Uint8Array(total);
    let at = 0;
    for (const part of parts) {
      data.set(part, at);
      at += part.length;
    }
    return hand(data);
  };
  const more = (): number =>
    guest.with(file.read(wanted - total, system.waiter), (chunk) => {
      if (chunk === undefined) return parts.length === 0 ? done(0) : finish();
      parts.push(chunk);
      total += chunk.length;
      return all && total < wanted ? more() : finish();
    });
  return more();
}

/** Receives. */
export function sock_recv(
  guest: Guest,
  fd: number,
  iovs: number,
  count: number,
  flags: number,
  sizeResult: number,
  flagsResult: number,
): number {
  const descriptor = guest.fds.get(fd);
  if (descriptor.socket === undefined && descriptor.file?.type !== S_IFSOCK) return ERRNO.NOTSOCK;
  if ((descriptor.rights & RIGHT.FD_READ) === 0) return ERRNO.NOTCAPABLE;
  if ((flags & ~(RIFLAG.PEEK | RIFLAG.WAITALL)) !== 0) return ERRNO.INVAL;
  const { memory } = guest;
  memory.range(sizeResult, 4);
  memory.range(flagsResult, 2);
  const buffers = readBuffers(memory, iovs, count);
  return receive(guest, descriptor, buffers, flags, (size) => {
    memory.setU32(sizeResult, size);
    memory.setU16(flagsResult, 0);
    return ERRNO.SUCCESS;
  });
}

/** Sends; `fd_write` of a socket without a file comes here too. */
export function send(
  guest: Guest,
  descriptor: Descriptor,
  buffers: Buffers,
  done: (size: number) => number,
): number {
  const { memory, system } = guest;
  const { socket } = descriptor;
  if (socket?.kind === "datagram") {
    const remote = socket.remote ?? fail(ERRNO.DESTADDRREQ);
    if (buffers.total > DATAGRAM_MAX) fail(ERRNO.MSGSIZE);
    const chunk = gather(memory, buffers);
    return guest.later(socket.datagram(guest).send(chunk, remote), () => done(chunk.length));
  }
  const file = descriptor.file ?? fail(ERRNO.NOTCONN);
  if (buffers.total === 0) return done(0);
  const chunk = gather(memory, buffers);
  const waits = file.write(chunk, system.waiter);
  return waits === undefined ? done(chunk.length) : guest.later(waits, () => done(chunk.length));
}

/** Sends. No flag is known. */
export function sock_send(
  guest: Guest,
  fd: number,
  iovs: number,
  count: number,
  flags: number,
  result: number,
): number {
  const descriptor = guest.fds.get(fd);
  if (descriptor.socket === undefined && descriptor.file?.type !== S_IFSOCK) return ERRNO.NOTSOCK;
  if ((descriptor.rights & RIGHT.FD_WRITE) === 0) return ERRNO.NOTCAPABLE;
  if (flags !== 0) return ERRNO.INVAL;
  const { memory } = guest;
  memory.range(result, 4);
  return send(guest, descriptor, readBuffers(memory, iovs, count), (size) => {
    memory.setU32(result, size);
    return ERRNO.SUCCESS;
  });
}

/** Shuts one or both directions of a connection. */
export function sock_shutdown(guest: Guest, fd: number, how: number): number {
  const { socket } = socketOf(guest, fd, RIGHT.SOCK_SHUTDOWN);
  if (how === 0 || (how & ~(SDFLAG.RD | SDFLAG.WR)) !== 0) return ERRNO.INVAL;
  const { connection } = socket;
  if (connection === undefined) return ERRNO.NOTCONN;
  if ((how & SDFLAG.RD) !== 0) socket.readClosed = true;
  if ((how & SDFLAG.WR) === 0) return ERRNO.SUCCESS;
  return guest.later(connection.closeWrite(), () => ERRNO.SUCCESS);
}

// -----------------------------------------------------------------------------------------------
// The extension

/**
 * An address: a u32 of kind (0 IPv4, 1 IPv6); from offset 4 on four bytes, or eight u16 in the
 * host's order; then a u16 of port in the host's order.
 *
 * @throws {WasiError} FAULT, AFNOSUPPORT
 */
export function readAddress(memory: GuestMemory, pointer: number): NetAddress {
  const start = pointer >>> 0;
  const kind = memory.u32(start);
  if (kind === 0) {
    const bytes = [0, 1, 2, 3].map((i) => memory.u8(start + 4 + i));
    return { host: bytes.join("."), port: memory.u16(start + 8) };
  }
  if (kind === 1) {
    const groups = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => memory.u16(start + 4 + i * 2));
    return { host: ipv6Text(groups), port: memory.u16(start + 20) };
  }
  return fail(ERRNO.AFNOSUPPORT);
}

/** Makes a socket. The pool is not used: the sandbox's policy is what limits addresses. */
export function sock_open(
  guest: Guest,
  _pool: number,
  family: number,
  type: number,
  result: number,
): number {
  const { net } = guest.system;
  if (net === undefined) return ERRNO.ACCES;
  if (family >>> 0 > FAMILY_MAX) return ERRNO.AFNOSUPPORT;
  if (type !== TYPE_STREAM && type !== TYPE_DATAGRAM) return ERRNO.PROTOTYPE;
  guest.memory.range(result, 4);
  const stream = type === TYPE_STREAM;
  const socket = new Socket(stream ? "stream" : "datagram", net);
  const filetype = stream ? FILETYPE.SOCKET_STREAM : FILETYPE.SOCKET_DGRAM;
  const descriptor = new Descriptor(undefined, filetype, SOCKET_RIGHTS, SOCKET_RIGHTS, socket);
  guest.memory.setU32(result, guest.fds.add(descriptor));
  return ERRNO.SUCCESS;
}

/** Connects a stream, or sets the peer of a datagram socket. */
export function sock_connect(guest: Guest, fd: number, address: number): number {
  const descriptor = socketOf(guest, fd, 0);
  const { socket } = descriptor;
  const remote = readAddress(guest.memory, address);
  if (socket.kind === "datagram") {
    socket.remote = remote;
    socket.datagram(guest, remote.host.includes(":") ? "6" : "4");
    return ERRNO.SUCCESS;
  }
  const { net } = socket;
  if (socket.connection !== undefined) return ERRNO.ISCONN;
  if (net === undefined || socket.listening) return ERRNO.INVAL;
  const localPort = socket.bound?.port;
  const connecting = net.connect(remote.host, remote.port, localPort ? { localPort } : undefined);
  return guest.later(connecting, (connection) => {
    socket.connection = connection;
    socket.remote = remote;
    descriptor.file = connection.file;
    return ERRNO.SUCCESS;
  });
}

/** Gives a socket its own address. */
export function sock_bind(guest: Guest, fd: number, address: number): number {
  const { socket } = socketOf(guest, fd, 0);
  const local = readAddress(guest.memory, address);
  if (socket.bound !== undefined || socket.connection !== undefined) return ERRNO.INVAL;
  socket.bound = local;
  try {
    if (socket.kind === "datagram") socket.datagram(guest);
  } catch (error) {
    socket.bound = undefined;
    return errnoOf(error) ?? guest.caught(error);
  }
  return ERRNO.SUCCESS;
}

/** Starts to listen on the bound address. */
export function sock_listen(guest: Guest, fd: number, _backlog: number): number {
  const { socket } = socketOf(guest, fd, 0);
  if (socket.kind !== "stream") return ERRNO.NOTSUP;
  if (socket.listening) return ERRNO.SUCCESS;
  const { bound, net } = socket;
  if (bound === undefined || net === undefined) return ERRNO.DESTADDRREQ;
  socket.listen(guest, net.listen(bound.host, bound.port));
  return ERRNO.SUCCESS;
}

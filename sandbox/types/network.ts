/**
 * The network, as far as it is granted.
 *
 * @module
 */
import type { OpenFile, Waiter } from "./open_file.ts";

/** A network address. `host` is an IP literal once resolved. */
export interface NetAddress {
  /** Name or address. */
  readonly host: string;
  /** Port. */
  readonly port: number;
}

/** A connected stream. */
export interface NetConnection {
  /** Own end. */
  readonly local: NetAddress;
  /** Far end. */
  readonly remote: NetAddress;
  /** Reads and writes; closing it closes the connection. */
  readonly file: OpenFile;
  /** Tells the far end that nothing more comes. */
  closeWrite(): Promise<void>;
}

/** A listening socket. */
export interface NetListener {
  /** Own end. */
  readonly local: NetAddress;
  /** Waits for a connection. */
  accept(waiter: Waiter): Promise<NetConnection>;
  /** Gives it back. */
  close(): void;
}

/** A datagram socket. */
export interface NetDatagram {
  /** Own end. */
  readonly local: NetAddress;
  /** Sends a datagram. */
  send(data: Uint8Array, to: NetAddress): Promise<void>;
  /** Waits for a datagram. */
  receive(waiter: Waiter): Promise<{ data: Uint8Array; from: NetAddress }>;
  /** Gives it back. */
  close(): void;
}

/** A socket in the sandbox's own table, for `ss` and `netstat`. */
export interface SocketInfo {
  /** TCP or UDP. */
  readonly protocol: "tcp" | "udp" | "unix";
  /** State of the connection, as `netstat` names it. */
  readonly state: string;
  /** Own end. */
  readonly local: NetAddress;
  /** Far end. */
  readonly remote: NetAddress | undefined;
  /** Process number. */
  readonly pid: number;
}

/**
 * The one gate to the network. Each call checks the policy first and throws `VfsError` EACCES with a
 * message that names the missing grant; only then is a name resolved or a packet sent.
 */
export interface Network {
  /** Whether anything at all was granted. */
  readonly granted: boolean;
  /** Connects TCP; with `tls` the name is verified. */
  connect(
    host: string,
    port: number,
    option?: {
      readonly tls?: boolean;
      readonly scheme?: string;
      readonly path?: string;
      readonly timeoutMs?: number;
      readonly localPort?: number;
    },
  ): Promise<NetConnection>;
  /**
   * Begins TLS on a connection that was made without, as a client; the server's name is verified, or
   * its address where no name is given.
   * Nothing may be reading from it. The file goes on as the same one, now with what is inside of TLS.
   */
  secure(file: OpenFile, name: string): Promise<void>;
  /** Waits for connections. */
  listen(host: string, port: number): NetListener;
  /** Opens a socket for datagrams. */
  datagram(host: string, port: number): NetDatagram;
  /** Addresses of a name the policy allows. */
  resolve(host: string, family?: 4 | 6): Promise<string[]>;
  /** All open sockets. */
  sockets(): SocketInfo[];
}

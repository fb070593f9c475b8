/**
 * The file transfer protocol (RFC 959), passive transfers only.
 *
 * @module
 */
import { toBytes, toByteString } from "../../sandbox/bytes.ts";
import type { ByteString, NetConnection } from "../../sandbox/types.ts";
import { connectTo, type NetHost } from "./connect.ts";

/** An answer of the server. */
export interface FtpReply {
  readonly code: number;
  readonly line: ByteString;
}

/** How native shows that there is no text. */
const NOTHING = "(null)";

/** A session with a server. */
export class FtpSession {
  private constructor(
    private readonly host: NetHost,
    private readonly name: ByteString,
    private readonly control: NetConnection,
    private readonly sent: (verb: ByteString, argument: ByteString) => void,
  ) {}

  /** The command whose answer came last; none for the greeting. */
  #verb: ByteString = NOTHING;

  /** Connects and logs in. */
  static async open(
    host: NetHost,
    name: ByteString,
    port: number,
    user: ByteString,
    password: ByteString,
    sent: (verb: ByteString, argument: ByteString) => void = () => {},
  ): Promise<FtpSession> {
    const control = await connectTo(host, name, port, { scheme: "ftp" });
    const session = new FtpSession(host, name, control, sent);
    const greeting = await session.more();
    if (greeting.code !== 220) session.unexpected(greeting);
    const asked = await session.command(`USER ${user}`);
    if (asked.code === 331) {
      const entered = await session.command(`PASS ${password}`);
      if (entered.code !== 230) session.unexpected(entered);
    } else if (asked.code !== 230) session.unexpected(asked);
    await session.command("TYPE I");
    return session;
  }

  /** Reads an answer that no command asked for. */
  async more(): Promise<FtpReply> {
    this.sent(NOTHING, NOTHING);
    this.#verb = NOTHING;
    return await this.reply();
  }

  /** Reads an answer, which may have several lines. */
  async reply(): Promise<FtpReply> {
    const { waiter } = this.host.process;
    for (;;) {
      const bytes = await this.control.file.readUntil(10, 8192, waiter);
      if (bytes === undefined) return this.host.fail("unexpected server response: EOF");
      const line = toByteString(bytes).replace(/\r?\n$/, "");
      if (/^\d{3} /.test(line) || /^\d{3}$/.test(line)) {
        return { code: Number(line.slice(0, 3)), line };
      }
    }
  }

  /** Sends a command and reads its answer. */
  async command(text: ByteString): Promise<FtpReply> {
    // A line break in a name would begin another command.
    const line = text.replace(/[\r\n]/g, "_");
    const blank = line.indexOf(" ");
    // Native sees TYPE I and REST N as one word.
    const whole = blank < 0 || /^(TYPE|REST)\b/.test(line);
    this.#verb = whole ? line : line.slice(0, blank);
    this.sent(this.#verb, whole ? NOTHING : line.slice(blank + 1));
    await this.control.file.write(toBytes(`${line}\r\n`), this.host.process.waiter);
    return await this.reply();
  }

  /** Ends the applet for an answer that does not fit. */
  unexpected(reply: FtpReply): never {
    const to = this.#verb === NOTHING ? "" : ` to ${this.#verb}`;
    return this.host.fail(`unexpected server response${to}: ${reply.line}`);
  }

  /**
   * Opens a connection for data. Only the port of the server's answer is used: an address in it could
   * lead elsewhere.
   */
  async data(): Promise<NetConnection> {
    const extended = await this.command("EPSV");
    let port = /\(\|\|\|(\d+)\|\)/.exec(extended.line)?.[1];
    if (extended.code !== 229 || port === undefined) {
      const passive = await this.command("PASV");
      const match = /(\d+),(\d+),(\d+),(\d+),(\d+),(\d+)/.exec(passive.line);
      if (passive.code !== 227 || match === null) return this.unexpected(passive);
      port = String(Number(match[5]) * 256 + Number(match[6]));
    }
    return await connectTo(this.host, this.name, Number(port), { scheme: "ftp" });
  }

  /** Says goodbye, without waiting for an answer. */
  async quit(): Promise<void> {
    this.sent("QUIT", NOTHING);
    await this.control.file.write(toBytes("QUIT\r\n"), this.host.process.waiter);
  }

  /** Ends the connection. */
  close(): void {
    this.control.file.release();
  }
}

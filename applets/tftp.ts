import {
  type ByteString,
  type NetAddress,
  type NetDatagram,
  O_CREAT,
  O_TRUNC,
  O_WRONLY,
} from "../sandbox/types.ts";
import { toBytes, toByteString, toText } from "../sandbox/bytes.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, type Context, defineApplet, type Sink } from "./contract.ts";
import { portNumber } from "./_lib/connect.ts";
import { lastComponent } from "./_lib/path_text.ts";

/** Kinds of packets (RFC 1350, 2347). */
const READ = 1;
const WRITE = 2;
const DATA = 3;
const ACK = 4;
const ERROR = 5;
const OPTIONS = 6;
const DEFAULT_BLOCK = 512;
/** Sizes of blocks that native takes. */
const LEAST_BLOCK = 24;
const MOST_BLOCK = 65564;
/** What native keeps free in a block for the rest of a request. */
const REQUEST_ROOM = 51;
const TRIES = 12;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2000;
/** What is told of an error without a text, by its number. */
const ERRORS = [
  ...["", "file not found", "access violation", "disk full", "bad operation"],
  ...["unknown transfer id", "file already exists", "no such user", "bad option"],
];

/** Moves files by TFTP. Source of behaviour: RFC 1350, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "tftp",
  usage: "[OPTIONS] HOST [PORT]",
  about: "Fetch a file from a tftp server, or send one",
  options: {
    l: { arg: "FILE", help: "Local FILE" },
    r: { arg: "FILE", help: "Remote FILE" },
    g: { excludes: ["p"], help: "Get" },
    p: { excludes: ["g"], help: "Put" },
    b: { arg: "SIZE", help: "Bytes of a block" },
    m: { arg: "MODE" },
  },
  minOperands: 1,
  needs: ["net"],
  async run(ctx) {
    const { opts, operands, process } = ctx;
    if (!opts.g && !opts.p) return ctx.usage();
    const block = opts.b === undefined ? DEFAULT_BLOCK : Number(opts.b);
    const isBlock = /^[0-9]+$/.test(opts.b ?? "0") && block >= LEAST_BLOCK && block <= MOST_BLOCK;
    if (!isBlock) return ctx.fail(`bad blocksize '${opts.b}'`);
    const local = opts.l ?? (opts.r === undefined ? undefined : lastComponent(opts.r));
    const remote = opts.r ?? local;
    if (local === undefined || remote === undefined) return ctx.usage();
    const [, host, behind] = /^([^:]*):([0-9]+)$/.exec(operands[0]) ?? ["", operands[0]];
    const given = behind ?? operands[1];
    const port = given === undefined ? 69 : portNumber(ctx, given);
    let socket: NetDatagram;
    try {
      const [address] = await process.net.resolve(toText(host));
      if (address === undefined) return ctx.fail(`bad address '${operands[0]}'`);
      socket = process.net.datagram(address.includes(":") ? "::" : "0.0.0.0", 0);
      if (remote.length + REQUEST_ROOM > block) return ctx.fail("remote filename is too long");
      const exchange = new Exchange(ctx, socket, { host: address, port });
      try {
        await (opts.g
          ? get(ctx, exchange, local, remote, opts.b === undefined ? undefined : block)
          : put(ctx, exchange, local, remote, opts.b === undefined ? undefined : block));
      } finally {
        socket.close();
      }
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return ctx.fail(`${operands[0]}: ${error.reason}`);
    }
    return 0;
  },
});

type Host = Pick<
  Context,
  "process" | "fail" | "say" | "warn" | "fs" | "stdout" | "sinkOf" | "open" | "exit"
>;

/** Native's bar, which it draws on anything once all is there. */
class Bar {
  /** Bytes that are to come, where that is known. */
  total: number | undefined;
  #done = 0;

  constructor(private readonly ctx: Host, private readonly name: ByteString) {}

  /** A block of so many bytes went over. */
  moved(count: number): void {
    this.#done += count;
    this.#draw();
  }

  #draw(): void {
    const { total, name } = this;
    if (total === undefined || total === 0 || this.#done < total) return;
    const size = total < 100_000 ? String(total) : `${Math.floor(total / 1024)}k`;
    const bar = "*".repeat(32);
    this.ctx.say(
      `${name.slice(0, 20).padEnd(20)} 100% |${bar}| ${size.padStart(5)}  0:00:00 ETA\n`,
    );
  }

  end(): void {
    this.#draw();
    if (this.total !== undefined && this.total > 0) this.ctx.say("\n");
  }
}

/** Sends packets again until the answer comes. */
class Exchange {
  #peer: NetAddress;
  #known = false;
  /** What is to be done when the server says no. */
  atFailure: () => void = () => {};
  /** Whether a size of blocks was asked for and nothing answered yet. */
  isAsking = false;
  #receiving: Promise<{ data: Uint8Array; from: NetAddress }> | undefined;

  constructor(
    private readonly ctx: Host,
    private readonly socket: NetDatagram,
    peer: NetAddress,
  ) {
    this.#peer = peer;
  }

  /** Sends without waiting: the last word. */
  async send(packet: Uint8Array): Promise<void> {
    await this.socket.send(packet, this.#peer);
  }

  /** Sends a packet and gives the first answer that fits. */
  async ask(
    packet: Uint8Array,
    fits: (code: number, number: number) => boolean,
  ): Promise<Uint8Array> {
    const { ctx } = this;
    let wait = FIRST_WAIT_MS;
    for (let tries = 0; tries < TRIES; tries++) {
      await this.send(packet);
      const end = ctx.process.clock.monotonicMs() + wait;
      for (;;) {
        const left = end - ctx.process.clock.monotonicMs();
        if (left <= 0) break;
        const answer = await this.#receive(left);
        if (answer === undefined) break;
        const code = answer[0] << 8 | answer[1];
        if (code === ERROR) {
          const number = answer[2] << 8 | answer[3];
          const text = toByteString(answer.subarray(4)).split("\0", 1)[0];
          ctx.warn(`server error: (${number}) ${text === "" ? ERRORS[number] ?? "" : text}`);
          this.atFailure();
          return ctx.exit(1);
        }
        if (this.isAsking && code !== OPTIONS) ctx.warn("falling back to blocksize 512");
        this.isAsking = false;
        if (fits(code, answer[2] << 8 | answer[3])) return answer;
      }
      wait = Math.min(LONGEST_WAIT_MS, wait * 1.5);
    }
    return ctx.fail("timeout");
  }

  async #receive(milliseconds: number): Promise<Uint8Array | undefined> {
    this.#receiving ??= this.socket.receive(this.ctx.process.waiter);
    this.#receiving.catch(() => {});
    const late = this.ctx.process.sleep(milliseconds).then(() => undefined);
    late.catch(() => {});
    const came = await Promise.race([this.#receiving, late]);
    if (came === undefined) return undefined;
    this.#receiving = undefined;
    // The server answers from a port of its own, which holds for the whole transfer.
    if (came.from.host !== this.#peer.host) return undefined;
    if (!this.#known) {
      this.#peer = came.from;
      this.#known = true;
    } else if (came.from.port !== this.#peer.port) return undefined;
    return came.data.length < 4 ? undefined : came.data;
  }
}

function requestPacket(
  code: number,
  name: ByteString,
  block: number | undefined,
  size: number,
): Uint8Array {
  const option = block === undefined ? "" : `blksize\0${block}\0`;
  const head = `\0${String.fromCharCode(code)}${name.replace(/\0/g, "")}\0octet\0`;
  return toBytes(`${head}${option}tsize\0${size}\0`);
}

function numbered(code: number, number: number, data = new Uint8Array(0)): Uint8Array {
  const packet = new Uint8Array(4 + data.length);
  packet.set([0, code, number >> 8 & 255, number & 255]);
  packet.set(data, 4);
  return packet;
}

/** An option in an answer to them. */
function option(answer: Uint8Array, name: string): string | undefined {
  const words = toByteString(answer.subarray(2)).split("\0");
  const at = words.findIndex((word, i) => i % 2 === 0 && word.toLowerCase() === name);
  return at < 0 ? undefined : words[at + 1];
}

/** The size of block that an answer to options agrees to. */
async function agreedBlock(
  ctx: Host,
  exchange: Exchange,
  answer: Uint8Array,
  wanted = DEFAULT_BLOCK,
): Promise<number> {
  const text = option(answer, "blksize");
  if (text === undefined) return DEFAULT_BLOCK;
  const size = Number(text);
  if (size >= LEAST_BLOCK && size <= wanted) return size;
  await exchange.send(numbered(ERROR, 8, new Uint8Array(1)));
  return ctx.fail(`bad blocksize '${text}'`);
}

async function get(
  ctx: Host,
  exchange: Exchange,
  local: ByteString,
  remote: ByteString,
  wanted: number | undefined,
): Promise<void> {
  let block = DEFAULT_BLOCK;
  let sink: Sink | undefined;
  let packet = requestPacket(READ, remote, wanted, 0);
  const bar = new Bar(ctx, remote);
  exchange.isAsking = wanted !== undefined;
  let expected = 1;
  for (;;) {
    const first = sink === undefined;
    const answer = await exchange.ask(
      packet,
      (code, number) =>
        (code === DATA && number === (expected & 0xffff)) || (first && code === OPTIONS),
    );
    if (answer[1] === OPTIONS) {
      block = await agreedBlock(ctx, exchange, answer, wanted);
      const size = option(answer, "tsize");
      if (size !== undefined && /^[0-9]+$/.test(size)) bar.total = Number(size);
      packet = numbered(ACK, 0);
      continue;
    }
    if (sink === undefined) {
      sink = local === "-" ? ctx.stdout : openLocal(ctx, local);
      // What came only in part is no file.
      if (local !== "-") exchange.atFailure = () => ctx.fs.unlink(local);
    }
    await sink.write(answer.slice(4));
    packet = numbered(ACK, expected++);
    bar.moved(answer.length - 4);
    if (answer.length - 4 < block) {
      await exchange.send(packet);
      return bar.end();
    }
  }
}

function openLocal(ctx: Host, path: ByteString): Sink {
  try {
    return ctx.sinkOf(ctx.fs.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o666), path);
  } catch (error) {
    if (!isVfsError(error)) throw error;
    return ctx.fail(`can't open '${path}': ${error.reason}`);
  }
}

async function put(
  ctx: Host,
  exchange: Exchange,
  local: ByteString,
  remote: ByteString,
  wanted: number | undefined,
): Promise<void> {
  const source = ctx.open(local) ?? ctx.exit(1);
  let block = DEFAULT_BLOCK;
  const bar = new Bar(ctx, remote);
  bar.total = local === "-" ? 0 : source.file.stat().size;
  exchange.isAsking = wanted !== undefined;
  // Native ends the line of its bar, drawn or not.
  const hasBar = bar.total > 0;
  exchange.atFailure = (): void => {
    if (hasBar) ctx.say("\n");
  };
  const answer = await exchange.ask(
    requestPacket(WRITE, remote, wanted, bar.total),
    (code, number) => code === OPTIONS || (code === ACK && number === 0),
  );
  if (answer[1] === OPTIONS) block = await agreedBlock(ctx, exchange, answer, wanted);
  for (let number = 1;; number++) {
    const data = new Uint8Array(block);
    let length = 0;
    while (length < block) {
      let chunk: Uint8Array | undefined;
      try {
        chunk = await source.read(block - length);
      } catch (error) {
        if (!isVfsError(error)) throw error;
        await exchange.send(toBytes("\0\x05\0\0read error\0"));
        ctx.warn("read error");
        exchange.atFailure();
        return ctx.exit(1);
      }
      if (chunk === undefined) break;
      data.set(chunk, length);
      length += chunk.length;
    }
    await exchange.ask(
      numbered(DATA, number, data.slice(0, length)),
      (code, acknowledged) => code === ACK && acknowledged === (number & 0xffff),
    );
    bar.moved(length);
    if (length < block) return bar.end();
  }
}

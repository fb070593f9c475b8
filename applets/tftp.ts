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
import { numberArgument } from "./_lib/number_argument.ts";
import { lastComponent } from "./_lib/path_text.ts";

/** Kinds of packets (RFC 1350, 2347). */
const READ = 1;
const WRITE = 2;
const DATA = 3;
const ACK = 4;
const ERROR = 5;
const OPTIONS = 6;
const DEFAULT_BLOCK = 512;
const TRIES = 12;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2000;

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
  maxOperands: 2,
  needs: ["net"],
  async run(ctx) {
    const { opts, operands, process } = ctx;
    if (!opts.g && !opts.p) return ctx.usage();
    const block = opts.b === undefined
      ? DEFAULT_BLOCK
      : numberArgument(ctx, opts.b, { min: 8, max: 65464 });
    const local = opts.l ?? (opts.g && opts.r !== undefined ? lastComponent(opts.r) : undefined);
    const remote = opts.r ?? local;
    if (local === undefined || remote === undefined) return ctx.usage();
    const port = operands[1] === undefined ? 69 : portNumber(ctx, operands[1]);
    let socket: NetDatagram;
    try {
      const [address] = await process.net.resolve(toText(operands[0]));
      if (address === undefined) return ctx.fail(`bad address '${operands[0]}'`);
      socket = process.net.datagram(address.includes(":") ? "::" : "0.0.0.0", 0);
      const exchange = new Exchange(ctx, socket, { host: address, port });
      try {
        await (opts.g
          ? get(ctx, exchange, local, remote, block)
          : put(ctx, exchange, local, remote, block));
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

type Host = Pick<Context, "process" | "fail" | "fs" | "stdout" | "sinkOf" | "open" | "exit">;

/** Sends packets again until the answer comes. */
class Exchange {
  #peer: NetAddress;
  #known = false;
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
          const text = toByteString(answer.subarray(4)).split("\0", 1)[0];
          return ctx.fail(`server error: (${answer[2] << 8 | answer[3]}) ${text}`);
        }
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

function requestPacket(code: number, name: ByteString, block: number): Uint8Array {
  const option = block === DEFAULT_BLOCK ? "" : `blksize\0${block}\0`;
  return toBytes(`\0${String.fromCharCode(code)}${name.replace(/\0/g, "")}\0octet\0${option}`);
}

function numbered(code: number, number: number, data = new Uint8Array(0)): Uint8Array {
  const packet = new Uint8Array(4 + data.length);
  packet.set([0, code, number >> 8 & 255, number & 255]);
  packet.set(data, 4);
  return packet;
}

/** The size of block that an answer to options agrees to. */
function agreedBlock(ctx: Host, answer: Uint8Array, wanted: number): number {
  const words = toByteString(answer.subarray(2)).split("\0");
  const at = words.findIndex((word) => word.toLowerCase() === "blksize");
  if (at < 0) return DEFAULT_BLOCK;
  const size = Number(words[at + 1]);
  return size >= 8 && size <= wanted ? size : ctx.fail("bad blksize");
}

async function get(
  ctx: Host,
  exchange: Exchange,
  local: ByteString,
  remote: ByteString,
  wanted: number,
): Promise<void> {
  let block = DEFAULT_BLOCK;
  let sink: Sink | undefined;
  let packet = requestPacket(READ, remote, wanted);
  let expected = 1;
  for (;;) {
    const first = sink === undefined;
    const answer = await exchange.ask(
      packet,
      (code, number) =>
        (code === DATA && number === (expected & 0xffff)) || (first && code === OPTIONS),
    );
    if (answer[1] === OPTIONS) {
      block = agreedBlock(ctx, answer, wanted);
      packet = numbered(ACK, 0);
      continue;
    }
    sink ??= local === "-"
      ? ctx.stdout
      : ctx.sinkOf(ctx.fs.open(local, O_WRONLY | O_CREAT | O_TRUNC, 0o666), local);
    await sink.write(answer.slice(4));
    packet = numbered(ACK, expected++);
    if (answer.length - 4 < block) {
      await exchange.send(packet);
      return;
    }
  }
}

async function put(
  ctx: Host,
  exchange: Exchange,
  local: ByteString,
  remote: ByteString,
  wanted: number,
): Promise<void> {
  const source = ctx.open(local) ?? ctx.exit(1);
  let block = DEFAULT_BLOCK;
  const answer = await exchange.ask(
    requestPacket(WRITE, remote, wanted),
    (code, number) => code === OPTIONS || (code === ACK && number === 0),
  );
  if (answer[1] === OPTIONS) block = agreedBlock(ctx, answer, wanted);
  for (let number = 1;; number++) {
    const data = new Uint8Array(block);
    let length = 0;
    while (length < block) {
      const chunk = await source.read(block - length);
      if (chunk === undefined) break;
      data.set(chunk, length);
      length += chunk.length;
    }
    await exchange.ask(
      numbered(DATA, number, data.slice(0, length)),
      (code, acknowledged) => code === ACK && acknowledged === (number & 0xffff),
    );
    if (length < block) return;
  }
}

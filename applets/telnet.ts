import { toBytes } from "../sandbox/bytes.ts";
import { SIG } from "../sandbox/types.ts";
import { type Applet, defineApplet } from "./contract.ts";
import { connectTo, portNumber } from "./_lib/connect.ts";

/** Commands of the protocol (RFC 854). */
const IAC = 255;
const DONT = 254;
const DO = 253;
const WONT = 252;
const WILL = 251;
const SB = 250;
const SE = 240;
/** Options that are agreed to (RFC 857, 858). */
const ECHO = 1;
const SUPPRESS_GO_AHEAD = 3;

/** Talks to a telnet server. Source of behaviour: RFC 854, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "telnet",
  usage: "[-a] [-l USER] HOST [PORT]",
  about: "Connect to a telnet server",
  options: {
    a: { help: "Log in as $USER" },
    l: { arg: "USER", help: "Log in as USER" },
  },
  minOperands: 1,
  maxOperands: 2,
  needs: ["net"],
  async run(ctx) {
    const { operands, process, stdin, stdout } = ctx;
    const port = operands[1] === undefined ? 23 : portNumber(ctx, operands[1]);
    const { file } = await connectTo(ctx, operands[0], port);
    process.setSignal(SIG.PIPE, "ignore");
    // Unless a terminal shows it, native's buffer holds this until the end.
    const connected = toBytes(`Connected to ${operands[0]}\n`);
    if (stdout.isTerminal) await stdout.write(connected);
    const decoder = new Decoder();
    const terminal = process.fd(0)?.tty;
    terminal?.setRaw(true, { isig: true });
    try {
      for (;;) {
        const items = [{ file, read: true }, { file: stdin.file, read: true }];
        const ready = await process.poll(items, undefined);
        if (ready.includes(0)) {
          const chunk = await file.read(65536, process.waiter);
          if (chunk === undefined) break;
          const { data, answer } = decoder.decode(chunk);
          if (answer.length > 0) await file.write(new Uint8Array(answer), process.waiter);
          await stdout.write(data);
        }
        if (ready.includes(1)) {
          const chunk = await stdin.read();
          // The end of the input is the end.
          if (chunk === undefined) {
            if (!stdout.isTerminal) await stdout.write(connected);
            return 0;
          }
          await file.write(encode(chunk), process.waiter);
        }
      }
      await stdout.write(toBytes("Connection closed by foreign host\r\n"));
      if (!stdout.isTerminal) await stdout.write(connected);
      return 1;
    } finally {
      terminal?.setRaw(false);
      file.release();
    }
  },
});

/** A byte 255 is sent twice, and a line ends as RFC 854 has it. */
function encode(chunk: Uint8Array): Uint8Array {
  if (!chunk.includes(IAC) && !chunk.includes(10) && !chunk.includes(13)) return chunk;
  const bytes: number[] = [];
  for (const byte of chunk) {
    if (byte === 10) bytes.push(13);
    bytes.push(byte);
    if (byte === IAC) bytes.push(byte);
    else if (byte === 13) bytes.push(10);
  }
  return new Uint8Array(bytes);
}

/** Takes the commands out of what comes, and answers them. */
class Decoder {
  #state: "data" | "command" | "option" | "sub" | "subend" = "data";
  #command = 0;

  decode(chunk: Uint8Array): { readonly data: Uint8Array; readonly answer: readonly number[] } {
    const data = new Uint8Array(chunk.length);
    const answer: number[] = [];
    let length = 0;
    for (const byte of chunk) {
      switch (this.#state) {
        case "data":
          if (byte === IAC) this.#state = "command";
          else data[length++] = byte;
          break;
        case "command":
          this.#state = "data";
          if (byte === IAC) data[length++] = byte;
          else if (byte === SB) this.#state = "sub";
          else if (byte >= WILL) {
            this.#command = byte;
            this.#state = "option";
          }
          break;
        case "option": {
          this.#state = "data";
          const agreed = byte === ECHO || byte === SUPPRESS_GO_AHEAD;
          if (this.#command === WILL) answer.push(IAC, agreed ? DO : DONT, byte);
          else if (this.#command === DO) {
            answer.push(IAC, byte === SUPPRESS_GO_AHEAD ? WILL : WONT, byte);
          }
          break;
        }
        case "sub":
          if (byte === IAC) this.#state = "subend";
          break;
        case "subend":
          this.#state = byte === SE ? "data" : "sub";
      }
    }
    return { data: data.subarray(0, length), answer };
  }
}

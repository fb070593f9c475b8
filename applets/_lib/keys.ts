/**
 * Keys of a terminal: bytes as they come, and names for the sequences that function keys send.
 *
 * @module
 */
import { O_RDWR, type OpenFile, type Process, type Terminal } from "../../sandbox/types.ts";
import { isVfsError } from "../../sandbox/errors.ts";

/**
 * A key: one char for a byte, the name of a function key (`Up`, `PageDown`, …), or `Resize` when the
 * window has got another size meanwhile.
 */
export type Key = string;

/** Time after an escape in which the rest of its sequence must come, as in busybox. */
const SEQUENCE_MS = 50;

/** What follows an escape in the sequences of ECMA-48 terminals, xterm, rxvt and the Linux console. */
const SEQUENCES: ReadonlyMap<string, Key> = new Map([
  ["OA", "Up"],
  ["OB", "Down"],
  ["OC", "Right"],
  ["OD", "Left"],
  ["OH", "Home"],
  ["OF", "End"],
  ["[A", "Up"],
  ["[B", "Down"],
  ["[C", "Right"],
  ["[D", "Left"],
  ["[H", "Home"],
  ["[F", "End"],
  ["[1~", "Home"],
  ["[2~", "Insert"],
  ["[3~", "Delete"],
  ["[4~", "End"],
  ["[5~", "PageUp"],
  ["[6~", "PageDown"],
  ["[7~", "Home"],
  ["[8~", "End"],
]);

const isHead = (text: string): boolean => {
  for (const sequence of SEQUENCES.keys()) {
    if (sequence.length > text.length && sequence.startsWith(text)) return true;
  }
  return false;
};

/** Reads keys from a terminal. */
export class KeyReader {
  #pending = "";

  /**
   * @param process Who waits.
   * @param file Where the keys come from.
   * @param terminal Tells about changes of the window's size.
   */
  constructor(
    private readonly process: Process,
    private readonly file: OpenFile,
    private readonly terminal: Terminal | undefined,
  ) {}

  /** Whether a key is there already. */
  get hasMore(): boolean {
    return this.#pending !== "" || this.file.ready().read;
  }

  /** The next key; undefined at the end of the input. */
  async read(): Promise<Key | undefined> {
    if (this.#pending === "") {
      const event = await this.#fill(undefined);
      if (event !== "keys") return event === "resize" ? "Resize" : undefined;
    }
    if (this.#pending[0] === "\x1b") {
      const key = await this.#sequence();
      if (key !== undefined) return key;
    }
    const key = this.#pending[0];
    this.#pending = this.#pending.slice(1);
    return key;
  }

  /** Waits at most so long for a key, which stays to be read. */
  async waits(milliseconds: number): Promise<boolean> {
    return this.#pending !== "" || await this.#fill(milliseconds) === "keys";
  }

  /** A sequence at the head of what is pending. */
  async #sequence(): Promise<Key | undefined> {
    for (let length = 1;; length++) {
      const text = this.#pending.slice(1, 1 + length);
      if (text.length < length) {
        if (length > 1 && !isHead(text)) return undefined;
        if (await this.#fill(SEQUENCE_MS) !== "keys") return undefined;
        length--;
        continue;
      }
      const key = SEQUENCES.get(text);
      if (key !== undefined) {
        this.#pending = this.#pending.slice(1 + length);
        return key;
      }
      if (!isHead(text)) return undefined;
    }
  }

  async #fill(timeoutMs: number | undefined): Promise<"keys" | "resize" | "end" | "nothing"> {
    const { file, process, terminal } = this;
    const end = timeoutMs === undefined ? undefined : process.clock.monotonicMs() + timeoutMs;
    while (!file.ready().read) {
      const left = end === undefined ? undefined : end - process.clock.monotonicMs();
      if (left !== undefined && left <= 0) return "nothing";
      const size = terminal === undefined ? "" : `${terminal.columns()} ${terminal.rows()}`;
      const queues = terminal === undefined ? [file.changed] : [file.changed, terminal.resized];
      await process.waitAny(queues, left);
      if (terminal === undefined || end !== undefined || file.ready().read) continue;
      if (size !== `${terminal.columns()} ${terminal.rows()}`) return "resize";
    }
    // One byte: what is typed ahead is for whoever reads next, another program maybe.
    let chunk = file.read(1, process.waiter);
    if (chunk instanceof Promise) chunk = await chunk;
    if (chunk === undefined) return "end";
    for (const byte of chunk) this.#pending += String.fromCharCode(byte);
    return "keys";
  }
}

/** Where keys come from: stdin may be what is shown. */
export function keyboard(process: Process): OpenFile | undefined {
  const stdin = process.fd(0);
  if (stdin?.tty !== undefined) return stdin;
  try {
    const file = process.fs.open("/dev/tty", O_RDWR);
    if (file.readable && file.tty !== undefined) return file;
    file.release();
  } catch (error) {
    if (!isVfsError(error)) throw error;
  }
  return undefined;
}

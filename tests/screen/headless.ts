/**
 * Programs of the sandbox on a terminal that is only in memory: keys in, pictures out.
 *
 * @module
 */
import { S_IFCHR, type Stat, type Terminal, type TerminalModes } from "../../sandbox/types.ts";
import { PullInput, PushOutput, TerminalFile } from "../../sandbox/kernel/devices.ts";
import { copyModes, defaultModes } from "../../sandbox/kernel/terminal_modes.ts";
import { Queue } from "../../sandbox/kernel/wait_queue.ts";
import type { Sandbox } from "../../mod.ts";
import { Emulator } from "./emulator.ts";

const STAT: Stat = {
  dev: 5,
  ino: 3,
  mode: S_IFCHR | 0o620,
  nlink: 1,
  uid: 0,
  gid: 0,
  rdev: 0x8800,
  size: 0,
  blksize: 4096,
  blocks: 0,
  atimeNs: 0n,
  mtimeNs: 0n,
  ctimeNs: 0n,
};

class Keyboard extends PullInput {
  constructor(override readonly tty: Terminal, pull: () => Promise<Uint8Array | undefined>) {
    super(pull, () => {}, () => STAT);
  }
}

class Display extends PushOutput {
  constructor(override readonly tty: Terminal, show: (chunk: Uint8Array) => void) {
    super(show, false, () => {}, () => STAT);
  }
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** A program of a sandbox on a terminal in memory. */
export class HeadlessTerminal {
  readonly screen: Emulator;
  /** Whether the program has the terminal in raw mode. */
  raw = false;
  /** Its settings; tmux says that its input is UTF-8. */
  modes: TerminalModes = { ...defaultModes(), input: 0x4500 };
  /** Exit status; undefined while the program runs. */
  status: number | undefined;
  readonly ended: Promise<number>;
  readonly #resized = new Queue();
  #size: readonly [number, number];
  #give: ((chunk: Uint8Array | undefined) => void) | undefined;
  /** Told when the program waits for keys. */
  #waiting: (() => void) | undefined;

  constructor(
    sandbox: Sandbox,
    argv: readonly string[],
    options: {
      readonly columns: number;
      readonly rows: number;
      readonly cwd: string;
      readonly env: { readonly [name: string]: string };
    },
  ) {
    this.#size = [options.columns, options.rows];
    this.screen = new Emulator(options.columns, options.rows);
    const tty: Terminal = {
      name: "/dev/pts/0",
      foreground: 0,
      columns: () => this.#size[0],
      rows: () => this.#size[1],
      setRaw: (raw) => this.raw = raw,
      modes: () => copyModes(this.modes),
      setModes: (modes) => this.modes = copyModes(modes),
      setSize: (columns, rows) => this.#size = [columns ?? this.#size[0], rows ?? this.#size[1]],
      resized: this.#resized,
    };
    const show = (chunk: Uint8Array): void => {
      // A terminal out of raw mode puts a carriage return before each line feed.
      const text = latin1(chunk);
      const postprocessed = !this.raw && (this.modes.output & 5) === 5;
      this.screen.write(postprocessed ? text.replaceAll("\n", "\r\n") : text);
    };
    const files = {
      stdin: new Keyboard(tty, () => {
        this.#waiting?.();
        return new Promise((resolve) => this.#give = resolve);
      }),
      stdout: new Display(tty, show),
      stderr: new Display(tty, show),
      tty,
    };
    tty.open = () => new TerminalFile(tty, files.stdin, files.stdout);
    const started = sandbox.attachByName(argv, { cwd: options.cwd, env: options.env }, files);
    for (const file of [files.stdin, files.stdout, files.stderr]) file.release();
    this.ended = started.ended.then((status) => {
      this.status = status.code;
      this.#waiting?.();
      return status.code;
    });
  }

  /** Waits until the program wants keys, or has ended. */
  async idle(): Promise<void> {
    if (this.#give !== undefined || this.status !== undefined) return;
    await new Promise<void>((resolve) => this.#waiting = resolve);
    this.#waiting = undefined;
  }

  /** Types bytes once the program wants keys; then waits until it wants more. */
  async type(bytes: string): Promise<void> {
    await this.idle();
    const give = this.#give;
    this.#give = undefined;
    give?.(Uint8Array.from(bytes, (char) => char.charCodeAt(0)));
    await this.idle();
  }

  /** Changes the size of the window. */
  resize(columns: number, rows: number): void {
    this.#size = [columns, rows];
    this.screen.resize(columns, rows);
    this.#resized.wake();
  }
}

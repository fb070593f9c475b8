/**
 * The host's own stdin, stdout and stderr as open files, and its terminal.
 *
 * @module
 */
import {
  NO_INODE,
  type OpenFile,
  S_IFCHR,
  S_IFIFO,
  type Stat,
  type Terminal,
  type TerminalModes,
  type WaitQueue,
} from "../types.ts";
import { VfsError } from "../errors.ts";
import { type Pull, PullInput, PushOutput, TerminalFile } from "../kernel/devices.ts";
import {
  copyModes,
  defaultModes,
  ECHO,
  ICANON,
  ISIG,
  UnseenLines,
} from "../kernel/terminal_modes.ts";
import { hostErrorCode } from "./errors.ts";
import { othersRun } from "./held_writes.ts";
import { type HostOutputStream, pushTo } from "./host_output.ts";

/** Bytes of one read from the host. */
const CHUNK = 65536;
/** The same where much comes at once. */
const LARGE_CHUNK = 4 * CHUNK;

/** A host stream by number; never a host path. */
type HostStream = typeof Deno.stdin | HostOutputStream;

/** Says what kind of file a host stream is, without any permission. */
function kindOf(stream: HostStream): number {
  if (stream.isTerminal()) return S_IFCHR;
  return S_IFIFO;
}

/** Sets the host's terminal; one that has hung up takes no more settings, and needs none. */
function setHostRaw(raw: boolean, cbreak = false): void {
  try {
    Deno.stdin.setRaw(raw, { cbreak });
  } catch (error) {
    if (hostErrorCode(error) !== "EIO") throw error;
  }
}

function streamStat(type: number, ino: number): () => Stat {
  return () => ({
    ...NO_INODE,
    dev: 5,
    ino,
    mode: type | (type === S_IFCHR ? 0o620 : 0o600),
    rdev: type === S_IFCHR ? 0x8800 : 0,
  });
}

/** The host's stdin. */
class HostInput extends PullInput {
  constructor(override readonly tty: Terminal | undefined, pull: Pull) {
    const type = kindOf(Deno.stdin);
    super(pull, () => {}, streamStat(type, 3));
  }
}

/**
 * What reads stdin in the background: it may be a pipe or a terminal, Deno does not tell a regular
 * file from them, and a read that blocks would stop every other program of the sandbox.
 */
function stdinReader(): (spare?: Uint8Array) => Promise<Uint8Array | undefined> {
  let size = CHUNK;
  let most = LARGE_CHUNK;
  return async (spare) => {
    const buffer = spare?.buffer.byteLength === size
      ? new Uint8Array(spare.buffer as ArrayBuffer)
      : new Uint8Array(size);
    try {
      const n = await Deno.stdin.read(buffer);
      if (n === null) return undefined;
      // A file fills any buffer, and the fewer turns of the event loop the better; a pipe has a
      // limit of its own.
      if (size === LARGE_CHUNK && n <= CHUNK) most = CHUNK;
      size = n === buffer.length ? most : Math.min(size, most);
      return buffer.subarray(0, n);
    } catch (error) {
      const code = (error as { code?: string }).code;
      throw new VfsError(code === "EISDIR" ? "EISDIR" : code === "EBADF" ? "EBADF" : "EIO");
    }
  };
}

/** The host's stdout or stderr. */
class HostOutput extends PushOutput {
  constructor(
    stream: HostOutputStream,
    override readonly tty: Terminal | undefined,
    closed: () => void,
    account: (bytes: number) => void,
    number: number,
  ) {
    const before = (bytes: number): void => {
      account(bytes);
      othersRun();
    };
    super(pushTo(stream, before), false, closed, streamStat(kindOf(stream), 3 + number));
  }
}

/** The terminal that the host process has. */
class HostTerminal implements Terminal {
  readonly name = "/dev/pts/0";
  foreground = 0;
  open?: () => OpenFile | undefined;
  /** What a program has asked for until it ends: raw, with or without signals of keys. */
  #asked: "raw" | "cbreak" | undefined;
  /** Return is to come as a newline nevertheless. */
  #newlines = false;
  /** What the host's terminal does now. */
  #host: "raw" | "cbreak" | undefined;
  #modes = defaultModes();
  /** Size that was set here, and the host's when it was. */
  #own: { columns: number; rows: number; host: string } | undefined;
  readonly #unseen = new UnseenLines();
  readonly #ready: Uint8Array[] = [];
  readonly #readStdin = stdinReader();
  #restores = false;

  constructor(readonly resized: WaitQueue) {}

  columns(): number {
    return this.#size().columns;
  }

  rows(): number {
    return this.#size().rows;
  }

  #size(): { columns: number; rows: number } {
    const host = this.#hostSize();
    // What was set counts until the window changes.
    if (this.#own !== undefined && this.#own.host === JSON.stringify(host)) return this.#own;
    return host;
  }

  #hostSize(): { columns: number; rows: number } {
    try {
      // A terminal whose size nobody has set says 0 × 0.
      const { columns, rows } = Deno.consoleSize();
      return { columns: columns || 80, rows: rows || 24 };
    } catch {
      return { columns: 80, rows: 24 };
    }
  }

  setSize(columns: number | undefined, rows: number | undefined): void {
    const now = this.#size();
    this.#own = {
      columns: columns ?? now.columns,
      rows: rows ?? now.rows,
      host: JSON.stringify(this.#hostSize()),
    };
  }

  modes(): TerminalModes {
    return copyModes(this.#modes);
  }

  setModes(modes: TerminalModes): void {
    this.#modes = copyModes(modes);
    this.#apply();
  }

  setRaw(
    raw: boolean,
    options?: { readonly isig?: boolean; readonly newlines?: boolean },
  ): void {
    this.#asked = raw ? (options?.isig ? "cbreak" : "raw") : undefined;
    this.#newlines = raw && options?.newlines === true;
    this.#apply();
  }

  /** Lines are made here: Deno can have the host make them only if it shows them too. */
  get #unseenLines(): boolean {
    const { local } = this.#modes;
    return this.#asked === undefined && (local & ICANON) !== 0 && (local & ECHO) === 0;
  }

  #apply(): void {
    const { local } = this.#modes;
    const cooked = (local & (ICANON | ECHO)) === (ICANON | ECHO);
    const wanted = this.#asked ?? (cooked ? undefined : (local & ISIG) !== 0 ? "cbreak" : "raw");
    if (wanted === this.#host || !Deno.stdin.isTerminal()) return;
    if (this.#host !== undefined) setHostRaw(false);
    if (wanted !== undefined) setHostRaw(true, wanted === "cbreak");
    this.#host = wanted;
    if (this.#restores) return;
    this.#restores = true;
    // Whatever `stty` was told inside, the user gets the terminal back as it was.
    globalThis.addEventListener("unload", () => {
      if (this.#host !== undefined) setHostRaw(false);
    });
  }

  /** Reads keys or lines, as the modes say. */
  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const ready = this.#ready.shift();
      // An empty line is the end of the input.
      if (ready !== undefined) return ready.length === 0 ? undefined : ready;
      const chunk = await this.#readStdin();
      if (chunk !== undefined && this.#newlines) {
        for (let i = chunk.indexOf(13); i >= 0; i = chunk.indexOf(13, i + 1)) chunk[i] = 10;
      }
      if (chunk === undefined || !this.#unseenLines) return chunk;
      this.#ready.push(...this.#unseen.take(chunk, this.#modes.characters));
    }
  }
}

/** The host's streams for one run of the command line. */
export interface HostStreams {
  readonly stdin: PullInput;
  readonly stdout: PushOutput;
  readonly stderr: PushOutput;
  readonly tty: Terminal | undefined;
}

/**
 * Opens the host's standard streams.
 *
 * @param options What to call when nobody holds stdout or stderr any more, how bytes are counted,
 *   and what wakes those who wait for a change of the window size.
 */
export function openHostStreams(options: {
  readonly closed: (number: 1 | 2) => void;
  readonly account: (bytes: number) => void;
  readonly resized: WaitQueue;
}): HostStreams {
  const terminal = new HostTerminal(options.resized);
  const ttyOf = (stream: HostStream) => stream.isTerminal() ? terminal : undefined;
  const stdin = new HostInput(
    ttyOf(Deno.stdin),
    ttyOf(Deno.stdin) === undefined ? stdinReader() : () => terminal.read(),
  );
  const output = (stream: HostOutputStream, number: 1 | 2): HostOutput =>
    new HostOutput(
      stream,
      ttyOf(stream),
      () => options.closed(number),
      options.account,
      number,
    );
  const stdout = output(Deno.stdout, 1);
  const stderr = output(Deno.stderr, 2);
  terminal.open = (): OpenFile | undefined => {
    const screen = [stdout, stderr].find((file) => file.tty !== undefined);
    if (stdin.tty === undefined || screen === undefined) return undefined;
    return new TerminalFile(terminal, stdin, screen);
  };
  return {
    stdin,
    stdout,
    stderr,
    tty: ttyOf(Deno.stdin) ?? ttyOf(Deno.stdout) ?? ttyOf(Deno.stderr),
  };
}

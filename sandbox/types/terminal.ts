/**
 * A terminal and its settings.
 *
 * @module
 */
import type { ByteString } from "./basic.ts";
import type { OpenFile, WaitQueue } from "./open_file.ts";

/** Settings of a terminal, with Linux's numbers (termios(3)). */
export interface TerminalModes {
  /** Input flags. */
  input: number;
  /** Output flags. */
  output: number;
  /** Control flags; the speed is among them. */
  control: number;
  /** Local flags. */
  local: number;
  /** Line discipline. */
  line: number;
  /** Special characters by their index. */
  characters: number[];
  /** Two speeds were asked for; a terminal keeps one. */
  unequalSpeeds?: boolean;
}

/** A terminal, as a capability. */
export interface Terminal {
  /** Width in columns. */
  columns(): number;
  /** Height in rows. */
  rows(): number;
  /**
   * Raw: no echo, no line editing, keys as they come; `isig` keeps ^C and ^Z as signals, `newlines`
   * has Return come as a newline, as it does in lines.
   */
  setRaw(raw: boolean, options?: { readonly isig?: boolean; readonly newlines?: boolean }): void;
  /** Its settings: a copy. */
  modes(): TerminalModes;
  /** Changes its settings. Whether input comes by lines, and is shown, follows; the rest is kept. */
  setModes(modes: TerminalModes): void;
  /** Says how large it is; undefined leaves a side as it is. */
  setSize(columns: number | undefined, rows: number | undefined): void;
  /** Name such as `/dev/pts/0`. */
  readonly name: ByteString;
  /** The process group that gets ^C and ^Z. */
  foreground: number;
  /** Woken on a change of size. */
  readonly resized: WaitQueue;
  /** Opens it anew, for reading and writing (`/dev/tty`); undefined where it cannot be read. */
  open?(): OpenFile | undefined;
}

/**
 * Output of bc and dc, where long numbers are broken into lines.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import type { Output } from "./streams.ts";

/** Width of lines when the environment does not say. */
const DEFAULT_LENGTH = 70;

/** Writes numbers and strings, counting columns. */
export class LineWriter {
  #column = 0;
  readonly #room: number;

  /**
   * @param out Where to.
   * @param setting `BC_LINE_LENGTH` or `DC_LINE_LENGTH`; 0 means no lines.
   * @param reserved Columns at the end of a line that digits leave free.
   */
  constructor(readonly out: Output, setting: ByteString | undefined, reserved: number) {
    let length = DEFAULT_LENGTH;
    if (setting !== undefined && /^[0-9]+$/.test(setting)) {
      const wanted = Number(setting);
      if (wanted === 0) length = Infinity;
      else if (wanted > reserved && wanted < 4294967296) length = wanted;
    }
    this.#room = length - reserved;
  }

  /** A number, broken where the line ends. */
  number(text: ByteString): void {
    let rest = text;
    while (this.#column + rest.length > this.#room) {
      const fits = Math.max(0, this.#room - this.#column);
      this.out.print(rest.slice(0, fits) + "\\\n");
      rest = rest.slice(fits);
      this.#column = 0;
    }
    this.out.print(rest);
    this.#column += rest.length;
  }

  /** Text as it is. */
  text(text: ByteString): void {
    this.out.print(text);
    if (text.includes("\n")) this.#column = 0;
  }

  /** The end of a line. */
  newline(): void {
    this.out.print("\n");
    this.#column = 0;
  }
}

/** Takes the escapes of `print`: those it does not know stay. */
export function unescape(text: ByteString): ByteString {
  return text.replace(/\\([\s\S])/g, (whole, letter) => ESCAPES.get(letter) ?? whole);
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["a", "\x07"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["e", "\\"],
  ["\\", "\\"],
]);

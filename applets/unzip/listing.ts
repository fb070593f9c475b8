/**
 * The tables of `unzip -l` and `unzip -v`.
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import type { Context, OptionTable } from "../contract.ts";
import type { ZipEntry } from "./format.ts";

/** Prints a table. */
export class Listing {
  #entries = 0;
  #size = 0;
  #packed = 0;

  /** @param ctx The applet. @param verbose The wide table. @param quiet How often -q was given. */
  constructor(
    private readonly ctx: Context<OptionTable>,
    private readonly verbose: boolean,
    private readonly quiet: number,
  ) {}

  /** The head. */
  begin(): void {
    if (this.quiet > 1) return;
    void this.ctx.out.print(
      this.verbose
        ? " Length   Method    Size  Cmpr    Date    Time   CRC-32   Name\n" +
          "--------  ------  ------- ---- ---------- ----- --------  ----\n"
        : "  Length      Date    Time    Name\n" +
          "---------  ---------- -----   ----\n",
    );
  }

  /** Counts a member, and shows it if it is wanted. */
  count(entry: ZipEntry, name: ByteString, wanted: boolean): void {
    this.#entries++;
    if (!wanted) return;
    this.#size += entry.size;
    this.#packed += entry.packed;
    const two = (value: number): string => String(value).padStart(2, "0");
    const { date, time } = entry;
    const when = `${two(date >> 5 & 15)}-${two(date & 31)}-${(date >> 9) + 1980} ` +
      `${two(time >> 11)}:${two(time >> 5 & 63)}`;
    if (!this.verbose) {
      void this.ctx.out.print(`${String(entry.size).padStart(9)}  ${when}   ${name}\n`);
      return;
    }
    const method = entry.method === 0
      ? "Stored"
      : entry.method === 8
      ? "Defl:N"
      : String(entry.method).padStart(6);
    void this.ctx.out.print(
      `${String(entry.size).padStart(8)}  ${method}${String(entry.packed).padStart(9)} ` +
        `${String(percent(entry.packed, entry.size)).padStart(3)}% ${when} ` +
        `${entry.crc.toString(16).padStart(8, "0")}  ${name}\n`,
    );
  }

  /** The sums. */
  end(): void {
    if (this.quiet > 1) return;
    const { out } = this.ctx;
    if (this.verbose) {
      void out.print(
        "--------          ------- ----                            ----\n" +
          `${String(this.#size).padStart(8)}${String(this.#packed).padStart(17)}` +
          `${String(percent(this.#packed, this.#size)).padStart(4)}%` +
          `                            ${this.#entries} files\n`,
      );
    } else {
      void out.print(
        " --------                     -------\n" +
          `${String(this.#size).padStart(9)}                     ${this.#entries} files\n`,
      );
    }
  }
}

/** Whole percents saved; none if it grew. */
function percent(packed: number, size: number): number {
  return packed >= size || size === 0 ? 0 : Math.floor((size - packed) * 100 / size);
}

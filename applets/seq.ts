import { type Applet, type Context, defineApplet } from "./contract.ts";
import type { MaybePromise } from "../sandbox/types.ts";
import { formatDouble } from "./_lib/format_number.ts";
import { strtod } from "./_lib/strtod.ts";

/** Prints numbers. Source of behaviour: BusyBox 1.35 (double arithmetic: first + n × step). */
export const applet: Applet = defineApplet({
  name: "seq",
  usage: "[-w] [-s SEP] [FIRST [INC]] LAST",
  about: "Print the numbers from FIRST to LAST in steps of INC; both default to 1",
  lostOutput: 255,
  options: {
    w: { help: "Pad with zeros to equal width" },
    s: { arg: "SEP", help: "Put SEP between the numbers instead of a newline" },
  },
  posix: true,
  minOperands: 1,
  maxOperands: 3,
  run(ctx) {
    const { opts, operands } = ctx;
    const values = operands.map((text) => {
      const { value, end } = strtod(text);
      // Native refuses what overflows as well as what is no number.
      if (end !== text.length || (!Number.isFinite(value) && /[0-9]/.test(text))) ctx.usage();
      return value;
    });
    const last = values[values.length - 1];
    const first = values.length > 1 ? values[0] : 1;
    const step = values.length > 2 ? values[1] : 1;
    let decimals = 0;
    let width = 0;
    operands.forEach((text, index) => {
      const point = text.indexOf(".");
      width = Math.max(width, point < 0 ? text.length : point);
      // LAST has no say in how many decimals there are.
      const shapes = index < operands.length - 1;
      if (point >= 0 && shapes) decimals = Math.max(decimals, text.length - point - 1);
    });
    if (decimals > 0) width += decimals + 1;
    const show = opts.w
      ? (value: number) => formatDouble(value, "f", { precision: decimals, zero: true, width })
      : decimals === 0 && Number.isSafeInteger(first) && Number.isSafeInteger(step)
      ? (value: number) =>
        Number.isSafeInteger(value) ? String(value) : formatDouble(value, "f", { precision: 0 })
      : (value: number) => formatDouble(value, "f", { precision: decimals });
    return print(ctx, { first, step, last, separator: opts.s ?? "\n", show }, 0, "");
  },
});

interface Series {
  readonly first: number;
  readonly step: number;
  readonly last: number;
  readonly separator: string;
  readonly show: (value: number) => string;
}

/** Prints from the n-th number on; `text` is what is not yet written. */
function print(
  ctx: Pick<Context, "out" | "process">,
  series: Series,
  from: number,
  pending: string,
): MaybePromise<void> {
  const { first, step, last, separator, show } = series;
  let text = pending;
  let n = from;
  for (;; n++) {
    const value = first + n * step;
    const inside = step >= 0 ? value <= last : value >= last;
    if (!inside) break;
    if (n > 0) text += separator;
    text += show(value);
    if (text.length > 8192) {
      const full = ctx.out.print(text);
      text = "";
      const pause = ctx.process.tick(256);
      const wait = full ?? pause;
      if (wait !== undefined) {
        return wait.then(() => pause).then(() => print(ctx, series, n + 1, ""));
      }
    }
  }
  if (n > 0) void ctx.out.print(text + "\n");
}

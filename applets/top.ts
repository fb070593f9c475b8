import type { ByteString, ProcessInfo } from "../sandbox/types.ts";
import { type Applet, type Context, defineApplet, type OptionTable } from "./contract.ts";
import { Accounts } from "./_lib/accounts.ts";
import { parseDuration } from "./_lib/duration.ts";
import { parseOptions } from "./_lib/options.ts";
import { commandLine } from "./_lib/process_match.ts";
import { screenColumns, screenRows } from "./_lib/screen_size.ts";

const DEFAULT_SECONDS = 5;
const MOST_LISTS = 4294967295;
/** Characters of a command that are shown where no screen ends the line. */
const WIDEST_COMMAND = 400;

const OPTIONS = {
  b: { help: "No terminal: lists one below the other" },
  n: { arg: "N", help: "End after N lists" },
  d: { arg: "SEC", help: "Seconds between lists" },
  H: { help: "Show threads" },
  m: {},
} as const satisfies OptionTable;

/** Shows processes as they run. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "top",
  usage: "[-bH] [-n COUNT] [-d SECONDS]",
  about: "Show the processes of the sandbox again and again.\n" +
    "Keys: N/M/P/T: sort by pid/mem/cpu/time, R: reverse, H: threads, Q,^C: exit",
  options: OPTIONS,
  lostOutput: "ignore",
  raw: true,
  run(ctx) {
    const { opts } = parseOptions(OPTIONS, withDashes(ctx.argv), {});
    let count = Infinity;
    if (opts.n !== undefined) {
      const text = withoutDash(opts.n as string);
      if (!/^[0-9]+$/.test(text) || Number(text) > MOST_LISTS) {
        return ctx.fail(`invalid number '${text}'`);
      }
      count = Number(text) || Infinity;
    }
    const delay = opts.d === undefined
      ? DEFAULT_SECONDS * 1000
      : parseDuration(ctx, withoutDash(opts.d as string));
    return new Monitor(ctx, !!opts.b, delay).run(count);
  },
});

/** Native gives a dash to every word that has none, also to those that belong to an option. */
function withDashes(argv: readonly ByteString[]): ByteString[] {
  const end = argv.indexOf("--");
  return argv.map((word, index) =>
    index === 0 || word.startsWith("-") || (end >= 0 && index > end) ? word : `-${word}`
  );
}

function withoutDash(word: ByteString): ByteString {
  return word.startsWith("-") ? word.slice(1) : word;
}

type TopContext = Pick<Context, "process" | "out" | "stdout" | "fs">;
type Order = (a: Row, b: Row) => number;

interface Row {
  readonly info: ProcessInfo;
  /** CPU time since the last list, milliseconds. */
  readonly used: number;
}

const ORDERS = new Map<string, Order>([
  ["n", (a, b) => b.info.pid - a.info.pid],
  ["m", (a, b) => b.info.memory - a.info.memory],
  ["p", (a, b) => b.used - a.used || b.info.memory - a.info.memory],
  ["t", (a, b) => b.info.cpuMs - a.info.cpuMs],
]);

class Monitor {
  #order: Order = ORDERS.get("p")!;
  #sign = 1;
  #last = new Map<number, number>();
  #lastTime: number;

  constructor(
    private readonly ctx: TopContext,
    private readonly batch: boolean,
    private readonly delay: number,
  ) {
    this.#lastTime = ctx.process.clock.monotonicMs();
  }

  async run(count: number): Promise<number> {
    const { ctx } = this;
    const { process } = ctx;
    const { batch } = this;
    const screen = batch ? undefined : process.fd(1)?.tty;
    const keys = batch ? undefined : process.fd(0);
    const terminal = keys?.tty;
    terminal?.setRaw(true, { isig: true });
    let keysOpen = terminal !== undefined;
    try {
      for (let i = 0; i < count; i++) {
        const text = batch ? this.#list() : this.#list(screenRows(process), screenColumns(process));
        if (batch) await ctx.out.print(text);
        else if (screen === undefined) {
          await ctx.out.print(`\x1b[H\x1b[J${text.replace(/\n$/, "")}\r`);
        } else {
          // No newline behind the last line: it would scroll a full screen.
          const lines = text.replace(/\n$/, "").replace(/\n/g, "\x1b[K\r\n");
          ctx.stdout.print(`\x1b[H${lines}\x1b[J\r`);
        }
        const flushed = ctx.out.flush();
        if (flushed !== undefined) await flushed;
        if (i + 1 >= count) break;
        const end = process.clock.monotonicMs() + this.delay;
        for (;;) {
          const left = end - process.clock.monotonicMs();
          if (left <= 0) break;
          if (!keysOpen) {
            await process.sleep(left);
            break;
          }
          const ready = await process.poll([{ file: keys!, read: true }], left);
          if (ready.length === 0) break;
          const bytes = await keys!.read(1, process.waiter);
          if (bytes === undefined) {
            keysOpen = false;
            continue;
          }
          const key = String.fromCharCode(bytes[0]).toLowerCase();
          if (key === "q" || key === "\x03") return 0;
          this.#order = ORDERS.get(key) ?? this.#order;
          if (key === "r") this.#sign = -this.#sign;
          break;
        }
      }
      return 0;
    } finally {
      if (screen !== undefined) ctx.stdout.print("\n");
      else if (!batch) void ctx.out.print("\n");
      terminal?.setRaw(false);
    }
  }

  #list(height = Infinity, width = Infinity): string {
    const { kernel, clock } = this.ctx.process;
    const now = clock.monotonicMs();
    const elapsed = Math.max(1, now - this.#lastTime);
    this.#lastTime = now;
    const { total, used, files } = kernel.memory();
    const kilo = (bytes: number): string => `${Math.floor(bytes / 1024)}K`;
    const processes = kernel.processes();
    const rows: Row[] = processes.map((info) => ({
      info,
      used: Math.max(0, info.cpuMs - (this.#last.get(info.pid) ?? 0)),
    }));
    this.#last = new Map(processes.map((info) => [info.pid, info.cpuMs]));
    const busy = Math.min(
      100,
      Math.round(rows.reduce((sum, row) => sum + row.used, 0) * 100 / elapsed),
    );
    const percent = (value: number): string => `${String(value).padStart(4)}%`;
    const load = kernel.loadAverage().map((value) => value.toFixed(2)).join(" ");
    const running = processes.filter((info) => info.state === "R").length;
    const newest = processes.reduce((max, info) => Math.max(max, info.pid), 0);
    const head = [
      `Mem: ${kilo(used)} used, ${kilo(Math.max(0, total - used))} free, 0K shrd, 0K buff, ${
        kilo(files)
      } cached`,
      `CPU:${percent(busy)} usr${percent(0)} sys${percent(0)} nic${percent(100 - busy)} idle${
        percent(0)
      } io${percent(0)} irq${percent(0)} sirq`,
      `Load average: ${load} ${running}/${processes.length} ${newest}`,
    ];
    const columns = "  PID  PPID USER     STAT   VSZ %VSZ %CPU COMMAND";
    const accounts = new Accounts(this.ctx.fs);
    rows.sort((a, b) => this.#sign * this.#order(a, b));
    const lines = rows.slice(0, Math.max(0, height - head.length - 1)).map(({ info, used }) => {
      const nice = info.nice < 0 ? "<" : info.nice > 0 ? "N" : " ";
      const stat = `${info.state}${nice === " " ? "" : nice}`.padEnd(4);
      return `${String(info.pid).padStart(5)} ${String(info.ppid).padStart(5)} ${
        accounts.userName(info.uid).slice(0, 8).padEnd(8)
      } ${stat} ${sizeText(info.memory).padStart(5)}${
        percent(total === 0 ? 0 : Math.floor(info.memory * 100 / total))
      }${percent(Math.min(100, Math.round(used * 100 / elapsed)))} ${
        commandLine(info).slice(0, WIDEST_COMMAND)
      }`;
    });
    // As in native, lines that tell of the system leave the last column free.
    const title = height === Infinity ? columns : `\x1b[7m${columns.slice(0, width)}\x1b[m`;
    return [
      ...head.map((line) => line.slice(0, width - 1)),
      title,
      ...lines.map((line) => line.slice(0, width)),
    ].join("\n") + "\n";
  }
}

/** Kilobytes, or larger units from 100000 on. */
function sizeText(bytes: number): string {
  const kilo = Math.ceil(bytes / 1024);
  if (kilo < 100_000) return String(kilo);
  const mega = kilo / 1024;
  return mega < 10_000 ? `${mega.toFixed(mega < 1000 ? 1 : 0)}m` : `${(mega / 1024).toFixed(1)}g`;
}

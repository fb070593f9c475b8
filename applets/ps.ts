import type { ByteString, ProcessInfo } from "../sandbox/types.ts";
import { type Applet, type Context, defineApplet } from "./contract.ts";
import { Accounts } from "./_lib/accounts.ts";
import { commandLine } from "./_lib/process_match.ts";

interface Column {
  readonly header: string;
  readonly width: number;
  /** Text of at most `width` columns; numbers fill them from the right. */
  readonly value: (info: ProcessInfo, accounts: Accounts, width: number) => ByteString;
}

/** Columns that `args` may take: native's own limit. */
const WIDEST = 2048;

/** Columns of native, in the order its message lists them. */
const COLUMNS: ReadonlyMap<string, Column> = new Map<string, Column>([
  ["user", { header: "USER", width: 8, value: (info, accounts) => accounts.userName(info.uid) }],
  ["group", { header: "GROUP", width: 8, value: (info, accounts) => accounts.groupName(info.gid) }],
  ["comm", { header: "COMMAND", width: 16, value: (info) => info.name }],
  ["args", { header: "COMMAND", width: WIDEST, value: commandLine }],
  ["pid", { header: "PID", width: 5, value: (info, _, width) => String(info.pid).padStart(width) }],
  ["ppid", {
    header: "PPID",
    width: 5,
    value: (info, _, width) => String(info.ppid).padStart(width),
  }],
  ["pgid", {
    header: "PGID",
    width: 5,
    value: (info, _, width) => String(info.pgid).padStart(width),
  }],
  ["nice", {
    header: "NI",
    width: 5,
    value: (info, _, width) => String(info.nice).padStart(width),
  }],
  ["rgroup", {
    header: "RGROUP",
    width: 8,
    value: (info, accounts) => accounts.groupName(info.gid),
  }],
  ["ruser", { header: "RUSER", width: 8, value: (info, accounts) => accounts.userName(info.uid) }],
  ["tty", { header: "TT", width: 6, value: ttyText }],
  ["vsz", { header: "VSZ", width: 4, value: (info) => sizeText(info.memory) }],
  ["sid", { header: "SID", width: 5, value: (info, _, width) => String(info.sid).padStart(width) }],
  ["stat", { header: "STAT", width: 4, value: statText }],
  ["rss", { header: "RSS", width: 4, value: (info) => sizeText(info.memory) }],
]);
const SUPPORTED = [...COLUMNS.keys()].join(",");

/** Lists the processes of the sandbox. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "ps",
  usage: "[-o COL1,COL2=HEADER] [-T]",
  about: "List the processes of the sandbox",
  lostOutput: "ignore",
  options: {
    o: { arg: "COL1,COL2=HEADER", many: true, help: "Show these columns" },
    T: { help: "Show threads" },
    a: {},
    d: {},
    e: {},
    f: {},
    l: {},
    A: {},
    Z: {},
  },
  run(ctx) {
    const { opts, process, out } = ctx;
    const columns = opts.o === undefined
      ? ["pid", "user", "args"].map((name) => COLUMNS.get(name)!)
      : chooseColumns(ctx, opts.o);
    const accounts = new Accounts(ctx.fs);
    // Lines end at the terminal's width, elsewhere at native's own limit.
    const width = process.tty !== undefined && ctx.stdout.isTerminal
      ? process.tty.columns()
      : WIDEST;
    const rows = process.kernel.processes().sort((a, b) => a.pid - b.pid);
    const lines: ByteString[][] = [];
    if (columns.some((column) => column.header !== "")) {
      lines.push(columns.map((column) => column.header));
    }
    for (const info of rows) {
      lines.push(
        columns.map(({ value, width }) => value(info, accounts, width).slice(0, width)),
      );
    }
    for (const cells of lines) {
      let line = "";
      let start = 0;
      cells.forEach((cell, index) => {
        // Columns behind the last place of a line are not there, nor what fills up to them.
        if (start < WIDEST) line = line.padEnd(start) + cell;
        start += columns[index].width + 1;
      });
      out.print(line.slice(0, width) + "\n");
    }
    return 0;
  },
});

function ttyText(info: ProcessInfo): ByteString {
  return info.tty === undefined ? "?" : info.tty.replace("/dev/pts/", "136,");
}

function statText(info: ProcessInfo): ByteString {
  return info.state + (info.nice < 0 ? "<" : info.nice > 0 ? "N" : "");
}

/** Kilobytes, in megabytes from 10000 on, as native's narrow columns need. */
function sizeText(bytes: number): ByteString {
  const kilobytes = Math.ceil(bytes / 1024);
  return (kilobytes < 10000 ? String(kilobytes) : `${Math.round(kilobytes / 1024)}m`).padStart(4);
}

/** `COL,COL=HEADER`: a header sets the width of its column, an empty one leaves no header. */
function chooseColumns(ctx: Context, words: readonly ByteString[]): Column[] {
  const chosen: Column[] = [];
  for (const part of words.flatMap((word) => word.split(","))) {
    const equals = part.indexOf("=");
    const name = equals < 0 ? part : part.slice(0, equals);
    const column = COLUMNS.get(name);
    if (column === undefined) {
      return ctx.fail(`bad -o argument '${name}', supported arguments: ${SUPPORTED}`);
    }
    if (equals < 0) {
      chosen.push(column);
      continue;
    }
    const header = part.slice(equals + 1);
    chosen.push({ ...column, header, width: header === "" ? column.width : header.length });
  }
  return chosen;
}

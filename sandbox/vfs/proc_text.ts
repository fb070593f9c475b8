/**
 * The texts of `/proc`, in the formats of Linux's proc(5).
 *
 * @module
 */
import type { ByteString, LimitName, ProcessInfo } from "../types.ts";
import type { ProcDetail, ProcSource } from "./proc.ts";

/** A file of `/proc` itself. */
export interface SystemFile {
  readonly name: ByteString;
  readonly text: (source: ProcSource) => ByteString;
}

/** A file of `/proc/N`. */
export interface ProcessFile {
  readonly name: ByteString;
  readonly mode: number;
  readonly text: (source: ProcSource, info: ProcessInfo, detail: ProcDetail) => ByteString;
}

/** Clock ticks for each second (`USER_HZ`), the unit of CPU times. */
const HZ = 100;
const PAGE = 4096;

function kib(bytes: number): number {
  return Math.ceil(bytes / 1024);
}

/** A line of `/proc/meminfo` or `status`, its number right-aligned. */
function kbLine(name: string, bytes: number): string {
  return (name + ":").padEnd(16) + String(kib(bytes)).padStart(8) + " kB\n";
}

function meminfo({ kernel }: ProcSource): string {
  const { total, used, files } = kernel.memory();
  const free = Math.max(0, total - used);
  const lines: [string, number][] = [
    ["MemTotal", total],
    ["MemFree", free],
    ["MemAvailable", free],
    ["Buffers", 0],
    ["Cached", files],
    ["SwapCached", 0],
    ["Active", used],
    ["Inactive", 0],
    ["SwapTotal", 0],
    ["SwapFree", 0],
    ["Dirty", 0],
    ["Writeback", 0],
    ["AnonPages", Math.max(0, used - files)],
    ["Mapped", 0],
    ["Shmem", files],
    ["Slab", 0],
    ["SReclaimable", 0],
    ["SUnreclaim", 0],
  ];
  return lines.map(([name, value]) => kbLine(name, value)).join("");
}

/** CPU time of all processes in ticks: the sandbox knows user time only. */
function busyTicks({ kernel }: ProcSource): number {
  let ms = 0;
  for (const info of kernel.processes()) ms += info.cpuMs;
  return Math.floor(ms * HZ / 1000);
}

function cpuStat(source: ProcSource): string {
  const { kernel } = source;
  const busy = busyTicks(source);
  const count = kernel.processors;
  const all = Math.floor(kernel.uptimeMs() * HZ / 1000) * count;
  const line = (name: string, user: number, idle: number): string =>
    `${name} ${user} 0 0 ${Math.max(0, idle)} 0 0 0 0 0 0\n`;
  let text = line("cpu ", busy, all - busy);
  for (let i = 0; i < count; i++) {
    const user = Math.floor(busy / count);
    text += line("cpu" + i, user, Math.floor(all / count) - user);
  }
  const running = kernel.processes().filter((info) => info.state === "R").length;
  return text + "intr 0\nctxt 0\n" +
    `btime ${Math.floor(kernel.bootMs / 1000)}\n` +
    `processes ${source.lastPid()}\nprocs_running ${Math.max(1, running)}\nprocs_blocked 0\n` +
    "softirq 0 0 0 0 0 0 0 0 0 0 0\n";
}

function cpuinfo({ kernel }: ProcSource): string {
  let text = "";
  for (let i = 0; i < kernel.processors; i++) {
    text += `processor\t: ${i}\nvendor_id\t: capbox\nmodel name\t: capbox virtual processor\n` +
      `cpu MHz\t\t: 1000.000\ncpu cores\t: ${kernel.processors}\nbogomips\t: 2000.00\n\n`;
  }
  return text;
}

function loadavg(source: ProcSource): string {
  const { kernel } = source;
  const list = kernel.processes();
  const running = Math.max(1, list.filter((info) => info.state === "R").length);
  const loads = kernel.loadAverage().map((load) => load.toFixed(2)).join(" ");
  return `${loads} ${running}/${list.length} ${source.lastPid()}\n`;
}

function uptime(source: ProcSource): string {
  const seconds = source.kernel.uptimeMs() / 1000;
  const idle = Math.max(0, seconds * source.kernel.processors - busyTicks(source) / HZ);
  return `${seconds.toFixed(2)} ${idle.toFixed(2)}\n`;
}

/** Spaces and backslashes are written in octal (proc(5), `mounts`). */
function escapeField(text: ByteString): ByteString {
  let escaped = "";
  for (const char of text) {
    const code = char.charCodeAt(0);
    escaped += code === 32 || code === 9 || code === 10 || code === 92
      ? "\\" + code.toString(8).padStart(3, "0")
      : char;
  }
  return escaped;
}

function mounts({ kernel }: ProcSource): string {
  return kernel.mounts().map(({ source, target, type, options }) =>
    `${escapeField(source)} ${escapeField(target)} ${type} ${options} 0 0\n`
  ).join("");
}

function version({ kernel }: ProcSource): string {
  const { sysname, release, version } = kernel.uname;
  return `${sysname} version ${release} (capbox) ${version}\n`;
}

/** Files of `/proc`, in the order of its listing. */
export const SYSTEM_FILES: readonly SystemFile[] = [
  { name: "cmdline", text: () => "\n" },
  { name: "cpuinfo", text: cpuinfo },
  {
    name: "devices",
    text: () => "Character devices:\n  1 mem\n  5 /dev/tty\n136 pts\n\nBlock devices:\n",
  },
  {
    name: "filesystems",
    text: () => "nodev\ttmpfs\nnodev\tproc\nnodev\tdevtmpfs\nnodev\toverlay\nnodev\thostfs\n",
  },
  { name: "loadavg", text: loadavg },
  { name: "meminfo", text: meminfo },
  { name: "partitions", text: () => "major minor  #blocks  name\n\n" },
  { name: "stat", text: cpuStat },
  {
    name: "swaps",
    text: () => "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n",
  },
  { name: "uptime", text: uptime },
  { name: "version", text: version },
];

const STATES = { R: "R (running)", S: "S (sleeping)", T: "T (stopped)", Z: "Z (zombie)" };

/** The kernel keeps 15 bytes of a program's name. */
function comm(info: ProcessInfo): ByteString {
  return info.name.slice(0, 15);
}

function terminalNumber(info: ProcessInfo): number {
  // Major 136 is that of pseudo terminals.
  return info.tty === undefined ? 0 : 136 << 8;
}

function processStat(source: ProcSource, info: ProcessInfo): string {
  const ticks = Math.floor(info.cpuMs * HZ / 1000);
  const start = Math.max(0, Math.floor((info.startMs - source.kernel.bootMs) * HZ / 1000));
  const pages = Math.ceil(info.memory / PAGE);
  const fields = [
    info.ppid,
    info.pgid,
    info.sid,
    terminalNumber(info),
    info.tty === undefined ? -1 : info.pgid,
    0, // flags
    0, // minor faults, of itself and its children, major faults likewise
    0,
    0,
    0,
    ticks,
    0, // system time
    0, // children's times
    0,
    20 + info.nice,
    info.nice,
    info.threads,
    0,
    start,
    info.memory,
    pages,
    "18446744073709551615", // limit of the resident set
    ...new Array<number>(12).fill(0), // addresses, signals, wait channel, swap
    17, // SIGCHLD, sent to the parent
    0, // processor
    ...new Array<number>(13).fill(0),
  ];
  return `${info.pid} (${comm(info)}) ${info.state} ${fields.join(" ")}\n`;
}

/** A signal set as 16 hexadecimal digits. */
function signalMask(signals: readonly number[] | undefined): string {
  let mask = 0n;
  for (const signal of signals ?? []) if (signal > 0) mask |= 1n << BigInt(signal - 1);
  return mask.toString(16).padStart(16, "0");
}

function processStatus(_source: ProcSource, info: ProcessInfo, detail: ProcDetail): string {
  const { uid, gid } = info;
  const memory = String(kib(info.memory)).padStart(8);
  return `Name:\t${comm(info)}\n` +
    `Umask:\t${detail.umask.toString(8).padStart(4, "0")}\n` +
    `State:\t${STATES[info.state]}\n` +
    `Tgid:\t${info.pid}\nNgid:\t0\nPid:\t${info.pid}\nPPid:\t${info.ppid}\nTracerPid:\t0\n` +
    `Uid:\t${uid}\t${uid}\t${uid}\t${uid}\nGid:\t${gid}\t${gid}\t${gid}\t${gid}\n` +
    `FDSize:\t64\nGroups:\t${detail.groups.join(" ")} \n` +
    `VmPeak:\t${memory} kB\nVmSize:\t${memory} kB\nVmHWM:\t${memory} kB\nVmRSS:\t${memory} kB\n` +
    `VmData:\t${memory} kB\nVmStk:\t       0 kB\nVmExe:\t       0 kB\nVmLib:\t       0 kB\n` +
    `VmSwap:\t       0 kB\nThreads:\t${info.threads}\n` +
    `SigQ:\t0/0\nSigPnd:\t${signalMask([])}\nShdPnd:\t${signalMask([])}\n` +
    `SigBlk:\t${signalMask([])}\nSigIgn:\t${signalMask(detail.ignored)}\n` +
    `SigCgt:\t${signalMask(detail.caught)}\n` +
    "voluntary_ctxt_switches:\t0\nnonvoluntary_ctxt_switches:\t0\n";
}

const LIMITS: readonly (readonly [string, LimitName, string])[] = [
  ["Max cpu time", "cpuMs", "seconds"],
  ["Max file size", "fileSize", "bytes"],
  ["Max data size", "data", "bytes"],
  ["Max stack size", "stack", "bytes"],
  ["Max core file size", "core", "bytes"],
  ["Max resident set", "rss", "bytes"],
  ["Max processes", "processes", "processes"],
  ["Max open files", "openFiles", "files"],
  ["Max locked memory", "lockedMemory", "bytes"],
  ["Max address space", "memory", "bytes"],
  ["Max file locks", "locks", "locks"],
  ["Max nice priority", "nice", ""],
  ["Max realtime priority", "rtprio", ""],
];

function processLimits(_source: ProcSource, _info: ProcessInfo, detail: ProcDetail): string {
  const row = (a: string, b: string, c: string, d: string): string =>
    `${a.padEnd(25)} ${b.padEnd(20)} ${c.padEnd(20)} ${d.padEnd(10)}\n`;
  let text = row("Limit", "Soft Limit", "Hard Limit", "Units");
  for (const [title, name, unit] of LIMITS) {
    const limit = detail.limit(name);
    const shown = limit === undefined
      ? "unlimited"
      : String(name === "cpuMs" ? Math.ceil(limit / 1000) : limit);
    text += row(title, shown, shown, unit);
  }
  return text;
}

const HEAP_START = 0x10000;

function processMaps(_source: ProcSource, info: ProcessInfo): string {
  const end = HEAP_START + Math.max(1, Math.ceil(info.memory / PAGE)) * PAGE;
  const hex = (value: number): string => value.toString(16).padStart(8, "0");
  return `${hex(HEAP_START)}-${hex(end)} rw-p 00000000 00:00 0 `.padEnd(73) + "[heap]\n";
}

function processSmaps(source: ProcSource, info: ProcessInfo): string {
  const size = Math.max(1, Math.ceil(info.memory / PAGE)) * PAGE;
  return processMaps(source, info) +
    [
      ["Size", size],
      ["Rss", size],
      ["Pss", size],
      ["Shared_Clean", 0],
      ["Shared_Dirty", 0],
      ["Private_Clean", 0],
      ["Private_Dirty", size],
      ["Swap", 0],
    ].map(([name, value]) => kbLine(name as string, value as number)).join("");
}

/** Files of `/proc/N`, in the order of its listing. */
export const PROCESS_FILES: readonly ProcessFile[] = [
  {
    name: "cmdline",
    mode: 0o444,
    // A zombie has none, by which `ps` knows to show its name in brackets.
    text: (_source, info) =>
      info.state === "Z" ? "" : info.argv.map((argument) => argument + "\0").join(""),
  },
  { name: "comm", mode: 0o444, text: (_source, info) => comm(info) + "\n" },
  {
    name: "environ",
    mode: 0o400,
    text: (_source, _info, { env }) => {
      let text = "";
      for (const [name, value] of env) text += name + "=" + value + "\0";
      return text;
    },
  },
  { name: "limits", mode: 0o444, text: processLimits },
  { name: "maps", mode: 0o444, text: processMaps },
  { name: "mounts", mode: 0o444, text: mounts },
  { name: "oom_score_adj", mode: 0o444, text: () => "0\n" },
  { name: "smaps", mode: 0o444, text: processSmaps },
  { name: "stat", mode: 0o444, text: processStat },
  {
    name: "statm",
    mode: 0o444,
    text: (_source, info) => {
      const pages = Math.ceil(info.memory / PAGE);
      return `${pages} ${pages} 0 0 0 ${pages} 0\n`;
    },
  },
  { name: "status", mode: 0o444, text: processStatus },
];

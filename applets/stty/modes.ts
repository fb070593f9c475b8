/**
 * What the settings of a terminal are called, and where they are kept.
 *
 * Numbers are Linux's (termios(3)); what `sane` makes of them is as POSIX and GNU stty have it.
 *
 * @module
 */
import type { TerminalModes } from "../../sandbox/types.ts";

/** Fields of the modes that hold flags. */
export type Field = "control" | "input" | "output" | "local";

/** A flag, or one value of several bits. */
export interface Mode {
  readonly name: string;
  readonly field: Field;
  readonly bits: number;
  /** Bits of which these are one value; a plain flag has none. */
  readonly mask?: number;
  /** What `sane` makes of it; `stty` alone tells of modes that are otherwise. */
  readonly sane?: boolean;
}

const flags = (
  field: Field,
  list: readonly (readonly [name: string, bits: number, sane?: boolean])[],
): Mode[] => list.map(([name, bits, sane]) => ({ name, field, bits, sane }));

const choices = (field: Field, mask: number, names: readonly string[], step: number): Mode[] =>
  names.map((name, i) => ({
    name,
    field,
    bits: i * step,
    mask,
    sane: field === "output" && i === 0 ? true : undefined,
  }));

/** All modes, in the order of `stty -a`. */
export const MODES: readonly Mode[] = [
  ...flags("control", [["parenb", 0o400], ["parodd", 0o1000], ["cmspar", 0x40000000]]),
  ...choices("control", 0o60, ["cs5", "cs6", "cs7", "cs8"], 0o20),
  ...flags("control", [
    ["hupcl", 0o2000],
    ["cstopb", 0o100],
    ["cread", 0o200, true],
    ["clocal", 0o4000],
    ["crtscts", 0x80000000],
  ]),
  ...flags("input", [
    ["ignbrk", 0o1, false],
    ["brkint", 0o2, true],
    ["ignpar", 0o4],
    ["parmrk", 0o10],
    ["inpck", 0o20],
    ["istrip", 0o40],
    ["inlcr", 0o100, false],
    ["igncr", 0o200, false],
    ["icrnl", 0o400, true],
    ["ixon", 0o2000],
    ["ixoff", 0o10000, false],
    ["iuclc", 0o1000, false],
    ["ixany", 0o4000, false],
    ["imaxbel", 0o20000, true],
    ["iutf8", 0o40000, false],
  ]),
  ...flags("output", [
    ["opost", 0o1, true],
    ["olcuc", 0o2, false],
    ["ocrnl", 0o10, false],
    ["onlcr", 0o4, true],
    ["onocr", 0o20, false],
    ["onlret", 0o40, false],
    ["ofill", 0o100, false],
    ["ofdel", 0o200, false],
  ]),
  ...choices("output", 0o400, ["nl0", "nl1"], 0o400),
  ...choices("output", 0o3000, ["cr0", "cr1", "cr2", "cr3"], 0o1000),
  ...choices("output", 0o14000, ["tab0", "tab1", "tab2", "tab3"], 0o4000),
  ...choices("output", 0o20000, ["bs0", "bs1"], 0o20000),
  ...choices("output", 0o40000, ["vt0", "vt1"], 0o40000),
  ...choices("output", 0o100000, ["ff0", "ff1"], 0o100000),
  ...flags("local", [
    ["isig", 0o1, true],
    ["icanon", 0o2, true],
    ["iexten", 0o100000, true],
    ["echo", 0o10, true],
    ["echoe", 0o20, true],
    ["echok", 0o40, true],
    ["echonl", 0o100, false],
    ["noflsh", 0o200, false],
    ["xcase", 0o4, false],
    ["tostop", 0o400, false],
    ["echoprt", 0o2000, false],
    ["echoctl", 0o1000, true],
    ["echoke", 0o4000, true],
    ["flusho", 0o10000, false],
    ["extproc", 0o200000, false],
  ]),
];

/** Other names of single modes. */
export const ALIASES: ReadonlyMap<string, string> = new Map([
  ["hup", "hupcl"],
  ["tandem", "ixoff"],
  ["crterase", "echoe"],
  ["crtkill", "echoke"],
  ["prterase", "echoprt"],
  ["ctlecho", "echoctl"],
]);

/** Settings that stand for several, with what stands for their opposites. */
export const COMBINATIONS: ReadonlyMap<string, readonly [on: string, off?: string]> = new Map([
  ["evenp", ["parenb -parodd cs7", "-parenb cs8"]],
  ["parity", ["parenb -parodd cs7", "-parenb cs8"]],
  ["oddp", ["parenb parodd cs7", "-parenb cs8"]],
  ["nl", ["-icrnl -onlcr", "icrnl -inlcr -igncr onlcr -ocrnl -onlret"]],
  ["ek", ["erase ^? kill ^U"]],
  ["sane", [""]],
  ["cooked", ["brkint ignpar istrip icrnl ixon opost isig icanon", "raw"]],
  [
    "raw",
    [
      "-ignbrk -brkint -ignpar -parmrk -inpck -istrip -inlcr -igncr -icrnl -ixon -ixoff -iuclc " +
      "-ixany -imaxbel -iutf8 -opost -isig -icanon -xcase min 1 time 0",
      "cooked",
    ],
  ],
  ["pass8", ["-parenb -istrip cs8", "parenb istrip cs7"]],
  ["litout", ["-parenb -istrip -opost cs8", "parenb istrip opost cs7"]],
  ["cbreak", ["-icanon", "icanon"]],
  ["crt", ["echoe echoctl echoke"]],
  ["dec", ["echoe echoctl echoke -ixany intr ^C erase ^? kill ^U"]],
  ["decctlq", ["-ixany", "ixany"]],
  ["tabs", ["tab0", "tab3"]],
  ["lcase", ["xcase iuclc olcuc", "-xcase -iuclc -olcuc"]],
  ["LCASE", ["xcase iuclc olcuc", "-xcase -iuclc -olcuc"]],
]);

/** Characters by name, with where they are kept and what `sane` makes of them. */
export const CHARACTERS: readonly (readonly [name: string, index: number, sane: number])[] = [
  ["intr", 0, 3],
  ["quit", 1, 28],
  ["erase", 2, 127],
  ["kill", 3, 21],
  ["eof", 4, 4],
  ["eol", 11, 0],
  ["eol2", 16, 0],
  ["swtch", 7, 0],
  ["start", 8, 17],
  ["stop", 9, 19],
  ["susp", 10, 26],
  ["rprnt", 12, 18],
  ["werase", 14, 23],
  ["lnext", 15, 22],
  ["flush", 13, 15],
];
export const MIN = 6;
export const TIME = 5;

/** Speeds by their codes in the control flags. */
export const SPEEDS: readonly (readonly [speed: number, code: number])[] = [
  ...[0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400]
    .map((speed, code) => [speed, code] as const),
  ...[57600, 115200, 230400, 460800, 500000, 576000, 921600, 1000000, 1152000, 1500000, 2000000]
    .map((speed, i) => [speed, 0o10001 + i] as const),
  ...[2500000, 3000000, 3500000, 4000000].map((speed, i) => [speed, 0o10014 + i] as const),
];
/** Bits of the control flags that hold the speed. */
export const SPEED_MASK = 0o10017;

/** A mode's state in a set of modes. */
export function isSet(modes: TerminalModes, mode: Mode): boolean {
  return (modes[mode.field] & (mode.mask ?? mode.bits)) >>> 0 === mode.bits >>> 0;
}

/** Sets or clears a mode. */
export function setMode(modes: TerminalModes, mode: Mode, on: boolean): void {
  const kept = modes[mode.field] & ~(mode.mask ?? mode.bits);
  modes[mode.field] = (on ? kept | mode.bits : kept) >>> 0;
}

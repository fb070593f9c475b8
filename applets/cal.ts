import type { ByteString } from "../sandbox/types.ts";
import { calendarTime, zoneOf } from "./_lib/time.ts";
import { type Applet, type Context, defineApplet } from "./contract.ts";

const OPTIONS = {
  j: { help: "Number the days from the first of January" },
  m: { help: "Let weeks begin on Monday" },
  y: { help: "Show the whole year" },
} as const;

const MONTHS = [
  ...["January", "February", "March", "April", "May", "June", "July", "August", "September"],
  ...["October", "November", "December"],
];
const WEEKDAYS = ["Su", "Mo", "Tu", "We", "Th", "Fr", "Sa"];
/** Rows of a month. */
const WEEKS = 6;
/** Blanks between two months of a year. */
const GAP = 2;
/** Length of an empty row of a year. */
const BLANK_ROW = 79;

/**
 * Shows a calendar. The month that went from the Julian calendar to the Gregorian one is September
 * 1752, as in Britain. Source of behaviour: BusyBox 1.35.
 */
export const applet: Applet = defineApplet({
  name: "cal",
  usage: "[-jmy] [[MONTH] YEAR]",
  about: "Show a month, or a year",
  options: OPTIONS,
  maxOperands: 2,
  run(ctx) {
    const { operands } = ctx;
    const now = calendarTime(Math.floor(ctx.process.clock.nowMs() / 1000), zoneOf(ctx.process));
    let year = now.year;
    let month: number | undefined = now.month + 1;
    if (operands.length > 0) {
      month = undefined;
      // With -y, native does not look at the month.
      if (operands.length === 2 && !ctx.opts.y) month = readNumber(ctx, operands[0], 12);
      year = readNumber(ctx, operands[operands.length - 1], 9999);
    }
    if (ctx.opts.y) month = undefined;
    const style: Style = {
      monday: ctx.opts.m === true,
      yearDays: ctx.opts.j === true,
      cell: ctx.opts.j ? 4 : 3,
    };
    const lines = month === undefined ? showYear(year, style) : showMonth(month, year, style);
    ctx.out.print(lines.join("\n") + "\n");
  },
});

interface Style {
  readonly monday: boolean;
  readonly yearDays: boolean;
  /** Chars of a day with its blank. */
  readonly cell: number;
}

function readNumber(ctx: Context<typeof OPTIONS>, word: ByteString, most: number): number {
  if (!/^[0-9]+$/.test(word)) ctx.fail(`invalid number '${word}'`);
  const number = Number(word);
  if (number < 1 || number > most) ctx.fail(`number ${word} is not in 1..${most} range`);
  return number;
}

function isLeap(year: number): boolean {
  if (year <= 1752) return year % 4 === 0;
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function monthLength(month: number, year: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function daysBefore(month: number, year: number): number {
  let days = 0;
  for (let earlier = 1; earlier < month; earlier++) days += monthLength(earlier, year);
  return days;
}

/** Weekday of a day, 0 for Sunday. */
function weekday(day: number, month: number, year: number): number {
  const before = year - 1;
  let days = before * 365 + Math.floor(before / 4) + daysBefore(month, year) + day;
  const gregorian = year > 1752 || (year === 1752 && (month > 9 || (month === 9 && day >= 14)));
  // January 1 of the year 1 was a Saturday in the Julian calendar, and is a Monday in the other.
  if (gregorian) {
    // 11 days were left out in 1752, and the leap days of three centuries out of four since.
    days += -11;
    if (before > 1700) days -= Math.floor((before - 1700) / 100);
    if (before > 1600) days += Math.floor((before - 1600) / 400);
  }
  return (days + 5) % 7;
}

/** The rows of a month, each as wide as seven cells. */
function weeks(month: number, year: number, style: Style): string[] {
  const offset = style.yearDays ? daysBefore(month, year) : 0;
  const first = (weekday(1, month, year) + (style.monday ? 6 : 0)) % 7;
  const cells: string[] = new Array(first).fill("");
  for (let day = 1; day <= monthLength(month, year); day++) {
    if (year === 1752 && month === 9 && day > 2 && day < 14) continue;
    cells.push(String(day + offset));
  }
  const rows: string[] = [];
  for (let week = 0; week < WEEKS; week++) {
    let row = "";
    for (let i = 0; i < 7; i++) {
      row += (cells[week * 7 + i] ?? "").padStart(style.cell - 1) + " ";
    }
    rows.push(row);
  }
  return rows;
}

function heading(style: Style): string {
  const names = style.monday ? [...WEEKDAYS.slice(1), WEEKDAYS[0]] : WEEKDAYS;
  return names.map((name) => name.padStart(style.cell - 1)).join(" ");
}

/** Blanks at the end go, but a row of nothing else stays as it is (BusyBox). */
function trimmed(row: string): string {
  const text = row.trimEnd();
  return text === "" ? row : text;
}

function centred(text: string, width: number): string {
  const left = Math.floor((width - text.length) / 2);
  return " ".repeat(left) + text + " ".repeat(width - left - text.length);
}

function showMonth(month: number, year: number, style: Style): string[] {
  const title = centred(`${MONTHS[month - 1]} ${year}`, style.cell * 7 - 1).trimEnd();
  return [title, heading(style), ...weeks(month, year, style).map(trimmed)];
}

function showYear(year: number, style: Style): string[] {
  const perRow = style.yearDays ? 2 : 3;
  const width = style.cell * 7 - 1;
  const lines = [centred(String(year), width * perRow + GAP * (perRow - 1)), ""];
  const gap = " ".repeat(GAP);
  for (let month = 1; month <= 12; month += perRow) {
    const group = Array.from({ length: perRow }, (_, i) => month + i);
    lines.push(group.map((each) => centred(MONTHS[each - 1], width)).join(gap));
    lines.push(group.map(() => heading(style)).join(gap));
    const tables = group.map((each) => weeks(each, year, style));
    for (let week = 0; week < WEEKS; week++) {
      const row = tables.map((table) => table[week].slice(0, width)).join(gap);
      lines.push(trimmed(row.padEnd(BLANK_ROW)));
    }
  }
  return lines;
}

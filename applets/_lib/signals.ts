/**
 * Signal names as busybox reads and lists them.
 *
 * @module
 */
import { type ByteString, SIGNAL_NAMES } from "../../sandbox/types.ts";

/** Largest signal number; those above 31 have no name here. */
const LAST = 64;
/** Numbers above are none to native. */
const LARGEST = 0xffff_ffff;

/**
 * The number of a signal given by name (with or without `SIG`, any case) or number.
 *
 * @returns Undefined when there is no such signal.
 */
export function signalNumber(word: ByteString): number | undefined {
  if (/^[0-9]+$/.test(word)) {
    const number = Number(word);
    return number <= LAST ? number : undefined;
  }
  const upper = word.toUpperCase();
  const name = upper.startsWith("SIG") ? upper.slice(3) : upper;
  const number = SIGNAL_NAMES.indexOf(name);
  if (number >= 0) return number;
  // Older names that Linux keeps as aliases (signal(7)).
  if (name === "IOT") return 6;
  return name === "IO" ? 29 : undefined;
}

/** The name of a signal, or its number where it has none. */
export function signalName(number: number): ByteString {
  return SIGNAL_NAMES[number] ?? String(number);
}

/** The table that `kill -l` prints. */
export function signalTable(): ByteString {
  let table = "";
  for (let i = 1; i < SIGNAL_NAMES.length; i++) {
    table += `${String(i).padStart(2)}) ${SIGNAL_NAMES[i]}\n`;
  }
  return table;
}

/** What `kill -l WORD` prints, or undefined for an unknown name. */
export function translateSignal(word: ByteString): ByteString | undefined {
  if (/^[0-9]+$/.test(word)) {
    const number = Number(word);
    // An exit status of 128 + signal is taken back to the signal; so is what is none.
    return number > LARGEST ? undefined : signalName(number > 127 ? number % 128 : number);
  }
  const number = signalNumber(word);
  return number === undefined ? undefined : String(number);
}

/**
 * Cases of a corpus in the sandbox, beside what native did.
 *
 * @module
 */
import { Sandbox } from "../../mod.ts";
import { S_IFMT, S_IFREG } from "../../sandbox/types.ts";
import {
  COLUMNS,
  fileText,
  readCases,
  readRecorded,
  ROWS,
  type ScreenAnswer,
  type ScreenCase,
} from "./cases.ts";
import { HeadlessTerminal } from "./headless.ts";
import { pause } from "./tmux.ts";

/** Longer than the time in which the rest of an escape sequence must come. */
const ESCAPE_MS = 100;
/** The same for a case that is tried again, alone: the machine may have been slow. */
const PATIENT_MS = 500;
const WORK = "/tmp/w";

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** Runs a case; gives what native's recorder notes. */
export async function answer(
  program: string,
  each: ScreenCase,
  escapeMs: number = ESCAPE_MS,
): Promise<ScreenAnswer> {
  await using sandbox = await Sandbox.create();
  await sandbox.fs.mkdir(WORK);
  const text = Uint8Array.from(fileText(each), (char) => char.charCodeAt(0));
  await sandbox.fs.writeFile(`${WORK}/f`, text);
  const script = `${each.pre ?? ":"}\nexec ${each.command ?? `${program} ${each.args ?? "f"}`}`;
  const terminal = new HeadlessTerminal(sandbox, ["sh", "-c", script], {
    columns: COLUMNS,
    rows: ROWS,
    cwd: WORK,
    env: { PATH: "/bin", HOME: "/root", LC_ALL: "C" },
  });
  const type = async (part: string): Promise<void> => {
    if (terminal.status !== undefined) return;
    await terminal.type(part);
    if (part.endsWith("\x1b")) await pause(escapeMs);
  };
  await terminal.idle();
  for (const part of each.parts) await type(part);
  await terminal.idle();
  const screen = terminal.screen.lines;
  const cursor = terminal.screen.cursor;
  const status = terminal.status ?? null;
  if (status === null && program === "vi") {
    for (const part of ["\x1b", "\x1b", ":w! out\r", ":q!\r"]) await type(part);
  }
  const files: { [name: string]: string } = {};
  const names = (await sandbox.fs.readDir(WORK)).map((entry) => entry.name).sort();
  for (const name of names) {
    if (((await sandbox.fs.lstat(`${WORK}/${name}`)).mode & S_IFMT) === S_IFREG) {
      files[name] = latin1(await sandbox.fs.readFile(`${WORK}/${name}`));
    }
  }
  return { screen, cursor, status, files };
}

/** A line for each case in which we differ from native. */
export async function differences(program: string): Promise<string[]> {
  const recorded = readRecorded(program);
  const wrong: string[] = [];
  const cases = readCases(program);
  const compare = async (each: ScreenCase, escapeMs: number): Promise<string | undefined> => {
    const seen = (answer: ScreenAnswer): string =>
      JSON.stringify(each.blind ? { ...answer, screen: [], cursor: [] } : answer);
    const ours = seen(await answer(program, each, escapeMs));
    const native = seen(recorded[each.line]);
    return ours === native ? undefined : `${each.line}\n  native ${native}\n  ours   ${ours}`;
  };
  const again: ScreenCase[] = [];
  const work = async (): Promise<void> => {
    for (let each = cases.shift(); each !== undefined; each = cases.shift()) {
      if (await compare(each, ESCAPE_MS) !== undefined) again.push(each);
    }
  };
  // Most of the time goes by in waiting for what may follow an escape.
  await Promise.all(Array.from({ length: 48 }, work));
  for (const each of again) {
    const difference = await compare(each, PATIENT_MS);
    if (difference !== undefined) wrong.push(difference);
  }
  return wrong;
}

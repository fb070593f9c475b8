/** What vi does with keys, beside what native busybox did with the same keys on a real terminal. */
import { assertEquals } from "@std/assert";
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
const WORK = "/tmp/w";

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** Runs a case; gives what native's recorder notes. */
export async function answer(program: string, each: ScreenCase): Promise<ScreenAnswer> {
  await using sandbox = await Sandbox.create();
  await sandbox.fs.mkdir(WORK);
  const text = Uint8Array.from(fileText(each), (char) => char.charCodeAt(0));
  await sandbox.fs.writeFile(`${WORK}/f`, text);
  const script = `${each.pre ?? ":"}\nexec ${program} ${each.args ?? "f"}`;
  const terminal = new HeadlessTerminal(sandbox, ["sh", "-c", script], {
    columns: COLUMNS,
    rows: ROWS,
    cwd: WORK,
    env: { PATH: "/bin", HOME: "/root", LC_ALL: "C" },
  });
  const type = async (part: string): Promise<void> => {
    if (terminal.status !== undefined) return;
    await terminal.type(part);
    if (part.endsWith("\x1b")) await pause(ESCAPE_MS);
  };
  await terminal.idle();
  for (const part of each.parts) await type(part);
  await terminal.idle();
  const screen = terminal.screen.lines;
  const cursor = terminal.screen.cursor;
  const status = terminal.status ?? null;
  if (status === null) {
    for (const part of ["\x1b", "\x1b", ":w! out\r", "\x1b", ":q!\r"]) await type(part);
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

Deno.test("vi refuses what native refuses", async () => {
  await using sandbox = await Sandbox.create();
  for (
    const [command, code, message] of [
      ["vi -H", 1, "These features are available:\n\tPattern searches with / and ?\n"],
      ["vi -x f", 1, "vi: invalid option -- 'x'\n"],
      ["vi -h", 1, "capbox "],
      ["vi -c", 1, "vi: option requires an argument -- 'c'\n"],
    ] as const
  ) {
    const result = await sandbox.sh(command);
    assertEquals([result.code, result.stderrText.startsWith(message)], [code, true], command);
  }
});

Deno.test("a resized window shows more of the text at once", async () => {
  await using sandbox = await Sandbox.create();
  await sandbox.fs.writeFile("/tmp/f", "1\n2\n3\n4\n5\n6\n7\n8\n9\n");
  const terminal = new HeadlessTerminal(sandbox, ["vi", "f"], {
    columns: 20,
    rows: 4,
    cwd: "/tmp",
    env: {},
  });
  await terminal.idle();
  assertEquals(terminal.screen.lines, ["1", "2", "3", "- f 1/9 11%"]);
  terminal.resize(10, 6);
  await pause(20);
  assertEquals(terminal.screen.lines, ["1", "2", "3", "4", "5", "- f 1/9 1"]);
  await terminal.type("G");
  terminal.resize(20, 3);
  await pause(20);
  assertEquals(terminal.screen.lines, ["8", "9", "- f 9/9 100%"]);
  await terminal.type(":q\r");
  assertEquals(await terminal.ended, 0);
});

Deno.test("vi does with each key what native does", async () => {
  const recorded = readRecorded("vi");
  const wrong: string[] = [];
  const cases = readCases("vi");
  const work = async (): Promise<void> => {
    for (let each = cases.shift(); each !== undefined; each = cases.shift()) {
      const seen = (answer: ScreenAnswer): string =>
        JSON.stringify(each.blind ? { ...answer, screen: [], cursor: [] } : answer);
      const ours = seen(await answer("vi", each));
      const native = seen(recorded[each.line]);
      if (ours !== native) wrong.push(`${each.line}\n  native ${native}\n  ours   ${ours}`);
    }
  };
  await Promise.all(Array.from({ length: 32 }, work));
  assertEquals(wrong, []);
});

/**
 * Records what native busybox does with the keys of a corpus, on a terminal inside the jail:
 *
 *     deno run -A tests/screen/record.ts vi
 *
 * Needs tmux and root. Each case is tried until two runs agree, since a program may be slow to draw.
 *
 * @module
 */
import { Jail } from "../differential/jail.ts";
import { findBusybox } from "../../reference/native.ts";
import { COLUMNS, fileText, readCases, ROWS, type ScreenAnswer, type ScreenCase } from "./cases.ts";
import { pause, Terminal } from "./tmux.ts";

/** Longer than the time in which native waits for the rest of an escape sequence. */
const ESCAPE_MS = 90;
const TERMINALS = 5;
const TRIES = 5;

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** The regular files of a directory. */
function filesOf(directory: string): { [name: string]: string } {
  const files: { [name: string]: string } = {};
  for (const name of [...Deno.readDirSync(directory)].map((entry) => entry.name).sort()) {
    if (!Deno.lstatSync(`${directory}/${name}`).isFile) continue;
    files[name] = latin1(Deno.readFileSync(`${directory}/${name}`));
  }
  return files;
}

async function answer(
  jail: Jail,
  program: string,
  each: ScreenCase,
  directory: string,
): Promise<ScreenAnswer> {
  const outside = `${jail.root}${directory}`;
  Deno.mkdirSync(outside);
  Deno.writeFileSync(`${outside}/f`, bytes(fileText(each)));
  const script = `cd ${directory}; ${each.pre ?? ":"}\nexec ${
    each.command ?? `${program} ${each.args ?? "f"}`
  }`;
  await using terminal = await Terminal.start(
    ["/usr/bin/unshare", "-m", "/usr/sbin/chroot", jail.root, "/bin/sh", "-c", script],
    { columns: COLUMNS, rows: ROWS, env: { PATH: "/bin", HOME: "/root", LC_ALL: "C" } },
  );
  await terminal.settled(120);
  for (const part of each.parts) {
    await terminal.type(part);
    await pause(ESCAPE_MS);
  }
  const picture = await terminal.settled(180);
  const status = await terminal.status();
  if (status === undefined && program === "vi") {
    for (const part of ["\x1b", "\x1b", ":w! out\r"]) {
      await terminal.type(part);
      await pause(ESCAPE_MS);
    }
    for (let i = 0; i < 20; i++) {
      try {
        Deno.lstatSync(`${outside}/out`);
        break;
      } catch {
        await pause(50);
      }
    }
    await pause(30);
  }
  const files = filesOf(outside);
  Deno.removeSync(outside, { recursive: true });
  return { screen: picture.lines, cursor: picture.cursor, status: status ?? null, files };
}

if (import.meta.main) {
  const [name, pattern] = Deno.args;
  const native = findBusybox();
  if (native === undefined) throw new Error("there is no native busybox");
  using jail = Jail.create(native.path);
  new Deno.Command("mknod", { args: ["-m", "666", `${jail.root}/dev/tty`, "c", "5", "0"] })
    .outputSync();
  const cases = readCases(name);
  const path = new URL(`${name}.native.json`, import.meta.url);
  let known: { [line: string]: ScreenAnswer } = {};
  try {
    known = JSON.parse(Deno.readTextFileSync(path));
  } catch { /* Nothing was recorded yet. */ }
  // Only new cases are recorded, and those that contain the pattern.
  const left = cases.filter((each) =>
    pattern === undefined ? !Object.hasOwn(known, each.line) : each.line.includes(pattern)
  );
  console.log(`${left.length} of ${cases.length} cases`);
  let number = 0;
  const work = async (): Promise<void> => {
    for (let each = left.shift(); each !== undefined; each = left.shift()) {
      let last = "";
      for (let i = 0; i < TRIES; i++) {
        const got = await answer(jail, name, each, `/tmp/w${++number}`);
        const text = JSON.stringify(got).replaceAll(`/tmp/w${number}`, "/tmp/w");
        if (text === last) {
          known[each.line] = JSON.parse(text);
          break;
        }
        last = text;
      }
      if (!Object.hasOwn(known, each.line)) console.log(`unstable: ${each.line}`);
    }
  };
  await Promise.all(Array.from({ length: TERMINALS }, work));
  const lines = cases.filter((each) => Object.hasOwn(known, each.line))
    .map((each) => `${JSON.stringify(each.line)}: ${JSON.stringify(known[each.line])}`);
  Deno.writeTextFileSync(path, `{\n${lines.join(",\n")}\n}\n`);
}

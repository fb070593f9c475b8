/**
 * The interactive shell on a terminal: each case is typed into a shell in a tmux of its own, and the
 * picture that it ends with is compared. `interactive.cases` holds the cases, and
 * `interactive.native.json` what native ash showed in a jail. After a change of the cases, as root:
 *
 *     deno run -A -c deno.npm.json tests/sh/interactive.ts --record [TEXT]
 *
 * Without `--record`, our own pictures are compared with the recorded ones, those whose case holds
 * TEXT only, and the differences are shown.
 *
 * @module
 */
import { Jail } from "../differential/jail.ts";
import { KEYS } from "../screen/keys.ts";
import { pause, Terminal } from "../screen/tmux.ts";
import { findBusybox } from "../../reference/native.ts";

/** What a case led to. */
export interface Outcome {
  /** The rows of the screen, without empty ones at the end. */
  readonly lines: readonly string[];
  readonly cursor: readonly [x: number, y: number];
  /** Exit status, or null while the shell runs. */
  readonly status: number | null;
}

const COLUMNS = 60;
const ROWS = 20;
/** Longer than the time in which native waits for the rest of an escape sequence. */
const ESCAPE_MS = 120;
const DIRECTORY = "/tmp/w";
const TERMINALS = 8;
/** Rows of native's banner, blank ones included, and those before its first line of text. */
const BANNER_LINES = 6;
const BANNER_BEFORE = 2;

/** The cases, by their lines. */
export function readCases(): string[] {
  return Deno.readTextFileSync(new URL("./interactive.cases", import.meta.url)).split("\n")
    .filter((line) => line !== "" && !line.startsWith("# "));
}

/** The keys of a case, in parts after which the shell is given time. */
function partsOf(line: string): string[] {
  const parts: string[] = [];
  let part = "";
  const words = line.match(/<[CM]-(?:.|BS)>|<[A-Z]\w*>|<lt>|[^]/gu) ?? [];
  const end = (): void => {
    if (part !== "") parts.push(part);
    part = "";
  };
  for (const word of words) {
    const control = /^<C-(.)>$/.exec(word)?.[1];
    if (control !== undefined) {
      const code = control.toUpperCase().charCodeAt(0) ^ 64;
      // Keys that make signals come after everything before them, and before everything after.
      const isSignal = "CDZ\\".includes(control.toUpperCase());
      if (isSignal) end();
      part += String.fromCharCode(code);
      if (isSignal) end();
      continue;
    }
    if (word === "<Wait>") {
      end();
      parts.push("");
      continue;
    }
    // `<M-x>` is Escape and x at once; after `<Esc>` there is time enough to tell it from those.
    const meta = /^<M-(.+)>$/.exec(word)?.[1];
    const name = /^<(\w+)>$/.exec(word)?.[1];
    const key = meta !== undefined
      ? "\x1b" + (KEYS.get(meta) ?? meta)
      : name === undefined
      ? word
      : KEYS.get(name) ?? word;
    for (const byte of new TextEncoder().encode(key)) part += String.fromCharCode(byte);
    if (word === "<CR>" || word === "<Esc>" || word === "<Tab>") end();
  }
  end();
  return parts;
}

/** Makes the files that completion finds. */
export function makeFiles(directory: string): void {
  Deno.mkdirSync(`${directory}/dir/sub`, { recursive: true });
  for (const name of ["onefile.txt", "two_a.txt", "two_b.txt", ".hidden", "with space.txt"]) {
    Deno.writeTextFileSync(`${directory}/${name}`, `in ${name}\n`);
  }
  Deno.writeTextFileSync(`${directory}/special$(x)&.txt`, "special\n");
  Deno.writeTextFileSync(`${directory}/dir/inner`, "inner\n");
  Deno.writeTextFileSync(`${directory}/dir/sub/deep`, "deep\n");
  Deno.writeTextFileSync(`${directory}/prog.sh`, "#!/bin/sh\necho program\n");
  Deno.chmodSync(`${directory}/prog.sh`, 0o755);
}

const ENV = { PATH: "/bin", HOME: "/root", LC_ALL: "C", TERM: "xterm" };

/** Process numbers, which no two runs have in common. */
function masked(line: string): string {
  return line.replace(/^(\[\d+\][-+ ]*)\d+\b/, "$1PID")
    .replace(/^(\[\d+\][-+ ] +PID \w+) +/, "$1 ");
}

/** Types a case into a shell and looks at the outcome. */
async function typed(argv: readonly string[], line: string): Promise<Outcome> {
  await using terminal = await Terminal.start(argv, { columns: COLUMNS, rows: ROWS, env: ENV });
  await terminal.until((picture) => picture.lines.some((each) => /[#$]\s*$/.test(each)), 60_000);
  for (const part of partsOf(line)) {
    await terminal.type(part);
    if (part === "") await pause(700);
    else if (part === "\x1b") await pause(ESCAPE_MS);
    else await terminal.settled(150);
  }
  const picture = await terminal.settled(250);
  const lines = picture.lines.map(masked);
  let [x, y] = picture.cursor;
  // Native's shells begin with a banner, which is not ours to show.
  for (let i = 0; i < lines.length; i++) {
    if (!lines[i].startsWith("BusyBox v")) continue;
    lines.splice(i - BANNER_BEFORE, BANNER_LINES);
    if (y > i) y -= BANNER_LINES;
    i -= BANNER_BEFORE;
  }
  while (lines.at(-1) === "") lines.pop();
  const status = await terminal.status() ?? null;
  // tmux leaves the cursor of a dead program anywhere.
  if (status !== null) x = y = 0;
  return { lines, cursor: [x, y], status };
}

/** What our shell does with a case, in a directory of the host that it sees read-only. */
export async function ours(line: string, directory: string): Promise<Outcome> {
  const root = decodeURIComponent(new URL("../../", import.meta.url).pathname);
  return await typed([
    Deno.execPath(),
    "run",
    // Without it Deno clears the line of the cursor whenever it has loaded a module.
    "-q",
    "-A",
    "--no-config",
    "--no-lock",
    `${root}cli.ts`,
    // A loop in the background outlives its terminal, as native's does.
    "--timeout",
    "120",
    "--mount",
    `${directory}:${DIRECTORY}:overlay`,
    "--cwd",
    DIRECTORY,
    ...Object.entries(ENV).flatMap(([name, value]) => ["--env", `${name}=${value}`]),
    "sh",
    "-i",
  ], line);
}

/** What native does with a case. */
async function native(line: string, jail: Jail): Promise<Outcome> {
  const outside = `${jail.root}${DIRECTORY}`;
  Deno.removeSync(`${jail.root}/root`, { recursive: true });
  Deno.mkdirSync(`${jail.root}/root`);
  Deno.mkdirSync(outside);
  makeFiles(outside);
  // Namespaces of its own for mounts and for the name of the host.
  const enter = 'hostname capbox && exec /usr/sbin/chroot "$0" /bin/sh -c "cd $1 && exec sh -i"';
  try {
    return await typed([
      "/usr/bin/unshare",
      "-mu",
      "/bin/sh",
      "-c",
      enter,
      jail.root,
      DIRECTORY,
    ], line);
  } finally {
    Deno.removeSync(outside, { recursive: true });
  }
}

/** Recorded outcomes, by case. */
export type Recorded = { readonly [line: string]: Outcome };

const recordedFile = new URL("./interactive.native.json", import.meta.url);

/** What native was seen to do. */
export function readRecorded(): Recorded {
  return JSON.parse(Deno.readTextFileSync(recordedFile)) as Recorded;
}

async function record(text: string | undefined): Promise<void> {
  const found = findBusybox();
  if (found === undefined) throw new Error("there is no native busybox");
  const cases = readCases();
  let known: { [line: string]: Outcome } = {};
  try {
    known = JSON.parse(Deno.readTextFileSync(recordedFile));
  } catch { /* Nothing was recorded yet. */ }
  const left = cases.filter((line) =>
    text === undefined ? !Object.hasOwn(known, line) : line.includes(text)
  );
  const work = async (): Promise<void> => {
    using jail = Jail.create(found.path);
    new Deno.Command("mknod", { args: ["-m", "666", `${jail.root}/dev/tty`, "c", "5", "0"] })
      .outputSync();
    for (let line = left.shift(); line !== undefined; line = left.shift()) {
      let last = "";
      for (let i = 0; i < 4; i++) {
        const outcome = await native(line, jail);
        const now = JSON.stringify(outcome);
        if (now === last) {
          known[line] = outcome;
          break;
        }
        last = now;
      }
      if (!Object.hasOwn(known, line)) console.log(`not stable: ${line}`);
    }
  };
  await Promise.all([work(), work(), work()]);
  const rows = cases.filter((line) => Object.hasOwn(known, line))
    .map((line) => `${JSON.stringify(line)}: ${JSON.stringify(known[line])}`);
  Deno.writeTextFileSync(recordedFile, `{\n${rows.join(",\n")}\n}\n`);
}

/** Compares our outcomes with recorded ones; gives a text for each difference. */
export async function differences(cases: readonly string[]): Promise<string[]> {
  const recorded = readRecorded();
  const left = [...cases];
  const found: string[] = [];
  const work = async (): Promise<void> => {
    const directory = Deno.makeTempDirSync({ prefix: "capbox_interactive_" });
    try {
      makeFiles(directory);
      for (let line = left.shift(); line !== undefined; line = left.shift()) {
        if (!Object.hasOwn(recorded, line)) {
          found.push(`${line}: not recorded`);
          continue;
        }
        const want = recorded[line];
        let got = await ours(line, directory);
        // A machine that is busy draws late; what is wrong is wrong again.
        if (JSON.stringify(got) !== JSON.stringify(want)) got = await ours(line, directory);
        if (JSON.stringify(got) !== JSON.stringify(want)) {
          found.push(
            `${line}\n  native ${show(want)}\n  ours   ${show(got)}`,
          );
        }
      }
    } finally {
      Deno.removeSync(directory, { recursive: true });
    }
  };
  // Most of the time goes by in waiting for the terminal to be quiet.
  await Promise.all(Array.from({ length: TERMINALS }, work));
  return found;
}

function show({ lines, cursor, status }: Outcome): string {
  return `cursor ${cursor}, status ${status}\n    |${lines.join("\n    |")}`;
}

if (import.meta.main) {
  const recording = Deno.args[0] === "--record";
  const text = Deno.args[recording ? 1 : 0];
  if (recording) await record(text);
  else {
    const cases = readCases().filter((line) => text === undefined || line.includes(text));
    const found = await differences(cases);
    for (const each of found) console.log(each);
    console.log(`${cases.length} cases, ${found.length} different`);
  }
}

/** Sessions on a real terminal: the command line itself, driven by tmux. */
import { assertEquals, assertMatch } from "@std/assert";
import { hasTmux, Terminal } from "./tmux.ts";

const CONFIG = new URL("../../deno.npm.json", import.meta.url).pathname;
const CLI = new URL("../../cli.ts", import.meta.url).pathname;
const LINES = Array.from({ length: 100 }, (_, i) => `line ${i + 1}\n`).join("");

/** Runs a program of the sandbox on a terminal, in a directory of its own. */
async function session(
  program: readonly string[],
  drive: (terminal: Terminal, directory: string) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${directory}/f`, LINES);
    const words = [
      Deno.execPath(),
      ...["run", "-q", "-A", "-c", CONFIG, CLI],
      ...["--mount", `${directory}:/w:rw`, "--cwd", "/w"],
      ...program,
    ].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
    // The shell outlives an interrupt, tells the status, and whether the terminal is as it was.
    const script = `trap : INT; ${words}; echo "[status $?]"; ` +
      `stty -a | grep -q ' -icanon\\| -echo ' && echo spoilt || echo restored; sleep 60`;
    await using terminal = await Terminal.start(["sh", "-c", script], { columns: 60, rows: 10 });
    await drive(terminal, directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const ended = (status: number) => async (terminal: Terminal): Promise<void> => {
  await terminal.until(`[status ${status}]`);
  await terminal.until("restored");
};

const TESTS: readonly (readonly [
  name: string,
  program: readonly string[],
  drive: (terminal: Terminal, directory: string) => Promise<void>,
])[] = [
  ["vi edits and saves a file", ["vi", "f"], async (terminal, directory) => {
    await terminal.until("- f 1/100 1%");
    await terminal.type("3Gcwchanged\x1b");
    await terminal.until("changed 3");
    await terminal.resize(40, 6);
    await terminal.until((picture) => picture.lines[5].startsWith("- f [Modified] 3/100"));
    await terminal.resize(60, 14);
    await terminal.until("line 13");
    await terminal.type(":!echo from the shell\r");
    await terminal.until("[Hit return to continue]");
    await terminal.type("\r");
    await terminal.until("line 13");
    await terminal.type(":wq\r");
    await ended(0)(terminal);
    assertEquals(
      await Deno.readTextFile(`${directory}/f`),
      LINES.replace("line 3\n", "changed 3\n"),
    );
  }],
  ["vi goes on after ^C", ["vi", "f"], async (terminal) => {
    await terminal.until("- f 1/100 1%");
    await terminal.type("5Gi");
    await terminal.until("I f 5/100 5%");
    await terminal.type("\x03");
    await terminal.until("- f 1/100 1%");
    await terminal.type(":q\r");
    await ended(0)(terminal);
  }],
  ["less pages, searches, follows the window, and quits", ["less", "f"], async (terminal) => {
    await terminal.until("line 9");
    await terminal.type(" ");
    await terminal.until((picture) => picture.lines[0] === "line 10" && picture.lines[9] === ":");
    await terminal.type("/line 42\r");
    await terminal.until((picture) => picture.lines[0] === "line 42");
    await terminal.resize(30, 20);
    await terminal.until((picture) => picture.lines[18] === "line 60");
    await terminal.type("q");
    await ended(0)(terminal);
  }],
  ["less of a pipe takes its keys from the terminal", ["sh", "-c", "cat f | less"], async (it) => {
    await it.until("standard input");
    await it.type("G");
    await it.until("(END)");
    await it.type("q");
    await ended(0)(it);
  }],
  ["less ends by ^C", ["less", "f"], async (terminal) => {
    await terminal.until("line 9");
    await terminal.type("\x03");
    await ended(130)(terminal);
  }],
  ["more asks page by page", ["more", "f"], async (terminal) => {
    await terminal.until("--More--");
    await terminal.type("\r");
    await terminal.until("line 10");
    await terminal.type(" ");
    await terminal.until("line 19");
    await terminal.type("q");
    await ended(0)(terminal);
  }],
  ["top sorts, follows the window, and quits", [
    "sh",
    "-c",
    "sleep 20 & sleep 21 & top -d 1; kill $(jobs -p)",
  ], async (terminal) => {
    await terminal.until("PID  PPID USER");
    await terminal.type("n");
    await terminal.until((picture) => / top -d 1$/.test(picture.lines[4]));
    await terminal.type("r");
    await terminal.until((picture) => / sh -c sleep/.test(picture.lines[4]));
    await terminal.resize(50, 6);
    const picture = await terminal.until((now) =>
      now.lines.length === 6 && /^ +2 +1 root /.test(now.lines[5])
    );
    assertMatch(picture.lines[0], /^Mem: \d+K used/);
    assertEquals(picture.lines.every((line) => line.length <= 50), true);
    await terminal.type("q");
    await ended(0)(terminal);
  }],
  ["watch repeats until ^C", ["watch", "-n", "1", "cat f | head -n 2; date +%s"], async (it) => {
    await it.until("Every 1.0s: cat f | head");
    const first = (await it.until((picture) => /^\d{10}/.test(picture.lines[4]))).lines[4];
    await it.until((picture) => picture.lines[4] !== first && /^\d{10}/.test(picture.lines[4]));
    await it.type("\x03");
    await ended(130)(it);
  }],
  ["stty -echo hides what is typed, and the terminal comes back", [
    "sh",
    "-c",
    "stty -echo; echo ready; read x; stty echo; echo got=$x; stty raw",
  ], async (terminal) => {
    await terminal.until("ready");
    await terminal.type("sexx\x7f\x7fcret\r");
    const picture = await terminal.until("got=secret");
    assertEquals(picture.lines.filter((line) => line.includes("secret")), ["got=secret"]);
    await ended(0)(terminal);
  }],
];

for (const [name, program, drive] of TESTS) {
  // CI installs tmux; elsewhere the run says that these were left out.
  Deno.test({ name, ignore: !hasTmux(), fn: () => session(program, drive) });
}

/** What vi does with keys, beside what native busybox did with the same keys on a real terminal. */
import { assertEquals } from "@std/assert";
import { Sandbox } from "../../mod.ts";
import { HeadlessTerminal } from "./headless.ts";
import { differences } from "./replay.ts";
import { pause } from "./tmux.ts";

Deno.test("vi refuses what native refuses", async () => {
  await using sandbox = await Sandbox.create();
  for (
    const [command, code, message] of [
      ["vi -H", 1, "These features are available:\n\tPattern searches with / and ?\n"],
      ["vi -x f", 1, "vi: invalid option -- 'x'\n"],
      ["vi -h", 1, "BusyBox "],
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
  assertEquals(await differences("vi"), []);
});

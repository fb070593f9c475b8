/**
 * Terminal escapes: names that hold control bytes are shown as native shows them, and contents pass
 * through as `cat` must pass them. What native prints was taken from BusyBox 1.35 as Debian builds it.
 */
import { assertEquals } from "@std/assert";
import { Sandbox } from "../../mod.ts";

/** Names that would move the cursor, change colours or set the title, and what `ls` shows of them. */
const NAMES: readonly (readonly [string, string])[] = [
  ["a\x1b[31mred", "a?[31mred"],
  ["b\x1b]0;title\x07", "b?]0;title?"],
  ["c\rover", "c?over"],
  ["d\x08\x08x", "d??x"],
  ["e\nline", "e?line"],
  ["f\x7f", "f?"],
  ["g\x0e", "g?"],
];

Deno.test("ls shows no control byte of a name, in any of its forms", async () => {
  await using sandbox = await Sandbox.create();
  await sandbox.fs.mkdir("/tmp/w");
  for (const [name] of NAMES) await sandbox.fs.writeFile(`/tmp/w/${name}`, "");
  const shown = NAMES.map(([, text]) => `${text}\n`).join("");
  assertEquals((await sandbox.sh("cd /tmp/w; ls")).stdoutText, shown);
  assertEquals((await sandbox.sh("cd /tmp/w; ls -1")).stdoutText, shown);
  for (const flags of ["-l", "-C", "-x", "-p", "-s", "-F", "-R", "-la", "--color=always"]) {
    const { stdoutText } = await sandbox.sh(`ls ${flags} /tmp/w`);
    const plain = stdoutText.replaceAll(/\x1b\[[0-9;]*m/g, flags.startsWith("--color") ? "" : "$&");
    assertEquals(/[\x00-\x09\x0b-\x1f\x7f]/.test(plain), false, `${flags}: ${stdoutText}`);
  }
});

Deno.test("contents and lists for programs pass through byte for byte", async () => {
  await using sandbox = await Sandbox.create();
  await sandbox.fs.mkdir("/tmp/w");
  await sandbox.fs.writeFile("/tmp/w/a\x1b[31m", "\x1b]0;x\x07\n");
  assertEquals((await sandbox.sh("cat /tmp/w/a*")).stdoutText, "\x1b]0;x\x07\n");
  assertEquals((await sandbox.sh("cd /tmp/w; find . -type f")).stdoutText, "./a\x1b[31m\n");
});

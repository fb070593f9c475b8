/** Every program of the corpus gives what native busybox gave: output, messages and status. */
import { assertEquals } from "@std/assert";
import { Sandbox } from "../../mod.ts";
import { bytesOf, readCases, textOf } from "./corpus.ts";

const cases = readCases();

for (const feature of new Set(cases.map((each) => each.feature))) {
  const chosen = cases.filter((each) => each.feature === feature);
  Deno.test(`awk ${feature}: ${chosen.length} programs as native`, async () => {
    await using sandbox = await Sandbox.create();
    const wrong: unknown[] = [];
    for (let i = 0; i < chosen.length; i++) {
      const { args, stdin, files, stdout, stderr, code } = chosen[i];
      const cwd = `/tmp/${i}`;
      await sandbox.fs.mkdir(cwd);
      for (const [name, content] of Object.entries(files ?? {})) {
        await sandbox.fs.writeFile(`${cwd}/${name}`, bytesOf(content));
      }
      const run = await sandbox.run(["awk", ...args], { stdin: bytesOf(stdin), cwd });
      const got = {
        stdout: textOf(run.stdout),
        stderr: textOf(run.stderr).split("BusyBox v")[0],
        code: run.code,
      };
      const want = { stdout, stderr, code };
      if (JSON.stringify(got) !== JSON.stringify(want)) wrong.push({ args, want, got });
    }
    assertEquals(wrong, []);
  });
}

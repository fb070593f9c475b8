/** Trees as deep as a path may be long, which is deeper than a JavaScript stack (POSIX PATH_MAX). */
import { assertEquals } from "@std/assert";
import { Sandbox } from "../../mod.ts";

Deno.test("programs that walk trees get to the bottom of 1,500 levels", async () => {
  await using sandbox = await Sandbox.create({ cwd: "/tmp" });
  const result = await sandbox.sh(`
    mkdir t; cd t; i=0
    while [ $i -lt 1500 ]; do mkdir d && cd d || exit; i=$((i+1)); done
    echo x > file; cd /tmp
    find t | wc -l; find t -depth | wc -l; ls -R t | grep -c :; du t | wc -l; tree t | tail -n 1
    cp -r t copy && diff -r t copy && grep -rl x copy | wc -l
    chmod -R 700 copy && chown -R 0:0 copy && tar cf t.tar t && mkdir out && tar xf t.tar -C out
    find out | wc -l
    rm -r t copy out && ls
  `);
  // 1,500 directories, the top one, and the file; out holds all of them.
  const counts = ["1502", "1502", "1501", "1501", "1500 directories, 1 files", "1", "1503"];
  assertEquals(result.stdoutText.split("\n"), [...counts, "t.tar", ""]);
  assertEquals([result.code, result.stderrText], [0, ""]);
});

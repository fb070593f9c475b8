/** Globs over a directory of the host see every change at once, however often it was listed before. */
import { assertEquals } from "@std/assert";
import { Sandbox } from "../../mod.ts";

Deno.test("a directory of the host that is listed again and again shows each change", async () => {
  const host = Deno.makeTempDirSync();
  try {
    for (const name of ["a.c", "b.c", "c.h"]) Deno.writeTextFileSync(`${host}/${name}`, "");
    await using sandbox = await Sandbox.create({
      mounts: [{ host, guest: "/w", mode: "rw" }],
      cwd: "/w",
    });
    const list = "echo *; echo *; echo *;";
    const changes = [
      [": >d.c", "a.c b.c c.h d.c"],
      ["rm a.c", "b.c c.h d.c"],
      ["mkdir e", "b.c c.h d.c e"],
      [": >e/f; mv e/f f", "b.c c.h d.c e f"],
      ["rmdir e", "b.c c.h d.c f"],
      ["mv f g", "b.c c.h d.c g"],
      ["cd /tmp; mkdir x; : >x/y; mv x/y /w/h; cd /w", "b.c c.h d.c g h"],
    ];
    let script = list;
    let wanted = "a.c b.c c.h\n".repeat(3);
    for (const [change, after] of changes) {
      script += `${change}; ${list}`;
      wanted += `${after}\n`.repeat(3);
    }
    assertEquals((await sandbox.sh(script)).stdoutText, wanted);
    // Somebody else's changes, between runs.
    Deno.writeTextFileSync(`${host}/i`, "");
    assertEquals((await sandbox.sh("echo *; echo *")).stdoutText, "b.c c.h d.c g h i\n".repeat(2));
    Deno.removeSync(`${host}/i`);
    assertEquals((await sandbox.sh("echo *; echo *")).stdoutText, "b.c c.h d.c g h\n".repeat(2));
  } finally {
    Deno.removeSync(host, { recursive: true });
  }
});

Deno.test("a loop that waits for a file of somebody else sees it come", async () => {
  const host = Deno.makeTempDirSync();
  try {
    await using sandbox = await Sandbox.create({
      mounts: [{ host, guest: "/w", mode: "ro" }],
      cwd: "/w",
    });
    const coming = setTimeout(() => Deno.writeTextFileSync(`${host}/there`, ""), 100);
    const { stdoutText } = await sandbox.sh(
      'while :; do set -- *; [ "$1" = there ] && break; done; echo "$1"',
      { timeoutMs: 20_000 },
    );
    clearTimeout(coming);
    assertEquals(stdoutText, "there\n");
  } finally {
    Deno.removeSync(host, { recursive: true });
  }
});

/**
 * `deno run -R=./in -W=./out`: what Deno lets be written but not looked at behaves as a POSIX
 * directory of mode `-wx`, and no link in it is followed.
 */
import { assertEquals } from "@std/assert";

const CLI = decodeURIComponent(new URL("../../cli.ts", import.meta.url).pathname);
const CONFIG = decodeURIComponent(new URL("../../deno.npm.json", import.meta.url).pathname);
const OWN = decodeURIComponent(new URL("../../", import.meta.url).pathname);

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: readonly string[];
}

/** Runs a script with `in` readable and `out` writable, in a directory that holds both. */
async function script(
  cwd: string,
  text: string,
  mounts: readonly string[] = [],
  written = "./out",
): Promise<Ended> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-q", "--no-prompt", "-c", CONFIG, `-R=./in,${OWN}`, `-W=${written}`, CLI],
      ...[...mounts, "sh", "-c", text],
    ],
    cwd,
    stdin: "null",
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  const err = decoder.decode(stderr).split("\n").filter((line) => line !== "");
  return { code, out: decoder.decode(stdout), err };
}

async function inDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.realPath(await Deno.makeTempDir({ prefix: "capbox_drop_" }));
  try {
    await Deno.mkdir(`${directory}/in`);
    await Deno.mkdir(`${directory}/out`);
    await Deno.writeTextFile(`${directory}/in/f`, "inside\n");
    await Deno.writeTextFile(`${directory}/outside`, "outside\n");
    await work(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("a script reads ./in and writes ./out, again and again", async () => {
  await inDirectory(async (directory) => {
    const text = `
      echo 1 > out/new; echo 2 >> out/new
      cp in/f out/copy; tr a-z A-Z < in/f > out/old
      mkdir -p out/deep/er; cp -r in out/deep/er; tar cf out/t.tar -C in f
      echo t > /tmp/t && mv /tmp/t out/moved
      echo x > out/gone; rm out/gone; touch -d @1000000000 out/old; chmod 640 out/copy
    `;
    for (let run = 0; run < 2; run++) {
      assertEquals(await script(directory, text), { code: 0, out: "", err: [] });
    }
    const read = (name: string) => Deno.readTextFileSync(`${directory}/out/${name}`);
    assertEquals(read("new"), "1\n2\n");
    assertEquals(read("copy"), "inside\n");
    assertEquals(read("old"), "INSIDE\n");
    assertEquals(read("moved"), "t\n");
    assertEquals(read("deep/er/in/f"), "inside\n");
    assertEquals(Deno.statSync(`${directory}/out/old`).mtime?.getTime(), 1_000_000_000_000);
    assertEquals((Deno.statSync(`${directory}/out/copy`).mode ?? 0) & 0o7777, 0o640);
    assertEquals(Deno.statSync(`${directory}/out/t.tar`).size, 2048);
    const names = [...Deno.readDirSync(`${directory}/out`)].map((entry) => entry.name);
    assertEquals(names.sort(), ["copy", "deep", "moved", "new", "old", "t.tar"]);
  });
});

Deno.test("what lies in ./out can be added to and replaced, but not read or listed", async () => {
  await inDirectory(async (directory) => {
    await Deno.writeTextFile(`${directory}/out/log`, "before\n");
    await Deno.writeTextFile(`${directory}/out/result`, "before\n");
    await Deno.mkdir(`${directory}/out/full`);
    await Deno.writeTextFile(`${directory}/out/full/f`, "before\n");
    const ended = await script(
      directory,
      "echo after >> out/log; echo new > out/result; cat out/log; ls out; cp in/f out/full/f; " +
        "echo no > in/f; echo no > new; mv out/log out/other; echo no > out/none/f",
    );
    assertEquals(ended, {
      code: 1,
      out: "",
      err: [
        "cat: can't open 'out/log': Permission denied",
        "ls: can't open 'out': Permission denied",
        "sh: can't create in/f: Permission denied",
        "sh: can't create new: Permission denied",
        "mv: can't rename 'out/log': Permission denied",
        "sh: can't create out/none/f: nonexistent directory",
      ],
    });
    assertEquals(await Deno.readTextFile(`${directory}/out/log`), "before\nafter\n");
    assertEquals(await Deno.readTextFile(`${directory}/out/result`), "new\n");
    assertEquals(await Deno.readTextFile(`${directory}/out/full/f`), "inside\n");
    assertEquals(await Deno.readTextFile(`${directory}/in/f`), "inside\n");
  });
});

Deno.test("links, hard links and special files in ./out lead nowhere", async () => {
  await inDirectory(async (directory) => {
    const out = `${directory}/out`;
    await Deno.symlink("../outside", `${out}/link`);
    await Deno.symlink(`${directory}/outside`, `${out}/absolute`);
    await Deno.symlink("../in", `${out}/directory`);
    await Deno.symlink("../created", `${out}/dangling`);
    await Deno.link(`${directory}/outside`, `${out}/hard`);
    await Deno.mkdir(`${directory}/empty`);
    await Deno.symlink("../empty", `${out}/empty`);
    new Deno.Command("mkfifo", { args: [`${out}/fifo`] }).outputSync();
    // Changed just now, and with a change time of an earlier second.
    await new Promise((resolve) => setTimeout(resolve, 1200));
    await Deno.symlink("../outside", `${out}/recent`);
    await Deno.utime(`${directory}/outside`, 1, 1);
    const ended = await script(
      directory,
      "for f in link absolute directory/new dangling hard empty/new recent fifo; do " +
        "echo no > out/$f; echo no >> out/$f; cp in/f out/$f; done; cp in/f out/directory; " +
        "mkdir out/empty/d out/directory/d; rm out/link; rmdir out/empty; touch out/absolute; " +
        "chmod 777 out/absolute; cd out/directory",
    );
    assertEquals(ended.out, "");
    assertEquals(ended.code === 0, false);
    assertEquals(await Deno.readTextFile(`${directory}/outside`), "outside\n");
    const { mode, mtime } = await Deno.stat(`${directory}/outside`);
    assertEquals([(mode ?? 0) & 0o111, mtime?.getTime()], [0, 1000]);
    assertEquals([...Deno.readDirSync(`${directory}/in`)].map((entry) => entry.name), ["f"]);
    assertEquals([...Deno.readDirSync(`${directory}/empty`)], []);
    const names = [...Deno.readDirSync(directory)].map((entry) => entry.name).sort();
    assertEquals(names, ["empty", "in", "out", "outside"]);
    // Removing a name is a change of ./out itself.
    const left = [...Deno.readDirSync(out)].map((entry) => entry.name).sort();
    assertEquals(left, [
      "absolute",
      "dangling",
      "directory",
      "empty",
      "fifo",
      "hard",
      "recent",
    ]);
  });
});

Deno.test("a mount of a directory that may only be written, by name; a grant for one file", async () => {
  await inDirectory(async (directory) => {
    const mounts = ["--mount", "./out:/o:rw"];
    const named = await script(directory, "echo 1 > /o/a && cd /o && echo 2 > b; ls /o", mounts);
    assertEquals([named.code, named.err], [1, ["ls: can't open '/o': Permission denied"]]);
    assertEquals(await Deno.readTextFile(`${directory}/out/a`), "1\n");
    assertEquals(await Deno.readTextFile(`${directory}/out/b`), "2\n");
    const ro = await script(directory, "echo 1", ["--mount", "./out:/o:ro"]);
    assertEquals(ro, {
      code: 126,
      out: "",
      err: ["capbox: /o: can't mount: Permission denied"],
    });
    const text = "echo 1 > out/one; echo 2 >> out/one; echo 3 > out/two; echo 4 > out/one/f";
    assertEquals(await script(directory, text, [], "./out/one"), {
      code: 1,
      out: "",
      err: [
        "sh: can't create out/two: Permission denied",
        "sh: can't create out/one/f: Not a directory",
      ],
    });
    assertEquals(await Deno.readTextFile(`${directory}/out/one`), "1\n2\n");
  });
});

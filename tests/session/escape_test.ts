/**
 * Attempts to leave a mount, from inside, with what the host itself put in the way: links, hard links,
 * special files. Everything runs with all of Deno's permissions, so that only our own lock stands.
 *
 * Classes of SECURITY_RULES.md: path traversal, links, special files and /proc, read-only laundering.
 */
import { assert, assertEquals } from "@std/assert";
import { type MountMode, Sandbox } from "../../mod.ts";
import { hostTree } from "../differential/tree.ts";

const SECRET = "s3cret-of-the-host";

/** A directory with a mount `in`, and around it what must stay untouched and unseen. */
async function withTrap(
  work: (trap: { root: string; mount: string }) => Promise<void>,
): Promise<void> {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "capbox_escape_" }));
  const mount = `${root}/in`;
  try {
    await Deno.mkdir(`${mount}/sub`, { recursive: true });
    await Deno.mkdir(`${root}/database`);
    await Deno.mkdir(`${root}/in-sibling`);
    await Deno.writeTextFile(`${root}/secret`, SECRET);
    await Deno.writeTextFile(`${root}/database/secret`, SECRET);
    await Deno.writeTextFile(`${root}/in-sibling/secret`, SECRET);
    await Deno.writeTextFile(`${mount}/plain`, "plain\n");
    const links: [string, string][] = [
      ["../secret", "up"],
      [`${root}/secret`, "absolute"],
      ["..", "parent"],
      [root, "absolute_dir"],
      ["/", "root"],
      ["/etc/passwd", "passwd"],
      ["/proc/self/root", "proc_root"],
      ["/proc/self/cwd/../secret", "proc_cwd"],
      ["loop_b", "loop_a"],
      ["loop_a", "loop_b"],
      ["sub/../../secret", "winding"],
      ["parent/secret", "chained"],
      ["../new_outside", "dangling"],
    ];
    for (const [target, name] of links) await Deno.symlink(target, `${mount}/${name}`);
    await Deno.link(`${root}/secret`, `${mount}/hard`);
    const made = new Deno.Command("mkfifo", { args: [`${mount}/fifo`] }).outputSync();
    assert(made.success);
    await work({ root, mount });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Names that lead out, or would on a host. */
const WAYS = [
  "up",
  "absolute",
  "parent/secret",
  "absolute_dir/secret",
  "absolute_dir/database/secret",
  "root/etc/hostname",
  "proc_root/etc/hostname",
  "proc_cwd",
  "winding",
  "chained",
  "dangling",
  "../secret",
  "../in-sibling/secret",
  "../../../../../../../../etc/hostname",
  "sub/../../secret",
  "./.././secret",
  "/secret",
  "/database/secret",
  "/proc/self/root/../secret",
  "/proc/self/cwd/../secret",
  "/proc/1/root/secret",
  "/dev/fd/../../secret",
  "plain/../../secret",
  "up/",
  "parent/",
  "UP",
  "loop_a",
  "a".repeat(300),
  "a/".repeat(3000) + "secret",
];

/** What is done with each way. `$1` is the name. */
const READS = [
  'cat "$1"',
  'cat <"$1"',
  'head -c 100 "$1"',
  'tail -n 5 "$1"',
  'wc "$1"',
  'sort "$1"',
  'grep . "$1"',
  'tee <"$1"',
  '. "$1"',
  'sh "$1"',
  'while read -r line; do echo "$line"; done <"$1"',
  'cp "$1" /tmp/stolen && cat /tmp/stolen',
  'cp -a "$1" /tmp/copied; cat /tmp/copied',
  'cp -r "$1" /tmp/tree; cat /tmp/tree/secret /tmp/tree/*/secret',
  'mv "$1" /tmp/moved; cat /tmp/moved',
  'ln "$1" /tmp/linked; cat /tmp/linked',
  'ln -s "$1" /tmp/soft; cat /tmp/soft',
  'cd "$1" && cat secret',
  'cd "$1" && cd .. && cat secret ../secret',
  'ls -lL "$1"',
  'ls -la "$1"/',
  'ls -R "$1"',
  'echo "$1"/* "$1"*',
  'stat -L "$1"; stat -L -c %s "$1"',
  'readlink -f "$1"; realpath "$1"',
  'test -r "$1" && test -s "$1" && echo readable',
  'cat "$1"/../secret "$1"/../../secret',
];

const WRITES = [
  'echo owned >"$1"',
  'echo owned >>"$1"',
  'echo owned | tee "$1"',
  'echo owned | tee -a "$1"',
  ': >"$1"',
  'exec 3<>"$1"; echo owned >&3',
  'cp plain "$1"',
  'cp -f plain "$1"',
  'mv plain "$1"',
  'touch "$1"',
  'touch -d 2001-01-01 "$1"',
  'chmod 777 "$1"',
  'chown 1:1 "$1"',
  'rm -rf "$1"/',
  'rm -rf "$1"',
  'mkdir -p "$1"/made',
  'rmdir "$1"',
  'ln -f plain "$1"',
  'ln -sf plain "$1"/made',
  'sort -o "$1" plain',
  'mktemp -p "$1"',
  'cd "$1" && echo owned >made && rm -f secret',
  'mv sub "$1"/made',
];

function mounted(host: string, mode: MountMode): Promise<Sandbox> {
  return Sandbox.create({
    mounts: [{ host, guest: "/data", mode }],
    cwd: "/data",
    limits: { wallMs: 5000 },
  });
}

/**
 * What lies outside of the mount. The count of hard links is left out: removing a name inside the
 * mount takes one away from the file, and that is the mount's own name.
 */
const outsideTree = (root: string): string[] =>
  hostTree(root).filter((line) => !/^. in(\/| )/.test(line))
    .map((line) => line.replace(/ links=\d+/, ""));

for (const mode of ["ro", "rw", "overlay"] as const) {
  Deno.test(`nothing outside is read through a mount: ${mode}`, async () => {
    await withTrap(async ({ root, mount }) => {
      const before = outsideTree(root);
      await using sandbox = await mounted(mount, mode === "rw" ? "ro" : mode);
      for (const way of WAYS) {
        for (const script of READS) {
          const fork = sandbox.fork();
          const result = await fork.sh(script, { args: [way] });
          const said = result.stdoutText + result.stderrText;
          assert(!said.includes(SECRET), `${script} with ${way}: ${said}`);
          assert(!said.includes(root), `${script} with ${way} shows a host path: ${said}`);
          assert(
            !/\bat .*:\d+:\d+|undefined|TypeError|internal error/.test(said),
            `${script} with ${way}: ${said}`,
          );
          assert(result.reason === "exit", `${script} with ${way}: ${result.reason}`);
          fork.close();
        }
      }
      assertEquals(outsideTree(root), before);
    });
  });
}

for (const mode of ["ro", "rw", "overlay"] as const) {
  Deno.test(`nothing outside is changed through a mount: ${mode}`, async () => {
    // Scripts that change the mount itself get a fresh one each; the rest share it.
    for (const script of WRITES) {
      await withTrap(async ({ root, mount }) => {
        const before = outsideTree(root);
        const inside = hostTree(mount);
        await using sandbox = await mounted(mount, mode);
        // A path of a thousand directories would only be made, at great length.
        const ways = WAYS.filter((way) => !way.startsWith("a/"));
        for (const way of [...ways, "hard"]) {
          const result = await sandbox.sh(script, { args: [way] });
          const said = result.stdoutText + result.stderrText;
          assertEquals(outsideTree(root), before, `${script} with ${way}: ${said}`);
          assert(!said.includes(root), `${script} with ${way} shows a host path: ${said}`);
          assert(!/internal error|undefined/.test(said), `${script} with ${way}: ${said}`);
        }
        if (mode !== "rw") assertEquals(hostTree(mount), inside, script);
      });
    }
  });
}

Deno.test("special files of the host are seen and never opened", async () => {
  await withTrap(async ({ mount }) => {
    await using sandbox = await mounted(mount, "rw");
    const list = await sandbox.run(["ls", "-l", "fifo"]);
    assertEquals(list.stdoutText[0], "p");
    for (const script of ["cat fifo", "echo x >fifo", "exec 3<>fifo", "cp fifo /tmp/x"]) {
      const result = await sandbox.sh(script, { timeoutMs: 2000 });
      assert(result.code !== 0 || script.startsWith("cp"), script);
      assertEquals(result.reason, "exit", script);
    }
  });
});

Deno.test("a read-only mount cannot be laundered by links or renames", async () => {
  await withTrap(async ({ mount }) => {
    await using sandbox = await Sandbox.create({
      mounts: [
        { host: mount, guest: "/ro", mode: "ro" },
        { host: mount, guest: "/rw", mode: "rw" },
      ],
    });
    const before = hostTree(mount);
    for (
      const script of [
        "ln /ro/plain /rw/alias && echo x >>/rw/alias",
        "ln /ro/plain /tmp/alias",
        "mv /ro/plain /rw/moved",
        "mv /ro/sub /rw/moved",
        "ln -s /rw /tmp/way; echo x >/ro/../ro/plain",
        "cd /ro/sub && echo x >../plain",
        "chmod 777 /ro/plain; touch /ro/plain; rm -f /ro/plain; mkdir /ro/d",
      ]
    ) {
      const result = await sandbox.sh(script);
      assert(result.code !== 0, script);
      const after = hostTree(mount).filter((line) => !line.includes("moved"));
      assertEquals(after, before, `${script}: ${result.stderrText}`);
    }
  });
});

Deno.test("names with NUL or more than 255 bytes are refused", async () => {
  await using sandbox = await Sandbox.create();
  const long = await sandbox.sh('cat "$1"; echo x >"$1"', { args: ["n".repeat(256)] });
  assert(/File name too long/.test(long.stderrText), long.stderrText);
  const nul = await sandbox.fs.writeFile("/tmp/a\0b", "x").then(() => "written", () => "refused");
  assertEquals(nul, "refused");
});

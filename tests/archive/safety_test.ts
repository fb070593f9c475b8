/**
 * What hostile archives must not do (threat classes: archives, links, denial of service). Where this differs from
 * native, which would follow them out of the directory, the test says so.
 */
import { assert, assertEquals } from "@std/assert";
import { Gzip } from "../../applets/_lib/codec/gzip.ts";
import { runCodec } from "../../applets/_lib/codec/codec.ts";
import { Sandbox } from "../../mod.ts";
import { makeCpio } from "./make_cpio.ts";
import { bytes, makeTar } from "./make_tar.ts";
import { makeZip } from "./make_zip.ts";

/** A sandbox with the archive at /case/in, something to protect beside, and /case/w/t to extract in. */
async function prepare(archive: Uint8Array): Promise<Sandbox> {
  const sandbox = await Sandbox.create({ uid: 0, gid: 0, limits: { wallMs: 20_000 } });
  await sandbox.fs.mkdir("/case/w/t", { recursive: true });
  await sandbox.fs.writeFile("/case/in", archive);
  await sandbox.fs.writeFile("/case/keep", "kept");
  await sandbox.fs.writeFile("/case/w/keep", "kept");
  await sandbox.fs.chmod("/case/w", 0o751);
  return sandbox;
}

async function assertUntouched(sandbox: Sandbox): Promise<void> {
  for (const path of ["/case/keep", "/case/w/keep"]) {
    assertEquals(await sandbox.fs.readTextFile(path), "kept");
    assertEquals((await sandbox.fs.stat(path)).nlink, 1);
  }
  assertEquals((await sandbox.fs.readDir("/case")).map((entry) => entry.name), ["in", "keep", "w"]);
  assertEquals((await sandbox.fs.readDir("/case/w")).map((entry) => entry.name), ["keep", "t"]);
  assertEquals((await sandbox.fs.stat("/case/w")).mode & 0o7777, 0o751);
}

const EXTRACT: Readonly<Record<string, string>> = {
  tar: "tar xf ../../in",
  cpio: "cpio -idmu < ../../in",
  zip: "unzip -o ../../in",
};

/** The same hostile members in each format. */
const ATTACKS: readonly [string, Readonly<Record<string, Uint8Array>>][] = [
  ["names that climb", {
    tar: makeTar(
      ["../keep", "../../keep", "x/../../keep", "/case/keep", "a/../../../case/w/keep"].map((
        name,
      ) => ({
        name,
        data: "evil",
      })),
    ),
    cpio: makeCpio(
      ["../keep", "../../keep", "x/../../keep", "/case/keep"].map((name) => ({
        name,
        data: "evil",
      })),
    ),
    zip: makeZip(
      ["../keep", "../../keep", "x/../../keep", "/case/keep"].map((name) => ({
        name,
        data: "evil",
      })),
    ),
  }],
  ["names that end in a parent", {
    tar: makeTar([
      { name: "..", type: "5", mode: 0o777 },
      { name: "a/", type: "5" },
      { name: "a/../..", type: "5", mode: 0o777 },
      { name: "a/b/../../..", type: "5", mode: 0o777 },
    ]),
    cpio: makeCpio([{ name: "..", mode: 0o40777 }, { name: "a/../..", mode: 0o40777 }]),
    zip: makeZip([{ name: "../", mode: 0o40777, method: 0 }, {
      name: "a/../../",
      mode: 0o40777,
      method: 0,
    }]),
  }],
  ["a symbolic link, and a file through it", {
    tar: makeTar([
      { name: "l", type: "2", link: ".." },
      { name: "l/keep", data: "evil" },
      { name: "k", type: "2", link: "/case/keep" },
      { name: "k", data: "evil" },
      { name: "m", type: "2", link: "../keep" },
    ]),
    cpio: makeCpio([
      { name: "l", mode: 0o120777, data: ".." },
      { name: "l/keep", data: "evil" },
      { name: "m", mode: 0o120777, data: "../keep" },
    ]),
    zip: makeZip([
      { name: "l", mode: 0o120777, method: 0, data: ".." },
      { name: "l/keep", data: "evil" },
      { name: "m", mode: 0o120777, method: 0, data: "../keep" },
    ]),
  }],
  ["a chain of links that are each harmless", {
    tar: makeTar([
      { name: "d/", type: "5", mode: 0o755 },
      { name: "d/up", type: "2", link: ".." },
      { name: "a", type: "2", link: "d/up" },
      { name: "a/../keep", data: "evil" },
      { name: "a/x", data: "inside" },
    ]),
  }],
  ["a hard link to a file outside, and data through it", {
    tar: makeTar([
      { name: "h", type: "1", link: "../keep" },
      { name: "i", type: "1", link: "/case/keep" },
      { name: "h", data: "evil" },
      { name: "i", data: "evil" },
    ]),
  }],
];

for (const [what, archives] of ATTACKS) {
  for (const [kind, archive] of Object.entries(archives)) {
    Deno.test(`${kind}: ${what}`, async () => {
      for (const script of [EXTRACT[kind], `${EXTRACT[kind]}; ${EXTRACT[kind]}`]) {
        const sandbox = await prepare(archive);
        const result = await sandbox.run(["sh", "-c", script], { cwd: "/case/w/t" });
        assert(result.code === 0 || result.code === 1);
        await assertUntouched(sandbox);
        sandbox.close();
      }
      const over = await prepare(archive);
      if (kind === "tar") {
        await over.run(["sh", "-c", "tar xf ../../in; tar xf ../../in --overwrite"], {
          cwd: "/case/w/t",
        });
        await assertUntouched(over);
      }
      over.close();
    });
  }
}

Deno.test("set-id bits and devices are never made, unlike native for root", async () => {
  const archives: Record<string, Uint8Array> = {
    tar: makeTar([
      { name: "su", mode: 0o6755, data: "x" },
      { name: "dir/", type: "5", mode: 0o2777 },
      { name: "null", type: "3", major: 1, minor: 3 },
      { name: "disk", type: "4", major: 8, minor: 1 },
    ]),
    cpio: makeCpio([
      { name: "su", mode: 0o106755, data: "x" },
      { name: "dir", mode: 0o42777 },
      { name: "null", mode: 0o20666, rmajor: 1, rminor: 3 },
      { name: "disk", mode: 0o60666, rmajor: 8, rminor: 1 },
    ]),
    zip: makeZip([{ name: "su", mode: 0o106755, data: "x" }, {
      name: "dir/",
      mode: 0o42777,
      method: 0,
    }]),
  };
  for (const [kind, archive] of Object.entries(archives)) {
    const sandbox = await prepare(archive);
    const result = await sandbox.run(["sh", "-c", EXTRACT[kind]], { cwd: "/case/w/t" });
    for (const entry of await sandbox.fs.readDir("/case/w/t")) {
      const { mode } = await sandbox.fs.lstat(`/case/w/t/${entry.name}`);
      assertEquals(mode & 0o6000, 0, `${kind} ${entry.name}`);
      assert(entry.isFile || entry.isDirectory, `${kind} ${entry.name}`);
    }
    assertEquals((await sandbox.fs.readDir("/case/w/t")).map((entry) => entry.name), ["dir", "su"]);
    if (kind !== "zip") {
      assertEquals(
        result.stderrText.replace(/^.*blocks\n/m, ""),
        `${kind}: can't create node null: Operation not permitted\n` +
          `${kind}: can't create node disk: Operation not permitted\n`,
      );
    }
    sandbox.close();
  }
});

Deno.test("zip members that share their bytes are a bomb", async () => {
  const honest = makeZip([{ name: "a", data: "x".repeat(1000) }, {
    name: "b",
    data: "y".repeat(1000),
  }]);
  const bomb = makeZip([{ name: "a", data: "x".repeat(1000) }, {
    name: "b",
    data: "y".repeat(1000),
  }], [
    { where: "central", member: 1, at: 42, size: 4, value: 0 },
  ]);
  for (const [archive, code] of [[honest, 0], [bomb, 1]] as const) {
    const sandbox = await prepare(archive);
    const result = await sandbox.run(["unzip", "-p", "/case/in"]);
    assertEquals(result.code, code);
    if (code === 1) {
      assertEquals(result.stderrText, "unzip: overlapped members (possible zip bomb)\n");
    }
    sandbox.close();
  }
});

Deno.test("a bomb meets the quota of the files, and the sandbox lives on", async () => {
  const bomb = runCodec(new Gzip(9), new Uint8Array(64 << 20).fill(97));
  const sandbox = await Sandbox.create({ limits: { memoryBytes: 16 << 20, wallMs: 30_000 } });
  await sandbox.fs.writeFile("/tmp/b.gz", bomb);
  const result = await sandbox.run(["gunzip", "/tmp/b.gz"]);
  assertEquals(result.code, 1);
  assertEquals(result.stderrText, "gunzip: write: No space left on device\n");
  assertEquals((await sandbox.fs.readDir("/tmp")).map((entry) => entry.name), ["b.gz"]);
  assertEquals(
    (await sandbox.run(["sh", "-c", "zcat /tmp/b.gz | wc -c"])).stdoutText,
    `${64 << 20}\n`,
  );
  sandbox.close();
});

Deno.test("an archive of a million small members ends at the quota of inodes", async () => {
  const member = makeTar([{ name: "d/nnnnnnnn", data: "" }]).subarray(0, 512);
  const parts: Uint8Array[] = [];
  for (let i = 0; i < 3000; i++) {
    const block = member.slice();
    block.set(bytes(String(i).padStart(8, "0")), 2);
    block.fill(0x20, 148, 156);
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.set(bytes(sum.toString(8).padStart(6, "0") + "\0 "), 148);
    parts.push(block);
  }
  const archive = new Uint8Array(parts.length * 512);
  parts.forEach((part, i) => archive.set(part, i * 512));
  const sandbox = await Sandbox.create({ limits: { inodes: 1000, wallMs: 30_000 } });
  await sandbox.fs.writeFile("/tmp/in", archive);
  const result = await sandbox.run(["tar", "xf", "/tmp/in", "-C", "/tmp"]);
  assertEquals(result.code, 1);
  assert(result.stderrText.includes("No space left on device"), result.stderrText);
  assertEquals((await sandbox.run(["echo", "alive"])).stdoutText, "alive\n");
  sandbox.close();
});

/**
 * More of what hostile archives must not do (threat classes: archives, links, denial of service): on a
 * directory of the host, by archives of `ar`, through links of links, and by headers that lie.
 */
import { assert, assertEquals } from "@std/assert";
import { concatBytes } from "../../sandbox/bytes.ts";
import { Sandbox } from "../../mod.ts";
import { makeCpio } from "./make_cpio.ts";
import { bytes, type Entry, makeTar } from "./make_tar.ts";
import { makeZip } from "./make_zip.ts";

/** An archive of `ar`; names of any form go into the header as they are. */
function makeAr(members: readonly (readonly [name: string, data: string])[]): Uint8Array {
  const parts = [bytes("!<arch>\n")];
  for (const [name, data] of members) {
    const size = String(data.length).padEnd(10);
    const head = `${name.padEnd(16)}${"0".padEnd(12)}${"0".padEnd(6)}${"0".padEnd(6)}${
      "100644".padEnd(8)
    }${size}\`\n`;
    parts.push(bytes(head + data + (data.length % 2 === 1 ? "\n" : "")));
  }
  return concatBytes(parts);
}

const CLIMBING = ["../keep", "../../keep", "x/../../keep", "a/../../../keep", "..", "a/../.."];
const LINKS: readonly Entry[] = [
  { name: "l", type: "2", link: ".." },
  { name: "l/keep", data: "evil" },
  { name: "l/new", data: "evil" },
  { name: "h", type: "1", link: "l/keep" },
  { name: "h", data: "evil" },
  { name: "s", type: "2", link: "../keep" },
  { name: "t", type: "1", link: "s" },
  { name: "t", data: "evil" },
  { name: "d/", type: "5", mode: 0o755 },
  { name: "d/u", type: "2", link: "../.." },
  { name: "d/u/keep", data: "evil" },
  { name: "d/u/new/", type: "5" },
  { name: "e/", type: "5", mode: 0o755 },
  { name: "e", type: "2", link: ".." },
  { name: "e/keep", data: "evil" },
];

const ATTACKS: readonly [string, string, Uint8Array][] = [
  ["tar: names", "tar xf in", makeTar(CLIMBING.map((name) => ({ name, data: "evil" })))],
  ["tar: links", "tar xf in", makeTar(LINKS)],
  ["tar: links, over what is there", "tar xf in; tar xf in --overwrite; tar xf in", makeTar(LINKS)],
  [
    "tar: parts of names taken off",
    "tar xf in --strip-components=1",
    makeTar([
      { name: "a/../keep", data: "evil" },
      { name: "a/../../keep", data: "evil" },
      { name: "a//../keep", data: "evil" },
      { name: "a/l", type: "2", link: ".." },
      { name: "a/l/keep", data: "evil" },
    ]),
  ],
  ["cpio: names", "cpio -idmu < in", makeCpio(CLIMBING.map((name) => ({ name, data: "evil" })))],
  [
    "cpio: links",
    "cpio -idmu < in; cpio -idmu < in",
    makeCpio([
      { name: "l", mode: 0o120777, data: ".." },
      { name: "l/keep", data: "evil" },
      { name: "l/new", data: "evil" },
    ]),
  ],
  ["unzip: names", "unzip -o in", makeZip(CLIMBING.map((name) => ({ name, data: "evil" })))],
  [
    "unzip: into another directory",
    "mkdir q; unzip -o in -d q",
    makeZip(
      ["../../keep", "../../new"].map((name) => ({ name, data: "evil" })),
    ),
  ],
  [
    "unzip: links",
    "unzip -o in; unzip -o in",
    makeZip([
      { name: "l", mode: 0o120777, method: 0, data: ".." },
      { name: "l/keep", data: "evil" },
      { name: "l/new", data: "evil" },
    ]),
  ],
  [
    "ar: names",
    "ar x in",
    makeAr([
      ["../keep", "evil"],
      ["../keep/", "evil"],
      ["../new/", "evil"],
      ["l/../../new/", "evil"],
    ]),
  ],
  [
    "ar: long names",
    "ar x in",
    makeAr([
      ["//", "../../../../../../../keep/\n../new_with_a_long_name/\n"],
      ["/0", "evil"],
      ["/27", "evil"],
      ["/99999999", "evil"],
    ]),
  ],
];

for (const [what, script, archive] of ATTACKS) {
  Deno.test(`on a directory of the host nothing outside changes: ${what}`, async () => {
    const folder = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "capbox_" }));
    try {
      Deno.mkdirSync(`${folder}/out/box`, { recursive: true });
      Deno.writeTextFileSync(`${folder}/keep`, "kept");
      Deno.writeTextFileSync(`${folder}/out/keep`, "kept");
      Deno.chmodSync(`${folder}/out`, 0o751);
      Deno.writeFileSync(`${folder}/out/box/in`, archive);
      for (const symlinks of [false, true]) {
        await using sandbox = await Sandbox.create({
          mounts: [{ host: `${folder}/out/box`, guest: "/b", mode: "rw", symlinks }],
        });
        const { code } = await sandbox.run(["sh", "-c", script], { cwd: "/b", timeoutMs: 20_000 });
        assert(code === 0 || code === 1, `status ${code}`);
        for (const path of ["keep", "out/keep"]) {
          const info = Deno.lstatSync(`${folder}/${path}`);
          assertEquals([info.isFile, info.nlink], [true, 1]);
          assertEquals(Deno.readTextFileSync(`${folder}/${path}`), "kept");
        }
        const names = (path: string): string[] =>
          [...Deno.readDirSync(path)].map((entry) => entry.name).sort();
        assertEquals(names(folder), ["keep", "out"]);
        assertEquals(names(`${folder}/out`), ["box", "keep"]);
        assertEquals(Deno.lstatSync(`${folder}/out`).mode! & 0o7777, 0o751);
      }
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  });
}

Deno.test("sizes that are not true end in a message, without memory for what is not there", async () => {
  const huge = makeTar([{ name: "f", data: "x" }]);
  /** A header with another size field, and its sum put right. */
  const sized = (field: Uint8Array, type = "0"): Uint8Array => {
    const block = huge.slice();
    block.set(field, 124);
    block.set(bytes(type), 156);
    block.fill(0x20, 148, 156);
    const sum = block.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    block.set(bytes(sum.toString(8).padStart(6, "0") + "\0 "), 148);
    return block;
  };
  const binary = (first: number, fill: number): Uint8Array =>
    new Uint8Array(12).fill(fill).fill(first, 0, 1);
  const archives: readonly (readonly [string, string, Uint8Array])[] = [
    ...["0", "L", "K", "x", "g", "5"].flatMap((type) =>
      [
        ["tar", "8 GiB", sized(bytes("77777777777\0"), type)],
        ["tar", "2^87", sized(binary(0x80, 0xff), type)],
        ["tar", "negative", sized(binary(0xff, 0x00), type)],
        ["tar", "no number", sized(bytes("9999999zzzz\0"), type)],
      ].map(([tool, what, data]) =>
        [`${tool}`, `${what} in type ${type}`, data as Uint8Array] as const
      )
    ),
    ["cpio", "size", makeCpio([{ name: "f", data: "x", size: 0xffffffff }])],
    ["cpio", "size of a link", makeCpio([{ name: "f", mode: 0o120777, size: 0xffffffff }])],
    ["cpio", "name", makeCpio([{ name: "f", data: "x", nameSize: 0xffffffff }])],
    [
      "ar",
      "size",
      bytes(`!<arch>\n${"f/".padEnd(16)}${"0".padEnd(12)}0     0     100644  9999999999\`\nx`),
    ],
    [
      "unzip",
      "sizes",
      makeZip([{ name: "f", data: "x" }], [
        { where: "local", member: 0, at: 18, size: 4, value: 0xfffffff0 },
        { where: "local", member: 0, at: 22, size: 4, value: 0xfffffff0 },
        { where: "central", member: 0, at: 20, size: 4, value: 0xfffffff0 },
        { where: "central", member: 0, at: 24, size: 4, value: 0xfffffff0 },
      ]),
    ],
  ];
  const scripts: Readonly<Record<string, string>> = {
    tar: "tar xf in; a=$?; tar tvf in; exit $a",
    cpio: "cpio -idmu < in; cpio -tv < in",
    ar: "ar x in; ar tv in",
    unzip: "unzip -o in; unzip -l in",
  };
  for (const [tool, what, archive] of archives) {
    await using sandbox = await Sandbox.create({ limits: { memoryBytes: 16 << 20 } });
    await sandbox.fs.writeFile("/tmp/in", archive);
    const { code, reason, stderrText } = await sandbox.run(["sh", "-c", scripts[tool]], {
      cwd: "/tmp",
      timeoutMs: 20_000,
    });
    assert(code === 0 || code === 1, `${tool}, ${what}: status ${code}`);
    assertEquals(reason, "exit", `${tool}, ${what}`);
    for (const line of stderrText.split("\n")) {
      const isOwn = line === "" || line.startsWith(`${tool}: `) || /^\d+ blocks$/.test(line);
      assert(isOwn, `${tool}, ${what}: ${line}`);
    }
    assertEquals((await sandbox.run(["echo", "alive"])).stdoutText, "alive\n");
  }
});

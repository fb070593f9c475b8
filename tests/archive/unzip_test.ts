/** unzip against native. */
import { type Case, compareAll } from "./differential.ts";
import { makeZip, type Patch, type ZipItem } from "./make_zip.ts";

const big = Array.from({ length: 3000 }, (_, i) => `${i}\n`).join("");
const items: ZipItem[] = [
  { name: "a", data: "hello" },
  { name: "sub/", method: 0, mode: 0o40755 },
  { name: "sub/b", data: big },
  { name: "s", data: "stored", method: 0 },
  { name: "l", data: "a", method: 0, mode: 0o120777 },
  { name: "x y", data: "sp" },
  { name: "exe", data: "x", mode: 0o100755 },
];
const both = (at: number, size: 2 | 4, value: number): Patch[] => [
  { where: "local", member: 0, at, size, value },
  { where: "central", member: 0, at: at + 2, size, value },
];
const zips: Record<string, Uint8Array> = {
  "x.zip": makeZip(items),
  "bz.zip": makeZip([{ name: "bz", data: big, method: 12 }, { name: "df", data: big }]),
  "stream.zip": makeZip([{ name: "a", data: "hello", streamed: true }, {
    name: "b",
    data: big,
    streamed: true,
  }]),
  "evil.zip": makeZip(
    ["../up", "/abs", "x/../y", "d/e/../../f", "last"].map((name) => ({ name, data: "1" })),
  ),
  "parent.zip": makeZip([{ name: "a/..", data: "1" }, { name: "last", data: "2" }]),
  "sym.zip": makeZip([
    { name: "d", data: "/tmp", method: 0, mode: 0o120777 },
    { name: "d/evil", data: "x" },
    { name: "ok", data: "5" },
  ]),
  "symok.zip": makeZip([
    { name: "late", data: "../q", method: 0, mode: 0o120777 },
    { name: "abs", data: "/etc/passwd", mode: 0o120777 },
    { name: "ok", data: "5" },
  ]),
  "escape.zip": makeZip([{ name: "e\x1b[31mx\x07\xc2\x9b\xc3\xbc", data: "1" }]),
  "modes.zip": makeZip([{ name: "w", data: "3", mode: 0o100666 }, {
    name: "r",
    data: "3",
    mode: 0o100400,
  }]),
  "enc.zip": makeZip(items, both(6, 2, 1)),
  "enc2.zip": makeZip(items, [{ where: "central", member: 0, at: 8, size: 2, value: 1 }]),
  "meth.zip": makeZip(items, both(8, 2, 99)),
  "crc.zip": makeZip(items, both(14, 4, 1)),
  "len.zip": makeZip(items, both(22, 4, 6)),
  "lenshort.zip": makeZip(items, both(22, 4, 4)),
  "packed.zip": makeZip(items, both(18, 4, 5)),
  "packedbig.zip": makeZip(items, both(18, 4, 0x7fffffff)),
  "local.zip": makeZip(items, [{ where: "local", member: 0, at: 0, size: 4, value: 0x12345678 }]),
  "offset.zip": makeZip(items, [{
    where: "central",
    member: 0,
    at: 42,
    size: 4,
    value: 0x7fffffff,
  }]),
  "name.zip": makeZip(items, [{ where: "local", member: 0, at: 26, size: 2, value: 65535 }]),
  "cname.zip": makeZip(items, [{ where: "central", member: 0, at: 28, size: 2, value: 65535 }]),
  "csig.zip": makeZip(items, [{ where: "central", member: 1, at: 0, size: 4, value: 0x12345678 }]),
  "empty.zip": makeZip([]),
  "none.zip": new Uint8Array(0),
  "cut.zip": makeZip(items).subarray(0, 100),
};
const cases: Case[] = [
  ...Object.keys(zips).flatMap((name) => [
    `unzip -l ${name}; echo $?; unzip -lv ${name}; unzip ${name} -d o/p; echo $?; unzip -t ${name}; echo $?`,
    // Native cannot read a bzip2 member from a pipe.
    ...(name === "bz.zip"
      ? []
      : [`cat ${name} | unzip -l -; echo $?; cat ${name} | unzip - -d o; echo $?`]),
  ]),
  "unzip -lq x.zip; unzip -lqq x; unzip -v x.zip; unzip -vq x.zip a; unzip -l x.zip a nosuch",
  "unzip -q x.zip -d o; unzip -oq x.zip -d o; echo $?",
  "unzip -n x.zip -d o; unzip -n x.zip -d o; echo $?; unzip x.zip -d o < /dev/null; echo $?",
  "cd o; unzip ../x.zip a; yes | unzip ../x.zip a; echo n | unzip ../x.zip a; printf 'r\\nnew\\n' | unzip ../x.zip a",
  "cd o; unzip ../x.zip a; printf 'A\\n' | unzip ../x.zip a s; printf 'N\\n' | unzip ../x.zip a s; printf 'x\\n' | unzip ../x.zip a; echo $?",
  "unzip -p x.zip a s; unzip -pq x.zip sub/b | md5sum; unzip -tq x.zip; unzip -p x.zip l sub/ nosuch; unzip -pj x.zip b",
  "unzip -c x.zip a",
  "unzip -u x.zip",
  "unzip --help; echo $?",
  "unzip",
  "unzip -j x.zip -d o; unzip x.zip 's*' -d o/q; unzip x.zip -x a 's*' -d o/r; unzip x.zip nosuch -d o; echo $?",
  "unzip nosuch; echo $?; unzip nosuch.zip; echo $?; unzip o; echo $?; unzip x -d o; echo junk > j.zip; unzip j.zip",
  "unzip x.zip -d /nosuch/dir; echo $?; unzip -d o x.zip a; unzip x.zip -d o s -x a; unzip -do/3 x.zip exe",
  "cd o; mkdir a; unzip ../x.zip; echo $?; rmdir a; touch sub; unzip ../x.zip; echo $?",
  "cd o; unzip -o ../x.zip l exe; unzip -o ../x.zip l exe; echo $?",
  "umask 077; unzip modes.zip -d o; ls -l o | cut -c1-10",
].map((script) => ({ name: script, files: zips, setup: "mkdir o", script }));

compareAll("unzip", cases);

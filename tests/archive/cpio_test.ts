/** cpio against native. */
import { type Case, compareAll } from "./differential.ts";
import { type CpioEntry, makeCpio } from "./make_cpio.ts";

const TREE = "mkdir -p t/sub; printf hello > t/a; seq 1 300 > t/sub/b; ln -s a t/l; ln t/a t/h; " +
  "chmod 640 t/a; touch -d 2001-02-03T04:05:06 t/a t/sub/b t/sub t; find t | LC_ALL=C sort > L; " +
  "busybox cpio -o -H newc < L > x.cpio 2>/dev/null; mkdir o";

const cases: Case[] = [
  "cpio -o -H newc < L | cpio -t; cpio -o -H newc < L | cpio -tv | cut -c1-26; cpio -o --format=newc < L | wc -c",
  "cpio -o < L",
  "cpio -o -H crc < L",
  "cpio",
  "cpio -i -o",
  "cpio -x",
  "cpio -p o",
  "cpio -t < x.cpio; cpio -tv < x.cpio | cut -c1-26; cpio -it < x.cpio; cpio -tF x.cpio t/a nosuch; cpio -t 't/*' < x.cpio",
  "cpio -t < x.cpio 't/s*'; cpio --list --quiet < x.cpio; cpio -tv 't/sub*' < x.cpio; cpio -t x.cpio < x.cpio",
  "cd o; cpio -i < ../x.cpio; echo $?; cpio -id < ../x.cpio; echo $?",
  "cd o; cpio -idv < ../x.cpio; cpio -idv < ../x.cpio; echo $?; cpio -idvu < ../x.cpio; echo $?",
  "cd o; cpio -idm < ../x.cpio; cpio -idmuv t/a 't/s*' < ../x.cpio",
  "cd o; cpio -idmF ../x.cpio t/a; cpio -id t/sub/b < ../x.cpio; cpio -id t/l < ../x.cpio",
  "cd o; cpio -idR 12:34 < ../x.cpio; ls -ln t | grep -v total | cut -c1-30; cpio -iduR nosuch < ../x.cpio",
  "cd o; cpio -iduR 5 < ../x.cpio; cpio -iduR :7 < ../x.cpio; ls -ln t/a | cut -c1-30",
  "cpio -o -H newc -F y.cpio < L; cpio -t < y.cpio; cpio -ov -H newc < L | cpio -t; cpio -oL -H newc < L | cpio -t; rm y.cpio",
  "tr '\\n' '\\0' < L | cpio -o0 -H newc | cpio -t; tr '\\n' '\\0' < L | cpio -o --null -H newc | wc -c",
  "cpio -t < /dev/null; echo $?; echo junk | cpio -t; echo $?; head -c 200 x.cpio | cpio -t; echo $?",
  "for n in 50 110 113 116 120 300 500 1000 1500; do head -c $n x.cpio | cpio -t; echo $?; done",
  "cd o; for n in 110 300 500 1000; do head -c $n ../x.cpio | cpio -id; echo $?; done",
  "printf nosuch | cpio -o -H newc | wc -c; printf 'L\\nnosuch\\nL\\n' | cpio -o -H newc | wc -c; printf 'L\\n\\nL\\n' | cpio -o -H newc | cpio -t",
  "cpio -tF nosuch; echo $?; echo L | cpio -o -H newc -F no/such; echo $?",
  "cpio --make-directories -t < x.cpio",
  "cpio -i --to-stdout t/a t/sub/b < x.cpio | md5sum; cpio -i --to-stdout t/l t/sub < x.cpio",
  "cat x.cpio x.cpio | cpio -t; printf './t/a\\nt/../t/a\\n./t\\n' | cpio -o -H newc | cpio -t",
  "cpio -o -H newc --renumber-inodes < L | head -c 14; cpio -o -H newc --ignore-devno < L | head -c 78 | tail -c 16",
  "mkdir q; echo q | cpio -o -H newc -R 5:6 | cpio -tv | cut -c1-20",
].map((script) => ({ name: script, setup: TREE, script }));

const evil: Record<string, CpioEntry[]> = {
  absolute: [{ name: "/abs1/f", data: "3" }, { name: "./e", data: "5" }, {
    name: "//q/e",
    data: "5",
  }],
  links: [
    { name: "d", mode: 0o120777, data: "/tmp" },
    { name: "d/evil", data: "x" },
    { name: "l", mode: 0o120777, data: "sub" },
    { name: "sub", mode: 0o40755 },
    { name: "l/in", data: "y" },
    { name: "u", mode: 0o120777, data: "../q" },
  ],
  hard: [
    { name: "a", ino: 5, nlink: 2 },
    { name: "b", data: "dat", ino: 5, nlink: 2 },
    { name: "c", data: "x" },
    { name: "z0", ino: 7, nlink: 2 },
    { name: "last", data: "q" },
  ],
  hardTwice: [{ name: "a", data: "d", ino: 5, nlink: 2 }, {
    name: "b",
    data: "e",
    ino: 5,
    nlink: 2,
  }],
  modes: [
    { name: "z", mode: 0o100000, data: "x" },
    { name: "w", mode: 0o100666, data: "x" },
    { name: "dd", mode: 0o40777 },
  ],
  crc: [{ name: "a", data: "hello", magic: "070702" }],
  odc: [{ name: "a", data: "hello", magic: "070707" }],
  hex: [{ name: "a", data: "hello", magic: "070701" }, { name: "b", magic: "07070x" }],
  bigName: [{ name: "a", data: "x", nameSize: 0x7fffffff }],
  zeroName: [{ name: "a", data: "x", nameSize: 0 }],
  bigSize: [{ name: "a", data: "x", size: 0x7fffffff }],
  bigLink: [{ name: "a", mode: 0o120777, data: "x", size: 0x7fffffff }],
  trailerInside: [{ name: "a", data: "1" }, { name: "TRAILER!!!", mode: 0 }, {
    name: "b",
    data: "2",
  }],
  empty: [{ name: "", data: "1" }, { name: "b", data: "2" }],
  directories: [
    { name: "x/y/z", data: "5" },
    { name: "x", mode: 0o40700 },
    { name: "d1/", mode: 0o40700 },
    { name: "d1/f", data: "5" },
  ],
  fifo: [{ name: "p", mode: 0o10644 }, { name: "last", data: "x" }],
  longName: [{ name: "n".repeat(5000), data: "x" }],
};
for (const [name, entries] of Object.entries(evil)) {
  for (const trailer of [true, false]) {
    if (!trailer && name !== "hard") continue;
    cases.push({
      name: `evil ${name} ${trailer}`,
      files: { "e.cpio": makeCpio(entries, trailer) },
      setup: "mkdir -p o/p/q",
      script:
        "cpio -t < e.cpio; echo $?; cat e.cpio | cpio -tv; cd o/p; cpio -i < ../../e.cpio; echo $?; " +
        "cpio -idmv < ../../e.cpio; echo $?; cpio -idmu < ../../e.cpio; echo $?",
    });
  }
}

compareAll("cpio", cases);

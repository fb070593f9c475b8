/** tar against native. */
import { type Case, compareAll } from "./differential.ts";
import { bytes, type Entry, makeTar } from "./make_tar.ts";

const TREE =
  "mkdir -p t/sub/e; printf hello > t/a; seq 1 300 > t/sub/b; ln -s a t/l; ln t/a t/h; " +
  "chmod 640 t/a; chmod 755 t/sub/b; touch -d 2001-02-03T04:05:06 t/a t/sub/b t/sub t; " +
  "busybox tar cf x.tar t; gzip -nk x.tar; bzip2 -k x.tar; xz -k x.tar; xz -k --format=lzma x.tar; " +
  "mkdir o";

const scripts = [
  "tar tf x.tar; tar tvf x.tar; tar -tvvf x.tar; tar --list --verbose --file=x.tar",
  "tar cf y.tar t; tar tvf y.tar | sort; tar cvf y.tar t | sort; tar cvf - t 2>&1 >/dev/null | sort",
  "tar",
  "tar c",
  "tar xc",
  "tar f x.tar",
  "tar -z",
  "tar t < /dev/null; echo $?; tar tf /dev/null; tar x < /dev/null; tar xf t; tar tf nosuch.tar",
  "tar cf y.tar; tar cf y.tar nosuch t/a; echo $?; tar tf y.tar",
  "tar tf x.tar t/a nosuch; echo $?; tar xf x.tar t/sub nosuch also; echo $?; tar tf x.tar t/sub/",
  "tar tf x.tar 't/s*'; tar tf x.tar t/s; tar tf x.tar t/; tar tf x.tar t//",
  "tar xf x.tar -C o; tar xvf x.tar",
  "cd o; tar xf ../x.tar; tar xkf ../x.tar; echo $?; tar xkvf ../x.tar; echo $?",
  "cd o; tar xf ../x.tar; tar xf ../x.tar; echo $?; tar xf ../x.tar --overwrite; echo $?",
  "tar xOf x.tar | md5sum; tar xOf x.tar t/a; tar xvOf x.tar t/a; tar xf x.tar -O t/h t/l t/sub",
  "tar xmf x.tar -C o; tar xpf x.tar; tar xof x.tar",
  "tar xf x.tar -C o --strip-components 1; tar tf x.tar --strip-components 1",
  "tar xvf x.tar -C o --strip-components=2; tar xvf x.tar -C o --strip-components=9",
  "tar xf x.tar --strip-components x; tar xf x.tar --strip-components -1; tar xf x.tar --strip 1",
  "tar xf x.tar -C nosuch; echo $?; tar cf q.tar -C nosuch t; echo $?; tar xf nosuch.tar -C nosuch",
  "tar czf y.tgz t; zcat y.tgz | tar t | sort; tar tzf y.tgz | sort; tar tf y.tgz; rm y.tgz",
  "tar cjf y t; bzcat y | tar t | sort; tar tjf y | sort; tar tf y; rm y",
  "tar cJf y.txz t",
  "tar c --lzma -f y.lz t",
  "tar cZf y.Z t; echo $?",
  "tar caf y.tar.xz t",
  "tar caf y.tar t; tar tf y.tar | sort; tar caf y.foo t; tar tf y.foo | sort; rm y*",
  "tar caf y.tar.gz t; tar tzf y.tar.gz | sort; tar caf y.tgz t; zcat y.tgz | tar t | sort; rm y*",
  "tar caf y.tar.bz2 t; tar tjf y.tar.bz2 | sort; rm y*; tar taf x.tar.gz; tar taf x.tar.bz2",
  "tar tzf x.tar.gz; tar tjf x.tar.bz2; tar tJf x.tar.xz; tar t --lzma -f x.tar.lzma",
  "tar xzf x.tar.gz -C o; tar xJf x.tar.xz",
  "tar tjf x.tar.gz; tar tJf x.tar.gz; tar tzf x.tar; tar tZf x.tar.gz; tar t --lzma -f x.tar.gz",
  "tar tzf x.tar.gz nosuch; echo $?; cat x.tar.gz | tar tz; cat x.tar.gz | tar tzf -; cat x.tar | tar ta",
  "head -c 512 /dev/zero > z; tar tf z; echo $?; head -c 1024 /dev/zero > z; tar tf z; echo $?",
  "for n in 100 512 700 1000 1024 1030 2000 2048 2500 3000; do head -c $n x.tar > z; tar tf z; echo $?; " +
  "cat z | tar t; echo $?; done",
  "for n in 100 512 700 1000 1030 1536 2000 2048; do head -c $n x.tar > z; tar xf z -C o; echo $?; done",
  "printf x | dd of=x.tar bs=1 seek=5 conv=notrunc 2>/dev/null; tar tf x.tar; echo $?",
  "printf x | dd of=x.tar bs=1 seek=258 conv=notrunc 2>/dev/null; tar tf x.tar; echo $?",
  "head -c 300 x.tar.gz > z; tar tzf z; echo $?; head -c 100 x.tar.gz > z; tar tzf z; tar xzf z; echo $?",
  "tar cf y.tar --exclude a t",
  "tar -X f -cf y.tar t",
  "tar cf y.tar -T f",
  "tar x --get -f x.tar",
  "tar tvf x.tar --numeric-owner; tar cf y.tar --numeric-owner t; tar tvf y.tar | sort | head -n 1",
  "tar cf y.tar --no-recursion t t/sub; tar tf y.tar",
  "tar cf y.tar ./t/a t/../t/a t/sub/e/../../l; tar tf y.tar; rm y.tar",
  "tar cf y.tar t/sub/..; tar tf y.tar | sort; tar cf y.tar t/sub/../; tar tf y.tar | sort",
  "cd t; tar cf ../y.tar ..; tar tf ../y.tar | sort | head -n 3; tar cf ../y.tar .; tar tf ../y.tar | sort",
  "tar cf y.tar t/; tar tf y.tar | sort; tar cf y.tar t//; tar tf y.tar | sort; tar cf y.tar ./; tar tf y.tar | sort",
  "tar cf t/y.tar t; echo $?; tar tf t/y.tar | sort",
  "tar cvf y.tar t/a t/h t/a t/l; tar tvf y.tar",
  "tar cf y.tar t; printf zz >> y.tar; tar tf y.tar | sort; cat x.tar x.tar | tar t",
  "tar cC t a | tar t; tar cf y.tar -C t a -C sub b; echo $?; tar cfC y.tar t l; tar tf y.tar",
  "tar chf y.tar t; tar tvf y.tar | sort; tar cfh y.tar t/l; tar tvf y.tar",
  "tar xvf x.tar --to-command 'wc -c; echo $TAR_FILENAME $TAR_MODE $TAR_SIZE $TAR_UNAME' | sort",
  "tar xf x.tar --to-command 'exit 3'; echo $?; tar xf x.tar t/a --to-command 'env | grep TAR_ | sort'",
  "tar xf x.tar --to-command true; echo $?",
  "tar --create --file=y.tar t; tar --extract --verbose --file y.tar --directory t | sort",
  "tar cf - t | wc -c; tar cf y.tar t/l; wc -c < y.tar; rm y.tar",
  "tar xf x.tar t/sub/b; chmod 444 t/sub/b; tar xf x.tar t/sub/b; ls -l t/sub/b | cut -c1-10",
  "umask 077; tar xf x.tar -C o --no-same-permissions; umask 027; tar xf x.tar --no-same-permissions",
  "tar --help; echo $?",
  "tar tf x.tar t/a -v; tar -t t/a -f x.tar",
  "chmod 700 t/sub; tar cf y.tar -C t sub; tar tvf y.tar | cut -c1-30",
  "tar xf x.tar --touch -C o; tar x --keep-old -f x.tar; tar tf x.tar --same-permissions | head -n 1",
  "mkdir q; tar cf y.tar q; rmdir q; tar xf y.tar; ls -ld q | cut -c1-10",
];
const cases: Case[] = scripts.map((script) => ({
  name: script,
  setup: TREE,
  // New archives hold the times of links, which the copy of the tree cannot have.
  script: `${script}; status=$?; rm -f y.tar t/y.tar; exit $status`,
}));

const long = "d".repeat(60) + "/" + "e".repeat(90);
cases.push({
  name: "long names",
  setup:
    `mkdir -p ${long} p; echo x > ${long}/f; ln -s ${"t".repeat(150)} p/l; ln -s ${
      "u".repeat(99)
    } p/m; ` +
    `ln -s ${"v".repeat(100)} p/n; ln -s ${"w".repeat(101)} p/o; touch p/${"q".repeat(97)} p/${
      "q".repeat(98)
    } ` +
    `p/${
      "q".repeat(99)
    }; touch -d @1000000000 p/* ${long}/f; touch -h -d @1000000000 p/l p/m p/n p/o; mkdir o`,
  script:
    "tar cf x p/[lmno] p/q* d*/e*/f; tar tvf x | cut -c1-30,52-; cd o; tar xf ../x; wc -c < ../x; rm ../x",
});

/** Archives that lie. */
const evil: Record<string, Entry[]> = {
  dotdot: [
    "x/../y",
    "../up",
    "a/../..",
    "/abs/f",
    "//abs2",
    "b/../../c",
    "./e",
    "f/./g",
    "h//i",
    "...",
    "j/.../k",
    "..l",
    "m../n",
  ]
    .map((name) => ({ name, data: "data\n" })),
  parent: [{ name: "../", type: "5", mode: 0o700 }, { name: "last", data: "x" }],
  parentFile: [{ name: "a/..", data: "x" }, { name: "last", data: "x" }],
  symlinkSafe: [
    { name: "ok", type: "2", link: "sub" },
    { name: "sub/", type: "5", mode: 0o755 },
    { name: "ok/in", data: "x" },
    { name: "late", type: "2", link: "../x" },
    { name: "abs", type: "2", link: "/etc/passwd" },
  ],
  symlinkThenFile: [
    { name: "l", type: "2", link: "../outside" },
    { name: "l", data: "x" },
  ],
  hardMissing: [
    { name: "a", data: "x" },
    { name: "b", type: "1", link: "a" },
    { name: "c", type: "1", link: "nosuch" },
    { name: "d", type: "1", link: "b" },
  ],
  hardOrder: [{ name: "b", type: "1", link: "a" }, { name: "a", data: "x" }],
  order: [
    { name: "x", type: "2", link: "y" },
    { name: "x", data: "one" },
    { name: "y", data: "two" },
    { name: "x/", type: "5" },
    { name: "d/", type: "5", mode: 0o755 },
    { name: "d", data: "x" },
  ],
  fileAsDir: [{ name: "f", data: "x" }, { name: "f/g", data: "y" }],
  oldDir: [{ name: "od/", type: "\0" }, { name: "of", type: "\0", data: "abc" }, {
    name: "od/x",
    data: "y",
  }],
  owner: [
    { name: "o", user: "nobody", group: "nogroup" },
    { name: "p", user: "nosuch", group: "nosuch", uid: 12, gid: 34 },
    { name: "q", user: "", group: "", uid: 1234, gid: 567 },
    { name: "early", mtime: 0 },
    { name: "late", mtime: 4102444800 },
  ],
  modes: [0o666, 0, 0o777, 0o1755].map((mode, i) => ({ name: `m${i}`, mode, data: "m" })),
  pax: [
    { name: "h", type: "x", data: "14 path=a/b/c\n" },
    { name: "short", data: "x" },
    { name: "h", type: "x", data: "15 linkpath=qq\n" },
    { name: "s", type: "2", link: "t" },
    { name: "h", type: "x", data: "30 mtime=1000000000.5\n" },
    { name: "after", data: "x" },
    { name: "g", type: "g", data: "14 path=z/z/z\n" },
    { name: "last", data: "x" },
    { name: "h", type: "x", data: "18 path=../../up\n\n" },
    { name: "h", type: "x", data: "17 path=../../up\n" },
    { name: "k", data: "x" },
  ],
  longName: [
    { name: "././@LongLink", type: "L", data: "long/".repeat(50) + "name\0" },
    { name: "short", data: "x" },
    { name: "././@LongLink", type: "K", data: "target".repeat(30) + "\0" },
    { name: "sl", type: "2", link: "t" },
    { name: "././@LongLink", type: "L", data: "../../../evil\0" },
    { name: "short", data: "x" },
  ],
  hugeSize: [{ name: "big", data: "x", size: 0o77777777777 }, { name: "b", data: "y" }],
  hugeLong: [{ name: "big", type: "L", data: "x", size: 0o77777777777 }, { name: "b", data: "y" }],
  emptyName: [{ name: "", data: "x" }, { name: "b", data: "y" }],
  fifo: [{ name: "p", type: "6" }, { name: "b", data: "y" }],
};
for (const type of "DMNV7QSxgK8XA") {
  evil[`type${type}`] = [
    { name: "first", data: "x" },
    { name: "ent", type, data: "30 mtime=1000000000.5 abcdefg\n" },
    { name: "last", data: "y" },
  ];
}
for (const [name, entries] of Object.entries(evil)) {
  cases.push({
    name: `evil ${name}`,
    files: { "e.tar": makeTar(entries) },
    setup: "mkdir -p o/p/q; chmod 711 o/p; touch outside o/outside",
    script: "tar tf e.tar; echo $?; tar tvf e.tar; cd o/p; tar xf ../../e.tar; echo $?; " +
      "cd q; tar xvf ../../../e.tar; echo $?; ls -ld .. ../.. | cut -c1-10",
  });
}
const base = makeTar([{ name: "a", data: "x".repeat(700) }, { name: "b", data: "y" }]);
for (
  const [name, at, text] of [
    ["bad size", 124, "0000000x700"],
    ["spaces in size", 124, "       1274 "],
    ["bad mode", 100, "00z0644"],
    ["bad mtime", 136, "9999"],
    ["binary size", 124, "\x80\0\0\0\0\0\0\0\0\0\x02\xbc"],
    ["negative mtime", 136, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"],
    ["no magic", 257, "\0\0\0\0\0\0\0\0"],
    ["odd magic", 257, "ustax"],
  ] as const
) {
  const archive = base.slice();
  archive.set(bytes(text), at);
  archive.fill(0x20, 148, 156);
  const sum = archive.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  archive.set(bytes(sum.toString(8).padStart(6, "0") + "\0 "), 148);
  cases.push({
    name,
    files: { "e.tar": archive },
    script: "tar tvf e.tar; echo $?; tar xf e.tar; echo $?",
  });
}

compareAll("tar", cases);

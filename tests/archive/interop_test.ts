/**
 * Archives made by other programs are read by ours, and ours by them: contents, modes and times.
 * A program that this machine does not have is shown as ignored.
 */
import { assertEquals } from "@std/assert";
import { Sandbox } from "../../mod.ts";
import { findBusybox } from "../../reference/native.ts";

const decoder = new TextDecoder();

function has(program: string): boolean {
  try {
    new Deno.Command(program, { args: ["--version"], stdin: "null" }).outputSync();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Entries by name: type, mode, time, contents or target, and which share a file. */
function picture(folder: string, times: "all" | "files" | "none"): string[] {
  const lines: string[] = [];
  const inodes = new Map<number, string>();
  const walk = (at: string): void => {
    for (
      const { name } of [...Deno.readDirSync(`${folder}${at}`)].sort((a, b) =>
        a.name < b.name ? -1 : 1
      )
    ) {
      const path = `${at}/${name}`;
      const stat = Deno.lstatSync(`${folder}${path}`);
      const isTimed = times === "all" || times === "files" && !stat.isDirectory;
      const time = isTimed ? Math.floor((stat.mtime?.getTime() ?? 0) / 1000) : "-";
      const mode = ((stat.mode ?? 0) & 0o7777).toString(8);
      if (stat.isSymlink) {
        lines.push(`${path} -> ${Deno.readLinkSync(`${folder}${path}`)}`);
      } else if (stat.isDirectory) {
        lines.push(`${path}/ ${mode} ${time}`);
        walk(path);
      } else {
        const first = inodes.get(stat.ino ?? 0);
        if (stat.ino !== null && first === undefined) inodes.set(stat.ino, path);
        const same = first === undefined ? "" : ` = ${first}`;
        const bytes = Deno.readFileSync(`${folder}${path}`);
        let sum = 0;
        for (const byte of bytes) sum = (sum * 31 + byte) >>> 0;
        lines.push(`${path} ${mode} ${time} ${bytes.length} ${sum}${same}`);
      }
    }
  };
  walk("");
  return lines;
}

const LONG = "a-long-name-".repeat(12);

/** A tree with what archives have trouble with. */
function makeTree(folder: string, links: boolean): void {
  const top = `${folder}/tree`;
  Deno.mkdirSync(`${top}/sub/${LONG}/${LONG}`, { recursive: true });
  const file = (name: string, text: string | Uint8Array, mode: number, time: number): void => {
    const path = `${top}/${name}`;
    if (typeof text === "string") Deno.writeTextFileSync(path, text);
    else Deno.writeFileSync(path, text);
    Deno.chmodSync(path, mode);
    Deno.utimeSync(path, time, time);
  };
  file("empty", "", 0o644, 1);
  file("plain", "hello\n", 0o640, 1_000_000_000);
  file("run", "#!/bin/sh\n", 0o755, 1_234_567_890);
  file("only-owner", "secret", 0o400, 2_000_000_001);
  file("with space and 'quote'", "x", 0o666, 946_684_799);
  file("ümläut", "utf-8", 0o644, 1_500_000_001);
  file(
    "sub/binary",
    Uint8Array.from({ length: 100_001 }, (_, i) => i * i >> 3),
    0o600,
    1_400_000_001,
  );
  file("sub/zeros", new Uint8Array(300_000), 0o644, 1_300_000_001);
  file(`sub/${LONG}/${LONG}/end`, "deep", 0o604, 1_200_000_001);
  if (links) {
    Deno.symlinkSync("plain", `${top}/link`);
    Deno.symlinkSync("../plain", `${top}/sub/up`);
    Deno.symlinkSync(LONG, `${top}/sub/long-link`);
    Deno.linkSync(`${top}/plain`, `${top}/sub/second-name`);
  }
  let path = `${top}/sub/${LONG}/${LONG}`;
  for (let time = 1_100_000_001; path !== folder; time++) {
    Deno.chmodSync(path, 0o750);
    Deno.utimeSync(path, time, time);
    path = path.slice(0, path.lastIndexOf("/"));
  }
}

interface Place {
  /** Runs a command of the machine. */
  readonly theirs: (script: string) => void;
  /** Runs the same in a sandbox that has the folder. */
  readonly ours: (script: string) => Promise<void>;
  readonly folder: string;
}

async function withPlace(
  work: (place: Place) => Promise<void>,
  links = true,
): Promise<void> {
  const folder = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "capbox-test-" }));
  try {
    makeTree(folder, links);
    Deno.mkdirSync(`${folder}/out`);
    await using sandbox = await Sandbox.create({
      uid: 0,
      gid: 0,
      mounts: [{ host: folder, guest: "/w", mode: "rw", symlinks: true, hardLinks: true }],
    } as never);
    await work({
      folder,
      theirs: (script) => {
        const { success, stderr } = new Deno.Command("sh", {
          args: ["-c", `umask 022; ${script}`, findBusybox()?.path ?? "busybox"],
          cwd: folder,
          stdin: "null",
          stdout: "null",
          stderr: "piped",
        }).outputSync();
        if (!success) throw new Error(`${script}: ${decoder.decode(stderr)}`);
      },
      ours: async (script) => {
        const { code, stderrText } = await sandbox.sh(`umask 022; ${script}`, { cwd: "/w" });
        if (code !== 0) throw new Error(`${script}: status ${code}: ${stderrText}`);
      },
    });
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Packs one way, unpacks the other way, and compares. */
function exchange(
  name: string,
  needs: readonly string[],
  pack: string,
  unpack: string,
  options: {
    readonly links?: boolean;
    /** Directories are not in the archive before what is in them, so their modes are not compared. */
    readonly directories?: boolean;
    /** Which times the reader keeps, as native busybox does. */
    readonly times?: "all" | "files" | "none";
  } = {},
): void {
  const ignore = needs.some((program) =>
    program === "busybox" ? findBusybox() === undefined : !has(program)
  );
  const compare = (folder: string): void => {
    const times = options.times ?? "files";
    const shown = (path: string): string[] =>
      picture(path, times).filter((line) =>
        options.directories !== false || !/\/ \d+ \S+$/.test(line)
      );
    assertEquals(shown(`${folder}/out/tree`), shown(`${folder}/tree`));
  };
  if (!pack.startsWith("ours:")) {
    Deno.test({
      name: `${name}: theirs is read by ours`,
      ignore,
      fn: () =>
        withPlace(async ({ theirs, ours, folder }) => {
          theirs(pack);
          await ours(unpack);
          compare(folder);
        }, options.links ?? true),
    });
    return;
  }
  Deno.test({
    name: `${name}: ours is read by theirs`,
    ignore,
    fn: () =>
      withPlace(async ({ theirs, ours, folder }) => {
        await ours(pack.slice("ours:".length));
        theirs(unpack);
        compare(folder);
      }, options.links ?? true),
  });
}

for (const format of ["gnu", "oldgnu", "pax", "posix"]) {
  exchange(
    `GNU tar, ${format}`,
    ["tar"],
    `tar -cf a.tar --format=${format} tree`,
    "tar -xpf a.tar -C out",
  );
}
exchange("GNU tar, sparse", ["tar"], "tar -cSf a.tar --format=gnu tree", "tar -xpf a.tar -C out");
exchange("GNU tar -z", ["tar", "gzip"], "tar -czf a.tgz tree", "tar -xpzf a.tgz -C out");
exchange("GNU tar -j", ["tar", "bzip2"], "tar -cjf a.tbz tree", "tar -xpjf a.tbz -C out");
exchange("GNU tar -J", ["tar", "xz"], "tar -cJf a.txz tree", "tar -xpJf a.txz -C out");
exchange("busybox tar", ["busybox"], '"$0" tar -cf a.tar tree', "tar -xpf a.tar -C out");
exchange(
  "busybox cpio",
  ["busybox"],
  'find tree | "$0" cpio -o -H newc > a.cpio',
  "cd out && cpio -idm < ../a.cpio",
  { directories: false },
);
exchange("zip", ["zip"], "zip -qry a.zip tree", "umask 0; unzip -q a.zip -d out", {
  times: "none",
  directories: false,
  links: false,
});
exchange("GNU tar", ["tar"], "ours:tar -cf a.tar tree", "tar -xpf a.tar -C out", { times: "all" });
exchange("GNU tar -z", ["tar", "gzip"], "ours:tar -czf a.tgz tree", "tar -xpzf a.tgz -C out", {
  times: "all",
});
exchange("GNU tar -j", ["tar", "bzip2"], "ours:tar -cjf a.tbz tree", "tar -xpjf a.tbz -C out", {
  times: "all",
});
exchange("busybox tar", ["busybox"], "ours:tar -cf a.tar tree", '"$0" tar -xpf a.tar -C out');
exchange(
  "busybox cpio",
  ["busybox"],
  "ours:find tree | cpio -o -H newc > a.cpio",
  'cd out && "$0" cpio -idm < ../a.cpio',
  { directories: false },
);

const DATA: readonly (readonly [name: string, make: string])[] = [
  ["empty", ": > data"],
  ["one byte", "printf x > data"],
  ["text", "seq 100000 > data"],
  ["zeros", "head -c 1500000 /dev/zero > data"],
  ["binary", "cat tree/sub/binary tree/sub/binary > data"],
];

for (
  const [program, unpacks, packs, levels] of [
    ["gzip", "gunzip", "gzip", ["-1", "-6", "-9"]],
    ["bzip2", "bunzip2", "bzip2", ["-1", "-9"]],
    ["xz", "unxz", "", ["-0", "-6", "--check=sha256", "--x86 --lzma2", "--block-size=65536"]],
    ["lzma", "unlzma", "", ["-1", "-6"]],
  ] as const
) {
  Deno.test({
    name: `${program}: its files are read by ours, and ours by it`,
    ignore: !has(program),
    fn: () =>
      withPlace(async ({ theirs, ours, folder }) => {
        for (const [, make] of DATA) {
          theirs(make);
          const want = Deno.readFileSync(`${folder}/data`);
          for (const level of levels) {
            theirs(`${program} ${level} -c < data > packed`);
            await ours(`${unpacks} -c < packed > again`);
            assertEquals(Deno.readFileSync(`${folder}/again`), want);
            // Several members in one file.
            if (program === "lzma") continue;
            theirs("cat packed packed > twice");
            await ours(
              `${unpacks} -c < twice | cmp - /dev/fd/3 3<<X || ${unpacks} -c < twice > again`,
            );
            await ours(`${unpacks} -c < twice > again`);
            assertEquals(Deno.readFileSync(`${folder}/again`).length, 2 * want.length);
          }
          if (packs === "") continue;
          for (const level of levels) {
            await ours(`${packs} ${level} -c < data > packed`);
            theirs(`${program} -t < packed && ${program} -dc < packed > again`);
            assertEquals(Deno.readFileSync(`${folder}/again`), want);
          }
        }
      }),
  });
}

Deno.test({
  name: "ar: archives of both are read by both",
  ignore: !has("ar"),
  fn: () =>
    withPlace(async ({ theirs, ours, folder }) => {
      theirs("cd tree && ar rcU ../theirs.a plain run 'with space and '\"'quote'\"");
      await ours("cd out && ar xo ../theirs.a");
      for (const name of ["plain", "run", "with space and 'quote'"]) {
        const [from, to] = [`${folder}/tree/${name}`, `${folder}/out/${name}`].map((path) =>
          Deno.statSync(path)
        );
        assertEquals(to.size, from.size);
        assertEquals(
          (to.mode ?? 0) & 0o777,
          (from.mode ?? 0) & 0o777 & ~0o022 | (from.mode ?? 0) & 0o022,
        );
      }
    }),
});

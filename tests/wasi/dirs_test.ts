import { assertEquals } from "@std/assert";
import { OFLAG, RIGHT } from "../../wasi/abi.ts";
import { AT, type TestGuest, withGuest } from "./harness.ts";

interface Entry {
  readonly next: bigint;
  readonly ino: bigint;
  readonly name: string;
  readonly type: number;
}

/** Reads one buffer full: whole entries, and how much of the buffer was used. */
function readdir(it: TestGuest, fd: number, cookie: bigint, size = 4096): [Entry[], number] {
  assertEquals(it.call("fd_readdir", fd, AT.DATA, size, cookie, AT.RESULT), "SUCCESS");
  const used = it.u32();
  const entries: Entry[] = [];
  for (let at = AT.DATA; at + 24 <= AT.DATA + used;) {
    const length = it.u32(at + 16);
    if (at + 24 + length > AT.DATA + used) break;
    entries.push({
      next: it.u64(at),
      ino: it.u64(at + 8),
      name: it.text(at + 24, length),
      type: it.bytes[at + 20],
    });
    at += 24 + length;
  }
  return [entries, used];
}

Deno.test("fd_readdir gives . and .. and every entry, with the inode numbers of stat", () =>
  withGuest((it, process) => {
    process.fs.makeDir("/box/dir");
    process.fs.writeFile("/box/file", new Uint8Array(0));
    process.fs.symlink("file", "/box/link");
    const [entries, used] = readdir(it, 3, 0n);
    assertEquals(used < 4096, true);
    assertEquals(entries.slice(0, 2).map((entry) => entry.name), [".", ".."]);
    const rest = entries.slice(2).sort((a, b) => a.name < b.name ? -1 : 1);
    assertEquals(rest.map(({ name, type }) => [name, type]), [["dir", 3], ["file", 4], [
      "link",
      7,
    ]]);
    for (const { name, ino } of rest) {
      assertEquals(ino, BigInt(process.fs.lstat(`/box/${name}`).ino));
    }
    assertEquals(entries[0].ino, BigInt(process.fs.stat("/box").ino));
  }));

Deno.test("cookies can be used again, and entries removed meanwhile disturb nobody", () =>
  withGuest((it, process) => {
    const names = Array.from({ length: 200 }, (_, i) => `file-${i}`);
    for (const name of names) process.fs.writeFile(`/box/${name}`, new Uint8Array(0));
    const seen: string[] = [];
    let cookie = 0n;
    for (;;) {
      const [entries, used] = readdir(it, 3, cookie, 300);
      for (const { name } of entries) {
        if (name.startsWith("file")) {
          seen.push(name);
          // As `rm -r` does: each entry goes as soon as it was read.
          it.call("path_unlink_file", 3, ...it.path(name));
        }
      }
      if (used < 300) break;
      if (cookie !== 0n) {
        const again = readdir(it, 3, cookie, 300)[0];
        assertEquals(again.map(({ name }) => name), entries.map(({ name }) => name));
      }
      cookie = entries[entries.length - 1].next;
    }
    assertEquals(seen.sort(), names.sort());
    assertEquals(readdir(it, 3, 0n)[0].length, 2);
    assertEquals(readdir(it, 3, 5000n), [[], 0]);
  }));

Deno.test("an entry that does not fit is cut at the end of the buffer", () =>
  withGuest((it, process) => {
    process.fs.writeFile("/box/abcdef", new Uint8Array(0));
    for (const size of [0, 1, 23, 24, 25, 26, 49, 50, 51, 75, 78, 80]) {
      it.bytes.fill(0xaa, AT.DATA, AT.DATA + 200);
      const [, used] = readdir(it, 3, 0n, size);
      assertEquals(used, Math.min(size, 25 + 26 + 30));
      assertEquals(it.bytes[AT.DATA + used], 0xaa, "nothing after the buffer");
    }
  }));

Deno.test("fd_readdir refuses files, missing rights and bad pointers", () =>
  withGuest((it) => {
    const file = it.open("f", { oflags: OFLAG.CREAT });
    assertEquals(it.call("fd_readdir", file, AT.DATA, 9, 0n, AT.RESULT), "NOTCAPABLE");
    assertEquals(it.call("fd_readdir", 88, AT.DATA, 9, 0n, AT.RESULT), "BADF");
    assertEquals(it.call("fd_readdir", 3, 4 * 65536 - 3, 9, 0n, AT.RESULT), "FAULT");
    assertEquals(it.call("fd_readdir", 3, AT.DATA, -1, 0n, AT.RESULT), "FAULT");
    assertEquals(it.call("fd_readdir", 3, AT.DATA, 9, 0n, 4 * 65536 - 3), "FAULT");
    assertEquals(it.call("fd_readdir", 3, AT.DATA, 9, -1n, AT.RESULT), "INVAL");
    const poor = it.open(".", { oflags: OFLAG.DIRECTORY, rights: BigInt(RIGHT.PATH_OPEN) });
    assertEquals(it.call("fd_readdir", poor, AT.DATA, 9, 0n, AT.RESULT), "NOTCAPABLE");
  }));

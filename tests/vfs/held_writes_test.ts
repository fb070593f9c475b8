import { assert, assertEquals, assertThrows } from "@std/assert";
import { VfsError } from "../../sandbox/errors.ts";
import { settleWrites } from "../../sandbox/host/held_writes.ts";
import { DenoFs } from "../../sandbox/host/fs.ts";
import { Sandbox } from "../../mod.ts";
import type { Run } from "../../sandbox/kernel/run.ts";
import { outputTo } from "../../sandbox/session/streams.ts";
import type { Waiter } from "../../sandbox/types.ts";
import type { HostFile } from "../../sandbox/vfs/host_access.ts";
import { fromText } from "../../sandbox/bytes.ts";
import { UNLIMITED } from "../kernel/unlimited.ts";

const DATA = new TextEncoder().encode("0123456789abcdef");

interface Box {
  readonly path: string;
  readonly fs: DenoFs;
  readonly file: HostFile;
}

/** A new file in a new folder, with its first small writes done. */
async function withFile(work: (box: Box) => void | Promise<void>): Promise<void> {
  const folder = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "capbox-test-" }));
  const fs = DenoFs.open(folder);
  const path = fs.child(fs.root, "f");
  const file = fs.create(path, 0o666, { read: true, write: true });
  try {
    await work({ path, fs, file });
  } finally {
    file.close();
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Writes so many pieces one after the other from the start. */
function writePieces(file: HostFile, count: number): void {
  for (let i = 0; i < count; i++) file.pwriteSoon?.(DATA, 0, 16, i * 16);
}

function want(count: number): string {
  return "0123456789abcdef".repeat(count);
}

Deno.test("many small writes reach the host in fewer calls, and a few of them at once", async () => {
  await withFile(({ path, file }) => {
    let calls = 0;
    const { file: real } = file as unknown as { file: Deno.FsFile };
    const { writeSync } = real;
    real.writeSync = (bytes) => {
      calls++;
      return writeSync.call(real, bytes);
    };
    writePieces(file, 3);
    assertEquals(Deno.readTextFileSync(path), want(3));
    writePieces(file, 2000);
    assert(calls < 30, `${calls} calls`);
    settleWrites();
    assertEquals(Deno.readTextFileSync(path), want(2000));
  });
});

Deno.test("held writes end with the turn of the event loop", async () => {
  await withFile(async ({ path, file }) => {
    writePieces(file, 100);
    assert(Deno.statSync(path).size < 1600, "nothing was held back");
    await Promise.resolve();
    assertEquals(Deno.readTextFileSync(path), want(100));
  });
});

Deno.test("every other call on the host comes after held writes", async () => {
  const buffer = new Uint8Array(2000);
  const looks: readonly [string, (box: Box) => void][] = [
    ["lstat", ({ fs, path }) => assertEquals(fs.lstat(path as never)?.size, 1600)],
    ["open", ({ fs, path }) => {
      const other = fs.open(path as never, { read: true, write: false });
      assertEquals(other.pread(buffer, 0), 1600);
      other.close();
    }],
    ["pread", ({ file }) => assertEquals(file.pread(buffer, 0), 1600)],
    ["stat", ({ file }) => assertEquals(file.stat().size, 1600)],
    ["size", ({ file }) => assertEquals(file.size(), 1600)],
    ["truncate", ({ file, path }) => {
      file.truncate(1500);
      assertEquals(Deno.statSync(path).size, 1500);
    }],
    ["pwrite", ({ file, path }) => {
      file.pwrite(DATA, 0);
      assertEquals(Deno.statSync(path).size, 1600);
    }],
    ["elsewhere", ({ file, path }) => {
      file.pwriteSoon?.(DATA, 0, 16, 0);
      assertEquals(Deno.statSync(path).size, 1600);
    }],
    ["list", ({ fs, path }) => {
      fs.list(fs.root, () => {});
      assertEquals(Deno.statSync(path).size, 1600);
    }],
    ["remove", ({ fs, path, file }) => {
      fs.remove(path as never);
      assertEquals(file.stat().size, 1600);
    }],
    ["sync", ({ file, path }) => {
      file.sync();
      assertEquals(Deno.statSync(path).size, 1600);
    }],
  ];
  for (const [name, look] of looks) {
    await withFile((box) => {
      writePieces(box.file, 100);
      assert(Deno.statSync(box.path).size < 1600, `${name}: nothing was held back`);
      look(box);
    });
  }
});

Deno.test("small writes of two files keep their order", async () => {
  await withFile(({ fs, path, file }) => {
    const second = fs.create(fs.child(fs.root, "g"), 0o666, { read: false, write: true });
    try {
      writePieces(file, 100);
      writePieces(second, 100);
      // The first file's writes came before any of the second's.
      assertEquals(Deno.statSync(path).size, 1600);
    } finally {
      second.close();
    }
  });
});

Deno.test("what held writes met is told by the next write, sync or close, once", async () => {
  await withFile(async ({ file }) => {
    const { file: real } = file as unknown as { file: Deno.FsFile };
    const { writeSync } = real;
    const full = (): never => {
      throw Object.assign(new Error("no space"), { code: "ENOSPC" });
    };
    for (
      const next of [
        () => file.sync(),
        () => file.writeOut?.(),
        () => file.pwrite(DATA, 0),
        () => file.pwriteSoon?.(DATA, 0, 16, 0),
      ]
    ) {
      real.writeSync = writeSync;
      writePieces(file, 20);
      real.writeSync = full;
      await Promise.resolve();
      const error = assertThrows(next, VfsError);
      assertEquals(error.code, "ENOSPC");
      real.writeSync = writeSync;
      next();
    }
  });
});

Deno.test("small writes of a process are held back, and its own next call sees them", async () => {
  const folder = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "capbox-test-" }));
  const sizes: number[] = [];
  await using sandbox = await Sandbox.create({
    mounts: [{ host: folder, guest: "/d", mode: "rw" }],
  });
  const { ended } = sandbox.kernel.start({
    argv: ["test"].map(fromText),
    ...UNLIMITED,
    program: (process) => {
      const file = process.fs.open("/d/f", 0o102);
      for (let i = 0; i < 100; i++) file.writeFrom?.(DATA, 0, 16, process.waiter);
      sizes.push(Deno.statSync(`${folder}/f`).size);
      assertEquals(process.fs.stat("/d/f").size, 1600);
      file.release();
      return 0;
    },
  });
  assertEquals((await ended).code, 0);
  assert(sizes[0] < 1600, "nothing was held back");
  assertEquals(Deno.readTextFileSync(`${folder}/f`), want(100));
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("output to the embedding program comes after held writes", async () => {
  await withFile(({ path, file }) => {
    let seen = -1;
    const run = { outputLeft: 1000 } as Run;
    const output = outputTo(() => run, () => {}, [], () => {
      seen = Deno.statSync(path).size;
    });
    writePieces(file, 100);
    assert(Deno.statSync(path).size < 1600, "nothing was held back");
    output.write(DATA, { tick: () => undefined, spend: () => {} } as unknown as Waiter);
    assertEquals(seen, 1600);
  });
});

Deno.test("what the embedding program changes between two calls is seen without a pause", async () => {
  const folder = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "capbox-test-" }));
  try {
    await using sandbox = await Sandbox.create({
      mounts: [{ host: folder, guest: "/d", mode: "rw" }],
    });
    const missing = sandbox.fs.stat("/d/f").then(() => "there", () => "missing");
    Deno.writeTextFileSync(`${folder}/f`, "one");
    const first = sandbox.fs.stat("/d/f");
    Deno.writeTextFileSync(`${folder}/f`, "three");
    const second = sandbox.fs.stat("/d/f");
    Deno.removeSync(`${folder}/f`);
    const gone = sandbox.fs.stat("/d/f").then(() => "there", () => "missing");
    assertEquals([await missing, await gone], ["missing", "missing"]);
    assertEquals([(await first).size, (await second).size], [3, 5]);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

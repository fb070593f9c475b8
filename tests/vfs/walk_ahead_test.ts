import { assertEquals, assertThrows } from "@std/assert";
import { VfsError } from "../../sandbox/errors.ts";
import { DenoFs, type HostPath } from "../../sandbox/host/fs.ts";
import { O_WRONLY, type Stat } from "../../sandbox/types.ts";
import type { HostAccess } from "../../sandbox/vfs/host_access.ts";
import { HostDirLayer } from "../../sandbox/vfs/host_layer.ts";
import { as, memory, view } from "./fixture.ts";

async function withTree(work: (top: string) => void | Promise<void>): Promise<void> {
  const top = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "capbox-ahead-" }));
  try {
    await work(top);
  } finally {
    Deno.removeSync(top, { recursive: true });
  }
}

/** Numbers below a bound, the same for a seed. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = Math.imul(state, 1103515245) + 12345 & 0x7fffffff;
    return (state >>> 8) % below;
  };
}

type Facts = Pick<Stat, "ino" | "mode" | "size" | "nlink"> | "nothing";

function facts(stat: Stat): Facts {
  return { ino: stat.ino, mode: stat.mode, size: stat.size, nlink: stat.nlink };
}

/** What the host itself says. */
function truth(path: string): Facts {
  try {
    const info = Deno.lstatSync(path);
    return {
      ino: info.ino as number,
      mode: info.mode as number,
      size: info.size,
      nlink: info.nlink as number,
    };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "nothing";
    throw error;
  }
}

Deno.test("a walk over a listing sees each entry as it is, whatever is changed meanwhile", async () => {
  await withTree(async (top) => {
    for (let seed = 1; seed <= 60; seed++) {
      const next = numbers(seed);
      const at = `${top}/${seed}`;
      Deno.mkdirSync(at);
      const count = 3 + next(70);
      for (let i = 0; i < count; i++) {
        const path = `${at}/n${i}`;
        const kind = next(12);
        if (kind === 0) Deno.mkdirSync(path);
        else if (kind === 1) Deno.symlinkSync("n0", path);
        else Deno.writeTextFileSync(path, "x".repeat(next(50)));
      }
      const { fs } = view(new HostDirLayer(DenoFs.open(top), { symlinks: true, hardLinks: true }));
      const directory = fs.openDirectory(`/${seed}`);
      const entries = directory.entries();
      if (next(4) === 0) entries.sort((a, b) => a.name < b.name ? -1 : 1);
      for (const [i, { name }] of entries.entries()) {
        const choice = next(14);
        const other = entries[Math.min(i + next(6), entries.length - 1)].name;
        const inside = `/${seed}/${other}`;
        try {
          if (choice === 0) fs.unlink(inside);
          else if (choice === 1) fs.writeFile(inside, new Uint8Array(next(99)));
          else if (choice === 2) fs.chmod(inside, 0o600 + next(64));
          else if (choice === 3) fs.rename(inside, `/${seed}/${name}`);
          else if (choice === 4) fs.link(inside, `/${seed}/more${i}`);
          else if (choice === 5) {
            const file = directory.openAt(other, O_WRONLY);
            file.pwrite(new Uint8Array(100 + next(9)), 0);
            file.release();
          } else if (choice === 6) {
            // Somebody else on the host, who never runs within a turn of ours.
            await undefined;
            Deno.removeSync(`${at}/${other}`, { recursive: true });
            const kind = next(4);
            if (kind < 2) Deno.mkdirSync(`${at}/${other}`);
            else if (kind === 2) Deno.symlinkSync("/", `${at}/${other}`);
          }
        } catch (error) {
          if (!(error instanceof VfsError || error instanceof Deno.errors.NotFound)) throw error;
        }
        // A walk may leave entries out, and one may be asked about again.
        if (next(9) === 0) continue;
        let said: Facts = "nothing";
        try {
          said = facts(directory.lstatAt(name));
        } catch (error) {
          if (!(error instanceof VfsError) || error.code !== "ENOENT") throw error;
        }
        assertEquals(said, truth(`${at}/${name}`), `seed ${seed}, ${name}`);
      }
    }
  });
});

/** A host that counts how often it is asked. */
function counting(host: HostAccess<HostPath>): {
  readonly host: HostAccess<HostPath>;
  readonly counts: { one: number; many: number };
} {
  const counts = { one: 0, many: 0 };
  const seen = new Proxy(host, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        if (name === "lstat") counts.one++;
        else if (name === "lstatEach") counts.many++;
        return Reflect.apply(value, target, args);
      };
    },
  });
  return { host: seen, counts };
}

Deno.test("files are asked about together by a walk, and one by one by others", async () => {
  await withTree((top) => {
    for (let i = 0; i < 200; i++) Deno.writeTextFileSync(`${top}/n${i}`, "");
    const { host, counts } = counting(DenoFs.open(top));
    const directory = view(new HostDirLayer(host)).fs.openDirectory("/");
    const names = directory.entries().map(({ name }) => name);
    for (const name of names) directory.lstatAt(name);
    assertEquals(counts.many <= 10, true, `${counts.many} times`);
    assertEquals(counts.one <= 20, true, `${counts.one} single questions`);
    counts.many = 0;
    directory.entries();
    for (const name of names.reverse()) directory.lstatAt(name);
    assertEquals(counts.many, 0);
  });
});

Deno.test("a walk meets mounts, and directories that may not be searched", async () => {
  await withTree((top) => {
    for (let i = 0; i < 20; i++) Deno.writeTextFileSync(`${top}/n${i}`, "x");
    Deno.removeSync(`${top}/n7`);
    Deno.mkdirSync(`${top}/n7`);
    Deno.chmodSync(top, 0o744);
    const made = view(new HostDirLayer(DenoFs.open(top)));
    made.namespace.mount("/n7", memory(), { source: "m", options: "rw" });
    const directory = made.fs.openDirectory("/");
    const kinds = directory.entries().map(({ name }) => directory.lstatAt(name).size === 1);
    assertEquals(kinds.filter((isFile) => isFile).length, 19);
    // Another user sees the names, and nothing of what they stand for.
    const strange = as(made, 4000).fs.openDirectory("/");
    for (const { name } of strange.entries()) {
      assertThrows(() => strange.lstatAt(name), VfsError, "Permission denied");
    }
  });
});

import { assert, assertEquals } from "@std/assert";
import { ForkContext, Quota } from "../../sandbox/vfs/layer.ts";
import { MemoryLayer } from "../../sandbox/vfs/memory.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import type { FileHandle, FileNode } from "../../sandbox/types.ts";

const ROOT = { uid: 0, gid: 0 };

function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = Math.imul(state ^ state >>> 15, 0x2c1b3c6d) + 0x9e3779b9 | 0;
    return ((state ^ state >>> 13) >>> 0) % below;
  };
}

/** Puts bytes through one of the two ways; the code of the error, if any. */
function put(handle: FileHandle, bytes: Uint8Array, position: number, small: boolean): string {
  try {
    // What is around the part must not be written.
    const source = new Uint8Array(bytes.length + 8).fill(99);
    source.set(bytes, 3);
    if (small) handle.pwriteSoon?.(source, 3, 3 + bytes.length, position);
    else handle.pwrite(bytes, position);
    return "";
  } catch (error) {
    if (!isVfsError(error)) throw error;
    return error.code;
  }
}

function contents(handle: FileHandle): Uint8Array {
  const all = new Uint8Array(handle.size());
  let at = 0;
  for (let n; (n = handle.pread(all.subarray(at), at)) > 0;) at += n;
  return all.subarray(0, at);
}

Deno.test("small writes leave the same contents and charges as whole ones, forks and all", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const next = random(seed);
    const maxBytes = seed % 4 === 0 ? 70_000 : Infinity;
    const sides = [true, false].map((small) => {
      const quota = new Quota({ maxBytes });
      const layer = new MemoryLayer({ quota, nowNs: () => 5n });
      const node = layer.root.createFile("f", 0o644, ROOT);
      return { small, quota, layer, handle: node.openFile({ read: true, write: true }) };
    });
    let end = 0;
    for (let step = 0; step < 400; step++) {
      const choice = next(20);
      if (choice === 0) {
        const size = next(3) === 0 ? next(140_000) : next(100);
        const codes = sides.map(({ handle }) => {
          try {
            handle.truncate(size);
            return "";
          } catch (error) {
            return isVfsError(error) ? error.code : `${error}`;
          }
        });
        assertEquals(codes[0], codes[1]);
        end = sides[1].handle.size();
      } else if (choice === 1) {
        // The copy must keep what it has, whatever is written to the original afterwards.
        for (const { layer, handle } of sides) {
          const before = contents(handle);
          const copy = layer.fork(new ForkContext());
          put(handle, Uint8Array.of(7, 7, 7), 0, true);
          const node = copy.root.lookup("f") as unknown as FileNode;
          const other = node.openFile({ read: true, write: false });
          assertEquals(contents(other), before);
          other.close();
        }
        end = sides[1].handle.size();
      } else {
        const big = next(12) === 0;
        const bytes = new Uint8Array(big ? next(30_000) : next(64)).map(() => next(256));
        const position = next(5) === 0 ? next(end + 200) : end;
        const codes = sides.map(({ handle, small }) => put(handle, bytes, position, small));
        assertEquals(codes[0], codes[1]);
        end = sides[1].handle.size();
      }
      assertEquals(sides[0].quota.bytes, sides[1].quota.bytes);
    }
    assertEquals(contents(sides[0].handle), contents(sides[1].handle));
    for (const { handle } of sides) handle.close();
  }
});

Deno.test("small writes set the time of change, later ones of another turn a later one", async () => {
  let now = 1000n;
  const layer = new MemoryLayer({ nowNs: () => now });
  const handle = layer.root.createFile("f", 0o644, ROOT).openFile({ read: false, write: true });
  const bytes = new Uint8Array(16);
  handle.pwriteSoon?.(bytes, 0, 16, 0);
  handle.pwriteSoon?.(bytes, 0, 16, 16);
  assertEquals(handle.stat().mtimeNs, 1000n);
  now = 2000n;
  await Promise.resolve();
  handle.pwriteSoon?.(bytes, 0, 16, 32);
  assertEquals(handle.stat().mtimeNs, 2000n);
  // Without a turn the clock is asked again after a while, too.
  now = 3000n;
  for (let i = 3; i < 103; i++) handle.pwriteSoon?.(bytes, 0, 16, i * 16);
  assertEquals(handle.stat().mtimeNs, 3000n);
  // What was changed in another way in between is not newer than a small write after it.
  now = 4000n;
  const other = layer.root.createFile("g", 0o644, ROOT);
  handle.pwriteSoon?.(bytes, 0, 16, 0);
  assert(handle.stat().mtimeNs >= other.stat().mtimeNs);
  handle.close();
});

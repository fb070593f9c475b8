import { assert, assertEquals } from "@std/assert";
import { BufferPool, POOL_BUFFER } from "../../sandbox/kernel/buffer_pool.ts";
import { Pipe, PIPE_CAPACITY, PipeReader, PipeWriter } from "../../sandbox/kernel/pipe.ts";
import type { Waiter } from "../../sandbox/types.ts";

const waiter = {
  tick: () => undefined,
  spend: () => {},
  brokenPipe: () => {},
} as unknown as Waiter;

function ends(): { pipe: Pipe; reader: PipeReader; writer: PipeWriter } {
  const pipe = new Pipe(new BufferPool());
  return { pipe, reader: new PipeReader(pipe, 1), writer: new PipeWriter(pipe, 1) };
}

/** Numbers that look random (xorshift). */
function numbers(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}

Deno.test("bytes come out of a pipe in order, however they are written and read", async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const pick = numbers(seed);
    const { pipe, reader, writer } = ends();
    let written = 0;
    let seen = 0;
    // Chunks that their reader keeps must stay as they are while others go round.
    const kept: { readonly chunk: Uint8Array; readonly at: number }[] = [];
    const check = (chunk: Uint8Array, at: number): void => {
      for (let i = 0; i < chunk.length; i++) {
        if (chunk[i] !== (at + i) * 7 % 251) throw new Error(`seed ${seed}: byte ${at + i}`);
      }
    };
    for (let step = 0; step < 400; step++) {
      const room = PIPE_CAPACITY - pipe.size;
      if (pick(2) === 0 && room > 0) {
        const size = Math.min(room, 1 + pick([20, 500, 9000][pick(3)]));
        const fill = (chunk: Uint8Array): Uint8Array =>
          chunk.map((_, i) => (written + i) * 7 % 251);
        switch (pick(3)) {
          case 0:
            assertEquals(writer.write(fill(new Uint8Array(size)), waiter), undefined);
            break;
          case 1: {
            const part = writer.newBuffer().subarray(0, size);
            part.set(fill(part));
            assertEquals(writer.give(part, waiter), undefined);
            break;
          }
          default: {
            const memory = new Uint8Array(size + 10);
            memory.set(fill(new Uint8Array(size)), 3);
            assertEquals(writer.writeFrom(memory, 3, 3 + size, waiter), size);
            memory.fill(0);
          }
        }
        written += size;
      } else if (pipe.size > 0) {
        const max = 1 + pick([10, 800, 70000][pick(3)]);
        let chunk: Uint8Array;
        switch (pick(4)) {
          case 0:
            chunk = await reader.read(max, waiter) as Uint8Array;
            kept.push({ chunk, at: seen });
            break;
          case 1:
            chunk = await reader.readReused(max, waiter) as Uint8Array;
            break;
          case 2: {
            const limit = Math.min(max, pipe.size);
            chunk = await reader.readUntil(pick(251), limit, waiter) as Uint8Array;
            kept.push({ chunk, at: seen });
            break;
          }
          default: {
            const memory = new Uint8Array(max + 4);
            const count = reader.readInto(memory, 4, 4 + max, waiter);
            chunk = memory.subarray(4, 4 + count);
          }
        }
        assert(chunk.length > 0 && chunk.length <= max);
        check(chunk, seen);
        seen += chunk.length;
      }
      assertEquals(pipe.size, written - seen);
    }
    for (const { chunk, at } of kept) check(chunk, at);
    reader.release();
    writer.release();
  }
});

Deno.test("small writes of a guest join in one chunk, which is no larger for who keeps it", async () => {
  const { reader, writer } = ends();
  const memory = new Uint8Array(100).fill(97);
  for (let i = 0; i < 50; i++) writer.writeFrom(memory, 0, 100, waiter);
  assertEquals((await reader.readReused(65536, waiter))?.length, 5000);
  writer.writeFrom(memory, 0, 100, waiter);
  const kept = await reader.read(65536, waiter) as Uint8Array;
  assertEquals(kept.length, 100);
  assert(kept.buffer.byteLength < POOL_BUFFER);
});

Deno.test("what does not fit, and a pipe without a reader, is left to write", () => {
  const { reader, writer } = ends();
  const memory = new Uint8Array(16384);
  for (let i = 0; i < 4; i++) assertEquals(writer.writeFrom(memory, 0, 16384, waiter), 16384);
  assertEquals(writer.writeFrom(memory, 0, 1, waiter), -1);
  reader.release();
  assertEquals(writer.writeFrom(memory, 0, 1, waiter), -1);
});

Deno.test("reading into memory takes what is there, and says when nothing is", () => {
  const { reader, writer } = ends();
  const memory = new Uint8Array(10);
  assertEquals(reader.readInto(memory, 0, 10, waiter), -1);
  writer.writeFrom(Uint8Array.of(1, 2, 3), 0, 3, waiter);
  void writer.write(Uint8Array.of(4, 5), waiter);
  assertEquals(reader.readInto(memory, 1, 10, waiter), 5);
  assertEquals([...memory], [0, 1, 2, 3, 4, 5, 0, 0, 0, 0]);
});

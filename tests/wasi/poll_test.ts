import { assert, assertEquals } from "@std/assert";
import type { OpenFile, Process } from "../../sandbox/types.ts";
import { AT, TestGuest, withGuest } from "./harness.ts";

type Subscription =
  | { readonly clock: number; readonly timeout: bigint; readonly absolute?: boolean }
  | { readonly read: number }
  | { readonly write: number }
  | { readonly type: number };

/** Puts subscriptions into memory, with their index plus 100 as user data. */
function subscribe(it: TestGuest, all: readonly Subscription[], unstable = false): number {
  const size = unstable ? 56 : 48;
  all.forEach((each, i) => {
    const at = AT.IOVS + i * size;
    it.bytes.fill(0, at, at + size);
    it.view.setBigUint64(at, BigInt(100 + i), true);
    if ("clock" in each) {
      const clock = at + (unstable ? 24 : 16);
      it.view.setUint32(clock, each.clock, true);
      it.view.setBigUint64(clock + 8, each.timeout, true);
      it.view.setUint16(clock + 24, each.absolute ? 1 : 0, true);
    } else if ("read" in each || "write" in each) {
      it.bytes[at + 8] = "read" in each ? 1 : 2;
      it.view.setUint32(at + 16, "read" in each ? each.read : each.write, true);
    } else it.bytes[at + 8] = each.type;
  });
  return all.length;
}

/** Polls, and gives [index, type, error, bytes, flags] of each event. */
async function poll(it: TestGuest, all: readonly Subscription[]): Promise<number[][]> {
  const count = subscribe(it, all);
  assertEquals(await it.wait("poll_oneoff", AT.IOVS, AT.DATA, count, AT.RESULT), "SUCCESS");
  return events(it);
}

function events(it: TestGuest): number[][] {
  return Array.from({ length: it.u32() }, (_, i) => {
    const at = AT.DATA + i * 32;
    return [
      Number(it.u64(at)) - 100,
      it.bytes[at + 10],
      it.view.getUint16(at + 8, true),
      Number(it.u64(at + 16)),
      it.view.getUint16(at + 24, true),
    ];
  });
}

const MS = 1_000_000n;

Deno.test("poll_oneoff waits for the first clock, relative or absolute", () =>
  withGuest(async (it, process) => {
    const before = process.clock.monotonicMs();
    assertEquals(
      await poll(it, [{ clock: 1, timeout: 5000n * MS }, { clock: 0, timeout: 20n * MS }]),
      [[1, 0, 0, 0, 0]],
    );
    const waited = process.clock.monotonicMs() - before;
    assertEquals(waited >= 19 && waited < 2000, true, `${waited}`);
    const end = process.clock.monotonicNs() + 10n * MS;
    assertEquals(await poll(it, [{ clock: 1, timeout: end, absolute: true }]), [[0, 0, 0, 0, 0]]);
    assertEquals(await poll(it, [{ clock: 0, timeout: 0n, absolute: true }]), [[0, 0, 0, 0, 0]]);
    assertEquals(await poll(it, [{ clock: 1, timeout: 0n }]), [[0, 0, 0, 0, 0]]);
  }));

Deno.test("poll_oneoff tells errors as events", () =>
  withGuest(async (it) => {
    assertEquals(
      await poll(it, [{ read: 44 }, { clock: 9, timeout: 0n }, { clock: 2, timeout: 9n }, {
        type: 7,
      }]),
      [[0, 1, 8, 0, 0], [1, 0, 28, 0, 0], [2, 0, 58, 0, 0], [3, 7, 28, 0, 0]],
    );
  }));

function pipes(process: Process): Map<number, OpenFile> {
  const input = process.pipe();
  const output = process.pipe();
  process.setFd(input.write, 10);
  process.setFd(output.read, 11);
  return new Map([[0, input.read], [1, output.write]]);
}

Deno.test("poll_oneoff with clock and descriptors together", () =>
  withGuest(async (it, process) => {
    const quiet = [{ read: 0 }, { clock: 1, timeout: 15n * MS }] as const;
    assertEquals(await poll(it, quiet), [[1, 0, 0, 0, 0]]);
    assertEquals((await poll(it, [{ read: 0 }, { write: 1 }]))[0].slice(0, 3), [1, 2, 0]);
    const waiting = poll(it, [{ read: 0 }, { clock: 1, timeout: 9000n * MS }]);
    process.fd(10)?.write(new TextEncoder().encode("abc"), process.waiter);
    assertEquals(await waiting, [[0, 1, 0, 3, 0]]);
    assertEquals(it.read(0), "abc");
    process.closeFd(10);
    const [[index, type, error, , flags]] = await poll(it, [{ read: 0 }]);
    assertEquals([index, type, error, flags], [0, 1, 0, 1]);
    assertEquals(it.read(0), "");
  }, { fds: pipes }));

Deno.test("regular files are always ready", () =>
  withGuest(async (it) => {
    const file = it.open("f", { oflags: 1 });
    it.write(file, "12345");
    it.call("fd_seek", file, 1n, 0, AT.RESULT);
    assertEquals(await poll(it, [{ read: file }, { write: file }]), [
      [0, 1, 0, 4, 0],
      [1, 2, 0, 0, 0],
    ]);
  }));

Deno.test("poll_oneoff refuses nothing, too much and bad pointers", () =>
  withGuest(async (it) => {
    const END = 4 * 65536;
    const call = (...args: number[]) => it.wait("poll_oneoff", ...args);
    subscribe(it, [{ clock: 1, timeout: 0n }]);
    assertEquals(await call(AT.IOVS, AT.DATA, 0, AT.RESULT), "INVAL");
    assertEquals(await call(END - 47, AT.DATA, 1, AT.RESULT), "FAULT");
    assertEquals(await call(AT.IOVS, END - 31, 1, AT.RESULT), "FAULT");
    assertEquals(await call(AT.IOVS, AT.DATA, 1, END - 3), "FAULT");
    // 89478486 * 48 is 32 in 32 bits.
    assertEquals(await call(AT.IOVS, AT.DATA, 89478486, AT.RESULT), "FAULT");
    assertEquals(await call(0, 0, 4000, AT.RESULT), "INVAL");
  }));

Deno.test("wasi_unstable has longer subscriptions", () =>
  withGuest((it) => {
    const count = subscribe(it, [{ clock: 1, timeout: 0n }, { read: 91 }], true);
    assertEquals(it.callUnstable("poll_oneoff", AT.IOVS, AT.DATA, count, AT.RESULT), "SUCCESS");
    assertEquals(events(it), [[0, 0, 0, 0, 0], [1, 1, 8, 0, 0]]);
  }));

Deno.test("a read of an empty pipe waits, and one that must not wait says AGAIN", () =>
  withGuest(async (it, process) => {
    assertEquals(it.call("fd_fdstat_set_flags", 0, 4), "SUCCESS");
    assertEquals(it.read(0), "AGAIN");
    assertEquals(it.call("fd_fdstat_set_flags", 0, 0), "SUCCESS");
    const reading = it.wait("fd_read", 0, ...it.buffer(10), AT.RESULT);
    process.fd(10)?.write(new TextEncoder().encode("hello"), process.waiter);
    assertEquals(await reading, "SUCCESS");
    assertEquals(it.text(AT.DATA, it.u32()), "hello");
  }, { fds: pipes }));

Deno.test("the memory may grow while a call waits", () =>
  withGuest(async (it, process) => {
    const reading = it.wait("fd_read", 0, ...it.buffer(10), AT.RESULT);
    it.memory.grow(3);
    process.fd(10)?.write(new TextEncoder().encode("grown"), process.waiter);
    assertEquals(await reading, "SUCCESS");
    assertEquals(it.text(AT.DATA, it.u32()), "grown");
  }, { fds: pipes }));

Deno.test("a suspended guest is taken down when its process ends, and runs no further", async () => {
  let failure: unknown;
  await withGuest(async (_it, process) => {
    const { read } = process.pipe();
    const child = process.spawn(["waiting"], {
      program: async (inner) => {
        const guest = new TestGuest(inner);
        guest.guest.fds.setStandard(0, inner.fd(0));
        try {
          await guest.wait("fd_read", 0, ...guest.buffer(10), AT.RESULT);
        } catch (error) {
          failure = error;
          throw error;
        }
        return 0;
      },
      fds: new Map([[0, read]]),
    });
    process.kill(child.pid, 9);
    assertEquals((await child.wait()).signal, 9);
    await process.sleep(5);
  });
  assert(failure instanceof WebAssembly.RuntimeError);
});

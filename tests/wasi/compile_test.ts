import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { compile, ModuleError } from "../../wasi/compile.ts";
import { PREVIEW1 } from "../../wasi/abi.ts";
import { importsOf, type SuspendingWebAssembly } from "../../wasi/compile.ts";
import { ERRNO } from "../../wasi/errno.ts";
import { Guest } from "../../wasi/guest.ts";
import { findImport, type Linked } from "../../wasi/imports.ts";
import { GuestMemory, smallU64 } from "../../wasi/memory.ts";
import { buildShim } from "../../wasi/shim.ts";
import { readAddress } from "../../wasi/sockets.ts";
import { systemOf } from "../../wasi/system.ts";
import { Wasi } from "../../wasi/mod.ts";
import { assemble } from "./assemble.ts";
import { importText, withGuest } from "./harness.ts";
import { command, printer } from "./programs.ts";

/** A module of more than 64 KiB, which is compiled in the background. */
function large(text: string): Uint8Array<ArrayBuffer> {
  const filler = "x".repeat(50_000);
  return command(
    `(i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const ${text.length}))
     (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))`,
    {
      imports: ["fd_write"],
      memory: "4",
      extra: `(data (i32.const 16) "${text}") (data (i32.const 1000) "${filler}${filler}")`,
    },
  );
}

Deno.test("large modules are compiled in the background, once", async () => {
  const first = compile(large("hi"));
  assert(first instanceof Promise);
  assertEquals(compile(large("hi")), first);
  assert(compile(large("ho")) !== first);
  assertEquals((await first).exports.get("_start"), "function");
  const texts: string[] = [];
  const stdout = (chunk: Uint8Array) => void texts.push(new TextDecoder().decode(chunk));
  await new Wasi({ stdout }).run(large("hi"));
  assertEquals(texts, ["hi"]);
});

Deno.test("a large module that is broken says why, and is not kept", async () => {
  const broken = command("drop", {
    memory: "4",
    extra: `(data (i32.const 16) "${"x".repeat(100_000)}")`,
  });
  for (const metered of [false, true]) {
    await assertRejects(async () => await compile(broken, { metered }), ModuleError);
    await assertRejects(async () => await compile(broken, { metered }), ModuleError);
  }
});

Deno.test("small modules are compiled at once, and found by their contents", () => {
  const compiled = compile(printer("cached"));
  assert(!(compiled instanceof Promise));
  assertEquals(compile(printer("cached")), compiled);
  assert(compile(printer("cacheD")) !== compiled);
  assert(compile(printer("cached"), { metered: true }) !== compiled);
  // Contents count, not the array: it may be changed afterwards.
  const bytes = printer("cached");
  assertEquals(compile(bytes), compiled);
  bytes[bytes.length - 1] ^= 1;
  assert(compile(bytes) !== compiled);
});

Deno.test("an error that no call should throw is EIO for the guest, and is reported", () =>
  withGuest(async (_it, process) => {
    const reported: unknown[] = [];
    const guest = new Guest({
      ...systemOf(process, []),
      clock: {
        ...process.clock,
        nowNs: () => {
          throw new TypeError("not expected");
        },
        monotonicNs: () => {
          throw new RangeError("Maximum call stack size exceeded");
        },
      },
      tick: () => undefined,
      report: (error) => reported.push(error),
    });
    guest.memory.bind(new WebAssembly.Memory({ initial: 1 }));
    const linked = ["clock_time_get", "fd_read"].map((name) =>
      findImport(PREVIEW1, name, { sockets: false, process: false }) as Linked
    );
    const shim = new WebAssembly.Module(buildShim(linked.map((each) => each.shim)));
    const calls = importsOf(guest, linked, shim, true)[PREVIEW1];
    const time = calls.clock_time_get as (id: number, precision: bigint, at: number) => number;
    assertEquals(time(0, 0n, 0), ERRNO.IO);
    assertEquals(String(reported), "TypeError: not expected");
    // A stack that is full ends the guest: it cannot be told of it by a number.
    const { promising } = WebAssembly as unknown as SuspendingWebAssembly;
    await assertRejects(() => promising(time)(1, 0n, 0), WebAssembly.RuntimeError);
    assertEquals(guest.outcome, { kind: "trap", reason: "call stack exhausted" });
  }));

Deno.test("memory: growth, sizes beyond 32 bits, shared memory", () => {
  const memory = new GuestMemory();
  assertEquals([memory.bound, memory.size], [false, 0]);
  assertThrows(() => memory.u32(0));
  const pages = new WebAssembly.Memory({ initial: 1, maximum: 3 });
  memory.bind(pages);
  assertThrows(() => memory.setU32(65534, 1));
  pages.grow(1);
  assertEquals(memory.grown, true);
  memory.setU32(65534, 0x01020304);
  assertEquals([memory.u32(65534), memory.u16(65536), memory.size], [0x01020304, 0x0102, 131072]);
  memory.setU64(8, -1n);
  assertEquals([memory.u64(8), memory.u8(15)], [2n ** 64n - 1n, 255]);
  memory.setU64Number(8, 2 ** 40 + 5);
  assertEquals(memory.u64(8), 2n ** 40n + 5n);
  for (const [pointer, length] of [[-1, 1], [131071, 2], [0xffffffff, 0xffffffff], [0, 131073]]) {
    assertThrows(() => memory.slice(pointer, length));
  }
  assertEquals(memory.slice(131072, 0).length, 0);
  assertEquals(
    [smallU64(5n), smallU64(2n ** 53n - 1n), smallU64(2n ** 53n), smallU64(-1n)],
    [5, 2 ** 53 - 1, undefined, undefined],
  );
  const shared = new GuestMemory();
  const wide = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
  shared.bind(wide);
  shared.putText(0, "text");
  assertEquals([shared.text(0, 4), shared.shared], ["text", true]);
  wide.grow(1);
  assertEquals(shared.size, 131072);
});

Deno.test("addresses of the socket extension", () => {
  const memory = new GuestMemory();
  memory.bind(new WebAssembly.Memory({ initial: 1 }));
  const ipv6 = (...groups: readonly number[]): string => {
    memory.setU32(0, 1);
    groups.forEach((group, i) => memory.setU16(4 + i * 2, group));
    memory.setU16(20, 8080);
    const { host, port } = readAddress(memory, 0);
    return `${host} ${port}`;
  };
  assertEquals(ipv6(0, 0, 0, 0, 0, 0, 0, 1), "::1 8080");
  assertEquals(ipv6(0, 0, 0, 0, 0, 0, 0, 0), ":: 8080");
  assertEquals(ipv6(0x2001, 0xdb8, 0, 0, 1, 0, 0, 1), "2001:db8::1:0:0:1 8080");
  assertEquals(ipv6(1, 2, 3, 4, 5, 6, 7, 0xffff), "1:2:3:4:5:6:7:ffff 8080");
  assertEquals(ipv6(1, 0, 3, 4, 5, 6, 0, 0), "1:0:3:4:5:6:: 8080");
});

Deno.test("a Wasi without clock and random source is repeatable", async () => {
  const module = assemble(`
    ${importText("clock_time_get", "random_get", "fd_write")}
    (memory (export "memory") 1)
    (func (export "_start")
      (drop (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 64)))
      (drop (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 72)))
      (drop (call $random_get (i32.const 80) (i32.const 32)))
      (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 48))
      (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))`);
  const run = async (options: ConstructorParameters<typeof Wasi>[0]): Promise<string> => {
    let text = "";
    await new Wasi({ ...options, stdout: (chunk) => void (text += chunk.toHex()) }).run(module);
    return text;
  };
  assertEquals(await run({}), await run({}));
  const given = await run({ clock: () => 1.5, random: (buffer) => void buffer.fill(7) });
  const bytes = Uint8Array.fromHex(given);
  assertEquals(new DataView(bytes.buffer).getBigUint64(0, true), 1_500_000n);
  assertEquals(bytes.slice(16), new Uint8Array(32).fill(7));
});

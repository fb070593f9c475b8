import { assertEquals, assertNotEquals } from "@std/assert";
import { AT, withGuest } from "./harness.ts";

const END = 4 * 65536;

Deno.test("arguments and environment are C strings", () =>
  withGuest((it) => {
    for (
      const [kind, texts] of [["args", ["guest", "", "two words"]], ["environ", [
        "A=1",
        "B=",
      ]]] as const
    ) {
      assertEquals(it.call(`${kind}_sizes_get`, AT.RESULT, AT.RESULT + 4), "SUCCESS");
      const size = texts.reduce((sum, text) => sum + text.length + 1, 0);
      assertEquals([it.u32(AT.RESULT), it.u32(AT.RESULT + 4)], [texts.length, size]);
      assertEquals(it.call(`${kind}_get`, AT.IOVS, AT.DATA), "SUCCESS");
      assertEquals(it.text(AT.DATA, size), texts.map((text) => `${text}\0`).join(""));
      let at: number = AT.DATA;
      texts.forEach((text, i) => {
        assertEquals(it.u32(AT.IOVS + i * 4), at);
        at += text.length + 1;
      });
      assertEquals(it.call(`${kind}_sizes_get`, END - 3, AT.RESULT), "FAULT");
      assertEquals(it.call(`${kind}_sizes_get`, AT.RESULT, END - 3), "FAULT");
      assertEquals(it.call(`${kind}_get`, END - 3, AT.DATA), "FAULT");
      assertEquals(it.call(`${kind}_get`, AT.IOVS, END - 3), "FAULT");
    }
  }, { args: ["guest", "", "two words"], env: { A: "1", B: "" } }));

Deno.test("an empty environment works", () =>
  withGuest((it) => {
    assertEquals(it.call("environ_sizes_get", AT.RESULT, AT.RESULT + 4), "SUCCESS");
    assertEquals([it.u32(AT.RESULT), it.u32(AT.RESULT + 4)], [0, 0]);
    assertEquals(it.call("environ_get", END, END), "SUCCESS");
    assertEquals(it.call("args_get", END - 4, END), "FAULT");
  }));

Deno.test("clocks are the sandbox's", () =>
  withGuest((it, process) => {
    for (const id of [0, 1, 2, 3]) {
      assertEquals(it.call("clock_time_get", id, 0n, AT.RESULT), "SUCCESS");
      assertEquals(it.call("clock_res_get", id, AT.RESULT), "SUCCESS");
      assertNotEquals(it.u64(), 0n);
      assertEquals(it.call("clock_time_get", id, 0n, END - 7), "FAULT");
      assertEquals(it.call("clock_res_get", id, END - 7), "FAULT");
    }
    assertEquals(it.call("clock_time_get", 4, 0n, AT.RESULT), "INVAL");
    assertEquals(it.call("clock_time_get", -1, 0n, AT.RESULT), "INVAL");
    assertEquals(it.call("clock_res_get", 4, AT.RESULT), "INVAL");
    process.clock.set(1_000_000_007n * 1_000_000_000n + 89n);
    it.call("clock_time_get", 0, 0n, AT.RESULT);
    assertEquals(it.u64() / 1_000_000_000n, 1_000_000_007n);
    it.call("clock_time_get", 1, 0n, AT.RESULT);
    const first = it.u64();
    it.call("clock_time_get", 1, 0n, AT.RESULT);
    assertEquals(it.u64() >= first, true);
  }));

Deno.test("random_get fills exactly what was asked, in steps and seeded", async () => {
  const drawn: Uint8Array[] = [];
  for (let i = 0; i < 2; i++) {
    await withGuest((it) => {
      it.bytes.fill(0, AT.DATA);
      assertEquals(it.call("random_get", AT.DATA, 200_000), "SUCCESS");
      drawn.push(it.bytes.slice(AT.DATA, AT.DATA + 200_000));
      assertEquals(it.bytes.slice(AT.DATA + 200_000).every((byte) => byte === 0), true);
      assertEquals(it.call("random_get", AT.DATA, 0), "SUCCESS");
      assertEquals(it.call("random_get", END - 3, 4), "FAULT");
      assertEquals(it.call("random_get", 8, -1), "FAULT");
    }, { sandbox: { random: 7 } });
  }
  assertEquals(drawn[0], drawn[1]);
  for (let at = 0; at < 200_000; at += 65_536) {
    assertEquals(drawn[0].subarray(at, at + 64).some((byte) => byte !== 0), true);
  }
});

Deno.test("sched_yield and proc_raise", () =>
  withGuest(async (it, process) => {
    assertEquals(await it.wait("sched_yield"), "SUCCESS");
    assertEquals(await it.wait("proc_raise", 0), "SUCCESS");
    assertEquals(await it.wait("proc_raise", 99), "INVAL");
    const caught: number[] = [];
    for (const signal of [10, 17]) process.setSignal(signal, (number) => caught.push(number));
    assertEquals(await it.wait("proc_raise", 10), "SUCCESS"); // USR1
    assertEquals(await it.wait("proc_raise", 16), "SUCCESS"); // CHLD, 17 on Linux
    assertEquals(caught, [10, 17]);
  }));

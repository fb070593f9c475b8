import { assertEquals, assertThrows } from "@std/assert";
import { functionsOf, limitResources, ModuleError, sectionsOf } from "../../wasi/binary.ts";
import { assemble } from "./assemble.ts";

const HEAD = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const allowed = { memory: 10 * 65536, objects: false };

function limited(text: string): WebAssembly.Instance {
  const bytes = limitResources(assemble(text), allowed) as Uint8Array<ArrayBuffer>;
  return new WebAssembly.Instance(new WebAssembly.Module(bytes));
}

Deno.test("a memory grows to its limit and no further", () => {
  for (const limits of ["1", "1 9000", "10 10"]) {
    const { memory } = limited(`(memory (export "memory") ${limits})`).exports;
    const it = memory as WebAssembly.Memory;
    it.grow(10 - it.buffer.byteLength / 65536);
    assertThrows(() => it.grow(1));
  }
  const small = assemble(`(memory (export "memory") 1 5)`);
  assertEquals(limitResources(small, allowed), small);
  assertThrows(() => limited(`(memory 11)`), ModuleError, "needs 720896 bytes of memory");
});

Deno.test("tables have a limit, all together", () => {
  const { table } = limited(`(table (export "table") 2)`).exports;
  const it = table as WebAssembly.Table;
  it.grow(999_998);
  assertThrows(() => it.grow(1));
  assertThrows(() => limited("(table 1000001)"), ModuleError, "tables of more than");
  assertThrows(() => limited("(table 600000) (table 600000)"), ModuleError, "tables of more than");
  const two = limited(`(table (export "a") 1) (table (export "b") 1)`).exports;
  assertThrows(() => (two.a as WebAssembly.Table).grow(600_000));
});

Deno.test("what cannot be limited is refused", () => {
  const section = (id: number, ...content: readonly number[]) =>
    new Uint8Array([...HEAD, id, content.length, ...content]);
  const cases: readonly (readonly [Uint8Array, string])[] = [
    [section(5, 2, 0, 1, 0, 1), "more than one memory"],
    [section(5, 1, 4, 1), "not a 32-bit one"],
    [section(5, 1, 3, 1, 1), "a shared memory"],
    [section(4, 1, 0x70, 4, 1), "not a 32-bit one"],
    [section(4, 1, 0x40, 0, 0x70, 0, 1), "initial value"],
    [section(1, 1, 0x5f, 0), "garbage collection"],
    [section(1, 1, 0x4e, 0), "garbage collection"],
    [section(1, 1, 0x50, 0, 0x60, 0, 0), "garbage collection"],
  ];
  for (const [bytes, words] of cases) {
    assertThrows(() => limitResources(bytes, allowed), ModuleError, words);
  }
  const objects = section(1, 1, 0x5f, 0);
  assertEquals(limitResources(objects, { memory: 65536, objects: true }), objects);
});

Deno.test("modules cut anywhere are refused, and hang nothing", () => {
  const whole = assemble(
    `(import "a" "b" (func (param i32))) (memory 1) (table 3) (global i32 (i32.const 1))
    (func (export "f") (param i32 i64) (result i32) (i32.const 7))`,
  );
  assertEquals(sectionsOf(whole).map((each) => each.id), [1, 2, 3, 4, 5, 6, 7, 10]);
  for (let length = 0; length < whole.length; length++) {
    try {
      limitResources(whole.slice(0, length), allowed);
      functionsOf(whole.slice(0, length));
    } catch (error) {
      assertEquals(error instanceof ModuleError, true);
    }
  }
  assertThrows(
    () => sectionsOf(new Uint8Array([...HEAD, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 1])),
    ModuleError,
  );
});

Deno.test("types of functions are told", () => {
  const functions = functionsOf(assemble(`(import "a" "b" (func (param i32 i64)))
    (func (export "f") (param f64) (result i32) (i32.const 1)) (func (export "g"))`));
  assertEquals(functions?.imports, [{ params: "iI", results: "" }]);
  assertEquals(functions?.exports.get("f"), { params: "F", results: "i" });
  assertEquals(functions?.exports.get("none"), undefined);
});

Deno.test("messages hold no control characters and end somewhere", () => {
  const { message } = new ModuleError(`a\n\x1b[31m${"x".repeat(1000)}`);
  assertEquals(message.slice(0, 9), "a??[31mxx");
  assertEquals(message.length, 300);
});

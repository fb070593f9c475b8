import { assert, assertEquals } from "@std/assert";
import { Sandbox } from "../../mod.ts";
import { meter } from "../../wasi/meter.ts";
import { assemble } from "./assemble.ts";
import { command, printer } from "./programs.ts";

/** Runs an exported function of a module as it is and counted: both results, and the checks. */
function both(
  text: string,
  name: string,
  ...args: readonly unknown[]
): readonly [plain: unknown, counted: unknown, checks: number] {
  const bytes = assemble(text);
  const run = (
    module: Uint8Array<ArrayBuffer>,
    prepare?: (instance: WebAssembly.Instance) => void,
  ) => {
    const instance = new WebAssembly.Instance(new WebAssembly.Module(module));
    prepare?.(instance);
    const call = instance.exports[name] as (...args: readonly unknown[]) => unknown;
    try {
      return call(...args);
    } catch (error) {
      return (error as Error).message;
    }
  };
  const counted = meter(bytes);
  if (counted === undefined) throw new Error("nothing to count");
  let checks = 0;
  // A table takes functions of wasm only, so the check is one that calls out.
  const caller = new WebAssembly.Instance(
    new WebAssembly.Module(
      assemble(`(import "h" "c" (func $c)) (func (export "check") (call $c))`),
    ),
    { h: { c: () => checks++ } },
  );
  const result = run(counted.bytes as Uint8Array<ArrayBuffer>, (instance) => {
    (instance.exports[counted.table] as WebAssembly.Table).set(
      0,
      caller.exports.check as unknown as () => void,
    );
    if (counted.start !== undefined) (instance.exports[counted.start] as () => void)();
  });
  return [run(bytes), result, checks];
}

const sum = `(func (export "sum") (param $n i32) (result i32) (local $s i32)
  (loop $l
    (local.set $s (i32.add (local.get $s) (local.get $n)))
    (local.set $n (i32.sub (local.get $n) (i32.const 1)))
    (br_if $l (local.get $n)))
  (local.get $s))`;

Deno.test("a counted loop does the same, and is checked every 4096 rounds", () => {
  // A call keeps the loop from being a small one.
  const text = sum.replace("(loop $l", "(loop $l (call $nothing)") + "(func $nothing)";
  const [plain, counted, checks] = both(text, "sum", 100_000);
  assertEquals(counted, plain);
  assert(checks >= 24 && checks <= 26, `${checks}`);
  assertEquals(both(text, "sum", 1).slice(0, 2), [1, 1]);
});

Deno.test("a small loop does the same, and is checked every four times 4096 rounds", () => {
  const [plain, counted, checks] = both(sum, "sum", 100_000);
  assertEquals(counted, plain);
  assertEquals(checks, 6);
  for (let rounds = 1; rounds <= 13; rounds++) {
    const [first, second] = both(sum, "sum", rounds);
    assertEquals([first, second], [rounds * (rounds + 1) / 2, rounds * (rounds + 1) / 2]);
  }
});

Deno.test("a small loop is left, and goes on, from any of its rounds", () => {
  // Turns by br_table from inside of blocks; leaves to three places, by the round number.
  const text = `(func (export "f") (param $n i32) (result i32) (local $i i32) (local $r i32)
    (block $far
      (block $near
        (loop $l
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (local.set $r (i32.add (i32.mul (local.get $r) (i32.const 3)) (local.get $i)))
          (if (i32.eq (local.get $i) (local.get $n))
            (then
              (br_if $far (i32.and (local.get $n) (i32.const 1)))
              (br_if $near (i32.and (local.get $n) (i32.const 2)))
              (return (local.get $r))))
          (block $a
            (block $b
              (br_table $a $b $l $l (i32.and (local.get $i) (i32.const 3))))
            (local.set $r (i32.xor (local.get $r) (i32.const 85)))
            (br $l))
          (local.set $r (i32.add (local.get $r) (i32.const 1000)))
          (br $l)))
      (local.set $r (i32.add (local.get $r) (i32.const 7))))
    (i32.add (local.get $r) (i32.const 100000)))`;
  for (let n = 1; n <= 40; n++) {
    const [plain, counted] = both(text, "f", n);
    assertEquals(counted, plain, `${n}`);
  }
  // Falls out of its end after one, two, … rounds, inside of a loop that goes on.
  const nest =
    `(func (export "g") (param $n i32) (result i32) (local $i i32) (local $j i32) (local $r i32)
    (loop $outer
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (local.set $j (local.get $i))
      (loop $inner
        (local.set $r (i32.add (local.get $r) (local.get $j)))
        (br_if $inner (local.tee $j (i32.sub (local.get $j) (i32.const 1)))))
      (br_if $outer (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $r))`;
  for (const n of [1, 2, 3, 4, 5, 9, 300]) {
    const expected = n * (n + 1) * (n + 2) / 6;
    assertEquals(both(nest, "g", n).slice(0, 2), [expected, expected], `${n}`);
  }
  assert(both(nest, "g", 300)[2] > 0);
});

Deno.test("branches out of counted loops reach what they meant", () => {
  const text =
    `(func (export "walk") (param $n i32) (result i32) (local $i i32) (local $j i32) (local $r i32)
    (block $done
      (loop $outer
        (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (local.set $j (i32.const 0))
        (block $next
          (loop $inner
            (local.set $j (i32.add (local.get $j) (i32.const 1)))
            (local.set $r (i32.add (i32.mul (local.get $r) (i32.const 31)) (local.get $j)))
            (if (i32.eq (local.get $j) (i32.const 7)) (then (br $outer)))
            (if (i32.eq (i32.add (local.get $i) (local.get $j)) (i32.const 9)) (then (br $next)))
            (if (i32.eq (local.get $r) (i32.const -1)) (then (br $done)))
            (br $inner)))
        (local.set $r (i32.xor (local.get $r) (local.get $i)))
        (br $outer)))
    (local.get $r))`;
  for (const n of [0, 1, 5, 20, 5000]) {
    const [plain, counted] = both(text, "walk", n);
    assertEquals(counted, plain, `${n}`);
  }
});

Deno.test("loops with results, exceptions and traps inside", () => {
  const text = `
    (tag $e (param))
    (func $maybe (param $n i32) (if (i32.eq (i32.rem_u (local.get $n) (i32.const 3)) (i32.const 0)) (then (throw $e))))
    (func (export "f") (param $n i32) (result i32) (local $caught i32)
      (loop $l (result i32)
        (try (call $maybe (local.get $n))
          catch_all (local.set $caught (i32.add (local.get $caught) (i32.const 1))))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br_if $l (local.get $n))
        (local.get $caught)))`;
  const [plain, counted] = both(text, "f", 9000);
  assertEquals([plain, counted], [3000, 3000]);
  const trapping = `(func (export "t") (param $n i32) (result i32)
    (loop $l (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $l (i32.div_u (i32.const 10) (local.get $n)))) (local.get $n))`;
  const [first, second] = both(trapping, "t", 5);
  assertEquals(second, first);
});

Deno.test("recursion is counted, and calls that add up without a loop", () => {
  const fib = `(func $fib (export "fib") (param i32) (result i32)
    (if (i32.lt_u (local.get 0) (i32.const 2)) (then (return (local.get 0))))
    (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
      (call $fib (i32.sub (local.get 0) (i32.const 2)))))`;
  const [plain, counted, checks] = both(fib, "fib", 22);
  assertEquals(counted, plain);
  assertEquals(checks, Math.floor(57313 / 4096));
  // 2^24 calls by 25 functions, none of which calls itself.
  const levels = Array.from(
    { length: 25 },
    (_, i) =>
      `(func $f${i} ${i === 24 ? `(export "top")` : ""} (result i32) ${
        i === 0 ? "(i32.const 1)" : `(i32.add (call $f${i - 1}) (call $f${i - 1}))`
      })`,
  );
  const [sum1, sum2, looks] = both(levels.join("\n"), "top");
  assertEquals([sum1, sum2], [2 ** 24, 2 ** 24]);
  assert(looks > 0);
});

Deno.test("a start function is counted, too", () => {
  const text = `(global $g (mut i32) (i32.const 0))
    (func $start (local $n i32) (local.set $n (i32.const 50000))
      (loop $l (global.set $g (i32.add (global.get $g) (i32.const 1)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1))) (br_if $l (local.get $n))))
    (start $start)
    (func (export "get") (result i32) (loop $l) (global.get $g))`;
  const [plain, counted, checks] = both(text, "get");
  assertEquals([plain, counted], [50_000, 50_000]);
  assert(checks >= 3);
});

Deno.test("names of the guest's own exports stay its own", () => {
  const text = sum + `(func (export "check") (result i32) (i32.const 5))
    (func (export "check_") (result i32) (i32.const 6))`;
  assertEquals(both(text, "check").slice(0, 2), [5, 5]);
  assertEquals(both(text, "check_").slice(0, 2), [6, 6]);
});

Deno.test("a module without loops and calls is left alone", () => {
  assertEquals(meter(assemble(`(func (export "f") (result i32) (i32.const 1))`)), undefined);
});

for (
  const [name, module] of [
    ["a loop that calls nothing", command("(loop $l (br $l))")],
    [
      "recursion that takes forever",
      command("(drop (call $f (i32.const 60)))", {
        extra: `(func $f (param i32) (result i32)
          (if (i32.eqz (local.get 0)) (then (return (i32.const 1))))
          (i32.add (call $f (i32.sub (local.get 0) (i32.const 1)))
            (call $f (i32.sub (local.get 0) (i32.const 1)))))`,
      }),
    ],
    [
      "a start function that never returns",
      assemble(`(func $s (loop $l (br $l))) (start $s) (memory (export "memory") 1)
        (func (export "_start"))`),
    ],
    [
      "a loop that catches everything",
      command("(loop $l (try (call $proc_exit (i32.const 1)) catch_all) (br $l))", {
        imports: ["proc_exit"],
      }),
    ],
  ] as const
) {
  Deno.test(`a deadline ends ${name}`, async () => {
    await using sandbox = await Sandbox.create();
    await sandbox.fs.writeFile("/bin/spin", module, { mode: 0o755 });
    await sandbox.fs.writeFile("/bin/after", printer("after"), { mode: 0o755 });
    const before = performance.now();
    const result = await sandbox.run(["spin"], { timeoutMs: 150 });
    if (name.includes("catches")) assertEquals([result.code, result.reason], [1, "exit"]);
    else assertEquals([result.code, result.reason], [137, "timeout"]);
    assert(performance.now() - before < 2000);
    assertEquals((await sandbox.run(["after"])).stdoutText, "after");
  });
}

Deno.test("a CPU limit ends a loop, and others get their turn meanwhile", async () => {
  await using sandbox = await Sandbox.create({ limits: { cpuMs: 200 } });
  await sandbox.fs.writeFile("/bin/spin", command("(loop $l (br $l))"), { mode: 0o755 });
  await sandbox.fs.writeFile("/bin/tool", printer("x"), { mode: 0o755 });
  const spinning = sandbox.run(["spin"]);
  const other = await sandbox.run(["tool"]);
  assertEquals(other.stdoutText, "x");
  assertEquals((await spinning).reason, "cpu");
});

/** Runs `f(to, from or value, length)` of a module with a memory, as it is and counted. */
function onMemory(
  instruction: string,
  [to, from, length]: readonly [number, number, number],
): readonly [plain: Uint8Array, counted: Uint8Array, failures: string, checks: number] {
  const bytes = assemble(`(memory (export "memory") 400)
    (func (export "f") (param $a i32) (param $b i32) (param $c i32)
      (${instruction} (local.get $a) (local.get $b) (local.get $c)))`);
  let checks = 0;
  const caller = new WebAssembly.Instance(
    new WebAssembly.Module(
      assemble(`(import "h" "c" (func $c)) (func (export "check") (call $c))`),
    ),
    { h: { c: () => checks++ } },
  );
  const failures: string[] = [];
  const run = (module: Uint8Array, table?: string): Uint8Array => {
    const instance = new WebAssembly.Instance(
      new WebAssembly.Module(module as Uint8Array<ArrayBuffer>),
    );
    if (table !== undefined) {
      const check = caller.exports.check as unknown as () => void;
      (instance.exports[table] as WebAssembly.Table).set(0, check);
    }
    const memory = new Uint8Array((instance.exports.memory as WebAssembly.Memory).buffer);
    for (let i = 0; i < memory.length; i++) memory[i] = (i * 7 + (i >> 13)) & 255;
    try {
      (instance.exports.f as (...args: number[]) => void)(to, from, length);
    } catch (error) {
      failures.push((error as Error).message);
    }
    return memory;
  };
  const plain = run(bytes);
  const counted = meter(bytes);
  if (counted === undefined) throw new Error("nothing to count");
  return [plain, run(counted.bytes, counted.table), failures.join("|"), checks];
}

Deno.test("ranges of memory are filled and copied in counted pieces, with the same result", () => {
  const cases: readonly [string, readonly [number, number, number]][] = [
    ["memory.fill", [5, 77, 0]],
    ["memory.fill", [5, 77, 1000]],
    ["memory.fill", [5, 77, 20_000_000]],
    ["memory.fill", [0, 0x1234, 26_214_400]],
    ["memory.fill", [6_000_000, 1, 26_214_400]],
    ["memory.fill", [-1, 1, 1]],
    ["memory.copy", [100, 300, 20_000_000]],
    ["memory.copy", [300, 100, 20_000_000]],
    ["memory.copy", [100, 100, 20_000_000]],
    ["memory.copy", [13_000_000, 0, 13_000_000]],
    ["memory.copy", [4_194_304, 0, 4_194_305]],
    ["memory.copy", [0, 8, 26_214_400]],
    ["memory.copy", [0, -8, 5_000_000]],
    ["memory.copy", [0, 8, -1]],
  ];
  for (const [instruction, args] of cases) {
    const [plain, counted, failures, checks] = onMemory(instruction, args);
    const name = `${instruction} ${args}`;
    assert(plain.every((byte, i) => byte === counted[i]), name);
    const [first, second] = failures.split("|");
    assertEquals(first, second ?? "", name);
    if (failures === "" && args[2] >= 20_000_000) assert(checks >= 1, name);
  }
});

Deno.test("a deadline ends a loop that fills or copies large ranges", async () => {
  for (const act of ["fill", "copy"]) {
    const bytes = command(
      `(loop $l (memory.${act} (i32.const 0) (i32.const 9) (i32.const 200000000)) (br $l))`,
      { memory: "3200" },
    );
    await using sandbox = await Sandbox.create();
    await sandbox.fs.writeFile("/bin/busy", bytes, { mode: 0o755 });
    const before = performance.now();
    const { reason } = await sandbox.run(["busy"], { timeoutMs: 150 });
    assertEquals([act, reason], [act, "timeout"]);
    const took = performance.now() - before;
    assert(took < 1500, `${act}: ${took.toFixed()} ms`);
  }
});

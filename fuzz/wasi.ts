/**
 * Random guests: calls with random arguments, broken modules, and counted against plain code.
 *
 *     deno run -A fuzz/wasi.ts [--target calls|modules|meter] [--count N] [--seed S]
 *
 * `calls` makes calls through a generated module; none may throw, reach out of its directory, or
 * leave anything behind. `modules` flips bits and cuts; every module must end with a documented
 * status and a line in our own words. `meter` compares random control flow before and after it was
 * rewritten.
 *
 * @module
 */
import { Sandbox } from "../mod.ts";
import { fromText } from "../sandbox/bytes.ts";
import type { Process } from "../sandbox/types.ts";
import { PREVIEW1, PREVIEW1_SIGNATURES, UNSTABLE, WRITE_RIGHTS } from "../wasi/abi.ts";
import { importsOf } from "../wasi/compile.ts";
import { Guest } from "../wasi/guest.ts";
import { findImport, type Linked } from "../wasi/imports.ts";
import { meter } from "../wasi/meter.ts";
import { buildShim } from "../wasi/shim.ts";
import { systemOf } from "../wasi/system.ts";
import { assemble } from "../tests/wasi/assemble.ts";
import { arguments_, copier, environment, opener, printer } from "../tests/wasi/programs.ts";
import { type Pick, seeded } from "./input.ts";
import { UNLIMITED } from "../tests/kernel/unlimited.ts";

// -----------------------------------------------------------------------------------------------
// Calls

const PAGES = 2;
const SIZE = PAGES * 65536;
/** Where paths and buffers lie in the guest's memory. */
const PATHS = 4096;
const BUFFERS = 16384;

const NAMES = [
  ...["a", "b", "c", "a/b", "a/b/c", "a/", "./a", "a/../b", ".", "..", "../..", "../secret", "/"],
  ...["/secret", "/etc/passwd", "a/../../secret", "l", "l/x", "m", "m/", "dangling", "loop", ""],
  ...["x".repeat(255), "x".repeat(256), "y/".repeat(600), "a\0b", "\xff\xfe", "a//b", "ro", "é"],
];

/** A module that exports every function it imports. */
function proxyModule(): Uint8Array<ArrayBuffer> {
  const fields: string[] = [`(memory (export "memory") ${PAGES} 64)`];
  for (const [module, prefix] of [[PREVIEW1, "p"], [UNSTABLE, "u"]]) {
    for (const [name, letters] of PREVIEW1_SIGNATURES) {
      const params = [...letters].map((letter) => letter === "I" ? "i64" : "i32").join(" ");
      const result = name === "proc_exit" ? "" : "(result i32)";
      const gets = [...letters].map((_, i) => `(local.get ${i})`).join(" ");
      fields.unshift(
        `(import "${module}" "${name}" (func $${prefix}.${name} (param ${params}) ${result}))`,
      );
      fields.push(
        `(func (export "${prefix}.${name}") (param ${params}) ${result} (call $${prefix}.${name} ${gets}))`,
      );
    }
  }
  return assemble(fields.join("\n"));
}

interface Calls {
  readonly name: string;
  readonly letters: string;
  readonly call: (...args: readonly unknown[]) => unknown;
}

/** What calls did, for the report. */
export interface CallReport {
  readonly calls: number;
  readonly succeeded: number;
  /** How often each error number came. */
  readonly errnos: ReadonlyMap<number, number>;
}

/** Makes random calls. @throws what no call should have let happen */
export async function fuzzCalls(seed: number, count: number): Promise<CallReport> {
  const pick = seeded(seed);
  const errnos = new Map<number, number>();
  let succeeded = 0;
  let made = 0;
  const module = new WebAssembly.Module(proxyModule());
  const linked: Linked[] = [];
  for (const space of [PREVIEW1, UNSTABLE]) {
    for (const name of PREVIEW1_SIGNATURES.keys()) {
      linked.push(findImport(space, name, { sockets: false, process: false }) as Linked);
    }
  }
  const shim = new WebAssembly.Module(buildShim(linked.map((each) => each.shim)));

  const round = (process: Process, limit: number): void => {
    const unexpected: unknown[] = [];
    const guest = new Guest({
      ...systemOf(process, ["fuzz", "argument"].map(fromText)),
      // Nobody waits, and nobody dies of a signal of its own.
      poll: () => [],
      block: () => {},
      raise: () => {},
      report: (error) => unexpected.push(error),
    });
    guest.suspends = false;
    const box = process.fs.openDirectory("/box").confined();
    const reset = (): void => {
      guest.fds.closeAll();
      for (const fd of [0, 1, 2] as const) guest.fds.setStandard(fd, process.fd(fd));
      guest.fds.preopen("box", box);
      guest.fds.preopen("ro", box, { withhold: WRITE_RIGHTS });
    };
    const instance = new WebAssembly.Instance(module, importsOf(guest, linked, shim, false));
    const memory = instance.exports.memory as WebAssembly.Memory;
    guest.memory.bind(memory);
    const all: Calls[] = [];
    for (const prefix of ["p", "u"]) {
      for (const [name, letters] of PREVIEW1_SIGNATURES) {
        // Waiting by a timer would block the thread here.
        if (name === "poll_oneoff" && prefix === "u") continue;
        all.push({
          name,
          letters,
          call: instance.exports[`${prefix}.${name}`] as Calls["call"],
        });
      }
    }
    fill(memory, pick);
    for (let i = 0; i < limit; i++) {
      const { name, letters, call } = all[pick(all.length)];
      if (name === "poll_oneoff" && pick(4) > 0) continue;
      // Random closing leaves nothing open soon.
      if (i % 150 === 0) reset();
      if (pick(500) === 0) fill(memory, pick);
      if (pick(2000) === 0) memory.grow(1);
      const args: (number | bigint)[] = [];
      for (const letter of letters) args.push(argument(letter, args, name, memory, pick));
      made++;
      try {
        const errno = call(...args) as number;
        errnos.set(errno, (errnos.get(errno) ?? 0) + 1);
        if (errno === 0) succeeded++;
      } catch (error) {
        const { outcome } = guest;
        guest.outcome = undefined;
        if (name === "proc_exit" && outcome?.kind === "exit") continue;
        throw new Error(`${name}(${args.join(", ")}): ${outcome?.kind} ${error}`);
      }
      if (unexpected.length > 0) {
        const [error] = unexpected;
        throw new Error(`${name}(${args.join(", ")})`, { cause: error });
      }
    }
    guest.close();
  };

  while (made < count) {
    await using sandbox = await Sandbox.create({
      random: seed,
      limits: { memoryBytes: 64 * 1024 * 1024, wallMs: Infinity, cpuMs: Infinity },
    });
    await sandbox.fs.mkdir("/box/a", { recursive: true });
    await sandbox.fs.writeFile("/secret", "outside");
    await sandbox.fs.writeFile("/box/b", "inside");
    let failure: unknown;
    const started = sandbox.kernel.start({
      argv: ["fuzz"],
      ...UNLIMITED,
      env: new Map([["A", "1"]]),
      program: (process) => {
        for (const fd of [0, 1, 2]) process.setFd(process.fs.open("/dev/null", 2), fd);
        for (
          const [target, name] of [["a", "l"], ["../secret", "m"], ["x", "dangling"], [
            "loop",
            "loop",
          ]]
        ) {
          process.fs.symlink(target, `/box/${name}`);
        }
        const outside = (): string =>
          JSON.stringify([
            process.fs.readDir("/").map((entry) => entry.name).sort(),
            [...process.fs.readFile("/secret")],
            `${process.fs.stat("/secret").mtimeNs}`,
            process.fs.readDir("/etc").length,
          ]);
        const before = outside();
        const files = process.fdNumbers().length;
        try {
          round(process, Math.min(20_000, count - made));
          if (outside() !== before) throw new Error("something outside of the directory changed");
          if (process.fdNumbers().length !== files) throw new Error("a descriptor was left open");
        } catch (error) {
          failure = error;
        }
        return 0;
      },
    });
    await started.ended;
    if (failure !== undefined) throw failure;
  }
  return { calls: made, succeeded, errnos };
}

/** Fills the memory with paths, buffers that are good and bad, and noise. */
function fill(memory: WebAssembly.Memory, pick: Pick): void {
  const bytes = new Uint8Array(memory.buffer);
  const view = new DataView(memory.buffer);
  for (let at = 0; at < PATHS; at++) bytes[at] = pick(256);
  for (let at = PATHS; at < BUFFERS; at += 2048) {
    const name = NAMES[pick(NAMES.length)];
    for (let i = 0; i < name.length; i++) bytes[at + i] = name.charCodeAt(i);
    view.setUint32(at + 2040, name.length, true);
  }
  for (let at = BUFFERS; at < BUFFERS + 1024; at += 8) {
    view.setUint32(at, pick(8) === 0 ? pick(2 ** 32) : BUFFERS + 2048 + pick(4096), true);
    view.setUint32(at + 4, pick(16) === 0 ? pick(2 ** 32) : pick(300), true);
  }
}

/** An argument that is right more often than not, or interesting, or any number. */
function argument(
  letter: string,
  before: readonly (number | bigint)[],
  name: string,
  memory: WebAssembly.Memory,
  pick: Pick,
): number | bigint {
  if (letter === "I") {
    switch (pick(8)) {
      case 0:
        return BigInt.asIntN(64, (BigInt(pick(2 ** 32)) << 32n) | BigInt(pick(2 ** 32)));
      case 1:
        return [-1n, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 32n][pick(5)];
      case 2:
        return 0n;
      case 3:
        return BigInt(pick(2 ** 30));
      default:
        // Rights are numbers of this size, too.
        return name.includes("open") ? 0x1fffffffn : BigInt(pick(5000));
    }
  }
  if (pick(25) === 0) return pick(2 ** 32) | 0;
  const isPath = name.startsWith("path_");
  const last = before.at(-1);
  if (before.length === 0 && (isPath || /^(fd|sock)_/.test(name)) && name !== "path_symlink") {
    return pick(20) === 0 ? -1 : isPath && pick(4) > 0 ? 3 + pick(2) : pick(12);
  }
  if (typeof last === "number" && last >= PATHS && last < BUFFERS && (last - PATHS) % 2048 === 0) {
    const view = new DataView(memory.buffer);
    return view.getUint32(last + 2040, true) % 1300;
  }
  if (isPath && pick(3) > 0) return pick(5) > 0 ? PATHS + pick(6) * 2048 : pick(4);
  if (/^fd_p?(read|write)$/.test(name)) {
    if (before.length === 1) return BUFFERS + pick(100) * 8;
    if (before.length === 2) return pick(12) === 0 ? pick(2 ** 32) | 0 : pick(5);
  }
  switch (pick(7)) {
    case 0:
      return PATHS + pick(6) * 2048;
    case 1:
      return BUFFERS + pick(100) * 8;
    case 2: // Near the end of the memory, where it is now or was once.
      return (pick(2) === 0 ? SIZE : memory.buffer.byteLength) - pick(64);
    case 3:
      return pick(4);
    case 4:
      return 1 << pick(6);
    default:
      return pick(PATHS);
  }
}

// -----------------------------------------------------------------------------------------------
// Broken modules

/** Words that only our own code could have let out. */
const FOREIGN = /undefined|TypeError|RangeError|at file:|\[object|NaN|WebAssembly/;

/** How many modules ended in each way. */
export interface ModuleReport {
  readonly modules: number;
  readonly statuses: ReadonlyMap<number, number>;
}

/** Runs broken modules. @throws when one ends in no documented way */
export async function fuzzModules(
  seed: number,
  count: number,
  originals: readonly Uint8Array[] = [
    arguments_(),
    copier(),
    environment(),
    opener(4, "f"),
    printer("x"),
  ],
): Promise<ModuleReport> {
  const pick = seeded(seed);
  const statuses = new Map<number, number>();
  for (let made = 0; made < count;) {
    await using sandbox = await Sandbox.create({
      limits: { memoryBytes: 256 * 1024 * 1024, outputBytes: 1 << 20 },
    });
    for (let i = 0; i < 500 && made < count; i++, made++) {
      const module = breakModule(originals[pick(originals.length)], pick);
      await sandbox.fs.writeFile("/bin/broken", module, { mode: 0o755 });
      const result = await sandbox.run(["broken"], { timeoutMs: 500 });
      const { code, stderrText, reason } = result;
      statuses.set(code, (statuses.get(code) ?? 0) + 1);
      const lines = stderrText.split("\n").length - 1;
      const known = code < 128 || code === 134 || reason === "timeout" || reason === "output";
      if (!known || (code === 126 || code === 134) && (lines !== 1 || FOREIGN.test(stderrText))) {
        throw new Error(
          `status ${code} ${reason} ${JSON.stringify(stderrText)}: ${module.toHex()}`,
        );
      }
    }
  }
  return { modules: count, statuses };
}

function breakModule(original: Uint8Array, pick: Pick): Uint8Array {
  let bytes = original.slice();
  if (pick(5) === 0) bytes = bytes.slice(0, pick(bytes.length + 1));
  for (let flips = pick(4); flips > 0 && bytes.length > 4; flips--) {
    // The magic number stays, or it would be no module for the kernel.
    const at = 4 + pick(bytes.length - 4);
    bytes[at] = pick(3) === 0 ? pick(256) : bytes[at] ^ (1 << pick(8));
  }
  return bytes.length < 4 ? original : bytes;
}

// -----------------------------------------------------------------------------------------------
// Counting

/** Random functions of random control flow that end by themselves; the result is a hash. */
export function randomFlow(pick: Pick): string {
  let label = 0;
  let fuel = 40;
  const body = (
    depth: number,
    labels: readonly (readonly [name: string, loop: boolean])[],
  ): string => {
    let text = "";
    for (let statements = 1 + pick(4); statements > 0 && fuel > 0; statements--) {
      fuel--;
      const mix = `(local.set $h (i32.add (i32.mul (local.get $h) (i32.const 31)) (i32.const ${
        pick(1000)
      })))`;
      const condition = `(i32.eq (i32.and (local.get $h) (i32.const ${1 + pick(7)})) (i32.const ${
        pick(3)
      }))`;
      switch (depth > 5 ? 0 : pick(8)) {
        case 1: {
          const name = `$b${label++}`;
          text += `(block ${name} ${body(depth + 1, [...labels, [name, false]])})`;
          break;
        }
        case 2:
        case 3: {
          const name = `$l${label++}`;
          const inner = body(depth + 1, [...labels, [name, true]]);
          // Each loop spends of a budget that all share, so that every program ends.
          text += `(loop ${name} (global.set $left (i32.sub (global.get $left) (i32.const 1)))
            (if (i32.le_s (global.get $left) (i32.const 0)) (then (return (local.get $h))))
            ${inner} (br_if ${name} ${condition}))`;
          break;
        }
        case 4:
          if (pick(3) === 0 && labels.some(([name]) => name !== "")) {
            const named = labels.filter(([name]) => name !== "").map(([name]) => name);
            const targets = Array.from({ length: 1 + pick(4) }, () => named[pick(named.length)]);
            text += `(if ${condition} (then (br_table ${
              targets.join(" ")
            } (i32.and (local.get $h) (i32.const 3)))))`;
            break;
          }
          text += `(if ${condition} (then ${
            body(depth + 1, [...labels, ["", false]])
          }) (else ${mix}))`;
          break;
        case 5:
          if (labels.some(([name]) => name !== "")) {
            const named = labels.filter(([name]) => name !== "");
            text += `${mix} (br_if ${named[pick(named.length)][0]} ${condition})`;
          }
          break;
        case 6:
          text += `(try ${
            body(depth + 1, [...labels, ["", false]])
          } (if ${condition} (then (throw $e))) catch_all ${mix})`;
          break;
        case 7:
          text += `(if (i32.gt_s (global.get $left) (i32.const 0)) (then
            (global.set $left (i32.sub (global.get $left) (i32.const 50)))
            (local.set $h (i32.xor (local.get $h) (call $f (local.get $h) (i32.const 0))))))`;
          break;
        default:
          text += mix;
      }
    }
    return text === "" ? "(nop)" : text;
  };
  return `(tag $e (param)) (global $left (mut i32) (i32.const 9000))
    (func $f (export "f") (param $h i32) (param $unused i32) (result i32) ${
    body(0, [])
  } (local.get $h))`;
}

/** Compares random control flow as it is and counted. @throws on a difference */
export function fuzzMeter(seed: number, count: number): number {
  const pick = seeded(seed);
  let checks = 0;
  const caller = new WebAssembly.Instance(
    new WebAssembly.Module(assemble(`(import "h" "c" (func $c)) (func (export "c") (call $c))`)),
    { h: { c: () => checks++ } },
  );
  for (let i = 0; i < count; i++) {
    const text = randomFlow(pick);
    const bytes = assemble(text);
    const run = (module: Uint8Array, table?: string): unknown => {
      const instance = new WebAssembly.Instance(
        new WebAssembly.Module(module as Uint8Array<ArrayBuffer>),
      );
      if (table !== undefined) {
        const check = caller.exports.c as unknown as () => void;
        (instance.exports[table] as WebAssembly.Table).set(0, check);
      }
      try {
        return (instance.exports.f as (h: number, left: number) => number)(i, 9000);
      } catch (error) {
        return (error as Error).message;
      }
    };
    const counted = meter(bytes);
    if (counted === undefined) continue;
    const [plain, other] = [run(bytes), run(counted.bytes, counted.table)];
    if (plain !== other) throw new Error(`${plain} is ${other} when counted: ${text}`);
  }
  return checks;
}

if (import.meta.main) {
  const options = new Map<string, string>();
  for (let i = 0; i < Deno.args.length; i += 2) options.set(Deno.args[i], Deno.args[i + 1]);
  const seed = Number(options.get("--seed") ?? 1);
  const target = options.get("--target");
  const count = (by: number): number => Number(options.get("--count") ?? by);
  const before = Deno.memoryUsage().rss;
  const started = performance.now();
  const tell = (text: string): void => {
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const growth = ((Deno.memoryUsage().rss - before) / 1048576).toFixed(0);
    console.log(`${text} (${seconds} s, RSS ${growth} MB more)`);
  };
  if (target === undefined || target === "calls") {
    const { calls, succeeded, errnos } = await fuzzCalls(seed, count(1_000_000));
    tell(`${calls} calls, ${succeeded} succeeded, ${errnos.size} different error numbers`);
  }
  if (target === undefined || target === "meter") {
    const number = count(3000);
    tell(`${number} counted functions, ${fuzzMeter(seed, number)} checks`);
  }
  if (target === undefined || target === "modules") {
    const { modules, statuses } = await fuzzModules(seed, count(20_000));
    const shares = [...statuses].sort((a, b) => b[1] - a[1]).map(([code, n]) => `${code}: ${n}`);
    tell(`${modules} broken modules; status ${shares.join(", ")}`);
  }
}

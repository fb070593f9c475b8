/** What native's build refuses or does not survive: mathematics, depth, endless programs, odd input. */
import { assert, assertEquals } from "@std/assert";
import { Sandbox } from "../../mod.ts";
import { parseProgram } from "../../applets/awk/parse.ts";
import { inSteps } from "../../applets/_lib/steps.ts";
import { bytesOf, textOf } from "./corpus.ts";

async function awk(
  program: string,
  stdin: string | Uint8Array | ReadableStream<Uint8Array> = "",
  timeoutMs = 20000,
): Promise<{ out: string; err: string; code: number; reason: string }> {
  await using sandbox = await Sandbox.create();
  const input = typeof stdin === "string" ? bytesOf(stdin) : stdin;
  const run = await sandbox.run(["awk", program], { stdin: input, timeoutMs });
  return { out: textOf(run.stdout), err: textOf(run.stderr), code: run.code, reason: run.reason };
}

// Debian's busybox has no mathematics; the values are those of POSIX awk.
const MATHEMATICS: readonly (readonly [program: string, out: string])[] = [
  ["2^10, 2**3, 2^3^2, -2^2, 2^-1", "1024 8 512 -4 0.5"],
  ["2^0.5, (-8)^2, 0^0, 10^-3", "1.41421 64 1 0.001"],
  ["!2^2, 2^2 3, 2 * 3^2, $1^2", "0 43 18 0"],
  ["sqrt(2), exp(1), log(10)", "1.41421 2.71828 2.30259"],
  ["sin(1), cos(1), atan2(1, 2)", "0.841471 0.540302 0.463648"],
  ["exp(0), log(1), sqrt(16), int(exp(3))", "1 0 4 20"],
  ["atan2(0, -1), sin(0), cos(0)", "3.14159 0 1"],
  ["x = 3, x ^= 2, x, x **= 2, x", "3 9 9 81 81"],
  [
    "2^31 - 1, 2^53, 2^62, 2^63, -2^63",
    "2147483647 9007199254740992 4611686018427387904 9.22337e+18 -9223372036854775808",
  ],
];

for (const [list, want] of MATHEMATICS) {
  Deno.test(`awk mathematics: ${list}`, async () => {
    assertEquals(await awk(`BEGIN { print ${list} }`), {
      out: `${want}\n`,
      err: "",
      code: 0,
      reason: "exit",
    });
  });
}

Deno.test("awk recursion goes deeper than the JavaScript stack", async () => {
  const { out } = await awk(
    "function f(n) { return n == 0 ? 0 : 1 + f(n - 1) } BEGIN { print f(15000) }",
  );
  assertEquals(out, "15000\n");
});

Deno.test("awk recursion without end is a message", async () => {
  const { err, code, reason } = await awk("function f(n) { return f(n + 1) } BEGIN { print f(1) }");
  assertEquals([err, code, reason], ["awk: cmd. line:1: nesting too deep\n", 1, "exit"]);
});

for (
  const [open, close] of [["(", ")"], ["{", "}"], ["!", ""], ["-", ""], ["$", ""], ["a[", "]"], [
    "f(",
    ")",
  ]]
) {
  Deno.test(`awk with 100000 times ${open} is a message`, async () => {
    const inner = open.repeat(100000) + "1" + close.repeat(100000);
    const { err, code, reason } = await awk(
      open === "{" ? `BEGIN ${inner}` : `BEGIN { x = ${inner} }`,
    );
    assertEquals([err, code, reason], ["awk: nesting too deep\n", 1, "exit"]);
  });
}

Deno.test("awk: a sum of 50000 lines is one loop", async () => {
  const { out } = await awk(`BEGIN { print ${"1 +\n".repeat(50000)}1 }`);
  assertEquals(out, "50001\n");
});

Deno.test("awk: a concatenation of 50000 parts", async () => {
  const { out } = await awk(`BEGIN { print length(${'"a" '.repeat(50000)}) }`);
  assertEquals(out, "50000\n");
});

for (
  const program of [
    "BEGIN { while (1) ; }",
    "BEGIN { for (;;) x++ }",
    "BEGIN { do x = x + 1; while (1) }",
    "function f() { while (1) ; } BEGIN { print f() }",
    "function f(n) { return n < 2 ? n : f(n - 1) + f(n - 2) } BEGIN { print f(60) }",
    'BEGIN { while (1) "echo x" | getline }',
    "BEGIN { while (1) print }",
  ]
) {
  Deno.test(`awk ends at the limit: ${program}`, async () => {
    const { reason } = await awk(program, "", 300);
    assert(reason === "timeout" || reason === "output", reason);
  });
}

Deno.test("awk in the background can be killed", async () => {
  await using sandbox = await Sandbox.create();
  const run = await sandbox.sh(
    "awk 'BEGIN { while (1) x++ }' & sleep 0.1; kill $!; wait $!; echo $?",
  );
  assertEquals(run.stdoutText, "143\n");
});

Deno.test("awk ends when nobody reads", async () => {
  await using sandbox = await Sandbox.create();
  const run = await sandbox.sh("awk 'BEGIN { while (1) print \"y\" }' | head -n 2", {
    timeoutMs: 5000,
  });
  assertEquals(run.stdoutText, "y\ny\n");
});

Deno.test("awk arrays meet the memory limit", async () => {
  await using sandbox = await Sandbox.create({ limits: { memoryBytes: 8 << 20 } });
  const run = await sandbox.run(["awk", "BEGIN { while (1) a[i++] = i }"], { timeoutMs: 20000 });
  assert(run.code !== 0 && run.reason !== "timeout", `${run.code} ${run.reason}`);
  assertEquals((await sandbox.sh("echo alive")).stdoutText, "alive\n");
});

/** The same bytes in chunks of a size. */
function inChunks(text: string, size: number): ReadableStream<Uint8Array> {
  const bytes = bytesOf(text);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, at += size));
    },
  });
}

const TEXT = "alpha beta\n\n\ngamma  delta\nlast one\n\nend";
const SEPARATORS = ["", 'RS = ""', 'RS = "[ab]+"', 'RS = "\\n\\n+"', 'RS = "a"', 'RS = "nothing"'];

for (const separator of SEPARATORS) {
  Deno.test(`awk records do not depend on chunks: ${separator}`, async () => {
    const program = `BEGIN { ${separator} } { print NR ":" NF ":" $0 ":" $2 }`;
    const want = await awk(program, TEXT);
    for (const size of [1, 2, 3, 7, 16]) {
      assertEquals(await awk(program, inChunks(TEXT, size)), want, `chunks of ${size}`);
    }
  });
}

Deno.test("awk reads a line of many chunks", async () => {
  const line = "x y ".repeat(500_000);
  const { out } = await awk("{ print length($0), NF } END { print NR }", `${line}\nz\n`);
  assertEquals(out, "2000000 1000000\n1 1\n2\n");
});

Deno.test("awk keeps every byte", async () => {
  let all = "";
  for (let code = 1; code < 256; code++) if (code !== 10) all += String.fromCharCode(code);
  const { out } = await awk('{ print; x = $0 "|"; print x; print substr($0, 200, 3) }', `${all}\n`);
  assertEquals(out, `${all}\n${all}|\n${all.slice(199, 202)}\n`);
});

Deno.test("awk's parser gives a tree or a message for any text", () => {
  let seed = 1;
  const random = (limit: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return (seed >> 8) % limit;
  };
  const pieces = [
    "{",
    "}",
    "(",
    ")",
    "a",
    "1",
    '"',
    "/",
    "\n",
    ";",
    " ",
    "\\",
    "$",
    "if",
    "\xff",
    "=",
    "[",
  ];
  for (let i = 0; i < 20000; i++) {
    let text = "";
    for (let n = random(20); n > 0; n--) text += pieces[random(pieces.length)];
    try {
      inSteps(parseProgram([{ name: "x", text }]));
    } catch (error) {
      assert(
        error instanceof Error && error.name === "AwkError",
        `${JSON.stringify(text)}: ${error}`,
      );
    }
  }
});

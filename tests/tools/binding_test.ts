/**
 * The contract of the six bound packages: what the sources rely on, whether the names are bound to
 * JSR or to the stand-ins.
 */
import * as assertions from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";
import * as fs from "@std/fs";
import * as streams from "@std/streams";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { assertSpyCalls, spy } from "@std/testing/mock";
import { Command } from "@cliffy/command";

const { assertEquals, assertRejects, assertThrows } = assertions;

Deno.test("@std/assert: each assertion passes and fails where it should", async () => {
  const pairs: [name: string, good: () => void, bad: () => void][] = [
    ["assert", () => assertions.assert(1), () => assertions.assert(0)],
    ["assertFalse", () => assertions.assertFalse(0), () => assertions.assertFalse(1)],
    [
      "assertEquals",
      () => assertEquals({ a: new Uint8Array([1]) }, { a: new Uint8Array([1]) }),
      () => assertEquals({ a: new Uint8Array([1]) }, { a: new Uint8Array([2]) }),
    ],
    [
      "assertNotEquals",
      () => assertions.assertNotEquals([1], [2]),
      () => assertions.assertNotEquals([1], [1]),
    ],
    [
      "assertStrictEquals",
      () => assertions.assertStrictEquals("a", "a"),
      () => assertions.assertStrictEquals([1] as unknown, [1]),
    ],
    [
      "assertAlmostEquals",
      () => assertions.assertAlmostEquals(1, 1.01, 0.1),
      () => assertions.assertAlmostEquals(1, 2, 0.1),
    ],
    ["assertExists", () => assertions.assertExists(0), () => assertions.assertExists(null)],
    [
      "assertInstanceOf",
      () => assertions.assertInstanceOf(new Map(), Map),
      () => assertions.assertInstanceOf(new Map(), Set),
    ],
    ["assertGreater", () => assertions.assertGreater(2, 1), () => assertions.assertGreater(1, 1)],
    [
      "assertGreaterOrEqual",
      () => assertions.assertGreaterOrEqual(1, 1),
      () => assertions.assertGreaterOrEqual(0, 1),
    ],
    ["assertLess", () => assertions.assertLess(1, 2), () => assertions.assertLess(1, 1)],
    [
      "assertLessOrEqual",
      () => assertions.assertLessOrEqual(1, 1),
      () => assertions.assertLessOrEqual(2, 1),
    ],
    [
      "assertStringIncludes",
      () => assertions.assertStringIncludes("abc", "b"),
      () => assertions.assertStringIncludes("abc", "d"),
    ],
    [
      "assertArrayIncludes",
      () => assertions.assertArrayIncludes([1, 2], [2]),
      () => assertions.assertArrayIncludes([1, 2], [3]),
    ],
    [
      "assertObjectMatch",
      () => assertions.assertObjectMatch({ a: 1, b: 2 }, { a: 1 }),
      () => assertions.assertObjectMatch({ a: 1, b: 2 }, { a: 2 }),
    ],
    [
      "assertMatch",
      () => assertions.assertMatch("abc", /b/),
      () => assertions.assertMatch("abc", /d/),
    ],
    [
      "assertNotMatch",
      () => assertions.assertNotMatch("abc", /d/),
      () => assertions.assertNotMatch("abc", /b/),
    ],
  ];
  for (const [name, good, bad] of pairs) {
    good();
    assertThrows(bad, assertions.AssertionError, undefined, name);
  }
  assertThrows(() => assertions.fail("why"), assertions.AssertionError, "why");
  assertThrows(() => assertions.unreachable(), assertions.AssertionError);
  assertThrows(() => assertThrows(() => {}), assertions.AssertionError);
  assertEquals(assertThrows(() => JSON.parse("{"), SyntaxError) instanceof SyntaxError, true);
  const rejected = await assertRejects(() => Promise.reject(new TypeError("no")), TypeError, "no");
  assertEquals(rejected.message, "no");
  await assertRejects(() => assertRejects(() => Promise.resolve()), assertions.AssertionError);
  assertEquals(assertions.equal({ a: [1] }, { a: [1] }), true);
  assertEquals(assertions.equal({ a: [1] }, { a: [2] }), false);
});

Deno.test("@std/cli: parseArgs types flags, stops early and collects", () => {
  const args = parseArgs(["--seed=7", "--mount", "a:b", "--mount", "c:d", "-v", "ls", "-l"], {
    boolean: ["verbose"],
    string: ["seed", "mount"],
    collect: ["mount"],
    alias: { verbose: "v" },
    stopEarly: true,
  });
  assertEquals(args.seed, "7");
  assertEquals(args.mount, ["a:b", "c:d"]);
  assertEquals(args.verbose, true);
  assertEquals(args._, ["ls", "-l"]);
});

Deno.test("@std/fs: walk, exists, ensureDir, copy and emptyDir", async () => {
  const dir = Deno.makeTempDirSync();
  try {
    fs.ensureDirSync(`${dir}/a/b`);
    await fs.ensureDir(`${dir}/a/b`);
    Deno.writeTextFileSync(`${dir}/a/x.ts`, "x");
    Deno.writeTextFileSync(`${dir}/a/b/y.js`, "y");
    const names = (found: Iterable<fs.WalkEntry>) =>
      [...found].map((entry) => entry.path.slice(dir.length)).sort();
    assertEquals(names(fs.walkSync(dir)), ["", "/a", "/a/b", "/a/b/y.js", "/a/x.ts"]);
    assertEquals(names(fs.walkSync(dir, { includeDirs: false, exts: [".ts"] })), ["/a/x.ts"]);
    assertEquals(names(fs.walkSync(dir, { maxDepth: 1 })), ["", "/a"]);
    assertEquals(names(fs.walkSync(dir, { skip: [/\/b$/], includeDirs: false })), ["/a/x.ts"]);
    assertEquals((await Array.fromAsync(fs.walk(dir))).length, 5);
    assertEquals(fs.existsSync(`${dir}/a`), true);
    assertEquals(fs.existsSync(`${dir}/a`, { isFile: true }), false);
    assertEquals(await fs.exists(`${dir}/no`), false);
    fs.copySync(`${dir}/a`, `${dir}/c`);
    assertEquals(Deno.readTextFileSync(`${dir}/c/b/y.js`), "y");
    assertThrows(() => fs.copySync(`${dir}/a`, `${dir}/c`), Deno.errors.AlreadyExists);
    await fs.copy(`${dir}/a`, `${dir}/c`, { overwrite: true });
    fs.emptyDirSync(`${dir}/c`);
    assertEquals([...Deno.readDirSync(`${dir}/c`)], []);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
});

Deno.test("@std/streams: whole streams, lines, joins", async () => {
  const of = (...chunks: string[]) => ReadableStream.from(chunks);
  const bytes = (...chunks: string[]) => of(...chunks).pipeThrough(new TextEncoderStream());
  assertEquals(await streams.toText(bytes("a", "bé")), "abé");
  assertEquals(await streams.toBytes(bytes("a", "b")), new Uint8Array([97, 98]));
  assertEquals((await streams.toArrayBuffer(bytes("abc"))).byteLength, 3);
  assertEquals(await streams.toJson(bytes("[1", "]")), [1]);
  assertEquals(
    await Array.fromAsync(of("a\nb", "c\r\nd").pipeThrough(new streams.TextLineStream())),
    ["a", "bc", "d"],
  );
  assertEquals(await streams.toText(streams.concatReadableStreams(of("a"), of("b"))), "ab");
  assertEquals((await streams.toText(streams.mergeReadableStreams(of("a"), of("b")))).length, 2);
  const limited = bytes("abc", "def").pipeThrough(new streams.LimitedBytesTransformStream(4));
  assertEquals(await streams.toText(limited), "abc");
});

const order: string[] = [];

describe("@std/testing: groups", () => {
  beforeEach(() => void order.push("before"));
  afterEach(() => void order.push("after"));
  it("run their hooks around each test", () => void order.push("one"));
  describe("within groups", () => {
    it("run the outer hooks too", () => {
      assertEquals(order, ["before", "one", "after", "before"]);
    });
  });
});

Deno.test("@std/testing: a spy remembers its calls", () => {
  const add = spy((a: number, b: number) => a + b);
  assertEquals(add(1, 2), 3);
  assertSpyCalls(add, 1);
  assertEquals(add.calls[0].args, [1, 2]);
  assertEquals(add.calls[0].returned, 3);
  assertThrows(() => assertSpyCalls(add, 2));
});

Deno.test("@cliffy/command: options are typed, sub-commands run, errors are thrown", async () => {
  const seen: unknown[] = [];
  const make = () =>
    new Command()
      .name("tool")
      .version("1.2.3")
      .description("A tool")
      .throwErrors()
      .option("-p, --port <port:number>", "Port", { default: 80 })
      .option("-q, --quiet", "Say nothing")
      .option("--dir <dir:string>", "Directory", { collect: true })
      .arguments("[files...:string]")
      .action((options, ...files) => void seen.push([options.port, options.quiet, ...files]));
  await make().parse(["-p", "81", "--quiet", "a", "b"]);
  await make().parse([]);
  assertEquals(seen, [[81, true, "a", "b"], [80, undefined]]);
  const { options } = await make().parse(["--dir", "x", "--dir", "y"]);
  assertEquals(options.dir, ["x", "y"]);
  await assertRejects(() => make().parse(["--port", "many"]), Error, "number");
  await assertRejects(() => make().parse(["--nonesuch"]), Error, "--nonesuch");
  assertEquals(/--port/.test(make().getHelp()), true);

  const ran: unknown[] = [];
  const parent = new Command()
    .name("tool")
    .throwErrors()
    .command("serve <root:string>", "Serve a directory")
    .option("--once", "Serve one request")
    .action((given, dir) => void ran.push(["serve", given.once, dir]))
    .command("list", "List what is there")
    .action(() => void ran.push(["list"]));
  await parent.parse(["serve", "--once", "/srv"]);
  await parent.parse(["list"]);
  assertEquals(ran, [["serve", true, "/srv"], ["list"]]);
});

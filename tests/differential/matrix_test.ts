/**
 * The flag matrix: every applet that native has too, with every flag that native takes, alone and in
 * pairs, with wrong flags, missing arguments and operands of every kind. What native answered is
 * recorded below `matrix/native/`; see `matrix/record.ts`.
 */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { names } from "../../applets/registry.ts";
import { findBusybox } from "../../reference/native.ts";
import { Jail } from "./jail.ts";
import { type Answer, masked, pack, readOptions, recorded, shown } from "./matrix/answer.ts";
import { comparable, EXCEPTIONS } from "./matrix/exceptions.ts";
import { setupOf } from "./matrix/files.ts";
import { acceptedByTable, AS_USER, generate } from "./matrix/generate.ts";
import { casesOf, differences } from "./matrix/matrix.ts";
import { answersOfNative } from "./matrix/native.ts";
import { readShard } from "./matrix/shard.ts";
import { NEVER, SHAPES } from "./matrix/shapes.ts";
import { load } from "../../applets/registry.ts";

const recordedNames = names().filter((name) => readShard(name) !== undefined);

for (const name of recordedNames) {
  Deno.test(`flag matrix: ${name}`, async () => {
    const { lines, count } = await differences(name);
    assert(count > 0);
    assertEquals(lines, []);
  });
}

Deno.test("the flag matrix has every applet that native and we have", () => {
  const native = findBusybox();
  if (native === undefined) return;
  const missing = names().filter((name) =>
    native.applets.includes(name) && !NEVER.has(name) && !recordedNames.includes(name)
  );
  assertEquals(missing, []);
});

Deno.test("every short flag that native takes is in our option table", async () => {
  const missing: string[] = [];
  for (const name of recordedNames) {
    const applet = await load(name);
    const table = acceptedByTable(applet.options);
    // An empty table belongs to an applet that parses its arguments itself; its cases tell.
    if (table.size === 0) continue;
    for (const option of readOptions(readShard(name)!.options).keys()) {
      // `-NUM` is one old option there, whose digits native takes one by one.
      if (/^[0-9]$/.test(option) && ["fold", "head", "tail"].includes(name)) continue;
      if (!table.has(option)) missing.push(`${name} ${option}`);
    }
  }
  assertEquals(missing, []);
});

Deno.test("one byte of status, output, messages, usage line or tree makes a difference", () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const page = "x: invalid option -- 'z'\nBusyBox v1.35.0 (Debian) multi-call binary.\n\n" +
    "Usage: x [-a] FILE\n\nDoes it\n\n\t-a\tAll\n";
  const answer: Answer = [1, "a b\nc\n", shown(bytes(page)), ['+- f 644 @5 1 "x"', "+d d 755"]];
  assertEquals(answer[2], "x: invalid option -- 'z'\nBANNER Usage: x [-a] FILE\n");
  const changed: Answer[] = [
    [0, answer[1], answer[2], answer[3]],
    [1, "a  b\nc\n", answer[2], answer[3]],
    [1, "a b\nc", answer[2], answer[3]],
    [1, "a b\nc\n\0", answer[2], answer[3]],
    [1, answer[1], shown(bytes(page.replace("'z'", "'y'"))), answer[3]],
    [1, answer[1], shown(bytes(page.replace("[-a]", "[-b]"))), answer[3]],
    [1, answer[1], answer[2], ['+- f 640 @5 1 "x"', "+d d 755"]],
    [1, answer[1], answer[2], ['+- f 644 @6 1 "x"', "+d d 755"]],
    [1, answer[1], answer[2], ['+- f 644 @5 1 "y"', "+d d 755"]],
    [1, answer[1], answer[2], ['+- f 644 @5 1 "x"']],
  ];
  for (const name of ["cat", "ls", "du", "tar", "cpio", "mktemp"]) {
    for (const other of changed) {
      assertNotEquals(comparable(name, other), comparable(name, answer), `${name} ${other}`);
    }
    const kept = JSON.parse(pack("v", "a b: --long?", new Map([["x y", answer]])));
    assertEquals(recorded(kept, "x y"), answer);
    assertEquals(recorded(kept, "toString"), undefined);
    assertEquals([...readOptions(kept.options)], [
      ["a", "none"],
      ["b", "argument"],
      ["long", "optional"],
    ]);
  }
  // The order of lines counts, but for those that show directories as they are listed.
  const turned: Answer = [1, "c\na b\n", answer[2], answer[3]];
  assertNotEquals(comparable("cat", turned), comparable("cat", answer));
  assertEquals(comparable("find", turned), comparable("find", answer));
});

Deno.test("no exception of the flag matrix is left without its case", async () => {
  const idle: string[] = [];
  for (const [name, list] of Object.entries(EXCEPTIONS)) {
    const cases = await casesOf(name, readShard(name)!);
    for (const [which] of list) {
      const used = cases.some((each) =>
        typeof which === "string" ? which === each : which.test(each)
      );
      if (!used) idle.push(`${name}: ${which}`);
    }
  }
  assertEquals(idle, []);
});

Deno.test({
  name: "native busybox still answers a sample of the flag matrix as recorded",
  // Making the jail needs root. Where native or root is missing the run says so; CI has both.
  ignore: findBusybox() === undefined || Deno.uid() !== 0,
  fn: async () => {
    using jail = Jail.create(findBusybox()!.path);
    const drifted: string[] = [];
    // A jail takes a while to make for each applet, so one in eight is asked.
    for (const name of recordedNames.filter((_, index) => index % 8 === 3)) {
      const shard = readShard(name)!;
      const options = readOptions(shard.options);
      const cases = generate(name, SHAPES[name] ?? {}, options, (await load(name)).options)
        .filter((each) => !each.startsWith(AS_USER) && recorded(shard, each))
        .filter((_, index) => index % 12 === 5);
      if (cases.length === 0) continue;
      const answers = answersOfNative(jail, setupOf(name, false), cases, false);
      cases.forEach((each, at) => {
        const want: Answer = recorded(shard, each)!;
        const now = answers[at] && masked(answers[at], SHAPES[name]?.mask);
        if (JSON.stringify(want) !== JSON.stringify(now)) {
          drifted.push(
            `${each}\n  recorded ${JSON.stringify(want)}\n  now ${JSON.stringify(now)}`,
          );
        }
      });
    }
    assertEquals(drifted, []);
  },
});

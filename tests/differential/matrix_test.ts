/**
 * The flag matrix: every applet that native has too, with every flag that native takes, alone and in
 * pairs, with wrong flags, missing arguments and operands of every kind. What native answered is
 * recorded below `matrix/native/`; see `matrix/record.ts`.
 */
import { assert, assertEquals } from "@std/assert";
import { names } from "../../applets/registry.ts";
import { findBusybox } from "../../reference/native.ts";
import { Jail } from "./jail.ts";
import { type Answer, readOptions, recorded } from "./matrix/answer.ts";
import { EXCEPTIONS } from "./matrix/exceptions.ts";
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
        if (JSON.stringify(want) !== JSON.stringify(answers[at])) {
          drifted.push(
            `${each}\n  recorded ${JSON.stringify(want)}\n  now ${JSON.stringify(answers[at])}`,
          );
        }
      });
    }
    assertEquals(drifted, []);
  },
});

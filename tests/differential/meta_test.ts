/** The comparison itself: a difference of one byte anywhere must fail. */
import { assertEquals } from "@std/assert";
import { findBusybox } from "../../reference/native.ts";
import { type Answer, answersOfNative, compareAnswers, readCases, readRecorded } from "./corpus.ts";
import { hostTree, treeChanges } from "./tree.ts";

const CASE = "cat f; cat nx; mkdir d";
const ANSWER: Answer = [1, "text\n", "cat: can't open 'nx'\n", ["+d d 755"]];

Deno.test("equal answers are equal", () => {
  assertEquals(compareAnswers([CASE], { [CASE]: ANSWER }, [structuredClone(ANSWER)]), []);
});

Deno.test("one byte of status, output, messages, mode or tree makes a difference", () => {
  const changed: Answer[] = [
    [2, "text\n", "cat: can't open 'nx'\n", ["+d d 755"]],
    [1, "text", "cat: can't open 'nx'\n", ["+d d 755"]],
    [1, "Text\n", "cat: can't open 'nx'\n", ["+d d 755"]],
    [1, "text\n\0", "cat: can't open 'nx'\n", ["+d d 755"]],
    [1, "text\n", "cat: can't open 'nx'", ["+d d 755"]],
    [1, "text\n", "cat: can't open 'ny'\n", ["+d d 755"]],
    [1, "text\n", "cat: can't open 'nx'\n", ["+d d 754"]],
    [1, "text\n", "cat: can't open 'nx'\n", ["+d e 755"]],
    [1, "text\n", "cat: can't open 'nx'\n", ["+d d 755", '+- e 644 0 ""']],
    [1, "text\n", "cat: can't open 'nx'\n"],
  ];
  for (const answer of changed) {
    assertEquals(
      compareAnswers([CASE], { [CASE]: ANSWER }, [answer]).length,
      1,
      JSON.stringify(answer),
    );
  }
});

Deno.test("a case that was never recorded fails, whatever it is called", () => {
  for (const name of [CASE, "toString", "__proto__"]) {
    assertEquals(compareAnswers([name], {}, [ANSWER]), [`${name}: not recorded`]);
  }
});

Deno.test("the picture of a tree shows names, types, modes, contents, targets and hard links", () => {
  const root = Deno.makeTempDirSync();
  try {
    Deno.writeTextFileSync(`${root}/a`, "1");
    const before = hostTree(root);
    const steps: (() => void)[] = [
      () => Deno.writeTextFileSync(`${root}/a`, "2"),
      () => Deno.chmodSync(`${root}/a`, 0o600),
      () => Deno.linkSync(`${root}/a`, `${root}/b`),
      () => Deno.symlinkSync("a", `${root}/l`),
      () => Deno.mkdirSync(`${root}/d`),
      () => Deno.removeSync(`${root}/d`),
    ];
    let last = before;
    for (const step of steps) {
      step();
      const now = hostTree(root);
      assertEquals(treeChanges(last, now).length > 0, true, step.toString());
      last = now;
    }
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
});

Deno.test({
  name: "native busybox still answers a sample of the cases as recorded",
  // Making the jail needs root. Where native or root is missing the run says so; CI has both.
  ignore: findBusybox() === undefined || Deno.uid() !== 0,
  fn: () => {
    for (const name of ["base", "filters"]) {
      const cases = readCases(name).filter((_, index) => index % 25 === 0);
      const recorded = readRecorded(name).answers;
      assertEquals(compareAnswers(cases, recorded, answersOfNative(name, cases)), []);
    }
  },
});

Deno.test("native busybox is there when CI runs", () => {
  if (findBusybox() !== undefined) return;
  console.warn("NO NATIVE BUSYBOX: answers are compared with recorded ones only");
  assertEquals(Deno.env.get("CI"), undefined);
});

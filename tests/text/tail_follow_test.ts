/**
 * `tail -f` and `-F` really following. Native busybox 1.35 gave these answers to the same scripts; the
 * pauses keep changes half a second away from looks.
 */
import { assertEquals } from "@std/assert";
import { Sandbox } from "../../mod.ts";

interface Case {
  readonly name: string;
  readonly script: string;
  readonly want: string;
}

const GONE = "tail: t has been renamed or deleted: No such file or directory\n";

const CASES: readonly Case[] = [
  {
    name: "what is appended",
    script: "echo a >t; timeout 4 tail -f -s 1 t & sleep 1.5; echo b >>t; sleep 1; echo c >>t",
    want: "a\nb\nc\n",
  },
  {
    name: "a truncated file from its start",
    script: "echo abc >t; timeout 4 tail -f -s 1 t & sleep 1.5; echo z >t",
    want: "abc\nz\n",
  },
  {
    name: "an emptied file from where it was, as native",
    script:
      "echo abc >t; timeout 5 tail -f -s 1 t & sleep 1.5; : >t; sleep 2; echo longer line >>t",
    want: "abc\ner line\n",
  },
  {
    name: "several files, with a header at each change",
    script: "echo a >t; echo b >r; timeout 5 tail -f -s 1 t r & sleep 1.5; echo c >>t; " +
      "sleep 1; echo d >>r; sleep 1; echo e >>r",
    want: "==> t <==\na\n\n==> r <==\nb\n\n==> t <==\nc\n\n==> r <==\nd\ne\n",
  },
  {
    name: "several files without headers",
    script: "echo a >t; echo b >r; timeout 4 tail -q -f -s 1 t r & sleep 1.5; echo c >>t; " +
      "sleep 1; echo d >>r",
    want: "a\nb\nc\nd\n",
  },
  {
    name: "-f: a renamed file under its new name",
    script: "echo a >t; timeout 4 tail -f -s 1 t & sleep 1.5; mv t o; echo new >t; echo old >>o",
    want: "a\nold\n",
  },
  {
    name: "-F: the file that has the name now",
    script: "echo a >t; timeout 5 tail -F -s 1 t & sleep 1.5; mv t o; echo new >t; sleep 1; " +
      "echo old >>o; echo more >>t",
    want: "a\ntail: t has been replaced; following end of new file\nnew\nmore\n",
  },
  {
    name: "-F: a deleted file is read on until there is another",
    script: "echo a >t; timeout 6 tail -F -s 1 t & sleep 1.5; mv t o; sleep 1; echo old >>o; " +
      "sleep 1; echo new >t",
    want: `a\n${GONE}${GONE}old\ntail: t has been replaced; following end of new file\nnew\n`,
  },
  {
    name: "-F: a file that appears",
    script: "timeout 5 tail -F -s 1 t & sleep 1.5; echo new >t; sleep 1; echo more >>t",
    want: "tail: can't open 't': No such file or directory\n" +
      "tail: t has appeared; following end of new file\nnew\nmore\n",
  },
  {
    name: "-f: a missing file is left out",
    script: "echo a >t; timeout 4 tail -f -s 1 nx t & sleep 1.5; echo b >>t",
    want: "tail: can't open 'nx': No such file or directory\na\nb\n",
  },
  {
    name: "-n 0 and -c +2",
    script:
      "echo a >t; echo bc >r; timeout 4 tail -f -n 0 -s 1 t & timeout 4 tail -f -c +2 -s 1 r & " +
      "sleep 1.5; echo d >>t",
    want: "c\nd\n",
  },
  {
    name: "a pipe until its end and beyond",
    script: "mkfifo p; (echo a; sleep 1; echo b) >p & timeout 3 tail -f -s 1 p",
    want: "a\nb\nTerminated\n",
  },
];

Deno.test("tail: follows as native does", async () => {
  const answers = await Promise.all(CASES.map(async ({ script }) => {
    await using sandbox = await Sandbox.create();
    await sandbox.fs.mkdir("/w");
    const { stdoutText } = await sandbox.sh(`exec 2>&1; ${script}; wait 2>/dev/null`, {
      cwd: "/w",
      stdin: "",
    });
    return stdoutText;
  }));
  CASES.forEach(({ name, want }, i) => assertEquals(answers[i], want, name));
});

Deno.test("tail: its end is told to the reader, and -s takes whole seconds", async () => {
  await using sandbox = await Sandbox.create();
  await sandbox.fs.mkdir("/w");
  for (const bad of ["x", "", "1.5", "-1", "0x1", "4294967296"]) {
    const { code, stderrText } = await sandbox.sh(`echo a >t; tail -s '${bad}' t`, { cwd: "/w" });
    assertEquals([code, stderrText], [1, `tail: invalid number '${bad}'\n`]);
  }
  // Nobody reads on, so the next line ends it.
  const { stdoutText } = await sandbox.sh(
    "echo a >t; (sleep 1; echo b >>t; sleep 1; echo c >>t) & tail -f -s 1 t | head -n 1; wait; echo end",
    { cwd: "/w", stdin: "", timeoutMs: 20_000 },
  );
  assertEquals(stdoutText, "a\nend\n");
});

/**
 * Texts that are longer than there is memory for: a program that must hold one ends by itself, in the
 * words of native for a failed `malloc`, and what runs beside and behind it goes on. A program that
 * streams is none the wiser. Messages and statuses are what native says under `ulimit -v`, but for `grep`,
 * which takes the line for the end there.
 */
import { assert, assertEquals } from "@std/assert";
import { Sandbox } from "../../mod.ts";

const LIMIT = 24 << 20;

/** A line without end, of so many MiB. */
function endless(megabytes: number): ReadableStream<Uint8Array> {
  const chunk = new TextEncoder().encode("ab:c d,x".repeat(8192));
  let left = megabytes * 16;
  return new ReadableStream({
    pull(controller) {
      if (left-- > 0) controller.enqueue(chunk.slice());
      else controller.close();
    },
  });
}

/** What must hold a line, by the name in its message. */
const HOLDERS: readonly string[] = [
  ...["sed p", "sed -n '$='", "sed -n 'H;$!d;x;p'", "grep zz", "grep -A2 zz", "grep -B2 zz"],
  ...["grep -F zz", "tac", "rev", "cut -c 3-5", "cut -d : -f 2", "uniq", "uniq -c", "paste - -"],
  ...[
    "paste -s -",
    "od -S 4",
    "sort",
    "sort -u",
    "sort -n",
    "nl",
    "head -n -1",
    "tail -n 1",
    "shuf",
  ],
  ...["comm - /dev/null", "diff - /dev/null", "tsort", "awk '{ print NF }'", "awk 1", "bc", "dc"],
];

/** What need not. */
const STREAMS: readonly (readonly [command: string, bytes: number])[] = [
  ["cat", 64 << 20],
  ["tr a b", 64 << 20],
  ["tr -d a", (64 << 20) * 7 / 8],
  ["fold", (64 << 20) + Math.floor(((64 << 20) - 1) / 80)],
  ["od -An", 59],
  ["expand", 64 << 20],
  ["tail -c 5", 5],
  ["head -c -5", (64 << 20) - 5],
];

for (const command of HOLDERS) {
  Deno.test(`memory: ${command} of a line without end`, async () => {
    await using sandbox = await Sandbox.create({ limits: { memoryBytes: LIMIT } });
    const before = Deno.memoryUsage().rss;
    const script = `${command} >/dev/null; echo $?; echo on | sed s/n/ne/`;
    const { stdoutText, stderrText, reason } = await sandbox.sh(script, { stdin: endless(64) });
    const name = command.split(" ")[0];
    const status = /^(grep|sort)$/.test(name) ? 2 : 1;
    assertEquals(stderrText, `${name}: out of memory\n`);
    assertEquals([stdoutText, reason], [`${status}\none\n`, "exit"]);
    assert(Deno.memoryUsage().rss - before < 12 * LIMIT, "more than the limit was held");
  });
}

for (const [command, bytes] of STREAMS) {
  Deno.test(`memory: ${command} streams`, async () => {
    await using sandbox = await Sandbox.create({ limits: { memoryBytes: 4 << 20 } });
    const { stdoutText } = await sandbox.sh(`${command} | wc -c`, { stdin: endless(64) });
    assertEquals(stdoutText, `${bytes}\n`);
  });
}

for (
  const script of [
    "s/.*/&&/;ba",
    "G;h;ba",
    "H;ba",
    "s/x/&&&&&&&&/g;ba",
    "a hello\nba",
    "H;x;h;G;ba",
  ]
) {
  Deno.test(`memory: sed ':a;${script}' ends`, async () => {
    await using sandbox = await Sandbox.create({ limits: { memoryBytes: 8 << 20 } });
    const { stdoutText, stderrText } = await sandbox.sh(
      `echo x | sed ':a;${script}' >/dev/null; echo $?`,
      { timeoutMs: 60_000 },
    );
    assertEquals([stderrText, stdoutText], ["sed: out of memory\n", "1\n"]);
  });
}

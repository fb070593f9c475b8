/**
 * One line of seven million bytes, and as many names as a million, through the text applets: the right
 * answer, and memory that stays a small multiple of the line. The line has a period of seven bytes,
 * so what must come out can be said in closed form.
 */
import { assert, assertEquals } from "@std/assert";
import { Sandbox } from "../../mod.ts";

const PERIOD = "ab:c d,";
const COUNT = 1_000_000;
const SIZE = COUNT * PERIOD.length;

/** Commands over the file `l`, and what they print. */
const CASES: readonly (readonly [command: string, want: string])[] = [
  ["grep -c d l", "1\n"],
  ["grep -o 'b:c d,$' l", "b:c d,\n"],
  ["grep -vc zz l", "1\n"],
  ["grep -E '(a|b):(c|x) *d' l | wc -c", `${SIZE + 1}\n`],
  ["grep -F zz l; echo $?", "1\n"],
  ["grep -ic 'D,AB' l", "1\n"],
  ["sed s/:c/:/g l | wc -c", `${SIZE - COUNT}\n`],
  ["sed -n 's/.*\\(c\\).*/\\1/p' l", "c"],
  ["sed 's/$/!/' l | tail -c 3", "d,!"],
  ["sed -n '$=' l", "1\n"],
  ["awk '{ print NF, length($0) }' l", `${COUNT + 1} ${SIZE}\n`],
  ["awk -F: '{ print NF, $2 }' l", `${COUNT + 1} c d,ab\n`],
  ["awk '{ n = gsub(/b/, \"\"); print n, length }' l", `${COUNT} ${SIZE - COUNT}\n`],
  ["cut -c 3-5 l", ":c \n"],
  ["cut -d : -f 2,3 l", "c d,ab:c d,ab\n"],
  [`cut -b ${SIZE - 1}- l`, "d,\n"],
  ["tr a A <l | cut -c 1-3", "Ab:\n"],
  ["tr -d b <l | wc -c", `${SIZE - COUNT}\n`],
  ["sort l | wc -c", `${SIZE + 1}\n`],
  ["cat l l | tr , '\\n' | sort -u", "ab:c d\n"],
  ["wc l", `        0   ${COUNT + 1}   ${SIZE} l\n`],
  ["wc -L l", `${SIZE} l\n`],
  ["head -c 5 l", "ab:c "],
  ["head -n 1 l | wc -c", `${SIZE}\n`],
  ["tail -c 5 l", ":c d,"],
  ["tail -n 1 l | wc -c", `${SIZE}\n`],
  ["fold -w 70 l | uniq", `${PERIOD.repeat(10)}\n`],
  ["rev l | cut -c 1-7", ",d c:ba\n"],
  ["uniq -c l | cut -c 1-10", "      1 ab\n"],
  ["tac l | wc -c", `${SIZE}\n`],
  ["nl l | cut -c 1-10", "     1\tab:\n"],
  ["paste l l | wc -c", `${2 * SIZE + 2}\n`],
  ["cmp l l; echo $?", "0\n"],
  ["diff l l; echo $?", "0\n"],
  ["expand l | wc -c", `${SIZE}\n`],
  ["strings l | wc -c", `${SIZE + 1}\n`],
  ["x=$(cat l); echo ${#x}", `${SIZE}\n`],
];

/** Resident memory, in bytes. */
function resident(): number {
  return Deno.memoryUsage().rss;
}

Deno.test("text: a line of seven megabytes is nothing special", async () => {
  await using sandbox = await Sandbox.create();
  await sandbox.fs.mkdir("/w");
  await sandbox.fs.writeFile("/w/l", new TextEncoder().encode(PERIOD.repeat(COUNT)));
  const before = resident();
  for (const [command, want] of CASES) {
    const { stdoutText, reason } = await sandbox.sh(command, { cwd: "/w", timeoutMs: 60_000 });
    assertEquals([stdoutText, reason], [want, "exit"], command);
  }
  const added = resident() - before;
  assert(added < 60 * SIZE, `${Math.round(added / 1e6)} MB more`);
});

Deno.test("xargs: a million names in few command lines, each no longer than allowed", async () => {
  await using sandbox = await Sandbox.create();
  const before = resident();
  const run = async (command: string): Promise<string> =>
    (await sandbox.sh(command, { cwd: "/", timeoutMs: 120_000 })).stdoutText;
  assertEquals(await run("seq 1000000 | xargs echo | wc -w"), "1000000\n");
  assertEquals(await run("seq 1000000 | xargs echo | tail -c 8"), "1000000\n");
  assertEquals(await run("seq 1000000 | tr '\\n' '\\0' | xargs -0 echo | wc -w"), "1000000\n");
  assertEquals(
    await run(
      "seq 1000000 | xargs sh -c 'echo $#' sh | awk '{ n += $1 } END { print n, NR < 300 }'",
    ),
    "1000000 1\n",
  );
  assertEquals(await run("seq 100000 | xargs -n 1000 echo | wc -l"), "100\n");
  assert(resident() - before < 400e6, "xargs keeps what it read");
});

Deno.test("a line that goes over the blocks of a file in memory is read as one", async () => {
  await using sandbox = await Sandbox.create();
  const long = "z".repeat(200_000);
  await sandbox.fs.writeFile("/tmp/lines", `first\n${long}\nlast`);
  const read = "{ read -r a; read -r b; read -r c; echo ${#a} ${#b} ${#c} $c; } </tmp/lines";
  const { stdoutText } = await sandbox.sh(`${read}; md5sum -c /tmp/lines 2>&1`);
  assertEquals(
    stdoutText,
    "5 200000 4 last\nmd5sum: WARNING: 3 of 3 computed checksums did NOT match\n",
  );
});

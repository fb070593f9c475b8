/**
 * Random awk programs, compared with native busybox: standard output, messages and status, byte for
 * byte.
 *
 *     deno run -A fuzz/awk.ts --count 2000 [--seed 1] [--batch 500] [--shrink] [--all]
 *
 * Native runs a batch in one jail (tests/differential/jail.ts), so this needs root on Linux, while the
 * sandbox is at the batch before. With `--shrink`, programs that differ are made as short as they can
 * be and still differ. Differences that are a fault of native are counted by fault (awk_known.ts), and
 * shown with `--all`.
 *
 * @module
 */
import { Sandbox } from "../mod.ts";
import { findBusybox } from "../reference/native.ts";
import { Jail } from "../tests/differential/jail.ts";
import { generate, INPUT, seeded } from "./awk_grammar.ts";
import { faultOf } from "./awk_known.ts";
import { bytesOf, latin1 } from "./input.ts";
import { addMemcheck, MEMCHECK } from "./memcheck.ts";

export { generate, INPUT, type Random, seeded } from "./awk_grammar.ts";

/** What a program did. */
export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** Longest output that is compared, and the processor time native gets for a program. */
const MOST_OUTPUT = 100_000;
const SECONDS = 1;

const ENV = { PATH: "/bin", HOME: "/root", USER: "root", LC_ALL: "C" };

/** The text of a program as bytes. */
const encode = (program: string): string => latin1(new TextEncoder().encode(program));

/**
 * Runs programs natively, each in an empty directory of one jail.
 *
 * @param check Runs them under valgrind, whose findings are given as the messages.
 */
export async function runNative(
  jail: Jail,
  programs: readonly string[],
  check = false,
): Promise<Outcome[]> {
  const { root } = jail;
  for (const dir of ["p", "o", "w"]) Deno.mkdirSync(`${root}/tmp/${dir}`);
  Deno.writeFileSync(`${root}/tmp/input`, bytesOf(INPUT));
  let script = check
    ? "ulimit -t 60\n"
    : `ulimit -t ${SECONDS} -v 2000000 -f ${2 * MOST_OUTPUT / 512 | 0}\n`;
  programs.forEach((program, i) => {
    Deno.mkdirSync(`${root}/tmp/w/${i}`);
    Deno.writeFileSync(`${root}/tmp/p/${i}`, bytesOf(encode(program)));
    const awk = check ? `${MEMCHECK}/tmp/o/${i}.v /bin/busybox awk` : "awk";
    script += `cd /tmp/w/${i}; ${awk} -f ../../p/${i} <../../input >../../o/${i}.o ` +
      `2>../../o/${i}.e; echo $? >../../o/${i}.s\n`;
  });
  Deno.writeFileSync(`${root}/tmp/script`, bytesOf(script));
  const child = new Deno.Command("/usr/bin/unshare", {
    args: [
      ...["-m", "-p", "-f", "-n", "--kill-child", `--mount-proc=${root}/proc`],
      ...["/usr/sbin/chroot", root, "/bin/sh", "/tmp/script"],
    ],
    env: ENV,
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), 120_000);
  await child.status;
  clearTimeout(timer);
  const read = (name: string): string => {
    try {
      return latin1(Deno.readFileSync(`${root}/tmp/o/${name}`));
    } catch {
      return ""; // The batch ended before it came to this one.
    }
  };
  const outcomes = programs.map((_, i) => ({
    stdout: read(`${i}.o`),
    stderr: check ? read(`${i}.v`) : read(`${i}.e`).replaceAll(`../../p/${i}`, "cmd. line"),
    code: Number(read(`${i}.s`) || "137"),
  }));
  for (const entry of Deno.readDirSync(`${root}/tmp`)) {
    Deno.removeSync(`${root}/tmp/${entry.name}`, { recursive: true });
  }
  return outcomes;
}

/** Runs the programs that are wanted in a sandbox, each in an empty directory. */
export async function runOurs(
  programs: readonly string[],
  wanted: readonly boolean[],
): Promise<Outcome[]> {
  await using sandbox = await Sandbox.create({ env: ENV, limits: { wallMs: 1e8 } });
  await sandbox.run(["mkdir", "-p", ...programs.map((_, i) => `/tmp/w/${i}`)]);
  const stdin = bytesOf(INPUT);
  const outcomes: Outcome[] = [];
  for (let i = 0; i < programs.length; i++) {
    if (!wanted[i]) {
      outcomes.push({ stdout: "", stderr: "", code: 0 });
      continue;
    }
    const run = await sandbox.run(["awk", "--", programs[i]], {
      cwd: `/tmp/w/${i}`,
      stdin,
      timeoutMs: 3 * SECONDS * 1000,
      maxOutputBytes: 2 * MOST_OUTPUT,
    });
    const ended = run.reason === "exit" ? "" : `\n[${run.reason}]`;
    outcomes.push({
      stdout: latin1(run.stdout),
      stderr: latin1(run.stderr) + ended,
      code: run.code,
    });
  }
  return outcomes;
}

/** Outcomes of native that say nothing: it was killed, crashed, lacks mathematics or ran away. */
function saysNothing({ stdout, stderr, code }: Outcome): boolean {
  return (code > 128 && code < 160) || stderr.includes("Math support") ||
    stderr.includes("out of memory") || stderr.includes("not found") ||
    stdout.length >= MOST_OUTPUT;
}

/** In what two outcomes differ; undefined when they do not. */
function kindOf(ours: Outcome, native: Outcome): string | undefined {
  const parts: string[] = [];
  if (ours.code !== native.code) parts.push(`status ${native.code}`);
  if (ours.stdout !== native.stdout) parts.push("output");
  if (ours.stderr !== native.stderr) parts.push("messages");
  return parts.length === 0 ? undefined : parts.join(", ");
}

/** A program that both sides answer differently. */
interface Difference {
  readonly index: number;
  readonly kind: string;
  readonly native: Outcome;
  readonly ours: Outcome;
  /** Why it is no fault of ours, where it is not. */
  readonly known: string | undefined;
}

const FREED = "native uses freed memory (valgrind says so)";

/** Where programs differ. Native may have answered already. */
async function differences(
  jail: Jail,
  programs: readonly string[],
  answers?: readonly Outcome[],
): Promise<Difference[]> {
  const native = answers ?? await runNative(jail, programs);
  const said = native.map((outcome) => !saysNothing(outcome));
  const ours = await runOurs(programs, said);
  const found = programs.flatMap((_, index) => {
    const kind = said[index] ? kindOf(ours[index], native[index]) : undefined;
    return kind === undefined ? [] : [{ index, kind, native: native[index], ours: ours[index] }];
  });
  if (found.length === 0) return [];
  const suspects = found.map(({ index }) => programs[index]);
  const checked = await runNative(jail, suspects, true);
  return found.map((each, i) => ({
    ...each,
    known: /Invalid (read|write)|uninitialised/.test(checked[i].stderr)
      ? FREED
      : faultOf(suspects[i], each.native, each.ours)?.what,
  }));
}

/** How many shorter programs are tried at a time. */
const WIDTH = 40;

/** The shortest program found that still differs in the same way. */
async function shrink(jail: Jail, program: string, kind: string, known?: string): Promise<string> {
  let best = program;
  for (let size = best.length >> 1; size >= 1;) {
    let shorter: string | undefined;
    const starts: number[] = [];
    for (let at = 0; at < best.length; at += Math.max(1, size >> 1)) starts.push(at);
    for (let from = 0; from < starts.length && shorter === undefined; from += WIDTH) {
      const tries = starts.slice(from, from + WIDTH)
        .map((at) => best.slice(0, at) + best.slice(at + size))
        .filter((tried) => tried.trim() !== "");
      const same = (await differences(jail, tries))
        .find((found) => found.kind === kind && found.known === known);
      if (same !== undefined) shorter = tries[same.index];
    }
    if (shorter === undefined) size >>= 1;
    else best = shorter;
  }
  return best;
}

const shown = ({ native, ours }: Difference): string =>
  `native ${JSON.stringify(native).slice(0, 600)}\ncapbox ${JSON.stringify(ours).slice(0, 600)}`;

async function main(args: readonly string[]): Promise<number> {
  const option = (name: string, otherwise: number): number => {
    const at = args.indexOf(`--${name}`);
    return at < 0 ? otherwise : Number(args[at + 1]);
  };
  const count = option("count", 1000);
  const seed = option("seed", 1);
  const size = option("batch", 500);
  const busybox = findBusybox();
  if (busybox === undefined) throw new Error("there is no native busybox");
  // One is at the next batch while the other looks at the differences of this one.
  using jail = Jail.create(busybox.path);
  using second = Jail.create(busybox.path);
  if (!addMemcheck(second)) console.log("no valgrind: what it would explain is shown");
  const batchAt = (done: number): string[] =>
    Array.from(
      { length: Math.max(0, Math.min(size, count - done)) },
      (_, i) => generate(seeded(seed + done + i)),
    );
  let compared = 0;
  let different = 0;
  const known = new Map<string, number>();
  const started = performance.now();
  let next = batchAt(0);
  let answers = runNative(jail, next);
  for (let done = 0; done < count; done += size) {
    const native = await answers;
    const programs = next;
    next = batchAt(done + size);
    answers = runNative(jail, next);
    compared += native.filter((outcome) => !saysNothing(outcome)).length;
    for (const found of await differences(second, programs, native)) {
      const program = programs[found.index];
      if (found.known !== undefined) known.set(found.known, (known.get(found.known) ?? 0) + 1);
      else different++;
      if (found.known !== undefined && !args.includes("--all")) continue;
      console.log(
        `--- seed ${seed + done + found.index}, ${found.kind}, ${found.known ?? "unknown"}\n` +
          `${program}\n${shown(found)}`,
      );
      if (!args.includes("--shrink")) continue;
      const short = await shrink(second, program, found.kind, found.known);
      const [again] = await differences(second, [short]);
      console.log(`shrunk\n${short}\n${again === undefined ? "same" : shown(again)}`);
    }
  }
  await answers;
  const seconds = (performance.now() - started) / 1000;
  console.log(
    `${count} programs of seeds ${seed} to ${seed + count - 1}, ${compared} compared, ` +
      `${different} differ; ${Math.round(count / seconds)} a second`,
  );
  for (const [what, times] of known) console.log(`known, ${times} times: ${what}`);
  return different;
}

if (import.meta.main) Deno.exit(await main(Deno.args) > 0 ? 1 : 0);

/**
 * Random shell scripts: printed and parsed again they must give the same tree, and run they must do
 * what native busybox ash does: standard output, standard error and status, byte for byte.
 *
 *     deno run -A fuzz/shell.ts --count 2000 [--seed 1 | --at 1000003] [--batch 200] [--shrink]
 *
 * Native runs a batch in one jail (tests/differential/jail.ts), so this needs root on Linux. With
 * `--shrink`, scripts that differ are made as short as they can be and still differ.
 *
 * @module
 */
import { Parser } from "../applets/sh/parse.ts";
import { print } from "../applets/sh/print.ts";
import { Sandbox } from "../mod.ts";
import { findBusybox } from "../reference/native.ts";
import { Jail } from "../tests/differential/jail.ts";
import { PRELUDE, ScriptMaker, single } from "./shell_grammar.ts";
import { isKnown } from "./shell_known.ts";

export { ScriptMaker } from "./shell_grammar.ts";

/** The tree without line numbers, for comparing. */
function shape(text: string): string {
  return JSON.stringify(new Parser(text).all(), (key, value) => key === "line" ? undefined : value);
}

/** Whether all here-documents end with their delimiters. */
function isEnded(tree: string): boolean {
  let all = true;
  JSON.parse(tree, (_, value) => {
    if (value?.op !== "<<") return value;
    const last = value.word.parts.at(-1);
    if (last !== undefined && !(last.t === "quo" && /(?:^|\n)$/.test(last.s))) all = false;
    return value;
  });
  return all;
}

/** What is wrong with printing and parsing a script again; undefined when nothing is. */
export function checkRoundTrip(script: string): string | undefined {
  let before: string;
  try {
    before = shape(script);
  } catch {
    return undefined;
  }
  // A here-document that the end of the script cut off can stand nowhere else.
  if (/"delim"/.test(before) && !isEnded(before)) return undefined;
  const printed = print(new Parser(script).all());
  try {
    return shape(printed) === before ? undefined : printed;
  } catch (error) {
    return `${(error as Error).message}\n${printed}`;
  }
}

/** What a script did. */
interface Outcome {
  readonly status: string;
  readonly stdout: string;
  readonly stderr: string;
}

const latin1 = (bytes: Uint8Array): string => {
  let text = "";
  for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]);
  return text;
};

const bytesOf = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(text, (char) => char.charCodeAt(0));

/** Most seconds a script may take; what native does not do in that time is not compared. */
const SECONDS = 4;

/** A script runs from a file when its number is even, and otherwise as the argument of `-c`. */
function isFile(index: number): boolean {
  return index % 2 === 0;
}

function environment(batch: number): Record<string, string> {
  return {
    PATH: "/bin",
    HOME: "/root",
    USER: "root",
    SHELL: "/bin/sh",
    LC_ALL: batch % 2 === 0 ? "C" : "C.UTF-8",
  };
}

/** Runs scripts natively: all in one jail, each in a directory of its own. */
function nativeBatch(jail: Jail, scripts: readonly string[], batch: number): Outcome[] {
  const work = `${jail.root}/tmp/w`;
  const out = `${jail.root}/tmp/o`;
  for (const dir of [work, out]) Deno.mkdirSync(dir);
  let driver = "trap '' INT QUIT USR1 USR2\n";
  scripts.forEach((script, i) => {
    const run = isFile(i) ? "../../o/s" + i : "-c " + single(script);
    if (isFile(i)) Deno.writeFileSync(`${out}/s${i}`, bytesOf(script));
    driver +=
      `mkdir -p /tmp/w/${i}/d; cd /tmp/w/${i}; (trap - INT QUIT USR1 USR2; unset OLDPWD SHLVL; ` +
      `exec timeout -s KILL ${SECONDS} ash ${run} </dev/null >../../o/${i}.o 2>../../o/${i}.e); echo $? >../../o/${i}.s\n`;
  });
  Deno.writeFileSync(`${jail.root}/tmp/driver`, bytesOf(driver));
  // A namespace of processes too, so that nothing a script starts outlives the batch or can be
  // reached from it.
  new Deno.Command("/usr/bin/unshare", {
    args: [
      ...["-m", "-p", "-f", "--kill-child", `--mount-proc=${jail.root}/proc`],
      ...["/usr/sbin/chroot", jail.root, "/bin/sh", "/tmp/driver"],
    ],
    env: environment(batch),
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).outputSync();
  const read = (name: string): string => {
    try {
      return latin1(Deno.readFileSync(`${out}/${name}`));
    } catch {
      return "";
    }
  };
  const outcomes = scripts.map((_, i) => ({
    status: read(`${i}.s`).trim(),
    stdout: read(`${i}.o`),
    stderr: withoutUsage(read(`${i}.e`)),
  }));
  for (const dir of [work, out]) Deno.removeSync(dir, { recursive: true });
  return outcomes;
}

/** Runs scripts in one sandbox, in the same directories. */
async function ourBatch(scripts: readonly string[], batch: number): Promise<Outcome[]> {
  await using sandbox = await Sandbox.create({ env: environment(batch) });
  await sandbox.run(["mkdir", "-p", "/tmp/o", ...scripts.map((_, i) => `/tmp/w/${i}/d`)]);
  const outcomes: Outcome[] = [];
  for (let i = 0; i < scripts.length; i++) {
    const cwd = `/tmp/w/${i}`;
    if (isFile(i)) await sandbox.fs.writeFile(`/tmp/o/s${i}`, bytesOf(scripts[i]));
    const run = isFile(i) ? [`../../o/s${i}`] : ["-c", bytesOf(scripts[i])];
    const { code, stdout, stderr, reason } = await sandbox.run(["ash", ...run], {
      cwd,
      stdin: "",
      timeoutMs: 2 * SECONDS * 1000,
    });
    const status = reason === "exit" || reason === "signal" ? String(code) : `${reason} ${code}`;
    outcomes.push({ status, stdout: latin1(stdout), stderr: withoutUsage(latin1(stderr)) });
  }
  return outcomes;
}

/** Messages up to the first usage page, which is in our own words. */
function withoutUsage(stderr: string): string {
  const page = stderr.search(/^(BusyBox|capbox) v/m);
  return page < 0 ? stderr : stderr.slice(0, page);
}

function sortedLines(text: string): string {
  return text.split("\n").sort().join("\n");
}

/**
 * Whether both did the same. Where processes run beside each other, the order in which their
 * messages come is nobody's.
 */
function isSame(script: string, ours: Outcome, native: Outcome): boolean {
  if (ours.status !== native.status) return false;
  if (ours.stdout === native.stdout && ours.stderr === native.stderr) return true;
  if (!/[|&]/.test(script) || sortedLines(ours.stderr) !== sortedLines(native.stderr)) return false;
  // Messages and traces may go to standard output.
  if (ours.stdout === native.stdout) return true;
  return /2>&1|>&2/.test(script) && sortedLines(ours.stdout) === sortedLines(native.stdout);
}

/** Compares scripts; gives what differs by index. */
class Comparison {
  /** How many scripts native brought to their end. */
  compared = 0;

  constructor(readonly jail: Jail, readonly batch: number) {}

  async differences(scripts: readonly string[]): Promise<Map<number, [Outcome, Outcome]>> {
    const native = nativeBatch(this.jail, scripts, this.batch);
    const ours = await ourBatch(scripts, this.batch);
    const found = new Map<number, [Outcome, Outcome]>();
    scripts.forEach((script, i) => {
      // 139: native's own stack overflowed.
      if (/^(137|139|)$/.test(native[i].status)) return;
      this.compared++;
      if (!isSame(script, ours[i], native[i])) found.set(i, [ours[i], native[i]]);
    });
    return found;
  }

  /**
   * The shortest script found that still differs in the same way: in its status, or only in what it
   * printed, or only in its messages.
   */
  async shrink(script: string, isEven: boolean, kind: string): Promise<string> {
    let best = script;
    let rounds = 0;
    for (let size = best.length >> 1; size >= 1 && rounds < 60; rounds++) {
      const starts: number[] = [];
      for (let at = 0; at < best.length; at += Math.max(1, size >> 1)) starts.push(at);
      // Not all places at once: the first that does is taken.
      let shorter: string | undefined;
      for (let from = 0; from < starts.length && shorter === undefined; from += WIDTH) {
        const tries = starts.slice(from, from + WIDTH)
          .map((at) => best.slice(0, at) + best.slice(at + size))
          .filter((tried) => tried !== "" && !isKnown(tried));
        // Each stands where its number makes it run as the first one did.
        const placed = tries.flatMap((tried) => isEven ? [tried, ":"] : [":", tried]);
        for (const [index, [ours, native]] of await this.differences(placed)) {
          if (placed[index] === ":" || kindOf(ours, native) !== kind) continue;
          shorter = placed[index];
          break;
        }
      }
      if (shorter !== undefined) best = shorter;
      else size >>= 1;
    }
    return best;
  }
}

/** How many shorter scripts are tried in one batch. */
const WIDTH = 24;

/** In what two outcomes differ. */
function kindOf(ours: Outcome, native: Outcome): string {
  if (ours.status !== native.status) return `status ${native.status}`;
  return ours.stdout !== native.stdout ? "stdout" : "stderr";
}

function shown(outcome: Outcome): string {
  return `[${outcome.status}] ${JSON.stringify(outcome.stdout)} ${JSON.stringify(outcome.stderr)}`;
}

if (import.meta.main) {
  const option = (name: string, fallback: string): string => {
    const at = Deno.args.indexOf("--" + name);
    return at < 0 ? fallback : Deno.args[at + 1];
  };
  const count = Number(option("count", "1000"));
  const first = Number(option("at", String(Number(option("seed", "1")) * 1_000_003)));
  const size = Number(option("batch", "200"));
  const shrinks = Deno.args.includes("--shrink");
  const busybox = findBusybox();
  if (busybox === undefined) throw new Error("there is no native busybox");
  using jail = Jail.create(busybox.path);
  let bad = 0;
  let known = 0;
  let compared = 0;
  const most = Number(option("most", "20"));
  let done = 0;
  for (; done < count && bad < most; done += size) {
    const scripts = Array.from(
      { length: Math.min(size, count - done) },
      (_, i) => new ScriptMaker(first + done + i).script(),
    );
    for (const script of scripts) {
      const wrong = checkRoundTrip(script);
      if (wrong === undefined) continue;
      bad++;
      console.log(`=== round trip\n${script}--- printed\n${wrong}`);
    }
    const comparison = new Comparison(jail, done / size);
    const differences = await comparison.differences(scripts);
    compared += comparison.compared;
    for (const [index, outcomes] of differences) {
      if (isKnown(scripts[index])) {
        known++;
        continue;
      }
      bad++;
      let script = scripts[index];
      let [ours, native] = outcomes;
      if (shrinks) {
        const isEven = isFile(index);
        script = await comparison.shrink(script, isEven, kindOf(ours, native));
        const again = [
          ...(await comparison.differences(isEven ? [script] : [":", script])).values(),
        ];
        if (again.length > 0) [ours, native] = again[0];
        else script = "(not always)\n" + script;
      }
      console.log(
        `=== ${first + done + index} ${isFile(index) ? "file" : "-c"}\n` +
          `${script.replace(PRELUDE, "")}\n<<< ours   ${shown(ours)}\n>>> native ${shown(native)}`,
      );
    }
  }
  console.log(`${compared} scripts, ${bad} differences, ${known} known`);
  if (bad > 0) Deno.exit(1);
}

/**
 * Does the fuzzer find bugs? Five are put into a copy of the sources, one at a time, and the target
 * whose business it is runs until it finds something: guided by coverage and not.
 *
 *     deno run -A fuzz/injected.ts [--seconds N] [--seeds N] [--only KIND] [--json FILE]
 *
 * A finding counts only if the clean sources answer the same input rightly: what is wrong in both
 * proves nothing.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { copySync } from "@std/fs";
import { tryInput } from "./engine.ts";
import type { Found } from "./engine.ts";
import { NativeSide, OurSide } from "./sides.ts";
import { findTarget } from "./targets/mod.ts";

/** A bug, as a change of one place. */
interface Bug {
  readonly kind: string;
  readonly what: string;
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly from: string;
  readonly to: string;
  readonly target: string;
}

const BUGS: readonly Bug[] = [
  {
    kind: "wrong flag",
    what: "grep takes -w for -x",
    file: "applets/grep.ts",
    from: "whole: opts.x === true",
    to: "whole: opts.w === true",
    target: "grep",
  },
  {
    kind: "off by one",
    what: "strings wants one character more than -n says",
    file: "applets/strings.ts",
    from: "if (length < least) continue;",
    to: "if (length <= least) continue;",
    target: "strings",
  },
  {
    kind: "missing check",
    what: "a frame's length is not checked",
    file: "sandbox/protocol/frames.ts",
    from: 'if (length > mostBytes(this.#head[0])) throw new ProtocolError("frame too large");',
    to: "",
    target: "frames",
  },
  {
    kind: "quadratic loop",
    what: "tac looks for each line from the beginning",
    file: "applets/tac.ts",
    from: "const start = end < 2 ? 0 : bytes.lastIndexOf(10, end - 2) + 1;",
    to: "let start = 0; for (let i = 0; i < end - 1; i++) if (bytes[i] === 10) start = i + 1;",
    target: "tac",
  },
  {
    kind: "lost byte at a chunk's edge",
    what: "dos2unix drops a newline that begins a chunk",
    file: "applets/dos2unix.ts",
    from: "    if (chunk === undefined) return;\n    const result",
    to: "    if (chunk === undefined) return;\n    const held = source as { began?: boolean };\n" +
      "    if (held.began && chunk[0] === 10) chunk = chunk.subarray(1);\n" +
      "    held.began = true;\n    const result",
    target: "dos2unix",
  },
];

const root = decodeURIComponent(new URL("../", import.meta.url).pathname);
const bound = import.meta.resolve("@std/cli").startsWith("file:") ? "deno.npm.json" : "deno.json";

function copyTree(): string {
  const dir = Deno.makeTempDirSync({ prefix: "capbox_injected_" });
  for (const entry of Deno.readDirSync(root)) {
    if (/^(\.|coverage$|node_modules$)/.test(entry.name)) continue;
    copySync(root + entry.name, `${dir}/${entry.name}`);
  }
  return dir;
}

/** Changes one place of a file. @throws {Error} when it is not there exactly once */
function inject(dir: string, bug: Bug): void {
  const path = `${dir}/${bug.file}`;
  const text = Deno.readTextFileSync(path);
  if (text.split(bug.from).length !== 2) throw new Error(`${bug.file} has changed: ${bug.what}`);
  Deno.writeTextFileSync(path, text.replace(bug.from, () => bug.to));
}

/** One hunt. */
interface Hunt {
  readonly bug: string;
  readonly kind: string;
  readonly guided: boolean;
  readonly seed: number;
  readonly found: boolean;
  readonly seconds: number;
  readonly inputs: number;
  readonly by: string;
}

async function hunt(
  dir: string,
  bug: Bug,
  seed: number,
  guided: boolean,
  seconds: number,
  sides: { readonly ours: OurSide; readonly native: NativeSide | undefined },
): Promise<Hunt> {
  const report = `${dir}/report.json`;
  const args = ["run", "-A", "--no-check", "-c", bound, "fuzz/main.ts", "--target", bug.target];
  const limits = ["--seconds", String(seconds), "--seed", String(seed), "--findings", "6"];
  await new Deno.Command(Deno.execPath(), {
    args: [...args, ...limits, "--no-save", "--json", report, ...(guided ? [] : ["--unguided"])],
    cwd: dir,
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).output();
  const { found } = JSON.parse(Deno.readTextFileSync(report)) as { found: Found[] };
  const target = await findTarget(bug.target);
  const result = { bug: bug.what, kind: bug.kind, guided, seed };
  for (const each of found) {
    if ("batch" in target) break;
    const clean = await tryInput(target, each.input, sides.ours, sides.native, each.kind);
    if (clean !== undefined) continue;
    return { ...result, found: true, seconds: each.seconds, inputs: each.inputs, by: each.kind };
  }
  return { ...result, found: false, seconds, inputs: 0, by: "" };
}

async function main(): Promise<number> {
  const args = parseArgs(Deno.args, { string: ["seconds", "seeds", "json", "only"] });
  const seconds = Number(args.seconds ?? 30);
  const seeds = Number(args.seeds ?? 2);
  const native = NativeSide.open();
  if (typeof native === "string") console.log(`NOT COMPARED WITH NATIVE: ${native}`);
  const ours = await OurSide.open();
  const hunts: Hunt[] = [];
  console.log(
    "| bug | kind | guided | found after | inputs | as |\n| --- | --- | --- | --- | --- | --- |",
  );
  try {
    const only = new RegExp(args.only ?? "");
    for (const bug of BUGS.filter(({ kind }) => only.test(kind))) {
      const dir = copyTree();
      try {
        inject(dir, bug);
        for (let seed = 1; seed <= seeds; seed++) {
          for (const guided of [true, false]) {
            const sides = { ours, native: typeof native === "string" ? undefined : native };
            const one = await hunt(dir, bug, seed, guided, seconds, sides);
            hunts.push(one);
            const after = one.found ? `${one.seconds.toFixed(1)} s` : `not in ${seconds} s`;
            console.log(
              `| ${bug.what} | ${bug.kind} | ${guided ? "yes" : "no"} | ${after} | ` +
                `${one.inputs} | ${one.by} |`,
            );
          }
        }
      } finally {
        Deno.removeSync(dir, { recursive: true });
      }
    }
  } finally {
    ours.close();
    if (typeof native !== "string") native[Symbol.dispose]();
  }
  if (args.json !== undefined) {
    Deno.writeTextFileSync(args.json, JSON.stringify(hunts, null, 1) + "\n");
  }
  const missed = new Set(hunts.map(({ bug }) => bug));
  for (const { bug, found } of hunts) if (found) missed.delete(bug);
  for (const bug of missed) console.log(`NOT FOUND: ${bug}`);
  return missed.size === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main());

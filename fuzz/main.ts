/**
 * The fuzzer's one entry.
 *
 *     deno task fuzz [--target NAME[,NAME…]] [--seconds N] [--inputs N] [--seed S] [--list]
 *         [--findings N] [--unguided] [--counted] [--json FILE] [--no-native] [--no-save]
 *         [--grow N] [--replay]
 *
 * Without --target every target runs for `--seconds` (10) in turn. Inputs that reach new code are kept
 * and changed further (`--unguided`: none is), answers are compared with native busybox where a target
 * has a command, and faults are cut down and stored in `fuzz/corpus/TARGET/`. `--grow` stores so many of
 * the inputs that reached new code, with native's answers; `--replay` tries all that is stored. The same seed, target and
 * number of inputs make the same inputs as long as nothing is kept.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { store } from "./corpus.ts";
import { grow, replay } from "./replay.ts";
import { type Found, runTarget, type Summary } from "./engine.ts";
import { NativeSide } from "./sides.ts";
import { findTarget, targetNames } from "./targets/mod.ts";

async function main(): Promise<number> {
  const args = parseArgs(Deno.args, {
    string: ["target", "seconds", "inputs", "seed", "findings", "json", "grow"],
    boolean: ["list", "replay", "unguided", "counted", "native", "save", "help"],
    default: { native: true, save: true },
    negatable: ["native", "save"],
    unknown: (arg) => {
      console.error(`fuzz: unknown argument ${arg}`);
      Deno.exit(2);
    },
  });
  const names = targetNames();
  if (args.help || args.list) {
    for (const name of names) {
      const target = await findTarget(name);
      const kind = "batch" in target ? "batch" : target.command === undefined ? "check" : "native";
      console.log(`${name.padEnd(14)} ${kind.padEnd(7)} ${target.about}`);
    }
    console.log(`${names.length} targets`);
    return 0;
  }
  const chosen = args.target === undefined ? names : args.target.split(",");
  for (const name of chosen) {
    if (!names.includes(name)) {
      console.error(`fuzz: no target ${name}; see --list`);
      return 2;
    }
  }
  const seconds = Number(args.seconds ?? (args.inputs === undefined ? 10 : Infinity));
  const inputs = Number(args.inputs ?? Infinity);
  const seed = Number(args.seed ?? 1);
  const most = Number(args.findings ?? 10);
  if (args.replay) {
    const { lines, inputs, explained } = await replay(chosen);
    for (const line of lines) console.log(line);
    console.log(`${inputs} inputs, ${lines.length} faults, ${explained.length} explained`);
    return lines.length === 0 ? 0 : 1;
  }
  const native = args.native ? NativeSide.open() : "switched off";
  if (typeof native === "string") console.log(`NOT COMPARED WITH NATIVE: ${native}`);
  const found: Found[] = [];
  const summaries = new Map<string, Summary>();
  try {
    for (const name of chosen) {
      const target = await findTarget(name);
      const report = (fault: Found): void => {
        found.push(fault);
        console.log(
          `${name}: ${fault.kind} after ${fault.seconds.toFixed(1)} s, ${fault.inputs} inputs\n` +
            `  ${JSON.stringify(fault.input)}\n  ${fault.message.replaceAll("\n", "\n  ")}`,
        );
        if (args.save) console.log(`  kept as ${store(fault)}`);
      };
      if ("batch" in target) {
        const started = performance.now();
        let done = 0;
        let faults = 0;
        for (let i = 0; (performance.now() - started) / 1000 < seconds && done < inputs; i++) {
          try {
            const path = typeof native === "string" ? undefined : native.path;
            done += await target.batch(seed + i, path);
          } catch (error) {
            faults++;
            report({
              target: name,
              kind: "property",
              message: error instanceof Error ? error.message : String(error),
              input: { args: [String(seed + i)], data: "" },
              seconds: (performance.now() - started) / 1000,
              inputs: done,
            });
            if (faults >= most) break;
          }
        }
        console.log(`${name}: ${done} inputs, ${faults} findings`);
        continue;
      }
      const summary = await runTarget(target, {
        seed,
        seconds,
        inputs,
        findings: most,
        guided: !args.unguided,
        counted: args.counted,
        // A corpus that grows is compared when it is stored.
        native: typeof native === "string" || args.grow !== undefined ? undefined : native,
        report,
      });
      summaries.set(name, summary);
      if (args.grow !== undefined) {
        const side = typeof native === "string" ? undefined : native;
        const stored = await grow(target, summary.kept, Number(args.grow), side);
        console.log(`${name}: ${stored} inputs stored`);
      }
      const known = [...summary.known].map(([why, count]) => `; ${count} known (${why})`).join("");
      console.log(
        `${name}: ${summary.inputs} inputs, ${summary.compared} compared, ` +
          `${summary.findings} findings, ${summary.kept.length} kept, ${summary.blocks} blocks${known}`,
      );
    }
  } finally {
    if (typeof native !== "string") native[Symbol.dispose]();
  }
  if (args.json !== undefined) {
    Deno.writeTextFileSync(
      args.json,
      JSON.stringify({ found, summaries: Object.fromEntries(summaries) }, null, 1) + "\n",
    );
  }
  return found.length === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main());

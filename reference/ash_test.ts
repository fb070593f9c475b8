/**
 * Runs BusyBox's `shell/ash_test/` from a source folder given by path: each script runs under the
 * shell of the program under test, and what it prints is compared with the file beside it.
 *
 * @module
 */

import { copySync, existsSync } from "@std/fs";
import type { Outcomes, Verdict } from "./outcome.ts";
import { inParallel, runLimited } from "./run_limited.ts";
import { allOptions, type SuiteOptions } from "./testsuite.ts";

/**
 * The helpers of the suite, which there are C programs: each argument on a line of its own between
 * `<` and `>`, with control characters as `^X`; all arguments on one line; the environment.
 */
const helpers: ReadonlyMap<string, string> = new Map([
  [
    "recho",
    `n=1
for a; do
  printf 'argv[%d] = <' "$n"
  n=$((n + 1))
  while [ -n "$a" ]; do
    c=\${a%"\${a#?}"}
    a=\${a#?}
    code=$(printf '%d' "'$c")
    if [ "$code" -eq 127 ]; then printf '^?'
    elif [ "$code" -ge 0 ] && [ "$code" -lt 32 ]; then printf "^\\\\$(printf '%03o' $((code + 64)))"
    else printf '%s' "$c"; fi
  done
  printf '>\\n'
done
`,
  ],
  ["zecho", `IFS=' '\nprintf '%s\\n' "$*"\n`],
  [
    "printenv",
    `[ $# -eq 0 ] && exec env
eval "[ -n \\"\\\${$1+set}\\" ]" || exit 1
eval "printf '%s\\\\n' \\"\\$$1\\""
`,
  ],
]);

interface Case {
  readonly folder: string;
  readonly name: string;
}

function findCases(options: SuiteOptions): Case[] {
  const cases: Case[] = [];
  const dir = `${options.source}/shell/ash_test`;
  for (const { name: folder, isDirectory } of Deno.readDirSync(dir)) {
    if (!isDirectory || !folder.startsWith("ash-")) continue;
    if (options.only !== undefined && !options.only.has(folder)) continue;
    for (const { name } of Deno.readDirSync(`${dir}/${folder}`)) {
      if (!name.endsWith(".tests")) continue;
      const base = name.slice(0, -".tests".length);
      if (existsSync(`${dir}/${folder}/${base}.right`)) cases.push({ folder, name: base });
    }
  }
  return cases.sort((a, b) => a.folder + a.name < b.folder + b.name ? -1 : 1);
}

function writeTool(path: string, text: string): void {
  Deno.writeTextFileSync(path, text);
  Deno.chmodSync(path, 0o755);
}

async function runCase(
  options: SuiteOptions,
  names: readonly string[],
  test: Case,
): Promise<Verdict> {
  const { subject } = options;
  const dir = Deno.makeTempDirSync({ prefix: "capbox-ash-" });
  try {
    copySync(`${options.source}/shell/ash_test/${test.folder}`, `${dir}/${test.folder}`);
    Deno.mkdirSync(`${dir}/tools`);
    for (const [name, text] of helpers) writeTool(`${dir}/tools/${name}`, `#!/bin/sh\n${text}`);
    const env = new Map<string, string>(names.map((name) => [`CONFIG_${name}`, "y"]));
    const tools = subject.guest(dir, "tools");
    if (subject.bin === undefined) {
      env.set("THIS_SH", `${options.bin}/ash`);
      env.set("PATH", `${options.bin}:${tools}:/usr/bin:/bin`);
    } else {
      env.set("THIS_SH", `${subject.bin}/ash`);
      env.set("PATH", `${subject.bin}:${tools}`);
    }
    env.set("HOME", subject.guest(dir, "."));
    const argv = [...subject.shell(dir, test.folder, env), `./${test.name}.tests`];
    const ended = await runLimited(argv, { limit: options.limit, join: true });
    const right = Deno.readFileSync(`${dir}/${test.folder}/${test.name}.right`);
    const verdict: Verdict = sameOutput(withoutReserved(ended.output), right)
      ? "pass"
      : ended.timedOut
      ? "hang"
      : "fail";
    if (verdict !== "pass") {
      Deno.mkdirSync(options.logs, { recursive: true });
      const head = `==== ${test.folder}/${test.name} (${verdict}, status ${ended.code})\n`;
      Deno.writeTextFileSync(`${options.logs}/${test.folder}.log`, head, { append: true });
      Deno.writeFileSync(`${options.logs}/${test.folder}.log`, ended.output, { append: true });
      Deno.writeTextFileSync(`${options.logs}/${test.folder}.log`, "---- wanted\n", {
        append: true,
      });
      Deno.writeFileSync(`${options.logs}/${test.folder}.log`, right, { append: true });
    }
    return verdict;
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}

/**
 * Children of Deno start with the two signals ignored that the C library keeps for itself, 32 and
 * 33, and no program can change that. A test that prints the mask of its ignored signals must not
 * see it.
 */
function withoutReserved(output: Uint8Array): Uint8Array {
  if (!output.includes(0x53)) return output; // No `SigIgn` without an S.
  const text = output.reduce((all, byte) => all + String.fromCharCode(byte), "");
  const masked = text.replace(/^(SigIgn:\t)([0-9a-f]{16})$/gm, (_, label, mask) => {
    const rest = BigInt(`0x${mask}`) & ~(3n << 31n);
    return label + rest.toString(16).padStart(16, "0");
  });
  return Uint8Array.from(masked, (char) => char.charCodeAt(0));
}

/** Whether both are the same bytes. */
function sameOutput(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Runs `shell/ash_test/`. */
export async function runAshTest(options: SuiteOptions): Promise<Outcomes> {
  const names = allOptions(options.source);
  const outcomes: Outcomes = new Map();
  const cases = findCases(options);
  const verdicts = await inParallel(
    cases,
    options.width,
    (test) => runCase(options, names, test),
  );
  for (const [i, test] of cases.entries()) {
    const folder = outcomes.get(test.folder) ?? new Map<string, Verdict>();
    folder.set(test.name, verdicts[i]);
    outcomes.set(test.folder, folder);
  }
  return outcomes;
}

/**
 * Writes the generated parts of README.md, each between `<!-- NAME -->` and `<!-- /NAME -->`: which
 * applet needs which permission of Deno (from the sources), what the suites of others say (from
 * reference/results/), and the figures beside native (from bench/results/).
 *
 * `deno task readme [--check]`: with --check nothing is written, and a part that is not current fails.
 */
import { parseArgs } from "@std/cli/parse-args";
import { existsSync } from "@std/fs";
import { load, modulePath, names } from "../../applets/registry.ts";

const root = decodeURIComponent(new URL("../../", import.meta.url).pathname);

/** What an applet may do with the host, at most. */
export interface Needs {
  readonly read: boolean;
  readonly write: boolean;
  readonly net: boolean;
  /** It starts other programs, and then needs what they need. */
  readonly runs: boolean;
}

// What the calls of the contract and of the process mean. An applet can do nothing without them: it
// sees no global of the host (tests/arch/pure_test.ts).
const READS =
  /\b(ctx|this\.ctx|context)\.(open|openPlain|openOrThrow|inputs?|eachInput)\(|\bfs\.(readFile|readDir|stat|tryStat|lstat|open|openDirectory|access|readLink|realPath)\(|\b(statAt|openAt|lstatAt|tryStat)\(|\{[^{}]*\b(open|openPlain|openOrThrow)\b[^{}]*\} = ctx|inputFiles|InputFiles|eachFile\(/;
const WRITES =
  /\b(ctx|this\.ctx)\.create\(|\{[^{}]*\bcreate\b[^{}]*\} = ctx|run\(\{[^}]*\bcreate\b|\bO_(WRONLY|RDWR|CREAT)\b|\.(removeDir|createOrThrow|mkdir|makeDirAt|unlink|unlinkAt|rmdir|removeDirAt|rename|renameAt|link|linkAt|symlink|symlinkAt|chmod|chmodAt|chown|chownAt|utimes|setTimes|truncate|writeFile|mkfifo|mknod|makeNode)\(/;
const RUNS = /\b(process|proc|ctx)\.(spawn|exec)\(|execProgram\(|\bspawn\(/;
const NET = /\bprocess\.net\b|\bneeds: \[[^\]]*"net"/;

/** Modules that hold what every applet gets, or that only lend names. */
const SHARED =
  /^applets\/(contract|registry|at_hand|static_list|program_table)\.ts$|^applets\/_lib\/(options|streams|program|locale|accounts|time_zone|regex|hash)\b/;

const sources = new Map<string, string>();

function sourceOf(path: string): string {
  let text = sources.get(path);
  if (text === undefined) {
    const raw = Deno.readTextFileSync(root + path);
    sources.set(path, text = raw.replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, ""));
  }
  return text;
}

/** A module and those of applets/ that it imports. */
function closure(path: string): string[] {
  const found = new Set<string>();
  const queue = [path];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    if (found.has(at)) continue;
    found.add(at);
    for (
      const [, target] of sourceOf(at).matchAll(/^(?:import|export) [^;]*?from "(\.[^"]+)";/gm)
    ) {
      const next = new URL(target, `file:///${at}`).pathname.slice(1);
      if (next.startsWith("applets/") && !SHARED.test(next)) queue.push(next);
    }
  }
  return [...found];
}

/** What an applet needs, from its sources. */
export async function needsOf(name: string): Promise<Needs> {
  const path = `applets/${modulePath(name)}`;
  const text = closure(path).map(sourceOf).join("\n");
  const { needs } = await load(name);
  const write = WRITES.test(text);
  return {
    // A path is looked at, component by component, before anything is written.
    read: write || READS.test(text),
    write,
    net: NET.test(text) || needs.includes("net"),
    runs: RUNS.test(text),
  };
}

/** The table of permissions. */
export async function permissionTable(): Promise<string> {
  const rows = new Map<string, string[]>();
  for (const name of names()) {
    const needs = await needsOf(name);
    const flags = [
      ...(needs.net ? ["`--allow-net`"] : []),
      ...(needs.write ? ["`--allow-read --allow-write`"] : needs.read ? ["`--allow-read`"] : []),
    ];
    const key = (flags.length === 0 ? "nothing" : flags.join(" ")) +
      (needs.runs ? ", and what the programs it starts need" : "");
    rows.set(key, [...rows.get(key) ?? [], name]);
  }
  const lines = [...rows].sort((a, b) => a[0] < b[0] ? -1 : 1)
    .map(([key, list]) => `| ${key} | ${list.map((name) => `\`${name}\``).join(" ")} |`);
  return [
    "For files and hosts that are named; whatever reads its standard input needs nothing for that.",
    "A file that is only read still needs no right to write.",
    "",
    "| at most | applets |",
    "| --- | --- |",
    ...lines,
  ].join("\n");
}

interface Recorded {
  readonly date?: string;
  readonly version: string;
  readonly applets: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

function recorded(file: string): Recorded | undefined {
  const path = `${root}reference/results/${file}.json`;
  return existsSync(path) ? JSON.parse(Deno.readTextFileSync(path)) : undefined;
}

function passed(run: Recorded): Set<string> {
  return new Set(
    Object.entries(run.applets).flatMap(([applet, { pass = [] }]) =>
      pass.map((name) => `${applet}: ${name}`)
    ),
  );
}

function cases(run: Recorded): number {
  return Object.values(run.applets).reduce(
    (sum, verdicts) => sum + Object.values(verdicts).reduce((n, list) => n + list.length, 0),
    0,
  );
}

/** Why a case that native passes is none of ours. The list is short, and each has its reason. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/^busybox: .*--help cat$/, "looks for BusyBox's words; our help is in our own"],
  [
    /^cpio: cpio restores suid\/sgid bits$/,
    "archives set no such bits here (rule 12 of SECURITY.md)",
  ],
  [
    /^date: date-works-1$/,
    "looks for BusyBox's banner; when this ran, ours did not begin like it yet",
  ],
  [/^unzip: unzip \(subdir only\)$/, "needs the host's `zip` to make its archive"],
  [/^diff: .*(?:fifo|non-regular files)$/, "needs a FIFO on a host directory; Deno makes none"],
  [/^hostname: hostname-d-works$/, "the sandbox's own name is not in the host's /etc/hosts"],
  [/^pidof: pidof this$/, "processes of the host are not seen"],
  [/^which: which-uses-default-path$/, "Deno gives itself a PATH where there is none"],
  [/^(?:md5|sha\w+)sum: /, "starts Deno 2,000 times, longer than a case may take"],
];

/** The table of what the suites of others say. */
export function conformanceTable(): string {
  const lines = [
    "| suite | how | native passes | capbox passes | native passes, capbox does not | of |",
  ]
    .concat("| --- | --- | --- | --- | --- | --- |");
  const lost: string[] = [];
  let date = "";
  for (const suite of ["testsuite", "ash_test"]) {
    const native = recorded(`native_${suite}`);
    for (const mode of ["inner", "outer"]) {
      const ours = recorded(`capbox_${mode}_${suite}`);
      if (native === undefined || ours === undefined) continue;
      date = ours.date ?? date;
      const [theirs, own] = [passed(native), passed(ours)];
      const missing = [...theirs].filter((name) => !own.has(name));
      const how = mode === "inner" ? "our shell drives" : "native's shell drives";
      lines.push(
        `| BusyBox \`${suite}\` | ${how} | ${theirs.size} | ${own.size} | ${missing.length} | ${
          cases(ours)
        } |`,
      );
      for (const name of missing) {
        const why = REASONS.find(([pattern]) => pattern.test(name))?.[1];
        lost.push(`- ${name} (${how})${why === undefined ? "" : `: ${why}`}`);
      }
    }
  }
  const wasi = recorded("capbox_wasi");
  if (wasi !== undefined) {
    lines.push(
      `| wasi-testsuite, preview1 | in memory and on the host | | ${passed(wasi).size} | | ${
        cases(wasi)
      } |`,
    );
  }
  return [
    ...lines,
    "",
    `Run on ${date}. The cases that native passes and capbox does not:`,
    "",
    ...lost,
  ].join("\n");
}

function performanceTable(): string {
  const path = `${root}bench/results/compare.md`;
  if (!existsSync(path)) return "Not measured yet: `deno task compare --save`.";
  return `![Time by native's, for each kind of work](bench/results/compare.svg)\n\n${
    Deno.readTextFileSync(path).trim()
  }`;
}

/** The text with its generated parts renewed. @throws {Error} when a marker is missing */
export function renewed(text: string, parts: ReadonlyMap<string, string>): string {
  let result = text;
  for (const [name, body] of parts) {
    const pattern = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`);
    if (!pattern.test(result)) throw new Error(`no part ${name}`);
    result = result.replace(pattern, (_, open, close) => `${open}\n${body}\n\n${close}`);
  }
  return result;
}

/** All generated parts. */
export async function readmeParts(): Promise<Map<string, string>> {
  return new Map([
    ["permissions", await permissionTable()],
    ["conformance", conformanceTable()],
    ["performance", performanceTable()],
  ]);
}

if (import.meta.main) {
  const args = parseArgs(Deno.args, { boolean: ["check"] });
  const path = `${root}README.md`;
  const text = Deno.readTextFileSync(path);
  const now = renewed(text, await readmeParts());
  if (args.check) {
    if (now !== text) {
      console.error("README.md is not current: deno task readme");
      Deno.exit(1);
    }
  } else Deno.writeTextFileSync(path, now);
}

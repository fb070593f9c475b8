/**
 * Sizes of the minified bundles: the whole command line with every applet, and each applet alone
 * with all that it imports. Fails when a limit is exceeded.
 *
 * Of an applet with parts that are loaded when they are needed (applets/_lib/part.ts) the limit is
 * on what it starts with and on what each part adds to that; what all of it comes to is shown beside.
 *
 * `deno task size [--json FILE]`
 */

import { parseArgs } from "@std/cli/parse-args";
import { partUses } from "../tests/tools/applet_table.ts";
import { appletFiles } from "../tests/tools/npm_config.ts";
import { moduleGraph, withImports } from "../tests/tools/module_graph.ts";

/** Ceiling for the bundle of everything. */
const wholeLimit = 2_000_000;
/** Ceiling for one applet as it starts, and for what each of its parts adds. */
const appletLimit = 100_000;

const root = decodeURIComponent(new URL("../", import.meta.url).pathname);

/** The configuration in use: the names are bound to stand-ins, or to JSR. */
const config = import.meta.resolve("@std/cli").startsWith("file:") ? "deno.npm.json" : "deno.json";

async function bundle(outDir: string, entries: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "-q", "-c", root + config, "--minify", "--outdir", outDir, ...entries],
    cwd: root,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) {
    console.error(new TextDecoder().decode(stderr));
    throw new Error("deno bundle failed");
  }
}

function nameOf(path: string): string {
  return path.replace(/^applets\//, "").replace(/(\/main)?\.ts$/, "");
}

/**
 * The bundled size of each entry. Entries that stand in different folders are re-exported from one
 * folder, so that the name of an output is the name of its entry.
 */
async function sizes(entries: ReadonlyMap<string, string>): Promise<Map<string, number>> {
  const dir = Deno.makeTempDirSync({ prefix: "capbox-size-" });
  try {
    const files: string[] = [];
    for (const [name, text] of entries) {
      Deno.writeTextFileSync(`${dir}/${name}.ts`, text);
      files.push(`${dir}/${name}.ts`);
    }
    await bundle(`${dir}/out`, files);
    const found = new Map<string, number>();
    for (const name of entries.keys()) {
      found.set(name, Deno.statSync(`${dir}/out/${name}.js`).size);
    }
    return found;
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}

const args = parseArgs(Deno.args, { string: ["json"] });
const applets = appletFiles();
const url = (path: string) => JSON.stringify(new URL(`file://${root}${path}`).href);

// The registry loads applets by computed names, which a bundler does not follow: the whole is
// cli.ts, mod.ts, every applet and every part by name.

const graph = await moduleGraph("applets/static_list.ts");
const uses = partUses().map(({ from, path }) => ({
  from: `applets/${from}`,
  path: `applets/${path}`,
}));

/** The parts that an applet may come to load: its own, and those of its parts. */
function partsOf(path: string): string[] {
  const parts = new Set<string>();
  const visit = (start: string): void => {
    const loaded = withImports(graph, start);
    for (const { from, path: part } of uses) {
      if (!loaded.has(from) || parts.has(part)) continue;
      parts.add(part);
      visit(part);
    }
  };
  visit(path);
  return [...parts].sort();
}

const parts = new Map(applets.map((path) => [nameOf(path), partsOf(path)]));
const exportAll = (paths: readonly string[]): string =>
  paths.map((path, i) => `export * as module${i} from ${url(path)};`).join("\n");
const partFiles = [...new Set([...parts.values()].flat())].sort();

const single = await sizes(
  new Map(applets.map((path) => [nameOf(path), `export * from ${url(path)};`])),
);
/** Each applet together with one of its parts: what the part adds is the difference. */
const pairs = new Map<string, string>();
for (const path of applets) {
  parts.get(nameOf(path))!.forEach((part, i) =>
    pairs.set(`${nameOf(path)}_${i}`, exportAll([path, part]))
  );
}
const withPart = await sizes(pairs);
const totals = await sizes(
  new Map(
    applets.filter((path) => parts.get(nameOf(path))!.length > 0).map((path) => [
      nameOf(path),
      exportAll([path, ...parts.get(nameOf(path))!]),
    ]),
  ),
);
const whole = [
  `import ${url("cli.ts")};`,
  `export * as library from ${url("mod.ts")};`,
  exportAll([...applets, ...partFiles]),
].join("\n");
const all = (await sizes(new Map([["whole", whole]]))).get("whole")!;

const kilo = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;
let failed = false;
const show = (name: string, bytes: number, rest = ""): void => {
  const over = bytes > appletLimit;
  failed ||= over;
  console.log(
    `${name.padEnd(34)} ${kilo(bytes).padStart(10)}${rest}${over ? "  OVER 100 kB" : ""}`,
  );
};
for (const [name, bytes] of [...single].sort((a, b) => b[1] - a[1])) {
  const total = totals.get(name);
  show(name, bytes, total === undefined ? "" : `, with all its parts ${kilo(total)}`);
  parts.get(name)!.forEach((part, i) => show(`  + ${part}`, withPart.get(`${name}_${i}`)! - bytes));
}
failed ||= all > wholeLimit;
console.log(
  `\n${single.size} applets; everything in one bundle: ${kilo(all)} of ${kilo(wholeLimit)}` +
    (all > wholeLimit ? "  OVER" : ""),
);
if (args.json !== undefined) {
  const found = {
    whole: all,
    applets: Object.fromEntries(single),
    withParts: Object.fromEntries(totals),
  };
  Deno.writeTextFileSync(args.json, JSON.stringify(found, null, 2) + "\n");
}
Deno.exit(failed ? 1 : 0);

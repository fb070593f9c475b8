/**
 * Sizes of the minified bundles: the whole command line with every applet, and each applet alone
 * with all that it imports. Fails when a limit is exceeded.
 *
 * `deno task size [--json FILE]`
 */

import { parseArgs } from "@std/cli/parse-args";
import { appletFiles } from "../tests/tools/npm_config.ts";

/** Ceiling for the bundle of everything. */
const wholeLimit = 2_000_000;
/** Ceiling for one applet. */
const appletLimit = 100_000;

/**
 * Applets that are above the ceiling, and where they must not grow beyond until they are split: two
 * languages, each with the regular expressions (40 kB) and the number formats that others share.
 */
const knownExcess: ReadonlyMap<string, number> = new Map([["sh", 215_000], ["awk", 145_000]]);

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
// cli.ts, mod.ts and every applet by name.
const whole = [
  `import ${url("cli.ts")};`,
  `export * as library from ${url("mod.ts")};`,
  ...applets.map((path, i) => `export * as applet${i} from ${url(path)};`),
].join("\n");

const single = await sizes(
  new Map(applets.map((path) => [nameOf(path), `export * from ${url(path)};`])),
);
const all = (await sizes(new Map([["whole", whole]]))).get("whole")!;

const kilo = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;
let failed = false;
for (const [name, bytes] of [...single].sort((a, b) => b[1] - a[1])) {
  const over = bytes > appletLimit;
  const known = knownExcess.get(name);
  failed ||= over && (known === undefined || bytes > known);
  const note = !over
    ? ""
    : known === undefined
    ? "  OVER 100 kB"
    : `  OVER 100 kB, known: not above ${kilo(known)}`;
  console.log(`${name.padEnd(20)} ${kilo(bytes).padStart(10)}${note}`);
}
failed ||= all > wholeLimit;
console.log(
  `\n${single.size} applets; everything in one bundle: ${kilo(all)} of ${kilo(wholeLimit)}` +
    (all > wholeLimit ? "  OVER" : ""),
);
if (args.json !== undefined) {
  Deno.writeTextFileSync(
    args.json,
    JSON.stringify({ whole: all, applets: Object.fromEntries(single) }, null, 2) + "\n",
  );
}
Deno.exit(failed ? 1 : 0);

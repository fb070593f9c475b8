/**
 * Writes the two generated parts of the configuration:
 *
 * 1. the applet sub-paths in the `exports` of deno.json, one for each applet module;
 * 2. deno.npm.json, which is deno.json for networks that reach npm but not JSR. There the JSR
 *    packages are bound to the stand-ins under tests/standins/, under the same names and versions,
 *    so that no source file knows the difference.
 *
 * `deno task npm-config` runs it; a test fails when the files are not what it makes.
 */

const root = new URL("../../", import.meta.url);

/** The folders whose deno.json claims the name and version of a JSR package. */
export const standIns: readonly string[] = ["assert", "cli", "command", "fs", "streams", "testing"];

/** Exports that are written by hand; the rest are generated. */
const fixedExports: readonly string[] = [
  ".",
  "./cli",
  "./applets",
  "./loaders",
  "./wasi",
  "./sandbox",
];

/** A deno.json, as far as this tool looks into it. */
export interface DenoConfig {
  /** Module per export name. */
  exports: Record<string, string>;
  /** Specifier per bare name. */
  imports: Record<string, string>;
  /** A task is a command, or an object with one. */
  tasks: Record<string, string | { description?: string; command: string }>;
  /** Everything else is copied. */
  [key: string]: unknown;
}

/** Sub-commands of `deno` that read the configuration file. */
const configured = "run|test|bench|check|lint|fmt|task|doc|bundle|cache|install|compile|publish";

/** Makes nested `deno` commands of a task read `file` as well, instead of the deno.json beside it. */
export function withConfig(command: string, file: string): string {
  return command.replace(
    new RegExp(`\\bdeno (${configured})(?= |$)`, "g"),
    (_, name: string) => `deno ${name} -c ${file}`,
  );
}

/** The applet sub-paths: `./applets/NAME` for each applets/NAME.ts and each applets/NAME/main.ts. */
export function appletExports(files: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const file of [...files].sort()) {
    const match = /^applets\/([a-z0-9][a-z0-9_]*)(?:\/main)?\.ts$/.exec(file);
    if (match === null) continue;
    found[`./applets/${match[1]}`] = `./${file}`;
  }
  return found;
}

/** deno.json with its generated exports renewed. */
export function renewConfig(config: DenoConfig, files: readonly string[]): DenoConfig {
  const exports: Record<string, string> = {};
  for (const name of fixedExports) {
    if (config.exports[name] !== undefined) exports[name] = config.exports[name];
  }
  return { ...config, exports: { ...exports, ...appletExports(files) } };
}

/** deno.npm.json, made from deno.json. */
export function npmConfig(config: DenoConfig): DenoConfig {
  const tasks: DenoConfig["tasks"] = {};
  for (const [name, task] of Object.entries(config.tasks)) {
    tasks[name] = typeof task === "string"
      ? withConfig(task, "deno.npm.json")
      : { ...task, command: withConfig(task.command, "deno.npm.json") };
  }
  return {
    ...config,
    lock: { path: "./deno.npm.lock" },
    links: standIns.map((name) => `./tests/standins/${name}`),
    tasks,
  };
}

/** The text of a configuration file, as `deno fmt` would leave it. */
export async function formatJson(value: unknown): Promise<string> {
  const fmt = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--no-config", "--line-width", "100", "--ext", "json", "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = fmt.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(value, null, 2) + "\n"));
  await writer.close();
  const { success, stdout } = await fmt.output();
  if (!success) throw new Error("deno fmt refused the generated configuration");
  return new TextDecoder().decode(stdout);
}

/** Whether a module of applets/ holds an applet, and not something that all of them share. */
function holdsApplet(path: string): boolean {
  return /^export const applet\b/m.test(Deno.readTextFileSync(new URL(path, root)));
}

/** Paths of the applet modules: directly in applets/, or main.ts of a folder there. */
export function appletFiles(): string[] {
  const files: string[] = [];
  for (const entry of Deno.readDirSync(new URL("applets/", root))) {
    if (entry.isFile && entry.name.endsWith(".ts")) files.push(`applets/${entry.name}`);
    if (!entry.isDirectory || entry.name.startsWith("_")) continue;
    for (const inner of Deno.readDirSync(new URL(`applets/${entry.name}/`, root))) {
      if (inner.name === "main.ts") files.push(`applets/${entry.name}/main.ts`);
    }
  }
  return files.filter(holdsApplet).sort();
}

/** What both files should contain now. */
export async function generate(): Promise<Map<string, string>> {
  const config: DenoConfig = JSON.parse(Deno.readTextFileSync(new URL("deno.json", root)));
  const renewed = renewConfig(config, appletFiles());
  return new Map([
    ["deno.json", await formatJson(renewed)],
    ["deno.npm.json", await formatJson(npmConfig(renewed))],
  ]);
}

if (import.meta.main) {
  for (const [name, text] of await generate()) {
    Deno.writeTextFileSync(new URL(name, root), text);
  }
}

/**
 * Which modules a module brings along, as Deno itself sees it.
 *
 * @module
 */

const root = new URL("../../", import.meta.url);
const config = import.meta.resolve("@std/assert").startsWith("file:")
  ? "deno.npm.json"
  : "deno.json";

/** Path of a module → what it imports as values: at once, and by a literal `import()`. */
export type ModuleGraph = ReadonlyMap<
  string,
  { readonly now: readonly string[]; readonly later: readonly string[] }
>;

interface Info {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly code?: { readonly specifier: string };
      readonly isDynamic?: boolean;
    }[];
  }[];
}

/** The graph of everything that can be reached from a module. Paths are relative to the root. */
export async function moduleGraph(entry: string): Promise<ModuleGraph> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "-c", new URL(config, root).pathname, "--json", new URL(entry, root).href],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as Info;
  const inside = (specifier: string): string | undefined =>
    specifier.startsWith(root.href) ? specifier.slice(root.href.length) : undefined;
  const graph = new Map<string, { now: string[]; later: string[] }>();
  for (const { specifier, dependencies } of modules) {
    const path = inside(specifier);
    if (path === undefined) continue;
    const found = { now: [] as string[], later: [] as string[] };
    for (const { code, isDynamic } of dependencies ?? []) {
      const to = code === undefined ? undefined : inside(code.specifier);
      if (to !== undefined) (isDynamic ? found.later : found.now).push(to);
    }
    graph.set(path, found);
  }
  return graph;
}

/** A module and all that is loaded with it. */
export function withImports(graph: ModuleGraph, entry: string): Set<string> {
  const loaded = new Set<string>();
  const todo = [entry];
  for (let path = todo.pop(); path !== undefined; path = todo.pop()) {
    if (loaded.has(path)) continue;
    const node = graph.get(path);
    if (node === undefined) throw new Error(`${path} is not in the graph`);
    loaded.add(path);
    todo.push(...node.now);
  }
  return loaded;
}

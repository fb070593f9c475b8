/**
 * Who may import whom. The lint plugin asks this table for each import of each module.
 *
 * Inside sandbox/ the arrows point one way; applets and wasi see types, and four small pure
 * modules; nothing that is shipped imports what is not.
 *
 * @module
 */

/** Top-level folders that are not shipped to users of the library. */
const workshop: ReadonlySet<string> = new Set([
  "tests",
  "bench",
  "fuzz",
  "reference",
  "examples",
  ".ci",
]);

/**
 * The order inside sandbox/: a module imports only from its own row or those above. `host` stands
 * below the kernel, whose interfaces it implements, and above the session, which picks it.
 */
const order: readonly (readonly string[])[] = [
  ["types"],
  ["errors", "bytes", "addresses"],
  ["vfs"],
  ["caps", "policy"],
  ["kernel"],
  ["host"],
  ["session"],
  ["protocol"],
  ["daemon"],
  ["cli"],
  ["mod"],
];

/**
 * What applets and wasi may import of sandbox/ as values. The text of addresses is among it, since
 * what a gate compares, a socket says and a name server answers must be spelled in one way.
 */
const pureModules: ReadonlySet<string> = new Set([
  "sandbox/types.ts",
  "sandbox/bytes.ts",
  "sandbox/errors.ts",
  "sandbox/addresses.ts",
]);

/** Modules of applets/ that know all applets: by name, or by import. */
const tables: ReadonlySet<string> = new Set([
  "registry",
  "static_list",
  "program_table",
  "at_hand",
]);

/** Which part of the project a module belongs to; paths are relative to the root. */
export function zoneOf(path: string): string {
  const top = path.split("/")[0];
  return top.endsWith(".ts") ? top.slice(0, -3) : top;
}

/** Whether the module is shipped: applets, wasi, sandbox, mod.ts, cli.ts. */
export function isProduct(path: string): boolean {
  return !workshop.has(zoneOf(path));
}

/** Whether the module must know nothing of its host. */
export function isPure(path: string): boolean {
  const zone = zoneOf(path);
  if (zone === "sandbox") {
    return !path.startsWith("sandbox/host/") && !path.startsWith("sandbox/cli/");
  }
  return zone === "applets" || zone === "wasi";
}

/** The part of sandbox/ that a module belongs to: `sandbox/vfs/x.ts` and `sandbox/vfs.ts` are `vfs`. */
function sandboxPart(path: string): string {
  return path.split("/")[1].replace(/\.ts$/, "");
}

function rowOf(path: string): number {
  const part = sandboxPart(path);
  return order.findIndex((row) => row.includes(part));
}

/** The applet that a module under applets/ belongs to: `sh` for applets/sh.ts and applets/sh/lex.ts. */
function appletOf(path: string): string {
  return path.split("/")[1].replace(/\.ts$/, "");
}

function refuseForSandbox(from: string, to: string, typeOnly: boolean): string | undefined {
  if (zoneOf(to) !== "sandbox") return `sandbox/ must not import ${zoneOf(to)}/`;
  const own = rowOf(from);
  const other = rowOf(to);
  if (own < 0) return `sandbox/${sandboxPart(from)} has no place in tests/arch/layers.ts`;
  if (other < 0) return `sandbox/${sandboxPart(to)} has no place in tests/arch/layers.ts`;
  // Types of a file and of its errors refer to each other; that costs nothing at run time.
  if (typeOnly && other <= 1) return undefined;
  if (other > own) {
    return `${sandboxPart(from)} must not import ${sandboxPart(to)}: arrows point from later ` +
      "layers to earlier ones";
  }
  return undefined;
}

function refuseForApplets(from: string, to: string, typeOnly: boolean): string | undefined {
  const zone = zoneOf(to);
  if (zone === "sandbox") {
    if (pureModules.has(to) || typeOnly && !to.startsWith("sandbox/host/")) return undefined;
    return "applets see the types of sandbox/, its bytes, errors and addresses, and nothing else of it";
  }
  if (zone !== "applets") return `applets must not import ${to}`;
  const own = appletOf(from);
  const other = appletOf(to);
  if (other === "contract" || other === "_lib" || own === other) return undefined;
  if (tables.has(own)) return undefined;
  return own === "_lib"
    ? "applets/_lib serves applets and imports none of them"
    : "applets never import each other; run programs through the context";
}

function refuseForWasi(to: string, typeOnly: boolean): string | undefined {
  const zone = zoneOf(to);
  if (zone === "wasi" || pureModules.has(to)) return undefined;
  if (zone === "sandbox" && typeOnly && !to.startsWith("sandbox/host/")) return undefined;
  return `wasi/ must not import ${to}`;
}

/**
 * Why `from` must not import `to`, or undefined when it may. Both are paths relative to the root.
 * `typeOnly` imports leave nothing behind at run time.
 */
export function refuseImport(from: string, to: string, typeOnly: boolean): string | undefined {
  if (!isProduct(from)) return undefined;
  if (!isProduct(to)) return `what is shipped must not import ${zoneOf(to)}/`;
  if (to === "cli.ts") return "nothing imports cli.ts";
  const zone = zoneOf(from);
  if (zone === "sandbox") return refuseForSandbox(from, to, typeOnly);
  if (zone === "applets") return refuseForApplets(from, to, typeOnly);
  if (zone === "wasi") return refuseForWasi(to, typeOnly);
  return undefined;
}

/** Why `from` must not import the bare or absolute specifier, or undefined when it may. */
export function refuseSpecifier(from: string, specifier: string): string | undefined {
  if (!isProduct(from)) return undefined;
  if (/^(https?|data|blob|file):/.test(specifier)) return "what is shipped imports no URLs";
  if (/^(npm|jsr):/.test(specifier)) return "import the bare name that deno.json binds";
  if (specifier.startsWith("node:")) {
    return from.startsWith("sandbox/host/") || from === "cli.ts"
      ? undefined
      : "node: modules are for sandbox/host/ alone";
  }
  return from === "cli.ts" || from.startsWith("sandbox/host/")
    ? undefined
    : "the core has no third-party imports";
}

/** Joins a relative specifier to the path of the module that imports it. */
export function resolveImport(from: string, specifier: string): string {
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}

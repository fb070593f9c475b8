/**
 * What the kernel is handed for wasm: modules as programs, and the `wasi` command. The runtime
 * itself is loaded when the first module runs, so that nothing else pays for it.
 *
 * @module
 */
import type { MaybePromise, Program } from "../sandbox/types.ts";

/** The parts of the runtime that are used from outside. */
interface Runtime {
  readonly wasmProgram: (bytes: Uint8Array) => Program;
  readonly wasiCommand: Program;
}

let runtime: Runtime | undefined;
let importer: (() => Promise<Runtime>) | undefined;

/** Makes the loader use a literal import, for bundles and `deno compile`. */
export function useWasiImporter(load: () => Promise<Runtime>): void {
  importer = load;
}

async function load(): Promise<Runtime> {
  // A literal specifier would make every start load the module; see applets/registry.ts.
  const specifier = "./runtime.ts";
  const load = importer ?? (() => import(specifier) as Promise<Runtime>);
  return runtime = await load();
}

/** A module's bytes as a program, for files that start with `\0asm`. */
export function loadWasm(bytes: Uint8Array): MaybePromise<Program> {
  if (runtime !== undefined) return runtime.wasmProgram(bytes);
  return load().then(({ wasmProgram }) => wasmProgram(bytes));
}

/** The `wasi` command. */
export function loadWasiCommand(): MaybePromise<Program> {
  return runtime?.wasiCommand ?? load().then(({ wasiCommand }) => wasiCommand);
}

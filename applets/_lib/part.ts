/**
 * Modules that are loaded when they are first needed: the applets, and parts of large ones.
 *
 * A literal `import()` would make Deno load every such module at start, so the specifier is computed
 * from a path below `applets/`. That works from local files, over the network and in an executable
 * that `deno compile --include applets` made; where the modules are one bundle, the generated table
 * of `static_list.ts` stands in for the computed specifiers.
 *
 * @module
 */
import { VfsError } from "../../sandbox/errors.ts";
import type { MaybePromise, Process } from "../../sandbox/types.ts";

/** Path of a module below `applets/` → what imports it. */
export type ModuleLoaders = ReadonlyMap<string, () => Promise<unknown>>;

let loaders: ModuleLoaders | undefined;

/** Makes `importModule` use the given importers instead of computed specifiers. */
export function useModuleLoaders(table: ModuleLoaders): void {
  loaders = table;
}

/** Imports a module by its path below `applets/`. */
export function importModule(path: string): Promise<unknown> {
  const loader = loaders?.get(path);
  if (loader !== undefined) return loader();
  const specifier = `../${path}`;
  return import(specifier);
}

/**
 * A part of an applet that most of its runs do without.
 *
 * `const HISTORY: Part<typeof import("./history.ts")> = new Part("sh/history.ts")`: it must be written
 * like this, since the table for bundles is made by looking for these words. Everything that stands in the module and in
 * what only it imports stays out of the applet until `load` is called for the first time; from then on
 * the part is at hand, in this and in every later run, and nobody waits for it.
 */
export class Part<M> {
  /** The module, once it is loaded. */
  loaded: M | undefined;
  #loading: Promise<M> | undefined;

  /** @param path Its path below `applets/`. */
  constructor(readonly path: string) {}

  /** The module: at once, or a promise the first time. Rejects with EACCES without the right to it. */
  load(): MaybePromise<M> {
    return this.loaded ?? (this.#loading ??= this.#import());
  }

  /**
   * The module, for a process that waits for it. It may have been stopped or ended meanwhile, of which
   * its kernel could not tell it, so it takes its turn anew.
   *
   * @throws {ProcessEnded} when it was ended
   */
  loadFor(process: Pick<Process, "tick">): MaybePromise<M> {
    return this.loaded ?? this.#loadFor(process);
  }

  async #loadFor(process: Pick<Process, "tick">): Promise<M> {
    const module = await this.load();
    const turn = process.tick(Infinity);
    if (turn !== undefined) await turn;
    return module;
  }

  async #import(): Promise<M> {
    try {
      return this.loaded = await importModule(this.path) as M;
    } catch (error) {
      // Deno refuses a local file that the program has no right to read.
      throw error instanceof TypeError && /^Requires \w+ access/.test(error.message)
        ? new VfsError("EACCES", this.path)
        : error;
    } finally {
      // What failed for want of a right or of a network may be tried again.
      this.#loading = undefined;
    }
  }
}

/** Loads several parts side by side, as `loadFor`; undefined when all are at hand. */
export function loadParts(
  process: Pick<Process, "tick">,
  parts: readonly Part<unknown>[],
): Promise<void> | undefined {
  const missing = parts.filter((part) => part.loaded === undefined);
  if (missing.length === 0) return undefined;
  return Promise.all(missing.map((part) => part.load())).then(() => process.tick(Infinity));
}

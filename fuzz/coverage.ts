/**
 * Which parts of the code have run, as V8 counts them: its precise coverage by blocks, read through
 * the inspector in the same process. Reading costs 1 to 4 ms, so it is done once for a whole batch of
 * inputs, and for single ones only when the batch reached something new.
 *
 * @module
 */
import { Session } from "node:inspector";

interface Range {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}
interface Script {
  readonly url: string;
  readonly functions: readonly { readonly ranges: readonly Range[] }[];
}

/** Where the code lies whose coverage counts. */
const root = new URL("../", import.meta.url).href;
const OURS = ["applets/", "sandbox/", "wasi/"].map((folder) => root + folder);

/** Counts blocks of our code since it was started. */
export class Coverage {
  readonly #session = new Session();
  readonly #scripts = new Map<string, number>();
  readonly #seen = new Set<number>();

  #post(method: string, params?: object): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const post = this.#session.post.bind(this.#session) as unknown as (
      method: string,
      params: object | undefined,
      done: (error: Error | null, value: unknown) => void,
    ) => void;
    post(method, params, (error, value) => error ? reject(error) : resolve(value));
    return promise;
  }

  /** Starts counting. */
  static async start(): Promise<Coverage> {
    const coverage = new Coverage();
    coverage.#session.connect();
    await coverage.#post("Profiler.enable");
    await coverage.#post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
    return coverage;
  }

  /** Blocks that have run so far. */
  get blocks(): number {
    return this.#seen.size;
  }

  /** The blocks that ran since the last call. */
  async #ran(): Promise<Set<number>> {
    const { result } = await this.#post("Profiler.takePreciseCoverage") as {
      readonly result: readonly Script[];
    };
    const ran = new Set<number>();
    for (const { url, functions } of result) {
      if (!OURS.some((folder) => url.startsWith(folder))) continue;
      let script = this.#scripts.get(url);
      if (script === undefined) this.#scripts.set(url, script = this.#scripts.size);
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          // No module is a megabyte long, so script and both ends fit into one number.
          if (count > 0) ran.add(script * 2 ** 40 + startOffset * 2 ** 20 + endOffset);
        }
      }
    }
    return ran;
  }

  /** The blocks that ran since the last call and never before; they are counted as seen then. */
  async take(): Promise<Set<number>> {
    const fresh = new Set<number>();
    for (const block of await this.#ran()) {
      if (this.#seen.has(block)) continue;
      this.#seen.add(block);
      fresh.add(block);
    }
    return fresh;
  }

  /** Whether any of `wanted` ran since the last call; those that did are taken out of it if so asked. */
  async took(wanted: Set<number>, takesOut: boolean): Promise<boolean> {
    let any = false;
    for (const block of await this.#ran()) {
      if (!wanted.has(block)) continue;
      any = true;
      if (takesOut) wanted.delete(block);
    }
    return any;
  }

  /** Short strings that stand in the modules of applets that ran: words of their languages. */
  words(): readonly string[] {
    const words = new Set<string>();
    for (const url of this.#scripts.keys()) {
      if (!url.startsWith(`${root}applets/`)) continue;
      const text = Deno.readTextFileSync(new URL(url));
      for (const [, word] of text.matchAll(/(?<![\w.])"([^"\\\n]{1,12})"/g)) {
        if (!/\.ts$|^\.\.?\//.test(word)) words.add(word);
      }
    }
    return [...words];
  }

  /** Ends counting. */
  async stop(): Promise<void> {
    await this.#post("Profiler.stopPreciseCoverage");
    this.#session.disconnect();
  }
}

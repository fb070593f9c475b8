/**
 * Compiling modules, once for each content, and linking them to our calls.
 *
 * @module
 */
import type { MaybePromise } from "../sandbox/types.ts";
import { PREVIEW1, PROCESS_EXTENSION, UNSTABLE } from "./abi.ts";
import { functionsOf, limitResources, ModuleError } from "./binary.ts";
import type { Guest } from "./guest.ts";
import { bind, type Extensions, findImport, type Linked } from "./imports.ts";
import { meter, type Metered, meterInSteps } from "./meter.ts";
import { checkpoint } from "./sched.ts";
import { buildShim, FIELD_VALUE, FIELD_WAIT, HOST } from "./shim.ts";

export { ModuleError };

/** Modules up to this many bytes are compiled at once; larger ones in the background. */
const SYNC_MAX = 64 * 1024;
/** Bytes of module code that the cache keeps. */
const CACHE_MAX = 256 * 1024 * 1024;
/** Memory of a guest whose sandbox sets no limit: what a 32-bit address can reach. */
const MEMORY_MAX = 4 * 1024 * 1024 * 1024;

/** Whether the engine can suspend wasm (JSPI). */
export const canSuspend: boolean = "Suspending" in WebAssembly && "promising" in WebAssembly;

/** The parts of JSPI's interface, which the type library does not have yet. */
export interface SuspendingWebAssembly {
  // deno-lint-ignore no-explicit-any -- any function of the host.
  readonly Suspending: new (call: (...args: any[]) => unknown) => WebAssembly.ExportValue;
  readonly promising: (
    // deno-lint-ignore no-explicit-any -- any function of the guest.
    call: (...args: any[]) => unknown,
    // deno-lint-ignore no-explicit-any -- see above.
  ) => (...args: any[]) => Promise<unknown>;
}

/** A module that was validated and compiled, with its shim. */
export interface Compiled {
  readonly module: WebAssembly.Module;
  readonly shim: WebAssembly.Module;
  readonly linked: readonly Linked[];
  readonly exports: ReadonlyMap<string, WebAssembly.ImportExportKind>;
  /** What counts its work, see meter.ts. */
  readonly metered: Metered | undefined;
}

/** How to compile. */
export interface CompileOptions {
  readonly extensions?: Extensions;
  /** Most bytes of the guest's memory. */
  readonly memoryMax?: number;
  /** Make tight loops interruptible. */
  readonly metered?: boolean;
  /** Allow what has no limit, see `ResourceLimits`. */
  readonly objects?: boolean;
}

const EMPTY = new Uint8Array(0);

/** The check of a metered module: no import of the guest, but a function of its shim like one. */
const CHECK: Linked = {
  module: "",
  name: "check",
  call: checkpoint,
  shim: { params: "", result: "none" },
};

interface CacheEntry {
  readonly bytes: Uint8Array;
  readonly key: string;
  readonly compiled: MaybePromise<Compiled>;
}

/**
 * Compiled modules, the last used one last. The key only narrows the search: two modules are the
 * same when all their bytes are, so that no guest can make another one's code its own.
 */
const cache = new Map<string, CacheEntry[]>();
let cached = 0;

/** Length and a few samples: enough to tell nearly all modules apart. */
function keyOf(bytes: Uint8Array, options: CompileOptions): string {
  let hash = 0;
  const step = Math.max(1, Math.floor(bytes.length / 509));
  for (let i = 0; i < bytes.length; i += step) hash = (Math.imul(hash, 31) + bytes[i]) | 0;
  const { extensions, memoryMax } = options;
  const flags = (extensions?.sockets ? 1 : 0) + (extensions?.process ? 2 : 0) +
    (options.metered ? 4 : 0) + (options.objects ? 8 : 0);
  return `${bytes.length}:${hash}:${flags}:${memoryMax ?? 0}`;
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  const length = left.length & ~7;
  let i = 0;
  if ((left.byteOffset & 7) === 0 && (right.byteOffset & 7) === 0) {
    const a = new Float64Array(left.buffer, left.byteOffset, length / 8);
    const b = new Float64Array(right.buffer, right.byteOffset, length / 8);
    // Numbers that differ have different bits; NaN differs from itself and is compared by bytes.
    for (let at = 0; at < a.length; at++) {
      if (a[at] === b[at] && a[at] !== 0) continue;
      for (let byte = at * 8; byte < at * 8 + 8; byte++) {
        if (left[byte] !== right[byte]) return false;
      }
    }
    i = length;
  }
  for (; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}

/**
 * Validates, links and compiles a module, or finds it in the cache.
 *
 * @param bytes The module; kept unchanged by the caller is not required.
 * @throws {ModuleError} with the reason when it is no module that could run here
 */
export function compile(bytes: Uint8Array, options: CompileOptions = {}): MaybePromise<Compiled> {
  const key = keyOf(bytes, options);
  const entries = cache.get(key);
  const known = entries?.find((each) => isSame(each.bytes, bytes));
  if (known !== undefined) return known.compiled;
  const copy = bytes.slice();
  const compiled = compileNow(copy, options);
  if (copy.length > CACHE_MAX) return compiled;
  const entry: CacheEntry = { bytes: copy, key, compiled };
  if (compiled instanceof Promise) compiled.catch(() => forget(entry));
  cache.delete(key);
  cache.set(key, [...entries ?? [], entry]);
  cached += copy.length;
  // The oldest go first; Map keeps the order of insertion.
  while (cached > CACHE_MAX) {
    const oldest = cache.values().next().value?.[0];
    if (oldest === undefined || oldest === entry) break;
    forget(oldest);
  }
  return compiled;
}

function forget(entry: CacheEntry): void {
  const entries = cache.get(entry.key);
  const rest = entries?.filter((each) => each !== entry);
  if (entries === undefined || rest === undefined || rest.length === entries.length) return;
  cached -= entry.bytes.length;
  if (rest.length === 0) cache.delete(entry.key);
  else cache.set(entry.key, rest);
}

function compileNow(bytes: Uint8Array, options: CompileOptions): MaybePromise<Compiled> {
  const limited = limitResources(bytes, {
    memory: options.memoryMax ?? MEMORY_MAX,
    objects: options.objects ?? false,
  });
  if (limited.length > SYNC_MAX) return compileLater(limited, options);
  try {
    // The engine decides first what is a module: the rewriter trusts what it is given.
    let module = new WebAssembly.Module(limited as Uint8Array<ArrayBuffer>);
    const metered = options.metered ? meter(limited) : undefined;
    if (metered !== undefined) {
      module = new WebAssembly.Module(metered.bytes as Uint8Array<ArrayBuffer>);
    }
    return link(module, limited, options, metered);
  } catch (error) {
    throw asModuleError(error);
  }
}

async function compileLater(limited: Uint8Array, options: CompileOptions): Promise<Compiled> {
  try {
    if (!options.metered) {
      const module = await WebAssembly.compile(limited as Uint8Array<ArrayBuffer>);
      return link(module, limited, options, undefined);
    }
    // The engine decides first what is a module, beside of what runs here.
    await WebAssembly.compile(limited as Uint8Array<ArrayBuffer>);
    const steps = meterInSteps(limited);
    let step = steps.next();
    for (; !step.done; step = steps.next()) await turn();
    const metered = step.value;
    const code = metered?.bytes ?? limited;
    const module = await WebAssembly.compile(code as Uint8Array<ArrayBuffer>);
    return link(module, limited, options, metered);
  } catch (error) {
    throw asModuleError(error);
  }
}

/** The smallest module: its head. */
const NOTHING: Uint8Array<ArrayBuffer> = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

/** Lets the event loop turn: the engine answers in a task of its own. No process waits, so none is asked. */
async function turn(): Promise<void> {
  await WebAssembly.compile(NOTHING);
}

/** The engine's reason, without the name of the interface in front of it. */
function asModuleError(error: unknown): ModuleError {
  if (error instanceof ModuleError) return error;
  const text = error instanceof Error ? error.message : "";
  const reason = text.replace(/^WebAssembly\.\w+\(\): /, "").replace(/\n[\s\S]*/, "");
  return new ModuleError(reason === "" ? "invalid module" : `invalid module: ${reason}`);
}

function link(
  module: WebAssembly.Module,
  bytes: Uint8Array,
  options: CompileOptions,
  metered: Metered | undefined,
): Compiled {
  const extensions = options.extensions ?? { sockets: false, process: false };
  const linked: Linked[] = [];
  const signatures = functionsOf(bytes)?.imports;
  let functions = 0;
  for (const wanted of WebAssembly.Module.imports(module)) {
    const found = wanted.kind === "function"
      ? findImport(wanted.module, wanted.name, extensions, signatures?.[functions++]?.params)
      : undefined;
    if (found === undefined) {
      throw new ModuleError(`unknown import: ${wanted.module}.${wanted.name} (${wanted.kind})`);
    }
    linked.push(found);
  }
  if (metered !== undefined) linked.push(CHECK);
  const shim = new WebAssembly.Module(buildShim(linked.map((each) => each.shim)));
  const exports = new Map(
    WebAssembly.Module.exports(module).map((each) => [each.name, each.kind] as const),
  );
  return { module, shim, linked, exports, metered: metered && { ...metered, bytes: EMPTY } };
}

/** Import modules that a guest may name. */
type ImportModule = typeof PREVIEW1 | typeof UNSTABLE | typeof PROCESS_EXTENSION;

/**
 * The imports of a guest: functions of an instance of its shim, by module and name.
 *
 * @param suspending Whether calls that wait suspend the guest; else they give `AGAIN`.
 */
export function importsOf(
  guest: Guest,
  linked: readonly Linked[],
  shim: WebAssembly.Module,
  suspending: boolean,
): WebAssembly.Imports {
  const host: Record<string, WebAssembly.ExportValue> = Object.create(null);
  const wait = (): number | Promise<number> => guest.settled();
  host[FIELD_WAIT] = suspending
    ? new (WebAssembly as unknown as SuspendingWebAssembly).Suspending(wait)
    : (() => guest.unsettled()) as WebAssembly.ExportValue;
  host[FIELD_VALUE] = (() => guest.process?.value ?? 0) as WebAssembly.ExportValue;
  linked.forEach((each, i) => {
    host[String(i)] = bind(guest, each) as WebAssembly.ExportValue;
  });
  const outer: WebAssembly.Imports = Object.create(null);
  outer[HOST] = host;
  const instance = new WebAssembly.Instance(shim, outer);
  const imports: WebAssembly.Imports = Object.create(null);
  linked.forEach((each, i) => {
    const fields = imports[each.module as ImportModule] ??= Object.create(null);
    fields[each.name] = instance.exports[String(i)] as WebAssembly.ExportValue;
  });
  return imports;
}

/**
 * Instantiates a module for a guest and binds its memory.
 *
 * @throws {ModuleError} for a wrong signature, missing memory, or memory that cannot be had
 */
export function instantiate(
  guest: Guest,
  compiled: Compiled,
  suspending: boolean,
): WebAssembly.Instance {
  const imports = importsOf(guest, compiled.linked, compiled.shim, suspending);
  let instance: WebAssembly.Instance;
  try {
    instance = new WebAssembly.Instance(compiled.module, imports);
  } catch (error) {
    if (error instanceof WebAssembly.LinkError) {
      throw new ModuleError(linkReason(error.message, compiled.linked));
    }
    if (error instanceof WebAssembly.RuntimeError) throw error;
    if (error instanceof RangeError) throw new ModuleError("not enough memory");
    throw error;
  }
  const { memory } = instance.exports;
  if (memory instanceof WebAssembly.Memory) guest.memory.bind(memory);
  guest.chargeMemory();
  const { metered } = compiled;
  if (metered !== undefined) {
    const table = instance.exports[metered.table] as WebAssembly.Table;
    table.set(0, imports[CHECK.module][CHECK.name] as unknown as () => void);
  }
  return instance;
}

/** Says which import does not fit, as the engine tells it by number, module and name. */
function linkReason(message: string, linked: readonly Linked[]): string {
  const at = linked.find((each) => message.includes(`"${each.name}"`));
  return at === undefined
    ? "cannot be linked"
    : `import ${at.module}.${at.name} has the wrong signature`;
}

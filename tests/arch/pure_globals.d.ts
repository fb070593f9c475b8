/**
 * All that applets/, wasi/ and the pure layers of sandbox/ may use beyond the language itself.
 * None of it reaches a file, the network, the clock or the terminal.
 */

/** Decodes bytes; the encodings are those of the Encoding Standard. */
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  decode(input?: ArrayBufferLike | ArrayBufferView | null, options?: { stream?: boolean }): string;
}

/** Encodes text as UTF-8. */
declare class TextEncoder {
  readonly encoding: "utf-8";
  encode(input?: string): Uint8Array<ArrayBuffer>;
  encodeInto(source: string, destination: Uint8Array): { read: number; written: number };
}

/** Text whose chars are bytes, to base64. */
declare function btoa(data: string): string;
/** Base64, to text whose chars are bytes. */
declare function atob(data: string): string;

/** WebAssembly, with JavaScript Promise Integration. */
declare namespace WebAssembly {
  type ValueType = "i32" | "i64" | "f32" | "f64" | "v128" | "anyfunc" | "externref";
  type TableKind = "anyfunc" | "externref";
  type ImportExportKind = "function" | "global" | "memory" | "table" | "tag";
  // deno-lint-ignore ban-types
  type ExportValue = Function | Global | Memory | Table;
  type ImportValue = ExportValue | number | bigint;
  type ModuleImports = Record<string, ImportValue>;
  type Imports = Record<string, ModuleImports>;
  type Exports = Record<string, ExportValue>;
  type BufferSource = ArrayBufferView<ArrayBuffer> | ArrayBuffer;

  class CompileError extends Error {}
  class LinkError extends Error {}
  class RuntimeError extends Error {}

  interface ModuleExportDescriptor {
    name: string;
    kind: ImportExportKind;
  }
  interface ModuleImportDescriptor {
    module: string;
    name: string;
    kind: ImportExportKind;
  }

  class Module {
    constructor(bytes: BufferSource);
    static customSections(module: Module, sectionName: string): ArrayBuffer[];
    static exports(module: Module): ModuleExportDescriptor[];
    static imports(module: Module): ModuleImportDescriptor[];
  }

  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Exports;
  }

  interface MemoryDescriptor {
    initial: number;
    maximum?: number;
    shared?: boolean;
  }
  class Memory {
    constructor(descriptor: MemoryDescriptor);
    readonly buffer: ArrayBuffer;
    grow(delta: number): number;
  }

  interface TableDescriptor {
    element: TableKind;
    initial: number;
    maximum?: number;
  }
  class Table {
    constructor(descriptor: TableDescriptor, value?: unknown);
    readonly length: number;
    // deno-lint-ignore no-explicit-any
    get(index: number): any;
    grow(delta: number, value?: unknown): number;
    set(index: number, value?: unknown): void;
  }

  interface GlobalDescriptor {
    value: ValueType;
    mutable?: boolean;
  }
  class Global {
    constructor(descriptor: GlobalDescriptor, value?: unknown);
    // deno-lint-ignore no-explicit-any
    value: any;
    // deno-lint-ignore no-explicit-any
    valueOf(): any;
  }

  function validate(bytes: BufferSource): boolean;
  function compile(bytes: BufferSource): Promise<Module>;
  function instantiate(module: Module, imports?: Imports): Promise<Instance>;

  /** A function that wasm may import and that may wait. */
  const Suspending:
    | undefined
    // deno-lint-ignore no-explicit-any ban-types
    | (new (fn: (...args: any[]) => unknown) => Function);
  /** Makes an export return a promise, so that it may be suspended. */
  const promising:
    | undefined
    // deno-lint-ignore no-explicit-any ban-types
    | ((fn: Function) => (...args: any[]) => Promise<any>);
}

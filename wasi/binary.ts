/**
 * Reading and rewriting the outer structure of a wasm module: sections, types, exports, limits.
 *
 * The engine validates everything; this only finds what JavaScript's interface does not tell
 * (signatures) and lowers what the sandbox limits (the memory's maximum).
 *
 * @module
 */
import { toByteString } from "../sandbox/bytes.ts";
import { PAGE } from "./abi.ts";

/** Most characters of a message: names in a module may be long. */
const MESSAGE_MAX = 300;

/**
 * A module that cannot be run, with the words for the user. Names come from the module, so control
 * characters in them are not shown (terminal escapes, forged lines).
 */
export class ModuleError extends Error {
  /** Makes the error. @param message One line. */
  constructor(message: string) {
    // deno-lint-ignore no-control-regex -- control characters are what is looked for.
    super(message.slice(0, MESSAGE_MAX).replace(/[\x00-\x1f\x7f-\x9f]/g, "?"));
    this.name = "ModuleError";
  }
}

/** Numbers of sections. */
export const SECTION = Object.freeze({
  CUSTOM: 0,
  TYPE: 1,
  IMPORT: 2,
  FUNCTION: 3,
  TABLE: 4,
  MEMORY: 5,
  GLOBAL: 6,
  EXPORT: 7,
  START: 8,
  ELEMENT: 9,
  CODE: 10,
  DATA: 11,
  DATA_COUNT: 12,
  TAG: 13,
});

/** A cursor over module bytes. Reads past the end throw `ModuleError`. */
export class Reader {
  constructor(
    readonly bytes: Uint8Array,
    public at = 0,
    readonly end: number = bytes.length,
  ) {}

  /** One byte. */
  byte(): number {
    if (this.at >= this.end) throw new ModuleError("unexpected end of module");
    return this.bytes[this.at++];
  }

  /** An unsigned LEB128 number of at most 32 bits. */
  u32(): number {
    let result = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      result += (byte & 127) * 2 ** shift;
      if (byte < 128) return result;
    }
    throw new ModuleError("number too long");
  }

  /** Skips a LEB128 number of any size and sign. */
  skipLeb(): void {
    for (let i = 0; i < 10; i++) if (this.byte() < 128) return;
    throw new ModuleError("number too long");
  }

  /** Skips bytes. */
  skip(count: number): void {
    if (count > this.end - this.at) throw new ModuleError("unexpected end of module");
    this.at += count;
  }

  /** A name as a byte string. */
  name(): string {
    const length = this.u32();
    const start = this.at;
    this.skip(length);
    return toByteString(this.bytes, start, this.at);
  }
}

/** One section: its id, and where its content is. */
export interface Section {
  readonly id: number;
  /** Where its header begins. */
  readonly from: number;
  readonly start: number;
  readonly end: number;
}

/** The sections of a module. @throws {ModuleError} */
export function sectionsOf(bytes: Uint8Array): Section[] {
  const header = [0, 0x61, 0x73, 0x6d];
  for (let i = 0; i < 4; i++) {
    if (bytes[i] !== header[i]) throw new ModuleError("not a wasm module");
  }
  if (bytes[4] === 0x0d || bytes[6] === 1) {
    throw new ModuleError("a component, not a module: only WASI preview 1 runs here");
  }
  const reader = new Reader(bytes, 8);
  const sections: Section[] = [];
  while (reader.at < bytes.length) {
    const from = reader.at;
    const id = reader.byte();
    const size = reader.u32();
    const start = reader.at;
    reader.skip(size);
    sections.push({ id, from, start, end: reader.at });
  }
  return sections;
}

/** A value type by its letter: `i` i32, `I` i64, `f` f32, `F` f64, `v` v128, `r` references. */
function letterOf(code: number): string {
  switch (code) {
    case 0x7f:
      return "i";
    case 0x7e:
      return "I";
    case 0x7d:
      return "f";
    case 0x7c:
      return "F";
    case 0x7b:
      return "v";
    default:
      return "r";
  }
}

/** Parameters and results of a function, as letters. */
export interface Signature {
  readonly params: string;
  readonly results: string;
}

function valueTypes(reader: Reader): string {
  let letters = "";
  for (let count = reader.u32(); count > 0; count--) {
    const code = reader.byte();
    // (ref …) and (ref null …) are followed by a heap type.
    if (code === 0x63 || code === 0x64) reader.skipLeb();
    letters += letterOf(code);
  }
  return letters;
}

function limits(reader: Reader): { flags: number; minimum: number; maximum: number | undefined } {
  const flags = reader.byte();
  const minimum = reader.u32();
  return { flags, minimum, maximum: (flags & 1) !== 0 ? reader.u32() : undefined };
}

/** The functions of a module, as far as their types can be told. */
export interface Functions {
  /** Types of the imported functions, in order. */
  readonly imports: readonly Signature[];
  /** Types of the exported functions. */
  readonly exports: ReadonlyMap<string, Signature>;
}

/**
 * The types of a module's functions, or undefined when they cannot be told (types of the garbage
 * collection proposal).
 *
 * @throws {ModuleError}
 */
export function functionsOf(bytes: Uint8Array): Functions | undefined {
  const types: Signature[] = [];
  const functions: number[] = [];
  const exported: [name: string, index: number][] = [];
  let imported = 0;
  for (const section of sectionsOf(bytes)) {
    const reader = new Reader(bytes, section.start, section.end);
    if (section.id === SECTION.TYPE) {
      for (let count = reader.u32(); count > 0; count--) {
        if (reader.byte() !== 0x60) return undefined;
        types.push({ params: valueTypes(reader), results: valueTypes(reader) });
      }
    } else if (section.id === SECTION.IMPORT) {
      for (let count = reader.u32(); count > 0; count--) {
        reader.name();
        reader.name();
        switch (reader.byte()) {
          case 0:
            functions.push(reader.u32());
            break;
          case 1:
            reader.skipLeb();
            limits(reader);
            break;
          case 2:
            limits(reader);
            break;
          case 3:
            reader.skipLeb();
            reader.byte();
            break;
          case 4:
            reader.byte();
            reader.u32();
            break;
          default:
            return undefined;
        }
      }
      imported = functions.length;
    } else if (section.id === SECTION.FUNCTION) {
      for (let count = reader.u32(); count > 0; count--) functions.push(reader.u32());
    } else if (section.id === SECTION.EXPORT) {
      for (let count = reader.u32(); count > 0; count--) {
        const name = reader.name();
        const kind = reader.byte();
        const index = reader.u32();
        if (kind === 0) exported.push([name, index]);
      }
    }
  }
  return {
    imports: functions.slice(0, imported).map((type) => types[type]),
    exports: new Map(exported.map(([name, index]) => [name, types[functions[index]]])),
  };
}

/** An unsigned number as LEB128. */
export function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const byte = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? byte + 128 : byte);
  } while (rest > 0);
  return bytes;
}

/** Most elements of all tables of a module together. */
const TABLE_MAX = 1_000_000;

/** What a module may use. */
export interface ResourceLimits {
  /** Most bytes of its memory. */
  readonly memory: number;
  /**
   * Whether it may have objects on the engine's own heap (garbage collection proposal): nothing can
   * limit those, and a full heap ends the host process.
   */
  readonly objects: boolean;
}

/**
 * Lowers the maxima of the module's memory and tables.
 *
 * @returns The same bytes when nothing had to change.
 * @throws {ModuleError} when it starts out larger than that, or cannot be limited
 */
export function limitResources(bytes: Uint8Array, allowed: ResourceLimits): Uint8Array {
  const sections = sectionsOf(bytes);
  if (!allowed.objects) checkTypes(bytes, sections);
  let limited = bytes;
  // From the end, so that what was found before a change stays where it is.
  const rewrites = [
    [SECTION.MEMORY, (section: Section) => limitedMemory(bytes, section, allowed.memory)],
    [SECTION.TABLE, (section: Section) => limitedTables(bytes, section)],
  ] as const;
  for (const [id, rewrite] of rewrites) {
    const section = sections.find((each) => each.id === id);
    if (section === undefined) continue;
    const content = rewrite(section);
    if (content !== undefined) limited = withSection(limited, section, content);
  }
  return limited;
}

/** @throws {ModuleError} for types of objects */
function checkTypes(bytes: Uint8Array, sections: readonly Section[]): void {
  const section = sections.find((each) => each.id === SECTION.TYPE);
  if (section === undefined) return;
  const reader = new Reader(bytes, section.start, section.end);
  for (let count = reader.u32(); count > 0; count--) {
    if (reader.byte() !== 0x60) {
      throw new ModuleError("objects of the garbage collection proposal cannot be limited here");
    }
    valueTypes(reader);
    valueTypes(reader);
  }
}

function withSection(bytes: Uint8Array, section: Section, content: readonly number[]): Uint8Array {
  const head = [section.id, ...leb(content.length), ...content];
  const result = new Uint8Array(bytes.length - (section.end - section.from) + head.length);
  result.set(bytes.subarray(0, section.from));
  result.set(head, section.from);
  result.set(bytes.subarray(section.end), section.from + head.length);
  return result;
}

function limitedMemory(bytes: Uint8Array, section: Section, most: number): number[] | undefined {
  const pages = Math.floor(most / PAGE);
  const reader = new Reader(bytes, section.start, section.end);
  const count = reader.u32();
  if (count > 1) throw new ModuleError("more than one memory");
  if (count === 0) return undefined;
  // A shared memory lets a guest wait for a change of it, which would stop the whole host.
  if ((bytes[reader.at] & 2) !== 0) throw new ModuleError("a shared memory");
  if ((bytes[reader.at] & ~1) !== 0) throw new ModuleError("a memory that is not a 32-bit one");
  const { flags, minimum, maximum } = limits(reader);
  if (minimum > pages) {
    throw new ModuleError(`needs ${minimum * PAGE} bytes of memory, ${most} are allowed`);
  }
  const lowered = Math.min(maximum ?? 65536, pages);
  return lowered === maximum ? undefined : [1, flags | 1, ...leb(minimum), ...leb(lowered)];
}

function limitedTables(bytes: Uint8Array, section: Section): number[] | undefined {
  const reader = new Reader(bytes, section.start, section.end);
  const count = reader.u32();
  const content = leb(count);
  const share = Math.floor(TABLE_MAX / Math.max(1, count));
  let total = 0;
  let changed = false;
  for (let i = 0; i < count; i++) {
    const from = reader.at;
    // 0x40 0x00 stands before a table whose elements are initialised by an expression.
    if (bytes[from] === 0x40) throw new ModuleError("a table with an initial value");
    const code = reader.byte();
    if (code === 0x63 || code === 0x64) reader.skipLeb();
    const type = bytes.subarray(from, reader.at);
    if ((bytes[reader.at] & ~1) !== 0) throw new ModuleError("a table that is not a 32-bit one");
    const { minimum, maximum } = limits(reader);
    total += minimum;
    if (total > TABLE_MAX) throw new ModuleError("tables of more than 1000000 elements");
    const lowered = Math.min(maximum ?? Infinity, Math.max(share, minimum));
    if (lowered !== maximum) changed = true;
    content.push(...type, 1, ...leb(minimum), ...leb(lowered));
  }
  return changed ? content : undefined;
}

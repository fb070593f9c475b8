/**
 * Pre-initialised modules: runs an initialisation function once, and writes what it did to memory
 * and globals into a new module, which then starts where the function ended.
 *
 * Kept: the bytes of the module's one memory, and its mutable globals of number types. Not kept:
 * what happened to tables, to dropped segments, and outside of the module (open files).
 *
 * @module
 */
import { PAGE } from "./abi.ts";
import { leb, ModuleError, Reader, SECTION, type Section, sectionsOf } from "./binary.ts";

/** The function that is run when none is named, as of the tool that began with this. */
export const DEFAULT_INIT = "wizer.initialize";

/** Zeros between two segments that are cheaper to write than a segment of their own. */
const GAP = 4;
/** Most segments; beyond that larger gaps are written. The engine allows 100,000. */
const SEGMENTS_MAX = 10_000;

const TYPES: ReadonlyMap<number, "i32" | "i64" | "f32" | "f64"> = new Map([
  [0x7f, "i32"],
  [0x7e, "i64"],
  [0x7d, "f32"],
  [0x7c, "f64"],
]);

/** A defined global: where its initial value is. */
interface Global {
  readonly type: "i32" | "i64" | "f32" | "f64" | undefined;
  readonly mutable: boolean;
  readonly from: number;
  readonly start: number;
  readonly end: number;
}

/** A module that shows its state. */
export interface Observable {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Name of the exported memory. */
  readonly memory: string;
  /** Names of exported globals, by index among the defined ones; undefined for what stays. */
  readonly globals: readonly (string | undefined)[];
}

function sleb(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const byte = Number(rest & 127n);
    rest >>= 7n;
    if (rest === 0n && byte < 64 || rest === -1n && byte >= 64) {
      bytes.push(byte);
      return bytes;
    }
    bytes.push(byte | 128);
  }
}

function sectionOf(id: number, content: readonly number[]): Uint8Array {
  return new Uint8Array([id, ...leb(content.length), ...content]);
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const part of parts) length += part.length;
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Skips a constant expression. @throws {ModuleError} for one that is none */
function skipConstant(reader: Reader): void {
  for (;;) {
    const opcode = reader.byte();
    switch (opcode) {
      case 0x0b:
        return;
      case 0x41:
      case 0x42:
      case 0x23:
      case 0xd0:
      case 0xd2:
        reader.skipLeb();
        break;
      case 0x43:
        reader.skip(4);
        break;
      case 0x44:
        reader.skip(8);
        break;
      case 0x6a:
      case 0x6b:
      case 0x6c:
      case 0x7c:
      case 0x7d:
      case 0x7e:
        break;
      case 0xfd:
        reader.u32();
        reader.skip(16);
        break;
      default:
        throw new ModuleError("a constant expression that is not known");
    }
  }
}

function globalsOf(bytes: Uint8Array, section: Section | undefined): Global[] {
  if (section === undefined) return [];
  const reader = new Reader(bytes, section.start, section.end);
  const globals: Global[] = [];
  for (let count = reader.u32(); count > 0; count--) {
    const from = reader.at;
    const code = reader.byte();
    if (code === 0x63 || code === 0x64) reader.skipLeb();
    const mutable = reader.byte() === 1;
    const start = reader.at;
    skipConstant(reader);
    globals.push({ type: TYPES.get(code), mutable, from, start, end: reader.at });
  }
  return globals;
}

interface Export {
  readonly name: string;
  readonly kind: number;
  readonly index: number;
  readonly from: number;
  readonly end: number;
}

function exportsOf(bytes: Uint8Array, section: Section | undefined): Export[] {
  if (section === undefined) return [];
  const reader = new Reader(bytes, section.start, section.end);
  const exports: Export[] = [];
  for (let count = reader.u32(); count > 0; count--) {
    const from = reader.at;
    const name = reader.name();
    const kind = reader.byte();
    exports.push({ name, kind, index: reader.u32(), from, end: reader.at });
  }
  return exports;
}

function importedGlobals(bytes: Uint8Array, section: Section | undefined): number {
  if (section === undefined) return 0;
  const reader = new Reader(bytes, section.start, section.end);
  let globals = 0;
  for (let count = reader.u32(); count > 0; count--) {
    reader.name();
    reader.name();
    switch (reader.byte()) {
      case 0:
        reader.skipLeb();
        break;
      case 3:
        reader.byte();
        reader.byte();
        globals++;
        break;
      case 2:
        throw new ModuleError("an imported memory cannot be kept");
      default:
        throw new ModuleError("an import that cannot be kept");
    }
  }
  return globals;
}

function find(sections: readonly Section[], id: number): Section | undefined {
  return sections.find((each) => each.id === id);
}

/**
 * The same module with its memory and its mutable globals exported.
 *
 * @throws {ModuleError} when its state cannot be kept
 */
export function observable(bytes: Uint8Array): Observable {
  const sections = sectionsOf(bytes);
  const memorySection = find(sections, SECTION.MEMORY);
  if (memorySection === undefined || bytes[memorySection.start] !== 1) {
    throw new ModuleError("needs exactly one memory of its own");
  }
  const imported = importedGlobals(bytes, find(sections, SECTION.IMPORT));
  const exportSection = find(sections, SECTION.EXPORT);
  const exports = exportsOf(bytes, exportSection);
  const names = new Set(exports.map((each) => each.name));
  const added: number[][] = [];
  const add = (wanted: string, kind: number, index: number): string => {
    let name = wanted;
    while (names.has(name)) name += "_";
    names.add(name);
    const chars = [...name].map((char) => char.charCodeAt(0));
    added.push([...leb(chars.length), ...chars, kind, ...leb(index)]);
    return name;
  };
  const known = exports.find((each) => each.kind === 2);
  const memory = known?.name ?? add("memory", 2, 0);
  const globals = globalsOf(bytes, find(sections, SECTION.GLOBAL)).map((global, i) =>
    global.mutable && global.type !== undefined ? add(`global${i}`, 3, imported + i) : undefined
  );
  const old = exportSection === undefined
    ? new Uint8Array(0)
    : bytes.subarray(exports[0]?.from ?? exportSection.end, exportSection.end);
  const section = sectionOf(SECTION.EXPORT, [
    ...leb(exports.length + added.length),
    ...old,
    ...added.flat(),
  ]);
  return { bytes: replace(bytes, sections, new Map([[SECTION.EXPORT, section]])), memory, globals };
}

/** A module with sections replaced, put in where they were missing, or (undefined) left out. */
function replace(
  bytes: Uint8Array,
  sections: readonly Section[],
  changes: ReadonlyMap<number, Uint8Array | undefined>,
): Uint8Array<ArrayBuffer> {
  const order = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];
  const left = new Map(changes);
  const parts: Uint8Array[] = [bytes.subarray(0, 8)];
  const flush = (before: number): void => {
    for (const id of order.slice(0, before)) {
      const section = left.get(id);
      if (section !== undefined && !sections.some((each) => each.id === id)) {
        parts.push(section);
        left.delete(id);
      }
    }
  };
  for (const section of sections) {
    if (section.id !== SECTION.CUSTOM) flush(order.indexOf(section.id));
    if (changes.has(section.id)) {
      const change = changes.get(section.id);
      if (change !== undefined) parts.push(change);
    } else parts.push(bytes.subarray(section.from, section.end));
  }
  flush(order.length);
  return join(parts);
}

/** Ranges of a memory that are not zero; gaps smaller than `gap` belong to a range. */
export function nonZeroRanges(
  memory: Uint8Array,
  gap: number = GAP,
): [start: number, end: number][] {
  const ranges: [number, number][] = [];
  let at = 0;
  while (at < memory.length) {
    // Whole words of zeros are skipped fast: most of a memory is that.
    if ((at & 7) === 0) {
      const words = new BigUint64Array(
        memory.buffer,
        memory.byteOffset + at,
        (memory.length - at) >> 3,
      );
      const found = words.findIndex((word) => word !== 0n);
      if (found < 0) break;
      at += found * 8;
    }
    if (memory[at] === 0) {
      at++;
      continue;
    }
    const last = ranges[ranges.length - 1];
    let end = at;
    while (end < memory.length && memory[end] !== 0) end++;
    if (last !== undefined && at - last[1] < gap) last[1] = end;
    else ranges.push([at, end]);
    at = end;
  }
  return ranges;
}

function constant(type: "i32" | "i64" | "f32" | "f64", value: number | bigint): number[] {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  switch (type) {
    case "i32":
      return [0x41, ...sleb(BigInt(value)), 0x0b];
    case "i64":
      return [0x42, ...sleb(BigInt(value)), 0x0b];
    case "f32":
      view.setFloat32(0, Number(value), true);
      return [0x43, ...bytes.subarray(0, 4), 0x0b];
    case "f64":
      view.setFloat64(0, Number(value), true);
      return [0x44, ...bytes, 0x0b];
  }
}

/** State of an instance after its initialisation. */
export interface State {
  readonly memory: Uint8Array;
  /** Values of globals, by index among the defined ones; undefined for what stays. */
  readonly globals: readonly (number | bigint | undefined)[];
}

/**
 * A module that starts from a state.
 *
 * @param bytes The original module.
 * @param state What its initialisation left.
 * @param remove Names of exported functions that must not be called again.
 */
export function withState(
  bytes: Uint8Array,
  state: State,
  remove: readonly string[],
): Uint8Array<ArrayBuffer> {
  const sections = sectionsOf(bytes);
  const changes = new Map<number, Uint8Array | undefined>();

  const memorySection = find(sections, SECTION.MEMORY) as Section;
  const reader = new Reader(bytes, memorySection.start, memorySection.end);
  reader.u32();
  const flags = reader.byte();
  reader.u32();
  const rest = bytes.subarray(reader.at, memorySection.end);
  const pages = leb(state.memory.length / PAGE);
  changes.set(SECTION.MEMORY, sectionOf(SECTION.MEMORY, [1, flags, ...pages, ...rest]));

  const globalSection = find(sections, SECTION.GLOBAL);
  const globals = globalsOf(bytes, globalSection);
  if (globals.length > 0) {
    const content = [...leb(globals.length)];
    globals.forEach(({ type, from, start, end }, i) => {
      const value = state.globals[i];
      content.push(...bytes.subarray(from, start));
      if (value === undefined || type === undefined) content.push(...bytes.subarray(start, end));
      else content.push(...constant(type, value));
    });
    changes.set(SECTION.GLOBAL, sectionOf(SECTION.GLOBAL, content));
  }

  const kept = exportsOf(bytes, find(sections, SECTION.EXPORT))
    .filter((each) => each.kind !== 0 || !remove.includes(each.name));
  changes.set(
    SECTION.EXPORT,
    sectionOf(SECTION.EXPORT, [
      ...leb(kept.length),
      ...kept.flatMap((each) => [...bytes.subarray(each.from, each.end)]),
    ]),
  );
  // It has run.
  changes.set(SECTION.START, undefined);

  const data = dataOf(bytes, find(sections, SECTION.DATA));
  let ranges = nonZeroRanges(state.memory);
  for (let gap = GAP * 4; ranges.length > SEGMENTS_MAX; gap *= 4) {
    ranges = nonZeroRanges(state.memory, gap);
  }
  const parts: Uint8Array[] = [new Uint8Array(leb(data.length + ranges.length)), ...data];
  for (const [start, end] of ranges) {
    parts.push(new Uint8Array([0, 0x41, ...sleb(BigInt(start | 0)), 0x0b, ...leb(end - start)]));
    parts.push(state.memory.subarray(start, end));
  }
  const content = join(parts);
  changes.set(
    SECTION.DATA,
    join([new Uint8Array([SECTION.DATA, ...leb(content.length)]), content]),
  );
  if (find(sections, SECTION.DATA_COUNT) !== undefined) {
    const count = leb(data.length + ranges.length);
    changes.set(SECTION.DATA_COUNT, sectionOf(SECTION.DATA_COUNT, count));
  }
  return replace(bytes, sections, changes);
}

/** The old segments, at their indexes: passive ones as they are, active ones empty. */
function dataOf(bytes: Uint8Array, section: Section | undefined): Uint8Array[] {
  if (section === undefined) return [];
  const reader = new Reader(bytes, section.start, section.end);
  const segments: Uint8Array[] = [];
  let passive = false;
  for (let count = reader.u32(); count > 0; count--) {
    const from = reader.at;
    const flags = reader.u32();
    if (flags === 2) reader.skipLeb();
    if (flags !== 1) skipConstant(reader);
    reader.skip(reader.u32());
    if (flags === 1) {
      passive = true;
      segments.push(bytes.subarray(from, reader.at));
    } else segments.push(new Uint8Array([0, 0x41, 0, 0x0b, 0]));
  }
  // Without passive segments nothing refers to them by index.
  return passive ? segments : [];
}

/**
 * Counting work inside a guest, so that a loop that calls nothing can still be interrupted.
 *
 * JavaScript cannot stop wasm that computes: no timer fires and no signal is delivered before it
 * returns. So the module is rewritten before it is compiled. Each loop counts its rounds in a local
 * of its function, and functions that can run long count their calls in one new global; every few
 * thousand counts a check of ours is called through one new table. The check looks at the time,
 * lets others run (the guest suspends meanwhile), and ends the guest when its process has ended.
 *
 * An instruction that fills or copies a range of memory takes as long as the range is. It becomes a
 * call of a function of ours, which does the work in pieces and counts them.
 *
 * Nothing that exists gets another index: type, function, table, global and local are appended. Between
 * two checks at most {@link PERIOD} calls of functions with at most {@link PERIOD} rounds each pass;
 * four turns of a small loop are one round.
 *
 * @module
 */
import {
  MEMORY_COPY,
  MEMORY_FILL,
  rangeInstruction,
  skipBlockType,
  skipMisc,
  skipPlain,
  UnknownInstruction,
} from "./instructions.ts";
import { ModuleError, Reader, SECTION, type Section, sectionsOf } from "./binary.ts";

/** Counts between two checks. */
export const PERIOD = 4096;
/**
 * Loops up to this many bytes, without calls and loops inside, which are left at their end only, are
 * counted once for several rounds. Loops that search are not: they end soon, and each way out of
 * each copy costs.
 */
const SMALL = 256;
/** So many rounds of a small loop go for one. */
const ROUNDS = 4;
/** Bytes of code after which a rewrite may rest. */
const STRETCH = 1 << 18;
/** A function without loops and cycles needs no count when all it calls is shorter than this. */
const SHORT = 2048;

/** A rewritten module. */
export interface Metered {
  readonly bytes: Uint8Array;
  /** Name of the exported table whose only element is the check. */
  readonly table: string;
  /**
   * Name of the exported function to call after the check is in place: the module's own start
   * function, which could not be interrupted otherwise.
   */
  readonly start: string | undefined;
}

/** What is filled or copied at once, 4 MiB, as the argument of a constant; and how many counts it is. */
const PIECE: readonly number[] = [0x80, 0x80, 0x80, 0x02];
const PIECE_COUNTS: readonly number[] = [0x80, 0x08];
/** By so many bits the length of a range is shifted to be counts. */
const BYTES_A_COUNT = 12;

const I32 = 0x7f;

/** What was seen in one function body. */
interface Body {
  /** Where its size begins, its content, and its end. */
  readonly from: number;
  readonly start: number;
  readonly end: number;
  /** Where its instructions begin, after the locals. */
  readonly code: number;
  /** Number of locals that are declared, without parameters. */
  readonly locals: number;
  /** Number of groups of locals. */
  readonly groups: number;
  /** Where the count of groups ends. */
  readonly afterCount: number;
  readonly hasLoops: boolean;
  /** It fills or copies ranges of the first memory. */
  readonly hasRanges: boolean;
  /** Small loops: where they begin, and where their `end` is. */
  readonly small: ReadonlyMap<number, number>;
  readonly calls: number[];
  /** It calls what cannot be known from here. */
  readonly indirect: boolean;
}

/** Reads one function body. */
function readBody(bytes: Uint8Array, from: number, limit: number): Body {
  const outer = new Reader(bytes, from, limit);
  const size = outer.u32();
  const start = outer.at;
  outer.skip(size);
  const end = outer.at;
  const reader = new Reader(bytes, start, end);
  const groups = reader.u32();
  const afterCount = reader.at;
  let locals = 0;
  for (let i = 0; i < groups; i++) {
    locals += reader.u32();
    skipBlockType(reader);
  }
  const code = reader.at;
  const calls: number[] = [];
  const small = new Map<number, number>();
  /** What is open: where a loop begins that may be small, or -1. The function itself is the first. */
  const open: number[] = [-1];
  const notSmall = (): void => {
    for (let i = 0; i < open.length; i++) open[i] = -1;
  };
  const leaves = (depth: number): void => {
    for (let i = Math.max(0, open.length - depth); i < open.length; i++) open[i] = -1;
  };
  let hasLoops = false;
  let hasRanges = false;
  let indirect = false;
  for (let before = 0, at = 0; reader.at < end;) {
    before = at;
    at = reader.at;
    const opcode = reader.byte();
    if (opcode >= 0x45 && opcode <= 0xc4) continue;
    switch (opcode) {
      case 0x02: // block
      case 0x04: // if
      case 0x06: // try
        skipBlockType(reader);
        open.push(-1);
        break;
      case 0x03: { // loop
        const at = reader.at - 1;
        notSmall();
        open.push(bytes[reader.at] === 0x40 ? at : -1);
        skipBlockType(reader);
        hasLoops = true;
        break;
      }
      case 0x0b: { // end
        const at = open.pop() as number;
        if (at >= 0 && reader.at - at <= SMALL) small.set(at, reader.at - 1);
        break;
      }
      case 0x18: // delegate
        open.pop();
        reader.skipLeb();
        break;
      case 0x09: // rethrow
      case 0x0c: // br
      case 0x0d: // br_if
      case 0xd5: // br_on_null
      case 0xd6:
        leaves(reader.u32());
        break;
      case 0x0e: // br_table
        for (let count = reader.u32() + 1; count > 0; count--) leaves(reader.u32());
        break;
      case 0x0f: // return
        leaves(open.length);
        break;
      case 0x10: // call
      case 0x12: // return_call
        notSmall();
        calls.push(reader.u32());
        break;
      case 0x11: // call_indirect
      case 0x13:
        notSmall();
        indirect = true;
        reader.skipLeb();
        reader.skipLeb();
        break;
      case 0x14: // call_ref
      case 0x15:
        notSmall();
        indirect = true;
        reader.skipLeb();
        break;
      case 0x1f: // try_table
        skipBlockType(reader);
        open.push(-1);
        for (let count = reader.u32(); count > 0; count--) {
          if (reader.byte() <= 1) reader.skipLeb();
          reader.skipLeb();
        }
        break;
      case 0xfc:
        if (rangeInstruction(bytes, reader.at, before) !== undefined) {
          notSmall();
          hasRanges = true;
        }
        skipMisc(reader);
        break;
      default:
        skipPlain(reader, opcode);
    }
  }
  const found = { hasLoops, hasRanges, small, calls, indirect };
  return { from, start, end, code, locals, groups, afterCount, ...found };
}

/**
 * Writes the instructions of a function with its loops counted.
 *
 * A loop is put into another one, which makes the check when the count has reached zero and then
 * goes into the old one again. So the loop that turns has one subtraction and one branch more, and
 * no call that would keep the engine from optimising it. A branch that leaves a counted loop has
 * one label more to cross.
 *
 * The body of a small loop is written several times, one after the other, for one count: where the
 * old loop would turn, a copy goes on to the next one, and the last one turns.
 *
 * @param refill Code of the outer loop: check and new count, when the count is zero.
 * @param round Code at the head of the old loop: counts, and leaves when it has reached zero.
 * @param ranges Index of the function for each instruction that fills or copies a range.
 */
function writeCounted(
  bytes: Uint8Array,
  body: Body,
  output: Output,
  refill: readonly number[],
  round: readonly number[],
  ranges: ReadonlyMap<number, number>,
): void {
  /** For each open label, how many new ones stand around it. The function itself is the first. */
  const labels: number[] = [0];
  const crossed = (depth: number): number => {
    let count = depth;
    for (let i = Math.max(0, labels.length - depth); i < labels.length; i++) count += labels[i];
    return count;
  };

  const writeSmall = (start: number, end: number): void => {
    output.push([0x02, 0x40, 0x03, 0x40, ...refill, 0x03, 0x40, ...round]);
    for (let copy = 1; copy < ROUNDS; copy++) {
      // The block is what the loop was. Behind it are the loop, the outer one, and the way out.
      output.push([0x02, 0x40]);
      labels.push(3);
      write(start, end);
      labels.pop();
      output.push([0x0c, 3, 0x0b]);
    }
    labels.push(2);
    write(start, end);
    labels.pop();
    output.push([0x0b, 0x0b, 0x0b]);
  };

  const write = (start: number, end: number): void => {
    const reader = new Reader(bytes, start, end);
    let copied = start;
    const label = (): void => {
      const at = reader.at;
      const depth = reader.u32();
      const wanted = crossed(depth);
      if (wanted === depth) return;
      output.copy(bytes, copied, at);
      output.push(leb(wanted));
      copied = reader.at;
    };
    for (let before = 0, at = 0; reader.at < end;) {
      before = at;
      at = reader.at;
      const opcode = reader.byte();
      if (opcode >= 0x45 && opcode <= 0xc4) continue;
      switch (opcode) {
        case 0x02: // block
        case 0x04: // if
        case 0x06: // try
          skipBlockType(reader);
          labels.push(0);
          break;
        case 0x03: { // loop
          skipBlockType(reader);
          const smallEnd = body.small.get(at);
          if (smallEnd !== undefined) {
            output.copy(bytes, copied, at);
            writeSmall(reader.at, smallEnd);
            copied = reader.at = smallEnd + 1;
            break;
          }
          output.copy(bytes, copied, reader.at);
          output.push(refill);
          output.copy(bytes, at, reader.at);
          output.push(round);
          copied = reader.at;
          labels.push(1);
          break;
        }
        case 0x0b: // end
          if (labels.pop() === 1) {
            output.copy(bytes, copied, reader.at);
            output.push([0x0b]);
            copied = reader.at;
          }
          break;
        case 0x18: // delegate: ends its try, and counts labels from outside of it
          labels.pop();
          label();
          break;
        case 0x09: // rethrow
        case 0x0c: // br
        case 0x0d: // br_if
        case 0xd5: // br_on_null
        case 0xd6:
          label();
          break;
        case 0x0e: // br_table
          for (let count = reader.u32() + 1; count > 0; count--) label();
          break;
        case 0x10: // call
        case 0x12:
        case 0x14: // call_ref
        case 0x15:
          reader.skipLeb();
          break;
        case 0x11: // call_indirect
        case 0x13:
          reader.skipLeb();
          reader.skipLeb();
          break;
        case 0x1f: // try_table: its handlers' labels count from outside of it
          skipBlockType(reader);
          for (let count = reader.u32(); count > 0; count--) {
            if (reader.byte() <= 1) reader.skipLeb();
            label();
          }
          labels.push(0);
          break;
        case 0xfc: {
          const instruction = rangeInstruction(bytes, reader.at, before);
          skipMisc(reader);
          const called = instruction === undefined ? undefined : ranges.get(instruction);
          if (called === undefined) break;
          output.copy(bytes, copied, at);
          output.push([0x10, ...leb(called)]);
          copied = reader.at;
          break;
        }
        default:
          skipPlain(reader, opcode);
      }
    }
    output.copy(bytes, copied, end);
  };
  write(body.code, body.end);
}

/**
 * Which functions have to count their calls: those with loops, in cycles, with indirect calls, and
 * those whose calls may add up to much although none of them is in a cycle.
 */
function needCount(bodies: readonly Body[], imported: number): boolean[] {
  const cost = new Float64Array(bodies.length);
  const state = new Uint8Array(bodies.length); // 0 new, 1 open, 2 done
  const needs = bodies.map((body) => body.hasLoops || body.indirect);
  const next = new Uint32Array(bodies.length);
  for (let root = 0; root < bodies.length; root++) {
    if (state[root] !== 0) continue;
    const stack = [root];
    state[root] = 1;
    while (stack.length > 0) {
      const at = stack[stack.length - 1];
      const { calls, start, end } = bodies[at];
      if (next[at] < calls.length) {
        const callee = calls[next[at]++] - imported;
        if (callee < 0 || callee >= bodies.length) continue;
        if (state[callee] === 0) {
          state[callee] = 1;
          stack.push(callee);
        } else if (state[callee] === 1) needs[callee] = true; // Closes a cycle.
        continue;
      }
      // A function that counts by itself adds no more than one call to who calls it.
      let sum = end - start;
      for (const call of calls) {
        const callee = call - imported;
        if (callee >= 0 && callee < bodies.length && !needs[callee]) sum += cost[callee];
      }
      cost[at] = sum;
      if (sum > SHORT) needs[at] = true;
      state[at] = 2;
      stack.pop();
    }
  }
  return needs;
}

function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    const byte = rest & 127;
    rest >>>= 7;
    bytes.push(rest === 0 ? byte : byte | 128);
  } while (rest !== 0);
  return bytes;
}

/**
 * The function that fills or copies a range in pieces: its locals and instructions.
 *
 * A range that is not all inside of the memory is left to the instruction, which traps before it has
 * written anything.
 *
 * @param global The count. @param check Code that calls the check.
 */
function rangeFunction(
  instruction: number,
  global: readonly number[],
  check: readonly number[],
): number[] {
  const copies = instruction === MEMORY_COPY;
  const get = (local: number): number[] => [0x20, local];
  const piece = [0x41, ...PIECE];
  const act = copies ? [0xfc, MEMORY_COPY, 0, 0] : [0xfc, MEMORY_FILL, 0];
  /** Takes what `amount` puts on the stack off the count. */
  const spend = (amount: readonly number[]): number[] => [
    ...[0x23, ...global, ...amount, 0x6b, 0x24, ...global],
    ...[0x23, ...global, 0x41, 0, 0x4c, 0x04, 0x40, ...check, 0x0b],
  ];
  const spendPiece = spend([0x41, ...PIECE_COUNTS]);
  const inside = (start: number): number[] => [
    ...[...get(start), 0xad, ...get(2), 0xad, 0x7c],
    ...[0x3f, 0, 0xad, 0x42, 16, 0x86, 0x58],
  ];
  const longer = [...get(2), ...piece, 0x4b];
  /** While more than a piece is left: `step`, and a piece less. */
  const pieces = (step: readonly number[]): number[] => [
    ...[0x03, 0x40, ...longer, 0x04, 0x40],
    ...step,
    ...[...spendPiece, 0x0c, 1, 0x0b, 0x0b],
  ];
  const less = [...get(2), ...piece, 0x6b, 0x21, 2];
  const further = (local: number): number[] => [...get(local), ...piece, 0x6a, 0x21, local];
  const forwards = pieces([
    ...[...get(0), ...get(1), ...piece, ...act],
    ...further(0),
    ...(copies ? further(1) : []),
    ...less,
  ]);
  const behind = (local: number): number[] => [...get(local), ...get(2), 0x6a];
  const backwards = pieces([...less, ...behind(0), ...behind(1), ...piece, ...act]);
  // What is copied a little further up is copied from its end, or it would be written over.
  const inPieces = copies
    ? [
      ...[...get(0), ...get(1), 0x6b, ...get(2), 0x49, 0x04, 0x40],
      ...[...backwards, 0x05, ...forwards, 0x0b],
    ]
    : forwards;
  const all = copies ? [...inside(0), ...inside(1), 0x71] : inside(0);
  return [
    0,
    ...[...longer, 0x04, 0x40, ...all, 0x04, 0x40, ...inPieces, 0x0b, 0x0b],
    ...spend([...get(2), 0x41, BYTES_A_COUNT, 0x76]),
    ...[...get(0), ...get(1), ...get(2), ...act, 0x0b],
  ];
}

/** A growing output: ranges of the old module and new bytes. */
class Output {
  #bytes: Uint8Array;
  length = 0;

  constructor(size: number) {
    this.#bytes = new Uint8Array(size);
  }

  #room(count: number): void {
    if (this.length + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.length + count));
    grown.set(this.#bytes.subarray(0, this.length));
    this.#bytes = grown;
  }

  push(bytes: readonly number[]): void {
    this.#room(bytes.length);
    for (let i = 0; i < bytes.length; i++) this.#bytes[this.length++] = bytes[i];
  }

  copy(from: Uint8Array, start: number, end: number): void {
    this.#room(end - start);
    if (end - start < 24) {
      for (let i = start; i < end; i++) this.#bytes[this.length++] = from[i];
    } else {
      this.#bytes.set(from.subarray(start, end), this.length);
      this.length += end - start;
    }
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }
}

/** The counts of a module that new indexes come after. */
interface Counts {
  types: number;
  importedFunctions: number;
  functions: number[];
  tables: number;
  globals: number;
  /** Addresses of some memory have 64 bits. */
  wide: boolean;
  /** Parameters of each type. */
  params: number[];
  exports: Set<string>;
}

/** Skips limits; true for those of 64 bits. */
function skipLimits(reader: Reader): boolean {
  const flags = reader.byte();
  reader.skipLeb();
  if ((flags & 1) !== 0) reader.skipLeb();
  return (flags & 4) !== 0;
}

function count(bytes: Uint8Array, sections: readonly Section[]): Counts {
  const counts: Counts = {
    types: 0,
    importedFunctions: 0,
    functions: [],
    tables: 0,
    globals: 0,
    wide: false,
    params: [],
    exports: new Set(),
  };
  for (const section of sections) {
    const reader = new Reader(bytes, section.start, section.end);
    switch (section.id) {
      case SECTION.TYPE:
        for (let left = reader.u32(); left > 0; left--) {
          if (reader.byte() !== 0x60) throw new UnknownInstruction();
          const params = reader.u32();
          for (let i = 0; i < params; i++) skipBlockType(reader);
          for (let results = reader.u32(); results > 0; results--) skipBlockType(reader);
          counts.params.push(params);
          counts.types++;
        }
        break;
      case SECTION.IMPORT:
        for (let left = reader.u32(); left > 0; left--) {
          reader.name();
          reader.name();
          switch (reader.byte()) {
            case 0:
              reader.skipLeb();
              counts.importedFunctions++;
              break;
            case 1:
              skipBlockType(reader);
              skipLimits(reader);
              counts.tables++;
              break;
            case 2:
              if (skipLimits(reader)) counts.wide = true;
              break;
            case 3:
              skipBlockType(reader);
              reader.byte();
              counts.globals++;
              break;
            case 4:
              reader.byte();
              reader.skipLeb();
              break;
            default:
              throw new UnknownInstruction();
          }
        }
        break;
      case SECTION.FUNCTION:
        for (let left = reader.u32(); left > 0; left--) counts.functions.push(reader.u32());
        break;
      case SECTION.TABLE:
        counts.tables += reader.u32();
        break;
      case SECTION.MEMORY:
        for (let left = reader.u32(); left > 0; left--) {
          if (skipLimits(reader)) counts.wide = true;
        }
        break;
      case SECTION.GLOBAL:
        counts.globals += reader.u32();
        break;
      case SECTION.EXPORT:
        for (let left = reader.u32(); left > 0; left--) {
          counts.exports.add(reader.name());
          reader.byte();
          reader.skipLeb();
        }
        break;
    }
  }
  return counts;
}

/** Where each section stands in a module; custom ones stand anywhere. */
const ORDER: readonly number[] = [
  SECTION.TYPE,
  SECTION.IMPORT,
  SECTION.FUNCTION,
  SECTION.TABLE,
  SECTION.MEMORY,
  SECTION.TAG,
  SECTION.GLOBAL,
  SECTION.EXPORT,
  SECTION.START,
  SECTION.ELEMENT,
  SECTION.DATA_COUNT,
  SECTION.CODE,
  SECTION.DATA,
];

/**
 * Rewrites a module so that it counts its work.
 *
 * @param bytes A module that the engine accepts; others give unpredictable results.
 * @returns Undefined where there is nothing to count, or an instruction is not known.
 * @throws {ModuleError} when its structure is broken
 */
export function meter(bytes: Uint8Array): Metered | undefined {
  const steps = meterInSteps(bytes);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** As `meter`, and gives up control after each stretch of a large module. */
export function* meterInSteps(bytes: Uint8Array): Generator<void, Metered | undefined> {
  try {
    return yield* rewrite(bytes);
  } catch (error) {
    if (error instanceof UnknownInstruction) return undefined;
    throw error;
  }
}

function* rewrite(bytes: Uint8Array): Generator<void, Metered | undefined> {
  const sections = sectionsOf(bytes);
  const code = sections.find((each) => each.id === SECTION.CODE);
  if (code === undefined) return undefined;
  const counts = count(bytes, sections);
  const reader = new Reader(bytes, code.start, code.end);
  const number = reader.u32();
  if (number !== counts.functions.length) throw new ModuleError("function without a body");
  const bodies: Body[] = [];
  for (let i = 0, pause = STRETCH; i < number; i++) {
    const body = readBody(bytes, reader.at, code.end);
    bodies.push(body);
    reader.at = body.end;
    if (body.end - code.start < pause) continue;
    pause += STRETCH;
    yield;
  }
  const needs = needCount(bodies, counts.importedFunctions);
  const hasRanges = !counts.wide && bodies.some((body) => body.hasRanges);
  if (!needs.includes(true) && !hasRanges) return undefined;

  const fresh = (wanted: string): string => {
    let name = wanted;
    while (counts.exports.has(name)) name += "_";
    return name;
  };
  const table = fresh("check");
  const startSection = sections.find((each) => each.id === SECTION.START);
  const start = startSection === undefined ? undefined : fresh("start");
  const period = [0x41, 0x80, 0x20]; // i32.const 4096
  const global = leb(counts.globals);
  const check = [0x10, ...leb(counts.importedFunctions + number)];
  /** By instruction: the function that does its work. */
  const ranges = new Map(
    hasRanges
      ? [MEMORY_FILL, MEMORY_COPY].map((
        each,
        i,
      ) => [each, counts.importedFunctions + number + 1 + i])
      : [],
  );
  const output = new Output(bytes.length + (bytes.length >> 3) + 512);
  output.copy(bytes, 0, 8);

  /** Appends an item to a section that counts its items, or makes the section. */
  const append = (id: number, item: readonly number[], old: Section | undefined): void => {
    const added = id === SECTION.EXPORT && start !== undefined
      ? 2
      : id === SECTION.TYPE && hasRanges
      ? 2
      : id === SECTION.FUNCTION
      ? 1 + ranges.size
      : 1;
    let from = 0;
    let items = 0;
    if (old !== undefined) {
      const inner = new Reader(bytes, old.start, old.end);
      items = inner.u32();
      from = inner.at;
    }
    const head = leb(items + added);
    const rest = old === undefined ? 0 : old.end - from;
    output.push([id, ...leb(head.length + rest + item.length), ...head]);
    if (old !== undefined) output.copy(bytes, from, old.end);
    output.push(item);
  };
  const exported = (name: string, kind: number, index: number): number[] => [
    ...leb(name.length),
    ...[...name].map((char) => char.charCodeAt(0)),
    kind,
    ...leb(index),
  ];
  const newExports = exported(table, 1, counts.tables);
  if (start !== undefined && startSection !== undefined) {
    const index = new Reader(bytes, startSection.start, startSection.end).u32();
    newExports.push(...exported(start, 0, index));
  }
  const additions = new Map<number, readonly number[]>([
    [SECTION.TYPE, [0x60, 0, 0, ...(hasRanges ? [0x60, 3, I32, I32, I32, 0] : [])]],
    [SECTION.FUNCTION, [counts.types, ...[...ranges].map(() => counts.types + 1)].flatMap(leb)],
    [SECTION.TABLE, [0x70, 1, 1, 1]],
    [SECTION.GLOBAL, [I32, 1, ...period, 0x0b]],
    [SECTION.EXPORT, newExports],
  ]);
  const missing = new Set(additions.keys());
  for (const each of sections) if (each.id !== 0) missing.delete(each.id);
  const rank = (id: number): number => ORDER.indexOf(id);
  for (const section of sections) {
    if (section.id !== SECTION.CUSTOM) {
      for (const id of ORDER) {
        if (missing.has(id) && rank(id) < rank(section.id)) {
          append(id, additions.get(id) as readonly number[], undefined);
          missing.delete(id);
        }
      }
    }
    if (section === startSection) continue;
    const addition = additions.get(section.id);
    if (addition !== undefined) append(section.id, addition, section);
    else if (section === code) yield* writeCode(output);
    else output.copy(bytes, section.from, section.end);
  }
  return { bytes: output.bytes, table, start };

  function* writeCode(output: Output): Generator<void, void> {
    const content = new Output(bytes.length + (bytes.length >> 3) + 64);
    const scratch = new Output(4096);
    content.push(leb(number + 1 + ranges.size));
    for (let i = 0, pause = STRETCH; i < number; i++) {
      const body = bodies[i];
      if (body.end - code!.start >= pause) {
        pause += STRETCH;
        yield;
      }
      if (!needs[i] && !(hasRanges && body.hasRanges)) {
        content.copy(bytes, body.from, body.end);
        continue;
      }
      scratch.length = 0;
      if (body.hasLoops) {
        const local = leb(counts.params[counts.functions[i]] + body.locals);
        scratch.push(leb(body.groups + 1));
        scratch.copy(bytes, body.afterCount, body.code);
        // The calls that are left go into the local, which then counts rounds that are left.
        const renew = [...check, ...period, 0x21, ...local, 0x0b];
        scratch.push([
          ...[1, I32],
          ...[0x23, ...global, 0x41, 1, 0x6b, 0x22, ...local, 0x24, ...global],
          ...[0x20, ...local, 0x45, 0x04, 0x40, ...renew],
        ]);
        const refill = [0x20, ...local, 0x45, 0x04, 0x40, ...renew];
        const round = [0x20, ...local, 0x41, 1, 0x6b, 0x22, ...local, 0x45, 0x0d, 1];
        writeCounted(bytes, body, scratch, refill, round, ranges);
      } else {
        scratch.push(leb(body.groups));
        scratch.copy(bytes, body.afterCount, body.code);
        if (needs[i]) {
          scratch.push([
            ...[0x23, ...global, 0x41, 1, 0x6b, 0x24, ...global],
            ...[0x23, ...global, 0x45, 0x04, 0x40, ...check, 0x0b],
          ]);
        }
        if (body.hasRanges) writeCounted(bytes, body, scratch, [], [], ranges);
        else scratch.copy(bytes, body.code, body.end);
      }
      content.push(leb(scratch.length));
      content.copy(scratch.bytes, 0, scratch.length);
    }
    // The check: starts the count anew, and calls what was put into the table.
    const own = [
      ...[0, ...period, 0x24, ...global],
      ...[0x41, 0, 0x11, ...leb(counts.types), ...leb(counts.tables), 0x0b],
    ];
    content.push([...leb(own.length), ...own]);
    for (const instruction of ranges.keys()) {
      const inPieces = rangeFunction(instruction, global, check);
      content.push([...leb(inPieces.length), ...inPieces]);
    }
    if (content.length > STRETCH) yield;
    output.push([SECTION.CODE, ...leb(content.length)]);
    output.copy(content.bytes, 0, content.length);
    if (content.length > STRETCH) yield;
  }
}

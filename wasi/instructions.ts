/**
 * Reading over the instructions of a function body (WebAssembly core, chapter 5.4).
 *
 * @module
 */
import type { Reader } from "./binary.ts";

/** `memory.copy`, behind the prefix 0xfc. */
export const MEMORY_COPY = 10;
/** `memory.fill`, behind the prefix 0xfc. */
export const MEMORY_FILL = 11;

/** Instructions that this reader does not know: the module is left as it is. */
export class UnknownInstruction extends Error {}

function skipMemoryArgument(reader: Reader): void {
  const align = reader.u32();
  if ((align & 0x40) !== 0) reader.skipLeb();
  reader.skipLeb();
}

/** Skips the type of a block. */
export function skipBlockType(reader: Reader): void {
  // A value type, none, or an index: all are signed LEB128; (ref …) has a heap type behind it.
  const byte = reader.bytes[reader.at];
  reader.skipLeb();
  if (byte === 0x63 || byte === 0x64) reader.skipLeb();
}

/** Skips the arguments of an instruction behind the prefix 0xfc. */
export function skipMisc(reader: Reader): void {
  const code = reader.u32();
  if (code <= 7 || code >= 19 && code <= 22) return;
  if (code === 9 || code === 11 || code === 13 || code >= 15 && code <= 17) reader.skipLeb();
  else if (code === 8 || code === 10 || code === 12 || code === 14) {
    reader.skipLeb();
    reader.skipLeb();
  } else throw new UnknownInstruction();
}

/**
 * At the arguments behind 0xfc: the instruction if it fills or copies ranges of the first memory.
 *
 * @param before Where the instruction before it begins. A constant of two bytes is a length below 8192:
 * the engine makes a few stores of short ones, and they take no time.
 */
export function rangeInstruction(
  bytes: Uint8Array,
  at: number,
  before: number,
): number | undefined {
  const code = bytes[at];
  if (bytes[at + 1] !== 0) return undefined;
  if (bytes[before] === 0x41) {
    const last = bytes[before + 1] < 0x80 ? bytes[before + 1] : bytes[before + 2];
    if (last < 0x40) return undefined;
  }
  return code === MEMORY_FILL || (code === MEMORY_COPY && bytes[at + 2] === 0) ? code : undefined;
}

function skipVector(reader: Reader): void {
  const code = reader.u32();
  if (code <= 11 || code === 92 || code === 93) skipMemoryArgument(reader);
  else if (code === 12 || code === 13) reader.skip(16);
  else if (code >= 21 && code <= 34) reader.skip(1);
  else if (code >= 84 && code <= 91) {
    skipMemoryArgument(reader);
    reader.skip(1);
  } else if (code > 0x113) throw new UnknownInstruction();
}

function skipAtomic(reader: Reader): void {
  const code = reader.u32();
  if (code === 3) reader.skip(1);
  else if (code <= 2 || code >= 0x10 && code <= 0x4e) skipMemoryArgument(reader);
  else throw new UnknownInstruction();
}

/** Skips the arguments of an instruction that is neither control nor a call. */
export function skipPlain(reader: Reader, opcode: number): void {
  // The most frequent ones with arguments: loads and stores, and what has one number.
  if (opcode >= 0x28 && opcode <= 0x3e) return skipMemoryArgument(reader);
  switch (opcode) {
    case 0x20: // local.get and its kind
    case 0x21:
    case 0x22:
    case 0x23:
    case 0x24:
    case 0x25:
    case 0x26:
    case 0x41: // i32.const
    case 0x42:
    case 0x07: // catch
    case 0x08: // throw
    case 0x3f: // memory.size
    case 0x40:
    case 0xd0: // ref.null
    case 0xd2: // ref.func
      return reader.skipLeb();
    case 0x00: // unreachable
    case 0x01:
    case 0x05: // else
    case 0x0a: // throw_ref
    case 0x0f: // return
    case 0x19: // catch_all
    case 0x1a: // drop
    case 0x1b:
    case 0xd1: // ref.is_null
    case 0xd3:
    case 0xd4:
      return;
    case 0x1c: // select with types
      for (let count = reader.u32(); count > 0; count--) skipBlockType(reader);
      return;
    case 0x43: // f32.const
      return reader.skip(4);
    case 0x44:
      return reader.skip(8);
    case 0xfc:
      return skipMisc(reader);
    case 0xfd:
      return skipVector(reader);
    case 0xfe:
      return skipAtomic(reader);
    default:
      throw new UnknownInstruction();
  }
}

/**
 * Inflate, the decoder of gzip and zip. Source: RFC 1951; checked against native in tests/codec.
 *
 * The fast loop runs while whole symbols are surely at hand and room is surely left. Near the end of a chunk
 * one symbol at a time is tried with zero bits in place of the missing ones, and undone if it used any.
 * @module
 */

import type { Kernel } from "../hash/wasm_kernel.ts";
import { CodecError, type Decoder, Input } from "./codec.ts";
import {
  AT,
  BITS,
  BLOCK_ENDED,
  DAMAGED,
  DISTANCES,
  END,
  HOLD,
  inflateKernels,
  LITERALS,
  OUT,
  POS,
  STOP,
  TURN,
} from "./inflate_kernel.ts";
import {
  buildTable,
  CODE_LENGTH_BITS,
  CODE_LENGTH_SYMBOLS,
  DISTANCE_BITS,
  DISTANCE_ROOM,
  DISTANCE_SYMBOLS,
  END_OF_BLOCK,
  INVALID,
  LITERAL_BITS,
  LITERAL_ROOM,
  LITERAL_SYMBOLS,
  SUBTABLE,
} from "./inflate_tables.ts";

/** How far back a match can reach. */
const WINDOW = 0x8000;
/** Output goes out in pieces of this size (two of native's, which shows in what a damaged file leaves behind). */
const PIECE = 0x10000;
/** A match may run over the end of a piece by up to 257 bytes, and the kernel's by 15 more. */
const LIMIT = WINDOW + PIECE;
const OUT_SIZE = LIMIT + 300;

/** Bytes of input that the kernel takes at once. */
const KERNEL_INPUT = 1 << 16;
/** Where they are in its memory. */
const INPUT = OUT + OUT_SIZE;
const KERNELS = inflateKernels(OUT_SIZE, KERNEL_INPUT);
/** Bytes of input from which on a kernel is worth its making. */
const WORTH_KERNEL = 1 << 14;

/** The order in which a dynamic block sends the lengths of its code-length code (RFC 1951 3.2.7). */
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

const enum State {
  Header,
  Stored,
  Codes,
  Done,
}

let fixedLiterals: Int32Array | undefined;
let fixedDistances: Int32Array | undefined;

function makeFixedTables(): void {
  const lengths = new Uint8Array(288).fill(8, 0, 144).fill(9, 144, 256).fill(7, 256, 280).fill(
    8,
    280,
  );
  fixedLiterals = new Int32Array(1 << LITERAL_BITS);
  buildTable(fixedLiterals, LITERAL_BITS, lengths, 288, LITERAL_SYMBOLS);
  fixedDistances = new Int32Array(1 << DISTANCE_BITS);
  buildTable(fixedDistances, DISTANCE_BITS, new Uint8Array(32).fill(5), 32, DISTANCE_SYMBOLS);
}

/** A decoder of one raw deflate stream. */
export class Inflate implements Decoder {
  // The window stands before the piece being made, so a match never has to wrap. It begins as zeros:
  // like native, a match that reaches before the start of the data copies zeros and the check sum tells.
  #out: Uint8Array = new Uint8Array(OUT_SIZE);
  /** First byte not yet handed out. */
  #start = WINDOW;
  /** Next byte to write. */
  #at = WINDOW;
  #state: State = State.Header;
  #lastBlock = false;
  #storedLeft = 0;
  // The bit register: `#bits` valid bits in `#hold`, the next one lowest, the rest zero.
  #hold = 0;
  #bits = 0;
  /** Zero bytes that stand in for missing input while a step is being tried. */
  #padding = 0;
  #failure: string | undefined;

  #ownLiterals: Int32Array = new Int32Array(LITERAL_ROOM);
  #ownDistances: Int32Array = new Int32Array(DISTANCE_ROOM);
  #literals: Int32Array = this.#ownLiterals;
  #distances: Int32Array = this.#ownDistances;
  readonly #lengths = new Uint8Array(320);
  readonly #codeLengths = new Int32Array(1 << CODE_LENGTH_BITS);

  /** Of a long stream: what has the tables and the window in its memory. */
  #kernel: Kernel | undefined;
  /** What of the chunk is in the kernel's memory. */
  #loadedFrom = 0;
  #loadedTo = 0;
  #loadedVersion = 0;

  /** `input` may be shared with a container that reads headers before and trailers after the stream. */
  constructor(readonly input: Input = new Input()) {}

  /** See Codec. */
  write(chunk: Uint8Array): void {
    this.input.add(chunk);
  }

  /** See Codec. */
  end(): void {
    this.input.ended = true;
  }

  /** Makes the decoder ready for another stream from the same input. */
  reset(): void {
    if (this.#out.length === 0) {
      this.#out = new Uint8Array(OUT_SIZE);
      this.#ownLiterals = new Int32Array(LITERAL_ROOM);
      this.#ownDistances = new Int32Array(DISTANCE_ROOM);
    } else this.#out.fill(0, 0, WINDOW);
    this.#start = this.#at = WINDOW;
    this.#state = State.Header;
    this.#lastBlock = false;
  }

  /** See Decoder. */
  rest(): Uint8Array {
    return this.input.takeAll();
  }

  /** See Codec. */
  read(): Uint8Array | undefined | null {
    if (this.#failure !== undefined) throw new CodecError(this.#failure);
    if (this.#start === LIMIT) {
      this.#out.copyWithin(0, PIECE, this.#at);
      this.#at -= PIECE;
      this.#start = WINDOW;
    }
    while (this.#at < LIMIT && this.#state !== State.Done) {
      const ready = this.#step();
      if (this.#failure !== undefined) return this.#giveBeforeFailure();
      if (!ready) {
        if (!this.input.ended) return undefined;
        this.#failure = "unexpected end of file";
        return this.#giveBeforeFailure();
      }
    }
    const end = Math.min(this.#at, LIMIT);
    if (end === this.#start) {
      this.#giveKernelBack();
      return null;
    }
    const piece = this.#out.subarray(this.#start, end);
    this.#start = end;
    return piece;
  }

  /** What native would have written before it met the damage: whole windows only. */
  #giveBeforeFailure(): Uint8Array {
    const whole = this.#start + Math.floor((this.#at - this.#start) / WINDOW) * WINDOW;
    if (whole === this.#start) throw new CodecError(this.#failure!);
    return this.#out.subarray(this.#start, whole);
  }

  /** Goes on as far as one state allows; false if input is missing. */
  #step(): boolean {
    switch (this.#state) {
      case State.Header:
        if (this.#lastBlock) {
          this.#unreadBits();
          this.#state = State.Done;
          return true;
        }
        return this.#attempt(this.#header);
      case State.Stored:
        return this.#stored();
      default:
        if (this.input.end - this.input.pos >= 16) {
          if (this.#kernel === undefined && this.input.size >= WORTH_KERNEL) this.#moveToKernel();
          if (this.#kernel === undefined) this.#fast();
          else this.#fastest(this.#kernel);
          return true;
        }
        return this.#attempt(this.#symbol);
    }
  }

  /** Runs a step that may find too little input; then nothing has happened, and the answer is false. */
  #attempt(step: () => void): boolean {
    const { input } = this;
    const { pos } = input;
    const hold = this.#hold;
    const bits = this.#bits;
    const at = this.#at;
    const state = this.#state;
    const last = this.#lastBlock;
    step.call(this);
    const used = this.#padding * 8 > this.#bits;
    if (used) {
      input.pos = pos;
      this.#hold = hold;
      this.#bits = bits;
      this.#at = at;
      this.#state = state;
      this.#lastBlock = last;
      this.#failure = undefined;
    } else {
      this.#bits -= this.#padding * 8;
    }
    this.#padding = 0;
    return !used;
  }

  /** Takes `n` bits (at most 16); past the input they are zero and `#padding` counts them. */
  #take(n: number): number {
    this.#fill();
    const value = this.#hold & ((1 << n) - 1);
    this.#hold >>>= n;
    this.#bits -= n;
    return value;
  }

  #fill(): void {
    const { input } = this;
    while (this.#bits <= 16) {
      if (input.pos < input.end) this.#hold |= input.buf[input.pos++] << this.#bits;
      else this.#padding++;
      this.#bits += 8;
    }
  }

  /** Gives whole unread bytes of the bit register back to the input and drops the odd bits. */
  #unreadBits(): void {
    const odd = this.#bits & 7;
    const count = this.#bits >> 3;
    let hold = this.#hold >>> odd;
    if (this.input.pos >= count) {
      this.input.pos -= count;
    } else {
      const bytes = new Uint8Array(count);
      for (let i = 0; i < count; i++) {
        bytes[i] = hold;
        hold >>>= 8;
      }
      this.input.unread(bytes);
    }
    this.#hold = this.#bits = 0;
  }

  #fail(): void {
    this.#failure = "corrupted data";
  }

  #header(): void {
    this.#lastBlock = this.#take(1) === 1;
    switch (this.#take(2)) {
      case 0: {
        this.#take(this.#bits & 7);
        const length = this.#take(16);
        if (length !== (this.#take(16) ^ 0xffff)) return this.#fail();
        this.#storedLeft = length;
        this.#state = State.Stored;
        return;
      }
      case 1:
        if (fixedLiterals === undefined) makeFixedTables();
        if (this.#kernel === undefined) {
          this.#literals = fixedLiterals!;
          this.#distances = fixedDistances!;
        } else {
          this.#literals.set(fixedLiterals!);
          this.#distances.set(fixedDistances!);
        }
        this.#state = State.Codes;
        return;
      case 2:
        return this.#dynamicHeader();
      default:
        return this.#fail();
    }
  }

  #dynamicHeader(): void {
    const lengths = this.#lengths;
    const literals = this.#take(5) + 257;
    const distances = this.#take(5) + 1;
    const codeLengths = this.#take(4) + 4;
    if (literals > 286 || distances > 30) return this.#fail();
    lengths.fill(0, 0, 19);
    for (let i = 0; i < codeLengths; i++) lengths[CODE_LENGTH_ORDER[i]] = this.#take(3);
    const table = this.#codeLengths;
    if (!buildTable(table, CODE_LENGTH_BITS, lengths, 19, CODE_LENGTH_SYMBOLS)) return this.#fail();
    const total = literals + distances;
    let previous = 0;
    for (let i = 0; i < total;) {
      this.#fill();
      const entry = table[this.#hold & ((1 << CODE_LENGTH_BITS) - 1)];
      this.#hold >>>= entry & 15;
      this.#bits -= entry & 15;
      if (entry & INVALID) return this.#fail();
      const symbol = entry >> 16;
      if (symbol < 16) {
        lengths[i++] = previous = symbol;
        continue;
      }
      let repeat: number;
      if (symbol === 16) {
        if (i === 0) return this.#fail();
        repeat = 3 + this.#take(2);
      } else {
        previous = 0;
        repeat = symbol === 17 ? 3 + this.#take(3) : 11 + this.#take(7);
      }
      if (i + repeat > total) return this.#fail();
      while (repeat-- > 0) lengths[i++] = previous;
    }
    this.#literals = this.#ownLiterals;
    this.#distances = this.#ownDistances;
    const forDistances = lengths.subarray(literals, total);
    if (
      !buildTable(this.#literals, LITERAL_BITS, lengths, literals, LITERAL_SYMBOLS) ||
      !buildTable(this.#distances, DISTANCE_BITS, forDistances, distances, DISTANCE_SYMBOLS)
    ) return this.#fail();
    this.#state = State.Codes;
  }

  #stored(): boolean {
    this.#unreadBits();
    const { input } = this;
    const count = Math.min(this.#storedLeft, input.size, LIMIT - this.#at);
    this.#out.set(input.buf.subarray(input.pos, input.pos + count), this.#at);
    input.pos += count;
    this.#at += count;
    this.#storedLeft -= count;
    if (this.#storedLeft === 0) this.#state = State.Header;
    return count > 0 || this.#storedLeft === 0;
  }

  /** One symbol, with all care. */
  #symbol(): void {
    this.#fill();
    let entry = this.#literals[this.#hold & ((1 << LITERAL_BITS) - 1)];
    if (entry >= 0 && entry & SUBTABLE) {
      const index = this.#hold >>> LITERAL_BITS & ((1 << (entry >> 4 & 15)) - 1);
      entry = this.#literals[(entry >> 16) + index];
    }
    this.#hold >>>= entry & 15;
    this.#bits -= entry & 15;
    if (entry < 0) {
      this.#out[this.#at++] = entry >> 8;
      return;
    }
    if (entry & (END_OF_BLOCK | INVALID)) {
      if (entry & INVALID) this.#fail();
      this.#state = State.Header;
      return;
    }
    const length = (entry >> 16) + this.#take(entry >> 4 & 15);
    this.#fill();
    entry = this.#distances[this.#hold & ((1 << DISTANCE_BITS) - 1)];
    if (entry & SUBTABLE) {
      const index = this.#hold >>> DISTANCE_BITS & ((1 << (entry >> 4 & 15)) - 1);
      entry = this.#distances[(entry >> 16) + index];
    }
    this.#hold >>>= entry & 15;
    this.#bits -= entry & 15;
    if (entry & INVALID) return this.#fail();
    let from = this.#at - (entry >> 16) - this.#take(entry >> 4 & 15);
    const end = this.#at + length;
    while (this.#at < end) this.#out[this.#at++] = this.#out[from++];
  }

  /** From here on the kernel does the work. */
  #moveToKernel(): void {
    const kernel = this.#kernel = KERNELS.take();
    const { buffer } = kernel.memory;
    const out = new Uint8Array(buffer, OUT, OUT_SIZE);
    out.set(this.#out);
    this.#out = out;
    const literals = new Int32Array(buffer, LITERALS, LITERAL_ROOM);
    literals.set(this.#literals);
    this.#literals = this.#ownLiterals = literals;
    const distances = new Int32Array(buffer, DISTANCES, DISTANCE_ROOM);
    distances.set(this.#distances);
    this.#distances = this.#ownDistances = distances;
    this.#loadedTo = 0;
  }

  /** After the last piece; `reset` makes buffers anew. A stream that breaks off leaves it to the collector. */
  #giveKernelBack(): void {
    if (this.#kernel === undefined) return;
    KERNELS.give(this.#kernel);
    this.#kernel = undefined;
    this.#out = new Uint8Array(0);
    this.#start = this.#at = LIMIT;
  }

  /** The hot loop in the kernel. At the end, whole bytes that are left in its register go back. */
  #fastest(kernel: Kernel): void {
    const { input } = this;
    const { memory } = kernel;
    if (
      this.#loadedVersion !== input.version || input.pos < this.#loadedFrom ||
      input.pos + TURN > this.#loadedTo
    ) {
      this.#loadedVersion = input.version;
      this.#loadedFrom = input.pos;
      this.#loadedTo = Math.min(input.end, input.pos + KERNEL_INPUT);
      memory.set(input.buf.subarray(this.#loadedFrom, this.#loadedTo), INPUT);
    }
    const registers = new Uint32Array(memory.buffer, 0, 8);
    registers[HOLD / 4] = this.#hold;
    registers[HOLD / 4 + 1] = 0;
    registers[BITS / 4] = this.#bits;
    registers[AT / 4] = OUT + this.#at;
    registers[STOP / 4] = OUT + LIMIT;
    const shift = INPUT - this.#loadedFrom;
    kernel.run(input.pos + shift, this.#loadedTo - TURN + 1 + shift);
    const pos = registers[POS / 4] - shift;
    const unused = Math.min(registers[BITS / 4] >> 3, pos - input.pos);
    input.pos = pos - unused;
    this.#bits = registers[BITS / 4] - unused * 8;
    this.#hold = registers[HOLD / 4] & ((1 << this.#bits) - 1);
    this.#at = registers[AT / 4] - OUT;
    const why = registers[END / 4];
    if (why === DAMAGED) this.#fail();
    if (why === BLOCK_ENDED) this.#state = State.Header;
  }

  /**
   * The hot loop. A symbol takes at most 48 bits and a refill reads four bytes, so twelve bytes before the
   * end of the input are enough to start one; the output has room for the longest match behind LIMIT.
   */
  #fast(): void {
    const { input } = this;
    const { buf } = input;
    const view = new DataView(buf.buffer, buf.byteOffset, buf.byteLength);
    const out = this.#out;
    const literals = this.#literals;
    const distances = this.#distances;
    const last = input.end - 12;
    let pos = input.pos;
    let hold = this.#hold;
    let bits = this.#bits;
    let at = this.#at;
    while (pos <= last && at < LIMIT) {
      // Refill to 24–31 bits. Bits above `bits` are true look-ahead, so or-ing them again is harmless.
      hold |= view.getInt32(pos, true) << bits;
      pos += (31 - bits) >> 3;
      bits |= 24;
      let entry = literals[hold & ((1 << LITERAL_BITS) - 1)];
      if (entry < 0) {
        out[at++] = entry >> 8;
        hold >>>= entry & 15;
        bits -= entry & 15;
        entry = literals[hold & ((1 << LITERAL_BITS) - 1)];
        if (entry < 0) {
          out[at++] = entry >> 8;
          hold >>>= entry & 15;
          bits -= entry & 15;
          continue;
        }
        hold |= view.getInt32(pos, true) << bits;
        pos += (31 - bits) >> 3;
        bits |= 24;
      }
      if (entry & (SUBTABLE | END_OF_BLOCK | INVALID)) {
        if (entry & SUBTABLE) {
          const index = hold >>> LITERAL_BITS & ((1 << (entry >> 4 & 15)) - 1);
          entry = literals[(entry >> 16) + index];
          if (entry < 0) {
            out[at++] = entry >> 8;
            hold >>>= entry & 15;
            bits -= entry & 15;
            continue;
          }
        }
        if (entry & (END_OF_BLOCK | INVALID)) {
          hold >>>= entry & 15;
          bits -= entry & 15;
          this.#state = State.Header;
          if (entry & INVALID) this.#fail();
          break;
        }
      }
      hold >>>= entry & 15;
      let extra = entry >> 4 & 15;
      const length = (entry >> 16) + (hold & ((1 << extra) - 1));
      hold >>>= extra;
      bits -= (entry & 15) + extra;
      hold |= view.getInt32(pos, true) << bits;
      pos += (31 - bits) >> 3;
      bits |= 24;
      entry = distances[hold & ((1 << DISTANCE_BITS) - 1)];
      if (entry & (SUBTABLE | INVALID)) {
        if (entry & SUBTABLE) {
          const index = hold >>> DISTANCE_BITS & ((1 << (entry >> 4 & 15)) - 1);
          entry = distances[(entry >> 16) + index];
        }
        if (entry & INVALID) {
          this.#fail();
          break;
        }
      }
      hold >>>= entry & 15;
      bits -= entry & 15;
      extra = entry >> 4 & 15;
      if (bits < extra) {
        hold |= view.getInt32(pos, true) << bits;
        pos += (31 - bits) >> 3;
        bits |= 24;
      }
      const distance = (entry >> 16) + (hold & ((1 << extra) - 1));
      hold >>>= extra;
      bits -= extra;
      let from = at - distance;
      const end = at + length;
      if (length > 40 && distance >= length) {
        out.copyWithin(at, from, from + length);
      } else {
        do out[at++] = out[from++]; while (at < end);
      }
      at = end;
    }
    input.pos = pos;
    this.#hold = hold & ((1 << bits) - 1);
    this.#bits = bits;
    this.#at = at;
  }
}

/**
 * A very small assembler for kernels in WebAssembly: 64-bit words and rotations, which JavaScript lacks,
 * make SHA-512 and Keccak five times as fast, and a loop in TypeScript unrolls the rounds. 16 bytes at
 * once do the same for searching and translating, and eight bytes of a bit stream for inflate.
 *
 * A kernel is one function `run(from, to)` over one memory page: its state and tables first, data behind.
 * @module
 */

/** Where tables begin in a kernel's memory; the state stands before. */
export const TABLES = 256;
/** Where data begin. */
export const DATA = 2048;
/** Room for data. */
export const ROOM: number = 65536 - DATA;

const I32 = 0x7f;
const I64 = 0x7e;
const V128 = 0x7b;

/** Opcodes by their names in the text format, as far as they are used. */
const OPS = {
  "i32.eqz": 0x45,
  "i32.eq": 0x46,
  "i32.lt_s": 0x48,
  "i32.lt_u": 0x49,
  "i32.le_u": 0x4d,
  "i32.clz": 0x67,
  "i32.popcnt": 0x69,
  "i32.add": 0x6a,
  "i32.sub": 0x6b,
  "i32.and": 0x71,
  "i32.or": 0x72,
  "i32.xor": 0x73,
  "i32.shl": 0x74,
  "i32.shr_u": 0x76,
  "i32.rotl": 0x77,
  "i32.wrap_i64": 0xa7,
  "i64.extend_i32_u": 0xad,
  "i64.lt_u": 0x54,
  "i64.popcnt": 0x7b,
  "i64.add": 0x7c,
  "i64.and": 0x83,
  "i64.or": 0x84,
  "i64.xor": 0x85,
  "i64.shl": 0x86,
  "i64.shr_u": 0x88,
  "i32.ctz": 0x68,
  "i64.rotl": 0x89,
  "i64.rotr": 0x8a,
} as const;

/** Operations on 16 bytes at once, which have a prefix. */
const SIMD_OPS = {
  "i8x16.swizzle": 14,
  "i8x16.splat": 15,
  "i8x16.eq": 35,
  "i8x16.lt_s": 37,
  "i8x16.le_u": 42,
  "v128.and": 78,
  "v128.or": 80,
  "i8x16.all_true": 99,
  "v128.bitselect": 82,
  "i8x16.bitmask": 100,
  "i8x16.shr_u": 109,
  "i8x16.add": 110,
  "i8x16.sub": 113,
} as const;

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  do {
    const low = value & 0x7f;
    value >>>= 7;
    bytes.push(value === 0 ? low : low | 0x80);
  } while (value !== 0);
  return bytes;
}

function signed(value: bigint): number[] {
  const bytes: number[] = [];
  for (;;) {
    const low = Number(value & 0x7fn);
    value >>= 7n;
    if ((value === 0n && low < 0x40) || (value === -1n && low >= 0x40)) {
      bytes.push(low);
      return bytes;
    }
    bytes.push(low | 0x80);
  }
}

/** The body of a kernel under construction. Parameters are locals 0 and 1, more come from `local`. */
export class KernelCode {
  readonly #code: number[] = [];
  readonly #locals: number[] = [];

  /** A new local of 32 bits. */
  local32(): number {
    return this.#locals.push(I32) + 1;
  }

  /** A new local of 64 bits. */
  local64(): number {
    return this.#locals.push(I64) + 1;
  }

  /** A new local of 128 bits. */
  local128(): number {
    return this.#locals.push(V128) + 1;
  }

  /** Pushes a local. */
  get(local: number): this {
    this.#code.push(0x20, ...unsigned(local));
    return this;
  }

  /** Pops into a local. */
  set(local: number): this {
    this.#code.push(0x21, ...unsigned(local));
    return this;
  }

  /** Pushes a 32-bit number. */
  const32(value: number): this {
    this.#code.push(0x41, ...signed(BigInt(value | 0)));
    return this;
  }

  /** Pushes a 64-bit number. */
  const64(value: bigint): this {
    this.#code.push(0x42, ...signed(BigInt.asIntN(64, value)));
    return this;
  }

  /** An operation on what is on the stack. */
  op(...names: (keyof typeof OPS)[]): this {
    for (const name of names) this.#code.push(OPS[name]);
    return this;
  }

  /** An operation on 16 bytes at once. */
  simd(...names: (keyof typeof SIMD_OPS)[]): this {
    for (const name of names) this.#code.push(0xfd, ...unsigned(SIMD_OPS[name]));
    return this;
  }

  /** Pops an address, pushes 16 bytes from there. */
  load128(offset: number): this {
    this.#code.push(0xfd, 0, 0, ...unsigned(offset));
    return this;
  }

  /** Pops 16 bytes and an address. */
  store128(offset: number): this {
    this.#code.push(0xfd, 11, 0, ...unsigned(offset));
    return this;
  }

  /** Pops an address, pushes 8 bytes from there with zeros behind them. */
  load64zero(offset: number): this {
    this.#code.push(0xfd, 93, 0, ...unsigned(offset));
    return this;
  }

  /** Pops 16 bytes, pushes the first 8 of them as a number. */
  firstHalf(): this {
    this.#code.push(0xfd, 29, 0);
    return this;
  }

  /** Pops twice 16 bytes, pushes the 16 that begin at an offset in them. */
  cut128(offset: number): this {
    this.#code.push(0xfd, 13);
    for (let i = 0; i < 16; i++) this.#code.push(offset + i);
    return this;
  }

  /** Pushes 16 times the same byte. */
  bytes128(value: number): this {
    this.#code.push(0xfd, 12);
    for (let i = 0; i < 16; i++) this.#code.push(value);
    return this;
  }

  /** Runs `body` where the number on the stack is not zero, and `otherwise` where it is. */
  when(body: () => void, otherwise?: () => void): this {
    this.#code.push(0x04, 0x40);
    body();
    if (otherwise !== undefined) {
      this.#code.push(0x05);
      otherwise();
    }
    this.#code.push(0x0b);
    return this;
  }

  /** Runs `body`, which `leave` and `leaveIf` can leave. */
  block(body: () => void): this {
    this.#code.push(0x02, 0x40);
    body();
    this.#code.push(0x0b);
    return this;
  }

  /** Leaves so many blocks, `when`s and loops around, and one more; of a loop that begins the next turn. */
  leave(depth: number): this {
    this.#code.push(0x0c, ...unsigned(depth));
    return this;
  }

  /** The same where the number on the stack is not zero. */
  leaveIf(depth: number): this {
    this.#code.push(0x0d, ...unsigned(depth));
    return this;
  }

  /** Ends the run. */
  end(): this {
    this.#code.push(0x0f);
    return this;
  }

  /** Pops an address, pushes 32 bits from there. */
  load32(offset: number): this {
    this.#code.push(0x28, 0, ...unsigned(offset));
    return this;
  }

  /** Pops an address, pushes the byte there. */
  load8(offset: number): this {
    this.#code.push(0x2d, 0, ...unsigned(offset));
    return this;
  }

  /** Pops a value and an address. */
  store8(offset: number): this {
    this.#code.push(0x3a, 0, ...unsigned(offset));
    return this;
  }

  /** Pops an address, pushes 64 bits from there. */
  load64(offset: number): this {
    this.#code.push(0x29, 0, ...unsigned(offset));
    return this;
  }

  /** Pops a value and an address. */
  store32(offset: number): this {
    this.#code.push(0x36, 0, ...unsigned(offset));
    return this;
  }

  /** Pops a value and an address. */
  store64(offset: number): this {
    this.#code.push(0x37, 0, ...unsigned(offset));
    return this;
  }

  /** Repeats `body`, which leaves on the stack whether to go on. */
  loop(body: () => void): this {
    this.#code.push(0x03, 0x40);
    body();
    this.#code.push(0x0d, 0, 0x0b);
    return this;
  }

  /**
   * Ends the work on a block of 64 bytes: `vars` are added to the state, local 0 goes on to the next
   * block, and whether there is one is left for `loop`.
   */
  endBlock(vars: readonly number[]): void {
    vars.forEach((local, i) => {
      this.const32(0).const32(0).load32(i * 4).get(local).op("i32.add").store32(i * 4);
    });
    this.get(0).const32(64).op("i32.add").set(0);
    this.get(0).get(1).op("i32.lt_u");
  }

  /** Turns the bytes of the 32-bit number on the stack around; `spare` is overwritten. */
  swap32(spare: number): this {
    this.set(spare);
    this.get(spare).const32(8).op("i32.rotl").const32(0x00ff00ff).op("i32.and");
    this.get(spare).const32(24).op("i32.rotl").const32(0xff00ff00).op("i32.and");
    return this.op("i32.or");
  }

  /** Turns the bytes of the 64-bit number on the stack around; `spare` is overwritten. */
  swap64(spare: number): this {
    for (const [shift, mask] of [[8n, 0x00ff00ff00ff00ffn], [16n, 0x0000ffff0000ffffn]]) {
      this.set(spare);
      this.get(spare).const64(shift).op("i64.shr_u").const64(mask).op("i64.and");
      this.get(spare).const64(mask).op("i64.and").const64(shift).op("i64.shl");
      this.op("i64.or");
    }
    return this.const64(32n).op("i64.rotl");
  }

  /** The finished module, with a memory of so many pages of 64 KiB. */
  compile(pages: number = 1): WebAssembly.Module {
    const section = (id: number, bytes: number[]): number[] => [
      id,
      ...unsigned(bytes.length),
      ...bytes,
    ];
    const name = (text: string): number[] => [
      text.length,
      ...Array.from(text, (c) => c.charCodeAt(0)),
    ];
    const body = [
      ...unsigned(this.#locals.length),
      ...this.#locals.flatMap((type) => [1, type]),
      ...this.#code,
      0x0b,
    ];
    return new WebAssembly.Module(Uint8Array.from([
      ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, [1, 0x60, 2, I32, I32, 0]),
      ...section(3, [1, 0]),
      ...section(5, [1, 0, ...unsigned(pages)]),
      ...section(7, [2, ...name("run"), 0, 0, ...name("memory"), 2, 0]),
      ...section(10, [1, ...unsigned(body.length), ...body]),
    ]));
  }
}

/** A kernel with a memory of its own. */
export class Kernel {
  /** The whole memory. */
  readonly memory: Uint8Array;
  readonly #run: (from: number, to: number) => void;

  /** `module` comes from `KernelCode.compile`. */
  constructor(module: WebAssembly.Module) {
    const { run, memory } = new WebAssembly.Instance(module).exports;
    this.#run = run as (from: number, to: number) => void;
    this.memory = new Uint8Array((memory as WebAssembly.Memory).buffer);
  }

  /** Runs over a part of the memory. */
  run(from: number, to: number): void {
    this.#run(from, to);
  }

  /** Runs over `data[from, to)`, whole blocks of `blockSize` bytes. */
  blocks(data: Uint8Array, from: number, to: number, blockSize: number): void {
    const step = ROOM - ROOM % blockSize;
    for (let at = from; at < to; at += step) {
      const count = Math.min(step, to - at);
      this.memory.set(data.subarray(at, at + count), DATA);
      this.#run(DATA, DATA + count);
    }
  }
}

/** Kernels kept for the next digest: a memory takes much address space, and thousands of files one each. */
const MOST_SPARES = 4;

/** Makes kernels of one kind on demand and takes them back. */
export class KernelKind {
  #module: WebAssembly.Module | undefined;
  readonly #spares: Kernel[] = [];

  /**
   * @param build Writes the code.
   * @param tables Constants of 64 bits that stand at TABLES.
   * @param pages Size of its memory, in 64 KiB.
   */
  constructor(
    private readonly build: () => KernelCode,
    private readonly tables?: () => readonly bigint[],
    private readonly pages: number = 1,
  ) {}

  /** A kernel with an empty state. */
  take(): Kernel {
    const spare = this.#spares.pop();
    if (spare !== undefined) {
      spare.memory.fill(0, 0, TABLES);
      return spare;
    }
    const kernel = new Kernel(this.#module ??= this.build().compile(this.pages));
    if (this.tables !== undefined) {
      new BigUint64Array(kernel.memory.buffer).set(this.tables(), TABLES / 8);
    }
    return kernel;
  }

  /** Takes back a kernel that nobody will use any more. */
  give(kernel: Kernel): void {
    if (this.#spares.length < MOST_SPARES) this.#spares.push(kernel);
  }
}

/** Fractional bits of the `root`th root (2 or 3) of the first `count` primes: "nothing up my sleeve" numbers. */
export function rootsOfPrimes(root: 2 | 3, count: number, bits: number): bigint[] {
  const primes: bigint[] = [];
  for (let n = 2n; primes.length < count; n++) {
    if (primes.every((p) => n % p !== 0n)) primes.push(n);
  }
  const power = BigInt(root);
  const mask = (1n << BigInt(bits)) - 1n;
  return primes.map((p) => {
    const wanted = p << (BigInt(bits) * power);
    // Newton's method from above, in whole numbers.
    let x = 1n << BigInt(bits + 5);
    for (;;) {
      const next = ((power - 1n) * x + wanted / x ** (power - 1n)) / power;
      if (next >= x) return x & mask;
      x = next;
    }
  });
}

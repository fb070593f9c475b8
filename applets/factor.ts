import type { ByteString } from "../sandbox/types.ts";
import { toByteString } from "../sandbox/bytes.ts";
import { type Applet, type Context, defineApplet } from "./contract.ts";
import { readLeniently } from "./_lib/streams.ts";

/** Numbers have 64 bits. */
const MOST = (1n << 64n) - 1n;
/** Longest line of input that is read at once. */
const LINE_MAX = 65536;

/** Prints prime factors. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "factor",
  usage: "[NUMBER]...",
  about: "Print the prime factors of each NUMBER, or of those on stdin",
  lostOutput: "ignore",
  options: {},
  raw: true,
  async run(ctx) {
    for (const word of ctx.operands) {
      const turn = ctx.tick(1);
      if (turn !== undefined) await turn;
      await factorWord(ctx, word);
    }
    if (ctx.operands.length > 0) return;
    for (;;) {
      let line = readLeniently(ctx.stdin, 10, LINE_MAX);
      if (line instanceof Promise) line = await line;
      if (line === undefined) return;
      for (const word of toByteString(line).split(/[ \t-\r\0]+/)) {
        if (word !== "") await factorWord(ctx, word);
      }
    }
  },
});

async function factorWord(ctx: Context, word: ByteString): Promise<void> {
  const digits = /^[ \t\n\v\f\r]*\+?([0-9]+)$/.exec(word);
  const number = digits === null ? MOST + 1n : BigInt(digits[1]);
  if (number > MOST) ctx.usage();
  const factors: bigint[] = [];
  if (number > 1n) await split(ctx, number, factors);
  factors.sort((a, b) => a < b ? -1 : a > b ? 1 : 0);
  ctx.out.print(`${number}:${factors.map((factor) => ` ${factor}`).join("")}\n`);
}

/** Small primes are divided out; what is left is split by Pollard's method (Brent's variant). */
async function split(ctx: Context, number: bigint, factors: bigint[]): Promise<void> {
  for (let prime = 2n; prime < 1000n; prime += prime === 2n ? 1n : 2n) {
    while (number % prime === 0n) {
      factors.push(prime);
      number /= prime;
    }
    if (prime * prime > number) break;
  }
  const todo = [number];
  for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
    if (part === 1n) continue;
    if (part < 1000000n || isPrime(part)) {
      factors.push(part);
      continue;
    }
    const divisor = await findDivisor(ctx, part);
    todo.push(divisor, part / divisor);
  }
}

/** Witnesses that decide for all numbers below 2^64 (Sinclair). */
const WITNESSES = [2n, 325n, 9375n, 28178n, 450775n, 9780504n, 1795265022n];

/** Miller and Rabin's test, exact for 64 bits. The number is odd and has no small factor. */
function isPrime(number: bigint): boolean {
  let odd = number - 1n;
  let twos = 0;
  while ((odd & 1n) === 0n) {
    odd >>= 1n;
    twos++;
  }
  witnesses: for (const witness of WITNESSES) {
    const base = witness % number;
    if (base === 0n) continue;
    let value = powerMod(base, odd, number);
    if (value === 1n || value === number - 1n) continue;
    for (let i = 1; i < twos; i++) {
      value = value * value % number;
      if (value === number - 1n) continue witnesses;
    }
    return false;
  }
  return true;
}

function powerMod(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (; exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) result = result * base % modulus;
    base = base * base % modulus;
  }
  return result;
}

/** A proper divisor of a composite number. */
async function findDivisor(ctx: Context, number: bigint): Promise<bigint> {
  for (let offset = 1n;; offset++) {
    let slow = 2n;
    let fast = 2n;
    let divisor = 1n;
    while (divisor === 1n) {
      let product = 1n;
      const slowStart = slow;
      const fastStart = fast;
      for (let i = 0; i < 128; i++) {
        slow = (slow * slow + offset) % number;
        fast = (fast * fast + offset) % number;
        fast = (fast * fast + offset) % number;
        product = product * (slow > fast ? slow - fast : fast - slow) % number;
      }
      divisor = greatestCommon(product, number);
      if (divisor === number) {
        // Several factors met in one batch: go through it again, step by step.
        divisor = 1n;
        slow = slowStart;
        fast = fastStart;
        for (let i = 0; i < 128 && divisor === 1n; i++) {
          slow = (slow * slow + offset) % number;
          fast = (fast * fast + offset) % number;
          fast = (fast * fast + offset) % number;
          divisor = greatestCommon(slow > fast ? slow - fast : fast - slow, number);
        }
        if (divisor === number) break;
      }
      const wait = ctx.tick(128);
      if (wait !== undefined) await wait;
    }
    if (divisor !== number) return divisor;
  }
}

function greatestCommon(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

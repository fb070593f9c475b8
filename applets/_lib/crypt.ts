/**
 * Hashes of passwords as crypt(3) of glibc makes them: MD5 (Poul-Henning Kamp), SHA-256 and SHA-512
 * (Ulrich Drepper, "Unix crypt using SHA-256 and SHA-512", public domain).
 *
 * @module
 */
import { toBytes } from "../../sandbox/bytes.ts";
import { desCrypt } from "./crypt_des.ts";
import type { Hash } from "./hash/hash.ts";
import { Md5 } from "./hash/md5.ts";
import { Sha256 } from "./hash/sha256.ts";
import { Sha512 } from "./hash/sha512.ts";
import type { Steps } from "./steps.ts";

/** Digits of the text form. */
export const CRYPT_ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

const DEFAULT_ROUNDS = 5000;
const LEAST_ROUNDS = 1000;
/** More than Drepper's text allows would only serve to keep a processor busy. */
const MOST_ROUNDS = 999_999;

/** Counts work; gives what has to be waited for. */
type Tick = (steps: number) => Promise<void> | undefined;

/** Bytes that are hashed at once. */
const PIECE = 1 << 16;

/** The hash of a password; undefined for a bad salt. */
export function crypt(password: Uint8Array, setting: string): string | undefined {
  // Nobody is asked for a turn, so the first step is the last.
  return cryptInSteps(password, setting, () => undefined).next().value as string | undefined;
}

/** As `crypt`, with turns: rounds and passwords can be such that it takes long. */
export function* cryptInSteps(
  password: Uint8Array,
  setting: string,
  tick: Tick,
): Steps<string | undefined> {
  if (setting.startsWith("$1$")) return yield* md5Crypt(password, setting.slice(3), tick);
  if (setting.startsWith("$5$")) return yield* shaCrypt(password, setting.slice(3), false, tick);
  if (setting.startsWith("$6$")) return yield* shaCrypt(password, setting.slice(3), true, tick);
  return desCrypt(password, setting);
}

function* digestOf(hash: Hash, parts: Iterable<Uint8Array>, tick: Tick): Steps<Uint8Array> {
  for (const part of parts) {
    for (let at = 0; at < part.length; at += PIECE) {
      const piece = part.subarray(at, at + PIECE);
      hash.update(piece);
      const waiting = tick(1 + (piece.length >> 6));
      if (waiting !== undefined) yield waiting;
    }
  }
  return hash.digest();
}

/** Six bits a digit, the lowest first. */
function digits(value: number, count: number): string {
  let text = "";
  for (let i = 0, rest = value; i < count; i++, rest >>>= 6) text += CRYPT_ALPHABET[rest & 63];
  return text;
}

/** Bytes of `block`, again and again, until there are so many. */
function repeated(block: Uint8Array, length: number): Uint8Array {
  const result = new Uint8Array(length);
  for (let i = 0; i < length; i++) result[i] = block[i % block.length];
  return result;
}

function* md5Crypt(password: Uint8Array, setting: string, tick: Tick): Steps<string> {
  const saltText = setting.split("$", 1)[0].slice(0, 8);
  const salt = toBytes(saltText);
  const inner = yield* digestOf(new Md5(), [password, salt, password], tick);
  const parts = [password, toBytes("$1$"), salt, repeated(inner, password.length)];
  for (let bits = password.length; bits > 0; bits >>= 1) {
    parts.push(bits & 1 ? new Uint8Array(1) : password.subarray(0, 1));
  }
  let digest = yield* digestOf(new Md5(), parts, tick);
  for (let i = 0; i < 1000; i++) {
    const round = [i & 1 ? password : digest];
    if (i % 3 !== 0) round.push(salt);
    if (i % 7 !== 0) round.push(password);
    round.push(i & 1 ? digest : password);
    digest = yield* digestOf(new Md5(), round, tick);
  }
  let text = "";
  for (const [a, b, c] of [[0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5]]) {
    text += digits(digest[a] << 16 | digest[b] << 8 | digest[c], 4);
  }
  return `$1$${saltText}$${text}${digits(digest[11], 2)}`;
}

/** A block so many times. */
function* times(block: Uint8Array, count: number): Generator<Uint8Array, void> {
  for (let i = 0; i < count; i++) yield block;
}

function* shaCrypt(
  password: Uint8Array,
  setting: string,
  long: boolean,
  tick: Tick,
): Steps<string> {
  const match = /^rounds=(\d+)\$/.exec(setting);
  const rest = match === null ? setting : setting.slice(match[0].length);
  const rounds = match === null
    ? DEFAULT_ROUNDS
    : Math.min(MOST_ROUNDS, Math.max(LEAST_ROUNDS, Number(match[1])));
  const saltText = rest.split("$", 1)[0].slice(0, 16);
  const salt = toBytes(saltText);
  const make = (): Hash => long ? new Sha512() : new Sha256();
  const inner = yield* digestOf(make(), [password, salt, password], tick);
  const parts = [password, salt, repeated(inner, password.length)];
  for (let bits = password.length; bits > 0; bits >>= 1) parts.push(bits & 1 ? inner : password);
  let digest = yield* digestOf(make(), parts, tick);
  const p = repeated(
    yield* digestOf(make(), times(password, password.length), tick),
    password.length,
  );
  const s = repeated(yield* digestOf(make(), times(salt, 16 + digest[0]), tick), salt.length);
  for (let i = 0; i < rounds; i++) {
    const round = [i & 1 ? p : digest];
    if (i % 3 !== 0) round.push(s);
    if (i % 7 !== 0) round.push(p);
    round.push(i & 1 ? digest : p);
    digest = yield* digestOf(make(), round, tick);
  }
  // Three bytes that are a third of the digest apart, each time turned by one.
  const third = long ? 21 : 10;
  let text = "";
  for (let i = 0; i < third; i++) {
    const at = [i, i + third, i + 2 * third];
    const turn = long ? i % 3 : (3 - i % 3) % 3;
    const [a, b, c] = [0, 1, 2].map((k) => digest[at[(k + turn) % 3]]);
    text += digits(a << 16 | b << 8 | c, 4);
  }
  text += long ? digits(digest[63], 2) : digits(digest[31] << 8 | digest[30], 3);
  return `${long ? "$6$" : "$5$"}${match === null ? "" : `rounds=${rounds}$`}${saltText}$${text}`;
}

/**
 * Hashes of passwords as crypt(3) of glibc makes them: MD5 (Poul-Henning Kamp), SHA-256 and SHA-512
 * (Ulrich Drepper, "Unix crypt using SHA-256 and SHA-512", public domain).
 *
 * @module
 */
import { concatBytes, toBytes } from "../../sandbox/bytes.ts";
import { desCrypt } from "./crypt_des.ts";
import type { Hash } from "./hash/hash.ts";
import { Md5 } from "./hash/md5.ts";
import { Sha256 } from "./hash/sha256.ts";
import { Sha512 } from "./hash/sha512.ts";

/** Digits of the text form. */
export const CRYPT_ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

const DEFAULT_ROUNDS = 5000;
const LEAST_ROUNDS = 1000;
/** More than Drepper's text allows would only serve to keep a processor busy. */
const MOST_ROUNDS = 999_999;

/** The hash of a password; undefined for a bad salt. */
export function crypt(password: Uint8Array, setting: string): string | undefined {
  if (setting.startsWith("$1$")) return md5Crypt(password, setting.slice(3));
  if (setting.startsWith("$5$")) return shaCrypt(password, setting.slice(3), false);
  if (setting.startsWith("$6$")) return shaCrypt(password, setting.slice(3), true);
  return desCrypt(password, setting);
}

function digestOf(hash: Hash, parts: readonly Uint8Array[]): Uint8Array {
  hash.update(concatBytes(parts.length === 0 ? [new Uint8Array(0)] : parts));
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

function md5Crypt(password: Uint8Array, setting: string): string {
  const saltText = setting.split("$", 1)[0].slice(0, 8);
  const salt = toBytes(saltText);
  const inner = digestOf(new Md5(), [password, salt, password]);
  const parts = [password, toBytes("$1$"), salt, repeated(inner, password.length)];
  for (let bits = password.length; bits > 0; bits >>= 1) {
    parts.push(bits & 1 ? new Uint8Array(1) : password.subarray(0, 1));
  }
  let digest = digestOf(new Md5(), parts);
  for (let i = 0; i < 1000; i++) {
    const round = [i & 1 ? password : digest];
    if (i % 3 !== 0) round.push(salt);
    if (i % 7 !== 0) round.push(password);
    round.push(i & 1 ? digest : password);
    digest = digestOf(new Md5(), round);
  }
  let text = "";
  for (const [a, b, c] of [[0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5]]) {
    text += digits(digest[a] << 16 | digest[b] << 8 | digest[c], 4);
  }
  return `$1$${saltText}$${text}${digits(digest[11], 2)}`;
}

function shaCrypt(password: Uint8Array, setting: string, long: boolean): string {
  const match = /^rounds=(\d+)\$/.exec(setting);
  const rest = match === null ? setting : setting.slice(match[0].length);
  const rounds = match === null
    ? DEFAULT_ROUNDS
    : Math.min(MOST_ROUNDS, Math.max(LEAST_ROUNDS, Number(match[1])));
  const saltText = rest.split("$", 1)[0].slice(0, 16);
  const salt = toBytes(saltText);
  const make = (): Hash => long ? new Sha512() : new Sha256();
  const inner = digestOf(make(), [password, salt, password]);
  const parts = [password, salt, repeated(inner, password.length)];
  for (let bits = password.length; bits > 0; bits >>= 1) parts.push(bits & 1 ? inner : password);
  let digest = digestOf(make(), parts);
  const many = (block: Uint8Array, count: number): Uint8Array[] => Array(count).fill(block);
  const p = repeated(digestOf(make(), many(password, password.length)), password.length);
  const s = repeated(digestOf(make(), many(salt, 16 + digest[0])), salt.length);
  for (let i = 0; i < rounds; i++) {
    const round = [i & 1 ? p : digest];
    if (i % 3 !== 0) round.push(s);
    if (i % 7 !== 0) round.push(p);
    round.push(i & 1 ? digest : p);
    digest = digestOf(make(), round);
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

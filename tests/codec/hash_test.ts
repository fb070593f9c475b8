/** Hashes: vectors of their standards, chunks of every size. */
import { assertEquals } from "@std/assert";
import { adler32, BsdSum, Cksum, Crc32, SysvSum } from "../../applets/_lib/hash/checksums.ts";
import { crc32, crc32be } from "../../applets/_lib/hash/crc32.ts";
import { Crc64 } from "../../applets/_lib/hash/crc64.ts";
import { type Hash, toHex } from "../../applets/_lib/hash/hash.ts";
import { Md5 } from "../../applets/_lib/hash/md5.ts";
import { Sha1 } from "../../applets/_lib/hash/sha1.ts";
import { Sha256 } from "../../applets/_lib/hash/sha256.ts";
import { Sha3 } from "../../applets/_lib/hash/sha3.ts";
import { Sha512 } from "../../applets/_lib/hash/sha512.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const digest = (hash: Hash, data: Uint8Array, step = data.length): string => {
  for (let at = 0; at < data.length; at += step) hash.update(data.subarray(at, at + step));
  return toHex(hash.digest());
};
const MILLION = new Uint8Array(1_000_000).fill(0x61);

/** Name, maker, digests of nothing, "abc" and a million times "a" (RFC 1321, FIPS 180, FIPS 202). */
const VECTORS: readonly [string, () => Hash, string, string, string][] = [
  [
    "md5",
    () => new Md5(),
    "d41d8cd98f00b204e9800998ecf8427e",
    "900150983cd24fb0d6963f7d28e17f72",
    "7707d6ae4e027c70eea2a935c2296f21",
  ],
  [
    "sha1",
    () => new Sha1(),
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "a9993e364706816aba3e25717850c26c9cd0d89d",
    "34aa973cd4c4daa4f61eeb2bdbad27316534016f",
  ],
  [
    "sha256",
    () => new Sha256(),
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
  ],
  [
    "sha512",
    () => new Sha512(),
    "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce" +
    "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" +
    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb" +
    "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b",
  ],
  [
    "sha3-224",
    () => new Sha3(224),
    "6b4e03423667dbb73b6e15454f0eb1abd4597f9a1b078e3f5b5a6bc7",
    "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf",
    "d69335b93325192e516a912e6d19a15cb51c6ed5c15243e7a7fd653c",
  ],
  [
    "sha3-256",
    () => new Sha3(256),
    "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a",
    "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
    "5c8875ae474a3634ba4fd55ec85bffd661f32aca75c6d699d0cdcb6c115891c1",
  ],
];

for (const [name, make, empty, abc, million] of VECTORS) {
  Deno.test(`${name}: the vectors of its standard, in chunks of every size`, () => {
    assertEquals(digest(make(), new Uint8Array(0)), empty);
    assertEquals(digest(make(), bytes("abc")), abc);
    for (const step of [1, 63, 64, 65, 127, 129, 1000, 65536, 1_000_000]) {
      assertEquals(digest(make(), MILLION, step), million);
    }
  });

  Deno.test(`${name}: many at once do not disturb each other`, () => {
    const hashes = Array.from({ length: 10 }, make);
    for (const hash of hashes) hash.update(bytes("a"));
    for (const hash of hashes) hash.update(bytes("bc"));
    for (const hash of hashes) assertEquals(toHex(hash.digest()), abc);
  });
}

Deno.test("check sums: the catalogue's values for 123456789", () => {
  const data = bytes("123456789");
  assertEquals(crc32(0, data), 0xcbf43926);
  assertEquals(crc32(crc32(0, data.subarray(0, 4)), data.subarray(4)), 0xcbf43926);
  assertEquals(toHex(new Crc32().digest()), "00000000");
  assertEquals(~crc32be(-1, data) >>> 0, 0xfc891918);
  assertEquals(adler32(1, data), 0x091e01de);
  assertEquals(adler32(1, bytes("Wikipedia")), 0x11e60398);
  const crc64 = new Crc64();
  crc64.update(data.subarray(0, 5));
  crc64.update(data.subarray(5));
  assertEquals(toHex(crc64.digest().reverse()), "995dc9bbdf1939fa");
  const cksum = new Cksum();
  cksum.update(data);
  assertEquals(toHex(cksum.digest()), (930766865).toString(16));
});

Deno.test("check sums agree with themselves over long data in odd pieces", () => {
  const data = Uint8Array.from({ length: 100003 }, (_, i) => i * 7 + (i >> 8));
  let slow = -1;
  for (const byte of data) {
    slow ^= byte;
    for (let bit = 0; bit < 8; bit++) slow = slow >>> 1 ^ (-(slow & 1) & 0xedb88320);
  }
  for (const step of [1, 15, 17, 4096, data.length]) {
    let crc = 0;
    let adler = 1;
    for (let at = 0; at < data.length; at += step) {
      crc = crc32(crc, data.subarray(at, at + step));
      adler = adler32(adler, data.subarray(at, at + step));
    }
    assertEquals(crc, ~slow >>> 0);
    assertEquals(adler, adler32(1, data));
  }
});

Deno.test("the sums of sum: values of coreutils", () => {
  const bsd = new BsdSum();
  const sysv = new SysvSum();
  for (const sum of [bsd, sysv]) sum.update(bytes("hello world hello world hello world\n"));
  assertEquals(bsd.value, 49985);
  assertEquals(sysv.value, 3422);
});

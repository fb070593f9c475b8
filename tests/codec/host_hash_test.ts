/** Large files go through the host's own hashes, which must say what ours say. */
import { assertEquals, assertNotEquals } from "@std/assert";
import { hostPlatform } from "../../sandbox/host/platform.ts";
import type { Hash } from "../../applets/_lib/hash/hash.ts";
import { Sha1 } from "../../applets/_lib/hash/sha1.ts";
import { Sha256 } from "../../applets/_lib/hash/sha256.ts";
import { Sha512 } from "../../applets/_lib/hash/sha512.ts";
import { Sandbox } from "../../mod.ts";

Deno.test("host hashes: equal to our own, and only those that are faster are offered", async () => {
  const own = new Map<string, new () => Hash>([["sha1", Sha1], ["sha256", Sha256], [
    "sha512",
    Sha512,
  ]]);
  for (const [name, Own] of own) {
    for (const size of [0, 1, 63, 64, 65, 1000, 70_000]) {
      const data = Uint8Array.from({ length: size }, (_, i) => (i * 7919 + size) >>> 3);
      const host = await hostPlatform.createHash(name);
      assertNotEquals(host, undefined);
      const ours = new Own();
      for (let at = 0; at < size; at += 333) {
        host!.update(data.subarray(at, at + 333));
        ours.update(data.subarray(at, at + 333));
      }
      assertEquals([...host!.digest()], [...ours.digest()], `${name} of ${size}`);
    }
  }
  assertEquals(await hostPlatform.createHash("md4"), undefined);
  assertEquals(await hostPlatform.createHash("__proto__"), undefined);
});

Deno.test("host hashes: a large file gives the digest that a pipe gives, with -c too", async () => {
  await using sandbox = await Sandbox.create();
  await sandbox.sh("yes capbox | head -c 17000001 > f");
  for (const name of ["md5sum", "sha1sum", "sha256sum", "sha512sum"]) {
    const { stdoutText } = await sandbox.sh(`${name} f f; cat f | ${name}; ${name} f | ${name} -c`);
    const [first, second, piped, check] = stdoutText.split("\n");
    assertEquals(first, second);
    assertEquals(first.replace("  f", "  -"), piped);
    assertEquals(check, "f: OK");
  }
});

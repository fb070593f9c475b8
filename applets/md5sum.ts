import { type Applet, defineApplet } from "./contract.ts";
import { DIGEST_OPTIONS, digestFiles } from "./_lib/digest_files.ts";
import type { Hash } from "./_lib/hash/hash.ts";
import { Md5 } from "./_lib/hash/md5.ts";
import { Sha1 } from "./_lib/hash/sha1.ts";
import { Sha256 } from "./_lib/hash/sha256.ts";
import { Sha512 } from "./_lib/hash/sha512.ts";

const HASHES: ReadonlyMap<string, () => Hash> = new Map<string, () => Hash>([
  ["md5sum", () => new Md5()],
  ["sha1sum", () => new Sha1()],
  ["sha256sum", () => new Sha256()],
  ["sha512sum", () => new Sha512()],
]);

/** Those for which the platform is faster than we are (measured; it has instructions for them). */
const PLATFORM_NAMES: ReadonlyMap<string, string> = new Map([
  ["sha1sum", "sha1"],
  ["sha256sum", "sha256"],
  ["sha512sum", "sha512"],
]);

/** Prints or checks digests. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "md5sum",
  aliases: ["sha1sum", "sha256sum", "sha512sum"],
  usage: {
    md5sum: "[-c[sw]] [FILE]...",
    sha1sum: "[-c[sw]] [FILE]...",
    sha256sum: "[-c[sw]] [FILE]...",
    sha512sum: "[-c[sw]] [FILE]...",
  },
  about: {
    md5sum: "Print or check MD5 digests",
    sha1sum: "Print or check SHA-1 digests",
    sha256sum: "Print or check SHA-256 digests",
    sha512sum: "Print or check SHA-512 digests",
  },
  lostOutput: "ignore",
  options: DIGEST_OPTIONS,
  run(ctx) {
    return digestFiles(ctx, ctx.opts, HASHES.get(ctx.name)!, PLATFORM_NAMES.get(ctx.name));
  },
});

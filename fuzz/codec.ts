/**
 * Damaged archives and compressed files.
 *
 *     deno run -A --v8-flags=--expose-gc fuzz/codec.ts [--target codecs|archives|roundtrip] [--count N] [--seed S]
 *
 * `codecs` feeds changed samples to every decoder in chunks of random size: each must end, in success or
 * in a `CodecError`, within a bound of output, memory and time. `archives` gives changed archives to the applets in
 * a sandbox: each must end with status 0 or 1 and without an internal error, and nothing outside of the
 * directory may change. `roundtrip` packs random data at random levels and compares.
 *
 * @module
 */
import { Bunzip2 } from "../applets/_lib/codec/bunzip2.ts";
import { Bzip2 } from "../applets/_lib/codec/bzip2.ts";
import { type Codec, CodecError, runCodec } from "../applets/_lib/codec/codec.ts";
import { Gunzip, Gzip } from "../applets/_lib/codec/gzip.ts";
import { LzopDecoder, LzopEncoder } from "../applets/_lib/codec/lzop.ts";
import { Sandbox } from "../mod.ts";
import { makeCpio } from "../tests/archive/make_cpio.ts";
import { bytes, makeTar } from "../tests/archive/make_tar.ts";
import { makeZip } from "../tests/archive/make_zip.ts";
import { decoderFor } from "../tests/codec/decoders.ts";
import { PLAIN, SAMPLES } from "../tests/codec/samples.ts";
import { type Pick, seeded } from "./input.ts";

/** Bytes that break parsers. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x2e, 0x2f];

/** A changed copy: flipped bits, edge values, cuts, repeated and removed parts, or mere noise. */
export function mutate(source: Uint8Array, pick: Pick): Uint8Array {
  if (pick(50) === 0) return Uint8Array.from({ length: pick(300) }, () => pick(256));
  let data = source.slice();
  for (let i = 1 + pick(4); i > 0 && data.length > 0; i--) {
    const at = pick(data.length);
    const count = Math.min(data.length - at, 1 + pick(20));
    switch (pick(7)) {
      case 0:
      case 1:
        data[at] ^= 1 << pick(8);
        break;
      case 2:
        data[at] = EDGES[pick(EDGES.length)];
        break;
      case 3:
        data = data.slice(0, at);
        break;
      case 4: {
        const longer = new Uint8Array(data.length + count);
        longer.set(data.subarray(0, at + count));
        longer.set(data.subarray(at), at + count);
        data = longer;
        break;
      }
      case 5: {
        const shorter = new Uint8Array(data.length - count);
        shorter.set(data.subarray(0, at));
        shorter.set(data.subarray(at + count), at);
        data = shorter;
        break;
      }
      default:
        for (let k = 0; k < count; k++) data[at + k] = pick(256);
    }
  }
  return data;
}

/** More output than this of a small sample is no crash, but nobody waits for it. */
const MOST_OUTPUT = 16 << 20;
/** More memory than this is. */
const MOST_MEMORY = 128 << 20;

/** Runs a decoder over changed data. @throws {Error} for what must not happen. */
export function fuzzCodec(name: string, data: Uint8Array, pick: Pick): void {
  let memory = 0;
  const codec = decoderFor(name, (count) => {
    memory += count;
    if (memory > MOST_MEMORY) throw new Error(`${name}: ${memory} bytes of memory`);
  });
  let at = 0;
  let total = 0;
  let idle = 0;
  try {
    for (;;) {
      const piece = codec.read();
      if (piece === null) return;
      if (piece !== undefined) {
        if (piece.length === 0) throw new Error(`${name}: an empty piece`);
        total += piece.length;
        idle = 0;
        if (total > MOST_OUTPUT) return;
        continue;
      }
      if (++idle > data.length + 10) throw new Error(`${name}: wants input without end`);
      if (at >= data.length) {
        codec.end();
        continue;
      }
      const step = 1 + pick(pick(3) === 0 ? 4 : 2000);
      codec.write(data.subarray(at, at += step));
    }
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
  }
}

const ARCHIVES: Readonly<Record<string, { data: Uint8Array; scripts: readonly string[] }>> = {
  tar: {
    data: makeTar([
      { name: "d/", type: "5", mode: 0o755 },
      { name: "d/a", data: "hello" },
      { name: "././@LongLink", type: "L", data: "d/long".repeat(10) + "\0" },
      { name: "d/short", data: "x".repeat(600) },
      { name: "d/l", type: "2", link: "a" },
      { name: "d/u", type: "2", link: "../../keep" },
      { name: "d/h", type: "1", link: "d/a" },
      { name: "h", type: "x", data: "14 path=d/p/q\n" },
      { name: "q", data: "pax" },
      { name: "d/f", type: "6" },
    ]),
    scripts: [
      "tar xf ../in",
      "tar tvf ../in",
      "tar xOf ../in",
      "cat ../in | tar x --strip-components 1",
    ],
  },
  cpio: {
    data: makeCpio([
      { name: "d", mode: 0o40755 },
      { name: "d/a", data: "hello" },
      { name: "d/l", mode: 0o120777, data: "a" },
      { name: "d/u", mode: 0o120777, data: "../../keep" },
      { name: "d/h1", ino: 5, nlink: 2 },
      { name: "d/h2", ino: 5, nlink: 2, data: "linked" },
      { name: "../up", data: "x" },
    ]),
    scripts: ["cpio -id < ../in", "cpio -tv < ../in", "cat ../in | cpio -idmu"],
  },
  ar: {
    data: bytes(
      "!<arch>\n//                                              24        `\nlong_member_name_here/\n\n" +
        "a/              981173106   0     0     100644  5         `\nhello\n" +
        "/0              981173106   0     0     100644  3         `\nabc\n",
    ),
    scripts: ["ar x ../in", "ar tv ../in", "ar p ../in"],
  },
  zip: {
    data: makeZip([
      { name: "d/", method: 0, mode: 0o40755 },
      { name: "d/a", data: "hello" },
      { name: "d/s", data: "stored", method: 0 },
      { name: "d/b", data: "bzip2 ".repeat(30), method: 12 },
      { name: "d/l", data: "a", method: 0, mode: 0o120777 },
      { name: "d/u", data: "../../keep", method: 0, mode: 0o120777 },
      { name: "d/t", data: "streamed", streamed: true },
    ]),
    scripts: ["unzip -o ../in", "unzip -lv ../in", "unzip -p ../in", "cat ../in | unzip -o -"],
  },
};

/** Runs an applet over a changed archive in a sandbox. @throws {Error} for what must not happen. */
export async function fuzzArchive(kind: string, data: Uint8Array, pick: Pick): Promise<void> {
  const { scripts } = ARCHIVES[kind];
  const script = scripts[pick(scripts.length)];
  await using sandbox = await Sandbox.create({
    uid: 0,
    gid: 0,
    limits: { wallMs: 5000, memoryBytes: 64 << 20, outputBytes: 32 << 20 },
  });
  await sandbox.fs.mkdir("/case/w/t", { recursive: true });
  await sandbox.fs.writeFile("/case/w/in", data);
  await sandbox.fs.writeFile("/case/keep", "kept");
  await sandbox.fs.chmod("/case/w", 0o751);
  const before = (await sandbox.fs.readDir("/case")).length;
  const result = await sandbox.run(["sh", "-c", script], { cwd: "/case/w/t" });
  const fault = (what: string): never => {
    throw new Error(`${kind}: ${script}: ${what}: ${result.stderrText.slice(0, 200)}`);
  };
  if (result.code !== 0 && result.code !== 1) fault(`status ${result.code}`);
  if (result.reason !== "exit") fault(result.reason);
  if (result.stderrText.includes("internal error")) fault("internal error");
  if (/undefined|TypeError|RangeError|\bat .*\.ts/.test(result.stderrText)) fault("words of ours");
  if (await sandbox.fs.readTextFile("/case/keep") !== "kept") fault("a file outside was changed");
  if ((await sandbox.fs.readDir("/case")).length !== before) fault("a file outside was made");
  if ((await sandbox.fs.readDir("/case/w")).length !== 2) fault("a file beside was made");
  if (((await sandbox.fs.stat("/case/w")).mode & 0o7777) !== 0o751) fault("a mode outside changed");
}

/** Packs random data and unpacks it again. @throws {Error} if it is not the same. */
export function fuzzRoundtrip(pick: Pick): void {
  const length = pick(pick(4) === 0 ? 200000 : 3000);
  const values = [1, 2, 4, 30, 256][pick(5)];
  const data = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const count = Math.min(length - at, 1 + pick(400));
    const from = at === 0 ? 0 : pick(at);
    if (at > 0 && pick(2) === 0) data.copyWithin(at, from, Math.min(at, from + count));
    else for (let i = 0; i < count; i++) data[at + i] = pick(values);
    at += count;
  }
  const level = 1 + pick(9);
  const pairs: [Codec, Codec][] = [
    [new Gzip(level), new Gunzip()],
    [new Bzip2(level), new Bunzip2()],
    [new LzopEncoder(level), new LzopDecoder()],
  ];
  const [encoder, decoder] = pairs[pick(pairs.length)];
  const packed = runCodec(encoder, data, 1 + pick(9000));
  const again = runCodec(decoder, packed, 1 + pick(9000));
  const same = again.length === length && again.every((byte, i) => byte === data[i]);
  if (!same) throw new Error(`${encoder.constructor.name}: not the same`);
}

function option(name: string, otherwise: string): string {
  const at = Deno.args.indexOf(`--${name}`);
  return at < 0 ? otherwise : Deno.args[at + 1];
}

/** An input may take so long; a small one that takes longer hangs. */
const SLOW_MS = 5000;
/** The process may grow by this much over thousands of inputs, once it is warm. */
const MOST_GROWTH = 64 << 20;
const WARM_INPUTS = 2000;

/** Bytes in use. With `--v8-flags=--expose-gc` what nobody holds any more is not counted. */
async function liveMemory(): Promise<number> {
  const { gc } = globalThis as { gc?: () => void };
  gc?.();
  // Array buffers are freed in the background.
  await new Promise((resolve) => setTimeout(resolve, 20));
  gc?.();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

if (import.meta.main) {
  const target = option("target", "codecs");
  const count = Number(option("count", "10000"));
  const first = Number(option("seed", "1"));
  const names = Object.keys(SAMPLES);
  const kinds = Object.keys(ARCHIVES);
  let faults = 0;
  let warm = 0;
  let peak = 0;
  for (let seed = first; seed < first + count; seed++) {
    const pick = seeded(seed);
    const start = performance.now();
    try {
      if (target === "codecs") {
        const name = names[pick(names.length)];
        fuzzCodec(name, mutate(SAMPLES[name], pick), pick);
      } else if (target === "archives") {
        const kind = kinds[pick(kinds.length)];
        await fuzzArchive(kind, mutate(ARCHIVES[kind].data, pick), pick);
      } else {
        fuzzRoundtrip(pick);
      }
      const elapsed = performance.now() - start;
      if (elapsed > SLOW_MS) throw new Error(`${Math.round(elapsed)} ms`);
      const done = seed - first + 1;
      if (done % WARM_INPUTS === 0) {
        const live = await liveMemory();
        if (warm === 0) warm = live;
        peak = Math.max(peak, live);
      }
    } catch (error) {
      faults++;
      console.log(`seed ${seed}: ${error instanceof Error ? error.stack : error}`);
      if (faults > 10) break;
    }
  }
  console.log(
    `${target}: ${count} inputs from seed ${first}, ${faults} faults, ${PLAIN.length} bytes a sample, ` +
      `${((peak - warm) / (1 << 20)).toFixed(0)} MB growth`,
  );
  if (faults > 0 || peak - warm > MOST_GROWTH) Deno.exit(1);
}

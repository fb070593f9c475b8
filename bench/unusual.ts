/**
 * Unusual input through every text applet that streams: one line of 70 MB, NUL bytes, bytes that are
 * no UTF-8, CRLF, no newline at the end; and a million names through xargs. Each command is run by
 * native busybox and by `cli.ts`, and what they print must be the same. Time and peak memory of both are
 * reported.
 *
 *     deno run -A bench/unusual.ts [--megabytes 70] [--only sort] [--json FILE]
 *
 * Linux only, because the peak is read from /proc.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { parseArgs } from "@std/cli/parse-args";
import { findBusybox } from "../reference/native.ts";

const root = decodeURIComponent(new URL("../", import.meta.url).pathname);
const config = import.meta.resolve("@std/cli").startsWith("file:") ? "deno.npm.json" : "deno.json";
/** Seconds after which a side has failed. */
const PATIENCE = 120;

/** Dumps of 70 MB are longer than what may be printed without saying so. */
const LIMITS: readonly string[] = ["--max-output", "4000000000"];

/** Commands over a file `F`; those of more than one program are run by a shell. */
const COMMANDS: readonly string[] = [
  ...["cat F", "cat -v F", "tee t <F", "grep -c d F", "grep -o c F", "grep -E '(a|b):(c|x) *d' F"],
  ...["grep -F ':c d' F", "grep -v zz F", "sed s/:c/:/g F", "sed -n 's/.*\\(c\\).*/\\1/p' F"],
  ...["sed 's/$/!/' F", "awk '{ print NF, length($0) }' F", "awk -F: '{ print NF, $2 }' F"],
  ...["awk '{ n = gsub(/b/, \"\"); print n, length }' F", "cut -c 3-5 F", "cut -d : -f 2,3 F"],
  ...["tr a A <F", "tr -d b <F", "tr -s ' ' <F", "sort F", "sort -r F F", "uniq F", "uniq -c F"],
  ...["wc F", "wc -L F", "head -n 1 F", "head -c 5000000 F", "tail -n 1 F", "tail -c 5000000 F"],
  ...["rev F", "tac F", "nl F", "fold F", "fold -s -w 30 F", "expand F", "unexpand -a F"],
  ...[
    "paste F F",
    "paste -s F",
    "cmp F F",
    "cmp -l F G",
    "od F",
    "od -c F",
    "hexdump -C F",
    "strings F",
  ],
  ...["base64 F", "md5sum F", "sha1sum F", "dos2unix <F", "unix2dos <F", "diff F F", "diff F G"],
  ...["comm F F", "cksum F", "sum F", "split -b 1000000 F x; cat x*", "split -l 1000 F x; cat x*"],
];

/** Names through xargs: nothing is lost, and no command line is longer than allowed. */
const NAMES: readonly string[] = [
  "seq 1000000 | xargs echo | wc -w",
  "seq 1000000 | xargs echo | tail -c 8",
  "seq 1000000 | tr '\\n' '\\0' | xargs -0 echo | wc",
  "seq 1000000 | xargs -n 1000 echo | wc",
];

interface Side {
  readonly digest: string;
  readonly bytes: number;
  readonly code: number;
  readonly seconds: number;
  /** In bytes. */
  readonly peak: number;
}

/** Runs a command, reading and hashing what it prints. */
async function run(argv: readonly string[], cwd: string): Promise<Side | undefined> {
  const started = performance.now();
  const child = new Deno.Command(argv[0], {
    args: argv.slice(1),
    cwd,
    env: { LC_ALL: "C", PATH: Deno.env.get("PATH") ?? "", HOME: Deno.env.get("HOME") ?? "/" },
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let peak = 0;
  const look = (): void => {
    try {
      const text = Deno.readTextFileSync(`/proc/${child.pid}/status`);
      peak = Math.max(peak, 1024 * Number(/VmHWM:\s+(\d+)/.exec(text)?.[1] ?? 0));
    } catch {
      // It has ended.
    }
  };
  const watch = setInterval(look, 10);
  let late = false;
  const limit = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, PATIENCE * 1000);
  const hash = createHash("md5");
  let bytes = 0;
  for await (const chunk of child.stdout) {
    hash.update(chunk);
    bytes += chunk.length;
    look();
  }
  const { code } = await child.status;
  clearInterval(watch);
  clearTimeout(limit);
  if (late) return undefined;
  const seconds = (performance.now() - started) / 1000;
  return { digest: hash.digest("hex"), bytes, code, seconds, peak };
}

/** Writes the inputs; each is a pair of files that differ a little. */
function writeInputs(dir: string, megabytes: number): string[] {
  const write = (name: string, unit: Uint8Array, size: number, last: Uint8Array): void => {
    for (const suffix of ["", "_"]) {
      using file = Deno.openSync(`${dir}/${name}${suffix}`, { write: true, create: true });
      const block = new Uint8Array(unit.length * Math.ceil(65536 / unit.length));
      for (let at = 0; at < block.length; at += unit.length) block.set(unit, at);
      for (let done = 0; done < size; done += block.length) file.writeSync(block);
      file.writeSync(suffix === "" ? last : new TextEncoder().encode("other"));
    }
  };
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  const random = new Uint8Array(65536);
  let state = 1;
  for (let i = 0; i < random.length; i++) {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    random[i] = i % 61 === 60 ? 10 : state >>> 24;
  }
  const mega = 1 << 20;
  write("line", text("ab:c d,"), megabytes * mega, text("end"));
  write("nul", text("a\0b:c\0 d\n\0\n:c d x\n"), 4 * mega, text("no newline\0"));
  write("bytes", random, 4 * mega, Uint8Array.of(0xc3, 0x28, 0xff));
  write("crlf", text("a:b c\td\r\n\r\n  x:y:c d\r\n"), 4 * mega, text("last\r"));
  return ["line", "nul", "bytes", "crlf"];
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

if (import.meta.main) {
  const flags = parseArgs(Deno.args, { string: ["megabytes", "only", "json"] });
  const native = findBusybox();
  if (native === undefined) throw new Error("there is no native busybox");
  const dir = Deno.makeTempDirSync();
  const bin = `${dir}/.bin`;
  Deno.mkdirSync(bin);
  for (const name of native.applets) Deno.symlinkSync(native.path, `${bin}/${name}`);
  const ours = [
    Deno.execPath(),
    "run",
    "-A",
    "-q",
    "-c",
    root + config,
    `${root}cli.ts`,
    ...LIMITS,
  ];
  const rows: Record<string, unknown>[] = [];
  const compare = async (input: string, command: string): Promise<void> => {
    if (flags.only !== undefined && !command.includes(flags.only)) return;
    const text = command.replace(/\bF\b/g, input).replace(/\bG\b/g, `${input}_`);
    // A single command takes the place of its shell, so that the peak is its own.
    const script = `PATH=${quoted(bin)}; ${command.startsWith("split") ? "" : "exec "}${text}`;
    const one = await run([native.path, "sh", "-c", script], dir);
    clean();
    const two = await run([...ours, "sh", "-c", text], dir);
    clean();
    const same = one === undefined || two === undefined
      ? "?"
      : one.code === 127
      ? "not native"
      : one.digest === two.digest && one.code === two.code
      ? "same"
      : "DIFFERENT";
    rows.push({ input, command, same, native: one, ours: two });
    const shown = (side: Side | undefined): string =>
      side === undefined
        ? `>${PATIENCE} s`
        : `${side.seconds.toFixed(2)} s ${(side.peak / 1e6).toFixed(0)} MB`;
    console.log(
      `${input.padEnd(6)}${command.padEnd(48)}${same.padEnd(11)}native ${shown(one).padEnd(16)}` +
        `ours ${shown(two)}`,
    );
  };
  const clean = (): void => {
    for (const { name } of Deno.readDirSync(dir)) {
      if (/^(x[a-z]+|t)$/.test(name)) Deno.removeSync(`${dir}/${name}`);
    }
  };
  for (const input of writeInputs(dir, Number(flags.megabytes ?? 70))) {
    for (const command of COMMANDS) await compare(input, command);
  }
  for (const command of NAMES) await compare("names", command);
  Deno.removeSync(dir, { recursive: true });
  if (flags.json !== undefined) Deno.writeTextFileSync(flags.json, JSON.stringify(rows, null, 1));
  const wrong = rows.filter(({ same }) => same === "DIFFERENT");
  console.log(`${rows.length} commands, ${wrong.length} different`);
  Deno.exit(wrong.length > 0 ? 1 : 0);
}

/**
 * The corpus of awk programs and what native busybox 1.35 makes of them.
 *
 * `tests/fixtures/awk/cases.jsonl` holds a case a line. To renew the answers after a case was added:
 * `deno run -A tests/awk/corpus.ts --record`, with `busybox` on the PATH. With `--check` instead it
 * tells which recorded answers native would not give.
 *
 * @module
 */

/** One case. Texts other than arguments are bytes, a char each. */
export interface AwkCase {
  readonly feature: string;
  readonly args: readonly string[];
  readonly stdin: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly stdout: string;
  /** Without the usage page. */
  readonly stderr: string;
  readonly code: number;
}

const path = new URL("../fixtures/awk/cases.jsonl", import.meta.url);

/** All cases. */
export function readCases(): AwkCase[] {
  return Deno.readTextFileSync(path).split("\n").filter((line) => line !== "").map((line) =>
    JSON.parse(line)
  );
}

/** Bytes of a text with a byte in each char. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** The text with a byte in each char. */
export function textOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

async function askNative(each: AwkCase): Promise<AwkCase> {
  const cwd = await Deno.makeTempDir();
  try {
    for (const [name, content] of Object.entries(each.files ?? {})) {
      await Deno.writeFile(`${cwd}/${name}`, bytesOf(content));
    }
    const child = new Deno.Command("busybox", {
      args: ["awk", ...each.args],
      cwd,
      env: { LC_ALL: "C" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(bytesOf(each.stdin)).catch(() => {});
    await writer.close().catch(() => {});
    const { stdout, stderr, code } = await child.output();
    return { ...each, stdout: textOf(stdout), stderr: textOf(stderr).split("BusyBox v")[0], code };
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

if (import.meta.main) {
  const cases = readCases();
  const answers: AwkCase[] = [];
  for (const each of cases) answers.push(await askNative(each));
  const lines = answers.map((each) => JSON.stringify(each));
  if (Deno.args.includes("--record")) {
    await Deno.writeTextFile(path, lines.join("\n") + "\n");
  } else {
    const other = cases.filter((each, index) => JSON.stringify(each) !== lines[index]);
    for (const each of other) console.log(JSON.stringify(each.args));
    console.log(`${cases.length} cases, ${other.length} answered otherwise`);
    if (other.length > 0) Deno.exit(1);
  }
}

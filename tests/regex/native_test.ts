import { assertEquals } from "@std/assert";
import { findBusybox } from "../../reference/native.ts";
import { REGEX_MESSAGES, type RegexErrorCode } from "../../applets/_lib/regex/error.ts";
import { compareWithNative } from "../../fuzz/regex.ts";
import { readTable, type Row } from "./table.ts";

const native = findBusybox();

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

/** A row as a command, and what native should print. */
interface Check {
  readonly row: Row;
  readonly args: readonly string[];
  readonly want: string;
}

/** Runs all commands in one shell, each over its row's text. */
function run(busybox: string, checks: readonly Check[]): string[] {
  const dir = Deno.makeTempDirSync();
  // Patterns and texts are bytes, which only a script file carries to native unchanged.
  const script = checks.map(({ row, args }, index) => {
    Deno.writeFileSync(`${dir}/${index}`, bytes(row.text + "\n"));
    const quoted = args.map((arg) => `'${arg.replaceAll("'", "'\\''")}'`).join(" ");
    return `"$1" ${quoted} ${index} 2>&1; echo $?; printf '\\002'\n`;
  }).join("");
  Deno.writeFileSync(`${dir}/script`, bytes(script));
  const { stdout } = new Deno.Command(busybox, {
    args: ["sh", `${dir}/script`, busybox],
    cwd: dir,
    env: { LC_ALL: "C" },
    stdin: "null",
  }).outputSync();
  Deno.removeSync(dir, { recursive: true });
  return Array.from(stdout, (byte) => String.fromCharCode(byte)).join("").split("\x02");
}

/** How native is asked about a row, or undefined where no applet can show it. */
function checkOf(row: Row): Check | undefined {
  const { flags, pattern, text, want } = row;
  if (/[nb]/.test(flags) || /[\n\x01]/.test(pattern + text) || pattern === "") return undefined;
  // sed makes bytes of these escapes itself, and these patterns take in its delimiter.
  if (/\\[ntr]|\\$/.test(pattern) || ["EBRACK", "BADPAT"].includes(want)) return undefined;
  const message = REGEX_MESSAGES[want as RegexErrorCode];
  if (flags[0] === "G" || flags[0] === "X") {
    const dialect = flags[0] === "X" ? "-En" : "-n";
    const args = ["grep", dialect, ...(flags.includes("i") ? ["-i"] : []), "-e", pattern];
    if (message !== undefined) return { row, args, want: `grep: bad regex '${pattern}'\n2\n` };
    return { row, args, want: want === "NOMATCH" ? "1\n" : `1:${text}\n0\n` };
  }
  const pairs = [...want.matchAll(/\((\d+|\?),(\d+|\?)\)/g)].slice(0, 10);
  const names = pairs.slice(1).map((_, index) => `[\\${index + 1}]`).join("");
  const script = `s\x01${pattern}\x01<&>${names}\x01${flags.includes("i") ? "I" : ""}`;
  const args = ["sed", ...(flags[0] === "E" ? ["-E"] : []), script];
  if (message !== undefined) {
    return { row, args, want: `sed: bad regex '${pattern}': ${message}\n1\n` };
  }
  if (want === "NOMATCH") return { row, args, want: `${text}\n0\n` };
  const part = ([, from, to]: RegExpMatchArray): string =>
    from === "?" ? "" : text.slice(Number(from), Number(to));
  const groups = pairs.slice(1).map((pair) => `[${part(pair)}]`).join("");
  const [, from, to] = pairs[0];
  const rest = text.slice(Number(to));
  return {
    row,
    args,
    want: `${text.slice(0, Number(from))}<${part(pairs[0])}>${groups}${rest}\n0\n`,
  };
}

Deno.test({
  name: "regex: native busybox gives what the table says",
  ignore: native === undefined,
  fn() {
    const checks = readTable().map(checkOf).filter((check) => check !== undefined);
    const answers = run(native!.path, checks);
    const wrong = checks.flatMap(({ row, want }, index) =>
      answers[index] === want ? [] : [`${row.line}: ${JSON.stringify([answers[index], want])}`]
    );
    assertEquals(wrong, []);
    assertEquals(checks.length > 500, true);
  },
});

Deno.test({
  name: "regex: random patterns give what native gives",
  ignore: native === undefined,
  async fn() {
    const { differences } = await compareWithNative(native!.path, 4711, 500);
    assertEquals(differences, []);
  },
});

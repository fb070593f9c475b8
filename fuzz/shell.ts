/**
 * Random shell scripts: printed and parsed again they must give the same tree, and run they must do
 * what native busybox ash does.
 *
 *     deno run -A fuzz/shell.ts --count 2000 --seed 1 [--busybox /usr/bin/busybox]
 *
 * All scripts end by themselves: loops walk short lists or count.
 *
 * @module
 */
import { Sandbox } from "../mod.ts";
import { Parser } from "../applets/sh/parse.ts";
import { print } from "../applets/sh/print.ts";

/** A small generator of repeatable numbers (mulberry32). */
function random(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Makes scripts. */
export class ScriptMaker {
  private depth = 0;
  private counter = 0;
  private readonly next: () => number;

  constructor(seed: number) {
    this.next = random(seed);
  }

  private below(n: number): number {
    return Math.floor(this.next() * n);
  }

  private pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }

  private name(): string {
    return this.pick(["x", "y", "z", "a1", "_b"]);
  }

  private text(): string {
    return this.pick([
      ...["a", "b", "foo", "bar baz", "  two  ", "*", "?", "[a-c]", "x*y", "a:b:c", ":", "", "-n"],
      ...[
        "1",
        "42",
        "-7",
        "010",
        "a=b",
        "~",
        "$",
        "#c",
        "\\",
        "!",
        "{a,b}",
        "é",
        "%s",
        "tab\there",
      ],
    ]);
  }

  private static single(s: string): string {
    return "'" + s.replaceAll("'", "'\\''") + "'";
  }

  private quotedText(): string {
    return this.text().replaceAll(/["\\$`]/g, "\\$&");
  }

  private bare(): string {
    return this.pick([
      "a",
      "foo",
      "b*",
      "x?",
      "[ab]",
      "1",
      "a:b",
      "-e",
      "w.x",
      "~",
      "\\*",
      "a\\ b",
    ]);
  }

  /** An expansion, without quotes around it. */
  private expansion(): string {
    const x = this.name();
    if (++this.depth > 4) {
      this.depth--;
      return "$" + x;
    }
    try {
      switch (this.below(24)) {
        case 0:
          return `\${${x}:-${this.inner()}}`;
        case 1:
          return `\${${x}-${this.inner()}}`;
        case 2:
          return `\${${x}:+${this.inner()}}`;
        case 3:
          return `\${${x}+${this.inner()}}`;
        case 4:
          return `\${${x}:=${this.inner()}}`;
        case 5:
          return `\${#${x}}`;
        case 6:
          return `\${${x}${this.pick(["#", "##", "%", "%%"])}${this.pattern()}}`;
        case 7:
          return `\${${x}${this.pick(["/", "//"])}${this.pattern(true)}/${
            this.pick(["X", "", "<>"])
          }}`;
        case 8:
          return `\${${x}:${this.below(4)}}`;
        case 9:
          return `\${${x}:${this.below(3)}:${this.below(4)}}`;
        case 10:
          return `$(${this.simple()})`;
        case 11:
          return `$((${this.arithmetic()}))`;
        case 12:
          return this.pick(["$#", "$?", "$1", "${2}", "$*", "$@", "${10}", "${1:-none}"]);
        case 13:
          return "`echo " + this.pick(["a", "$x", "'b  c'", "\\$x", '"q"']) + "`";
        default:
          return this.pick(["$", "${"]) === "$" ? "$" + x : "${" + x + "}";
      }
    } finally {
      this.depth--;
    }
  }

  private inner(): string {
    switch (this.below(5)) {
      case 0:
        return '"' + this.quotedText() + '"';
      case 1:
        return this.expansion();
      case 2:
        return "a b";
      default:
        return this.pick(["d", "", "e:f", "*"]);
    }
  }

  private pattern(notEmpty = false): string {
    return this.pick([
      ...["a", "?", "[ab]", "b*", "'*'", '"$y"', "$y", "[!a]", "*:", "?*", "fo"],
      ...(notEmpty ? ["o"] : ["*", "", "*o"]),
    ]);
  }

  private arithmetic(): string {
    const operand = (): string =>
      this.pick([this.pick(["1", "2", "7", "0x1f", "010"]), "a1", "$#", String(this.below(100))]);
    let e = operand();
    for (let n = this.below(3); n > 0; n--) {
      e += this.pick(["+", "-", "*", "<", "==", "&&", "||", "&", "|", "^", "<<", ","]) + operand();
    }
    return this.below(4) === 0 ? `(${e})*2` : e;
  }

  private word(): string {
    let w = "";
    for (let n = 1 + this.below(3); n > 0; n--) {
      switch (this.below(6)) {
        case 0:
          w += ScriptMaker.single(this.text());
          break;
        case 1:
          w += '"' + this.quotedText() + this.expansion() + '"';
          break;
        case 2:
          w += '"' + this.expansion() + '"';
          break;
        case 3:
          w += this.expansion();
          break;
        default:
          w += this.bare();
      }
    }
    return w;
  }

  private words(): string {
    let out = "";
    for (let n = this.below(4); n > 0; n--) out += " " + this.word();
    return out;
  }

  private simple(): string {
    switch (this.below(16)) {
      case 0:
        return `${this.name()}=${this.word()}`;
      case 1:
        return `${this.name()}=${this.word()} ${this.name()}=${this.word()}`;
      case 2:
        return `set --${this.words()}`;
      case 3:
        return this.pick(["true", "false", ":", "shift", "(exit 3)"]);
      case 4:
        return `test ${this.word()} ${this.pick(["=", "!="])} ${this.word()} 2>/dev/null`;
      case 5:
        return `[ ${this.pick(["-n", "-z"])} "${this.expansion()}" ]`;
      case 6:
        return `printf '<%s>'${this.words()}`;
      case 7:
        return `unset ${this.name()}`;
      case 8:
        return `${this.name()}=${this.word()} eval 'echo "[$x$y]"'`;
      case 9:
        return `IFS=${this.pick([":", "' '", "''", "'a:'"])}`;
      case 10:
        return `p${this.words()}`;
      case 11:
        return `eval ${ScriptMaker.single("echo" + this.words())}`;
      default:
        return "p" + this.words();
    }
  }

  private redirection(): string {
    return this.pick([
      "",
      "",
      "",
      " >f1",
      " >>f1",
      " 2>&1",
      " <f1",
      " >&2",
      " 2>/dev/null",
      " </dev/null",
    ]);
  }

  private body(): string {
    let out = "";
    for (let n = 1 + this.below(2); n > 0; n--) out += this.command() + "\n";
    return out;
  }

  private heredoc(): string {
    const quoted = this.below(3) === 0;
    const lines = [this.quotedText(), this.expansion() + " tail", "  $x\\n `echo q`"];
    return `cat <<${quoted ? "'E'" : "E"}\n${lines.slice(0, 1 + this.below(3)).join("\n")}\nE\n`;
  }

  /** A command. */
  command(): string {
    if (++this.depth > 4) {
      this.depth--;
      return this.simple();
    }
    try {
      const i = `i${this.counter++}`;
      switch (this.below(18)) {
        case 0:
          return `if ${this.command()}\nthen ${this.body()}else ${this.body()}fi${this.redirection()}`;
        case 1:
          return `for ${this.name()} in${this.words()}; do\n${this.body()}done${this.redirection()}`;
        case 2:
          return `${i}=0; while [ $${i} -lt 3 ]; do ${i}=$((${i}+1))\n${this.body()}` +
            `${this.pick(["", "continue", "break"])}\ndone`;
        case 3:
          return `case ${this.word()} in ${this.pattern(true)}) ${this.body()};; ` +
            `a|*b) ${this.body()};; *) ${this.body()} esac`;
        case 4:
          return `{ ${this.body()}}`;
        case 5:
          return `( ${this.body()})${this.redirection()}`;
        case 6:
          return `${this.command()} && ${this.command()}`;
        case 7:
          return `${this.command()} || ${this.command()}`;
        case 8:
          return `! ${this.simple()}`;
        case 9:
          return `${this.simple()} | cat`;
        case 10:
          return `f() { local x=${this.word()}\n${this.body()}${
            this.pick(["return 2", ""])
          }\n}; f${this.words()}`;
        case 11:
          return this.heredoc();
        case 12:
          return `echo${this.words()} | { read ${this.name()} ${this.name()}; p "$x" "$y" $?; }`;
        default:
          return this.simple() + this.redirection();
      }
    } finally {
      this.depth--;
    }
  }

  /** A whole script. */
  script(): string {
    let out = "p() { printf '%s' \"$#:\"; for a; do printf '<%s>' \"$a\"; done; echo; }\n" +
      "x=abc y='b*' z= ; >f1\n";
    for (let n = 1 + this.below(4); n > 0; n--) out += this.command() + "\n";
    return out + 'p "$x" "$y" "$z" "$a1" $#\n';
  }
}

/** The tree without line numbers, for comparing. */
function shape(text: string): string {
  return JSON.stringify(new Parser(text).all(), (key, value) => key === "line" ? undefined : value);
}

/** What is wrong with printing and parsing a script again; undefined when nothing is. */
export function checkRoundTrip(script: string): string | undefined {
  let before: string;
  try {
    before = shape(script);
  } catch {
    return undefined;
  }
  const printed = print(new Parser(script).all());
  try {
    return shape(printed) === before ? undefined : printed;
  } catch (error) {
    return `${(error as Error).message}\n${printed}`;
  }
}

const latin1 = (bytes: Uint8Array): string => {
  let text = "";
  for (const b of bytes) text += String.fromCharCode(b);
  return text;
};

async function ours(script: string): Promise<string> {
  await using sandbox = await Sandbox.create({
    env: { PATH: "/usr/bin:/bin", HOME: "/root", LANG: "C" },
  });
  await sandbox.run(["mkdir", "/tmp/w"]);
  const r = await sandbox.run(
    ["ash", "-c", 'cd /tmp/w; exec ash -c "$0" 2>&1 </dev/null', script],
    { timeoutMs: 10_000 },
  );
  return latin1(r.stdout) + `status ${r.code} ${r.reason === "exit" ? "" : r.reason}`;
}

async function native(busybox: string, script: string): Promise<string> {
  await Deno.remove("/tmp/w", { recursive: true }).catch(() => {});
  await Deno.mkdir("/tmp/w");
  const r = await new Deno.Command("timeout", {
    args: ["-s", "KILL", "5", busybox, "ash", "-c", 'exec busybox ash -c "$0" 2>&1 3>&-', script],
    cwd: "/tmp/w",
    clearEnv: true,
    env: { PATH: "/usr/bin:/bin", HOME: "/root", LANG: "C" },
    stdin: "null",
    stderr: "null",
  }).output();
  return latin1(r.stdout) + `status ${r.code} `;
}

if (import.meta.main) {
  const option = (name: string, fallback: string): string => {
    const at = Deno.args.indexOf("--" + name);
    return at < 0 ? fallback : Deno.args[at + 1];
  };
  const count = Number(option("count", "1000"));
  const seed = Number(option("seed", "1"));
  const busybox = option("busybox", "busybox");
  let bad = 0;
  for (let i = 0; i < count && bad < 20; i++) {
    const script = new ScriptMaker(seed * 1_000_003 + i).script();
    const wrong = checkRoundTrip(script);
    if (wrong !== undefined) {
      bad++;
      console.log(`=== round trip ${i}\n${script}--- printed\n${wrong}`);
    }
    const [got, want] = [await ours(script), await native(busybox, script)];
    if (got !== want && !want.endsWith("status 137 ")) {
      bad++;
      console.log(`=== ${i}\n${script}<<< ours\n${got}\n>>> native\n${want}`);
    }
  }
  console.log(`${count} scripts, ${bad} differences`);
  if (bad > 0) Deno.exit(1);
}

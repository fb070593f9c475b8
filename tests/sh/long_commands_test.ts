/**
 * Commands so long that they are read, compiled and expanded in turns with others do what short ones
 * do. `turns_test.ts` and `bench/interrupt.ts` look at the turns themselves.
 */
import { assertEquals } from "@std/assert";
import { Sandbox } from "../../mod.ts";
import { ShellSyntaxError } from "../../applets/sh/ast.ts";
import { END, Parser } from "../../applets/sh/parse.ts";
import { Parser as TurnParser } from "../../applets/sh/turns/parse.ts";
import { ScriptMaker } from "../../fuzz/shell/grammar/script.ts";
import { parseTurns } from "../tools/parse_turns.ts";
import { groups } from "./cases.ts";

Deno.test("the reader in turns is what the tool makes of the other one", async () => {
  for (const [path, text] of await parseTurns()) {
    const url = new URL(`../../applets/sh/${path}`, import.meta.url);
    assertEquals(Deno.readTextFileSync(url), text, path);
  }
});

/** The commands of a script, and the error that ends them. */
function commands(next: () => unknown): unknown[] {
  const found: unknown[] = [];
  try {
    for (;;) {
      const node = next();
      if (node === END) return found;
      found.push(node);
    }
  } catch (error) {
    if (!(error instanceof ShellSyntaxError)) throw error;
    return [...found, error.message, error.line];
  }
}

Deno.test("the reader in turns reads the same trees and makes the same errors", () => {
  const scripts = groups().flatMap((group) => group.scripts);
  for (let seed = 1; seed <= 300; seed++) scripts.push(new ScriptMaker(seed).script());
  for (const script of scripts) {
    for (const text of [script, script.slice(0, script.length * 0.7)]) {
      const parser = new Parser(text);
      const steps = new TurnParser(text);
      const inTurns = (): unknown => {
        const step = steps.next().next();
        assertEquals(step.done, true, "nothing to wait for");
        return step.value;
      };
      assertEquals(commands(inTurns), commands(() => parser.next()), text);
    }
  }
});

const MANY = 10_000;

function times(n: number, text: (i: number) => string): string {
  return Array.from({ length: n }, (_, i) => text(i)).join("");
}

/** Long commands, and what they print. */
const CASES: readonly (readonly [name: string, script: string, printed: string])[] = [
  ["words", `set -- ${times(MANY, (i) => `w${i} `)}; echo $# $1 \${10000}\n`, "10000 w0 w9999\n"],
  [
    "words of all kinds",
    `x='a b'; set -- ${
      times(MANY, () => '"$x" $x $(echo c d) ')
    }; echo $#; shift 4999; echo $1 $2\n`,
    "50000\nd a b\n",
  ],
  [
    "a list",
    `${times(MANY, (i) => `x=\${x}${i % 10};`)} echo \${#x}; false; echo $?\n`,
    "10000\n1\n",
  ],
  [
    "a list that is left",
    `for i in 1 2; do ${
      times(MANY, (i) => i === 5000 ? "continue;" : "n=$((n+1));")
    } done; echo $n\n`,
    "10000\n",
  ],
  [
    "a function that returns",
    `f() { ${times(MANY, (i) => i === 7000 ? "return 3\n" : "n=$((n+1))\n")} }; f; echo $? $n\n`,
    "3 7000\n",
  ],
  ["a chain", `${times(MANY, () => "true && ")} echo yes || echo no\n`, "yes\n"],
  [
    "a chain that changes",
    `${times(MANY, (i) => i % 2 === 0 ? "false || " : "true && ")} echo yes\n`,
    "yes\n",
  ],
  ["a chain under set -e", `set -e; ${times(MANY, () => "true && ")} false; echo no\n`, ""],
  [
    "arms",
    `case w9998 in ${times(MANY, (i) => `w${i}) echo ${i} $?;; `)} esac; echo $?\n`,
    "9998 0\n0\n",
  ],
  [
    "no arm",
    `false; case x in ${times(MANY, (i) => `w${i}) echo ${i};; `)} esac; echo $?\n`,
    "0\n",
  ],
  [
    "a here-document",
    `x='$y'; cat <<E | tail -n 2\n${times(MANY, () => "$x \\$x `echo z`\n")}E\n`,
    "$y $x z\n$y $x z\n",
  ],
  ["quotes", `x=1; set -- "${times(MANY, () => "$x ")}"; echo $# \${#1}\n`, "1 20000\n"],
  [
    "parts of an unquoted word",
    `x='1 2'; set -- ${times(MANY, () => '$x"."')}; echo $# $1 $2 \${10001}\n`,
    "10001 1 2.1 2.\n",
  ],
  [
    "the default of a parameter",
    `set -- \${x:-${times(MANY, () => "a$y ")}}; echo $#\n`,
    "10000\n",
  ],
  ["assignments", `a=x ${times(MANY, (i) => `a${i}=$a `)} b=$a9999; echo $b $?\n`, "x 0\n"],
  ["export", `export ${times(MANY, (i) => `a${i}=~ `)}; echo $a9999\n`, "/root\n"],
  ["backquotes", `x=\`${times(MANY, () => "echo a;")}\`; echo \${#x}\n`, "19999\n"],
  ["arithmetic", `echo $((${times(MANY, () => "$((1))+")}0))\n`, "10000\n"],
  [
    "arithmetic of a long value",
    "e=$(seq 20000 | tr '\\n' +)0; echo $((e)) $(($e)) a$((e+1))b; x=$((e*2)) y=$(($e-1)); echo $x $y\n" +
    'i=0; : $((i++ + e)); echo $i; : $(( $((i++)) + $e )); echo $i; let "z=e+i"; echo $z $?\n' +
    '[ $((i+=1)) -lt $((e)) ] && [ $(($e)) -gt 7 ] && echo $i; v=abcdef; echo ${v:e-200009999} "$((e))"\n' +
    "f=e; echo $((f)) $((e=5)) $((e))\n",
    "200010000 200010000 a200010001b\n400020000 200009999\n1\n2\n200010002 0\n3\nbcdef 200010000\n" +
    "200010000 5 5\n",
  ],
  [
    "arithmetic of a long value that is wrong",
    "e=$(seq 20000 | tr '\\n' +)1/0; (echo $((e)); echo no) 2>&1 | sed 's/.*: //'; (x=$(($e+e))) 2>&-; echo $?\n",
    "divide by zero\n2\n",
  ],
  ["escapes", `x=$'${times(MANY, () => "\\x41\\n")}'; echo \${#x}\n`, "20000\n"],
  ["an alias before", `alias e='echo '\ne a ${times(MANY, () => "b ")} | wc -w\n`, "10001\n"],
];

for (const [name, script, printed] of CASES) {
  Deno.test(`a long command does what a short one does: ${name}`, async () => {
    await using sandbox = await Sandbox.create({ cwd: "/tmp", env: { HOME: "/root" } });
    await sandbox.fs.writeFile("/tmp/script", script);
    for (const run of ["sh ./script", ". ./script", "cat script | sh", 'eval "$(cat script)"']) {
      const { stdoutText, stderrText } = await sandbox.sh(run);
      assertEquals([run, stdoutText, stderrText], [run, printed, ""]);
    }
  });
}

Deno.test("an error in a long command is told with its line, and what follows is not run", async () => {
  await using sandbox = await Sandbox.create({ cwd: "/tmp" });
  const body = times(MANY, () => "a b c\n");
  const table: readonly (readonly [string, string])[] = [
    [
      `echo a\nf() {\n${body}done\necho b\n`,
      '10003: syntax error: unexpected "done" (expecting "}")',
    ],
    [`echo a\nf() {\n${body}`, '10003: syntax error: unexpected end of file (expecting "}")'],
    [`echo a\nf() {\n${body}echo "\n`, "10004: syntax error: unterminated quoted string"],
  ];
  for (const [script, message] of table) {
    await sandbox.fs.writeFile("/tmp/script", script);
    const { stdoutText, stderrText, code } = await sandbox.sh("sh ./script");
    assertEquals([stdoutText, stderrText, code], ["a\n", `./script: line ${message}\n`, 2]);
  }
});

Deno.test("a script that comes in blocks may be cut anywhere", () => {
  const lines = ["$x \\$x `echo z`\n", "\\$x\n", "\\\n", '${x:-"a"}$((1))\n', "'$x\n"];
  for (const line of lines) {
    const script = `cat <<E\n${line.repeat(50)}E\necho ${"a\\\nb\\ c".repeat(50)}\necho end\n`;
    const parser = new Parser(script);
    const whole = commands(() => parser.next());
    for (let block = 1; block < 40; block++) {
      let at = 0;
      const more = (): string | undefined => {
        const text = script.slice(at, at += block);
        return text === "" ? undefined : text;
      };
      const cut = new Parser("", 1, { more });
      assertEquals(commands(() => cut.next()), whole, `${line} in blocks of ${block}`);
    }
  }
});

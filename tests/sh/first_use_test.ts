/**
 * Builtins whose part of the shell is not loaded yet: each first use is in a shell of its own, and
 * must do what the second does.
 */
import { assertEquals } from "@std/assert";

const CLI = decodeURIComponent(new URL("../../cli.ts", import.meta.url).pathname);
const CONFIG = decodeURIComponent(new URL("../../deno.npm.json", import.meta.url).pathname);

const COMMANDS = [
  "pwd",
  "cd /; pwd",
  "printf %s text",
  "test 1 = 1 && echo yes",
  "[ a = b ] || echo no",
  "type cd",
  "command -v printf",
  "hash; echo $?",
  "umask",
  "ulimit -n",
  "alias a=b; alias",
  "getopts ab: x -b 1; echo $x $OPTARG",
  "let 'x = 2 * 3'; echo $x",
  "kill -l 9",
  "trap 'echo end' EXIT",
  "set -- b a; echo $*; set | grep -c ^IFS",
  "export -p | grep -c PATH",
  "echo line | { read x; echo $x; }",
  "sleep 0 & wait $!; echo $?",
  "jobs; echo $?",
  "eval 'echo ${x:-${y:-z}}'",
  "echo $((16#ff % 7))",
  "case abc in [[:alpha:]]*) echo class;; esac",
  "[[ abc =~ b ]] && echo match",
  "{ set -x; y=1 : $HOME; } 2>&1",
  "{ set -x -o none; : a; } 2>&1",
  "x=abcabc; echo ${x//b/-} ${x:1:2} ${#x}",
];

Deno.test("a part of the shell that is loaded for a command changes nothing in what it does", async () => {
  const decoder = new TextDecoder();
  for (const command of COMMANDS) {
    const script = `a=$(${command}); b=$(${command}); ` +
      'if [ "$a" = "$b" ] && [ "$a" ]; then echo same; else echo "first: $a"; echo "then: $b"; fi';
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "-A", "--no-check", "-c", CONFIG, CLI, "sh", "-c", script],
      stdin: "null",
    }).output();
    assertEquals([command, decoder.decode(stdout), decoder.decode(stderr)], [
      command,
      "same\n",
      "",
    ]);
  }
});

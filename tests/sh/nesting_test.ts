/**
 * Whatever nests, and however deep: the right result or a clear message, in bounded time, and never a
 * word of the engine's.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Sandbox } from "../../mod.ts";

/** A construct that nests `n` levels deep, and what it prints where that is no error. */
interface Nest {
  readonly name: string;
  readonly script: (n: number) => string;
  readonly prints?: (n: number) => string;
}

const around = (before: string, middle: string, after: string) => (n: number): string =>
  before.repeat(n) + middle + after.repeat(n);
const line = (text: string) => (): string => `${text}\n`;

const NESTS: readonly Nest[] = [
  { name: "$(", script: (n) => "echo " + "$(".repeat(n) },
  { name: "$( )", script: around("echo $(", "echo x", ")") },
  { name: "$( ) in quotes", script: around('echo "$(', "echo x", ')"') },
  { name: "backquotes", script: (n) => "echo " + "`\\".repeat(n) },
  { name: "backquotes around backquotes", script: (n) => `${"echo \\\\\\`".repeat(n)}\`` },
  { name: "(", script: around("( ", "echo x", " )") },
  { name: "( without )", script: (n) => "( ".repeat(n) },
  { name: ") without (", script: (n) => ")".repeat(n) },
  { name: "{", script: around("{ ", "echo x", "; }") },
  { name: "{ without }", script: (n) => "{ ".repeat(n) },
  { name: "quotes inside ${}", script: (n) => "echo " + around('"${a:-', "x", '}"')(n) },
  { name: "quotes inside ${} without end", script: (n) => "echo " + '"${a:-'.repeat(n) },
  { name: "${a:-${a:-", script: (n) => "echo " + around("${a:-", "x", "}")(n) },
  { name: "${a#${a#", script: (n) => "a=x; echo " + around("${a#", "y", "}")(n) },
  { name: "${a/${a/", script: (n) => "a=x; echo " + around("${a/", "y", "}")(n) },
  { name: "here-documents inside $()", script: around("cat <<E\n$(", "echo x", ")\nE\n") },
  {
    name: "here-documents side by side",
    script: (n) => "cat " + "<<E ".repeat(n) + "\n" + "x\nE\n".repeat(n),
    prints: line("x"),
  },
  { name: "[[ (", script: (n) => "[[ " + around("( ", "a = a", " )")(n) + " ]] && echo x" },
  { name: "[ (", script: (n) => "[ " + around("\\( ", "a = a", " \\)")(n) + " ] && echo x" },
  { name: "[ !", script: (n) => "[ " + "! ".repeat(2 * n) + "a = a ]; echo $?", prints: line("0") },
  { name: "(( (", script: around("((", "1", "))") },
  {
    name: "$(( (",
    script: (n) => "echo $((" + around("(", "1", ")")(n) + "))",
    prints: line("1"),
  },
  { name: "$(( $((", script: (n) => "echo " + around("$((", "1", "))")(n) },
  { name: "$(( -", script: (n) => "echo $((" + "- ".repeat(n) + "1))", prints: line("1") },
  { name: "$(( ?:", script: (n) => "echo $((" + around("1?", "1", ":1")(n) + "))" },
  {
    name: "$(( +",
    script: (n) => "echo $((1" + "+1".repeat(n) + "))",
    prints: (n) => `${n + 1}\n`,
  },
  { name: "case in case", script: around("case x in x) ", "echo x", " ;; esac") },
  { name: "case without esac", script: (n) => "case x in x) ".repeat(n) },
  { name: "if", script: around("if :; then ", "echo x", "; fi") },
  { name: "elif", script: (n) => "if false; then :; " + "elif false; then :; ".repeat(n) + "fi" },
  { name: "while", script: around("while :; do ", "echo x", "; break; done") },
  { name: "for", script: around("for i in 1; do ", "echo x", "; done") },
  { name: "functions in functions", script: around("f() { ", "echo x", "; }") },
  { name: "<( )", script: (n) => "cat " + around("<(cat ", "/dev/null", ")")(n) },
  {
    name: "a function that calls itself",
    script: (n) => `f() { [ $1 -gt 0 ] || { echo x; return; }; f $(($1-1)); }; f ${n}`,
  },
  {
    name: "a function that calls itself in a subshell",
    script: (n) => `f() { [ $1 -gt 0 ] || { echo x; return; }; (f $(($1-1))); }; f ${n}`,
  },
  { name: "eval eval", script: (n) => "eval ".repeat(n) + "echo x" },
  {
    name: "eval of itself",
    script: (n) => `x='[ $i -lt ${n} ] && { i=$((i+1)); eval "$x"; } || echo x'; i=0; eval "$x"`,
  },
  {
    name: ". of itself",
    script: (n) =>
      `echo 'i=$((i+1)); [ $i -lt ${n} ] && . ./again || echo x' >again; i=0; . ./again`,
  },
  {
    name: "command command",
    script: (n) => "command ".repeat(n) + "echo x",
    prints: line("x"),
  },
  { name: "&&", script: (n) => ":" + " && :".repeat(n) + " && echo x", prints: line("x") },
  { name: "!", script: (n) => "! ".repeat(n) + "echo x" },
  {
    name: "[ in a pattern",
    script: (n) => `case x in ${"[".repeat(n)}) ;; *) echo x;; esac`,
  },
  {
    name: "* in a pattern",
    script: (n) => `case ${"a".repeat(n)} in ${"*a".repeat(n)}) echo x;; esac`,
    prints: line("x"),
  },
];

/** What a message of this kind looks like. */
const CLEAR =
  /(nesting|expression) too deep|maximum recursion depth exceeded|syntax error: |EOF in backquote|malformed \?: operator|can't fork|out of memory|unterminated/;
/** What only the engine says. */
const ENGINE = /RangeError|Maximum call|internal error|undefined|\.ts:|^\s+at /m;

for (const levels of [10_000, 200_000]) {
  Deno.test(`${levels} levels of anything: a result or a clear message`, async () => {
    // The limits are those of a small sandbox, so that what fills it does so soon.
    await using base = await Sandbox.create({ cwd: "/tmp", limits: { memoryBytes: 256 << 20 } });
    for (const { name, script, prints } of NESTS) {
      await using sandbox = base.fork();
      await sandbox.fs.writeFile("/tmp/script", script(levels));
      const began = performance.now();
      const result = await sandbox.run(["sh", "/tmp/script"], { timeoutMs: 120_000 });
      const took = performance.now() - began;
      const { reason, stdoutText, stderrText } = result;
      assert(reason === "exit" || reason === "memory", `${name}: ended by ${reason}`);
      assert(!ENGINE.test(stderrText), `${name}: ${stderrText.slice(0, 300)}`);
      if (prints !== undefined) {
        assertEquals(stdoutText, prints(levels), `${name}: ${stderrText.slice(0, 300)}`);
      } else if (reason === "exit" && stdoutText !== "x\n") assertMatch(stderrText, CLEAR, name);
      // Seconds on a quiet machine; the time limit is for those that do a lot besides.
      assert(took < 60_000, `${name}: ${took.toFixed()} ms`);
    }
  });
}

Deno.test("programs that become each other do not use up the stack", async () => {
  await using base = await Sandbox.create({ cwd: "/tmp" });
  // The compiler makes a chain faster, and so longer before a turn ends it, when it has run before.
  for (let round = 0; round < 3; round++) {
    await using sandbox = base.fork();
    const { code, stdoutText, stderrText } = await sandbox.sh(
      "echo 'i=$((i + 1)); [ $i -lt 5000 ] && exec sh ./again; echo $i' >again\n" +
        "export i=0; exec sh ./again",
    );
    assertEquals([code, stdoutText, stderrText], [0, "5000\n", ""]);
  }
});

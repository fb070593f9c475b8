/**
 * One call that takes long lets others go on meanwhile: the event loop turns while it runs. What is
 * looked at is how the work is divided, not how long it takes: no stretch between two turns is a large
 * part of the processor time of the whole command, of which one call is nearly all.
 * `bench/interrupt.ts` measures the times.
 */
import { assert, assertEquals } from "@std/assert";
import { Sandbox } from "../../mod.ts";

interface Call {
  readonly name: string;
  /** Makes what the call works on. */
  readonly setup?: string;
  readonly script: string;
}

/** The largest part of a command's processor time that one stretch may take. */
const MOST = 0.3;
/** Processor time of a stretch in milliseconds that is short enough, however little the whole is. */
const SHORT_MS = 25;

const LINE = "head -c 2000000 /dev/zero | tr '\\0' a >line";
const WORDS = "yes 'ab cd' | head -n 300000 | tr '\\n' ' ' >words";

const SHORT = "yes 'ab cd' | head -n 50000 | tr '\\n' ' ' >words";

const BLOCK = "head -c 1700000 /dev/urandom >block";

const CALLS: readonly Call[] = [
  { name: "awk gsub", setup: LINE, script: "awk '{ gsub(/a/, \"&b\") }' line" },
  {
    name: "awk gsub in a function",
    setup: LINE,
    script: "awk 'function f() { return gsub(/a/, \"&b\") } { x = f() + 1 }' line",
  },
  { name: "awk gensub", setup: LINE, script: 'awk \'{ x = gensub(/(a)/, "\\\\1b", "g") }\' line' },
  { name: "awk split", setup: WORDS, script: "awk '{ n = split($0, x, \"b\") }' words" },
  { name: "sed s///g", setup: LINE, script: "sed 's/a/bc/g' line" },
  { name: "sed s///g before others", setup: LINE, script: "sed 's/a/bc/g;s/x/y/' line" },
  { name: "sed s with references", setup: SHORT, script: String.raw`sed 's/\(.\)\1/x/' words` },
  {
    name: "sed address with references",
    setup: SHORT,
    script: String.raw`sed '/\(.\)\1\1/d' words`,
  },
  { name: "bzip2", setup: BLOCK, script: "bzip2 -c block >/dev/null" },
  { name: "tar -j", setup: BLOCK, script: "tar cjf - block >/dev/null" },
  { name: "grep with references", setup: SHORT, script: String.raw`grep '\(.\)\1' words; :` },
  {
    name: "grep with references, lines",
    setup: "seq 1200 | tr -d '\\n' | fold -w 700 | head -n 1 | sed 's/$/Z/' >line",
    script: String.raw`grep '\(..*\)\1Z' line; :`,
  },
  {
    name: "[[ =~ ]] with references",
    setup: `seq 1200 | tr -d "\\n" | head -c 3000 >line`,
    script: String.raw`x=$(cat line)Z; p='(..*)\1Z'; [[ $x =~ ab && $x =~ $p ]]; :`,
  },
  {
    name: "expr with references",
    setup: `seq 1200 | tr -d "\\n" | head -c 3000 >line`,
    script: String.raw`expr "$(head -c 700 line)Z" : '\(..*\)\1Z'; :`,
  },
  { name: "bc powers", script: "echo '3^2000000 % 1000' | bc" },
  { name: "bc roots", script: "echo 'scale=200000; sqrt(2)' | bc" },
  { name: "bc logarithms", script: "echo 'scale=3000; l(7)' | bc -l" },
  { name: "bc literals", script: "head -c 1500000 /dev/zero | tr '\\0' 7 | bc" },
  { name: "dc bases", script: "dc -e '7o 3 400000^p'" },
  {
    name: "sort -V",
    setup: "seq 150000 | sed 's/./&./2' | sort >numbers",
    script: "sort -rV numbers",
  },
  {
    name: "sh of a long function",
    setup:
      "{ echo 'f() {'; yes 'if :; then x=a; else y=$b; fi' | head -n 40000; echo '}; f'; } >line",
    script: ". ./line",
  },
  {
    name: "sh of a long here-document",
    setup: "{ echo 'cat <<E >/dev/null'; yes '$x ${x#a}' | head -n 100000; echo E; } >line",
    script: ". ./line",
  },
  {
    name: "sh case of many arms",
    setup: "{ echo 'case zz in'; seq 60000 | sed 's/$/) : ;;/'; echo esac; } >line",
    script: ". ./line",
  },
  {
    name: "sh set -- of many words",
    setup: "seq 1000000 >numbers",
    script: 'set -- $(cat numbers); set -- "$@" a',
  },
  {
    name: "sh arithmetic",
    setup: "seq 200000 | tr '\\n' + >words; echo 0 >>words",
    script: "x=$(cat words); : $((x)) $(($x))",
  },
  {
    name: "sh patterns that are long",
    setup:
      "head -c 3000000 /dev/zero | tr '\\0' a >line; head -c 300000 line >words; echo b >>words",
    script: "x=$(cat line) p=$(cat words); y=${x%$p*}; case $x in *$p) ;; esac",
  },
  { name: "bc program of many lines", setup: "seq 50000 >numbers", script: "bc numbers" },
];

/** Processor time of this thread in milliseconds; where the system does not tell, the time. */
function busyMs(): number {
  if (Deno.build.os !== "linux") return performance.now();
  return Number(Deno.readTextFileSync("/proc/thread-self/schedstat").split(" ")[0]) / 1e6;
}

/**
 * The part that the longest stretch between two turns of the event loop took; 0 if it was short.
 */
async function longestPart(sandbox: Sandbox, script: string): Promise<number> {
  const { port1, port2 } = new MessageChannel();
  const begun = busyMs();
  let last = begun;
  let longest = 0;
  let ended = false;
  const look = (): void => {
    const now = busyMs();
    longest = Math.max(longest, now - last);
    last = now;
  };
  port1.onmessage = () => {
    look();
    if (!ended) port2.postMessage(0);
  };
  port2.postMessage(0);
  const { reason, stderrText } = await sandbox.sh(script, { timeoutMs: 120_000, stdout: () => {} });
  look();
  ended = true;
  port1.close();
  port2.close();
  assertEquals([reason, stderrText], ["exit", ""]);
  return longest <= SHORT_MS ? 0 : longest / (last - begun);
}

for (const { name, setup, script } of CALLS) {
  Deno.test(`others get their turn during one call: ${name}`, async () => {
    await using sandbox = await Sandbox.create({ cwd: "/tmp" });
    // What is loaded when it is first used is loaded by the same call with next to nothing to do.
    await sandbox.sh(`echo >line; echo >words; echo >numbers; echo >block; ${script}`, {
      timeoutMs: 20_000,
    });
    if (setup !== undefined) await sandbox.sh(setup);
    let part = 1;
    // A collection of garbage may fall into one stretch.
    for (let i = 0; i < 3 && part > MOST; i++) {
      part = Math.min(part, await longestPart(sandbox, script));
    }
    assert(part <= MOST, `one stretch takes ${(100 * part).toFixed()} %`);
  });
}

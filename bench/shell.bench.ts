/** What the shell does beside native's, its start included: `deno bench bench/shell.bench.ts [--json]`. */
import { benchScript, finish } from "./beside_native.ts";

await benchScript("nothing", ":");
await benchScript(
  "a loop of 10,000 turns",
  "i=0; s=0; while [ $i -lt 10000 ]; do i=$((i+1)); s=$((s+i%7)); done; echo $s",
);
await benchScript(
  "100 pipelines of three",
  "for i in $(seq 100); do echo $i | tr 0-9 a-j | cut -c1; done | sort | uniq -c",
);
await benchScript(
  "300 command substitutions",
  "n=0; for i in $(seq 300); do x=$(basename /a/b/$i.txt .txt); n=$((n+x)); done; echo $n",
);
finish();

/**
 * Runs a loop in a sandbox while the heap of this process is as full as the first argument says, in
 * megabytes, and prints why the loop ended. Started by limits_test.ts with a small heap.
 */
import { Sandbox } from "../../mod.ts";

const held: number[][] = [];
// A hundred thousand numbers with a fraction take eight bytes each.
for (let bytes = 0; bytes < Number(Deno.args[0]) * 1e6; bytes += 800_000) {
  held.push(Array.from({ length: 100_000 }, (_, i) => i + 0.5));
}
await using sandbox = await Sandbox.create({ limits: { wallMs: 1500 } });
const { reason } = await sandbox.sh("while :; do :; done");
console.log(reason, held.length > 0);

/**
 * Runs a loop in a sandbox while the heap of this process is as full as the first argument says, in
 * megabytes, and prints why the loop ended. Started by limits_test.ts with a small heap.
 */
import { Sandbox } from "../../mod.ts";

const held: string[] = [];
const bytes = new Uint8Array(10_000_000).fill(97);
for (let i = 0; i * 10 < Number(Deno.args[0]); i++) held.push(new TextDecoder().decode(bytes) + i);
// The engine joins strings when they are first looked into.
for (const text of held) text.charCodeAt(5);
await using sandbox = await Sandbox.create({ limits: { wallMs: 1500 } });
const { reason } = await sandbox.sh("while :; do :; done");
console.log(reason, held.length > 0);

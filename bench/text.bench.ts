/** Filters over 50,000 lines beside native's: `deno bench bench/text.bench.ts [--json]`. */
import { benchScript, finish } from "./beside_native.ts";

await benchScript("wc", "wc f");
await benchScript("grep -c", "grep -c '7.*3' f");
await benchScript("sed s///g", "sed s/7/X/g f | md5sum");
await benchScript("sort -n", "sort -n f | md5sum");
await benchScript("awk sum", "awk '{ s += $1 } END { print s, NR }' f");
await benchScript("gzip and gunzip", "gzip -c f | gunzip -c | md5sum");
finish();

/** How long it takes to make, copy and use a sandbox: `deno bench bench/sandbox.bench.ts [--json]`. */
import { Sandbox } from "../mod.ts";

Deno.bench("create a sandbox", async () => {
  const sandbox = await Sandbox.create();
  sandbox.close();
});

const large = await Sandbox.create();
await large.fs.writeFile("/tmp/big", new Uint8Array(50 << 20));

Deno.bench("fork a sandbox that holds 50 MB", () => large.fork().close());

Deno.bench("snapshot a sandbox that holds 50 MB", () => {
  large.snapshot();
});

Deno.bench("a program: echo hi", async () => {
  await large.run(["echo", "hi"]);
});

Deno.bench("a script: echo hi", async () => {
  await large.sh("echo hi");
});

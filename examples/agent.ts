/**
 * What an agent needs: a project that it may change freely, a review of the changes, branches that
 * cost nothing, limits that hold, and a commit of what was reviewed.
 *
 *     deno run -A examples/agent.ts
 *
 * @module
 */
import { Sandbox } from "../mod.ts";

const project = Deno.makeTempDirSync({ prefix: "capbox_example_" });
Deno.writeTextFileSync(`${project}/notes`, "one\ntwo\n");

const sandbox = await Sandbox.create({
  mounts: [{ host: project, guest: "/work", mode: "overlay" }],
  cwd: "/work",
  limits: { wallMs: 10_000, outputBytes: 1 << 20 },
});
try {
  // Two attempts from the same state; neither sees the other.
  const attempts = ["sed -i s/two/2/ notes", "rm notes; echo three > other"];
  for (const script of attempts) {
    const branch = sandbox.fork();
    const { code } = await branch.sh(script);
    console.log(`${script}: status ${code}`);
    for (const { kind, path } of await branch.diff("/work")) console.log(`  ${kind} ${path}`);
    branch.close();
  }

  // A program that does not end is ended, and the sandbox lives on.
  const endless = await sandbox.sh("while :; do :; done", { timeoutMs: 200 });
  console.log(`an endless loop: ${endless.reason}`);

  // What was reviewed is written back; the host's file is as it was until then.
  await sandbox.sh("sed -i s/two/2/ notes");
  console.log(`before: ${JSON.stringify(Deno.readTextFileSync(`${project}/notes`))}`);
  await sandbox.commit("/work");
  console.log(`after:  ${JSON.stringify(Deno.readTextFileSync(`${project}/notes`))}`);
} finally {
  sandbox.close();
  Deno.removeSync(project, { recursive: true });
}

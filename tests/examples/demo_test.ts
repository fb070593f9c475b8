/** The scripts under examples/ do what the README says, in the sandbox and natively. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { findBusybox } from "../../reference/native.ts";
import { nativeSubject } from "../../reference/subject.ts";

const root = decodeURIComponent(new URL("../../", import.meta.url).pathname);

/** What native busybox printed for examples/demo.sh. */
const recorded = Deno.readTextFileSync(new URL("../fixtures/demo_output.txt", import.meta.url));

function run(command: string, args: readonly string[], cwd: string): Deno.CommandOutput {
  return new Deno.Command(command, { args: [...args], cwd, stdin: "null" }).outputSync();
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

const mounts = ["--mount", "examples:/examples:ro", "--mount", "examples/data:/data:ro"];

Deno.test("the demo prints in the sandbox what native busybox printed", () => {
  const flags = ["run", "--no-config", "--no-lock", "--no-prompt", "--allow-read=."];
  const args = [...flags, "cli.ts", ...mounts, "--cwd", "/data", "sh", "/examples/demo.sh"];
  const { code, stdout, stderr } = run(Deno.execPath(), args, root);
  assertEquals(text(stderr), "");
  assertEquals(text(stdout), recorded);
  assertEquals(code, 0);
});

Deno.test({
  name: "the recorded output of the demo is native's",
  ignore: findBusybox() === undefined,
  fn() {
    const native = findBusybox()!;
    const links = Deno.makeTempDirSync();
    try {
      nativeSubject(native).link(links);
      const { code, stdout } = new Deno.Command(native.path, {
        args: ["sh", "../demo.sh"],
        cwd: `${root}examples/data`,
        clearEnv: true,
        env: { PATH: links },
        stdin: "null",
      }).outputSync();
      assertEquals([code, text(stdout)], [0, recorded]);
    } finally {
      Deno.removeSync(links, { recursive: true });
    }
  },
});

Deno.test("every attempt of the hostile script is tried and refused, whatever Deno allows", () => {
  const flags = ["run", "--no-config", "--no-lock", "-A"];
  const args = [...flags, "cli.ts", ...mounts, "--cwd", "/data", "sh", "/examples/escape.sh"];
  const before = Deno.readTextFileSync(`${root}examples/data/access.log`);
  const { code, stdout } = run(Deno.execPath(), args, root);
  const attempts = text(stdout).split("\n").filter((line) => line.startsWith("$ ")).length;
  assertStringIncludes(text(stdout), `\n${attempts} of ${attempts} attempts refused\n`);
  assertEquals(code, 0);
  assertEquals(Deno.readTextFileSync(`${root}examples/data/access.log`), before);
});

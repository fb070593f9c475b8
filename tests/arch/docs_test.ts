import { assertEquals } from "@std/assert";

const root = decodeURIComponent(new URL("../../", import.meta.url).pathname);
const bound = import.meta.resolve("@std/assert").startsWith("file:")
  ? "deno.npm.json"
  : "deno.json";

/** The modules that users import: all that deno.json exports, and what applets are made with. */
const { exports } = JSON.parse(Deno.readTextFileSync(`${root}deno.json`)) as {
  readonly exports: Readonly<Record<string, string>>;
};
const entries = [...Object.values(exports), "applets/contract.ts"];

/** Runs Deno on the project: whether it was content, and what it said. */
async function deno(...args: readonly string[]): Promise<{ success: boolean; text: string }> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: root,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  return { success, text: new TextDecoder().decode(stderr) };
}

Deno.test("every export of the public modules is documented and explicitly typed", async () => {
  const { success, text } = await deno("doc", "--lint", "-c", bound, ...new Set(entries));
  const counts = new Map<string, number>();
  for (const [, path] of text.matchAll(/--> (\S+?):\d+:\d+/g)) {
    const short = path.replace(root, "");
    counts.set(short, (counts.get(short) ?? 0) + 1);
  }
  const summary = [...counts].map(([path, count]) => `${path}: ${count}`).join("\n");
  assertEquals(success, true, `see \`deno task docs\`; problems by file:\n${summary}`);
});

Deno.test("the package can be published: no slow types, no missing files", async () => {
  const { success, text } = await deno("publish", "--dry-run", "--allow-dirty", "-c", bound);
  const problems = text.match(/^error\[.*\n +--> .*/gm) ?? [];
  assertEquals(success, true, `${problems.join("\n")}\n${text.slice(-600)}`);
});

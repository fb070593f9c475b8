import { assertEquals } from "@std/assert";

const root = new URL("../../", import.meta.url);
const readme = Deno.readTextFileSync(new URL("README.md", root));
const { tasks } = JSON.parse(Deno.readTextFileSync(new URL("deno.npm.json", root)));

Deno.test("the README's two commands are there word for word, and name tasks that exist", () => {
  const commands = readme.split("\n").filter((line) => line.startsWith("npx "));
  assertEquals(commands, [
    "npx -y deno@2.9.6 task -c deno.npm.json demo",
    "npx -y deno@2.9.6 task -c deno.npm.json test",
  ]);
  for (const command of commands) assertEquals(command.split(" ").at(-1)! in tasks, true);
});

Deno.test("every task that the README names exists, and the other way round", () => {
  const table = readme.slice(readme.indexOf("| `deno task …` |"));
  const rows = table.slice(0, table.indexOf("\n\n")).split("\n").slice(2);
  const named = rows.flatMap((row) =>
    [...row.split("|")[1].matchAll(/`([a-z-]+)`/g)].map((match) => match[1])
  );
  const shared = ["demo", "check", "lint", "fmt"]; // Said in the text, or part of `ok`.
  assertEquals([...named, ...shared].sort(), Object.keys(tasks).sort());
});

Deno.test("files that the README links to exist", () => {
  for (const [, target] of readme.matchAll(/\]\(([^)#]+)\)/g)) {
    if (/^https?:/.test(target)) continue;
    assertEquals(Deno.statSync(new URL(target, root)).isFile, true, target);
  }
});

Deno.test("every local command of the README names a file and an option that exist", () => {
  const cli = readme.split("\n").filter((line) =>
    line.startsWith("deno run ") && !line.includes("https:")
  );
  assertEquals(cli.length > 0 && cli.every((line) => / cli\.ts /.test(line)), true);
});

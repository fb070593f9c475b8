import { assertEquals } from "@std/assert";
import { Sandbox } from "../../mod.ts";

// Native's answers to these hold the day on which they were asked, so none is recorded.
Deno.test("date takes from today what neither the format nor the time names", async () => {
  await using sandbox = await Sandbox.create();
  const date = async (...args: string[]): Promise<string> =>
    new TextDecoder().decode((await sandbox.run(["date", "-u", ...args])).stdout).trimEnd();
  for (let tries = 0;; tries++) {
    const before = new Date();
    const said = [
      await date("-D", "%Y", "-d", "2004", "+%F %T"),
      await date("-d", "12:30", "+%F %T"),
    ];
    const today = before.toISOString().slice(0, 10);
    // Once more if midnight came in between.
    if (today !== new Date().toISOString().slice(0, 10) && tries === 0) continue;
    assertEquals(said, [`2004${today.slice(4)} 00:00:00`, `${today} 12:30:00`]);
    break;
  }
});

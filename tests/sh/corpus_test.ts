/** Replays the recorded corpus: each script must do what native busybox ash did. */
import { assertEquals } from "@std/assert";
import { Sandbox } from "../../mod.ts";
import type { Recorded } from "./record.ts";

const cases = new URL("./cases/", import.meta.url);

/** Runs a script as the recorder did: both outputs joined, the same environment. */
export async function ours(script: string): Promise<{ out: string; status: number }> {
  await using sandbox = await Sandbox.create({
    env: { PATH: "/usr/bin:/bin", HOME: "/root", USER: "root", LANG: "C.UTF-8" },
  });
  await sandbox.run(["mkdir", "/tmp/w"]);
  const result = await sandbox.run(
    [
      "ash",
      "-c",
      'unset SHLVL SHELL; cd /tmp/w; unset OLDPWD; exec ash -c "$0" 2>&1 </dev/null',
      script,
    ],
    { timeoutMs: 20_000 },
  );
  let out = "";
  for (const byte of result.stdout) out += String.fromCharCode(byte);
  return { out, status: result.code };
}

for (const entry of [...Deno.readDirSync(cases)].sort((a, b) => a.name < b.name ? -1 : 1)) {
  const name = entry.name.replace(".jsonl", "");
  Deno.test(`ash does what native does: ${name}`, async () => {
    const lines = Deno.readTextFileSync(new URL(entry.name, cases)).trimEnd().split("\n");
    const wrong: string[] = [];
    for (const line of lines) {
      const want = JSON.parse(line) as Recorded;
      const got = await ours(want.in);
      if (got.out === want.out && got.status === want.status) continue;
      wrong.push(
        `--- ${want.in}\n<<< ours (${got.status})\n${got.out}>>> native (${want.status})\n${want.out}`,
      );
    }
    if (Deno.env.get("SH_CORPUS_SHOW")) { for (const text of wrong) console.log(text); }
    assertEquals(wrong.length, 0, `${wrong.length} of ${lines.length} differ:\n${wrong[0]}`);
  });
}

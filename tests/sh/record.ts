/**
 * Records what native busybox ash does with each script of the corpus:
 * `deno run -A tests/sh/record.ts [GROUP]...`. A script whose outcome differs between two runs is
 * left out and named.
 */
import { type Group, groups } from "./cases.ts";

/** One recorded script. */
export interface Recorded {
  /** The script. */
  readonly in: string;
  /** stdout and stderr together, one char for each byte. */
  readonly out: string;
  readonly status: number;
}

const WORK = "/tmp/w";

async function native(script: string): Promise<Recorded> {
  await Deno.remove(WORK, { recursive: true }).catch(() => {});
  await Deno.mkdir(WORK);
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, script);
  // The wrapper closes inherited descriptors and joins both outputs.
  const wrapper = `s=$(cat ${file}; printf .); s=\${s%.}; cd ${WORK} && exec env -i ` +
    `PATH=/usr/bin:/bin HOME=/root USER=root LANG=C.UTF-8 ` +
    `timeout -s KILL 10 busybox ash -c "$s" </dev/null 2>&1 3>&- 4>&- 5>&-`;
  const { code, stdout } = await new Deno.Command("/bin/sh", {
    args: ["-c", wrapper],
    stdin: "null",
    stderr: "null",
  }).output();
  await Deno.remove(file);
  let out = "";
  for (const byte of stdout) out += String.fromCharCode(byte);
  return { in: script, out, status: code };
}

async function record(group: Group): Promise<void> {
  const lines: string[] = [];
  for (const script of group.scripts) {
    const first = await native(script);
    const second = await native(script);
    if (first.out !== second.out || first.status !== second.status || first.status === 137) {
      console.error(`${group.name}: not stable: ${script.slice(0, 200)}`);
      continue;
    }
    lines.push(JSON.stringify(first));
  }
  const target = new URL(`./cases/${group.name}.jsonl`, import.meta.url);
  await Deno.writeTextFile(target, lines.join("\n") + "\n");
  console.log(`${group.name}: ${lines.length} of ${group.scripts.length}`);
}

if (import.meta.main) {
  for (const group of groups()) {
    if (Deno.args.length === 0 || Deno.args.includes(group.name)) await record(group);
  }
}

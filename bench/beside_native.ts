/**
 * Scripts for `deno bench`: the same by native busybox, as the baseline, and by the library. Both find
 * a file `f` of 50,000 lines; a script that prints something else than native's is an error.
 *
 * @module
 */
import { Sandbox } from "../mod.ts";
import { findBusybox } from "../reference/native.ts";
import { nativeSubject } from "../reference/subject.ts";
import { numberedLines } from "./lines.ts";

const native = findBusybox();
const dir = Deno.makeTempDirSync({ prefix: "capbox_bench_" });
Deno.mkdirSync(`${dir}/bin`);
if (native === undefined) console.error("NO NATIVE BUSYBOX: nothing to compare with");
else nativeSubject(native).link(`${dir}/bin`);
Deno.writeTextFileSync(`${dir}/f`, numberedLines(50_000));
const sandbox = await Sandbox.create({
  mounts: [{ host: dir, guest: "/w", mode: "ro" }],
  cwd: "/w",
});

async function byNative(script: string): Promise<string> {
  const { stdout } = await new Deno.Command(native!.path, {
    args: ["sh", "-c", script],
    cwd: dir,
    env: { PATH: `${dir}/bin` },
    stdin: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}

async function byCapbox(script: string): Promise<string> {
  return (await sandbox.sh(script)).stdoutText;
}

/** Adds a script to the benchmarks. @throws {Error} when it does not print what native prints */
export async function benchScript(name: string, script: string): Promise<void> {
  if (native !== undefined) {
    const [theirs, ours] = [await byNative(script), await byCapbox(script)];
    if (ours !== theirs) throw new Error(`${name}: ours ${ours}, native's ${theirs}`);
    Deno.bench(`${name}, native`, { group: name, baseline: true }, async () => {
      await byNative(script);
    });
  }
  Deno.bench(`${name}, capbox`, { group: name }, async () => {
    await byCapbox(script);
  });
}

/** Clears up behind the last benchmark. */
export function finish(): void {
  globalThis.addEventListener("unload", () => {
    sandbox.close();
    Deno.removeSync(dir, { recursive: true });
  });
}

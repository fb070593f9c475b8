/** `df` of a host mount shows the figures of the file system below it, as native does. */
import { assertEquals } from "@std/assert";
import { Sandbox } from "../../mod.ts";
import { findBusybox } from "../../reference/native.ts";

const native = findBusybox()?.path;

/** Size of the file system as `df` prints it, and by how much its parts fail to add up. */
function columns(
  text: string,
): { readonly size: string; readonly used: number; readonly left: number } {
  const words = text.trim().split("\n")[1].split(/\s+/);
  return { size: words[1], used: Number.parseFloat(words[2]), left: Number.parseFloat(words[3]) };
}

Deno.test({
  name: "df tells of a host mount what native tells of the folder",
  ignore: native === undefined,
  async fn() {
    const folder = Deno.makeTempDirSync({ prefix: "capbox-test-" });
    try {
      await using sandbox = await Sandbox.create({
        mounts: [{ host: folder, guest: "/h", mode: "rw" }],
      });
      for (const option of ["-k", "-m", "-h", "-P", "-i", "-B4096"]) {
        const { stdout } = new Deno.Command(native as string, {
          args: ["df", option, "."],
          cwd: folder,
        }).outputSync();
        const theirs = columns(new TextDecoder().decode(stdout));
        const { stdoutText, stderrText } = await sandbox.sh(`df ${option} .`, { cwd: "/h" });
        const ours = columns(stdoutText);
        assertEquals([stderrText, ours.size], ["", theirs.size], option);
        // Others write to the same disk meanwhile.
        for (const part of ["used", "left"] as const) {
          const near = Math.abs(ours[part] - theirs[part]) <= 1 + theirs[part] * 0.02;
          assertEquals(near, true, `${option}: ${part} ${ours[part]}, native ${theirs[part]}`);
        }
      }
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
});

/** The command line takes over the umask of whoever starts it, where Deno lets it ask. */
import { assertEquals } from "@std/assert";

const cli = decodeURIComponent(new URL("../../cli.ts", import.meta.url).pathname);
const config = decodeURIComponent(new URL("../../deno.npm.json", import.meta.url).pathname);

/** Runs a host shell script in a fresh folder; `$capbox` starts the command line. */
function host(script: string, ...rights: string[]): string {
  const cwd = Deno.makeTempDirSync({ prefix: "capbox-test-" });
  try {
    const run = [Deno.execPath(), "run", "-q", "--no-lock", "-c", config, ...rights, cli];
    const { stdout, stderr } = new Deno.Command("sh", {
      args: ["-c", script.replaceAll("$capbox", '"$@"'), "sh", ...run],
      cwd,
      stdin: "null",
    }).outputSync();
    const decoder = new TextDecoder();
    assertEquals(decoder.decode(stderr), "");
    return decoder.decode(stdout);
  } finally {
    Deno.removeSync(cwd, { recursive: true });
  }
}

Deno.test({
  name: "files that the command line makes have the modes that its caller asked for",
  ignore: Deno.build.os === "windows",
  fn() {
    // Expected: POSIX, a child inherits the file mode creation mask.
    const script = "umask 077; $capbox mkdir d; $capbox touch f; ls -ld d f | cut -c1-10; " +
      "$capbox sh -c umask; umask 002; $capbox sh -c umask";
    assertEquals(host(script, "-A"), "drwx------\n-rw-------\n0077\n0002\n");
    // Without the right to ask it is that of the sandbox.
    assertEquals(host("umask 077; $capbox sh -c umask", "-R", "-W"), "0022\n");
  },
});

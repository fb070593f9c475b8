/** What the command line leaves in the background ends with its limits and by its signals. */
import { assert, assertEquals } from "@std/assert";

const root = decodeURIComponent(new URL("../../", import.meta.url).pathname);

/** Runs the command; `signal` is sent half a second after the program inside said that it ends. */
async function run(
  options: readonly string[],
  script: string,
  signal?: Deno.Signal,
): Promise<{ code: number; stderr: string; seconds: number }> {
  const start = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "-c",
      `${root}deno.npm.json`,
      `${root}cli.ts`,
      ...options,
      "sh",
      "-c",
      script,
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stderr = new Response(child.stderr).text();
  const reader = child.stdout.getReader();
  if (signal !== undefined) {
    assertEquals(new TextDecoder().decode((await reader.read()).value), "ends\n");
    await new Promise((resolve) => setTimeout(resolve, 500));
    child.kill(signal);
  }
  while (!(await reader.read()).done);
  const { code } = await child.status;
  return { code, stderr: await stderr, seconds: (performance.now() - start) / 1000 };
}

Deno.test("what holds the output open is waited for", async () => {
  const { code, seconds } = await run([], "sleep 1 & exit 3");
  assertEquals(code, 3);
  assert(seconds >= 1, `${seconds}`);
});

Deno.test("a limit ends the background too", async () => {
  const { code, stderr } = await run(["--timeout", "1"], "sleep 1000 & exit 3");
  assertEquals([code, stderr], [137, "capbox: ended by the limit: timeout\n"]);
});

Deno.test("a limit ends what waits for the other end of a FIFO behind a redirection", async () => {
  const script = "mkfifo /tmp/p; cat /dev/zero > /tmp/p & exit 3";
  const { code, stderr } = await run(["--timeout", "1"], script);
  assertEquals([code, stderr], [137, "capbox: ended by the limit: timeout\n"]);
});

Deno.test("a signal ends the background once the program has ended", {
  ignore: Deno.build.os === "windows",
}, async () => {
  for (const [signal, code] of [["SIGTERM", 143], ["SIGINT", 130], ["SIGHUP", 129]] as const) {
    const end = await run([], "sleep 1000 & echo ends; exit 3", signal);
    assertEquals([end.code, end.stderr], [code, ""], signal);
  }
});

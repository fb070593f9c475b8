import { assertEquals, assertMatch } from "@std/assert";

const cli = new URL("../../cli.ts", import.meta.url).pathname;

/** Fetches from a server on this machine: exit code, what came, what was said. */
async function fetches(
  flags: (host: string) => readonly string[],
  variable: (host: string) => string,
): Promise<readonly [code: number, out: string, err: string]> {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => new Response("here\n"),
  );
  try {
    const host = `127.0.0.1:${server.addr.port}`;
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-config", "--no-lock", "--no-prompt", "--allow-read", ...flags(host)],
        ...[cli, "wget", "-q", "-O", "-", `http://${host}/`],
      ],
      env: { CAPBOX_ALLOW_NET: variable(host), NO_COLOR: "1" },
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    return [code, decoder.decode(stdout), decoder.decode(stderr)];
  } finally {
    await server.shutdown();
  }
}

const net = (host: string): string => `--allow-net=${host}`;
const env = "--allow-env=CAPBOX_ALLOW_NET";

Deno.test("CAPBOX_ALLOW_NET grants a host", async () => {
  assertEquals(await fetches((host) => [net(host), env], (host) => host), [0, "here\n", ""]);
});

Deno.test("a variable that names another host grants nothing here", async () => {
  const [code, out, err] = await fetches((host) => [net(host), env], () => "127.0.0.1:1");
  assertEquals([code === 0, out], [false, ""]);
  assertMatch(err, /^wget: .*Permission denied/);
});

Deno.test("a variable that Deno does not let us read grants nothing, and nobody is asked", async () => {
  const [code, out, err] = await fetches((host) => [net(host)], (host) => host);
  assertEquals([code === 0, out], [false, ""]);
  assertMatch(err, /^wget: .*Permission denied/);
});

Deno.test("what capbox grants is refused where Deno does not", async () => {
  const [code, out, err] = await fetches(() => [env], (host) => host);
  assertEquals([code === 0, out], [false, ""]);
  assertMatch(err, /^wget: /);
});

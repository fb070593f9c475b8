/** ssl_client, over loopback: TLS on a connection that nc opened, with a certificate that Deno is told to trust. */
import { assertEquals } from "@std/assert";

const fixture = (name: string): string =>
  new URL(`../fixtures/tls/${name}`, import.meta.url).pathname;
const CONFIG = new URL("../../deno.npm.json", import.meta.url).pathname;
const CLI = new URL("../../cli.ts", import.meta.url).pathname;

/** Answers one line, backwards, in TLS. */
async function serve(listener: Deno.TlsListener, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const connection = await listener.accept();
    try {
      const buffer = new Uint8Array(1000);
      const n = await connection.read(buffer) ?? 0;
      const line = new TextDecoder().decode(buffer.subarray(0, n)).trimEnd();
      await connection.write(new TextEncoder().encode([...line].reverse().join("") + "\n"));
    } catch { /* The client refused the certificate. */ }
    connection.close();
  }
}

async function capbox(
  flags: readonly string[],
  args: readonly string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", "-c", CONFIG, ...flags, CLI, ...args],
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("ssl_client talks TLS on the connection it is given, and verifies the server", async () => {
  const listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert: Deno.readTextFileSync(fixture("cert.pem")),
    key: Deno.readTextFileSync(fixture("key.pem")),
  });
  const { port } = listener.addr as Deno.NetAddr;
  const serving = serve(listener, 4);
  const trust = ["--cert", fixture("ca.pem")];
  const net = ["--net", `127.0.0.1:${port}`];
  const script = (name: string): string =>
    `exec 3<&0; echo hello | ssl_client -s 3 ${name} >&2; echo $? >&2`;
  const run = (flags: readonly string[], name: string) =>
    capbox(flags, [...net, "nc", "127.0.0.1", String(port), "-e", "sh", "-c", script(name)]);
  try {
    assertEquals((await run(trust, "-n localhost")).stderr, "olleh\n0\n");
    assertEquals((await run(trust, "")).stderr, "olleh\n0\n");
    const wrong = await run(trust, "-n example.org");
    assertEquals(wrong.stderr, "ssl_client: TLS handshake with 'example.org': Protocol error\n1\n");
    const untrusted = await run([], "-n localhost");
    assertEquals(
      untrusted.stderr,
      "ssl_client: TLS handshake with 'localhost': Protocol error\n1\n",
    );
  } finally {
    listener.close();
    await serving;
  }
});

Deno.test("ssl_client without a connection, a name or a grant says so", async () => {
  const cases: readonly (readonly [string, number, string])[] = [
    ["-s 9", 1, "ssl_client: write error: Bad file descriptor\n"],
    ["-s 0", 1, "ssl_client: write error: Bad file descriptor\n"],
    ["-s x", 1, "ssl_client: invalid number 'x'\n"],
    ["-s 1 -n x", 1, "ssl_client: TLS handshake with 'x': Socket operation on non-socket\n"],
  ];
  for (const [words, code, message] of cases) {
    const result = await capbox([], ["sh", "-c", `ssl_client ${words}`]);
    assertEquals([result.code, result.stderr], [code, message], words);
  }
  const refused = await capbox([], ["ssl_client", "example.org"]);
  assertEquals(refused.code, 1);
  assertEquals(refused.stderr.includes("network access needs --net example.org:443"), true);
});

import { assertEquals, assertMatch } from "@std/assert";
import { Sandbox } from "../../mod.ts";

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

/** Waits until somebody listens. */
async function listening(port: number): Promise<void> {
  for (let tries = 0;; tries++) {
    try {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port });
      return connection.close();
    } catch (error) {
      if (tries > 100 || !(error instanceof Deno.errors.ConnectionRefused)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** A server of a sandbox that is granted one port. */
async function withServer(
  files: Readonly<Record<string, string>>,
  work: (url: string) => Promise<void>,
): Promise<void> {
  const port = freePort();
  await using sandbox = await Sandbox.create({ listen: [`127.0.0.1:${port}`] });
  await sandbox.fs.mkdir("/www/cgi-bin", { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await sandbox.fs.writeFile(`/www/${name}`, text, { mode: 0o755 });
  }
  const stop = new AbortController();
  const running = sandbox.run(["httpd", "-f", "-p", `127.0.0.1:${port}`, "-h", "/www"], {
    signal: stop.signal,
  });
  try {
    await listening(port);
    await work(`http://127.0.0.1:${port}`);
  } finally {
    stop.abort();
    await running.catch(() => {});
  }
}

Deno.test("programs behind httpd answer requests of the network", async () => {
  const env = "#!/bin/sh\nprintf 'Content-type: text/plain\\r\\n\\r\\n'\n" +
    'echo "$REMOTE_ADDR $REQUEST_METHOD $QUERY_STRING"; [ "$REMOTE_PORT" -gt 0 ] && cat\n';
  await withServer({ "cgi-bin/env": env, "index.html": "front" }, async (url) => {
    assertEquals(await (await fetch(url)).text(), "front");
    const body = "x".repeat(200_000);
    const answer = await fetch(`${url}/cgi-bin/env?q=1`, { method: "POST", body });
    assertEquals(answer.headers.get("content-type"), "text/plain");
    assertMatch(await answer.text(), /^127\.0\.0\.1 POST q=1\nx{200000}$/);
    const missing = await fetch(`${url}/cgi-bin/none`);
    assertEquals(missing.status, 404);
    await missing.body?.cancel();
  });
});

Deno.test("several programs behind httpd run at the same time, and one that fails ends alone", async () => {
  const slow = "#!/bin/sh\nsleep 0.5\necho\necho done\n";
  const broken = "#!/no/such/program\n";
  await withServer({ "cgi-bin/slow": slow, "cgi-bin/broken": broken }, async (url) => {
    const start = performance.now();
    const texts = await Promise.all(
      [1, 2, 3, 4].map(async () => await (await fetch(`${url}/cgi-bin/slow`)).text()),
    );
    assertEquals(texts, ["done\n", "done\n", "done\n", "done\n"]);
    assertEquals(performance.now() - start < 1900, true);
    await fetch(`${url}/cgi-bin/broken`).then((answer) => answer.body?.cancel(), () => {});
    assertEquals(await (await fetch(`${url}/cgi-bin/slow`)).text(), "done\n");
  });
});

/** The network gate: grants, spellings of addresses, what is public; and a real connection. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  canonicalHost,
  isPublicAddress,
  parseNetRule,
  ruleAllows,
} from "../../sandbox/caps/net_policy.ts";
import { Sandbox } from "../../mod.ts";

Deno.test("all spellings of an address are one", () => {
  const cases: [string, string][] = [
    ["127.0.0.1", "127.0.0.1"],
    ["127.1", "127.0.0.1"],
    ["2130706433", "127.0.0.1"],
    ["0x7f000001", "127.0.0.1"],
    ["0177.0.0.1", "127.0.0.1"],
    ["0x7f.0.0.1", "127.0.0.1"],
    ["[::ffff:127.0.0.1]", "127.0.0.1"],
    ["::ffff:7f00:1", "127.0.0.1"],
    ["[::1]", "::1"],
    ["[0:0:0:0:0:0:0:1]", "::1"],
    ["FE80::0:1%eth0", "fe80::1"],
    ["EXAMPLE.com.", "example.com"],
    ["example.com", "example.com"],
    ["256.1.1.1", "256.1.1.1"],
    ["1.2.3.4.5", "1.2.3.4.5"],
  ];
  for (const [given, want] of cases) assertEquals(canonicalHost(given), want, given);
});

Deno.test("only public addresses are public", () => {
  const open = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700::1111", "2a00:1450::1"];
  const closed = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.255",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fc00::1",
    "ff02::1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
    "2001:0:1::",
    "2001:db8::1",
    "2130706433",
    "not-an-address",
  ];
  for (const address of open) assertEquals(isPublicAddress(address), true, address);
  for (const address of closed) assertEquals(isPublicAddress(address), false, address);
  assertEquals(isPublicAddress("172.32.0.1"), true);
});

Deno.test("a grant allows its host, port, scheme and path, and nothing beside them", () => {
  const cases: [string, string, number, boolean][] = [
    ["example.com:443", "example.com", 443, true],
    ["example.com:443", "EXAMPLE.COM.", 443, true],
    ["example.com:443", "example.com", 80, false],
    ["example.com:443", "www.example.com", 443, false],
    ["example.com:443", "example.com.evil.org", 443, false],
    ["example.com:443", "notexample.com", 443, false],
    ["*.example.com:443", "www.example.com", 443, true],
    ["*.example.com:443", "a.b.example.com", 443, true],
    ["*.example.com:443", "example.com", 443, false],
    ["*.example.com:443", "badexample.com", 443, false],
    ["example.com:*", "example.com", 8080, true],
    ["example.com", "example.com", 8080, true],
    ["127.0.0.1:80", "0x7f.1", 80, true],
    ["[::1]:80", "::1", 80, true],
  ];
  for (const [grant, host, port, want] of cases) {
    assertEquals(ruleAllows(parseNetRule(grant), { host, port }), want, `${grant} ${host}:${port}`);
  }
  const api = parseNetRule("https://example.com/api/v1");
  const to = (scheme: string, path: string, port = 443) =>
    ruleAllows(api, { host: "example.com", port, scheme, path });
  assertEquals(to("https", "/api/v1/users"), true);
  assertEquals(to("https", "/api/v1"), true);
  assertEquals(to("https", "/api/v10"), false);
  assertEquals(to("https", "/api/v1/../admin"), false);
  assertEquals(to("https", "/api/v1/%2e%2e/admin"), false);
  assertEquals(to("http", "/api/v1"), false);
  assertEquals(to("https", "/api/v1", 8443), false);
});

Deno.test("what is no grant is refused", () => {
  for (const bad of ["", "a b", "host:99999", "host:0", "*", "a.*.com", "user@host", "http://"]) {
    assertThrows(() => parseNetRule(bad), TypeError, undefined, bad);
  }
});

Deno.test("a connection needs a grant that names the private address", async () => {
  const server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = server.addr as Deno.NetAddr;
  const serving = (async () => {
    for await (const connection of server) {
      await connection.write(new TextEncoder().encode("hello\n"));
      connection.close();
    }
  })();
  try {
    const cases: [string[], string, boolean][] = [
      [[], "127.0.0.1", false],
      [["example.com:*"], "127.0.0.1", false],
      [[`127.0.0.1:${port}`], "127.0.0.1", true],
      [[`127.0.0.1:${port}`], "0x7f.1", true],
      [[`127.0.0.1:${port + 1}`], "127.0.0.1", false],
      [[`localhost:${port}`], "localhost", true],
    ];
    for (const [net, host, want] of cases) {
      const events: boolean[] = [];
      await using sandbox = await Sandbox.create({
        net,
        audit: (event) => event.kind === "net" && events.push(event.allowed),
        commands: {
          fetch_line: async (context) => {
            const { process } = context;
            const connection = await process.net.connect(host, port);
            const chunk = await connection.file.read(100, process.waiter);
            connection.file.release();
            await context.write(chunk ?? new Uint8Array(0));
          },
        },
      });
      const result = await sandbox.run(["fetch_line"], { timeoutMs: 5000 });
      assertEquals(
        result.stdoutText,
        want ? "hello\n" : "",
        `${net} ${host}: ${result.stderrText}`,
      );
      assertEquals(result.code, want ? 0 : 1);
      assertEquals(events, [want]);
      if (!want) assert(result.stderrText.includes("--net"), result.stderrText);
    }
  } finally {
    server.close();
    await serving.catch(() => {});
  }
});

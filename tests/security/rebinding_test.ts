/**
 * DNS rebinding and forged answers: a name is resolved once, every address of the answer is checked,
 * and a checked address is what is dialled.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { Sandbox } from "../../mod.ts";

/** What the stand-ins for the host's resolver and sockets saw. */
interface Seen {
  readonly resolved: string[];
  readonly dialled: string[];
}

/** Replaces the host's resolver and dialler for the time of a test. */
async function withAnswers(
  answers: readonly (readonly string[])[],
  work: (seen: Seen) => Promise<void>,
): Promise<void> {
  const host = Deno as unknown as Record<"resolveDns" | "connect", unknown>;
  const [resolveDns, connect] = [host.resolveDns, host.connect];
  const seen: Seen = { resolved: [], dialled: [] };
  let turn = 0;
  host.resolveDns = (name: string, type: string) => {
    if (type !== "A") return Promise.reject(new Deno.errors.NotFound());
    seen.resolved.push(name);
    return Promise.resolve(answers[Math.min(turn++, answers.length - 1)]);
  };
  host.connect = ({ hostname }: { hostname: string }) => {
    seen.dialled.push(hostname);
    return Promise.reject(new Deno.errors.ConnectionRefused());
  };
  try {
    await work(seen);
  } finally {
    host.resolveDns = resolveDns;
    host.connect = connect;
  }
}

async function fetching(url: string, net: string[]): Promise<{ code: number; stderr: string }> {
  await using sandbox = await Sandbox.create({ net });
  const { code, stderrText } = await sandbox.run(["wget", "-q", "-T", "3", "-O", "-", url], {
    timeoutMs: 10_000,
  });
  return { code, stderr: stderrText };
}

Deno.test("the address that was checked is the one that is dialled, however the answer changes", async () => {
  await withAnswers([["93.184.216.34"], ["127.0.0.1"]], async ({ resolved, dialled }) => {
    const { code } = await fetching("http://rebind.example/", ["rebind.example:80"]);
    assertEquals(code, 1);
    assertEquals(resolved, ["rebind.example"]);
    assertEquals(dialled, ["93.184.216.34"]);
  });
});

Deno.test("one private address among the answers refuses them all, and nothing is dialled", async () => {
  const privates = [
    ...["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"],
    ...["0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"],
    ...["::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "fe80::1", "fc00::1", "ff02::1", "::"],
    ...["64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::", "2001:db8::1"],
  ];
  for (const address of privates) {
    for (const answer of [[address], ["93.184.216.34", address], [address, "93.184.216.34"]]) {
      await withAnswers([answer], async ({ dialled }) => {
        const { code, stderr } = await fetching("http://rebind.example/", ["rebind.example:*"]);
        assertEquals([code, dialled], [1, []], answer.join());
        assertStringIncludes(stderr, "network access needs --net", answer.join());
      });
    }
  }
});

Deno.test("no name is looked up before it is allowed", async () => {
  await withAnswers([["93.184.216.34"]], async ({ resolved, dialled }) => {
    for (const net of [[], ["other.example:80"], ["rebind.example:443"], ["*.rebind.example:80"]]) {
      assertEquals((await fetching("http://rebind.example/", net)).code, 1);
    }
    assertEquals([resolved, dialled], [[], []]);
  });
});

Deno.test("a redirection is a request of its own: its name, port and address are checked anew", async () => {
  const seen: string[] = [];
  const secret = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    seen.push(request.url);
    return new Response("SECRET");
  });
  let target = "";
  const open = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      seen.push(new URL(request.url).pathname + (request.headers.get("authorization") ?? ""));
      return new Response(null, { status: 302, headers: { location: target } });
    },
  );
  try {
    for (
      const spelling of [
        "127.0.0.1",
        "localhost",
        "0x7f.1",
        "2130706433",
        "127.1",
        "[::ffff:127.0.0.1]",
      ]
    ) {
      target = `http://${spelling}:${secret.addr.port}/x`;
      seen.length = 0;
      const from = `http://user:password@127.0.0.1:${open.addr.port}/start`;
      const { code, stderr } = await fetching(from, [`127.0.0.1:${open.addr.port}`]);
      assertEquals(code, 1, spelling);
      assertEquals(seen.length, 1, `${spelling}: ${seen.join(" ")}`);
      assertEquals(stderr.includes("SECRET"), false);
    }
  } finally {
    await open.shutdown();
    await secret.shutdown();
  }
});

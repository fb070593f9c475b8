/**
 * Servers that lie (threat classes: network, denial of service): redirections without end or to other
 * schemes, credentials for somebody else, heads without end, lengths that are not true.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Sandbox } from "../../mod.ts";

interface Shown {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function wget(args: readonly string[], net: readonly string[]): Promise<Shown> {
  await using sandbox = await Sandbox.create({ net, limits: { memoryBytes: 32 << 20 } });
  const { code, stdoutText, stderrText } = await sandbox.run(["wget", "-q", "-O", "-", ...args], {
    timeoutMs: 20_000,
  });
  assertEquals((await sandbox.run(["echo", "alive"])).stdoutText, "alive\n");
  return { code, stdout: stdoutText, stderr: stderrText };
}

/** A server of plain bytes: what it is asked goes to `asked`, and `answer` writes until it is done. */
async function withServer(
  answer: (connection: Deno.TcpConn, turn: number) => Promise<void>,
  work: (port: number, asked: string[]) => Promise<void>,
): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const asked: string[] = [];
  const serving = (async (): Promise<void> => {
    let turn = 0;
    for await (const connection of listener) {
      const buffer = new Uint8Array(65536);
      try {
        const count = await connection.read(buffer);
        asked.push(new TextDecoder().decode(buffer.subarray(0, count ?? 0)));
        await answer(connection, turn++);
      } catch (error) {
        // The client has gone, as it should.
        if (
          !(error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset)
        ) throw error;
      } finally {
        connection.close();
      }
    }
  })();
  try {
    await work(listener.addr.port, asked);
  } finally {
    listener.close();
    await serving;
  }
}

async function send(connection: Deno.TcpConn, text: string): Promise<void> {
  const data = new TextEncoder().encode(text);
  for (let done = 0; done < data.length;) done += await connection.write(data.subarray(done));
}

const redirect = (to: string): string =>
  `HTTP/1.1 302 Found\r\nLocation: ${to}\r\nContent-Length: 0\r\n\r\n`;

Deno.test("redirections end, also those that lead to themselves", async () => {
  await withServer((connection) => send(connection, redirect("/again")), async (port, asked) => {
    const { code, stderr } = await wget([`http://127.0.0.1:${port}/`], [`127.0.0.1:${port}`]);
    assertEquals([code, stderr], [1, "wget: too many redirections\n"]);
    assertEquals(asked.length, 16);
  });
});

Deno.test("a redirection to a file or to another scheme is none", async () => {
  for (
    const to of ["file:///etc/passwd", "gopher://127.0.0.1:1/", "ldap://x/"]
  ) {
    await withServer((connection) => send(connection, redirect(to)), async (port, asked) => {
      const { code, stdout, stderr } = await wget(
        [`http://127.0.0.1:${port}/`],
        [`127.0.0.1:${port}`],
      );
      assertEquals([code, stdout, asked.length], [1, "", 1]);
      assertStringIncludes(stderr, "not an http or ftp url");
    });
  }
});

Deno.test("a redirection to FTP needs a grant like any other address", async () => {
  const ftp = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const to = `ftp://127.0.0.1:${ftp.addr.port}/x`;
  const accepted = ftp.accept().then(() => true, () => false);
  await withServer((connection) => send(connection, redirect(to)), async (port) => {
    const { code, stderr } = await wget([`http://127.0.0.1:${port}/`], [`127.0.0.1:${port}`]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "network access needs --net");
  });
  ftp.close();
  assertEquals(await accepted, false);
});

Deno.test("what is secret goes to the server it was meant for, and to no other", async () => {
  const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  await withServer((connection) => send(connection, OK), async (other, askedOther) => {
    await withServer(
      (connection, turn) =>
        send(connection, redirect(turn === 0 ? "/same" : `http://127.0.0.1:${other}/x`)),
      async (port, asked) => {
        const { code, stdout } = await wget([
          ...["--header", "Authorization: Bearer secret", "--header", "cookie: a=secret"],
          ...["--header", "Proxy-Authorization: secret", "--header", "X-Plain: yes"],
          `http://user:secret@127.0.0.1:${port}/`,
        ], [`127.0.0.1:${port}`, `127.0.0.1:${other}`]);
        assertEquals([code, stdout], [0, "ok"]);
        assertEquals(asked.length, 2);
        for (const request of asked) assertStringIncludes(request, "Bearer secret");
        assertEquals(askedOther.length, 1);
        assertEquals(/secret|authorization|cookie/i.test(askedOther[0]), false, askedOther[0]);
        assertStringIncludes(askedOther[0], "X-Plain: yes\r\n");
      },
    );
  });
});

Deno.test("line breaks in what a script gives make no further headers", async () => {
  const OK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  await withServer((connection) => send(connection, OK), async (port, asked) => {
    const net = [`127.0.0.1:${port}`];
    await wget([`http://127.0.0.1:${port}/a\r\nEvil: 1\r\n\r\n`], net);
    await wget(["-U", "x\r\nEvil: 1", `http://127.0.0.1:${port}/`], net);
    await wget(["--header", "X: y\nEvil: 1", `http://127.0.0.1:${port}/`], net);
    assertEquals(asked.length, 3);
    for (const request of asked) assertEquals(/^Evil/m.test(request), false, request);
  });
});

Deno.test("a head without end is no answer", async () => {
  const heads: readonly (readonly [string, string])[] = [
    ["", "x".repeat(65536)],
    ["HTTP/1.1 200 OK\r\n", "x".repeat(65536)],
    ["HTTP/1.1 200 OK\r\n", `${"n".repeat(60)}: v\r\n`.repeat(1000)],
    ["", "HTTP/1.1 100 Continue\r\n\r\n".repeat(1000)],
  ];
  for (const [start, more] of heads) {
    await withServer(async (connection) => {
      await send(connection, start);
      for (let i = 0; i < 2000; i++) await send(connection, more);
    }, async (port) => {
      const began = performance.now();
      const { code, stderr } = await wget([`http://127.0.0.1:${port}/`], [`127.0.0.1:${port}`]);
      assertEquals(code, 1);
      assert(stderr.startsWith("wget: "), stderr);
      assert(performance.now() - began < 15_000);
    });
  }
});

Deno.test("lengths that are not true are told", async () => {
  const answers: readonly (readonly [string, number, string, string])[] = [
    ["Content-Length: 10\r\n\r\nabc", 1, "abc", "connection closed prematurely"],
    ["Transfer-Encoding: chunked\r\n\r\n5\r\nab", 1, "ab", "connection closed prematurely"],
    ["Transfer-Encoding: chunked\r\n\r\n-5\r\nab", 1, "", "can't parse chunk length"],
    ["Transfer-Encoding: chunked\r\n\r\nzz\r\nab", 1, "", "can't parse chunk length"],
    ["Content-Length: 2\r\n\r\nabcdef", 0, "ab", ""],
    ["Content-Length: 99999999999999999999\r\n\r\nabc", 1, "abc", "connection closed prematurely"],
  ];
  for (const [rest, code, stdout, said] of answers) {
    const answer = `HTTP/1.1 200 OK\r\n${rest}`;
    await withServer((connection) => send(connection, answer), async (port) => {
      const got = await wget([`http://127.0.0.1:${port}/`], [`127.0.0.1:${port}`]);
      assertEquals([got.code, got.stdout], [code, stdout], rest);
      assertStringIncludes(got.stderr, said);
    });
  }
});

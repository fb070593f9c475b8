/**
 * The clients of name servers, FTP, TFTP and telnet against small servers on the loopback. Where native
 * busybox is there it talks to the same servers, and must print the same.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { createSocket } from "node:dgram";
import { Sandbox } from "../../mod.ts";
import { findBusybox } from "../../reference/native.ts";

const native = findBusybox();
const encoder = new TextEncoder();
const decoder = new TextDecoder();

interface Shown {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const NET = ["127.0.0.1:*", "127.0.0.77:*", "localhost:*"];

async function ours(argv: string[], stdin = ""): Promise<Shown> {
  await using sandbox = await Sandbox.create({ net: NET, listen: ["0.0.0.0:*", "127.0.0.1:*"] });
  await sandbox.fs.writeFile("/tmp/send", "some data\n");
  const { code, stdoutText, stderrText } = await sandbox.run(argv, {
    cwd: "/tmp",
    stdin,
    timeoutMs: 20_000,
  });
  return { code, stdout: stdoutText, stderr: stderrText };
}

async function theirs(argv: string[], stdin = ""): Promise<Shown> {
  const directory = Deno.makeTempDirSync();
  try {
    Deno.writeTextFileSync(`${directory}/send`, "some data\n");
    const child = new Deno.Command("timeout", {
      args: ["10", native!.path, ...argv],
      cwd: directory,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(encoder.encode(stdin));
    await writer.close();
    const { code, stdout, stderr } = await child.output();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

/** What we print; native must print the same where it is there. */
async function same(argv: string[], stdin = ""): Promise<Shown> {
  const got = await ours(argv, stdin);
  if (native !== undefined) assertEquals(got, await theirs(argv, stdin), argv.join(" "));
  return got;
}

// -- name servers -------------------------------------------------------------------------------

/** Text as the labels of a name. */
function nameBytes(name: string): number[] {
  return [
    ...name.split(".").flatMap((label) => [label.length, ...encoder.encode(label)]),
    0,
  ];
}

const RECORDS: Readonly<Record<string, readonly (readonly [number, readonly number[]])[]>> = {
  "1 host.example": [[5, nameBytes("real.example")], [1, [192, 0, 2, 7]]],
  "28 host.example": [[28, [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5]]],
  "15 host.example": [[15, [0, 10, ...nameBytes("mail.example")]]],
  "2 host.example": [[2, nameBytes("ns.example")]],
  "16 host.example": [[16, [5, ...encoder.encode('v="x"')]]],
  "6 host.example": [[6, [
    ...nameBytes("ns.example"),
    ...nameBytes("root.example"),
    ...[0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5],
  ]]],
  "33 host.example": [[33, [0, 1, 0, 2, 0, 80, ...nameBytes("srv.example")]]],
  "12 7.2.0.192.in-addr.arpa": [[12, nameBytes("host.example")]],
};

/** The answer to a question. */
function answer(query: Uint8Array): Uint8Array {
  let at = 12;
  const labels: string[] = [];
  while (query[at] !== 0) {
    labels.push(decoder.decode(query.subarray(at + 1, at + 1 + query[at])));
    at += 1 + query[at];
  }
  const type = query[at + 1] << 8 | query[at + 2];
  const question = query.subarray(12, at + 5);
  const found = RECORDS[`${type} ${labels.join(".")}`];
  const known = labels.join(".") in { "host.example": 1, "7.2.0.192.in-addr.arpa": 1 };
  const head = [query[0], query[1], 0x81, known ? 0x80 : 0x83, 0, 1, 0, found?.length ?? 0, 0, 0];
  const records = (found ?? []).flatMap((
    [kind, data],
  ) => [0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 60, data.length >> 8, data.length & 255, ...data]);
  return new Uint8Array([...head, 0, 0, ...question, ...records]);
}

/** A name server at 127.0.0.77:53, by UDP and TCP. Undefined without the right to that port. */
async function nameServer(): Promise<(() => Promise<void>) | undefined> {
  const socket = createSocket("udp4");
  const bound = Promise.withResolvers<boolean>();
  socket.on("error", () => bound.resolve(false));
  socket.on("message", (query, from) => socket.send(answer(query), from.port, from.address));
  socket.bind(53, "127.0.0.77", () => bound.resolve(true));
  if (!await bound.promise) return undefined;
  return () => new Promise((resolve) => socket.close(() => resolve()));
}

Deno.test("nslookup asks for every kind of record, and says what native says", async () => {
  const close = await nameServer();
  if (close === undefined) return console.warn("NO PORT 53 HERE: nslookup is not tested");
  try {
    const server = "127.0.0.77";
    for (const type of ["a", "aaaa", "mx", "ns", "txt", "soa", "srv", "ptr", "cname"]) {
      await same(["nslookup", `-type=${type}`, "host.example", server]);
    }
    const both = await same(["nslookup", "host.example", server]);
    assertStringIncludes(both.stdout, "Address: 192.0.2.7\n");
    await same(["nslookup", "192.0.2.7", server]);
    await same(["nslookup", "-type=a", "7.2.0.192.in-addr.arpa", server]);
    await same(["nslookup", "-type=a", "-type=mx", "7.2.0.192.in-addr.arpa", server]);
    await same(["nslookup", "7.2.0.192.in-addr.arpa", server]);
    assertEquals((await same(["nslookup", "nosuch.example", server])).code, 1);
    await same(["nslookup", "-type=mx", "-type=txt", "host.example", server]);
  } finally {
    await close();
  }
  for (const argv of [["nslookup", "-type=zz", "x"], ["nslookup"], ["nslookup", "-z"]]) {
    const [got, want] = [await ours(argv), native && await theirs(argv)];
    if (want !== undefined) assertEquals(got.code, want.code, argv.join(" "));
  }
});

Deno.test("dig asks by TCP, shows all sections, and short answers", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    for await (const connection of listener) {
      const buffer = new Uint8Array(600);
      let length = 0;
      while (length < 2 || length < 2 + (buffer[0] << 8 | buffer[1])) {
        const count = await connection.read(buffer.subarray(length));
        if (count === null) break;
        length += count;
      }
      if (length > 2) {
        const reply = answer(buffer.subarray(2, length));
        await connection.write(new Uint8Array([reply.length >> 8, reply.length & 255, ...reply]));
      }
      connection.close();
    }
  })();
  try {
    const at = ["@127.0.0.1", "-p", String(listener.addr.port), "+tcp"];
    const short = (...rest: string[]) => ours(["dig", ...at, "+short", ...rest]);
    assertEquals(await short("host.example"), {
      code: 0,
      stdout: "real.example.\n192.0.2.7\n",
      stderr: "",
    });
    assertEquals((await short("host.example", "AAAA")).stdout, "2001:db8::5\n");
    assertEquals((await short("-t", "mx", "host.example")).stdout, "10 mail.example.\n");
    assertEquals((await short("-x", "192.0.2.7")).stdout, "host.example.\n");
    assertEquals((await short("host.example", "txt")).stdout, '"v=\\"x\\""\n');
    const full = await ours(["dig", ...at, "host.example"]);
    assertEquals(full.code, 0);
    for (const part of ["status: NOERROR", ";; ANSWER SECTION:", "192.0.2.7", "(TCP)"]) {
      assertStringIncludes(full.stdout, part);
    }
    assertStringIncludes((await ours(["dig", ...at, "nosuch.example"])).stdout, "NXDOMAIN");
    for (const bad of [["-z"], ["+zz"], ["-x", "zz"], ["-t", "zz"], ["-p", "x"], ["-p"]]) {
      assertEquals((await ours(["dig", ...bad])).code, 1, bad.join(" "));
    }
  } finally {
    listener.close();
    await serving.catch(() => {});
  }
});

Deno.test("without a grant a client fails, and its message names the grant", async () => {
  await using sandbox = await Sandbox.create();
  for (
    const argv of [
      ["nslookup", "a.example", "127.0.0.77"],
      ["dig", "@127.0.0.1", "+tcp", "a.example"],
      ["ftpget", "127.0.0.1", "x"],
      ["ftpput", "127.0.0.1", "x", "/etc/hostname"],
      ["tftp", "-g", "-r", "x", "127.0.0.1"],
      ["telnet", "127.0.0.1"],
      ["nc", "127.0.0.1", "7"],
      ["wget", "http://127.0.0.1/"],
    ]
  ) {
    const { code, stderrText } = await sandbox.run(argv, { timeoutMs: 10_000 });
    assertEquals(code === 0, false, argv.join(" "));
    assertStringIncludes(stderrText, "--net", argv.join(" "));
  }
});

// -- FTP ----------------------------------------------------------------------------------------

interface FtpServer {
  readonly port: number;
  readonly stored: Map<string, string>;
  close(): Promise<void>;
}

/** A server that holds one file `f`; `refuses` names commands that it says no to. */
function ftpServer(refuses: readonly string[] = [], user = 331): FtpServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const stored = new Map<string, string>([["f", "0123456789\n"]]);
  const serve = async (control: Deno.Conn): Promise<void> => {
    const say = (line: string) => control.write(encoder.encode(`${line}\r\n`));
    await say("220-two lines");
    await say("220 hello");
    let data: Deno.Listener | undefined;
    let offset = 0;
    let held = "";
    const buffer = new Uint8Array(1000);
    for (
      let count = await control.read(buffer);
      count !== null;
      count = await control.read(buffer)
    ) {
      held += decoder.decode(buffer.subarray(0, count));
      for (let end = held.indexOf("\r\n"); end >= 0; end = held.indexOf("\r\n")) {
        const [verb, word = ""] = held.slice(0, end).split(" ");
        held = held.slice(end + 2);
        if (refuses.includes(verb)) await say("502 no");
        else if (verb === "USER") await say(`${user} name`);
        else if (verb === "PASS") await say(word === "wrong" ? "530 no" : "230 in");
        else if (verb === "TYPE") await say("200 binary");
        else if (verb === "SIZE") await say(`213 ${stored.get(word)?.length ?? 0}`);
        else if (verb === "REST") {
          offset = Number(word);
          await say("350 there");
        } else if (verb === "EPSV" || verb === "PASV") {
          data = Deno.listen({ hostname: "127.0.0.1", port: 0 });
          const { port } = data.addr as Deno.NetAddr;
          // The address of PASV leads elsewhere on purpose: only the port may be used.
          await say(
            verb === "EPSV"
              ? `229 Entering (|||${port}|)`
              : `227 Entering (192,0,2,1,${port >> 8},${port & 255})`,
          );
        } else if (verb === "RETR") {
          const text = stored.get(word);
          if (text === undefined) await say("550 none");
          else {
            await say("150 coming");
            const connection = await data!.accept();
            await connection.write(encoder.encode(text.slice(offset)));
            connection.close();
            await say("226 done");
          }
          data?.close();
        } else if (verb === "STOR") {
          await say("150 send");
          const connection = await data!.accept();
          stored.set(word, await new Response(connection.readable).text());
          await say("226 done");
          data?.close();
        } else await say("500 what");
      }
    }
    control.close();
    try {
      data?.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  };
  const running: Promise<void>[] = [];
  const accepting = (async () => {
    for await (const control of listener) running.push(serve(control).catch(() => {}));
  })();
  return {
    port: (listener.addr as Deno.NetAddr).port,
    stored,
    close: async () => {
      listener.close();
      await accepting.catch(() => {});
      await Promise.all(running);
    },
  };
}

Deno.test("ftpget and ftpput move files, and tell what the server said", async () => {
  const server = ftpServer();
  const port = String(server.port);
  try {
    const get = (...words: string[]) => same(["ftpget", "-P", port, ...words]);
    assertEquals((await get("127.0.0.1", "-", "f")).stdout, "0123456789\n");
    await get("-v", "127.0.0.1", "-", "f");
    assertEquals((await get("127.0.0.1", "-", "nosuch")).code, 1);
    await get("-u", "me", "-p", "wrong", "127.0.0.1", "-", "f");
    await get("-u", "me", "-p", "right", "127.0.0.1", "-", "f");
    assertEquals((await ours(["ftpput", "-P", port, "127.0.0.1", "g", "send"])).code, 0);
    assertEquals(server.stored.get("g"), "some data\n");
    assertEquals((await same(["ftpput", "-P", port, "127.0.0.1", "h", "nosuch"])).code, 1);
    // A port may stand behind the host; -c goes on only with what is there.
    await same(["ftpget", `127.0.0.1:${port}`, "-", "f"]);
    assertEquals((await get("-c", "127.0.0.1", "nosuch", "f")).code, 1);
    await get("-cv", "127.0.0.1", "send", "f");
    await get("-v", "127.0.0.1", "/nx/y", "f");
    await same(["ftpput", "-v", "-P", port, "127.0.0.1", "h", "/"]);
    // It goes on behind what is there.
    await using sandbox = await Sandbox.create({ net: NET });
    await sandbox.fs.writeFile("/tmp/f", "0123");
    const went = await sandbox.run(["ftpget", "-c", "-P", port, "127.0.0.1", "/tmp/f", "f"]);
    assertEquals([went.code, await sandbox.fs.readTextFile("/tmp/f")], [0, "0123456789\n"]);
  } finally {
    await server.close();
  }
});

Deno.test("FTP: a server without EPSV; one that lets nobody in; one that is not there", async () => {
  const passive = ftpServer(["EPSV"]);
  try {
    const argv = ["ftpget", "-P", String(passive.port), "127.0.0.1", "-", "f"];
    assertEquals(await ours(argv), { code: 0, stdout: "0123456789\n", stderr: "" });
  } finally {
    await passive.close();
  }
  for (const server of [ftpServer([], 530), ftpServer(["EPSV", "PASV"]), ftpServer(["USER"])]) {
    try {
      assertEquals(
        (await same(["ftpget", "-P", String(server.port), "127.0.0.1", "-", "f"])).code,
        1,
      );
    } finally {
      await server.close();
    }
  }
  await same(["ftpget", "-P", "1", "127.0.0.1", "-", "f"]);
});

Deno.test("wget fetches by FTP", async () => {
  const server = ftpServer();
  try {
    const url = `ftp://me:right@127.0.0.1:${server.port}/f`;
    assertEquals((await same(["wget", "-q", "-O", "-", url])).stdout, "0123456789\n");
  } finally {
    await server.close();
  }
});

// -- TFTP ---------------------------------------------------------------------------------------

/** A server of RFC 1350 that drops the first packet of each transfer now and then. */
async function tftpServer(): Promise<{ port: number; stored: Map<string, string>; close(): void }> {
  const stored = new Map<string, string>([["f", "x".repeat(512) + "y".repeat(100)], ["e", ""]]);
  const socket = createSocket("udp4");
  const sockets = [socket];
  socket.on("message", (packet, from) => {
    const [name] = decoder.decode(packet.subarray(2)).split("\0");
    const transfer = createSocket("udp4");
    sockets.push(transfer);
    const send = (bytes: Uint8Array) => transfer.send(bytes, from.port, from.address);
    const block = (number: number): Uint8Array =>
      new Uint8Array([
        0,
        3,
        0,
        number,
        ...encoder.encode(stored.get(name)!.slice((number - 1) * 512, number * 512)),
      ]);
    let text = "";
    transfer.on("message", (message) => {
      if (message[1] === 4 && stored.get(name)!.length >= message[3] * 512) {
        send(block(message[3] + 1));
      }
      if (message[1] === 3) {
        text += decoder.decode(message.subarray(4));
        send(new Uint8Array([0, 4, message[2], message[3]]));
        if (message.length < 516) stored.set(name, text);
      }
    });
    transfer.bind(0, "127.0.0.1", () => {
      if (packet[1] === 2) send(new Uint8Array([0, 4, 0, 0]));
      else if (!stored.has(name)) send(new Uint8Array([0, 5, 0, 1, ...encoder.encode("none\0")]));
      else send(block(1));
    });
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", () => resolve()));
  return {
    port: socket.address().port,
    stored,
    close: () => sockets.forEach((each) => each.close()),
  };
}

Deno.test("tftp gets and puts, and tells an error of the server", async () => {
  const server = await tftpServer();
  const port = String(server.port);
  try {
    const text = server.stored.get("f")!;
    assertEquals(await same(["tftp", "-g", "-r", "f", "-l", "-", "127.0.0.1", port]), {
      code: 0,
      stdout: text,
      stderr: "",
    });
    assertEquals((await same(["tftp", "-g", "-r", "e", "-l", "-", "127.0.0.1", port])).stdout, "");
    const none = await same(["tftp", "-g", "-r", "nosuch", "-l", "-", "127.0.0.1", port]);
    assertEquals(none.code, 1);
    const put = ["tftp", "-p", "-l", "send", "-r", "g", "127.0.0.1", port];
    assertEquals((await same(put)).code, 0);
    assertEquals(server.stored.get("g"), "some data\n");
    await same(["tftp", "-p", "-b", "1000", "-l", "send", "-r", "g", "127.0.0.1", port]);
    await same(["tftp", "-g", "-b", "1000", "-r", "f", "-l", "-", "127.0.0.1", port]);
    await same(["tftp", "-g", "-r", "f", "-l", "-", `127.0.0.1:${port}`]);
    for (const size of ["7", "23", "51", "x", "65565"]) {
      await same(["tftp", "-g", "-b", size, "-r", "f", "-l", "-", "127.0.0.1", port]);
    }
    await same(["tftp", "-g", "-r", "f", "-l", "/nx/y", "127.0.0.1", port]);
    await same(["tftp", "-p", "-l", "/", "-r", "g", "127.0.0.1", port]);
    await same(["tftp", "-g", "-r", "f", "127.0.0.1", "x", "y"]);
    assertEquals((await same(["tftp", "-p", "-l", "nosuch", "127.0.0.1", port])).code, 1);
  } finally {
    server.close();
  }
});

// -- telnet and nc ------------------------------------------------------------------------------

Deno.test("telnet refuses options that it does not know, and passes text on", async () => {
  const heard: number[][] = [];
  const answered = Promise.withResolvers<void>();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    for await (const connection of listener) {
      // DO 99, WILL 99, two IAC for one byte 255, then text.
      await connection.write(new Uint8Array([255, 253, 99, 255, 251, 99, 255, 255]));
      await connection.write(encoder.encode("hello\r\n"));
      const buffer = new Uint8Array(100);
      const got: number[] = [];
      const late = setTimeout(() => connection.closeWrite().catch(() => {}), 300);
      for (let n = await connection.read(buffer); n !== null; n = await connection.read(buffer)) {
        got.push(...buffer.subarray(0, n));
        if (got.includes(10) && got.includes(254)) break;
      }
      clearTimeout(late);
      heard.push(got);
      answered.resolve();
      connection.close();
    }
  })();
  try {
    await using sandbox = await Sandbox.create({ net: NET });
    // The end of its input ends it, so the input is held open until the answer is there.
    const typing = (async function* () {
      yield new Uint8Array([...encoder.encode("typed\nx\ry"), 255, 10]);
      await answered.promise;
    })();
    const argv = ["telnet", "127.0.0.1", String(listener.addr.port)];
    const got = await sandbox.run(argv, { stdin: typing, timeoutMs: 10_000 });
    assertStringIncludes(got.stdoutText, "hello");
    // Its end is an end in peace, and what native says of the connection stands behind what came.
    assertEquals([got.code, got.stderrText], [0, ""]);
    assertEquals(got.stdoutText.endsWith("Connected to 127.0.0.1\n"), true);
    assertEquals(heard.length, 1);
    const said = heard[0].join();
    assertStringIncludes(said, "255,252,99"); // WONT
    assertStringIncludes(said, "255,254,99"); // DONT
    assertStringIncludes(said, [...encoder.encode("typed\r\nx\r\ny"), 255, 255, 13, 10].join());
  } finally {
    listener.close();
    await serving.catch(() => {});
  }
});

Deno.test("nc sends its input and shows the answer", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    for await (const connection of listener) {
      const buffer = new Uint8Array(100);
      const count = await connection.read(buffer);
      await connection.write(encoder.encode(`got ${count}\n`));
      connection.close();
    }
  })();
  try {
    const argv = ["nc", "-w", "5", "127.0.0.1", String(listener.addr.port)];
    assertEquals((await same(argv, "12345")).stdout, "got 5\n");
  } finally {
    listener.close();
    await serving.catch(() => {});
  }
  await same(["nc", "127.0.0.1", "1"]);
});

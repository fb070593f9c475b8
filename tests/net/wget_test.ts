/**
 * wget against a server on the loopback: each flag, and answers of all kinds. Where native busybox is
 * there it talks to the same server, and must print, ask and leave behind the same.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { Sandbox } from "../../mod.ts";
import { findBusybox } from "../../reference/native.ts";

const native = findBusybox();
const TEXT = "0123456789abcdef\n";
const decoder = new TextDecoder();

/** What a run did. */
interface Done {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Paths with contents. */
  readonly tree: readonly string[];
  readonly requests: readonly string[];
}

function ok(body: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

const ANSWERS: ReadonlyMap<string, string> = new Map([
  ["/redirect", "HTTP/1.1 302 Found\r\nLocation: /file\r\nContent-Length: 0\r\n\r\n"],
  ["/rel/redirect", "HTTP/1.1 302 Found\r\nLocation: other\r\n\r\n"],
  ["/303", "HTTP/1.1 303 See Other\r\nLocation: /file\r\n\r\n"],
  ["/307", "HTTP/1.1 307 T\r\nLocation: /file\r\n\r\n"],
  ["/noloc", "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"],
  ["/loop", "HTTP/1.1 302 Found\r\nLocation: /loop\r\n\r\n"],
  ["/404", "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno\n"],
  ["/500", "HTTP/1.0 500 Oh\r\n\r\n"],
  ["/204", "HTTP/1.1 204 No Content\r\n\r\n"],
  ["/garbage", "hello\r\n\r\n"],
  ["/empty", ""],
  ["/zero", ok("")],
  ["/nolen", `HTTP/1.0 200 OK\r\n\r\n${TEXT}`],
  ["/short", `HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n${TEXT}`],
  ["/badlen", `HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n${TEXT}`],
  ["/neglen", `HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n${TEXT}`],
  [
    "/chunked",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n",
  ],
  ["/badchunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n"],
  ["/te", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello"],
  ["/100", "HTTP/1.1 100 Continue\r\n\r\n" + ok(TEXT)],
  ["/206", `HTTP/1.1 206 Partial\r\nContent-Length: 5\r\n\r\nabcde`],
  ["/416", `HTTP/1.1 416 Range\r\n\r\n`],
  ["/fold", "HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\nContent-Length: 2\r\n\r\nok"],
  ["/nocolon", "HTTP/1.1 200 OK\r\nrubbish\r\nContent-Length: 2\r\n\r\nok"],
  ["/lf", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok"],
  ["/401", "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n\r\n"],
]);

/** What the server says to a request. */
function answerTo(request: string, port: number): string {
  const path = request.split(" ")[1];
  const range = /Range: bytes=(\d+)-/.exec(request);
  if (path === "/range" && range !== null) {
    const rest = TEXT.slice(Number(range[1]));
    return `HTTP/1.1 206 Partial\r\nContent-Length: ${rest.length}\r\n\r\n${rest}`;
  }
  if (path === "/redirect301") {
    return `HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:${port}/dir/x\r\n\r\n`;
  }
  return ANSWERS.get(path) ?? ok(TEXT);
}

/** Scripts for a server at that host and port. */
function casesAt(place: string): string[] {
  const at = `http://${place}`;
  return [
    `wget ${at}/file`,
    `wget -q ${at}/file`,
    `wget ${at}`,
    `wget ${at}/`,
    `wget ${at}/dir/`,
    `wget ${at}/dir/a?b=c`,
    `wget ${at}/dir/?q`,
    `wget ${at}?q=1`,
    `wget ${at}/file#frag`,
    `wget ${at}/a%20b`,
    `wget -O out ${at}/file`,
    `wget -O - ${at}/file`,
    `wget -q -O- ${at}/file ${at}/chunked`,
    `wget -O out ${at}/file ${at}/chunked`,
    `wget -P foo ${at}/file`,
    `mkdir foo; wget -P foo ${at}/file`,
    `mkdir foo; wget -P foo ${at}/`,
    `mkdir foo; wget -q -O index.html -P foo ${at}/`,
    `wget ${at}/file; wget ${at}/file`,
    `echo old > file; wget -q ${at}/file; cat file`,
    `echo old > out; wget -q -O out ${at}/file`,
    `printf 0123 > range; wget -c ${at}/range`,
    `printf 0123 > file; wget -c ${at}/file`,
    `wget -c ${at}/range`,
    `printf 0123 > o; wget -c -O o ${at}/range`,
    `printf '0123456789abcdef\\n' > 416; wget -c ${at}/416`,
    `wget ${at}/206`,
    `wget -S ${at}/file`,
    `wget -S -q ${at}/file`,
    `wget -S ${at}/redirect`,
    `wget --spider ${at}/file`,
    `wget --spider ${at}/404`,
    `wget -q --spider ${at}/file`,
    `wget --spider -S ${at}/file`,
    `wget --spider ${at}/redirect`,
    `wget -U agent ${at}/file`,
    `wget -U '' ${at}/file`,
    `wget --user-agent=x ${at}/file`,
    `wget --header 'X-A: b' ${at}/file`,
    `wget --header 'X-A: b' --header 'X-C: d' ${at}/file`,
    `wget --header 'User-Agent: z' ${at}/file`,
    `wget --header 'Host: h' ${at}/file`,
    `wget --header 'Connection: keep' ${at}/file`,
    `wget --header 'Range: bytes=3-' ${at}/range`,
    `wget --header 'Content-Type: a/b' --post-data x ${at}/file`,
    `wget --header nocolon ${at}/file`,
    `wget --header 'Authorization: Basic eA==' http://u:p@${place}/file`,
    `wget --post-data 'a=b&c' ${at}/file`,
    `wget --post-data '' ${at}/file`,
    `echo body > p; wget --post-file p ${at}/file -O o`,
    `wget --post-data a ${at}/redirect`,
    `wget --post-data a ${at}/303`,
    `wget --post-data a ${at}/307`,
    `wget -o log ${at}/file; cat log`,
    `wget -o - ${at}/file`,
    `wget -q -o log ${at}/404; cat log`,
    `wget -o /nx/log ${at}/file`,
    `wget -Y off ${at}/file`,
    `wget -Y on ${at}/file`,
    `wget --no-check-certificate ${at}/file`,
    `wget -nv ${at}/file`,
    `wget -nc ${at}/file`,
    `wget -t 1 ${at}/file`,
    `wget --passive-ftp ${at}/file`,
    `wget --no-cache ${at}/file`,
    `wget --no-verbose ${at}/file`,
    `wget --no-clobber ${at}/file`,
    `wget --tries 1 ${at}/file`,
    `wget --quiet ${at}/file`,
    `wget --continue ${at}/file`,
    `wget --output-document=x ${at}/file`,
    `wget --directory-prefix=. ${at}/file`,
    `wget --output-file=l ${at}/file`,
    `wget --proxy off ${at}/file`,
    `wget --timeout 3 ${at}/file`,
    `wget --server-response ${at}/file`,
    `wget http://u:p@${place}/file`,
    `wget http://u%40:p@${place}/file`,
    `wget ${at}/redirect`,
    `wget ${at}/redirect301`,
    `wget ${at}/303`,
    `wget ${at}/307`,
    `wget ${at}/noloc`,
    `wget ${at}/loop`,
    `wget ${at}/404`,
    `wget ${at}/404 ${at}/file`,
    `wget ${at}/500`,
    `wget ${at}/204`,
    `wget ${at}/garbage`,
    `wget ${at}/empty`,
    `wget ${at}/zero`,
    `wget ${at}/nolen`,
    `wget ${at}/short`,
    `wget ${at}/badlen`,
    `wget ${at}/neglen`,
    `wget ${at}/chunked`,
    `wget ${at}/te`,
    `wget ${at}/100`,
    `wget ${at}/fold`,
    `wget ${at}/nocolon`,
    `wget ${at}/lf`,
    `wget ${at}/401`,
    `wget -O /nx/y ${at}/file`,
    `wget -q ${at}/short`,
    `wget ${place}/file`,
    `wget http://127.0.0.1:1/`,
    `wget HTTP://${place}/file`,
    `wget http:///x`,
    `wget http://`,
    `wget ''`,
    `wget`,
    `wget --spider`,
    `wget ftp://127.0.0.1:1/x`,
    `wget http://127.0.0.1:99999/`,
    `wget http://127.0.0.1:x/`,
    `http_proxy=http://127.0.0.1:1 wget -Y off ${at}/file`,
  ];
}

/** A server, and what it was asked since that was last taken. */
class Server {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #serving: Promise<void>;
  #asked: string[] = [];

  constructor() {
    this.#serving = this.#serve();
  }

  get place(): string {
    return `127.0.0.1:${this.#listener.addr.port}`;
  }

  async #serve(): Promise<void> {
    const open: Promise<void>[] = [];
    for await (const connection of this.#listener) open.push(this.#answer(connection));
    await Promise.all(open);
  }

  async #answer(connection: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(65536);
    const asked = this.#asked;
    const index = asked.push("") - 1;
    let request = "";
    try {
      for (;;) {
        const head = request.indexOf("\r\n\r\n");
        const length = Number(/content-length: (\d+)/i.exec(request)?.[1] ?? 0);
        if (head >= 0 && request.length - head - 4 >= length) break;
        const count = await connection.read(buffer);
        if (count === null) break;
        request += decoder.decode(buffer.subarray(0, count));
      }
      asked[index] = request;
      const data = new TextEncoder().encode(answerTo(request, this.#listener.addr.port));
      for (let done = 0; done < data.length;) done += await connection.write(data.subarray(done));
    } catch (error) {
      // The client had heard enough.
      if (
        !(error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset)
      ) throw error;
    } finally {
      connection.close();
    }
  }

  taken(): string[] {
    const asked = this.#asked;
    this.#asked = [];
    return asked;
  }

  async close(): Promise<void> {
    this.#listener.close();
    await this.#serving;
  }
}

function withoutUsage(text: string): string {
  return text.replace(/(BusyBox|capbox) v[^]*/, "USAGE");
}

async function ours(server: Server, script: string): Promise<Done> {
  await using sandbox = await Sandbox.create({ net: ["127.0.0.1:*"] });
  await sandbox.fs.mkdir("/w");
  const { code, stdoutText, stderrText } = await sandbox.run(["sh", "-c", script], {
    cwd: "/w",
    timeoutMs: 20_000,
  });
  const tree: string[] = [];
  const walk = async (path: string): Promise<void> => {
    for (const { name, isDirectory } of await sandbox.fs.readDir(`/w${path}`)) {
      const inner = `${path}/${name}`;
      if (isDirectory) {
        tree.push(`${inner}/`);
        await walk(inner);
      } else tree.push(`${inner}=${await sandbox.fs.readTextFile(`/w${inner}`)}`);
    }
  };
  await walk("");
  tree.sort();
  const requests = server.taken();
  return { code, stdout: stdoutText, stderr: withoutUsage(stderrText), tree, requests };
}

async function theirs(server: Server, script: string): Promise<Done> {
  const directory = Deno.makeTempDirSync();
  try {
    const called = script.replace(/(^|; |:1 )wget/g, `$1"$0" wget`);
    const { code, stdout, stderr } = await new Deno.Command("timeout", {
      args: ["20", native!.path, "sh", "-c", called, native!.path],
      cwd: directory,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
    const tree: string[] = [];
    const walk = (path: string): void => {
      for (const { name, isDirectory } of Deno.readDirSync(directory + path)) {
        const inner = `${path}/${name}`;
        if (isDirectory) {
          tree.push(`${inner}/`);
          walk(inner);
        } else tree.push(`${inner}=${Deno.readTextFileSync(directory + inner)}`);
      }
    };
    walk("");
    tree.sort();
    return {
      code,
      stdout: decoder.decode(stdout),
      stderr: withoutUsage(decoder.decode(stderr)),
      tree,
      requests: server.taken(),
    };
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

Deno.test({
  name: "wget's flags, and answers of all kinds, as native",
  ignore: native === undefined,
  fn: async () => {
    const server = new Server();
    try {
      for (const script of casesAt(server.place)) {
        assertEquals(await ours(server, script), await theirs(server, script), script);
      }
    } finally {
      await server.close();
    }
  },
});

Deno.test("wget: where native sends what no server understands, or takes rubbish for an end", async () => {
  const server = new Server();
  const at = `http://${server.place}`;
  try {
    // A blank would end the request's address.
    const blank = await ours(server, `wget -q '${at}/a b'`);
    assertEquals([blank.code, blank.tree], [0, [`/a b=${TEXT}`]]);
    assertStringIncludes(blank.requests[0], "GET /a%20b HTTP/1.1\r\n");
    // RFC 9110, 10.2.2: a location may be relative to where it was asked for.
    const relative = await ours(server, `wget -q ${at}/rel/redirect`);
    assertEquals([relative.code, relative.requests.length], [0, 2]);
    assertStringIncludes(relative.requests[1], "GET /rel/other HTTP/1.1\r\n");
    // What ends too early is no success.
    const chunk = await ours(server, `wget -q ${at}/badchunk`);
    assertEquals([chunk.code, chunk.stderr], [1, "wget: can't parse chunk length\n"]);
    // The network policy says who is dialled, not the environment.
    const proxy = await ours(server, `http_proxy=http://127.0.0.1:1 wget -q ${at}/file`);
    assertEquals([proxy.code, proxy.tree], [0, [`/file=${TEXT}`]]);
    // Native dies of this flag with a signal.
    const patient = await ours(server, `wget -q -T 5 ${at}/file`);
    assertEquals([patient.code, patient.tree], [0, [`/file=${TEXT}`]]);
    // Nobody is asked before what is to be sent is there.
    const post = await ours(server, `wget -q --post-file nx ${at}/file`);
    assertEquals([post.code, post.tree], [1, []]);
  } finally {
    await server.close();
  }
});

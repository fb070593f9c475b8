import {
  type ByteString,
  type NetConnection,
  O_APPEND,
  O_CREAT,
  O_EXCL,
  O_TRUNC,
  O_WRONLY,
} from "../../sandbox/types.ts";
import { toBytes } from "../../sandbox/bytes.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import { type Applet, type Context, defineApplet, Sink } from "../contract.ts";
import { connectTo } from "../_lib/connect.ts";
import { lastComponent } from "../_lib/path_text.ts";
import { HttpReader } from "./http_reader.ts";
import { openFtp } from "./ftp_source.ts";
import { parseUrl, redirected, type Url } from "./url.ts";

const MOST_REDIRECTS = 15;
/** Statuses that may name another place. */
const REDIRECTS: readonly number[] = [300, 301, 302, 303, 307];
/** Headers that are for one server only. */
const CREDENTIALS = /^(authorization|proxy-authorization|cookie)[ \t]*:/i;

/** Fetches by HTTP, HTTPS and FTP. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "wget",
  usage: "[-cqS] [--spider] [-O FILE] [-o LOGFILE] [--header STR]\n" +
    "\t[--post-data STR | --post-file FILE] [-Y on/off]\n" +
    "\t[--no-check-certificate] [-P DIR] [-U AGENT] URL...",
  about: "Fetch files by HTTP or FTP",
  options: {
    c: { long: "continue", help: "Go on where an earlier one ended" },
    q: { long: "quiet", help: "Say nothing" },
    S: { long: "server-response", help: "Show the server's headers" },
    O: { arg: "FILE", long: "output-document", help: "Save to FILE (- for stdout)" },
    o: { arg: "FILE", long: "output-file", help: "Messages to FILE" },
    P: { arg: "DIR", long: "directory-prefix", help: "Save to DIR" },
    Y: { arg: "on/off", long: "proxy", help: "Taken; there are no proxies here" },
    U: { arg: "STR", long: "user-agent", help: "Name of the browser" },
    t: { arg: "N", long: "tries" },
    header: { arg: "STR", many: true, help: "Add a header 'NAME: VALUE'" },
    "post-data": {
      arg: "STR",
      excludes: ["post-data", "post-file"],
      help: "Send STR by POST",
    },
    spider: { help: "Only see whether it is there" },
    "no-check-certificate": { help: "Taken, but certificates are always checked" },
    T: { arg: "SEC", numeric: true },
    "post-file": { arg: "FILE", excludes: ["post-file"], help: "Send FILE by POST" },
    n: { arg: "X", optional: true, many: true },
    "passive-ftp": {},
    "no-cache": {},
    "no-verbose": {},
    "no-clobber": {},
    "no-host-directories": {},
    "no-parent": {},
  },
  minOperands: 1,
  needs: ["net"],
  async run(ctx) {
    const fetcher = new Fetcher(ctx);
    for (const url of ctx.operands) await fetcher.fetch(url);
  },
});

type WgetContext = Omit<Context, "opts"> & {
  readonly opts: {
    readonly [name: string]: string | number | boolean | readonly string[] | undefined;
  };
};

class Fetcher {
  readonly #timeoutMs: number | undefined;
  #log: Sink | undefined;
  /** The one file of -O, which all URLs go to. */
  #single: Sink | undefined;

  constructor(private readonly ctx: WgetContext) {
    const { opts } = ctx;
    if (opts.T !== undefined) this.#timeoutMs = (opts.T as number) * 1000;
    const log = opts.o as string | undefined;
    if (log === undefined || log === "-") return;
    try {
      this.#log = ctx.sinkOf(ctx.fs.open(log, O_WRONLY | O_CREAT | O_TRUNC, 0o666), log);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      ctx.fail(`can't open '${log}': ${error.reason}`);
    }
  }

  /** Progress, unless -q. */
  #say(text: ByteString): void {
    if (!this.ctx.opts.q) this.#tell(text);
  }

  #tell(text: ByteString): void {
    if (this.#log !== undefined) this.#log.print(text);
    else this.ctx.say(text);
  }

  /** Ends with a message, which goes where all of them go. */
  #fail(message: ByteString): never {
    const { ctx } = this;
    if (this.#log === undefined) return ctx.fail(message);
    this.#log.print(`${ctx.name}: ${message}\n`);
    this.#log.close();
    return ctx.exit(1);
  }

  #valid(url: Url | string): Url {
    return typeof url === "string" ? this.#fail(url) : url;
  }

  async fetch(text: ByteString): Promise<void> {
    const { ctx } = this;
    const { opts } = ctx;
    let url = this.#valid(parseUrl(text));
    let name = (opts.O as string | undefined) ?? fileName(url);
    if (opts.O === undefined && opts.P !== undefined) name = `${opts.P as string}/${name}`;
    const first = url;
    let isSilent = false;
    let offset = 0;
    if (opts.c && name !== "-") offset = ctx.fs.tryStat(name)?.size ?? 0;
    for (let hops = 0;; hops++) {
      if (url.scheme === "ftp") return await this.#ftp(url, name, offset);
      const isForeign = url.scheme !== first.scheme || url.host !== first.host ||
        url.port !== first.port;
      const next = await this.#http(url, name, offset, isForeign, isSilent);
      if (next === undefined) return;
      // Native keeps the address that it has looked up for what leads to the same server.
      isSilent = next.startsWith("/") && !next.startsWith("//");
      if (hops >= MOST_REDIRECTS) return this.#fail("too many redirections");
      // The gate looks at each new address as at the first.
      url = this.#valid(redirected(url, next));
    }
  }

  async #connect(url: Url, isSilent: boolean): Promise<NetConnection> {
    const { ctx } = this;
    // The address of a name is known once it is connected.
    const literal = isLiteral(url.host);
    const place = `Connecting to ${url.host}:${url.port}`;
    if (literal && !isSilent) this.#say(`${place} (${url.host}:${url.port})\n`);
    const connection = await connectTo(ctx, url.host, url.port, {
      tls: url.scheme === "https",
      scheme: url.scheme,
      path: url.path,
      timeoutMs: this.#timeoutMs,
    });
    const { host, port } = connection.remote;
    if (!literal && !isSilent) this.#say(`${place} (${host}:${port})\n`);
    return connection;
  }

  /** One request; gives where it is redirected to. */
  async #http(
    url: Url,
    name: ByteString,
    offset: number,
    isForeign: boolean,
    isSilent: boolean,
  ): Promise<ByteString | undefined> {
    const { ctx } = this;
    const { opts, process } = ctx;
    const connection = await this.#connect(url, isSilent);
    const { file } = connection;
    try {
      await file.write(toBytes(await this.#request(url, offset, isForeign)), process.waiter);
      const reader = new HttpReader(file, process.waiter);
      const status = await this.#status(reader);
      const mayRedirect = REDIRECTS.includes(status.code);
      const partial = status.code === 206 && offset > 0;
      if (!mayRedirect && !partial && status.code !== 200 && status.code !== 204) {
        return this.#fail(`server returned error: ${status.line}`);
      }
      // A restart that the server knows nothing of begins anew.
      if (offset > 0 && status.code === 200) this.#tell(`${ctx.name}: restart failed\n`);
      let size: number | undefined;
      let chunked = false;
      for (;;) {
        const line = await reader.line() ?? "";
        if (opts.S) this.#tell(`  ${line}\n`);
        if (line === "") break;
        const colon = line.indexOf(":");
        if (colon <= 0 || /^[ \t]/.test(line)) return this.#fail(`bad header line: ${line}`);
        const value = line.slice(colon + 1).trim();
        switch (line.slice(0, colon).toLowerCase()) {
          case "location":
            if (mayRedirect) return value;
            break;
          case "content-length":
            if (!/^\d+$/.test(value)) return this.#fail(`content-length ${value} is garbage`);
            size = Number(value);
            break;
          case "transfer-encoding":
            if (value.toLowerCase() !== "chunked") {
              return this.#fail(`transfer encoding '${value}' is not supported`);
            }
            chunked = true;
        }
      }
      if (opts.spider) {
        this.#say("remote file exists\n");
        return undefined;
      }
      if (status.code === 204) size = 0;
      const sink = this.#open(name, partial);
      if (sink === undefined) return undefined;
      let received = partial ? offset : 0;
      await reader.body(size, chunked, (chunk) => {
        received += chunk.length;
        return sink.write(chunk);
      });
      this.#finish(sink, name, received);
      return undefined;
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return this.#fail(error.code === "EPROTO" ? error.reason : `${url.host}: ${error.reason}`);
    } finally {
      file.release();
    }
  }

  async #request(url: Url, offset: number, isForeign: boolean): Promise<string> {
    const { ctx } = this;
    const { opts } = ctx;
    let body: ByteString | undefined = opts["post-data"] as string | undefined;
    const path = opts["post-file"] as string | undefined;
    if (path !== undefined) {
      const source = ctx.open(path) ?? ctx.exit(1);
      body = await source.readAll();
    }
    const given = (opts.header as readonly string[] | undefined) ?? [];
    // Unlike native: who is redirected to somebody else does not tell him a secret.
    const own = isForeign ? given.filter((line) => !CREDENTIALS.test(line)) : given;
    const has = (header: string): boolean =>
      own.some((line) => line.toLowerCase().startsWith(`${header.toLowerCase()}:`));
    const method = body === undefined ? "GET" : "POST";
    const lines = [`${method} ${url.path} HTTP/1.1`];
    const plain = url.port === (url.scheme === "https" ? 443 : 80);
    if (!has("Host")) lines.push(`Host: ${url.host}${plain ? "" : `:${url.port}`}`);
    if (!has("User-Agent")) lines.push(`User-Agent: ${(opts.U as string | undefined) ?? "Wget"}`);
    lines.push("Connection: close");
    if (url.user !== "" && !has("Authorization")) {
      lines.push(`Authorization: Basic ${btoa(url.user)}`);
    }
    if (offset > 0) lines.push(`Range: bytes=${offset}-`);
    lines.push(...own);
    if (body !== undefined) {
      if (!has("Content-Type")) lines.push("Content-Type: application/x-www-form-urlencoded");
      lines.push(`Content-Length: ${body.length}`);
    }
    // A line break in a header would begin another one.
    return lines.map((line) => line.replace(/[\r\n]/g, "")).join("\r\n") + "\r\n\r\n" +
      (body ?? "");
  }

  /** The status line, interim answers passed over. */
  async #status(
    reader: HttpReader,
  ): Promise<{ readonly code: number; readonly line: ByteString }> {
    for (;;) {
      const line = await reader.line();
      const match = /^HTTP\/\d\.\d\s+(\d{3})/.exec(line ?? "");
      if (line === undefined || match === null) return this.#fail("error getting response");
      if (this.ctx.opts.S) this.#tell(`  ${line}\n`);
      const code = Number(match[1]);
      if (code >= 200) return { code, line };
      while (await reader.line()) { /* The headers of an interim answer say nothing. */ }
    }
  }

  async #ftp(url: Url, name: ByteString, offset: number): Promise<void> {
    const { ctx } = this;
    const { opts } = ctx;
    const address = isLiteral(url.host) ? ` (${url.host}:${url.port})` : "";
    this.#say(`Connecting to ${url.host}:${url.port}${address}\n`);
    const source = await openFtp(ctx, url, offset, (line) => {
      if (opts.S) this.#say(`${line}\n`);
    });
    if (opts.spider) {
      source.close();
      this.#say("remote file exists\n");
      return;
    }
    const sink = this.#open(name, source.offset > 0);
    if (sink === undefined) return;
    let received = 0;
    for (;;) {
      const chunk = await source.read();
      if (chunk === undefined) break;
      await sink.write(chunk);
      received += chunk.length;
    }
    await source.finish();
    this.#finish(sink, name, received);
  }

  #open(name: ByteString, append: boolean): Sink | undefined {
    const { ctx } = this;
    if (name === "-") {
      this.#say("writing to stdout\n");
      return ctx.stdout;
    }
    if (this.#single !== undefined) {
      this.#say(`saving to '${name}'\n`);
      return this.#single;
    }
    try {
      // Only with -O is a file replaced that is there already.
      const flags = O_WRONLY | O_CREAT |
        (append ? O_APPEND : ctx.opts.O === undefined && !ctx.opts.c ? O_EXCL : O_TRUNC);
      const sink = ctx.sinkOf(ctx.fs.open(name, flags, 0o666), name);
      if (ctx.opts.O !== undefined) this.#single = sink;
      this.#say(`saving to '${name}'\n`);
      return sink;
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return this.#fail(`can't open '${name}': ${error.reason}`);
    }
  }

  #finish(sink: Sink, name: ByteString, received: number): void {
    const size = received < 100_000 ? String(received) : `${Math.floor(received / 1024)}k`;
    // Native draws its bar on standard error, which is not where -o sends the rest.
    if (received > 0 && this.#log === undefined) {
      this.#say(
        `${lastComponent(name).slice(0, 20).padEnd(20)} 100% |${"*".repeat(32)}| ${
          size.padStart(5)
        }  0:00:00 ETA\n`,
      );
    }
    if (name === "-") {
      this.#say("written to stdout\n");
      return;
    }
    if (sink !== this.#single) sink.close();
    this.#say(`'${name}' saved\n`);
  }
}

function isLiteral(host: ByteString): boolean {
  return /^[0-9.]+$|^\[/.test(host);
}

/** What follows the last slash, with its query, as native takes it. */
function fileName(url: Url): ByteString {
  const name = url.rawPath.slice(url.rawPath.lastIndexOf("/") + 1);
  return name === "" || name === "." || name === ".." ? "index.html" : name;
}

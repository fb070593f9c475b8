/**
 * One request and its answer. Only what lies below the directory that is served can be reached.
 *
 * @module
 */
import {
  type ByteString,
  type Directory,
  type OpenFile,
  type Process,
  S_IFDIR,
  S_IFMT,
  S_IFREG,
  type Stat,
} from "../../sandbox/types.ts";
import { toBytes, toByteString } from "../../sandbox/bytes.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import { crypt } from "../_lib/crypt.ts";
import { strftime } from "../_lib/strftime.ts";
import { calendarTime, UTC } from "../_lib/time.ts";
import { runCgi } from "./cgi.ts";
import { type HttpConfig, innerConfig, isAllowed, readConfig } from "./config.ts";

/** Lines of a header, and bytes of one, that are taken. */
const MOST_LINES = 256;
const LONGEST_LINE = 8192;

const REASONS = new Map<number, readonly [string, string]>([
  [302, ["Found", ""]],
  [400, ["Bad Request", "Unsupported method"]],
  [401, ["Unauthorized", ""]],
  [403, ["Forbidden", ""]],
  [404, ["Not Found", "The requested URL was not found"]],
  [501, ["Not Implemented", "The requested method is not recognized"]],
]);

/** Who asks, and who is told. */
export interface Exchange {
  readonly input: OpenFile;
  readonly output: OpenFile;
  readonly peer?: { readonly host: ByteString; readonly port: number };
  /** Tells what is asked, or what is answered. */
  readonly tell: (level: number, text: ByteString) => void;
}

/** What was asked. */
interface Request {
  readonly method: ByteString;
  /** Below the home directory, without a slash before it; one at its end stays. */
  readonly path: ByteString;
  readonly query: ByteString | undefined;
  readonly headers: readonly (readonly [name: ByteString, value: ByteString])[];
  readonly header: (name: ByteString) => ByteString | undefined;
}

/** Headers that are the server's own business. */
const OWN = new Set(["authorization", "accept-encoding", "range"]);

/** Reads a request from `input` and writes the answer to `output`. */
export async function answerRequest(
  process: Process,
  general: HttpConfig,
  exchange: Exchange,
): Promise<void> {
  const { input, output, peer, tell } = exchange;
  let config = general;
  const home = process.fs.openDirectory(".").confined();
  const refuse = async (code: number, extra = ""): Promise<void> => {
    tell(1, `response:${code}`);
    const [reason, detail] = REASONS.get(code)!;
    const head = `HTTP/1.1 ${code} ${reason}\r\nDate: ${now(process)}\r\nConnection: close\r\n` +
      `Content-type: text/html\r\n${extra}\r\n`;
    await output.write(toBytes(head), process.waiter);
    if (code === 302) return;
    const page = errorPage(home, config.errors.get(code));
    if (page !== undefined) {
      try {
        return await copyFile(process, page, output, 0, page.stat().size);
      } finally {
        page.release();
      }
    }
    const text = `<HTML><HEAD><TITLE>${code} ${reason}</TITLE></HEAD>\n` +
      `<BODY><H1>${code} ${reason}</H1>\n${detail}\n</BODY></HTML>\n`;
    await output.write(toBytes(text), process.waiter);
  };
  if (!isAllowed(config, peer?.host ?? "")) return await refuse(403);
  const request = await readRequest(process, input);
  if (request === undefined) return;
  if (request === "bad") return await refuse(400);
  const { method, path, header } = request;
  tell(2, `url:/${path}`);
  // Each directory on the way may have rules of its own.
  for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) {
    const folder = path.slice(0, at);
    const text = readText(home, `${folder}/httpd.conf`);
    if (text === undefined) continue;
    config = innerConfig(config);
    readConfig(config, text, `/${folder}`, (line) => {
      tell(0, `config error '${line}' in '${folder}/httpd.conf'`);
    });
    if (!isAllowed(config, peer?.host ?? "")) return await refuse(403);
  }
  const user = authorized(config, `/${path}`, header("authorization"));
  if (user === null) {
    return await refuse(401, `WWW-Authenticate: Basic realm="${config.realm}"\r\n`);
  }
  if (path === "httpd.conf" || path.endsWith("/httpd.conf")) return await refuse(403);
  const stat = statOf(home, path);
  const isDirectory = stat !== undefined && (stat.mode & S_IFMT) === S_IFDIR;
  if (isDirectory && path !== "" && !path.endsWith("/")) {
    return await refuse(302, `Location: /${path}/\r\n`);
  }
  const run = async (script: ByteString, info: ByteString): Promise<void> => {
    if (method !== "GET" && method !== "HEAD" && method !== "POST") return await refuse(501);
    const text = header("content-length");
    const length = method === "POST" && text !== undefined ? Number(text) : undefined;
    if (length !== undefined && !/^\d{1,15}$/.test(text!)) return await refuse(400);
    const asked = {
      method,
      path: `/${path}`,
      query: request.query,
      script: `/${script}`,
      info,
      headers: request.headers.filter(([name]) => {
        const key = name.toLowerCase();
        return !OWN.has(key) && key !== "content-type" &&
          (length === undefined || key !== "content-length");
      }),
      contentType: header("content-type"),
      length,
      user,
      peer,
      interpreter: config.interpreters.get(/\.[^./]*$/.exec(script)?.[0] ?? ""),
    };
    await runCgi(process, asked, input, output);
  };
  if (path.startsWith("cgi-bin/")) {
    if (path === "cgi-bin/") return await refuse(403);
    if (!isDirectory) {
      const script = scriptOf(home, path);
      const isRun = script !== undefined &&
        (config.interpreters.has(/\.[^./]*$/.exec(script)?.[0] ?? "") ||
          process.fs.access(`./${script}`, 1));
      if (!isRun) return await refuse(404);
      return await run(script, path.slice(script.length));
    }
  }
  if (
    !isDirectory && stat !== undefined && config.interpreters.has(/\.[^./]*$/.exec(path)?.[0] ?? "")
  ) {
    return await run(path, "");
  }
  const name = path === "" || path.endsWith("/") ? `${path}${config.index}` : path;
  let file = openFile(home, name);
  if (file === undefined && name !== path && process.fs.access("./cgi-bin/index.cgi", 1)) {
    return await run("cgi-bin/index.cgi", "");
  }
  if (method === "POST") {
    file?.release();
    return await refuse(501);
  }
  if (file === undefined) return await refuse(404);
  // Native looks for the file first.
  if (method !== "GET" && method !== "HEAD") {
    file.release();
    return await refuse(501);
  }
  let packed: OpenFile | undefined;
  if (acceptsGzip(header("accept-encoding"))) packed = openFile(home, `${name}.gz`);
  if (packed !== undefined) {
    file.release();
    file = packed;
  }
  try {
    await sendFile(process, output, file, file.stat(), {
      type: config.types.get(/\.[^./]*$/.exec(name)?.[0] ?? ""),
      range: packed === undefined ? header("range") : undefined,
      isPacked: packed !== undefined,
      tell,
    });
  } finally {
    file.release();
  }
}

/** Reads the first line and the header; `bad` for what is no request, undefined when none came. */
async function readRequest(
  process: Process,
  input: OpenFile,
): Promise<Request | "bad" | undefined> {
  const line = async (): Promise<ByteString | undefined> => {
    const bytes = await input.readUntil(10, LONGEST_LINE, process.waiter);
    return bytes === undefined ? undefined : toByteString(bytes).replace(/\r?\n$/, "");
  };
  const first = await line();
  if (first === undefined || first === "") return undefined;
  const match = /^([^ ]*) (\/[^ ]*) HTTP\//.exec(first);
  const headers: (readonly [ByteString, ByteString])[] = [];
  for (let i = 0; i < MOST_LINES; i++) {
    const text = await line();
    if (text === undefined || text === "") break;
    const colon = text.indexOf(":");
    if (colon > 0) headers.push([text.slice(0, colon), text.slice(colon + 1).trim()]);
  }
  if (match === null) return "bad";
  const path = localPath(match[2]);
  if (path === undefined) return "bad";
  const question = match[2].indexOf("?");
  return {
    method: match[1].toUpperCase(),
    path,
    query: question < 0 ? undefined : match[2].slice(question + 1),
    headers,
    header: (name) => headers.findLast(([key]) => key.toLowerCase() === name)?.[1],
  };
}

/** The program of a path in cgi-bin: the first part of it that is a regular file. */
function scriptOf(home: Directory, path: ByteString): ByteString | undefined {
  for (let at = path.indexOf("/", "cgi-bin/".length);; at = path.indexOf("/", at + 1)) {
    const part = at < 0 ? path : path.slice(0, at);
    const stat = statOf(home, part);
    if (stat === undefined) return undefined;
    if ((stat.mode & S_IFMT) === S_IFREG) return part;
    if (at < 0) return undefined;
  }
}

/** `gzip` among the encodings, unless its weight is 0. */
function acceptsGzip(header: ByteString | undefined): boolean {
  const at = header?.toLowerCase().match(/(?:^|[ ,])gzip([^,]*)/);
  return at !== null && at !== undefined && !/;\s*q=0(?:\.0*)?\s*$/.test(at[1]);
}

function statOf(home: Directory, path: ByteString): Stat | undefined {
  try {
    return home.statAt(path === "" ? "." : path);
  } catch (error) {
    if (!isVfsError(error)) throw error;
    return undefined;
  }
}

/** A regular file below the home directory. */
function openFile(home: Directory, path: ByteString): OpenFile | undefined {
  let file: OpenFile;
  try {
    file = home.openAt(path, 0);
  } catch (error) {
    if (!isVfsError(error)) throw error;
    return undefined;
  }
  if ((file.stat().mode & S_IFMT) === S_IFREG) return file;
  file.release();
  return undefined;
}

function errorPage(home: Directory, path: ByteString | undefined): OpenFile | undefined {
  return path === undefined ? undefined : openFile(home, path.replace(/^\/+/, ""));
}

const LONGEST_CONFIG = 1 << 16;

function readText(home: Directory, path: ByteString): ByteString | undefined {
  const file = openFile(home, path);
  if (file === undefined) return undefined;
  try {
    const buffer = new Uint8Array(Math.min(LONGEST_CONFIG, file.stat().size));
    return toByteString(buffer.subarray(0, file.pread(buffer, 0)));
  } finally {
    file.release();
  }
}

async function sendFile(
  process: Process,
  output: OpenFile,
  file: OpenFile,
  stat: Stat,
  option: {
    readonly type: ByteString | undefined;
    readonly range: ByteString | undefined;
    readonly isPacked: boolean;
    readonly tell: (level: number, text: ByteString) => void;
  },
): Promise<void> {
  const range = /^bytes=(\d+)-(\d*)$/.exec(option.range ?? "");
  let from = 0;
  let to = stat.size;
  if (range !== null && Number(range[1]) < stat.size) {
    from = Number(range[1]);
    if (range[2] !== "") to = Math.max(from, Math.min(stat.size, Number(range[2]) + 1));
  }
  const partial = from > 0 || to < stat.size;
  const seconds = Number(stat.mtimeNs / 1000000000n);
  option.tell(1, `response:${partial ? 206 : 200}`);
  let head = `HTTP/1.1 ${partial ? "206 Partial Content" : "200 OK"}\r\nDate: ${now(process)}\r\n` +
    "Connection: close\r\n";
  if (option.type !== undefined) head += `Content-type: ${option.type}\r\n`;
  if (partial) head += `Content-Range: bytes ${from}-${to - 1}/${stat.size}\r\n`;
  head += `Accept-Ranges: bytes\r\nLast-Modified: ${httpDate(seconds)}\r\n` +
    `ETag: "${seconds.toString(16)}-${stat.size.toString(16)}"\r\nContent-Length: ${to - from}\r\n${
      option.isPacked ? "Content-Encoding: gzip\r\n" : ""
    }\r\n`;
  await output.write(toBytes(head), process.waiter);
  // Native sends the contents for HEAD too.
  await copyFile(process, file, output, from, to);
}

async function copyFile(
  process: Process,
  file: OpenFile,
  output: OpenFile,
  start: number,
  to: number,
): Promise<void> {
  let from = start;
  while (from < to) {
    const chunk = new Uint8Array(Math.min(65536, to - from));
    const count = file.pread(chunk, from);
    if (count === 0) return;
    from += count;
    await output.write(chunk.subarray(0, count), process.waiter);
    const pause = process.tick(1 + (count >> 6));
    if (pause !== undefined) await pause;
  }
}

/** A path that leads nowhere: no name is that long. */
const HIDDEN = "x".repeat(300);

/** A URL's path below the home directory; undefined when it leads above it or is badly written. */
function localPath(url: ByteString): ByteString | undefined {
  const given = url.split("?", 1)[0];
  if (/%(?![0-9a-fA-F]{2})/.test(given)) return undefined;
  // A slash or NUL that was hidden is part of no name there is.
  if (/%(?:00|2f)/i.test(given)) return HIDDEN;
  const parts: ByteString[] = [];
  const words = given.slice(1).split("/").map((part) =>
    part.replace(/%([0-9a-fA-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)))
  ).join("/").split("/");
  for (const part of words) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  const path = parts.join("/");
  const last = words[words.length - 1];
  return path !== "" && (last === "" || last === "." || last === "..") ? `${path}/` : path;
}

/** The user, undefined where none is needed, or null when it is not allowed. */
function authorized(
  config: HttpConfig,
  path: ByteString,
  header: ByteString | undefined,
): ByteString | undefined | null {
  const rules = config.passwords.filter((rule) =>
    rule.path === "/" || path === rule.path || path.startsWith(`${rule.path.replace(/\/$/, "")}/`)
  );
  if (rules.length === 0) return undefined;
  const longest = Math.max(...rules.map((rule) => rule.path.length));
  const given = /^Basic\s+([A-Za-z0-9+/=]+)$/i.exec(header ?? "");
  if (given === null) return null;
  let pair: string;
  try {
    pair = atob(given[1]);
  } catch {
    // What is not base64 is no password.
    return null;
  }
  const colon = pair.indexOf(":");
  const user = pair.slice(0, colon);
  const password = pair.slice(colon + 1);
  const isRight = rules.some((rule) =>
    rule.path.length === longest && rule.user === user &&
    (rule.password[0] === "$"
      ? crypt(toBytes(password), rule.password) === rule.password
      : rule.password === password)
  );
  return isRight ? user : null;
}

function now(process: Process): string {
  return httpDate(Math.floor(process.clock.nowMs() / 1000));
}

function httpDate(seconds: number): string {
  return strftime("%a, %d %b %Y %H:%M:%S GMT", calendarTime(seconds, UTC), seconds);
}

/**
 * One request and its answer. Only what lies below the directory that is served can be reached.
 *
 * @module
 */
import {
  type ByteString,
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
import type { HttpConfig } from "./config.ts";

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

/** Reads a request from `input` and writes the answer to `output`. */
export async function answerRequest(
  process: Process,
  config: HttpConfig,
  input: OpenFile,
  output: OpenFile,
): Promise<void> {
  const line = async (): Promise<ByteString | undefined> => {
    const bytes = await input.readUntil(10, LONGEST_LINE, process.waiter);
    return bytes === undefined ? undefined : toByteString(bytes).replace(/\r?\n$/, "");
  };
  const write = async (text: ByteString): Promise<void> =>
    await output.write(toBytes(text), process.waiter);
  const refuse = async (code: number, extra = ""): Promise<void> => {
    const [reason, detail] = REASONS.get(code)!;
    let text = `HTTP/1.1 ${code} ${reason}\r\nDate: ${now(process)}\r\nConnection: close\r\n` +
      `Content-type: text/html\r\n${extra}\r\n`;
    if (code !== 302) {
      text += `<HTML><HEAD><TITLE>${code} ${reason}</TITLE></HEAD>\n` +
        `<BODY><H1>${code} ${reason}</H1>\n${detail}\n</BODY></HTML>\n`;
    }
    await write(text);
  };
  const request = await line();
  if (request === undefined) return;
  const match = /^(\S+) (\/\S*)(?: HTTP\/\d\.\d)?$/.exec(request);
  const headers = new Map<string, ByteString>();
  for (let i = 0; i < MOST_LINES; i++) {
    const text = await line();
    if (text === undefined || text === "") break;
    const colon = text.indexOf(":");
    if (colon > 0) headers.set(text.slice(0, colon).toLowerCase(), text.slice(colon + 1).trim());
  }
  if (match === null) return await refuse(400);
  if (match[1] !== "GET" && match[1] !== "HEAD") return await refuse(501);
  const path = localPath(match[2]);
  if (path === undefined) return await refuse(400);
  if (!authorized(config, `/${path}`, headers.get("authorization"))) {
    return await refuse(401, `WWW-Authenticate: Basic realm="${config.realm}"\r\n`);
  }
  let file: OpenFile;
  let stat: Stat;
  let name = path;
  try {
    const root = process.fs.openDirectory(".").confined();
    stat = root.statAt(name === "" ? "." : name);
    if ((stat.mode & S_IFMT) === S_IFDIR) {
      const target = match[2].split("?", 1)[0];
      if (!target.endsWith("/")) return await refuse(302, `Location: ${target}/\r\n`);
      name = `${path}${path === "" || path.endsWith("/") ? "" : "/"}${config.index}`;
    }
    file = root.openAt(name, 0);
    stat = file.stat();
    if ((stat.mode & S_IFMT) !== S_IFREG) {
      file.release();
      return await refuse(404);
    }
  } catch (error) {
    if (!isVfsError(error)) throw error;
    return await refuse(404);
  }
  try {
    await sendFile(process, output, file, stat, {
      type: config.types.get(/\.[^./]*$/.exec(name)?.[0] ?? ""),
      range: headers.get("range"),
      head: match[1] === "HEAD",
    });
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
    readonly head: boolean;
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
  let head = `HTTP/1.1 ${partial ? "206 Partial Content" : "200 OK"}\r\nDate: ${now(process)}\r\n` +
    "Connection: close\r\n";
  if (option.type !== undefined) head += `Content-type: ${option.type}\r\n`;
  if (partial) head += `Content-Range: bytes ${from}-${to - 1}/${stat.size}\r\n`;
  head += `Accept-Ranges: bytes\r\nLast-Modified: ${httpDate(seconds)}\r\n` +
    `ETag: "${seconds.toString(16)}-${stat.size.toString(16)}"\r\nContent-Length: ${
      to - from
    }\r\n\r\n`;
  await output.write(toBytes(head), process.waiter);
  if (option.head) return;
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

/** A URL's path below the home directory; undefined when it leads above it. */
function localPath(url: ByteString): ByteString | undefined {
  const path = url.split(/[?#]/, 1)[0].replace(
    /%([0-9a-fA-F]{2})/g,
    (_, hex) => String.fromCharCode(parseInt(hex, 16)),
  );
  if (path.includes("\0")) return undefined;
  const parts: ByteString[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join("/");
}

function authorized(
  config: HttpConfig,
  path: ByteString,
  header: ByteString | undefined,
): boolean {
  const rules = config.passwords.filter((rule) =>
    rule.path === "/" || path === rule.path || path.startsWith(`${rule.path.replace(/\/$/, "")}/`)
  );
  if (rules.length === 0) return true;
  const longest = Math.max(...rules.map((rule) => rule.path.length));
  const given = /^Basic\s+([A-Za-z0-9+/=]+)$/i.exec(header ?? "");
  if (given === null) return false;
  let pair: string;
  try {
    pair = atob(given[1]);
  } catch {
    // What is not base64 is no password.
    return false;
  }
  const colon = pair.indexOf(":");
  const user = pair.slice(0, colon);
  const password = pair.slice(colon + 1);
  return rules.some((rule) =>
    rule.path.length === longest && rule.user === user &&
    (rule.password[0] === "$"
      ? crypt(toBytes(password), rule.password) === rule.password
      : rule.password === password)
  );
}

function now(process: Process): string {
  return httpDate(Math.floor(process.clock.nowMs() / 1000));
}

function httpDate(seconds: number): string {
  return strftime("%a, %d %b %Y %H:%M:%S GMT", calendarTime(seconds, UTC), seconds);
}

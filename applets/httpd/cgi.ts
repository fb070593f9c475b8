/**
 * Programs behind the server (CGI/1.1, RFC 3875): what is executable in `/cgi-bin`, and files whose
 * extension has an interpreter. They run as children of the server, through the sandbox's own table.
 *
 * @module
 */
import type { ByteString, Environment, OpenFile, Process } from "../../sandbox/types.ts";
import { concatBytes, toBytes, toByteString } from "../../sandbox/bytes.ts";
import { isVfsError } from "../../sandbox/errors.ts";

/** What a program is told of a request. */
export interface CgiRequest {
  readonly method: ByteString;
  /** Path as it was understood, and what comes after its question mark. */
  readonly path: ByteString;
  readonly query: ByteString | undefined;
  /** The program's own path, with a slash before it. */
  readonly script: ByteString;
  /** What of the path comes after it. */
  readonly info: ByteString;
  readonly headers: readonly (readonly [name: ByteString, value: ByteString])[];
  readonly contentType: ByteString | undefined;
  /** Bytes of the body. */
  readonly length: number | undefined;
  readonly user: ByteString | undefined;
  readonly peer: { readonly host: ByteString; readonly port: number } | undefined;
  /** The program that runs the file, if not it itself. */
  readonly interpreter: ByteString | undefined;
}

/** Bytes of output that may tell what kind of answer it is. */
const LONGEST_START = 8;
const CHUNK = 65536;

function environmentOf(process: Process, request: CgiRequest): Environment {
  const env = new Map(process.env);
  const { query, path, user, peer } = request;
  env.set("PATH_INFO", request.info);
  env.set("REQUEST_METHOD", request.method);
  env.set("REQUEST_URI", query === undefined ? path : `${path}?${query}`);
  env.set("SCRIPT_NAME", request.script);
  env.set("QUERY_STRING", query ?? "");
  env.set("SERVER_SOFTWARE", "busybox httpd/1.35.0");
  env.set("SERVER_PROTOCOL", "HTTP/1.1");
  env.set("GATEWAY_INTERFACE", "CGI/1.1");
  env.set("REMOTE_ADDR", peer?.host ?? "");
  if (peer !== undefined) env.set("REMOTE_PORT", String(peer.port));
  for (const [name, value] of request.headers) {
    env.set(`HTTP_${name.toUpperCase().replace(/[^A-Z0-9]/g, "_")}`, value);
  }
  if (request.length !== undefined) env.set("CONTENT_LENGTH", String(request.length));
  if (request.contentType !== undefined) env.set("CONTENT_TYPE", request.contentType);
  if (user !== undefined) {
    env.set("REMOTE_USER", user);
    env.set("AUTH_TYPE", "Basic");
  }
  return env;
}

/** Runs the program of a request: the body goes to it, and what it prints is the answer. */
export async function runCgi(
  process: Process,
  request: CgiRequest,
  input: OpenFile,
  output: OpenFile,
): Promise<void> {
  const slash = request.script.lastIndexOf("/");
  const folder = `.${request.script.slice(0, slash + 1)}`;
  const name = request.script.slice(slash + 1);
  const body = process.pipe();
  const answer = process.pipe();
  try {
    const { interpreter } = request;
    const child = process.spawn(interpreter === undefined ? [name] : [interpreter, name], {
      file: interpreter ?? `./${name}`,
      cwd: folder,
      env: environmentOf(process, request),
      fds: new Map([[0, body.read], [1, answer.write], [2, process.fd(2) ?? answer.write]]),
      resetSignals: true,
    });
    body.read.release();
    answer.write.release();
    const sending = sendBody(process, input, body.write, request.length ?? 0);
    await copyAnswer(process, answer.read, output);
    await sending;
    await child.wait();
  } catch (error) {
    // What cannot be started says nothing, as native's child that fails to execute.
    if (!isVfsError(error)) throw error;
  } finally {
    for (const file of [answer.read, body.write]) file.release();
  }
}

/** Gives the program what comes after the header, and then the end. */
async function sendBody(
  process: Process,
  input: OpenFile,
  output: OpenFile,
  length: number,
): Promise<void> {
  try {
    for (let left = length; left > 0;) {
      const chunk = await input.read(Math.min(left, CHUNK), process.waiter);
      if (chunk === undefined) break;
      left -= chunk.length;
      await output.write(chunk, process.waiter);
    }
  } catch (error) {
    // A program need not read its input.
    if (!isVfsError(error)) throw error;
  } finally {
    output.release();
  }
}

/** The program's output; its first bytes say whether it begins with a line of status. */
async function copyAnswer(process: Process, from: OpenFile, to: OpenFile): Promise<void> {
  let start: Uint8Array = new Uint8Array(0);
  let isStarted = false;
  for (;;) {
    const chunk = await from.read(CHUNK, process.waiter);
    if (isStarted) {
      if (chunk === undefined) return;
      await to.write(chunk, process.waiter);
      continue;
    }
    if (chunk !== undefined) start = concatBytes([start, chunk]);
    if (chunk !== undefined && start.length < LONGEST_START) continue;
    if (start.length === 0) return;
    isStarted = true;
    const text = toByteString(start.subarray(0, LONGEST_START));
    if (text.startsWith("Status: ")) {
      await to.write(toBytes("HTTP/1.1 "), process.waiter);
      start = start.subarray(LONGEST_START);
    } else if (!text.startsWith("HTTP")) {
      await to.write(toBytes("HTTP/1.1 200 OK\r\n"), process.waiter);
    }
    if (start.length > 0) await to.write(start, process.waiter);
    if (chunk === undefined) return;
  }
}

/**
 * Targets of formats and of what networks send: archives, patches, answers of web and name servers,
 * frames of the protocol, policies.
 *
 * @module
 */
import { parseDns, reverseName } from "../../applets/_lib/dns.ts";
import { HttpReader } from "../../applets/wget/http_reader.ts";
import { parseUrl, redirected } from "../../applets/wget/url.ts";
import { createPolicy, type PolicyInput } from "../../sandbox/caps/policy.ts";
import {
  canonicalHost,
  isIpLiteral,
  isPublicAddress,
  parseNetRule,
  ruleAllows,
} from "../../sandbox/caps/net_policy.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import {
  decodeControl,
  decodeCredit,
  encodeControl,
  encodeCredit,
  encodeFrame,
  type Frame,
  FrameReader,
  KIND,
  ProtocolError,
} from "../../sandbox/protocol/frames.ts";
import { Fields, readPolicyMessage } from "../../sandbox/protocol/messages.ts";
import { CliError } from "../../sandbox/session/cli_types.ts";
import { parseCli } from "../../sandbox/session/cli_options.ts";
import type { OpenFile, Waiter } from "../../sandbox/types.ts";
import { makeCpio } from "../../tests/archive/make_cpio.ts";
import { makeTar } from "../../tests/archive/make_tar.ts";
import { makeZip } from "../../tests/archive/make_zip.ts";
import { bytesOf, type Input, latin1, type Pick } from "../input.ts";
import { Finding, type Target } from "../target.ts";

const plain = (data: string): Input => ({ args: [], data });

/** What a value is, for comparing. */
const shown = (value: unknown): string =>
  JSON.stringify(value, (_, each) => each instanceof Map ? [...each] : each);

function expectSame(what: string, a: string, b: string): void {
  if (a !== b) throw new Finding("property", `${what}\n${a.slice(0, 500)}\n${b.slice(0, 500)}`);
}

/** Sizes of pieces that an input arrives in. */
function pieces(data: Uint8Array, pick: Pick): Uint8Array<ArrayBuffer>[] {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const most = [1, 3, 17, 1000][pick(4)];
  for (let at = 0; at < data.length;) {
    const size = 1 + pick(most);
    parts.push(data.slice(at, at + size));
    at += size;
  }
  return parts;
}

// -----------------------------------------------------------------------------------------------
// Archives, compared with native: what it lists, what it makes, what it says of damage.

const TAR = latin1(makeTar([
  { name: "d/", type: "5", mode: 0o755 },
  { name: "d/a", data: "hello" },
  { name: "d/l", type: "2", link: "a" },
  { name: "d/h", type: "1", link: "d/a" },
  { name: "././@LongLink", type: "L", data: "d/long".repeat(20) + "\0" },
  { name: "short", data: "x" },
]));
const CPIO = latin1(makeCpio([
  { name: "d", mode: 0o40755 },
  { name: "d/a", data: "hello" },
  { name: "d/l", mode: 0o120777, data: "a" },
]));
const AR = "!<arch>\n//                                              24        `\n" +
  "long_member_name_here/\n\n" +
  "a/              981173106   0     0     100644  5         `\nhello\n\n" +
  "/0              981173106   0     0     100644  3         `\nabc\n";
const ZIP = latin1(makeZip([
  { name: "d/", method: 0, mode: 0o40755 },
  { name: "d/a", data: "hello" },
  { name: "s", data: "stored", method: 0 },
]));

interface ArchiveKind {
  readonly name: string;
  readonly sample: string;
  readonly argv: readonly (readonly string[])[];
  readonly words: readonly string[];
}

const ARCHIVES: readonly ArchiveKind[] = [
  {
    name: "tar-archive",
    sample: TAR,
    argv: [["tar", "tf", "in"], ["tar", "xf", "in"], ["tar", "xOf", "in"], ["tar", "t"]],
    words: [
      "ustar\0",
      "ustar  \0",
      "0000644\0",
      "00000000005\0",
      "../",
      "/",
      "\0".repeat(512),
      "a\0",
    ],
  },
  {
    name: "cpio-archive",
    sample: CPIO,
    argv: [
      ...[["cpio", "-t", "-F", "in"], ["cpio", "-id", "-F", "in"], ["cpio", "-i", "-F", "in"]],
      ["sh", "-c", "cat in | cpio -idm"],
    ],
    words: ["070701", "070702", "070707", "TRAILER!!!\0", "000081A4", "00000005", "../", "/"],
  },
  {
    name: "ar-archive",
    sample: AR,
    argv: [["ar", "t", "in"], ["ar", "x", "in"], ["ar", "p", "in"], ["ar", "tv", "in"]],
    words: ["!<arch>\n", "`\n", "//", "/0", "/4", "100644  ", "5         ", "a/              "],
  },
  {
    name: "zip-archive",
    sample: ZIP,
    argv: [
      ...[["unzip", "-l", "in"], ["unzip", "-o", "in"], ["unzip", "-p", "in"]],
      ["sh", "-c", "cat in | unzip -o -"],
    ],
    words: ["PK\x03\x04", "PK\x01\x02", "PK\x05\x06", "PK\x07\x08", "\x08\0", "\0\0", "../", "d/"],
  },
];

function archiveTarget({ name, sample, argv, words }: ArchiveKind): Target {
  return {
    name,
    about: `${name.replace("-", " ")}s, damaged, listed and unpacked against native`,
    seeds: argv.map((_, index) => ({ args: [String(index)], data: sample })),
    words,
    // Names that leave the directory are what the tests of escapes are about.
    accepts: ({ args, data }) =>
      args.length === 1 && /^[0-3]$/.test(args[0]) && !/\.\.|(^|\0)\//.test(data),
    command: ({ args }) => ({ argv: argv[Number(args[0])] }),
    tree: true,
    known: (_, native, ours) => {
      if (/set[ug]id|chown|mknod/.test(native.stderr + ours.stderr)) {
        return "no devices and no set-id bits come out of archives (rule 12 of SECURITY.md)";
      }
      if (ours.stderr.includes("overlapped members")) {
        return "members that share bytes are refused (rule 12 of SECURITY.md)";
      }
      const special = (lines: readonly string[] | undefined): boolean =>
        lines?.some((line) => /^[+-][cbps?] |^[+-]\S \S+ [1-7]\d{3}\b/.test(line)) === true;
      return special(native.tree) || special(ours.tree)
        ? "no devices and no set-id bits come out of archives (rule 12 of SECURITY.md)"
        : undefined;
    },
  };
}

const PATCH = "--- a/in\n+++ b/in\n@@ -1,3 +1,4 @@\n a\n-b\n+B\n+x\n c\n";

// -----------------------------------------------------------------------------------------------
// The web

const HTTP = [
  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
  "HTTP/1.0 302 Found\r\nLocation: /x\r\n\r\n",
  "HTTP/1.1 206 Partial\r\nContent-Range: bytes 0-4/5\r\n\r\nhello",
];

/** A file of pieces, as much of one as the reader uses. */
function piecesFile(parts: readonly Uint8Array[]): OpenFile {
  const left = [...parts];
  const read = (most: number): Uint8Array | undefined => {
    const part = left.shift();
    if (part === undefined || part.length <= most) return part;
    left.unshift(part.subarray(most));
    return part.subarray(0, most);
  };
  return { read } as unknown as OpenFile;
}

async function readHttp(parts: readonly Uint8Array[]): Promise<string> {
  const reader = new HttpReader(piecesFile(parts), {} as Waiter);
  const told: unknown[] = [];
  let body = "";
  try {
    let length: number | undefined;
    let chunked = false;
    for (let i = 0; i < 300; i++) {
      const line = await reader.line();
      if (line === undefined || line === "") break;
      told.push(line);
      const match = /^(content-length|transfer-encoding): *(.*)$/i.exec(line);
      if (match?.[1].toLowerCase() === "content-length") length = parseInt(match[2], 10);
      else if (match !== null) chunked = match[2] === "chunked";
    }
    if (length !== undefined && !(length >= 0)) length = undefined;
    await reader.body(length, chunked, (chunk) => {
      body += latin1(chunk);
      if (body.length > 1 << 20) throw new Finding("property", "more body than was sent");
    });
  } catch (error) {
    if (!isVfsError(error)) throw error;
    told.push(error.code, error.message);
  }
  return shown([told, body]);
}

const REQUESTS = [
  "GET /in HTTP/1.0\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
  "HEAD /d/x HTTP/1.0\r\n\r\n",
  "GET /in HTTP/1.0\r\nRange: bytes=1-2\r\n\r\n",
  "POST /in HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc",
];

// -----------------------------------------------------------------------------------------------
// Names

/** An answer of a name server with a compressed name and records of several types. */
const DNS = "\x12\x34\x81\x80\0\x01\0\x04\0\0\0\0" + "\x01a\x02bc\0\0\x01\0\x01" +
  "\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\x01\x02\x03\x04" +
  "\xc0\x0c\0\x05\0\x01\0\0\0\x3c\0\x04\x01x\xc0\x0e" +
  '\xc0\x0c\0\x10\0\x01\0\0\0\x3c\0\x04\x03a"b' +
  "\xc0\x0c\0\x1c\0\x01\0\0\0\x3c\0\x10" + "\0".repeat(15) + "\x01";

// -----------------------------------------------------------------------------------------------

function readFrames(parts: readonly Uint8Array<ArrayBuffer>[]): string {
  const got: unknown[] = [];
  const reader = new FrameReader((frame: Frame) => {
    got.push([frame.kind, frame.channel, frame.id, latin1(frame.body)]);
    try {
      if (frame.kind === KIND.credit) got.push(decodeCredit(frame));
      if (frame.kind === KIND.control) {
        const fields = new Fields(decodeControl(frame));
        got.push(shown(readPolicyMessage(fields, () => {})));
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      got.push(error.message);
    }
  });
  try {
    for (const part of parts) reader.push(part);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    got.push(error.message);
  }
  return shown(got);
}

/** Whether a head says more than its kind may hold: a second reading of the format, by its description. */
function isRefused(bytes: Uint8Array): boolean {
  const most = new Map([[KIND.control, 1 << 24], [KIND.data, 65536], [KIND.end, 0], [
    KIND.credit,
    4,
  ]]);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + 10 <= bytes.length;) {
    const length = view.getUint32(at + 6);
    if (length > (most.get(bytes[at] as 1) ?? -1)) return true;
    at += 10 + length;
  }
  return false;
}

const POLICY = {
  mounts: [{ host: "/tmp", guest: "/w", mode: "ro" }],
  env: { A: "1" },
  net: ["example.com:443", "*.x.org:*", "https://a.b/c"],
  limits: { wallMs: 1000, outputBytes: 10 },
  clock: { frozenMs: 5 },
  cwd: "/w",
  hostname: "h",
  uid: 1,
};

const ADDRESSES = [
  "127.0.0.1",
  "0x7f.1",
  "[::ffff:10.0.0.1]",
  "8.8.8.8",
  "2606:4700::1",
  "localhost",
];

/** Targets of formats. */
export const FORMAT_TARGETS: readonly Target[] = [
  ...ARCHIVES.map(archiveTarget),
  {
    name: "patch-file",
    about: "damaged patches, applied against native",
    seeds: [
      plain(PATCH),
      plain("1,2c1\n< a\n< b\n---\n> x\n"),
      plain(PATCH + PATCH.replaceAll("in", "two")),
    ],
    words: [
      "--- ",
      "+++ ",
      "@@ -1 +1 @@\n",
      "@@ -0,0 +1 @@\n",
      "+a\n",
      "-a\n",
      " a\n",
      "\\ No newline\n",
    ],
    accepts: ({ args, data }) =>
      args.every((arg) => /^-p\d$|^-[RNE]$|^--dry-run$/.test(arg)) && !/\.\.|[ \t]\//.test(data),
    command: ({ args }) => ({
      argv: ["patch", "-p1", "-i", "p", ...args],
      files: { two: "a\nb\nc\n", "orig": "a\nb\nc\n" },
      // The patch comes as `in`, the name of the file that it changes.
      setup: "mkdir b; cp orig b/in; cp in p; cp orig in",
    }),
    tree: true,
    known: (_, native) =>
      native.stderr.includes("Is a directory")
        ? "native leaves a temporary file of a random name beside a directory that it was to change"
        : undefined,
  },
  {
    name: "http-answer",
    about: "answers of web servers read in pieces of any size: the same",
    seeds: HTTP.map(plain),
    words: [
      "\r\n",
      "\n",
      "Content-Length: ",
      "Transfer-Encoding: chunked\r\n",
      "0\r\n",
      "ffffffff\r\n",
    ],
    check: async ({ data }, pick) => {
      const bytes = bytesOf(data);
      const whole = await readHttp([bytes]);
      expectSame("pieces differ", whole, await readHttp(pieces(bytes, pick)));
    },
  },
  {
    name: "http-request",
    about: "requests to httpd in a sandbox: an answer, nothing from outside, no words of ours",
    seeds: REQUESTS.map(plain),
    words: [
      "GET ",
      "POST ",
      "HTTP/1.1\r\n",
      "\r\n\r\n",
      "/../",
      "%2e%2e/",
      "%00",
      "?",
      "Range: bytes=0-",
    ],
    command: ({ args }) => ({
      argv: ["httpd", "-i", "-h", "d", ...args],
      files: { secret: "SECRET" },
      setup: "mkdir -p d/d; echo hello >d/in; echo x >d/d/x; echo i >d/index.html",
    }),
    accepts: ({ args }) => args.length === 0,
    known: (_input, native, ours) => {
      if (ours.stdout.includes("SECRET") || native.stdout.includes("SECRET")) return undefined;
      // What is compared is the status line: dates, and headers that follow the clock, differ.
      const status = (text: string): string => text.split("\r\n", 1)[0];
      return status(native.stdout) === status(ours.stdout) && native.code === ours.code
        ? "only dates or optional headers differ"
        : undefined;
    },
  },
  {
    name: "url",
    about: "addresses and redirections: one line, no control byte, parsed again the same",
    seeds: ["http://a.b/c?d#e", "https://u:p@h:8443/", "//x/y", "../z", "[::1]:80/"].map(plain),
    words: ["http://", "https://", "ftp://", "@", ":", "/", "?", "#", "%0a", "..", "[::1]", "\\"],
    check: ({ data }) => {
      const url = parseUrl(data);
      if (typeof url === "string") return;
      if (/[\x00-\x20\x7f]/.test(url.path)) throw new Finding("property", `path ${url.path}`);
      if (!url.path.startsWith("/")) throw new Finding("property", `path ${url.path}`);
      const again = parseUrl(`${url.scheme}://${url.host}:${url.port}${url.path}`);
      expectSame(
        "not the same again",
        shown({ ...url, user: "", rawPath: url.path }),
        shown(again),
      );
      const next = redirected(url, data);
      if (typeof next !== "string" && /[\x00-\x20\x7f]/.test(next.path)) {
        throw new Finding("property", `redirected to ${next.path}`);
      }
    },
  },
  {
    name: "dns-answer",
    about: "answers of name servers, damaged: undefined or records within their limits",
    seeds: [plain(DNS), plain(DNS.slice(0, 40)), plain(DNS.replace("\x0c", "\x20"))],
    words: ["\xc0\x0c", "\xc0\xff", "\0\x01", "\x3fa", "\0\x0f", "\0\x06", "\0\x21", "\0\x02"],
    check: ({ data }) => {
      const reply = parseDns(bytesOf(data));
      if (reply === undefined) return;
      for (const record of [...reply.answer, ...reply.authority, ...reply.additional]) {
        if (record.name.length > 320) throw new Finding("property", "a name too long");
        if (record.data.length > 70_000) throw new Finding("property", "data too long");
      }
      reverseName(data.slice(0, 60));
    },
  },
  {
    name: "frames",
    about: "frames of the protocol in pieces of any size: the same, or refused in our own words",
    seeds: [
      latin1(encodeFrame(KIND.data, 1, 7, bytesOf("hello"))),
      latin1(encodeCredit(0, 1, 65536)) + latin1(encodeFrame(KIND.end, 2, 1, bytesOf(""))),
      latin1(
        encodeControl(1, { op: "init", limits: {}, mounts: [], env: [], net: [], listen: [] }),
      ),
    ].map(plain),
    words: [
      "\x01\0\0\0\0\x01\0\0\0\x02{}",
      "\x02",
      "\xff\xff\xff\xff",
      '"mounts":[',
      "__proto__",
      "null",
    ],
    check: ({ data }, pick) => {
      const bytes = bytesOf(data);
      const told = readFrames([bytes]);
      expectSame("pieces differ", told, readFrames(pieces(bytes, pick)));
      if (isRefused(bytes) !== /frame too large|unknown kind/.test(told)) {
        throw new Finding("property", `refused: ${isRefused(bytes)}, but ${told.slice(0, 200)}`);
      }
      if (Object.hasOwn(Object.prototype, "polluted")) throw new Finding("property", "polluted");
    },
  },
  {
    name: "policy",
    about: "policies from JSON: a frozen policy within its types, or a TypeError",
    seeds: [
      plain(JSON.stringify(POLICY)),
      plain("{}"),
      plain('{"mounts":[{"host":"x","guest":"/a/../b"}]}'),
    ],
    words: [
      '"mode":"rw"',
      '"net":[',
      '"__proto__":{}',
      "null",
      "true",
      "1e999",
      "-1",
      '"/"',
      '"*"',
      '"limits":{',
    ],
    check: ({ data }) => {
      let value: unknown;
      try {
        value = JSON.parse(data);
      } catch {
        return;
      }
      try {
        const policy = createPolicy(value as PolicyInput);
        for (const mount of policy.mounts) {
          if (!mount.guest.startsWith("/")) throw new Finding("property", mount.guest);
          const flags = [mount.symlinks, mount.hardLinks, mount.partial];
          if (flags.some((flag) => typeof flag !== "boolean")) {
            throw new Finding("property", `flags ${flags}`);
          }
        }
        for (const text of [...policy.net, ...policy.listen, policy.cwd, policy.hostname]) {
          if (typeof text !== "string") throw new Finding("property", `${text} is no text`);
        }
        for (const limit of Object.values(policy.limits)) {
          if (!(limit >= 0)) throw new Finding("property", `limit ${limit}`);
        }
      } catch (error) {
        if (!(error instanceof TypeError) || error instanceof Finding) throw error;
        // A TypeError of the engine is no message for a reader.
        if (/Cannot |is not (a function|iterable)|Symbol\(/.test(error.message)) {
          throw new Finding("crash", error.stack ?? "");
        }
      }
    },
  },
  {
    name: "cli",
    about: "command lines of capbox itself: options, or a line that says what is wrong",
    seeds: [
      { args: ["--mount", ".:/w:rw", "--env", "A=1", "sh", "-c", "x"], data: "" },
      { args: ["--net=a:80", "--timeout", "5", "--", "ls"], data: "" },
      { args: ["--list"], data: "" },
    ],
    words: [
      "--mount",
      "--mount=",
      ":ro",
      ":overlay",
      "--net",
      "--cwd",
      "--limit",
      "--seed",
      "--uid",
      "--",
      "=",
      "1e9",
      "-1",
    ],
    check: ({ args }) => {
      try {
        const options = parseCli(args);
        createPolicy(options.policy as PolicyInput);
      } catch (error) {
        if (error instanceof CliError) return;
        if (!(error instanceof TypeError) || /Cannot read|is not a function/.test(error.message)) {
          throw error;
        }
      }
    },
  },
  {
    name: "net-rule",
    about: "network grants and addresses: no spelling of a private address is public",
    seeds: [
      ...ADDRESSES.map((address) => ({ args: ["*:*", address], data: "" })),
      { args: ["https://a.b/c", "a.b"], data: "" },
    ],
    words: [
      "127.0.0.1",
      "::1",
      "[",
      "]",
      "0x",
      ".",
      ":",
      "*",
      "::ffff:",
      "%",
      "//",
      "a.b",
      "65535",
      "0177",
    ],
    accepts: ({ args }) => args.length === 2,
    check: ({ args: [grant, address] }) => {
      const open = isPublicAddress(address);
      const canonical = canonicalHost(address);
      if (isIpLiteral(address) && isPublicAddress(canonical) !== open) {
        throw new Finding("property", `${address} and ${canonical} differ`);
      }
      // What the engine's own parser takes for an address must be the same one.
      let spelled: string;
      try {
        spelled = new URL(`http://${address}/`).hostname;
      } catch {
        spelled = "";
      }
      const mapped = /^\[::ffff:([0-9a-f]+):[0-9a-f]+\]$/.exec(spelled);
      const first = mapped === null ? spelled : `${Number.parseInt(mapped[1], 16) >> 8}.`;
      if (/^(127|10|0)\.|^192\.168\.|^169\.254\.|^\[::1?\]$/.test(first) && open) {
        throw new Finding("property", `${address} is ${spelled}, and public`);
      }
      try {
        const rule = parseNetRule(grant);
        ruleAllows(rule, { host: address, port: 80, scheme: "http", path: `/${grant}` });
      } catch (error) {
        if (!(error instanceof TypeError) || !/^bad /.test(error.message)) throw error;
      }
    },
  },
];

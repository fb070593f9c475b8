/**
 * Messages of the domain name system (RFC 1035, 2782, 3596), and asking over the gate.
 *
 * @module
 */
import type { ByteString, Process } from "../../sandbox/types.ts";
import { concatBytes, toBytes, toByteString, toText } from "../../sandbox/bytes.ts";
import { ipv6Text, parseIpv6 } from "../../sandbox/addresses.ts";
import { isVfsError, VfsError } from "../../sandbox/errors.ts";

/** Types of records by name. */
export const DNS_TYPES: ReadonlyMap<string, number> = new Map([
  ["A", 1],
  ["NS", 2],
  ["CNAME", 5],
  ["SOA", 6],
  ["PTR", 12],
  ["MX", 15],
  ["TXT", 16],
  ["AAAA", 28],
  ["SRV", 33],
  ["ANY", 255],
]);
/** Words for response codes. */
export const DNS_CODES: readonly string[] = [
  "NOERROR",
  "FORMERR",
  "SERVFAIL",
  "NXDOMAIN",
  "NOTIMP",
  "REFUSED",
];

/** A record of an answer. */
export interface DnsRecord {
  readonly name: ByteString;
  readonly type: number;
  readonly ttl: number;
  /** Its data as text, in the form of zone files. */
  readonly data: ByteString;
}

/** An answer. */
export interface DnsReply {
  readonly id: number;
  readonly flags: number;
  readonly code: number;
  readonly question: { readonly name: ByteString; readonly type: number } | undefined;
  readonly answer: readonly DnsRecord[];
  readonly authority: readonly DnsRecord[];
  readonly additional: readonly DnsRecord[];
  readonly size: number;
}

/** Name of a type's number. */
export function dnsTypeName(type: number): string {
  return [...DNS_TYPES].find(([, number]) => number === type)?.[0] ?? `TYPE${type}`;
}

/** The name under which an address is looked up backwards. */
export function reverseName(address: ByteString): ByteString | undefined {
  const four = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  if (four !== null) return `${four[4]}.${four[3]}.${four[2]}.${four[1]}.in-addr.arpa`;
  const groups = address.includes(":") ? parseIpv6(address.toLowerCase()) : undefined;
  if (groups === undefined) return undefined;
  const digits = groups.map((group) => group.toString(16).padStart(4, "0")).join("");
  return [...digits].reverse().join(".") + ".ip6.arpa";
}

/** A question, ready to be sent. Undefined when the name is none. */
export function dnsQuery(name: ByteString, type: number, id: number): Uint8Array | undefined {
  const labels = name.replace(/\.$/, "").split(".").filter((label, _, all) =>
    label !== "" || all.length > 1
  );
  if (labels.some((label) => label === "" || label.length > 63) || name.length > 253) {
    return undefined;
  }
  const parts: number[] = [id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
  for (const label of labels) parts.push(label.length, ...toBytes(label));
  parts.push(0, type >> 8, type & 255, 0, 1);
  return new Uint8Array(parts);
}

/** Names may point back at most so often: a circle would have no end. */
const MOST_JUMPS = 64;

/** Reads an answer; undefined when it is damaged. */
export function parseDns(bytes: Uint8Array): DnsReply | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  try {
    let at = 12;
    const readName = (from: number): { readonly name: string; readonly end: number } => {
      let position = from;
      let end = -1;
      let name = "";
      for (let jumps = 0; jumps < MOST_JUMPS;) {
        const length = view.getUint8(position);
        if (length >= 0xc0) {
          if (end < 0) end = position + 2;
          position = view.getUint16(position) & 0x3fff;
          jumps++;
          continue;
        }
        if (length === 0) {
          return { name: name === "" ? "." : name, end: end < 0 ? position + 1 : end };
        }
        name += toByteString(bytes.subarray(position + 1, position + 1 + length)) + ".";
        if (name.length > 255) throw new RangeError("name too long");
        position += 1 + length;
      }
      throw new RangeError("names in a circle");
    };
    const questions = view.getUint16(4);
    let question: DnsReply["question"];
    for (let i = 0; i < questions; i++) {
      const { name, end } = readName(at);
      question ??= { name, type: view.getUint16(end) };
      at = end + 4;
    }
    const section = (count: number): DnsRecord[] => {
      const records: DnsRecord[] = [];
      for (let i = 0; i < count; i++) {
        const { name, end } = readName(at);
        const type = view.getUint16(end);
        const ttl = view.getUint32(end + 4);
        const length = view.getUint16(end + 8);
        const start = end + 10;
        if (start + length > bytes.length) throw new RangeError("record too long");
        records.push({
          name,
          type,
          ttl,
          data: dataText(view, bytes, type, start, length, readName),
        });
        at = start + length;
      }
      return records;
    };
    return {
      id: view.getUint16(0),
      flags: view.getUint16(2),
      code: view.getUint16(2) & 15,
      question,
      answer: section(view.getUint16(6)),
      authority: section(view.getUint16(8)),
      additional: section(view.getUint16(10)),
      size: bytes.length,
    };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return undefined;
  }
}

function dataText(
  view: DataView,
  bytes: Uint8Array,
  type: number,
  start: number,
  length: number,
  readName: (from: number) => { readonly name: string; readonly end: number },
): string {
  switch (dnsTypeName(type)) {
    case "A":
      return [0, 1, 2, 3].map((i) => view.getUint8(start + i)).join(".");
    case "AAAA":
      return ipv6Text([0, 2, 4, 6, 8, 10, 12, 14].map((i) => view.getUint16(start + i)));
    case "NS":
    case "CNAME":
    case "PTR":
      return readName(start).name;
    case "MX":
      return `${view.getUint16(start)} ${readName(start + 2).name}`;
    case "SRV":
      return `${view.getUint16(start)} ${view.getUint16(start + 2)} ${view.getUint16(start + 4)} ${
        readName(start + 6).name
      }`;
    case "SOA": {
      const first = readName(start);
      const second = readName(first.end);
      const numbers = [0, 4, 8, 12, 16].map((i) => view.getUint32(second.end + i));
      return `${first.name} ${second.name} ${numbers.join(" ")}`;
    }
    case "TXT": {
      const texts: string[] = [];
      for (let at = start; at < start + length;) {
        const size = view.getUint8(at);
        const text = toByteString(bytes.subarray(at + 1, Math.min(at + 1 + size, start + length)));
        texts.push(`"${text.replace(/["\\]/g, "\\$&")}"`);
        at += 1 + size;
      }
      return texts.join(" ");
    }
    default:
      return `\\# ${length}`;
  }
}

/** Name servers of /etc/resolv.conf; the local one where there is none. */
export function nameServers(process: Process): ByteString[] {
  try {
    const text = toByteString(process.fs.readFile("/etc/resolv.conf", 65536));
    const found = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map((match) => match[1]);
    if (found.length > 0) return found;
  } catch (error) {
    if (!isVfsError(error)) throw error;
  }
  return ["127.0.0.1"];
}

/**
 * Asks a server, by UDP unless `tcp`; by TCP too where the host gives no datagrams.
 *
 * @returns Undefined when no answer came in time.
 * @throws {VfsError} when the gate refuses, or the answer is damaged
 */
export async function askServer(
  process: Process,
  server: ByteString,
  query: Uint8Array,
  option: { readonly port?: number; readonly tcp?: boolean; readonly timeoutMs?: number } = {},
): Promise<DnsReply | undefined> {
  if (!option.tcp) {
    try {
      return await askBy(process, server, query, { ...option, tcp: false });
    } catch (error) {
      if (!isVfsError(error, "ENOTSUP")) throw error;
    }
  }
  return await askBy(process, server, query, { ...option, tcp: true });
}

async function askBy(
  process: Process,
  server: ByteString,
  query: Uint8Array,
  option: { readonly port?: number; readonly tcp: boolean; readonly timeoutMs?: number },
): Promise<DnsReply | undefined> {
  const { port = 53, timeoutMs = 5000 } = option;
  const host = toText(server);
  const id = query[0] << 8 | query[1];
  let bytes: Uint8Array | undefined;
  if (option.tcp) {
    const { file } = await process.net.connect(host, port, { timeoutMs });
    try {
      await file.write(
        concatBytes([new Uint8Array([query.length >> 8, query.length & 255]), query]),
        process.waiter,
      );
      const chunks: Uint8Array[] = [];
      let length = 0;
      for (;;) {
        const chunk = await file.read(65537, process.waiter);
        if (chunk === undefined) break;
        chunks.push(chunk);
        length += chunk.length;
        const all = concatBytes(chunks);
        if (length >= 2 && length >= 2 + (all[0] << 8 | all[1])) {
          bytes = all.subarray(2, 2 + (all[0] << 8 | all[1]));
          break;
        }
      }
    } finally {
      file.release();
    }
  } else {
    const socket = process.net.datagram(server.includes(":") ? "::" : "0.0.0.0", 0);
    try {
      await socket.send(query, { host, port });
      // The socket's wait and the clock run against each other; the loser is left to end by itself.
      const received = socket.receive(process.waiter).then(({ data }) => data);
      received.catch(() => {});
      const late = process.sleep(timeoutMs).then(() => undefined);
      late.catch(() => {});
      bytes = await Promise.race([received, late]);
    } finally {
      socket.close();
    }
  }
  if (bytes === undefined) return undefined;
  const reply = parseDns(bytes);
  if (reply === undefined || reply.id !== id) throw new VfsError("EPROTO");
  return reply;
}

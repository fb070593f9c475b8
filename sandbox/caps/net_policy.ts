/**
 * Rules of the network gate: parsing grants, matching a target, and telling public addresses from
 * all others. Pure: nothing here resolves or connects.
 *
 * @module
 */
import { ipv4Text, ipv6Text, parseIpv4, parseIpv6 } from "../addresses.ts";

/** A parsed grant. */
export interface NetRule {
  /** Lower-case name without a trailing dot, or a canonical IP literal. */
  readonly host: string;
  /** The rule holds for sub-domains of `host` and not for `host` itself. */
  readonly wildcard: boolean;
  /** Undefined is any port. */
  readonly port: number | undefined;
  /** Undefined is any scheme. */
  readonly scheme: string | undefined;
  /** Path segments that a request must begin with. */
  readonly path: readonly string[];
}

/** What somebody wants to reach. */
export interface NetTarget {
  readonly host: string;
  readonly port: number;
  readonly scheme?: string;
  readonly path?: string;
}

const DEFAULT_PORTS = new Map([["http", 80], ["https", 443], ["ftp", 21]]);

/**
 * Parses a grant: `HOST:PORT`, `HOST:*`, `HOST`, `*.DOMAIN:PORT`, `[IPV6]:PORT`, or a URL such as
 * `https://example.com/api/`, which also binds scheme and path.
 *
 * @throws {TypeError} when it is none of these
 */
export function parseNetRule(grant: string): NetRule {
  let rest = grant.trim();
  let scheme: string | undefined;
  let path: string[] = [];
  const colon = rest.indexOf("://");
  if (colon > 0) {
    scheme = rest.slice(0, colon).toLowerCase();
    rest = rest.slice(colon + 3);
    const slash = rest.indexOf("/");
    if (slash >= 0) {
      path = pathSegments(rest.slice(slash));
      rest = rest.slice(0, slash);
    }
  }
  const match = /^(\[[0-9A-Fa-f:.]+\]|[^:[\]/@\s]+)(?::([0-9]{1,5}|\*))?$/.exec(rest);
  if (match === null) throw new TypeError(`bad network grant: ${grant}`);
  let host = match[1];
  let port: number | undefined;
  if (match[2] === undefined) port = scheme === undefined ? undefined : DEFAULT_PORTS.get(scheme);
  else if (match[2] !== "*") {
    port = Number(match[2]);
    if (port < 1 || port > 65535) throw new TypeError(`bad port in network grant: ${grant}`);
  }
  const wildcard = host.startsWith("*.");
  if (wildcard) host = host.slice(2);
  if (host.includes("*")) throw new TypeError(`bad network grant: ${grant}`);
  return { host: canonicalHost(host), wildcard, port, scheme, path };
}

/** Path segments, `.` and `..` resolved, as a URL parser would. */
function pathSegments(path: string): string[] {
  const segments: string[] = [];
  for (const part of path.split(/[?#]/, 1)[0].split("/")) {
    const name = part.toLowerCase().replaceAll("%2e", ".");
    if (name === "" || name === ".") continue;
    if (name === "..") segments.pop();
    else segments.push(part);
  }
  return segments;
}

/**
 * The one spelling of a host that rules are compared in: lower case, no trailing dot, no brackets;
 * IPv4 in any spelling a C library takes (decimal, octal, hexadecimal, fewer parts) as four decimal
 * parts; IPv6 by RFC 5952 and without a zone, IPv4-mapped addresses as IPv4.
 */
export function canonicalHost(host: string): string {
  let name = host.toLowerCase();
  if (name.startsWith("[") && name.endsWith("]")) name = name.slice(1, -1);
  if (name.length > 1 && name.endsWith(".")) name = name.slice(0, -1);
  const v4 = parseIpv4(name);
  if (v4 !== undefined) return ipv4Text(v4);
  if (name.includes(":")) {
    const v6 = parseIpv6(name.split("%", 1)[0]);
    if (v6 !== undefined) return embeddedIpv4(v6) ?? ipv6Text(v6);
  }
  return name;
}

/** Whether a canonical host is an IP literal. */
export function isIpLiteral(host: string): boolean {
  return host.includes(":") || /^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$/.test(host);
}

/** The IPv4 address inside an IPv4-mapped or -compatible one, which is what would be dialled. */
function embeddedIpv4(groups: readonly number[]): string | undefined {
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (!mapped) return undefined;
  return ipv4Text(groups[6] * 65536 + groups[7]);
}

/** IPv4 blocks that are not public: [first address, prefix length] (IANA special registry). */
const PRIVATE_V4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

/**
 * Whether an address belongs to the public internet: not loopback, private, link-local, shared,
 * multicast, documentation, or a form that carries an IPv4 address (mapped, 6to4, NAT64, Teredo).
 */
export function isPublicAddress(address: string): boolean {
  const host = canonicalHost(address);
  const v4 = host.includes(":") ? undefined : parseIpv4(host);
  if (v4 !== undefined) {
    return !PRIVATE_V4.some(([base, length]) => {
      const size = 2 ** (32 - length);
      return Math.floor(v4 / size) === Math.floor(parseIpv4(base)! / size);
    });
  }
  const v6 = parseIpv6(host);
  if (v6 === undefined) return false;
  // Only global unicast 2000::/3 is public, less Teredo, documentation, ORCHID and 6to4.
  if ((v6[0] & 0xe000) !== 0x2000) return false;
  if (v6[0] === 0x2001 && v6[1] < 0x200) return false;
  if (v6[0] === 0x2001 && v6[1] === 0xdb8) return false;
  if (v6[0] === 0x3fff && v6[1] < 0x1000) return false;
  return v6[0] !== 0x2002;
}

/** Whether a rule allows a target. The target's host may be in any spelling. */
export function ruleAllows(rule: NetRule, target: NetTarget): boolean {
  const host = canonicalHost(target.host);
  const named = rule.wildcard ? host.endsWith("." + rule.host) : host === rule.host;
  if (!named) return false;
  if (rule.port !== undefined && rule.port !== target.port) return false;
  if (rule.scheme !== undefined && target.scheme !== undefined && rule.scheme !== target.scheme) {
    return false;
  }
  if (rule.path.length > 0 && target.path !== undefined) {
    const segments = pathSegments(target.path);
    return rule.path.every((segment, index) => segments[index] === segment);
  }
  return true;
}

/** Whether rules name an address itself, so that it may be private. */
export function namesAddress(rules: readonly NetRule[], address: string, port: number): boolean {
  const host = canonicalHost(address);
  return rules.some((rule) =>
    !rule.wildcard && (rule.port === undefined || rule.port === port) &&
    (rule.host === host || (rule.host === "localhost" && isLoopback(host)))
  );
}

function isLoopback(host: string): boolean {
  return host.startsWith("127.") || host === "0:0:0:0:0:0:0:1";
}

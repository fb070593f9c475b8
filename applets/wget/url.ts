/**
 * Addresses of files: scheme, user, host, port and path.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";

/** A parsed address. */
export interface Url {
  readonly scheme: "http" | "https" | "ftp";
  /** `NAME:PASSWORD`, percent signs resolved; empty without. */
  readonly user: ByteString;
  readonly host: ByteString;
  readonly port: number;
  /** Path and query, with its slash. */
  readonly path: ByteString;
}

const PORTS = { http: 80, https: 443, ftp: 21 } as const;

/** Parses an address; a bare one is of HTTP. Undefined when it is of another scheme. */
export function parseUrl(text: ByteString): Url | undefined {
  const match = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):\/\/)?([^/?#]*)(.*)$/s.exec(text)!;
  const scheme = (match[1] ?? "http").toLowerCase();
  if (scheme !== "http" && scheme !== "https" && scheme !== "ftp") return undefined;
  const at = match[2].lastIndexOf("@");
  const place = /^(\[[0-9a-fA-F:.]+\]|[^:]*)(?::([0-9]*))?$/.exec(match[2].slice(at + 1));
  if (place === null || place[1] === "") return undefined;
  const port = place[2] === undefined || place[2] === "" ? PORTS[scheme] : Number(place[2]);
  if (port > 65535) return undefined;
  let path = match[3].replace(/#.*$/s, "");
  if (!path.startsWith("/")) path = `/${path}`;
  return {
    scheme,
    user: at < 0 ? "" : percentDecoded(match[2].slice(0, at)),
    host: place[1],
    port,
    // Blanks and controls would end the request's line.
    path: path.replace(
      /[\x00-\x20\x7f]/g,
      (char) => "%" + char.charCodeAt(0).toString(16).padStart(2, "0"),
    ),
  };
}

/** Where a redirection leads from an address. */
export function redirected(from: Url, location: ByteString): Url | undefined {
  if (/^[a-zA-Z][a-zA-Z0-9+.-]*:\/\//.test(location)) return parseUrl(location);
  if (location.startsWith("//")) return parseUrl(`${from.scheme}:${location}`);
  const base = `${from.scheme}://${from.host}:${from.port}`;
  if (location.startsWith("/")) return parseUrl(base + location);
  const directory = from.path.split(/[?#]/, 1)[0].replace(/[^/]*$/, "");
  return parseUrl(base + directory + location);
}

/** `%41` → `A`. */
export function percentDecoded(text: ByteString): ByteString {
  return text.replace(/%([0-9a-fA-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
}

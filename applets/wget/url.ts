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
  /** Path, query and fragment as native sends them, with a slash before. */
  readonly path: ByteString;
  /** The same as it was given. */
  readonly rawPath: ByteString;
}

const PORTS = { http: 80, https: 443, ftp: 21 } as const;

/** Parses an address; a bare one is of HTTP. A text when it is none, as native says it. */
export function parseUrl(text: ByteString): Url | string {
  const match = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):\/\/)?([^/?#]*)(.*)$/s.exec(text)!;
  const scheme = match[1] ?? "http";
  if (scheme !== "http" && scheme !== "https" && scheme !== "ftp") {
    return `not an http or ftp url: ${text}`;
  }
  const at = match[2].lastIndexOf("@");
  const place = /^(\[[0-9a-fA-F:.]+\]|[^:]*)(?::(.*))?$/s.exec(match[2].slice(at + 1));
  if (place === null || place[1] === "") return `bad address '${match[2].slice(at + 1)}'`;
  const port = place[2] === undefined ? PORTS[scheme] : Number(place[2]);
  if (!/^[0-9]+$/.test(place[2] ?? "0") || port > 65535) return `bad port '${place[2]}'`;
  // Native ends the host at the first of these, and takes what follows for the path.
  const path = `/${match[3].slice(1)}`;
  return {
    scheme,
    user: at < 0 ? "" : percentDecoded(match[2].slice(0, at)),
    host: place[1],
    port,
    rawPath: path,
    // Blanks and controls would end the request's line.
    path: path.replace(
      /[\x00-\x20\x7f]/g,
      (char) => "%" + char.charCodeAt(0).toString(16).padStart(2, "0"),
    ),
  };
}

/** Where a redirection leads from an address. */
export function redirected(from: Url, location: ByteString): Url | string {
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

/**
 * The server's configuration: `H:HOME`, `I:INDEX`, `A:` and `D:` for addresses, `.EXT:MIME`,
 * `*.EXT:INTERPRETER`, `/PATH:USER:PASSWORD`, `E404:FILE`. A directory below the home directory may
 * have an `httpd.conf` of its own, which adds to it for what lies below.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";

/** Who may ask: the first rule that fits an address decides, and without one it may. */
interface AddressRule {
  readonly allows: boolean;
  readonly address: number;
  readonly mask: number;
}

/** A path that needs a password. */
interface PasswordRule {
  readonly path: ByteString;
  readonly user: ByteString;
  readonly password: ByteString;
}

/** What is configured. */
export interface HttpConfig {
  readonly realm: ByteString;
  home: ByteString | undefined;
  index: ByteString;
  /** Extension → type. */
  readonly types: Map<ByteString, ByteString>;
  /** Extension → program that runs such files. */
  readonly interpreters: Map<ByteString, ByteString>;
  /** The longest path that holds the requested one decides. */
  readonly passwords: PasswordRule[];
  /** Status → file. */
  readonly errors: Map<number, ByteString>;
  addresses: AddressRule[];
}

const TYPES: readonly (readonly [string, string])[] = [
  [".htm", "text/html"],
  [".html", "text/html"],
  [".jpg", "image/jpeg"],
  [".jpeg", "image/jpeg"],
  [".gif", "image/gif"],
  [".png", "image/png"],
  [".svg", "image/svg+xml"],
  [".txt", "text/plain"],
  [".h", "text/plain"],
  [".c", "text/plain"],
  [".css", "text/css"],
  [".js", "application/javascript"],
  [".wav", "audio/wav"],
  [".avi", "video/x-msvideo"],
  [".qt", "video/quicktime"],
  [".mov", "video/quicktime"],
  [".mpe", "video/mpeg"],
  [".mpeg", "video/mpeg"],
];

/** What holds before any file was read. */
export function defaultConfig(realm: ByteString): HttpConfig {
  return {
    realm,
    home: undefined,
    index: "index.html",
    types: new Map(TYPES),
    interpreters: new Map(),
    passwords: [],
    errors: new Map(),
    addresses: [],
  };
}

/** A copy to which the file of a directory adds; its rules for addresses stand alone. */
export function innerConfig(config: HttpConfig): HttpConfig {
  return {
    ...config,
    types: new Map(config.types),
    interpreters: new Map(config.interpreters),
    passwords: [...config.passwords],
    addresses: [],
  };
}

/**
 * Reads the text of a configuration into it.
 *
 * @param below The directory whose own file it is, with a slash before it and none after.
 * @param complain Is told each line that means nothing.
 */
export function readConfig(
  config: HttpConfig,
  text: ByteString,
  below: ByteString | undefined,
  complain: (line: ByteString) => void,
): void {
  for (const raw of text.split("\n")) {
    const line = raw.replace(/[ \t\r]+/g, "").replace(/#.*$/, "");
    if (line === "") continue;
    if (!readLine(config, line, below)) complain(line);
  }
}

function readLine(config: HttpConfig, line: ByteString, below: ByteString | undefined): boolean {
  const colon = line.indexOf(":");
  if (colon <= 0 || colon === line.length - 1) return false;
  const key = line.slice(0, colon);
  const value = line.slice(colon + 1);
  if (key[0] === "/") {
    const end = value.indexOf(":");
    if (end < 0) return false;
    const path = below === undefined ? key : `${below}${key}`.replace(/(?<=.)\/$/, "");
    config.passwords.push({ path, user: value.slice(0, end), password: value.slice(end + 1) });
    return true;
  }
  if (key[0] === ".") {
    config.types.set(key, value);
    return true;
  }
  if (key.startsWith("*.")) {
    config.interpreters.set(key.slice(1), value);
    return true;
  }
  switch (key) {
    case "A":
    case "a":
    case "D":
    case "d":
      config.addresses.push(addressRule(/[Aa]/.test(key), value));
      return true;
    case "I":
    case "i":
      config.index = value;
      return true;
    case "H":
    case "h":
      if (below !== undefined) return false;
      config.home = value;
      return true;
  }
  if (below !== undefined || !/^[Ee]\d{3}$/.test(key)) return false;
  config.errors.set(Number(key.slice(1)), value);
  return true;
}

/** `*`, `1.2.3.4`, the beginning of one, or one with a mask. What means nothing refuses everybody. */
function addressRule(allows: boolean, text: ByteString): AddressRule {
  if (text === "*") return { allows, address: 0, mask: 0 };
  const match = /^((?:\d{1,3}\.){0,3}\d{1,3}\.?)(?:\/(.+))?$/.exec(text);
  const refusal = { allows: false, address: 0, mask: 0 };
  if (match === null) return refusal;
  const parts = match[1].replace(/\.$/, "").split(".").map(Number);
  if (parts.some((part) => part > 255)) return refusal;
  const address = parts.reduce((sum, part, i) => sum | part << (24 - 8 * i), 0);
  let mask = ~0 << (32 - 8 * parts.length);
  if (match[2] !== undefined) {
    if (/^\d+$/.test(match[2])) {
      const bits = Number(match[2]);
      if (bits > 32) return refusal;
      mask = bits === 0 ? 0 : ~0 << (32 - bits);
    } else {
      const given = addressNumber(match[2]);
      if (given === undefined) return refusal;
      mask = given;
    }
  }
  // An address with bits outside of its mask fits nobody, as in native.
  return { allows, address, mask };
}

function addressNumber(text: ByteString): number | undefined {
  const match = /^(?:::ffff:)?(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  return match.slice(1).reduce((sum, part, i) => sum | Number(part) << (24 - 8 * i), 0);
}

/** Whether somebody at that address may ask; without an address it counts as 0.0.0.0. */
export function isAllowed(config: HttpConfig, peer: ByteString): boolean {
  const address = addressNumber(peer) ?? 0;
  const rule = config.addresses.find(({ address: base, mask }) => (address & mask) === base);
  return rule?.allows ?? true;
}

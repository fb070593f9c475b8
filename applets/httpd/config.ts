/**
 * The server's configuration: `H:HOME`, `I:INDEX`, `.EXT:MIME`, `/PATH:USER:PASSWORD`, `E404:FILE`.
 *
 * @module
 */
import type { ByteString, ProcessFs } from "../../sandbox/types.ts";
import { toByteString } from "../../sandbox/bytes.ts";
import { isVfsError } from "../../sandbox/errors.ts";

/** What is configured. */
export interface HttpConfig {
  readonly realm: ByteString;
  index: ByteString;
  /** Extension → type. */
  readonly types: Map<ByteString, ByteString>;
  /** The longest path that holds the requested one decides. */
  readonly passwords: {
    readonly path: ByteString;
    readonly user: ByteString;
    readonly password: ByteString;
  }[];
  /** Status → file. */
  readonly errors: Map<number, ByteString>;
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

/** Reads the file that was named, else /etc/httpd.conf, else httpd.conf of the home directory. */
export function readConfig(
  fs: ProcessFs,
  path: ByteString | undefined,
  realm: ByteString,
): HttpConfig {
  const config: HttpConfig = {
    realm,
    index: "index.html",
    types: new Map(TYPES),
    passwords: [],
    errors: new Map(),
  };
  for (const file of path === undefined ? ["/etc/httpd.conf", "httpd.conf"] : [path]) {
    let text: ByteString;
    try {
      text = toByteString(fs.readFile(file, 1 << 20));
    } catch (error) {
      if (!isVfsError(error) || path !== undefined) throw error;
      continue;
    }
    for (const raw of text.split("\n")) {
      const line = raw.trim();
      if (line === "" || line[0] === "#") continue;
      const [key, ...rest] = line.split(":");
      const value = rest.join(":");
      if (key[0] === ".") config.types.set(key, value);
      else if (key[0] === "/") {
        config.passwords.push({
          path: key,
          user: rest[0] ?? "",
          password: rest.slice(1).join(":"),
        });
      } else if (key === "I") config.index = value;
      else if (/^E\d{3}$/.test(key)) config.errors.set(Number(key.slice(1)), value);
    }
    break;
  }
  return config;
}

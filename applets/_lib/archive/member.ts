/**
 * One member of an archive, whatever its format.
 *
 * @module
 */
import type { ByteString } from "../../../sandbox/types.ts";
import { matchPattern } from "../glob_match.ts";

/** What an archive says of a member. */
export interface Member {
  /** Its name, made safe by `safeName`. */
  readonly name: ByteString;
  /** Type (`S_IF…`) and permission bits. */
  readonly mode: number;
  readonly size: number;
  /** Seconds since the epoch. */
  readonly mtime: number;
  readonly uid: number;
  readonly gid: number;
  readonly userName?: ByteString;
  readonly groupName?: ByteString;
  /** Target of a symbolic or hard link. */
  readonly link?: ByteString;
  /** The link is a hard one: to another member. */
  readonly isHardLink?: boolean;
  readonly device?: { readonly major: number; readonly minor: number };
}

/**
 * Takes off a name what would lead out of the directory: leading slashes, and everything through the last `../`
 * component. A name that *ends* in `..` keeps it: it names a directory, and creating it must fail.
 */
export function safeName(name: ByteString): ByteString {
  let start = 0;
  for (;;) {
    while (name.charCodeAt(start) === 0x2f) start++;
    if (name.startsWith("../", start)) {
      start += 3;
      continue;
    }
    const up = name.indexOf("/../", start);
    if (up < 0) return start === 0 ? name : name.slice(start);
    start = up + 4;
  }
}

/** Whether the last component of a name is `..`: nothing may be made or changed there. */
export function endsInParent(name: ByteString): boolean {
  return name === ".." || name.endsWith("/..") || name.endsWith("/../");
}

/** Removes `count` leading components; undefined if nothing is left. */
export function stripComponents(name: ByteString, count: number): ByteString | undefined {
  let at = 0;
  for (let left = count; left > 0; left--) {
    const slash = name.indexOf("/", at);
    if (slash < 0) return undefined;
    at = slash + 1;
  }
  return at === name.length && count > 0 ? undefined : name.slice(at);
}

/** A list of wanted members, with note of those that were found. */
export class Wanted {
  readonly #names: readonly ByteString[];
  readonly #found: boolean[];

  /** An empty list wants all. */
  constructor(names: readonly ByteString[]) {
    this.#names = names.map((name) =>
      name.length > 1 && name.endsWith("/") ? name.slice(0, -1) : name
    );
    this.#found = names.map(() => false);
  }

  /**
   * Whether a member is wanted: by a pattern that matches it or a directory above it. Only a member of exactly
   * that name counts as found, so native lists what a wildcard matches and then says that it was not found.
   */
  has(name: ByteString): boolean {
    if (this.#names.length === 0) return true;
    const bare = name.endsWith("/") ? name.slice(0, -1) : name;
    let hit = false;
    for (let i = 0; i < this.#names.length; i++) {
      const each = this.#names[i];
      if (each === bare) this.#found[i] = hit = true;
      else if (matchesLeading(each, name)) hit = true;
    }
    return hit;
  }

  /** Names that no member had. */
  missing(): ByteString[] {
    return this.#names.filter((_, i) => !this.#found[i]);
  }
}

/** Whether a pattern matches a name, or its beginning up to a slash. */
function matchesLeading(pattern: ByteString, name: ByteString): boolean {
  for (let end = name.indexOf("/"); end >= 0; end = name.indexOf("/", end + 1)) {
    if (matchPattern(pattern, name.slice(0, end))) return true;
  }
  return matchPattern(pattern, name);
}

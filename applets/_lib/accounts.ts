/**
 * Users and groups, from the sandbox's own /etc/passwd and /etc/group.
 *
 * @module
 */
import type { ByteString, ProcessFs } from "../../sandbox/types.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import { toByteString } from "../../sandbox/bytes.ts";

/** A line of /etc/passwd. */
export interface User {
  readonly name: ByteString;
  readonly uid: number;
  readonly gid: number;
  readonly fullName: ByteString;
  readonly home: ByteString;
  readonly shell: ByteString;
}

/** A line of /etc/group. */
export interface Group {
  readonly name: ByteString;
  readonly gid: number;
  readonly members: readonly ByteString[];
}

const MAX_FILE = 4 << 20;

/** Reads the files once, when first asked. */
export class Accounts {
  #users: readonly User[] | undefined;
  #groups: readonly Group[] | undefined;
  readonly #userNames = new Map<number, ByteString | undefined>();
  readonly #groupNames = new Map<number, ByteString | undefined>();

  /** @param fs File system to read them from. */
  constructor(private readonly fs: Pick<ProcessFs, "readFile">) {}

  #lines(path: ByteString): ByteString[][] {
    try {
      const text = toByteString(this.fs.readFile(path, MAX_FILE));
      return text.split("\n").filter((line) => line !== "").map((line) => line.split(":"));
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return [];
    }
  }

  /** All users. */
  users(): readonly User[] {
    return this.#users ??= this.#lines("/etc/passwd").filter((fields) =>
      /^\d+$/.test(fields[2] ?? "")
    )
      .map(([name, , uid, gid, fullName, home, shell]) => ({
        name,
        uid: Number(uid),
        gid: Number(gid),
        fullName: fullName ?? "",
        home: home ?? "",
        shell: shell ?? "",
      }));
  }

  /** All groups. */
  groups(): readonly Group[] {
    return this.#groups ??= this.#lines("/etc/group").filter((fields) =>
      /^\d+$/.test(fields[2] ?? "")
    )
      .map(([name, , gid, members]) => ({
        name,
        gid: Number(gid),
        members: (members ?? "").split(",").filter((member) => member !== ""),
      }));
  }

  /** The user of that name. */
  user(name: ByteString): User | undefined {
    return this.users().find((each) => each.name === name);
  }

  /** The user of that number. */
  userById(uid: number): User | undefined {
    return this.users().find((each) => each.uid === uid);
  }

  /** The group of that name. */
  group(name: ByteString): Group | undefined {
    return this.groups().find((each) => each.name === name);
  }

  /** The group of that number. */
  groupById(gid: number): Group | undefined {
    return this.groups().find((each) => each.gid === gid);
  }

  /** Name of a user, or the number as text. */
  userName(uid: number): ByteString {
    if (!this.#userNames.has(uid)) this.#userNames.set(uid, this.userById(uid)?.name);
    return this.#userNames.get(uid) ?? String(uid);
  }

  /** Name of a group, or the number as text. */
  groupName(gid: number): ByteString {
    if (!this.#groupNames.has(gid)) this.#groupNames.set(gid, this.groupById(gid)?.name);
    return this.#groupNames.get(gid) ?? String(gid);
  }
}

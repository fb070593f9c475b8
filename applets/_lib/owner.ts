/**
 * Owners as arguments name them: `USER`, `USER:GROUP`, `USER:`, `:GROUP`, names or numbers.
 *
 * @module
 */
import type { ByteString, ProcessFs } from "../../sandbox/types.ts";
import { Accounts } from "./accounts.ts";

/** A user and a group; what is undefined stays as it is. */
export interface Owner {
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

/** What names are looked up in, and complained to. */
export interface OwnerHost {
  readonly fs: Pick<ProcessFs, "readFile">;
  readonly fail: (message: ByteString) => never;
}

/** A number as native takes it: cut to 32 bits. */
function numberOf(text: ByteString): number | undefined {
  return /^[0-9]+$/.test(text) ? Number(BigInt(text) & 0xffff_ffffn) : undefined;
}

/** All ones mean no change. */
function kept(id: number): number | undefined {
  return id === 0xffff_ffff ? undefined : id;
}

/** A group by name or number. */
export function parseGroup(host: OwnerHost, name: ByteString): number | undefined {
  const id = numberOf(name) ?? new Accounts(host.fs).group(name)?.gid;
  return kept(id ?? host.fail(`unknown group ${name}`));
}

/** A user, a group, or both. */
export function parseOwner(host: OwnerHost, text: ByteString): Owner {
  const accounts = new Accounts(host.fs);
  let split = text.indexOf(":");
  if (split < 0 && numberOf(text) === undefined && accounts.user(text) === undefined) {
    split = text.indexOf(".");
  }
  if (split < 0) {
    const uid = numberOf(text) ?? accounts.user(text)?.uid ?? host.fail(`unknown user ${text}`);
    return { uid: kept(uid), gid: undefined };
  }
  const user = text.slice(0, split);
  const group = text.slice(split + 1);
  if (user === "") return { uid: undefined, gid: parseGroup(host, group) };
  const unknown = (): never => host.fail(`unknown user/group ${text}`);
  const found = accounts.user(user);
  const uid = numberOf(user) ?? found?.uid ?? unknown();
  if (group === "") {
    // A user alone with a colon brings its own group; a number without a user stands for both.
    const gid = (found ?? accounts.userById(uid))?.gid ?? uid;
    return { uid: kept(uid), gid: kept(gid) };
  }
  const gid = numberOf(group) ?? accounts.group(group)?.gid ?? unknown();
  return { uid: kept(uid), gid: kept(gid) };
}

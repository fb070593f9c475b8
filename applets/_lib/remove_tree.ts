/**
 * Removing files and trees, for rm and mv across file systems.
 *
 * A walk holds each directory open and names what is in it by single components, so that a
 * directory that is swapped for a link meanwhile leads nowhere else.
 *
 * Source of behaviour: POSIX rm, BusyBox 1.35.
 *
 * @module
 */
import {
  type ByteString,
  type Directory,
  type MaybePromise,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
} from "../../sandbox/types.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import type { Context } from "../contract.ts";
import { joinPath } from "./path_text.ts";
import { after, deeper, inSequence } from "./sequence.ts";

/** How to remove. */
export interface RemoveOptions {
  readonly recursive?: boolean;
  /** What is not there is no error; never ask. */
  readonly force?: boolean;
  /** Always ask. */
  readonly interactive?: boolean;
  readonly verbose?: boolean;
}

/** What of an applet's context removing needs. */
export type RemoveContext = Pick<
  Context,
  "process" | "fs" | "out" | "name" | "warn" | "confirm" | "stdin"
>;

/** Removes one file or tree; false when something failed, which has been told. */
export function removeTree(
  ctx: RemoveContext,
  path: ByteString,
  options: RemoveOptions,
): MaybePromise<boolean> {
  return remove(ctx, undefined, path, path, options, 0);
}

/** Removes `name` of an open directory, or a path where there is none. */
function remove(
  ctx: RemoveContext,
  parent: Directory | undefined,
  name: ByteString,
  shown: ByteString,
  options: RemoveOptions,
  depth: number,
  known?: number,
): MaybePromise<boolean> {
  const { fs } = ctx;
  const failed = (what: string, error: unknown): boolean => {
    if (!isVfsError(error)) throw error;
    ctx.warn(`can't ${what} '${shown}': ${error.reason}`);
    return false;
  };
  let type: number;
  let mode = 0o777;
  try {
    // The mode counts only where native might ask.
    const needMode = !options.force && !options.interactive && ctx.stdin.isTerminal;
    if (known !== undefined && known !== 0 && !needMode) type = known;
    else {
      const stat = parent === undefined ? fs.lstat(name) : parent.lstatAt(name);
      type = stat.mode & S_IFMT;
      mode = stat.mode;
    }
  } catch (error) {
    if (options.force && isVfsError(error) && error.code === "ENOENT") return true;
    return failed(isVfsError(error) && error.code !== "ENOENT" ? "stat" : "remove", error);
  }
  // Native asks where the file cannot be written and a person could answer.
  const guarded = !options.force && type !== S_IFLNK && (mode & 0o222) === 0 &&
    ctx.stdin.isTerminal && !fs.access(shown, 2);
  const ask = options.interactive || guarded;
  const told = (): boolean => {
    const what = type === S_IFDIR ? "removed directory:" : "removed";
    if (options.verbose) void ctx.out.print(`${what} '${shown}'\n`);
    return true;
  };

  if (type !== S_IFDIR) {
    const unlink = (): boolean => {
      try {
        if (parent === undefined) fs.unlink(name);
        else parent.unlinkAt(name);
      } catch (error) {
        return failed("remove", error);
      }
      return told();
    };
    if (!ask) return unlink();
    return after(
      ctx.confirm(`${ctx.name}: remove '${shown}'? `),
      (yes) => yes ? unlink() : true,
    );
  }

  if (!options.recursive) {
    ctx.warn(`'${shown}' is a directory`);
    return false;
  }
  const removeDirectory = (): boolean => {
    try {
      if (parent === undefined) fs.removeDir(name);
      else parent.removeDirAt(name);
    } catch (error) {
      return failed("remove", error);
    }
    return told();
  };
  const empty = (): MaybePromise<boolean> => {
    let good = true;
    let directory: Directory;
    let entries;
    try {
      directory = parent === undefined ? fs.openDirectory(name) : parent.directoryAt(name);
      entries = directory.entries();
    } catch (error) {
      return failed("open", error);
    }
    const emptied = inSequence(entries, (entry) => {
      const removing = after(
        remove(
          ctx,
          directory,
          entry.name,
          joinPath(shown, entry.name),
          options,
          depth + 1,
          entry.type,
        ),
        (went) => {
          if (!went) good = false;
        },
      );
      const pause = ctx.process.tick(4);
      return pause === undefined ? removing : Promise.all([pause, removing]).then(() => {});
    });
    return after(emptied, () => {
      if (!options.interactive) return removeDirectory() && good;
      return after(
        ctx.confirm(`${ctx.name}: remove directory '${shown}'? `),
        (yes) => (yes ? removeDirectory() : true) && good,
      );
    });
  };
  if (!ask) return deeper(depth, empty);
  return after(
    ctx.confirm(`${ctx.name}: descend into directory '${shown}'? `),
    (yes) => yes ? empty() : true,
  );
}

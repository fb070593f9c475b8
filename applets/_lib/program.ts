/**
 * Running another program in the place of an applet, with busybox's messages when it cannot be run.
 *
 * @module
 */
import { isVfsError } from "../../sandbox/errors.ts";
import type {
  ByteString,
  Child,
  MaybePromise,
  Process,
  SpawnOptions,
} from "../../sandbox/types.ts";
import { AppletExit } from "./options.ts";

/** Status for a program that is there but cannot be run. */
export const CANNOT_EXECUTE = 126;
/** Status for a program that is not there. */
export const NOT_FOUND = 127;

/** What `refuse` needs of an applet's context. */
export interface Complainer {
  readonly process: Process;
  readonly warn: (message: ByteString) => void;
}

/**
 * Says `NAME: can't execute 'PROGRAM': reason` and ends the applet with 127 or 126.
 *
 * @throws {AppletExit} always, or the error itself when it is none of a program's start
 */
export function refuseProgram(ctx: Complainer, program: ByteString, error: unknown): never {
  if (!isVfsError(error)) throw error;
  ctx.warn(`can't execute '${program}': ${error.reason}`);
  throw new AppletExit(error.code === "ENOENT" ? NOT_FOUND : CANNOT_EXECUTE);
}

/** Becomes another program; see `Process.exec`. */
export function execProgram(
  ctx: Complainer,
  argv: readonly ByteString[],
  options?: Parameters<Process["exec"]>[1],
): MaybePromise<number> {
  try {
    return ctx.process.exec(argv, options);
  } catch (error) {
    return refuseProgram(ctx, argv[0], error);
  }
}

/** Starts another program; see `Process.spawn`. */
export function spawnProgram(
  ctx: Complainer,
  argv: readonly ByteString[],
  options?: SpawnOptions,
): Child {
  try {
    return ctx.process.spawn(argv, options);
  } catch (error) {
    return refuseProgram(ctx, argv[0], error);
  }
}

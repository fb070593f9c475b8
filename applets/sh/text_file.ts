/**
 * What the shell's own open files have in common: the output of a command substitution and the body
 * of a here-document, each of which acts like one end of a pipe.
 *
 * @module
 */

import { S_IFIFO, type Terminal, type WaitQueue } from "../../sandbox/types.ts";
import { VfsError } from "../../sandbox/errors.ts";

/** Never wakes: such a file is always ready. */
const SILENT: WaitQueue = { add: () => {}, remove: () => {} };

/** A text that stands for a pipe. */
export abstract class TextFile {
  readonly type = S_IFIFO;
  readonly path: string | undefined = undefined;
  readonly tty: Terminal | undefined = undefined;
  readonly directory: undefined = undefined;
  readonly changed: WaitQueue = SILENT;

  pread(): number {
    throw new VfsError("ESPIPE");
  }
  pwrite(): number {
    throw new VfsError("ESPIPE");
  }
  seek(): number {
    throw new VfsError("ESPIPE");
  }
  truncate(): void {
    throw new VfsError("EINVAL");
  }
  setAttr(): void {}
  sync(): void {}
}

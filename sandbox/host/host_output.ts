/**
 * Writing to the host's stdout and stderr.
 *
 * @module
 */
import { VfsError } from "../errors.ts";

/** The host's stdout or stderr. */
export type HostOutputStream = typeof Deno.stdout | typeof Deno.stderr;

/**
 * What writes chunks to the host's stdout or stderr. Throws `VfsError` with the reason that it cannot.
 *
 * @param before Told of the bytes of each chunk before they are written.
 */
export function pushTo(
  stream: HostOutputStream,
  before: (bytes: number) => void,
): (chunk: Uint8Array) => void | Promise<void> {
  return (chunk): void | Promise<void> => {
    before(chunk.length);
    let at = 0;
    while (at < chunk.length) {
      try {
        at += stream.writeSync(at === 0 ? chunk : chunk.subarray(at));
      } catch (error) {
        if (error instanceof Deno.errors.BrokenPipe) throw new VfsError("EPIPE");
        if (error instanceof Deno.errors.WouldBlock) return writeRest(stream, chunk.slice(at));
        const code = (error as { code?: string }).code;
        if (code === "ENOSPC") throw new VfsError("ENOSPC");
        if (code === "EBADF") throw new VfsError("EBADF");
        throw new VfsError("EIO");
      }
    }
    return undefined;
  };
}

/** A host pipe that is set not to block: waits for it in the background. */
async function writeRest(
  stream: HostOutputStream,
  chunk: Uint8Array,
): Promise<void> {
  for (let at = 0; at < chunk.length;) {
    try {
      at += await stream.write(chunk.subarray(at));
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe) throw new VfsError("EPIPE");
      if (!(error instanceof Deno.errors.WouldBlock)) throw new VfsError("EIO");
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}

/**
 * Runs a program on the host's own streams without a sandbox.
 *
 * @module
 */
import { fromText } from "../bytes.ts";
import { isVfsError } from "../errors.ts";
import { createBareProcess } from "../kernel/bare_process.ts";
import { type OpenFile, ProcessEnded, type Program, S_IFIFO, type Waiter } from "../types.ts";
import { type HostOutputStream, pushTo } from "./host_output.ts";

/** Lets the event loop turn once; few programs run so long that they need to. */
async function turn(): Promise<void> {
  await (await import("./kernel_host.ts")).yieldToHost();
}

/** Output for a program that does nothing with it but write: more of an open file it does not have. */
function plainOutput(stream: HostOutputStream): OpenFile {
  const push = pushTo(stream, () => {});
  const file = {
    type: S_IFIFO,
    path: undefined,
    tty: stream.isTerminal() ? {} : undefined,
    keepsChunks: false,
    write(chunk: Uint8Array, waiter: Waiter): void | Promise<void> {
      const wait = waiter.tick(1);
      if (wait !== undefined) return wait.then(() => file.write(chunk, waiter));
      const failed = (error: unknown): never => {
        if (isVfsError(error, "EPIPE")) waiter.brokenPipe();
        throw error;
      };
      try {
        return push(chunk)?.catch(failed);
      } catch (error) {
        return failed(error);
      }
    },
    release(): void {},
  };
  return file as unknown as OpenFile;
}

/**
 * Runs a program that reaches nothing but its arguments and streams; gives its exit status.
 *
 * @param files Its streams; without them it can write to the host's and has nothing to read.
 */
export async function runBare(
  program: Program,
  argv: readonly string[],
  files?: readonly OpenFile[],
): Promise<number> {
  const outputs = (): OpenFile[] => [plainOutput(Deno.stdout), plainOutput(Deno.stderr)];
  const process = createBareProcess(argv.map(fromText), new Map(), {
    files: files ?? [undefined, ...outputs()],
    yield: turn,
    fillRandom: (buffer) => void crypto.getRandomValues(buffer as Uint8Array<ArrayBuffer>),
  });
  try {
    return await program(process);
  } catch (error) {
    if (error instanceof ProcessEnded) return error.code;
    throw error;
  }
}

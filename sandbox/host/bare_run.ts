/**
 * Runs a program on the host's own streams without a sandbox.
 *
 * @module
 */
import { fromText } from "../bytes.ts";
import { createBareProcess } from "../kernel/bare_process.ts";
import { ProcessEnded, type Program } from "../types.ts";
import { openHostStreams } from "./stdio.ts";

/** Lets the event loop turn once; few programs run so long that they need to. */
async function turn(): Promise<void> {
  await (await import("./kernel_host.ts")).yieldToHost();
}

/** Runs a program that reaches nothing but its arguments and streams; gives its exit status. */
export async function runBare(program: Program, argv: readonly string[]): Promise<number> {
  const { stdin, stdout, stderr } = openHostStreams({
    closed: () => {},
    account: () => {},
    resized: { add: () => {}, remove: () => {} },
  });
  const process = createBareProcess(argv.map(fromText), new Map(), {
    files: [stdin, stdout, stderr],
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

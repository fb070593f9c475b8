/**
 * Entry of the runtime for the kernel; loaded by `loader.ts` on first use.
 *
 * @module
 */
export { wasiCommand } from "./command.ts";
export { wasmProgram } from "./run.ts";

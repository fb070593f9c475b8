/**
 * Commands that the embedding program adds: a function becomes a program on the search path.
 *
 * @module
 */
import type { Environment, MaybePromise, Process, Program } from "../types.ts";
import { isVfsError } from "../errors.ts";
import { concatBytes, fromText, toBytes, toText } from "../bytes.ts";

/** What a host command is handed: its own process and nothing else of the sandbox. */
export class CommandContext {
  /** Arguments after the command's name, as text. */
  readonly args: readonly string[];
  /** Environment, as text. */
  readonly env: ReadonlyMap<string, string>;

  /** @internal */
  constructor(
    /** The command's process: its files, signals, clock. For what the short calls do not cover. */
    readonly process: Process,
  ) {
    this.args = process.argv.slice(1).map(toText);
    this.env = textEnvironment(process.env);
  }

  /** Working directory. */
  get cwd(): string {
    return toText(this.process.fs.currentDir());
  }

  /** The next chunk of standard input, or undefined at the end. */
  read(): MaybePromise<Uint8Array | undefined> {
    return this.process.fd(0)?.read(65536, this.process.waiter);
  }

  /** All of standard input. */
  async readAll(): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    for (;;) {
      const chunk = await this.read();
      if (chunk === undefined) return concatBytes(chunks);
      this.process.chargeMemory(chunk.length);
      chunks.push(chunk);
    }
  }

  /** All of standard input as UTF-8 text. */
  async readText(): Promise<string> {
    return new TextDecoder().decode(await this.readAll());
  }

  /** Writes text (as UTF-8) or bytes to standard output. */
  write(data: string | Uint8Array): void | Promise<void> {
    return this.#writeTo(1, data);
  }

  /** Writes text or bytes to standard error. */
  writeError(data: string | Uint8Array): void | Promise<void> {
    return this.#writeTo(2, data);
  }

  #writeTo(number: number, data: string | Uint8Array): void | Promise<void> {
    const bytes = typeof data === "string" ? toBytes(fromText(data)) : data;
    return this.process.fd(number)?.write(bytes, this.process.waiter);
  }
}

/** A command written by the embedding program. Its result is the exit code, 0 when it gives none. */
export type HostCommand = (context: CommandContext) => MaybePromise<number | void>;

/** Makes a program of a host command. */
export function commandProgram(command: HostCommand): Program {
  return async (process) => {
    try {
      return await command(new CommandContext(process)) ?? 0;
    } catch (error) {
      if (!isVfsError(error)) throw error;
      const name = process.argv[0];
      void process.fd(2)?.write(toBytes(`${name}: ${error.reason}\n`), process.waiter);
      return 1;
    }
  };
}

function textEnvironment(env: Environment): ReadonlyMap<string, string> {
  const text = new Map<string, string>();
  for (const [name, value] of env) text.set(toText(name), toText(value));
  return text;
}

/**
 * Stand-in for JSR's `@cliffy/command`, over npm's `commander`: the part of its interface that
 * the management commands use.
 *
 * @module
 */

import { Command as Commander, Option } from "npm:commander@14.0.3";

/** The values of the options, by camel-case name. */
// deno-lint-ignore no-explicit-any
export type Options = Record<string, any>;

/** What a command does. */
// deno-lint-ignore no-explicit-any
export type Action = (options: Options, ...args: any[]) => unknown;

/** How an option behaves, apart from its flags and description. */
export interface OptionSettings {
  /** Its value when absent. */
  default?: unknown;
  /** Whether it must be given. */
  required?: boolean;
  /** Whether it may be given several times; the value is then an array. */
  collect?: boolean;
  /** Whether help leaves it out. */
  hidden?: boolean;
}

/** A usage error, thrown when `throwErrors` was asked for. */
export class ValidationError extends Error {
  /** The status to exit with. */
  readonly exitCode: number = 2;
}

/** The type after the colon in `<port:number>`; text when there is none. */
function readValue(type: string | undefined, text: string, flags: string): unknown {
  if (type !== "number" && type !== "integer") return text;
  const value = Number(text);
  if (text.trim() === "" || Number.isNaN(value) || type === "integer" && !Number.isInteger(value)) {
    throw new ValidationError(
      `Option "${flags.split(/[ ,=]/)[0]}" must be of type "${type}", but got "${text}".`,
    );
  }
  return value;
}

/** A command with options, arguments and sub-commands. */
export class Command {
  readonly #inner: Commander = new Commander();
  #throws = false;
  #parent: Command | undefined;
  /** The command that option, action and so on speak of: this one or its newest sub-command. */
  #current: Command = this;
  #result: { options: Options; args: unknown[] } = { options: {}, args: [] };

  /** A command without a name. */
  constructor() {
    this.#inner.exitOverride().configureOutput({ writeErr: () => {} });
    this.#inner.allowExcessArguments(false);
    this.#inner.action(async (...all) => {
      await this.#run(undefined, all);
    });
  }

  #top(): Command {
    return this.#parent === undefined ? this : this.#parent.#top();
  }

  #run(action: Action | undefined, all: unknown[]): unknown {
    const args = all.slice(0, -2);
    const options = this.#inner.optsWithGlobals();
    const flat = args.flatMap((arg) => Array.isArray(arg) ? arg : [arg]);
    while (flat.length > 0 && flat.at(-1) === undefined) flat.pop();
    this.#top().#result = { options, args: flat };
    return action?.(options, ...flat);
  }

  /** Names the command. */
  name(name: string): this {
    this.#current.#inner.name(name);
    return this;
  }

  /** Sets the version and adds --version. */
  version(version: string): this {
    this.#current.#inner.version(version, "-V, --version");
    return this;
  }

  /** Says what the command is for. */
  description(text: string): this {
    this.#current.#inner.description(text);
    return this;
  }

  /** Declares the operands: `<file:string> [more...:string]`. */
  arguments(pattern: string): this {
    for (const [, open, name, dots] of pattern.matchAll(/([<[])([\w-]+)(\.\.\.)?(?::\w+)?[>\]]/g)) {
      const text = `${name}${dots ?? ""}`;
      this.#current.#inner.argument(open === "<" ? `<${text}>` : `[${text}]`);
    }
    return this;
  }

  /** Declares an option: `-p, --port <port:number>`. */
  option(flags: string, description: string, settings: OptionSettings = {}): this {
    const type = /:(\w+)[>\]]/.exec(flags)?.[1];
    const option = new Option(flags.replace(/:\w+([>\]])/, "$1"), description);
    if (settings.default !== undefined) option.default(settings.default);
    if (settings.hidden) option.hideHelp();
    if (settings.collect) {
      option.argParser((text: string, before: unknown) => [
        ...(Array.isArray(before) && before !== settings.default ? before : []),
        readValue(type, text, flags),
      ]);
    } else if (type !== undefined) {
      option.argParser((text: string) => readValue(type, text, flags));
    }
    option.makeOptionMandatory(settings.required ?? false);
    this.#current.#inner.addOption(option);
    return this;
  }

  /** Declares an option that sub-commands accept too. */
  globalOption(flags: string, description: string, settings: OptionSettings = {}): this {
    return this.option(flags, description, settings);
  }

  /** Sets what the command does. */
  action(action: Action): this {
    const target = this.#current;
    target.#inner.action(async (...all) => {
      await target.#run(action, all);
    });
    return this;
  }

  /** Adds a sub-command: a ready one, or a new one that the following calls describe. */
  command(nameAndArguments: string, command?: Command | string): this {
    const [name, ...rest] = nameAndArguments.split(/\s+/);
    const added = command instanceof Command ? command : new Command();
    added.#inner.name(name);
    added.#parent = this;
    this.#inner.addCommand(added.#inner);
    this.#current = added;
    if (rest.length > 0) this.arguments(rest.join(" "));
    if (typeof command === "string") added.#inner.description(command);
    return this;
  }

  /** Makes the following calls describe this command again. */
  reset(): this {
    this.#current = this;
    return this;
  }

  /** Throws usage errors instead of printing them and exiting. */
  throwErrors(): this {
    this.#throws = true;
    return this;
  }

  /** Throws instead of exiting. */
  noExit(): this {
    return this.throwErrors();
  }

  /** The help page. */
  getHelp(): string {
    return this.#inner.helpInformation();
  }

  /** Prints the help page. */
  showHelp(): void {
    console.log(this.getHelp());
  }

  /** Reads the arguments and runs the command they name. */
  async parse(args: string[] = Deno.args): Promise<{ options: Options; args: unknown[] }> {
    try {
      await this.#inner.parseAsync(args, { from: "user" });
    } catch (error) {
      const code = (error as { code?: string }).code ?? "";
      if (code === "commander.helpDisplayed" || code === "commander.version") {
        if (!this.#throws) Deno.exit(0);
        return this.#result;
      }
      const isUsage = code.startsWith("commander.") || error instanceof ValidationError;
      if (!isUsage) throw error;
      const message = (error as Error).message.replace(/^error: /, "");
      if (this.#throws) throw new ValidationError(message);
      console.error(`error: ${message}`);
      Deno.exit(2);
    }
    return this.#result;
  }
}

/**
 * The `wasi` command: runs a module with exactly what its options hand over.
 *
 *     wasi [run] [--dir HOST[::GUEST][:ro]]… [--env NAME=VALUE]… [--invoke FUNCTION]
 *          [--allow-command NAME[=SUB,…]]… [--listen HOST:PORT]… MODULE [ARGUMENT]…
 *     wasi snapshot [--init-func=FUNCTION] IN OUT
 *     wasi start [--timings] MODULE [ARGUMENT]…
 *
 * Unlike a module that a shell starts as a program, which sees what its process sees, `run` gives no
 * directory and no variable that was not named. `start` runs a file as a shell would, whether it has
 * the right to be executed or not.
 *
 * @module
 */
import type {
  ByteString,
  Directory,
  MaybePromise,
  NetListener,
  Process,
  Program,
} from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { toBytes, toText } from "../sandbox/bytes.ts";
import { WRITE_RIGHTS } from "./abi.ts";
import type { CommandRules } from "./process_extension.ts";
import { ModuleError } from "./binary.ts";
import { DEFAULT_INIT } from "./preinitialize.ts";
import { preinitialize, type Preopen, STATUS_UNUSABLE, wasmProgram } from "./run.ts";

/** Exit status of a wrong command line. */
const STATUS_USAGE = 2;
/** Largest module, bytes. */
const MODULE_MAX = 512 * 1024 * 1024;

/** How the command is called. */
export const USAGE = `\
Usage: wasi [run] [OPTION]... MODULE [ARGUMENT]...
   or: wasi snapshot [--init-func=FUNCTION] IN OUT
   or: wasi start [--timings] MODULE [ARGUMENT]...

Run a WASI preview 1 module with nothing but what is handed over,
or run the initialisation of a module and write the module that starts after it,
or run a module with all that this process has

	--dir HOST[::GUEST][:ro]	Hand over a directory, under the name GUEST
	--env NAME=VALUE	Set a variable; the module sees no other
	--env NAME	Pass a variable on
	--invoke FUNCTION	Call this exported function; arguments are numbers
	--listen HOST:PORT	Hand over a listening socket, after the directories
	--allow-command NAME[=SUB,...]	Let the module start this program
`;

/** A wrong command line. */
class UsageError extends Error {}

/** What the command line asks for. */
export interface WasiCommandLine {
  readonly directories: readonly {
    readonly path: ByteString;
    readonly name: ByteString;
    readonly readOnly: boolean;
  }[];
  readonly env: ReadonlyMap<ByteString, ByteString | undefined>;
  readonly invoke: ByteString | undefined;
  readonly listen: readonly { readonly host: string; readonly port: number }[];
  readonly commands: CommandRules | undefined;
  readonly module: ByteString;
  readonly args: readonly ByteString[];
}

function directoryOption(value: ByteString): WasiCommandLine["directories"][number] {
  const readOnly = value.endsWith(":ro");
  const text = readOnly ? value.slice(0, -3) : value;
  const at = text.indexOf("::");
  const path = at < 0 ? text : text.slice(0, at);
  const name = at < 0 ? text : text.slice(at + 2);
  if (path === "" || name === "") throw new UsageError(`--dir needs a directory: '${value}'`);
  return { path, name, readOnly };
}

function listenOption(value: ByteString): { readonly host: string; readonly port: number } {
  const at = value.lastIndexOf(":");
  const port = Number(value.slice(at + 1));
  if (at < 1 || !/^\d+$/.test(value.slice(at + 1)) || port > 65535) {
    throw new UsageError(`--listen needs HOST:PORT: '${value}'`);
  }
  return { host: value.slice(0, at).replace(/^\[(.*)\]$/, "$1"), port };
}

/**
 * Parses the arguments after the command's name. Options end at the module.
 *
 * @returns `undefined` when help was asked for.
 * @throws {Error} with a line for the user
 */
export function parseWasiCommand(args: readonly ByteString[]): WasiCommandLine | undefined {
  const directories: WasiCommandLine["directories"][number][] = [];
  const env = new Map<ByteString, ByteString | undefined>();
  const listen: { readonly host: string; readonly port: number }[] = [];
  const commands = new Map<ByteString, true | readonly ByteString[]>();
  let invoke: ByteString | undefined;
  let i = args[0] === "run" ? 1 : 0;
  for (; i < args.length; i++) {
    const word = args[i];
    if (word === "--") {
      i++;
      break;
    }
    if (!word.startsWith("-") || word === "-") break;
    if (word === "--help" || word === "-h") return undefined;
    const equals = word.indexOf("=");
    const option = equals < 0 ? word : word.slice(0, equals);
    const value = (): ByteString => {
      if (equals >= 0) return word.slice(equals + 1);
      if (++i >= args.length) throw new UsageError(`option '${option}' requires an argument`);
      return args[i];
    };
    switch (option) {
      case "--dir":
        directories.push(directoryOption(value()));
        break;
      case "--env": {
        const text = value();
        const at = text.indexOf("=");
        if (at === 0 || text === "") throw new UsageError(`--env needs a name: '${text}'`);
        env.set(at < 0 ? text : text.slice(0, at), at < 0 ? undefined : text.slice(at + 1));
        break;
      }
      case "--invoke":
        invoke = value();
        break;
      case "--listen":
        listen.push(listenOption(value()));
        break;
      case "--allow-command": {
        const text = value();
        const at = text.indexOf("=");
        if (at < 0) commands.set(text, true);
        else {commands.set(
            text.slice(0, at),
            text.slice(at + 1).split(",").filter((sub) => sub !== ""),
          );}
        break;
      }
      default:
        throw new UsageError(`unrecognized option '${option}'`);
    }
  }
  if (i >= args.length) throw new UsageError("no module given");
  return {
    directories,
    env,
    invoke,
    listen,
    commands: commands.size > 0 ? commands : undefined,
    module: args[i],
    args: args.slice(i + 1),
  };
}

function openAll(
  process: Process,
  wanted: WasiCommandLine["directories"],
): Preopen[] {
  return wanted.map(({ path, name, readOnly }) => {
    const directory: Directory = process.fs.openDirectory(path).confined();
    return readOnly ? { name, directory, withhold: WRITE_RIGHTS } : { name, directory };
  });
}

function baseName(path: ByteString): ByteString {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Writes a pre-initialised module. */
async function snapshot(process: Process, args: readonly ByteString[]): Promise<number> {
  let init: ByteString = DEFAULT_INIT;
  const paths: ByteString[] = [];
  for (const word of args) {
    if (word.startsWith("--init-func=")) init = word.slice(12);
    else if (word.startsWith("-") && word !== "-") {
      throw new UsageError(`unrecognized option '${word}'`);
    } else paths.push(word);
  }
  if (paths.length !== 2 || init === "") throw new UsageError("snapshot needs IN and OUT");
  const bytes = process.fs.readFile(paths[0], MODULE_MAX);
  process.fs.writeFile(paths[1], await preinitialize(process, bytes, toText(init)), 0o777);
  return 0;
}

/** Runs a module as a shell would; with `timings`, tells how long each stage took. */
function startModule(process: Process, args: readonly ByteString[]): MaybePromise<number> {
  const isTimed = args[0] === "--timings";
  const words = isTimed ? args.slice(1) : args;
  const path = words[0];
  if (path === undefined || path.startsWith("--")) throw new UsageError("start needs a module");
  const times: [string, number][] = [];
  let before = process.clock.monotonicMs();
  const note = (stage: string): void => {
    const now = process.clock.monotonicMs();
    times.push([stage, now - before]);
    before = now;
  };
  const bytes = process.fs.readFile(path, MODULE_MAX);
  note("load");
  const name = baseName(path);
  const ended = wasmProgram(bytes, {
    args: [name, ...words.slice(1)],
    name,
    ...(isTimed ? { onStage: note } : {}),
  })(process);
  if (!isTimed) return ended;
  return Promise.resolve(ended).then(async (code) => {
    const text = times.map(([stage, ms]) => `${name}: ${stage} ${ms.toFixed(1)} ms\n`).join("");
    await process.fd(2)?.write(toBytes(text), process.waiter);
    return code;
  });
}

/** The command as a program: `argv[0]` is its name. */
export const wasiCommand: Program = (process) => {
  const complain = (text: ByteString, code: number): number | Promise<number> => {
    const waits = process.fd(2)?.write(toBytes(text), process.waiter);
    return waits === undefined ? code : waits.then(() => code);
  };
  if (process.argv[1] === "snapshot") {
    return snapshot(process, process.argv.slice(2)).catch((error) => {
      if (error instanceof UsageError) {
        return complain(`wasi: ${error.message}\n${USAGE}`, STATUS_USAGE);
      }
      if (error instanceof ModuleError) {
        return complain(`wasi: ${error.message}\n`, STATUS_UNUSABLE);
      }
      if (!isVfsError(error)) throw error;
      return complain(`wasi: ${error.path ?? "snapshot"}: ${error.reason}\n`, STATUS_UNUSABLE);
    });
  }
  if (process.argv[1] === "start") {
    try {
      return startModule(process, process.argv.slice(2));
    } catch (error) {
      if (error instanceof UsageError) {
        return complain(`wasi: ${error.message}\n${USAGE}`, STATUS_USAGE);
      }
      if (!isVfsError(error)) throw error;
      return complain(`wasi: ${error.path ?? "start"}: ${error.reason}\n`, STATUS_UNUSABLE);
    }
  }
  let line: WasiCommandLine | undefined;
  try {
    line = parseWasiCommand(process.argv.slice(1));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return complain(`wasi: ${error.message}\n${USAGE}`, STATUS_USAGE);
  }
  if (line === undefined) {
    const waits = process.fd(1)?.write(toBytes(USAGE), process.waiter);
    return waits === undefined ? 0 : waits.then(() => 0);
  }
  let subject = line.module;
  try {
    const bytes = process.fs.readFile(line.module, MODULE_MAX);
    const preopens: Preopen[] = [];
    for (const each of line.directories) {
      subject = each.path;
      preopens.push(...openAll(process, [each]));
    }
    const listeners: NetListener[] = [];
    for (const each of line.listen) {
      subject = `${each.host}:${each.port}`;
      listeners.push(process.net.listen(each.host, each.port));
    }
    const env = new Map<ByteString, ByteString>();
    for (const [name, value] of line.env) {
      const given = value ?? process.env.get(name);
      if (given !== undefined) env.set(name, given);
    }
    process.env = env;
    return wasmProgram(bytes, {
      args: [baseName(line.module), ...line.args],
      name: `wasi: ${line.module}`,
      preopens,
      listeners,
      invoke: line.invoke === undefined ? undefined : toText(line.invoke),
      commands: line.commands,
    })(process);
  } catch (error) {
    if (!isVfsError(error)) throw error;
    return complain(`wasi: ${subject}: ${error.reason}\n`, STATUS_UNUSABLE);
  }
};

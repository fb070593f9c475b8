/**
 * The shell as a program: options, start-up files, and where the commands come from.
 *
 * @module
 */

import type { Applet } from "../contract.ts";
import type { MaybePromise, Process } from "../../sandbox/types.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import { BUILTINS } from "./builtins/mod.ts";
import { readScript } from "./builtins/flow.ts";
import { setFlag, setLetter, setNamed } from "./builtins/variables.ts";
import { ShellError, ShellExit } from "./errors.ts";
import { JobTable } from "./jobs.ts";
import { foresee, INPUT, INTERACTIVE, loadExpansion, USAGE } from "./parts.ts";
import { runText } from "./run.ts";
import { noFlags, OPTIONS, SharedState, Shell } from "./shell.ts";
import { startVariables } from "./specials.ts";
import { runToEnd } from "./subshell.ts";
import { Traps } from "./traps.ts";

/** The command interpreter. Source of behaviour: POSIX sh, BusyBox 1.35 ash. */
export const applet: Applet = {
  name: "sh",
  aliases: ["ash", "bash"],
  usage: "[-il] [-|+Cabefmnuvx] [-|+o OPT]... [-c 'SCRIPT' [ARG0 ARGS] | FILE ARGS | -s ARGS]",
  about: "Run commands from a script, a file or standard input",
  options: {},
  usageStatus: 1,
  lostOutput: undefined,
  needs: [],
  program: (proc) => start(proc, proc.argv),
  invoke: (proc, argv) => start(proc, argv),
};

/** Shows the usage page. */
function usage(sh: Shell, status: number): MaybePromise<number> {
  const options = USAGE.loadFor(sh.proc);
  const show = ({ usagePage }: typeof import("../_lib/options.ts")): number => {
    sh.say(usagePage(applet, sh.shared.name));
    return status;
  };
  return options instanceof Promise ? options.then(show) : show(options);
}

/** What the command line asks for. */
interface Invocation {
  login: boolean;
  command: string | undefined;
  fromStdin: boolean;
  words: readonly string[];
}

class UsageError extends Error {}

/** A name behind `-o` that is none; natively that is a success. */
class NoSuchOption extends ShellError {}

function start(proc: Process, argv: readonly string[]): MaybePromise<number> {
  const slash = argv[0].lastIndexOf("/");
  const called = argv[0].slice(slash + 1).replace(/^-/, "");
  const shared = new SharedState(called, proc.pid, BUILTINS, runText);
  const sh = new Shell(proc, shared, undefined);
  sh.arg0 = argv[0];
  sh.jobs = new JobTable();
  sh.traps = new Traps(sh);
  if (argv.length === 2 && argv[1] === "--help") return usage(sh, 0);
  let inv: Invocation;
  try {
    inv = readCommandLine(sh, argv, called === "bash");
  } catch (error) {
    if (error instanceof UsageError) {
      sh.say(`${called}: ${error.message}\n`);
      return usage(sh, 1);
    }
    if (error instanceof ShellError) {
      sh.say(`${argv[0]}: ${error.message}\n`);
      return error instanceof NoSuchOption ? 0 : 2;
    }
    throw error;
  }
  // Now that no wrong option has been found, whether there is a terminal for jobs.
  setFlag(sh, "monitor", sh.flags.monitor);
  startVariables(sh);
  if (called === "bash") {
    for (const name of ["BASH", "SHELL"]) if (sh.get(name) === undefined) sh.set(name, "/bin/bash");
  }
  const loading = sh.flags.xtrace ? loadExpansion(sh) : undefined;
  return runToEnd(sh, (self) => loading?.then(() => run(self, inv)) ?? run(self, inv));
}

/** Native lists all options as on. */
function listOptions(sh: Shell, asCommands: boolean): void {
  const line = (name: string): string => asCommands ? `set -o ${name}\n` : `${name.padEnd(16)}on\n`;
  void sh.print(OPTIONS.map(([, name]) => line(name)).join(""));
}

function readCommandLine(sh: Shell, argv: readonly string[], bash: boolean): Invocation {
  sh.flags = noFlags();
  const inv: Invocation = {
    login: argv[0].startsWith("-"),
    command: undefined,
    fromStdin: false,
    words: [],
  };
  let wantsCommand = false;
  let i = 1;
  for (; i < argv.length; i++) {
    const word = argv[i];
    const on = word[0] === "-";
    if (!on && word[0] !== "+") break;
    if (word === "-" || word === "--") {
      i++;
      break;
    }
    if (word.startsWith("--")) {
      if (word === "--login") inv.login = true;
      else if (bash && BASH_OPTION.test(word)) {
        if (word.endsWith("file")) i++;
      } else if (bash) throw new UsageError(`unrecognized option '${word}'`);
      // To ash any other long option is nothing at all.
      continue;
    }
    for (const letter of word.slice(1)) {
      // What follows would be a long option.
      if (letter === "-" && on) break;
      if (letter === "c") wantsCommand = true;
      else if (letter === "s") inv.fromStdin = on;
      else if (letter === "l") inv.login = on;
      else if (letter === "i") sh.flags.interactive = on;
      else if (letter === "o") {
        const name = argv[++i];
        if (name === undefined) listOptions(sh, !on);
        else if (name === "monitor") sh.flags.monitor = on;
        else if (!setNamed(sh, name, on)) {
          throw new NoSuchOption(`illegal option ${word[0]}o ${name}`);
        }
      } else if (letter === "m") sh.flags.monitor = on;
      else setLetter(sh, letter, on);
    }
  }
  inv.words = argv.slice(i);
  if (wantsCommand) {
    if (inv.words.length === 0) throw new ShellError("-c requires an argument");
    inv.command = inv.words[0];
    inv.words = inv.words.slice(1);
    sh.flags.command = true;
  }
  return inv;
}

/** Options of bash that change nothing here. */
const BASH_OPTION = /^--(?:no(?:profile|rc|editing)|restricted|verbose|posix|(?:rc|init-)file)$/;

function run(sh: Shell, inv: Invocation): MaybePromise<number> {
  const words = inv.words;
  if (inv.command !== undefined) {
    if (words.length > 0) {
      sh.arg0 = sh.commandName = sh.shared.title = words[0];
      sh.params = words.slice(1);
    }
    if (!inv.login && !sh.flags.interactive) return commandString(sh, inv.command);
    return (async () => {
      await (await INPUT.loadFor(sh.proc)).startFiles(sh, inv.login);
      return await commandString(sh, inv.command!);
    })();
  }
  if (!inv.fromStdin && words.length > 0) {
    sh.arg0 = words[0];
    sh.params = words.slice(1);
    if (!inv.login && !sh.flags.interactive) return scriptFile(sh, words[0]);
    return (async () => {
      await (await INPUT.loadFor(sh.proc)).startFiles(sh, inv.login);
      return await scriptFile(sh, words[0]);
    })();
  }
  sh.params = words;
  sh.flags.stdin = true;
  const input = sh.proc.fd(0);
  const terminal = input?.tty !== undefined && sh.proc.fd(2)?.tty !== undefined;
  if (terminal && words.length === 0) sh.flags.interactive = true;
  return (async () => {
    if (inv.login || sh.flags.interactive) {
      await (await INPUT.loadFor(sh.proc)).startFiles(sh, inv.login);
    }
    if (input === undefined) return 0;
    if (sh.flags.interactive) return await (await INTERACTIVE.loadFor(sh.proc)).interact(sh, input);
    return await (await INPUT.loadFor(sh.proc)).fromStdin(sh, input);
  })();
}

/** A shorter command runs before anything foreseen could be there. */
const LONG_COMMAND = 200;

/** `-c`: lines count from 0, as in native ash. */
function commandString(sh: Shell, text: string): MaybePromise<number> {
  if (text.length > LONG_COMMAND) foresee(text);
  return runText(sh, text, 0);
}

function scriptFile(sh: Shell, path: string): MaybePromise<number> {
  let text: MaybePromise<string>;
  try {
    text = readScript(sh, path);
  } catch (error) {
    if (!isVfsError(error)) throw error;
    // A directory opens, and reading it gives nothing.
    if (error.code === "EISDIR") return 0;
    sh.say(`${sh.proc.argv[0]}: can't open '${path}': ${error.reason}\n`);
    throw new ShellExit(2, true);
  }
  sh.commandName = sh.shared.title = path;
  sh.fromFile = true;
  sh.readsBase = true;
  sh.showsInput = true;
  const run = (script: string): MaybePromise<number> => {
    foresee(script);
    return runText(sh, script, 1);
  };
  return typeof text === "string" ? run(text) : text.then(run);
}

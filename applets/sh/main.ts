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
import { setNamed } from "./builtins/variables.ts";
import { ShellError, ShellExit } from "./errors.ts";
import { JobTable } from "./jobs.ts";
import { foresee, INPUT, INTERACTIVE, loadExpansion, USAGE } from "./parts.ts";
import { expandText, runText } from "./run.ts";
import { type Flags, noFlags, OPTIONS, SharedState, Shell } from "./shell.ts";
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
  readonly flags: Flags;
  readonly named: [name: string, on: boolean][];
  login: boolean;
  /** `-o` or `+o` came last: native lists all options as on, and goes on. */
  listsOptions: "names" | "commands" | undefined;
  command: string | undefined;
  fromStdin: boolean;
  words: readonly string[];
}

class UsageError extends Error {}

function start(proc: Process, argv: readonly string[]): MaybePromise<number> {
  const slash = argv[0].lastIndexOf("/");
  const called = argv[0].slice(slash + 1).replace(/^-/, "");
  const shared = new SharedState(called, proc.pid, BUILTINS, runText, expandText);
  const sh = new Shell(proc, shared, undefined);
  sh.arg0 = argv[0];
  sh.jobs = new JobTable();
  sh.traps = new Traps(sh);
  if (argv.length === 2 && argv[1] === "--help") return usage(sh, 0);
  let inv: Invocation;
  try {
    inv = readCommandLine(argv, called === "bash");
  } catch (error) {
    if (error instanceof UsageError) {
      sh.say(`${called}: ${error.message}\n`);
      return usage(sh, 1);
    }
    if (error instanceof ShellError) {
      sh.say(`${argv[0]}: ${error.message}\n`);
      return 2;
    }
    throw error;
  }
  sh.flags = inv.flags;
  startVariables(sh);
  if (called === "bash") {
    for (const name of ["BASH", "SHELL"]) if (sh.get(name) === undefined) sh.set(name, "/bin/bash");
  }
  for (const [name, on] of inv.named) {
    if (!setNamed(sh, name, on)) {
      sh.say(`${argv[0]}: illegal option ${on ? "-" : "+"}o ${name}\n`);
      return 0;
    }
  }
  if (inv.listsOptions !== undefined) {
    const line = (name: string): string =>
      inv.listsOptions === "names" ? `${name.padEnd(16)}on\n` : `set -o ${name}\n`;
    void sh.print(OPTIONS.map(([, name]) => line(name)).join(""));
  }
  const loading = sh.flags.xtrace ? loadExpansion(sh) : undefined;
  return runToEnd(sh, (self) => loading?.then(() => run(self, inv)) ?? run(self, inv));
}

function readCommandLine(argv: readonly string[], bash: boolean): Invocation {
  const inv: Invocation = {
    flags: noFlags(),
    named: [],
    login: argv[0].startsWith("-"),
    listsOptions: undefined,
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
    if (word.length < 2) break;
    if (word.startsWith("--")) {
      if (word === "--login") inv.login = true;
      else if (bash && LONG_OPTIONS.has(word)) {
        // Options of bash that change nothing here.
        if (word === "--rcfile" || word === "--init-file") i++;
      } else if (bash && word === "--posix") continue;
      else if (bash) throw new UsageError(`unrecognized option '${word}'`);
      // To ash any other long option is nothing at all.
      continue;
    }
    for (const letter of word.slice(1)) {
      if (letter === "c" && on) wantsCommand = true;
      else if (letter === "s") inv.fromStdin = on;
      else if (letter === "l") inv.login = on;
      else if (letter === "i") inv.flags.interactive = on;
      else if (letter === "o") {
        const name = argv[++i];
        if (name === undefined) {
          inv.listsOptions = on ? "names" : "commands";
          continue;
        }
        inv.named.push([name, on]);
      } else {
        const option = OPTIONS.find((o) => o[0] === letter);
        if (option === undefined) throw new ShellError(`illegal option ${word[0]}${letter}`);
        inv.flags[option[1] as keyof Flags] = on;
      }
    }
  }
  inv.words = argv.slice(i);
  if (wantsCommand) {
    if (inv.words.length === 0) throw new ShellError("-c requires an argument");
    inv.command = inv.words[0];
    inv.words = inv.words.slice(1);
    inv.flags.command = true;
  }
  return inv;
}

const LONG_OPTIONS: ReadonlySet<string> = new Set([
  "--noprofile",
  "--norc",
  "--noediting",
  "--restricted",
  "--verbose",
  "--rcfile",
  "--init-file",
]);

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

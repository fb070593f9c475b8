import { type ByteString, S_IFMT, S_IFREG } from "../../sandbox/types.ts";
import { toByteString } from "../../sandbox/bytes.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import { type Applet, type Context, defineApplet } from "../contract.ts";
import { KeyReader } from "../_lib/keys.ts";
import { FEATURES } from "./colon.ts";
import { Commands } from "./commands.ts";
import { load } from "./files.ts";
import { State } from "./state.ts";
import { View } from "./view.ts";

/** Largest `.exrc`. */
const LARGEST_RC = 65536;

/**
 * A screen editor. Source of behaviour: POSIX vi, BusyBox 1.35.
 *
 * Where native has faults that lose text or time, this one does not: a last line without a newline is
 * a line like others (native puts text into it at a wrong place, and does not find its last char);
 * a `:s` whose pattern matches nothing at all comes to an end; undoing after an automatic indentation takes nothing else away; `3X`
 * at the beginning of a text does nothing; a changed status line is always shown, even if the sum of
 * its bytes is that of the old one.
 */
export const applet: Applet = defineApplet({
  name: "vi",
  usage: "[-c CMD] [-R] [-H] [FILE]...",
  about: "Edit FILE on the screen",
  lostOutput: "ignore",
  options: {
    c: { arg: "CMD", many: true, help: "Run CMD at first (also $EXINIT and ~/.exrc)" },
    R: { help: "Write only when forced to" },
    H: { help: "Tell what this vi can do" },
    h: {},
  },
  async run(ctx) {
    const { opts, operands, process } = ctx;
    if (opts.H) {
      ctx.say(FEATURES);
      return ctx.usage();
    }
    const input = process.fd(0);
    const terminal = process.fd(1)?.tty ?? input?.tty ?? DUMB;
    if (opts.h) return ctx.usage();
    if (input === undefined) return 1;
    const raw = process.fd(1)?.tty ?? input.tty;
    const print = (text: ByteString): void => ctx.stdout.print(text);
    const view = new View(terminal, print);
    const state = new State(process, new KeyReader(process, input, raw), view, print);
    const commands = new Commands(state);
    commands.colon.readOnly = opts.R === true;
    state.files = operands;
    raw?.setRaw(true);
    view.open(input.tty !== undefined);
    try {
      await commands.colon.runAll(initialCommands(ctx));
      const { message, bold } = state;
      await load(state, operands[0], { readOnly: opts.R === true, tell: false });
      if (state.message === "" && message !== "") Object.assign(state, { message, bold });
      await commands.colon.runAll((opts.c ?? []).join("\n"));
      await commands.run();
    } finally {
      // Without input native goes at once, and leaves the screen as it is.
      if (state.inputEnded) view.leave();
      else view.close();
      raw?.setRaw(false);
    }
    return state.inputEnded ? ctx.fail("can't read user input") : 0;
  },
});

/** Stands for a terminal where there is none. */
const DUMB = {
  columns: () => 80,
  rows: () => 24,
  setRaw: () => {},
  modes: () => ({ input: 0, output: 0, control: 0, local: 0, line: 0, characters: [] }),
  setModes: () => {},
  setSize: () => {},
  name: "",
  foreground: 0,
  resized: { add: () => {}, remove: () => {} },
};

/** `$EXINIT`, or else the user's own `.exrc`, unless others may write it. */
function initialCommands(
  { env, fs, process }: Pick<Context, "env" | "fs" | "process">,
): ByteString {
  const variable = env.get("EXINIT");
  if (variable !== undefined) return variable;
  const home = env.get("HOME");
  if (home === undefined) return "";
  const path = `${home}/.exrc`;
  try {
    const stat = fs.stat(path);
    if (stat.uid !== process.uid || (stat.mode & 0o022) !== 0) return "";
    if ((stat.mode & S_IFMT) !== S_IFREG) return "";
    return toByteString(fs.readFile(path, LARGEST_RC));
  } catch (error) {
    if (!isVfsError(error)) throw error;
    return "";
  }
}

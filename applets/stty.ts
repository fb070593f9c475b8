import { type OpenFile, S_IFCHR } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, defineApplet } from "./contract.ts";
import { numberArgument } from "./_lib/number_argument.ts";

const CHARACTERS = "intr = ^C; quit = ^\\; erase = ^?; kill = ^U; eof = ^D; eol = <undef>;\n" +
  "eol2 = <undef>; swtch = <undef>; start = ^Q; stop = ^S; susp = ^Z; rprnt = ^R;\n" +
  "werase = ^W; lnext = ^V; flush = ^O; min = 1; time = 0;\n";
const MODES = "-parenb -parodd -cmspar cs8 -hupcl -cstopb cread -clocal -crtscts\n" +
  "-ignbrk -brkint -ignpar -parmrk -inpck -istrip -inlcr -igncr icrnl ixon -ixoff\n" +
  "-iuclc -ixany -imaxbel -iutf8\n" +
  "opost -olcuc -ocrnl onlcr -onocr -onlret -ofill -ofdel nl0 cr0 tab0 bs0 vt0 ff0\n" +
  "isig icanon iexten echo echoe echok -echonl -noflsh -xcase -tostop -echoprt\n" +
  "echoctl echoke -flusho -extproc\n";
/** The state above in the form that `stty` reads again. */
const SAVED = "500:5:bf:8a3b:3:1c:7f:15:4:0:1:0:11:13:1a:0:12:f:17:16" + ":0".repeat(16);
/** Settings that make the terminal raw, and those that undo it. */
const RAW = ["raw", "-icanon", "cbreak", "-cooked"];
const COOKED = ["-raw", "icanon", "-cbreak", "cooked", "sane"];
const NUMBERS = ["rows", "cols", "columns", "line", "min", "time", "ispeed", "ospeed"];
const WORDS = new Set(
  MODES.split(/\s+/).map((word) => word.replace(/^-/, "")).concat(
    "evenp parity oddp nl ek sane cooked raw pass8 litout cbreak crt dec decctlq tabs lcase LCASE"
      .split(" "),
  ),
);
const KEYS = "intr quit erase kill eof eol eol2 swtch start stop susp rprnt werase lnext flush"
  .split(" ");

/** Shows and sets the terminal. Source of behaviour: POSIX stty, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "stty",
  usage: "[-a|g] [-F DEVICE] [SETTING]...",
  about: "Show or change how the terminal works. A terminal of the sandbox knows raw and cooked.",
  options: {},
  raw: true,
  run(ctx) {
    let all = false;
    let saved = false;
    let device: string | undefined;
    const settings: string[] = [];
    const words = [...ctx.operands];
    for (let word = words.shift(); word !== undefined; word = words.shift()) {
      if (/^-[ag]+$/.test(word)) {
        all ||= word.includes("a");
        saved ||= word.includes("g");
      } else if (word.startsWith("-F")) {
        device = word.length > 2 ? word.slice(2) : words.shift();
        if (device === undefined) return ctx.fail("-F requires an argument");
      } else settings.push(word);
    }
    if (all && saved) return ctx.fail("-a and -g are mutually exclusive");
    for (let i = 0; i < settings.length; i++) {
      const word = settings[i];
      if (NUMBERS.includes(word) || KEYS.includes(word)) {
        if (settings[++i] === undefined) return ctx.fail(`missing argument to '${word}'`);
        if (NUMBERS.includes(word)) numberArgument(ctx, settings[i]);
      } else if (!WORDS.has(word.replace(/^-/, "")) && word !== "size" && word !== "speed") {
        if (/^[0-9a-f]+(:[0-9a-f]+)+$/.test(word)) continue;
        if (word.startsWith("-")) return ctx.fail(`invalid argument '${word}'`);
        numberArgument(ctx, word);
      }
    }
    let file: OpenFile | undefined = ctx.process.fd(0);
    const name = device ?? "standard input";
    if (device !== undefined) {
      try {
        file = ctx.openOrThrow(device).file;
      } catch (error) {
        if (!isVfsError(error)) throw error;
        return ctx.fail(`can't open '${device}': ${error.reason}`);
      }
    }
    const terminal = file?.type === S_IFCHR ? file.tty : undefined;
    if (terminal === undefined) return ctx.fail(`${name}: Inappropriate ioctl for device`);
    const { out } = ctx;
    const size = `rows ${terminal.rows()}; columns ${terminal.columns()};`;
    if (saved) out.print(`${SAVED}\n`);
    else if (all) out.print(`speed 38400 baud; ${size} line = 0;\n${CHARACTERS}${MODES}`);
    else if (settings.length === 0) out.print("speed 38400 baud; line = 0;\n-brkint -imaxbel\n");
    for (const word of settings) {
      if (word === "size") out.print(`${terminal.rows()} ${terminal.columns()}\n`);
      else if (word === "speed") out.print("38400\n");
      else if (RAW.includes(word)) terminal.setRaw(true, { isig: word !== "raw" });
      else if (COOKED.includes(word)) terminal.setRaw(false);
    }
    return 0;
  },
});

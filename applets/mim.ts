import { type ByteString, SIG } from "../sandbox/types.ts";
import { toBytes } from "../sandbox/bytes.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, defineApplet } from "./contract.ts";

const DEFAULT_FILE = "Mimfile";

/**
 * Runs a part of a script that is written like a makefile: lines that end in a colon name targets,
 * what follows them are their commands, and all goes to the shell's input. Source: BusyBox 1.35.
 */
export const applet: Applet = defineApplet({
  name: "mim",
  usage: "[-f FILE] [SHELL_OPTIONS] [TARGET] ...",
  about: "Run the commands of a target (the first one by default) of a makefile-like script",
  options: {
    f: { arg: "FILE", help: `Script (default ${DEFAULT_FILE})` },
  },
  raw: true,
  async run(ctx) {
    const { process, operands } = ctx;
    // Only as the first argument, and apart from its value: all else belongs to the shell.
    const given = operands.length > 1 && operands[0] === "-f";
    const file = given ? operands[1] : DEFAULT_FILE;
    let script: ByteString | undefined;
    try {
      const source = ctx.openOrThrow(file);
      // A directory reads as empty.
      const text = source.file.directory === undefined ? await source.readAll() : "";
      script = shellScript(text);
      source.close();
    } catch (error) {
      if (!isVfsError(error)) throw error;
      // Native is a script itself, and its shell says this; its commands after the opening fail
      // one by one, but the shell still gets the end of the script.
      const reason = error.code === "ENOENT" ? "no such file" : error.reason;
      ctx.say(`mim: line 7: can't open ${file}: ${reason}\n`);
      return 1;
    }
    const { read, write } = process.pipe();
    const fds = new Map(process.fdNumbers().map((fd) => [fd, process.fd(fd)!]));
    fds.set(0, read);
    const child = process.spawn(["sh", "-s", ...operands.slice(given ? 2 : 0)], { fds });
    read.release();
    // Only here: the shell is ended by a broken pipe as any other.
    process.setSignal(SIG.PIPE, "ignore");
    try {
      const full = write.write(toBytes(script), process.waiter);
      if (full !== undefined) await full;
    } catch (error) {
      // The shell ended before it had read everything.
      if (!isVfsError(error, "EPIPE")) throw error;
    }
    write.release();
    return (await child.wait()).code;
  },
});

/** The script as the shell gets it. */
function shellScript(text: ByteString): ByteString {
  let script = "";
  let targets = 0;
  // A last line without a newline does not count.
  for (const raw of text.split("\n").slice(0, -1)) {
    const line = raw.replace(/^[ \t]+|[ \t]+$/g, "");
    if (line === "") continue;
    if (!line.endsWith(":")) {
      script += `${line}\n`;
      continue;
    }
    const name = line.slice(0, -1);
    script += targets++ > 0
      ? ";;\n"
      : `[ $# -eq 0 ] && set -- "${name}"\nTARGET="$1"\nshift\ncase "$TARGET" in\n`;
    script += `${name})\n`;
  }
  if (targets > 0) script += ";;\n";
  return `${script}*)\necho "Unknown command $TARGET"\nexit 1\n;;\nesac\n`;
}

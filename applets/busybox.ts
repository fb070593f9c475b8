import { type Applet, BANNER, defineApplet } from "./contract.ts";

/** A search path without programs: then the name is looked for among the applets alone. */
const NOWHERE = "/proc/nowhere";
/** Width at which the banner's list of names is broken, as native. */
const LIST_WIDTH = 71;

/**
 * `busybox APPLET [ARGUMENTS]...` inside the sandbox, and the banner with the list of applets.
 * Source of behaviour: BusyBox 1.35 `busybox`.
 */
export const applet: Applet = defineApplet({
  name: "busybox",
  aliases: ["capbox"],
  usage: "[function [arguments]...]\n   or: busybox --list[-full]",
  about: "Run another applet by its name, or list them all",
  lostOutput: "ignore",
  options: {},
  raw: true,
  noHelp: true,
  run(ctx) {
    const { operands, out, process } = ctx;
    const names = process.kernel.programNames();
    const first = operands[0];
    // Copies and links are the program whose name they have; "busybox-static" and such are busybox.
    if (!/^(busybox|capbox)/.test(ctx.name)) {
      // A shell that logs in is called with a dash in front of its name.
      const called = ctx.name.replace(/^-/, "");
      if (process.kernel.hasProgram(called)) {
        return process.exec(process.argv, { file: called, searchPath: NOWHERE });
      }
      ctx.say(`${ctx.name}: applet not found\n`);
      return 127;
    }
    if (first === "--help" && operands.length > 1) {
      // The page of one applet, or that there is none of that name.
      const about = operands[1];
      if (process.kernel.hasProgram(about)) {
        return process.exec([about, "--help"], { file: about, searchPath: NOWHERE });
      }
      ctx.say(`${about}: applet not found\n`);
      return 127;
    }
    if (first === undefined || first === "--help") {
      out.print(`${BANNER}\n\nUsage: busybox [function [arguments]...]\n`);
      out.print("   or: busybox --list[-full]\n\nCurrently defined functions:\n");
      out.print(appletList(names));
      return 0;
    }
    if (first === "--list" || first === "--list-full") {
      const prefix = first === "--list" ? "" : "bin/";
      for (const name of names) out.print(`${prefix}${name}\n`);
      return 0;
    }
    const name = first.slice(first.lastIndexOf("/") + 1);
    if (!process.kernel.hasProgram(name)) {
      ctx.say(`${name}: applet not found\n`);
      return 127;
    }
    return process.exec(operands, { file: name, searchPath: NOWHERE });
  },
});

/** The names, broken into lines as the banner shows them. */
function appletList(names: readonly string[]): string {
  let text = "";
  let line = "\t";
  names.forEach((name, index) => {
    const word = index + 1 < names.length ? `${name}, ` : name;
    if (line.length + word.length > LIST_WIDTH) {
      text += line.trimEnd() + "\n";
      line = "\t";
    }
    line += word;
  });
  return text + line.trimEnd() + "\n";
}

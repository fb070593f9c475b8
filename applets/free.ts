import { type Applet, defineApplet } from "./contract.ts";
import { humanSize } from "./_lib/size.ts";

/** Shows the memory of the sandbox. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "free",
  usage: "[-bkmgh]",
  about: "Display free and used memory of the sandbox",
  lostOutput: "ignore",
  options: {
    b: { help: "In bytes" },
    k: { help: "In kilobytes (default)" },
    m: { help: "In megabytes" },
    g: { help: "In gigabytes" },
    h: { help: "In units that suit" },
  },
  raw: true,
  run({ process, out, operands, usage }) {
    // Native looks for one option only, and answers what it does not know with its page.
    const [word] = operands;
    const unit = word === undefined || word[0] !== "-" ? "k" : word[1] ?? "k";
    if (!"bkmgh".includes(unit)) return usage();

    const { total, used, files } = process.kernel.memory();
    const scale = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[unit] ?? 1;
    const show = (bytes: number): string =>
      (unit === "h" ? (bytes === 0 ? "0" : humanSize(bytes)) : String(Math.round(bytes / scale)))
        .padStart(12);
    const left = Math.max(0, total - used);
    out.print("              total        used        free      shared  buff/cache   available\n");
    out.print(
      `Mem:   ${show(total)}${show(used - files)}${show(left)}${show(0)}${show(files)}${
        show(left)
      }\n`,
    );
    out.print(`Swap:  ${show(0)}${show(0)}${show(0)}\n`);
    return 0;
  },
});

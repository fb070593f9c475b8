import { type Applet, defineApplet } from "./contract.ts";

/** Prints the number of the host: 0, as where none was set. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "hostid",
  usage: "",
  about: "Print the 32-bit number of the machine",
  lostOutput: 255,
  options: {},
  raw: true,
  maxOperands: 0,
  run({ fs, out }) {
    // The host's own number is nothing that a sandbox should know; /etc/hostid may hold another.
    const there = fs.tryStat("/etc/hostid");
    let value = 0;
    if (there !== undefined && there.size >= 4) {
      const bytes = fs.readFile("/etc/hostid", 4096);
      value = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
    }
    out.print(`${value.toString(16).padStart(8, "0")}\n`);
  },
});

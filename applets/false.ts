import { type Applet, defineApplet } from "./contract.ts";

/** Fails. Source of behaviour: POSIX false. */
export const applet: Applet = defineApplet({
  name: "false",
  usage: "",
  about: "",
  options: {},
  raw: true,
  noHelp: true,
  run: () => 1,
});

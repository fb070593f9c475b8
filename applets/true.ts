import { type Applet, defineApplet } from "./contract.ts";

/** Succeeds. Source of behaviour: POSIX true. */
export const applet: Applet = defineApplet({
  name: "true",
  usage: "",
  about: "",
  options: {},
  raw: true,
  noHelp: true,
  run: () => 0,
});

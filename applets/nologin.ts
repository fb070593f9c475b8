import { type Applet, defineApplet } from "./contract.ts";

/** Long enough for a reader, before the connection goes. */
const SECONDS = 5;

/** Refuses a login. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "nologin",
  usage: "",
  about: "Refuse a login politely",
  options: {},
  raw: true,
  async run({ out, process }) {
    out.print("This account is not available\n");
    await out.flush();
    await process.sleep(SECONDS * 1000);
    return 1;
  },
});

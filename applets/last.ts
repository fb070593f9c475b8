import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, defineApplet } from "./contract.ts";
import { strftime } from "./_lib/strftime.ts";
import { calendarTime, zoneOf } from "./_lib/time.ts";

const FILE = "/var/log/wtmp";
/** Bytes of a record (utmp(5), x86-64) and where its fields stand. */
const RECORD = 384;
const LINE = 8;
const USER = 44;
const HOST = 76;
const TIME = 340;
const USER_PROCESS = 7;
const BOOT = 2;

/** Shows past logins. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "last",
  usage: "",
  about: "Show the last logins",
  options: {},
  raw: true,
  maxOperands: 0,
  run(ctx) {
    let bytes: Uint8Array;
    try {
      bytes = ctx.fs.readFile(FILE);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return ctx.fail(`can't open '${FILE}': ${error.reason}`);
    }
    const zone = zoneOf(ctx.process);
    const field = (at: number, length: number): string => {
      let text = "";
      for (let i = at; i < at + length && bytes[i] !== 0; i++) {
        text += String.fromCharCode(bytes[i]);
      }
      return text;
    };
    ctx.out.print("USER       TTY            HOST               LOGIN        TIME\n");
    for (let at = bytes.length - bytes.length % RECORD - RECORD; at >= 0; at -= RECORD) {
      const view = new DataView(bytes.buffer, bytes.byteOffset + at, RECORD);
      const type = view.getInt16(0, true);
      if (type !== USER_PROCESS && type !== BOOT) continue;
      const seconds = view.getInt32(TIME, true);
      const when = strftime("%b %e %H:%M:%S", calendarTime(seconds, zone), seconds);
      ctx.out.print(
        `${field(at + USER, 32).slice(0, 10).padEnd(10)} ${
          field(at + LINE, 32).slice(0, 14).padEnd(14)
        } ${field(at + HOST, 256).slice(0, 18).padEnd(18)} ${when}\n`,
      );
    }
  },
});

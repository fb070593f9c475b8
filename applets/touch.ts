import { type Applet, defineApplet } from "./contract.ts";
import { O_CREAT, O_WRONLY } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { parseDate } from "./_lib/date_text.ts";
import { calendarTime, zoneOf } from "./_lib/time.ts";

/** Sets times of files, creating what is not there. Source: POSIX touch, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "touch",
  usage: "[-cham] [-d DATE] [-t DATE] [-r FILE] FILE...",
  about: "Set the times of FILEs to now, and create those that are not there",
  options: {
    c: { long: "no-create", help: "Create nothing" },
    h: { long: "no-dereference", help: "Change links themselves" },
    a: { help: "Time of access only" },
    m: { help: "Time of change only" },
    r: {
      arg: "FILE",
      long: "reference",
      excludes: ["t"],
      help: "The times of FILE instead of now",
    },
    t: { arg: "DATE", excludes: ["r"], help: "This time instead of now" },
    d: { arg: "DATE", long: "date", help: "This time instead of now" },
    f: {},
  },
  minOperands: 1,
  *run({ opts, order, operands, process, fs, warn, fail }) {
    const now = process.clock.nowNs();
    let access = now;
    let change = now;
    if (opts.r !== undefined) {
      try {
        ({ atimeNs: access, mtimeNs: change } = fs.stat(opts.r));
      } catch (error) {
        if (!isVfsError(error)) throw error;
        fail(`can't stat '${opts.r}': ${error.reason}`);
      }
    }
    const given = order.findLast((name) => name === "d" || name === "t");
    if (given !== undefined) {
      const text = (given === "d" ? opts.d : opts.t)!;
      const zone = zoneOf(process);
      const base = calendarTime(Number(now / 1_000_000_000n), zone);
      const seconds = parseDate(text, base, zone) ?? fail(`invalid date '${text}'`);
      access = change = BigInt(seconds) * 1_000_000_000n;
    }
    const both = !!opts.a === !!opts.m;
    const atime = both || opts.a ? access : undefined;
    const mtime = both || opts.m ? change : undefined;
    for (const path of operands) {
      const turn = process.tick(1);
      if (turn !== undefined) yield turn;
      try {
        try {
          fs.setTimes(path, atime, mtime, { follow: !opts.h });
        } catch (error) {
          if (!isVfsError(error) || error.code !== "ENOENT") throw error;
          if (opts.c) continue;
          fs.open(path, O_WRONLY | O_CREAT, 0o666).release();
          if (given !== undefined || opts.r !== undefined) fs.setTimes(path, atime, mtime);
        }
      } catch (error) {
        if (!isVfsError(error)) throw error;
        warn(`${path}: ${error.reason}`);
      }
    }
  },
});

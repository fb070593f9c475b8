/**
 * Finding processes of the sandbox by name.
 *
 * @module
 */
import type { ByteString, Process, ProcessInfo } from "../../sandbox/types.ts";

/** The command line of a process as one text. */
export function commandLine(info: ProcessInfo): ByteString {
  return info.argv.join(" ");
}

/** Base name of what a process was started as. */
export function programName(info: ProcessInfo): ByteString {
  const first = info.argv[0] ?? info.name;
  return first.slice(first.lastIndexOf("/") + 1);
}

/** What the kernel keeps of a name. */
const NAME_LENGTH = 15;

/** Processes of that name, the newest first, as native lists them; those that ended are among them. */
export function processesNamed(process: Process, name: ByteString): number[] {
  const isNamed = (info: ProcessInfo): boolean => {
    if (programName(info) === name) return true;
    if (info.name !== name.slice(0, NAME_LENGTH)) return false;
    if (info.name.length < NAME_LENGTH) return true;
    // A name that may have been cut is compared where it stands whole: that of a script.
    const script = info.argv[1] ?? "";
    return script.slice(script.lastIndexOf("/") + 1) === name;
  };
  return process.kernel.processes().filter(isNamed).map((info) => info.pid)
    .sort((a, b) => b - a);
}

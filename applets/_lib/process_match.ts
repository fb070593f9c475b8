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

/** Whether a script's interpreter runs this: `sh /path/NAME` is found as NAME, as busybox does. */
function scriptName(info: ProcessInfo): ByteString | undefined {
  const script = info.argv[1];
  return script === undefined ? undefined : script.slice(script.lastIndexOf("/") + 1);
}

/** Living processes of that name, the newest first, as native lists them. */
export function processesNamed(process: Process, name: ByteString): number[] {
  const wanted = name.slice(name.lastIndexOf("/") + 1);
  return process.kernel.processes()
    .filter((info) =>
      info.state !== "Z" &&
      (info.name === name.slice(0, 15) || programName(info) === wanted ||
        (/^(ba|a)?sh$/.test(programName(info)) && scriptName(info) === wanted))
    )
    .map((info) => info.pid)
    .sort((a, b) => b - a);
}

/**
 * The options of the command line, as data: nothing here touches the host.
 *
 * @module
 */
import { CliError, type CliOptions } from "./cli_types.ts";
import type { PolicyInput } from "../caps/policy.ts";
import type { Limits } from "../caps/limits.ts";

/** Options with a value. */
const WITH_VALUE = new Set([
  "mount",
  "net",
  "listen",
  "env",
  "cwd",
  "timeout",
  "cpu",
  "memory",
  "max-output",
  "max-procs",
  "max-files",
  "clock",
  "seed",
  "audit",
  "policy",
  "isolate",
  "hostname",
  "uid",
  "gid",
]);
const ACTIONS = new Set(["list", "list-full", "help", "version", "install"]);

/**
 * Parses a command line. Options end at the first word that is none: the program's name.
 *
 * @param args Words after the program.
 * @throws {CliError} with a line that says what is wrong
 */
export function parseCli(args: readonly string[]): CliOptions {
  const policy: { -readonly [K in keyof PolicyInput]: PolicyInput[K] } = {};
  const limits: { -readonly [K in keyof Limits]?: number } = {};
  const mounts: NonNullable<PolicyInput["mounts"]>[number][] = [];
  const net: string[] = [];
  const listen: string[] = [];
  const env = new Map<string, string>();
  const passEnv: string[] = [];
  let audit: string | undefined;
  let policyFile: string | undefined;
  let action: CliOptions["action"];
  let i = 0;
  for (; i < args.length; i++) {
    const word = args[i];
    if (word === "--") {
      i++;
      break;
    }
    if (!word.startsWith("--")) break;
    const equals = word.indexOf("=");
    const name = word.slice(2, equals < 0 ? undefined : equals);
    if (ACTIONS.has(name)) {
      action = name as CliOptions["action"];
      i++;
      break;
    }
    if (!WITH_VALUE.has(name)) throw new CliError(`unrecognized option '--${name}'`);
    let value: string;
    if (equals >= 0) value = word.slice(equals + 1);
    else if (i + 1 < args.length) value = args[++i];
    else throw new CliError(`option '--${name}' requires an argument`);
    switch (name) {
      case "mount":
        mounts.push(parseMount(value));
        break;
      case "net":
        net.push(...value.split(",").filter((each) => each !== ""));
        break;
      case "listen":
        listen.push(...value.split(",").filter((each) => each !== ""));
        break;
      case "env": {
        const at = value.indexOf("=");
        if (at < 0) passEnv.push(value);
        else env.set(value.slice(0, at), value.slice(at + 1));
        break;
      }
      case "cwd":
        policy.cwd = value;
        break;
      case "timeout":
        limits.wallMs = parseTime(name, value);
        break;
      case "cpu":
        limits.cpuMs = parseTime(name, value);
        break;
      case "memory":
        limits.memoryBytes = parseSize(name, value);
        break;
      case "max-output":
        limits.outputBytes = parseSize(name, value);
        break;
      case "max-procs":
        limits.processes = parseSize(name, value);
        break;
      case "max-files":
        limits.openFiles = parseSize(name, value);
        break;
      case "clock":
        policy.clock = parseClock(value);
        break;
      case "seed":
        policy.random = parseInteger(name, value);
        break;
      case "audit":
        audit = value;
        break;
      case "policy":
        policyFile = value;
        break;
      case "isolate":
        if (value !== "inline" && value !== "process") {
          throw new CliError(`invalid isolation '${value}'`);
        }
        policy.isolation = value;
        break;
      case "hostname":
        policy.hostname = value;
        break;
      case "uid":
        policy.uid = parseInteger(name, value);
        break;
      case "gid":
        policy.gid = parseInteger(name, value);
        break;
    }
  }
  if (mounts.length > 0) policy.mounts = mounts;
  if (net.length > 0) policy.net = net;
  if (listen.length > 0) policy.listen = listen;
  if (Object.keys(limits).length > 0) policy.limits = limits;
  policy.env = Object.fromEntries(env);
  const rest = args.slice(i);
  return {
    argv: action === undefined ? rest : [],
    actionArgs: action === undefined ? [] : rest,
    policy,
    passEnv,
    audit,
    policyFile,
    action,
  };
}

/** `HOST:GUEST[:ro|rw|overlay]`; a host path may hold colons, the last parts decide. */
function parseMount(value: string): NonNullable<PolicyInput["mounts"]>[number] {
  const parts = value.split(":");
  const last = parts[parts.length - 1];
  let mode: "ro" | "rw" | "overlay" = "ro";
  if (last === "ro" || last === "rw" || last === "overlay") {
    mode = last;
    parts.pop();
  }
  if (parts.length < 2) throw new CliError(`invalid mount '${value}'`);
  const guest = parts.pop()!;
  const host = parts.join(":");
  if (host === "" || !guest.startsWith("/")) throw new CliError(`invalid mount '${value}'`);
  // Whoever hands in the whole host as the root wants capbox to stand in for busybox on it.
  const whole = mode === "rw" && host === "/" && guest === "/";
  return { host, guest, mode, symlinks: whole, hardLinks: whole };
}

/** Seconds with an optional unit `ms`, `s`, `m`, `h`; gives milliseconds. */
function parseTime(name: string, value: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)?$/.exec(value);
  if (match === null) throw new CliError(`invalid time '${value}' for --${name}`);
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match[2] ?? "s"]!;
  return Number(match[1]) * unit;
}

/** A number with an optional suffix K, M, G (1024). */
function parseSize(name: string, value: string): number {
  const match = /^([0-9]+)([kKmMgG])?[bB]?$/.exec(value);
  if (match === null) throw new CliError(`invalid number '${value}' for --${name}`);
  const unit = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[(match[2] ?? "").toLowerCase()]!;
  return Number(match[1]) * unit;
}

function parseInteger(name: string, value: string): number {
  if (!/^[0-9]+$/.test(value)) throw new CliError(`invalid number '${value}' for --${name}`);
  return Number(value);
}

/** `real`, or `frozen:` and seconds since the epoch or an ISO date. */
function parseClock(value: string): NonNullable<PolicyInput["clock"]> {
  if (value === "real") return "real";
  if (value.startsWith("frozen:")) {
    const time = value.slice(7);
    const ms = /^[0-9.]+$/.test(time) ? Number(time) * 1000 : Date.parse(time);
    if (Number.isFinite(ms)) return { frozenMs: ms };
  }
  throw new CliError(`invalid clock '${value}'`);
}

/** The help page of the command line itself. */
export const CLI_HELP = `
Usage: capbox [OPTIONS] APPLET [ARGUMENTS]...
   or: capbox [OPTIONS] PROGRAM [ARGUMENTS]...
   or: capbox --list[-full]
   or: capbox --install [-s] DIR

Run a busybox applet, a shell script or a WASI module in a sandbox. Without
--mount, the working directory is mounted at its own path with the rights that
Deno was given for it; nothing else of the host can be reached.

	--mount HOST:GUEST[:ro|rw|overlay]	Show a host directory (default ro)
	--net HOST:PORT		Allow connecting there
	--listen ADDR:PORT	Allow listening there
	--env NAME[=VALUE]	Set a variable, or pass one on
	--cwd DIR		Directory to start in
	--timeout TIME		Wall time of the run
	--cpu TIME		CPU time of the run
	--memory N		Bytes of files in memory and of buffers
	--max-output N		Bytes of output
	--max-procs N		Processes
	--max-files N		Open files of a process
	--clock real|frozen:T	Wall clock
	--seed N		Repeatable randomness
	--hostname NAME		Name of the sandbox
	--uid N, --gid N	User and group
	--audit FILE		Append each use of a capability, one JSON line each
	--policy FILE		Options of the library, as JSON
	--isolate inline|process	In this process, or in a child with fewer rights
	--list, --list-full	Names of all applets
	--install [-s] DIR	Make a command of each applet in DIR
	--version, --help
`;

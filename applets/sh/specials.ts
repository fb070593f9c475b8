/**
 * Variables that the shell makes or watches: `LINENO RANDOM EPOCHSECONDS EPOCHREALTIME FUNCNAME PPID
 * OPTIND PATH`, and the values a shell starts with.
 *
 * @module
 */

import { DEFAULT_PATH } from "../../sandbox/types.ts";
import { isName } from "./ast.ts";
import type { Shell } from "./shell.ts";
import type { SpecialVariable, Variable } from "./vars.ts";

/** A variable whose value is made at each reading, until something is assigned. */
function computed(read: (sh: Shell) => string): SpecialVariable {
  return {
    read: (sh: Shell, cell: Variable) => {
      if (cell.num === cell.num) return String(cell.num);
      return cell.isSet ? read(sh) : undefined;
    },
    written: (_sh: Shell, cell: Variable) => {
      // Once assigned or unset it is an ordinary variable.
      cell.special = undefined;
    },
  };
}

const RANDOM: SpecialVariable = {
  read: (sh: Shell, cell: Variable) => {
    if (!cell.isSet) return undefined;
    // A small generator of its own, so that an assignment seeds it as in native ash.
    let x = sh.randomSeed | 0 || 0x2545f491;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    sh.randomSeed = x;
    return String((x >>> 8) & 32767);
  },
  written: (sh: Shell, cell: Variable) => {
    if (!cell.isSet) {
      cell.special = undefined;
      return;
    }
    sh.randomSeed = Number(cell.get()) | 0;
    cell.text = undefined;
    cell.num = NaN;
  },
};

const OPTIND: SpecialVariable = {
  read: (_sh: Shell, cell: Variable) => cell.get(),
  written: (sh: Shell, cell: Variable) => {
    const n = Number(cell.text ?? cell.num);
    sh.optIndex = n >= 1 ? n : 1;
    sh.optOffset = -1;
  },
};

const LINENO = computed((sh) => String(sh.line));
const FUNCNAME = computed((sh) => sh.functionName);
const EPOCHSECONDS = computed((sh) => String(sh.proc.clock.nowNs() / 1000000000n));
const EPOCHREALTIME = computed((sh) => microseconds(sh.proc.clock.nowNs()));

function microseconds(ns: bigint): string {
  const us = ns / 1000n;
  return `${us / 1000000n}.${String(us % 1000000n).padStart(6, "0")}`;
}

/** Fills the scope of a new main shell from the environment of its process. */
export function startVariables(sh: Shell): void {
  const scope = sh.scope;
  const { proc } = sh;
  for (const [name, value] of proc.env) {
    if (!isName(name)) continue;
    const cell = scope.cell(name);
    cell.text = value;
    cell.isSet = cell.exported = true;
  }
  const given = (name: string, value: string, isFixed = true): Variable => {
    const cell = scope.cell(name);
    cell.fixed = isFixed;
    if (!cell.isSet) {
      cell.text = value;
      cell.isSet = true;
    }
    return cell;
  };
  const own = (name: string): Variable => {
    const cell = scope.cell(name);
    cell.fixed = cell.isSet = true;
    return cell;
  };
  const special = (name: string, behaviour: SpecialVariable): void => {
    const cell = own(name);
    cell.special = behaviour;
    cell.text = undefined;
    cell.exported = false;
  };
  const separators = own("IFS");
  separators.text = " \t\n";
  separators.exported = false;
  given("PATH", DEFAULT_PATH).exported = true;
  given("PS1", "\\w \\$ ");
  given("PS2", "> ");
  given("PS4", "+ ");
  const optionIndex = own("OPTIND");
  optionIndex.text = "1";
  optionIndex.special = OPTIND;
  scope.cell("PPID").isSet = false;
  given("PPID", String(proc.ppid), false);
  given("HOSTNAME", proc.kernel.hostname, false);
  special("LINENO", LINENO);
  special("FUNCNAME", FUNCNAME);
  special("EPOCHSECONDS", EPOCHSECONDS);
  special("EPOCHREALTIME", EPOCHREALTIME);
  special("RANDOM", RANDOM);
  sh.randomSeed = proc.random.uint32() | 1;
  const level = scope.cell("SHLVL");
  const depth = Number(level.text ?? "0");
  level.text = String((Number.isInteger(depth) ? depth : 0) + 1);
  level.isSet = level.exported = true;
  startDirectory(sh);
}

/** PWD of the environment is believed when it leads to the working directory (POSIX cd). */
function startDirectory(sh: Shell): void {
  const fs = sh.proc.fs;
  const actual = fs.currentDir();
  const claimed = sh.get("PWD");
  let cwd = actual;
  if (claimed !== undefined && claimed.startsWith("/")) {
    const a = fs.tryStat(claimed);
    const b = fs.tryStat(".");
    if (a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino) cwd = claimed;
  }
  sh.cwd = cwd;
  const cell = sh.scope.cell("PWD");
  cell.text = cwd;
  cell.isSet = true;
  cell.exported = true;
}

/**
 * `.` and `source`.
 *
 * @module
 */

import { type MaybePromise, S_IFDIR, S_IFMT } from "../../../sandbox/types.ts";
import { isVfsError, type VfsError } from "../../../sandbox/errors.ts";
import { ShellError } from "../errors.ts";
import { type Builtin, type Shell, SKIP_NONE, SKIP_RETURN } from "../shell.ts";
import { readScript } from "./flow.ts";
import { readOptions } from "./options.ts";

/** Where `.` finds a file: the path itself, or along PATH. */
function findSource(sh: Shell, name: string): string {
  if (name.includes("/")) return name;
  for (const dir of (sh.get("PATH") ?? "").split(":")) {
    const path = dir === "" ? name : `${dir}/${name}`;
    const stat = sh.proc.fs.tryStat(path);
    if (stat !== undefined && (stat.mode & S_IFMT) !== S_IFDIR) return path;
  }
  throw new ShellError(`${name}: not found`);
}

const sources: Builtin = (sh, argv) => {
  const { operands } = readOptions(argv, "");
  if (operands.length === 0) return 2;
  const path = findSource(sh, operands[0]);
  const params = sh.params;
  const own = operands.length > 1;
  // As natively they stay where an error ends this and `command` keeps the shell alive.
  if (own) sh.params = operands.slice(1);
  let text: MaybePromise<string>;
  try {
    text = readScript(sh, path);
  } catch (error) {
    if (!isVfsError(error)) throw error;
    // A directory opens, and reading it gives nothing.
    if (error.code !== "EISDIR") throw cannotOpen(operands[0], error);
    text = "";
  }
  const run = (script: string): MaybePromise<number> => {
    const before = sh.commandName;
    const fromFile = sh.fromFile;
    const shows = sh.showsInput;
    sh.showsInput = true;
    // Unlike `eval`, a file forgets that its status is tested, so that `set -e` in it acts.
    const tested = sh.tested;
    sh.tested = 0;
    sh.commandName = path;
    sh.fromFile = true;
    sh.sourceDepth++;
    const end = (): void => {
      sh.tested = tested;
      sh.sourceDepth--;
      sh.fromFile = fromFile;
      sh.showsInput = shows;
      if (sh.skip === SKIP_RETURN) sh.skip = SKIP_NONE;
    };
    const done = (status: number): number => {
      if (own) sh.params = params;
      return status;
    };
    let result: MaybePromise<number>;
    try {
      result = sh.deeper(() => sh.shared.run(sh, script, 1));
    } catch (error) {
      end();
      throw error;
    }
    if (typeof result !== "number") return result.finally(end).then(done);
    sh.commandName = before;
    end();
    return done(result);
  };
  return typeof text === "string" ? run(text) : text.then(run);
};

function cannotOpen(name: string, error: VfsError): ShellError {
  return new ShellError(`can't open '${name}': ${error.reason}`);
}

/** The builtins of this module. */
export const BUILTINS: readonly (readonly [string, Builtin])[] = [
  [".", sources],
  ["source", sources],
];

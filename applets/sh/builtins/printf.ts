/**
 * `printf`, a part that is loaded when a script first uses it.
 *
 * @module
 */

import type { MaybePromise } from "../../../sandbox/types.ts";
import { Formatter } from "../../_lib/printf.ts";
import type { Builtin } from "../shell.ts";

/** Above this much text printf writes in between. */
const PRINTF_BUFFER = 1 << 16;

const prints: Builtin = (sh, argv) => {
  // Native looks at its output first, and then says nothing at all.
  if (sh.proc.fd(1) === undefined) return 1;
  let words = argv.slice(1);
  if (words[0] === "--") words = words.slice(1);
  if (words.length === 0) {
    sh.say(`${sh.shared.name}: usage: printf FORMAT [ARGUMENT...]\n`);
    return 2;
  }
  let text = "";
  let failed = 0;
  const add = (s: string): void | Promise<void> => {
    text += s;
    if (text.length <= PRINTF_BUFFER) return;
    const full = text;
    text = "";
    const status = sh.print(full);
    if (typeof status === "number") {
      failed ||= status;
      return;
    }
    return status.then((s) => {
      failed ||= s;
    });
  };
  const host = {
    out: { print: add, byte: (value: number) => add(String.fromCharCode(value)) },
    warn: (message: string): void => {
      // What was formatted before comes out first.
      if (text !== "") {
        const before = text;
        text = "";
        void sh.print(before);
      }
      sh.say(`${sh.shared.name}: ${message}\n`);
    },
    process: sh.proc,
  };
  const end = (status: number): MaybePromise<number> =>
    text === "" ? failed || status : sh.print(text, failed || status);
  const status = new Formatter(host, words[0], words.slice(1)).run();
  return typeof status === "number" ? end(status) : status.then(end);
};

/** The builtins of this module. */
export const BUILTINS: readonly (readonly [string, Builtin])[] = [["printf", prints]];

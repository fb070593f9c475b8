/**
 * What a shape is, and the reasons that several share.
 *
 * @module
 */

/** How to call one applet. */
export interface Shape {
  /** Operands of a good call; the first also goes with the pairs. Default: `f`. */
  readonly ops?: readonly string[];
  /** Arguments for options by letter or long name. Default: `2` and `x`. */
  readonly values?: { readonly [option: string]: readonly string[] };
  /** Where the kinds of files go, as `%`; `""` when the operands are no files. Default: `%`. */
  readonly file?: string;
  /** Appended to every call, such as `<f`. */
  readonly input?: string;
  /** It reads standard input when there is no operand. */
  readonly filter?: boolean;
  /** Letters and long names that are not called, because of what `why` says. */
  readonly skip?: readonly string[];
  /** Letters that are paired; default all that take no argument, at most nine. */
  readonly pairs?: string;
  /** The call without operands is left out, because of what `why` says. */
  readonly notBare?: boolean;
  /** Only usage errors are compared, because of what `why` says. */
  readonly usageOnly?: boolean;
  /** A word that is no option is taken as an operand, and would run for ever. */
  readonly noBadWords?: boolean;
  /**
   * What differs from run to run or from machine to machine: a word takes the place of each match in
   * output, messages and the tree, on both sides. `why` states the rule.
   */
  readonly mask?: readonly (readonly [pattern: RegExp, word: string])[];
  /** Whole further calls. */
  readonly more?: readonly string[];
  /** Why something is left out or masked. */
  readonly why?: string;
}

/** Why the applets of the network answer with their errors only. */
export const NET = "the network of the test machine would answer";

/** Why what an applet shows of a machine cannot be compared. */
export const OWN = "it shows the machine: processes, memory, mounts, users or the clock";

/**
 * The error of a pattern that cannot be compiled, in the words of glibc's `regerror`.
 *
 * @module
 */

/** Texts of `regerror` in the C locale, by the POSIX name of the code. */
export const REGEX_MESSAGES = {
  BADPAT: "Invalid regular expression",
  ECOLLATE: "Invalid collation character",
  ECTYPE: "Invalid character class name",
  EESCAPE: "Trailing backslash",
  ESUBREG: "Invalid back reference",
  EBRACK: "Unmatched [, [^, [:, [., or [=",
  EPAREN: "Unmatched ( or \\(",
  EBRACE: "Unmatched \\{",
  BADBR: "Invalid content of \\{\\}",
  ERANGE: "Invalid range end",
  ESPACE: "Memory exhausted",
  BADRPT: "Invalid preceding regular expression",
  ESIZE: "Regular expression too big",
  ERPAREN: "Unmatched ) or \\)",
} as const;

/** The POSIX name of an error of `regcomp` or `regexec`, without its `REG_`. */
export type RegexErrorCode = keyof typeof REGEX_MESSAGES;

/** A pattern was refused, or (code `ESPACE`) matching it would have needed too many steps. */
export class RegexError extends Error {
  /** Which error it is. */
  readonly code: RegexErrorCode;

  /** Makes the error with glibc's text. */
  constructor(code: RegexErrorCode) {
    super(REGEX_MESSAGES[code]);
    this.name = "RegexError";
    this.code = code;
  }
}

/**
 * The texts that random words are put together from.
 *
 * @module
 */

/** Variables that scripts use. */
export const NAMES = ["x", "y", "z", "a1", "_b"] as const;

/** Texts to be quoted. */
export const TEXTS = [
  ...[
    "a",
    "b",
    "foo",
    "bar baz",
    "  two  ",
    "*",
    "?",
    "[a-c]",
    "x*y",
    "a:b:c",
    ":",
    "",
    "-n",
    "f1",
  ],
  ...["1", "42", "-7", "010", "a=b", "~", "$", "#c", "\\", "!", "{a,b}", "\u00c3\u00a9", "%s"],
  ...[
    "tab\there",
    "a'b",
    'q"r',
    "`",
    "\n",
    "a\nb\n",
    "\\n",
    "\\*",
    "$x",
    "]",
    "[",
    "a]b",
    "/",
    "a/b",
  ],
] as const;

/** Pieces of words without quotes. */
export const BARES = [
  ...[
    "a",
    "foo",
    "b*",
    "x?",
    "[ab]",
    "1",
    "a:b",
    "-e",
    "w.x",
    "~",
    "\\*",
    "a\\ b",
    "*",
    "?b",
    ".*",
  ],
  ...[
    "f[0-9]",
    "d/*",
    "[!a]*",
    "[[:alpha:]]*",
    "a=b",
    "%",
    "+",
    "~root",
    "a=~",
    "\\\\",
    "\\$x",
    "\\'",
  ],
  ...["{a,b}", "^", "=", "!", "[", "]", "#", "a#b", "\\\na", "$", "a$", "if", "in", "do", "}"],
] as const;

/** Patterns, and pieces of them. */
export const PATTERNS = [
  ...[
    "a",
    "?",
    "[ab]",
    "b*",
    "'*'",
    '"$y"',
    "$y",
    "[!a]",
    "*:",
    "?*",
    "fo",
    "\\*",
    "\\?",
    "[a-c]*",
  ],
  ...["*b", "[[:upper:]]", "[]]", "[!]]", "[a", "a]", '"a"*', "'['", "\\[a", "$x", '"$x"', "[\\]]"],
  ...["[$x]", "'a'b", "[a'-'c]", "${y%?}", "*[!b]", '""', "''"],
] as const;

/** The pieces of a text block: one in each line. */
export function lines(block: string): readonly string[] {
  return block.split("\n").filter((line) => line !== "");
}

/** A `$$` that is meant; other ones that come up are made into something repeatable. */
export const SELF = "\x01";

/** A `$!` that is meant. */
export const LAST = "\x02";

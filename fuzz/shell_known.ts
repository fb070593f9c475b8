/**
 * Faults of native busybox 1.35 that random scripts run into. Each is described by a narrow test of
 * the script; one that fits is run and parsed all the same, and its difference is only counted.
 *
 * @module
 */

interface Fault {
  /** What native does. */
  readonly what: string;
  readonly fits: (script: string) => boolean;
}

const FAULTS: readonly Fault[] = [
  {
    what: "the EXIT action of a subshell runs with the redirections of the commands around undone",
    fits: (script) =>
      /\([^)]*trap '[^']*' EXIT|trap [^;&|\n]* EXIT[^]*\)/.test(script) &&
      /(?:\}|\bdone|\bfi|\besac|\)|eval '[^]*'|\. \.\/s1.*) *[0-9]*[<>&]/.test(script),
  },
  {
    what:
      "an error in a substitution of a here-document does not end the substitution: the rest of " +
      "the script is run in it",
    fits: (script) => /<<-?E\n[^]*\$\([^]*\$\{(?:[0-9]+|[#?$!@*-]):?=/.test(script),
  },
  {
    what: "printf to a closed descriptor leaves off somewhere",
    fits: (script) => /printf[^\n]*>&-/.test(script),
  },
];

/** Whether a script touches a fault of native. */
export function isKnown(script: string): boolean {
  return FAULTS.some((fault) => fault.fits(script));
}

/**
 * What explains differences from native busybox 1.35 that random scripts run into: faults of native
 * and, named so, what is not yet or not meant to be the same here.
 *
 * An explanation is not believed for the look of a script: it rewrites the script without what it
 * blames, and it holds only when both sides then do the same. An explanation of messages alone
 * rewrites those.
 *
 * @module
 */
import type { Outcome, Trial } from "./trial.ts";

/** Why two outcomes may differ. */
export interface Explanation {
  /** What happens, and on whose side. */
  readonly what: string;
  /** The script without it; the same script where it has no part in it. */
  readonly without?: (script: string) => string;
  /** A text of an outcome in which it does not show. */
  readonly blind?: (text: string) => string;
}

const EXIT_IN_SUBSHELL =
  /(?:[(`]|\|[^\n]*|&)[^]*trap [^\n]*(?:\bEXIT\b|' 0\b)|trap [^\n]*(?:\bEXIT\b|' 0\b)[^]*[)`]/;

/** All of them; the first that holds is taken. */
export const EXPLANATIONS: readonly Explanation[] = [
  {
    what: "native: the EXIT action of a subshell runs with the redirections around it undone",
    without: (script) =>
      EXIT_IN_SUBSHELL.test(script) && /[<>]/.test(script)
        ? script.replaceAll(/\bEXIT\b/g, "USR2").replaceAll(/' 0\b/g, "' USR2")
        : script,
  },
  {
    what: "native: a process substitution as the redirection of a compound command spoils the " +
      "saved descriptors of the commands around it",
    without: (script) => script.replaceAll("< <(", "</dev/null; : $("),
  },
  {
    what:
      "native: the descriptors of process substitutions in a loop are not closed, so that the " +
      "next has a higher number",
    without: (script) => script.includes("<(") ? script : "",
    blind: (text) => text.replaceAll(/\/dev\/fd\/\d+/g, "/dev/fd/N"),
  },
  {
    what: "native: an error in a substitution of a here-document does not end the substitution; " +
      "the rest of the script is run in it",
    without: (script) => script.replaceAll(/(<<-? ?)E(?!["'\\])/g, "$1'E'"),
  },
  {
    what: "native: local works outside of functions in redirections and behind command",
    without: (script) => script.replaceAll(/\blocal\b/g, ":"),
  },
  {
    what:
      "native: a tilde before the name of nobody cuts its word off at the next slash, colon or " +
      "closing brace",
    without: (script) => script.replaceAll("~", "t"),
  },
  {
    what: "meant: programs of the box are found whatever PATH is",
    without: (script) => script.replaceAll(/unset (?:-v )?PATH/g, ":"),
  },
  {
    what: "Debian's build has neither comm nor ed",
    without: (script) => script.replaceAll(/\b(?:comm|ed)\b/g, "nocmd"),
  },
  {
    what: "times of files made in the same moment: native's clock is coarser",
    without: (script) => script.replaceAll(/ -[on]t /g, " -ef "),
  },
  {
    what: "chance: what a shell has started goes on when a signal ends the shell",
    without: (script) =>
      /\s\|\s|&/.test(script) ? script.replaceAll(/kill -\w+ \$\$/g, ":") : script,
  },
  {
    what: "chance: who is killed by a pipe that nobody reads, under pipefail",
    without: (script) => script.includes("pipefail") ? script : "",
    blind: (text) => text.replaceAll(/<(?:0|1|141)>/g, "<P>"),
  },
  {
    what: "ours: another of the two messages about a wrong expression",
    blind: (text) =>
      text.replaceAll(/malformed \?: operator|arithmetic syntax error|divide by zero/g, "wrong"),
  },
  {
    what:
      "native: a subshell's redirection from a descriptor that the command around it closed is " +
      "left out",
    without: (script) => script.replaceAll(/2>&-/g, "2>/dev/null"),
  },
  {
    what: "native's stack overflows in a shell that the script starts",
    blind: (text) =>
      text.replaceAll(
        /(?:.*: maximum recursion depth exceeded|Segmentation fault(?: \(core dumped\))?)\n/g,
        "",
      ),
  },
  {
    what:
      "chance: a command in the background that nobody waits for goes on when the script has ended",
    without: (script) => /&\s*$/.test(script) ? script.trimEnd() + " wait\n" : script,
  },
  {
    what: "chance: two processes make the same file, under noclobber",
    without: (script) => script.replaceAll(/sh -Cc/g, "sh -c"),
  },
  {
    what: "ours: set -v shows a text that is read again only once",
    without: (script) => script.replaceAll(/set -v/g, ":"),
  },
  {
    what: "native: an error in a child of a file that command . reads does not end the child",
    without: (script) => script.replaceAll("command . ", ". "),
  },
  {
    what: "chance: when a process substitution makes its file",
    without: (script) => script.replaceAll("> >(cat >f2)", ""),
  },
  {
    what: "what w and set alone show is of the machine",
    without: (script) => script.replaceAll(/\bw p\b/g, ":").replace(/^set *$/m, ":"),
  },
  {
    what: "ours: another line in a message",
    blind: (text) => text.replaceAll(/line \d+/g, "line N"),
  },
  {
    what: "open: ERR actions",
    without: (script) => script.replaceAll(/\bERR\b/g, "USR2"),
  },
  {
    what: "open: getopts behind an error of an earlier one",
    without: (script) => script.replaceAll("getopts", "false"),
  },
];

/** The trial to try an explanation with; undefined where it has no part in this one. */
export function withoutIt(trial: Trial, { without, blind }: Explanation): Trial | undefined {
  if (without === undefined) return trial;
  const script = without(trial.script);
  if (script === "" || (script === trial.script && blind === undefined)) return undefined;
  return { ...trial, script };
}

/** An outcome in which what is to be explained does not show. */
export function seenWithout(outcome: Outcome, { blind }: Explanation): Outcome {
  if (blind === undefined) return outcome;
  return { ...outcome, stdout: blind(outcome.stdout), stderr: blind(outcome.stderr) };
}

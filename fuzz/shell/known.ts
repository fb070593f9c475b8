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
  /(?:[(`]|\|[^\n]*|&)[^]*trap [^\n]*(?:\bEXIT\b| 0\b)|trap [^\n]*(?:\bEXIT\b| 0\b)[^]*[)`]/;

/** All of them; the first that holds is taken. */
export const EXPLANATIONS: readonly Explanation[] = [
  {
    what: "native: the EXIT action of a subshell runs with the redirections around it undone",
    without: (script) =>
      EXIT_IN_SUBSHELL.test(script) && /[<>]/.test(script)
        ? script.replaceAll(/\bEXIT\b/g, "USR2").replaceAll(/(trap [^\n]*) 0\b/g, "$1 USR2")
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
    without: (script) =>
      script.replaceAll(/\bcommand local\b/g, "command :").replaceAll(
        /\blocal\b(?=[^\n;]*(?:[<>]|\bcommand\b))/g,
        ":",
      ),
  },
  {
    what:
      "native: a tilde before the name of nobody cuts its word off at the next slash, colon or " +
      "closing brace",
    without: (script) => script.replaceAll("~", "t"),
  },
  {
    what: "meant: programs of the box are found whatever PATH is",
    without: (script) =>
      script.replaceAll("\\\n", "").replaceAll(/unset (?:-v )?PATH|\bPATH=\S*/g, ":"),
  },
  {
    what: "native: a quoted slash ends the pattern of ${x/…/…}",
    without: (script) =>
      script.replaceAll(/(\$\{\w+\/[^}\n]*["'][^}"'\n]*)\/(?=[^}"'\n]*["'])/g, "$1b"),
  },
  {
    what: "native: &> and >&f leave messages where they were if standard output is closed",
    without: (script) => script.includes("&-") ? script.replaceAll(/&>|>&(?=f)/g, ">") : script,
  },
  {
    what: "chance: a child ends before wait or during it, where an action is set for that",
    without: (script) => script.replaceAll(/\b(?:SIG)?CHLD\b/g, "WINCH"),
  },
  {
    what: "meant: a limit may be raised again, and is another before it is set",
    without: (script) => script.replaceAll(/\bulimit -[HS]?n/g, ": ulimit"),
  },
  {
    what: "native: an empty pattern in ${x/…/…} loses what follows",
    without: (script) => script.replaceAll(/(\$\{\w+\/)\$!/g, "$1b"),
  },
  {
    what: "native: bytes from 0x81 to 0x88 are marks of its own in arithmetic",
    without: (script) => script.replaceAll(/[\x81-\x88]/g, ""),
  },
  {
    what: "native: exit without a number keeps the status of the last ERR action",
    without: (script) =>
      /\bERR\b/.test(script)
        ? script.replaceAll("(exit)", "(:)").replaceAll(/\bexit$/gm, "exit 0")
        : script,
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
      /\s\|\s|[&(]/.test(script) ? script.replaceAll(/kill (?:-\w+ )?\$\$/g, ":") : script,
  },
  {
    what: "chance: who is killed by a pipe that nobody reads, under pipefail",
    without: (script) => script.includes("pipefail") ? script : "",
    blind: (text) => text.replaceAll(/<(?:0|1|141)>/g, "<P>"),
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
    what: "native: an error in a child of a file that command . reads does not end the child",
    without: (script) => script.replaceAll("command . ", ". "),
  },
  {
    what: "chance: when a process substitution makes its file",
    without: (script) => script.replaceAll(/> >\([^)\n]*\)/g, ""),
  },
  {
    what: "what w and set alone show is of the machine",
    without: (script) => script.replaceAll(/\bw p\b/g, ":").replaceAll(/\bset *$/gm, ":"),
  },
  {
    what: "native: ${x:} takes the text up to the next brace, and what follows in the word is lost",
    without: (script) => script.replaceAll(/\$\{(\w+|[@*#?-]):\}/g, "${$1}"),
  },
  {
    what: "native: a redirection >&$x that has opened a file opens files from then on",
    without: (script) => script.replaceAll(/>&\$\w+/g, ">f1"),
  },
  {
    what: "native: a here-document is not read behind the words of a for that end its line",
    without: (script) => script.replaceAll(/(; for \w+ in)(?: #[^\n]*|[^\n;]*)\n/g, "$1 a;\n"),
  },
  {
    what: "native: { ( … ) REDIRECTION; } REDIRECTION loses the inner one",
    without: (script) => script.replaceAll(/\) \d*[<>][^\n]*\n\}/g, ")\n}"),
  },
  {
    what: "native: an error in a subshell of an ERR action does not end the subshell",
    without: (script) => /\bERR\b/.test(script) ? script.replaceAll(/exit a\b/g, "exit 1") : script,
  },
  {
    what: "the jail's programs are symbolic links",
    without: (script) => script.replaceAll(/-[hL] \/bin\/cat/g, "-e /bin/cat"),
  },
  {
    what: "chance: a signal reaches a child before it has put the actions of the shell aside",
    without: (script) => script.replaceAll(/kill (?:-\w+ )?\$!/g, ":"),
  },
  {
    what: "chance: a signal from the background comes before the wait or during it",
    without: (script) => script.replaceAll(/kill (?:-\w+ )?\$\$ & /g, ": & "),
  },
  {
    what: "chance: who writes to a pipe that nobody reads may be killed before what it does next",
    without: (script) =>
      script.replaceAll(/\| (?:\(exit 3\)|exit 4|return 5|p "\$x")/g, "| cat >/dev/null"),
  },
  {
    what: "chance: whether a file that one command of a pipeline makes is there for another",
    without: (script) => script.replaceAll("cat f1 f2", "cat f1"),
  },
  {
    what: "native: local takes a name that is none, and fails when the function ends",
    without: (script) =>
      script.replaceAll(
        /\blocal ([^\n;]*)/g,
        (_, words: string) => "local " + words.replaceAll(/[^\w =$"'*{}-]/g, ""),
      ),
  },
  {
    what: "numbers of processes in a trace",
    blind: (text) => text.replaceAll(/\b(wait |a=)\d+/g, "$1N"),
  },
  {
    what: "open: the line of a message from backquotes behind a loop that ran nothing",
    blind: (text) => text.replaceAll(/line \d+/g, "line N"),
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

/**
 * The scripts of the differential corpus: lists under `scripts/`, and matrices made here. The
 * outcomes of native busybox ash are recorded beside them by `record.ts`.
 */

const here = new URL("./scripts/", import.meta.url);

/** Scripts of one feature. */
export interface Group {
  readonly name: string;
  readonly scripts: readonly string[];
}

/** Prints the fields it is given, so that splitting shows. */
const SHOW = `p() { printf '%s' "$#:"; for a; do printf '<%s>' "$a"; done; echo; }; `;

const STATES: readonly (readonly [name: string, text: string])[] = [
  ["unset", "unset x"],
  ["empty", "x="],
  ["word", "x=abc"],
  ["spaces", "x=' a b  c '"],
  ["colons", "x=:a::b:"],
  ["pattern", "x='*b?[c]\\d'"],
];

const FORMS: readonly string[] = [
  "$x",
  "${x}",
  "${x-w}",
  "${x:-w v}",
  '${x-"w v"}',
  "${x:-'w v'}",
  "${x-a:b}",
  "${x-$y}",
  '${x:-"$y"}',
  "${x:-$(echo c d)}",
  "${x:-`echo e f`}",
  "${x-$((1+2))}",
  "${x-${y-z}}",
  "${x+w v}",
  "${x:+w v}",
  '${x:+"w v"}',
  "${x+$x}",
  "${x=w v}$x",
  "${x:=w v}$x",
  "${#x}",
  "${x#a}",
  "${x#*b}",
  "${x##*b}",
  "${x%c}",
  "${x%b*}",
  "${x%%b*}",
  '${x#"*"}',
  "${x#'*b'}",
  "${x#$y}",
  '${x#"$y"}',
  '${x%"${x#?}"}',
  "${x#[a*]}",
  "${x##[!c]*[[:space:]]}",
  "${x/b/X}",
  "${x//b/X}",
  "${x/b}",
  "${x//[ab:]/<&>}",
  '${x/ /"_ _"}',
  "${x/\\*/star}",
  "${x:1}",
  "${x:1:2}",
  "${x:0:-1}",
  "${x: -2}",
  "${x: -3:1}",
  "${x:9}",
  "${x?m}",
  "${x:?m n}",
  "a$x'b'\"$x\"c",
  "$x$x",
  "\"\"$x''",
];

const SEPARATORS: readonly (readonly [name: string, text: string])[] = [
  ["default", ":"],
  ["colon", "IFS=:"],
  ["both", "IFS=' :'"],
  ["none", "IFS="],
];

function* parameters(): Generator<string> {
  for (const form of FORMS) {
    for (const [, state] of STATES) {
      for (const [, ifs] of SEPARATORS) {
        yield `${SHOW}y='a*'; ${state}; ${ifs}; set -f; p ${form}; ${state}; p "${form}"; ` +
          `${state}; z=${form}; p "$z"; ${state}; case ${form} in '') echo empty;; a*) echo a;; ` +
          `*) echo other;; esac; cat <<E\n${form}\nE\n`;
      }
    }
  }
}

const LISTS: readonly string[] = ["", "a", "a b", "'' b", "'a b' '' ' c '", "a:b ':' 'c*'"];

const LIST_FORMS: readonly string[] = [
  "$@",
  "$*",
  '"$@"',
  '"$*"',
  'x"$@"y',
  'x"$*"y',
  "x$@y",
  "x$*y",
  '"x $@ y"',
  '"$@""$@"',
  '"$@$@"',
  '$@""',
  '""$*',
  "${@-d}",
  '"${@:-d}"',
  "${*+s}",
  '"${@+s}"',
  '${1+"$@"}',
  '"${x-$@}"',
  '${x-"$@"}',
  "${x:-$*}",
  "${#@}",
  "$#",
  "${@#a}",
  '"${*%b}"',
  "${*:1}",
  "${1-u} ${2:-n}",
];

function* lists(): Generator<string> {
  for (const form of LIST_FORMS) {
    for (const list of LISTS) {
      for (const [, ifs] of SEPARATORS) {
        yield `${SHOW}set -f; set -- ${list}; ${ifs}; p ${form}; z=${
          form.includes(" ") ? '"$@"' : form
        }; p "$z"`;
      }
    }
  }
}

const VALUES: readonly string[] = [
  "",
  " ",
  ":",
  "::",
  "a",
  " a",
  "a ",
  " a b ",
  "a:b",
  ":a",
  "a:",
  "a::b",
  " a : b ",
  ": a b :",
  "a\\tb",
  "a\\nb\\n",
  " : : ",
  "a b:c d",
];

const IFS_VALUES: readonly string[] = ["' \t\n'", ":", "' :'", "''", "' '", "b", "': \n'", "'\t'"];

function* splitting(): Generator<string> {
  for (const value of VALUES) {
    for (const ifs of IFS_VALUES) {
      yield `${SHOW}x=$(printf '${value}.'); x=\${x%.}; IFS=${ifs}; p $x; p a$x; p $x"b"; p ""$x$x`;
    }
  }
}

function* reading(): Generator<string> {
  for (const value of VALUES) {
    for (const ifs of IFS_VALUES) {
      yield `${SHOW}printf '${value}\\nrest' | { IFS=${ifs} read x y; p $? "$x" "$y"; ` +
        `IFS=${ifs} read -r z; p $? "$z"; }; printf '${value}' | { IFS=${ifs} read a b c; ` +
        `p $? "$a" "$b" "$c"; }; printf '${value}\\n' | { IFS=${ifs} read; p "$REPLY"; }`;
    }
  }
}

const TEXTS =
  "'' a ab abc b '*' 'a*c' '[a]' '[' ']' '-' '\\' 'a\\b' '!' '^' 'A' '5' ' ' 'a b' '?' .a a/b";

const PATTERNS: readonly string[] = [
  "*",
  "a*",
  "*a",
  "*b*",
  "?",
  "??",
  "a?c",
  "[ab]",
  "[!a]",
  "[^a]*",
  "[a-c]*",
  "[]]",
  "[!]]",
  "[a-]",
  "[-a]",
  "[[:alpha:]]*",
  "[[:digit:][:space:]]",
  "[![:alnum:]]",
  "'*'",
  '"a*c"',
  "\\*",
  "'[a]'",
  "[",
  "[a",
  "\\[",
  "'\\'",
  "\\\\",
  "a\\b",
  "'a\\b'",
  "a'*'c",
  "$q",
  '"$q"',
  "$r*",
  "a|*c",
  "[a]|b|''",
  "[[.a.]]",
  "[[=a=]]*",
  "[z-a]",
  "*[!a]",
  "a**c",
  ".*",
  "*/*",
  "[\\]]",
  "['a']",
  '["a-c"]',
];

function* patterns(): Generator<string> {
  for (const pattern of PATTERNS) {
    yield `q='a*c' r='\\['; for s in ${TEXTS}; do case $s in ${pattern}) echo "$s";; esac; done`;
    if (pattern.includes("|")) continue;
    yield `q='a*c' r='\\['; for s in ${TEXTS} aXbXc '*a*a*'; do ` +
      `echo "\${s#${pattern}} \${s##${pattern}} \${s%${pattern}} \${s%%${pattern}}" ` +
      `\${s/${pattern.replaceAll("/", "\\/")}/_}; done | cat -v`;
  }
}

const FAILURES: readonly string[] = [
  "false",
  "(exit 3)",
  "f",
  "nosuchcommand",
  "x=$(exit 4)",
  "[ a = b ]",
];

const CONTEXTS: readonly string[] = [
  "@",
  "@; echo after",
  "{ @; }",
  "( @; echo in )",
  "@ || echo or",
  "@ && echo and",
  "true && @",
  "false || @",
  "! @",
  "if @; then echo t; else echo e; fi",
  "if true; then @; fi",
  "while @; do break; done",
  "until @; do break; done",
  "for i in 1; do @; done",
  "case x in x) @;; esac",
  "@ | cat",
  "true | @",
  "@ &\nwait $!",
  "g() { @; echo g; }; g",
  "g() { @; echo g; }; g || echo org",
  "g() { @; echo g; }; if g; then echo t; fi",
  "eval '@'",
  "eval '@' || echo ev",
  "echo $(@; echo sub)",
  "y=$(@; echo sub)",
  "( @ ) || echo s",
  "{ @; echo n; } | cat",
  "@ >/dev/null",
  "! { @; }",
  "trap 'echo exit $?' EXIT; @",
  "trap 'echo err $?' ERR; @",
  "set +e; @; echo off; set -e; @",
];

function* errexit(): Generator<string> {
  for (const context of CONTEXTS) {
    for (const failure of FAILURES) {
      yield `f() { return 5; }; set -e; ${context.replaceAll("@", failure)}; echo "end $?"`;
    }
  }
}

function* arithmetic(): Generator<string> {
  const lines = Deno.readTextFileSync(new URL("arithmetic.txt", here)).trimEnd().split("\n");
  for (const line of lines) {
    yield `echo "$((${line}))|$x|$y"`;
    if (!/['"()\\]/.test(line)) yield `x=7 y=-3 z=x+1; let '${line}'; echo "$?|$x|$y|$z"`;
  }
}

function list(file: string): string[] {
  return Deno.readTextFileSync(new URL(file, here)).trimEnd().split("\n%%\n");
}

/** All groups. */
export function groups(): Group[] {
  const found: Group[] = [
    { name: "parameters", scripts: [...parameters()] },
    { name: "lists", scripts: [...lists()] },
    { name: "splitting", scripts: [...splitting()] },
    { name: "reading", scripts: [...reading()] },
    { name: "patterns", scripts: [...patterns()] },
    { name: "errexit", scripts: [...errexit()] },
    { name: "arithmetic", scripts: [...arithmetic()] },
  ];
  for (const entry of [...Deno.readDirSync(here)].sort((a, b) => a.name < b.name ? -1 : 1)) {
    if (!entry.name.endsWith(".txt") || entry.name === "arithmetic.txt") continue;
    found.push({ name: entry.name.slice(0, -4), scripts: list(entry.name) });
  }
  return found;
}

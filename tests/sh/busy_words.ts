/**
 * Busy scripts with very many or very long words, names and programs, see `busy_scripts.ts`.
 *
 * @module
 */
import { LINE, loop, MILLION, NUMBERS, WORDS } from "./busy_applets.ts";
import type { BusyScript } from "./busy_scripts.ts";

/** What the shell and its applets make of large words. */
export const BUSY_WORDS: readonly BusyScript[] = [
  // Shell.
  {
    name: "case of many patterns",
    setup: "{ echo 'case abc in'; seq 100000 | sed 's/.*/x&|y*&) ;;/'; echo esac; } >f",
    script: ". ./f; while :; do . ./f; done",
  },
  {
    name: "case of many patterns, run again",
    setup: "{ echo 'f() { case $1 in'; seq 100000 | sed 's/.*/x&|y*&) ;;/'; echo 'esac; }'; } >f",
    script: ". ./f; while :; do f abc; f yabc; done",
  },
  {
    name: "one pattern of many parts",
    script:
      "p=$(seq -f '[%g]*' -s '' 30000); x=$(seq 100000); while :; do case $x in $p) ;; esac; [[ $x == $p ]]; y=${x#$p}; done",
  },
  {
    name: "here-document, very long",
    setup:
      "{ echo 'cat <<E'; yes '$x `:` $((1))' | head -n 50000; echo E; } >f; { echo \"cat <<'E'\"; yes '$x `:`' | head -n 500000; echo E; } >g",
    script: loop(". ./f >/dev/null; . ./g >/dev/null"),
  },
  {
    name: "a script of 10 MB",
    setup: "yes 'x=$y; if [ a = b ]; then echo ${x%c}; fi' | head -n 220000 >f",
    script: loop("sh -n ./f; . ./f"),
  },
  {
    name: "arithmetic, very long",
    script:
      "e=$(yes '1 + (x * 2) - ' | head -n 100000 | tr -d '\\n')0; while :; do x=$(($e)); let \"x=$e\"; done",
  },
  {
    name: "arithmetic, deep",
    script:
      "e=$(yes '(' | head -n 3000 | tr -d '\\n')1$(yes ')' | head -n 3000 | tr -d '\\n'); f=$(yes '-' | head -n 200000 | tr '\\n' ' ')1; while :; do x=$(($e)); x=$(($f)); done",
  },
  {
    name: "set -- of many words",
    setup: "seq 1000000 >n",
    script: loop('set -- $(cat n); shift 1000; set -- "$@" a; x=$#; x=${1000000}'),
  },
  {
    name: "shift of many words",
    setup: "seq 1000000 >n",
    script:
      "set -- $(cat n); while shift; do :; done; while :; do set -- $(cat n); while shift; do :; done; done",
  },
  {
    name: 'for over "$@"',
    setup: "seq 1000000 >n",
    script:
      'set -- $(cat n); while :; do for i; do break; done; for i in "$@"; do break; done; f() { :; }; f "$@"; done',
  },
  {
    name: "printf of a million words",
    setup: "seq 1000000 >n",
    script:
      "set -- $(cat n); while :; do printf '%s' \"$@\" >/dev/null; /bin/printf '%s' \"$@\" >/dev/null; done",
  },
  {
    name: "read of a very long line",
    setup: "head -c 20000000 /dev/zero | tr '\\0' a >l; echo >>l",
    script: loop("read x <l; read -r x y <l; IFS= read -r x <l; IFS=a read x y z <l"),
  },
  {
    name: "read of a long line of backslashes",
    setup: "head -c 6000000 /dev/zero | tr '\\0' '\\134' >l; echo >>l",
    script: loop("read x <l; read -r x <l"),
  },
  {
    name: "read of a line of many words",
    setup: WORDS,
    script: loop(
      "read x <words; read -r x y z <words; IFS= read x <words; read -n 1000000 x <words",
    ),
  },
  {
    name: "substitution of 50 MB",
    setup: "head -c 50000000 /dev/zero | tr '\\0' a >l",
    script: loop("x=$(cat l); y=${#x}"),
  },
  {
    name: "substitution of many newlines",
    setup: "yes '' | head -n 5000000 >l",
    script: loop("x=$(cat l); y=$x$(cat l)"),
  },
  {
    name: "splitting with spaces and colons",
    setup: WORDS,
    script: "x=$(cat words); IFS=' b'; while :; do set -- $x; set -- a$x; done",
  },
  {
    name: "splitting without spaces",
    setup: LINE,
    script:
      "x=$(cat line); while :; do set -- $x; IFS=a; set -- $x; IFS=; set -- $x; unset IFS; done",
  },
  {
    name: "removing of long ends",
    setup: LINE,
    script:
      'x=$(cat line); while :; do y=${x%a*a}; y=${x##*a}; y=${x#*b}; y=${x%%b*}; y=${x%?}; y=${x#"$x"}; y=${x%$x}; done',
  },
  {
    name: "replacing with classes",
    setup: WORDS,
    script:
      "x=$(cat words); while :; do y=${x//[[:space:]]/_}; y=${x/#ab/x}; y=${x/%d?/x}; y=${x//*b/x}; done",
  },
  {
    name: "parts of a long text",
    setup: LINE,
    script: "x=$(cat line); while :; do y=${x:1:3000000}; y=${x: -5}; y=${x:${#x}-3}; done",
  },
  {
    name: "comparisons of long texts",
    setup: LINE,
    script:
      'x=$(cat line)b; y=$(cat line)c; while :; do [ "$x" = "$y" ]; [ "$x" \\< "$y" ]; [[ $x < $y ]]; case $x in $y) ;; esac; done',
  },
  {
    name: "[[ =~ ]], long text",
    setup: WORDS,
    script:
      "x=$(cat words); p='(ab|cd)*x'; while :; do [[ $x =~ $p ]]; [[ $x =~ b$ ]]; [[ $x =~ [x-z] ]]; done",
  },
  {
    name: "[[ == ]], two stars",
    setup: LINE,
    script:
      "x=$(cat line); while :; do [[ $x == *a*b* ]]; [[ $x == *[!a]* ]]; [[ $x == ?*b ]]; done",
  },
  {
    name: "quoting",
    setup: LINE,
    script:
      'x=$(tr a "\'" <line); while :; do set >/dev/null; export -p >/dev/null; readonly -p >/dev/null; done',
  },
  {
    name: "set -x",
    setup: LINE,
    script: 'x=$(cat line); set -x; while :; do : "$x"; done 2>/dev/null',
  },
  {
    name: "traps in a tight loop",
    script: "trap 'x=1' USR1 TERM INT; i=0; while :; do kill -USR1 $$; i=$((i+1)); done",
  },
  { name: "DEBUG-like traps", script: "trap 'false' ERR; while :; do false; done" },
  {
    name: "eval recursion",
    script: 'f=\'[ $n -gt 0 ] && n=$((n-1)) && eval "$f"\'; while :; do n=300; eval "$f"; done',
  },
  {
    name: "eval of growing text",
    script: 'x=:; while :; do x="$x; $x"; [ ${#x} -gt 3000000 ] && x=:; eval "$x"; done',
  },
  {
    name: "aliases of aliases",
    script:
      'i=0; while [ $i -lt 2000 ]; do alias a$i="a$((i+1)) "; i=$((i+1)); done; alias a2000=:; while :; do eval a0; alias >/dev/null; done',
  },
  {
    name: "many functions",
    script:
      'i=0; while [ $i -lt 20000 ]; do eval "f$i() { :; }"; i=$((i+1)); done; while :; do (f1); type f9 >/dev/null; done',
  },
  {
    name: "many variables in subshells",
    script:
      'i=0; while [ $i -lt 50000 ]; do eval "v$i=$i"; i=$((i+1)); done; while :; do (v1=2; v3=4); x=$(v2=3); done',
  },
  {
    name: "many jobs",
    script:
      "while :; do i=0; while [ $i -lt 200 ]; do sleep 0.3 & i=$((i+1)); done; jobs >/dev/null; wait; done",
  },
  {
    name: "long pipelines",
    script:
      'p=\'cat\'; for i in 1 2 3 4 5 6 7; do p="$p|$p"; done; while :; do echo a | eval "$p" >/dev/null; done',
  },
  { name: "process substitution", script: loop("cat <(echo a) <(echo b) >/dev/null") },
  {
    name: "getopts",
    script:
      "set -- $(yes -- -ab | head -n 100000); while :; do OPTIND=1; while getopts ab o; do :; done; done",
  },
  {
    name: "tilde, IFS and many assignments",
    script:
      "x=$(yes a: | head -n 300000 | tr -d '\\n'); while :; do y=~/a:$x:~; PATH=$x; nosuch; PATH=/bin; CDPATH=$x cd nosuch; done 2>/dev/null",
  },
  {
    name: "echo -e of escapes",
    setup: LINE,
    script:
      'x=$(sed \'s/a/\\\\\\\\101/g\' line); while :; do echo -e "$x" >/dev/null; printf \'%b\' "$x" >/dev/null; printf "$x" >/dev/null; done',
  },
  {
    name: "read -d, -t and -u",
    setup: WORDS,
    script: loop("read -d x -t 5 y <words; read -u 3 y 3<words; read -n 3000000 y <words"),
  },
  {
    name: "exec of many redirections",
    script: loop("exec 3</dev/null 4<&3 5>&4; exec 3<&- 4<&- 5>&-; : >f; : >>f; : <>f; : 2>&1"),
  },
  // Words, names, programs and memory without bound.
  {
    name: "rm of a million words",
    setup: MILLION,
    script: loop("rm -f $(cat numbers)"),
  },
  {
    name: "ls of a million words",
    setup: MILLION,
    script: loop("ls $(cat numbers) >/dev/null 2>&1"),
  },
  {
    name: "cp, cat and find of very many words",
    setup: `${NUMBERS}; mkdir d`,
    script: loop(
      "cp $(cat numbers) d 2>/dev/null; cat $(cat numbers) 2>/dev/null; find $(cat numbers) 2>/dev/null",
    ),
  },
  {
    name: "sed, wc and sort of very many words",
    setup: NUMBERS,
    script: loop(
      "sed p $(cat numbers) 2>/dev/null; wc $(cat numbers) >/dev/null 2>&1; sort $(cat numbers) 2>/dev/null; touch -c $(cat numbers); rmdir $(cat numbers) 2>/dev/null",
    ),
  },
  {
    name: "echo of a million words",
    setup: MILLION,
    script: loop("/bin/echo $(cat numbers) >/dev/null"),
  },
  {
    name: "ls and grep -r of 100,000 names",
    setup: "mkdir many; seq 100000 | sed 's/^/many\\/f/' | xargs touch",
    script: loop(
      "ls many >/dev/null; ls -lt many >/dev/null; ls -SC many >/dev/null; grep -r x many; du many >/dev/null",
    ),
  },
  { name: "grep -io, long line", setup: LINE, script: loop("grep -io aa line >/dev/null") },
  { name: "grep -iFw, long line", setup: LINE, script: loop("grep -iFw aa line; grep -i AB line") },
  {
    name: "awk huge block",
    setup: "{ echo 'BEGIN {'; seq 200000 | sed 's/.*/x = &;/'; echo '}'; } >prog",
    script: loop("awk -f prog"),
  },
  {
    name: "awk huge string",
    setup: "{ printf 'BEGIN { x = \"'; seq 800000 | tr '\\n' x; echo '\" }'; } >prog",
    script: loop("awk -f prog"),
  },
  {
    name: "awk many functions",
    setup:
      "seq 50000 | sed 's/.*/function f&(a, b) { return a + b }/' >prog; echo 'BEGIN { }' >>prog",
    script: loop("awk -f prog"),
  },
  {
    name: "awk for in, left at once",
    script:
      "awk 'BEGIN { for (i = 0; i < 1000000; i++) x[i]; for (;;) { for (k in x) { break }; n += length(x) } }'",
  },
  {
    name: "awk back-references",
    setup: WORDS,
    script: loop(
      "awk '$0 ~ /(a*)(b*)(.*)\\3\\2\\1x/' words; awk '{ n += match($0, /(.*)(.*)\\2\\1x/) }' words; awk '/(.*) (.*)\\1\\2x/' words",
    ),
  },
  {
    name: "awk statements on a long text",
    setup: LINE,
    script: loop(
      'awk \'{ for (;;) { p = "a*b" i++; n += sub(p, "x"); n += $0 ~ p; s = toupper($0); t = substr($0, 5) "b" } }\' line',
    ),
  },
  {
    name: "sed huge script",
    setup: "seq 200000 | sed 's/.*/s,&,x,g/' >p; echo >t",
    script: loop("sed -f p t >/dev/null"),
  },
  {
    name: "sed of many labels and texts",
    setup:
      "seq 100000 | sed 's/.*/:l&\\nb l&/' >p; { printf 'a\\\\\\n'; seq 500000 | sed 's/$/\\\\/'; echo; } >q; echo >t",
    script: loop("sed -n -f p /dev/null; sed -f q t >/dev/null"),
  },
  {
    name: "sed loop on a long pattern space",
    setup: NUMBERS,
    script: loop("sed 'H;$!d;x;:a;s/\\n/,/;ta' numbers >/dev/null"),
  },
  {
    name: "printf of 50 million decimals",
    script: loop(
      "printf '%.50000000f' 1 >/dev/null; printf '%.*d' 50000000 1 >/dev/null; printf '%#.50000000g' 3 >/dev/null",
    ),
  },
  {
    name: "ed, long line",
    setup: LINE,
    script: loop(
      "printf 's/a/b/g\\ns/\\\\(a*\\\\)b/\\\\1/\\n/b*c/\\nl\\nQ\\n' | ed line >/dev/null",
    ),
  },
  {
    name: "bc, very long number",
    setup: "head -c 4000000 /dev/zero | tr '\\0' 7 >digits; echo >>digits",
    script: loop("bc digits >/dev/null"),
  },
  {
    name: "cryptpw of many rounds",
    setup: LINE,
    script: loop(
      "cryptpw -m sha512 -S 'rounds=999999$aa' abc; cryptpw -m md5 $(cat line); cryptpw -m sha256 $(cat line)",
    ),
  },
  {
    name: "sort of long lines by keys",
    setup: LINE,
    script: loop(
      "{ for i in 1 2 3 4 5 6 7 8; do cat line; echo $i; done; } | sort -f >/dev/null; { for i in 1 2 3; do cat line; echo $i; done; } | sort -t b -k 1,1 -u >/dev/null",
    ),
  },
  {
    name: "rev, tac, cut and the like of a very long line",
    setup: "yes 'ab cd' | head -c 40000000 | tr '\\n' ' ' >line",
    script: loop(
      "rev line >/dev/null; tac line >/dev/null; cut -c 5- line >/dev/null; cut -d ' ' -f 3 line; nl line >/dev/null; paste line line >/dev/null",
    ),
  },
];

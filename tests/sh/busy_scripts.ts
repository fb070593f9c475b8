/**
 * Scripts that keep a shell busy in one way each, without end unless something ends them. The suite
 * and `bench/interrupt.ts` stop them in every way there is.
 *
 * @module
 */

/** A script that does not end by itself within any time that matters. */
export interface BusyScript {
  readonly name: string;
  readonly script: string;
  /** It looks through the directory of the host that is mounted at {@link HOST_DIRECTORY}. */
  readonly needsHost?: boolean;
  /** What runs to its end before, so that the script begins with what takes long. */
  readonly setup?: string;
  /** Why one step of it takes longer than others should have to wait. */
  readonly stretch?: string;
}

/** Where {@link makeHostDirectory}'s directory is mounted. */
export const HOST_DIRECTORY = "/host";

const TEXT = "x=$(head -c 4000000 /dev/zero | tr '\\0' a)";
const LINES = "seq 300000 >lines";
const FILES = "mkdir many; cd many; i=0; while [ $i -lt 3000 ]; do : >file$i.txt; i=$((i+1)); done";
const TREE = "mkdir -p tree; cd tree; for a in 0 1 2 3 4 5 6 7 8 9; do " +
  "for b in 0 1 2 3 4 5 6 7 8 9; do mkdir -p $a/$b/c/d; : >$a/$b/c/d/f; : >$a/$b/e; done; done";

/** One for each thing that can take long. */
export const BUSY_SCRIPTS: readonly BusyScript[] = [
  // Loops.
  { name: "while, empty", script: "while :; do :; done" },
  { name: "until", script: "until false; do :; done" },
  { name: "while true; continue", script: "while true; do continue; done" },
  {
    name: "for over many words",
    script: `${LINES}; while :; do for i in $(cat lines); do :; done; done`,
  },
  { name: "loop around a loop that breaks", script: "while :; do while :; do break; done; done" },
  { name: "loop around functions", script: "f() { :; }; while :; do f; f; f; done" },
  { name: "loop of assignments", script: "while :; do a=1 b=2 c=$a$b; done" },
  { name: "&& and ||", script: "while :; do true && false || true; done" },
  { name: "until with test", script: "i=0; until [ $i -lt 0 ]; do i=$((i+1)); done" },
  { name: "[[ ]] in a loop", script: "i=0; while [[ $i -ge 0 && ! -e no ]]; do i=$((i+1)); done" },
  { name: "case in a loop", script: "while :; do case abc in x*|*y) ;; ?b[a-d]) ;; esac; done" },
  { name: "a loop read from a file", script: "echo 'while :; do :; done' >f; . ./f" },
  { name: "a loop in a subshell", script: "(while :; do :; done)" },
  { name: "a loop in a pipeline", script: "while :; do :; done | while :; do :; done" },
  { name: "a loop in a substitution", script: "x=$(while :; do :; done)" },
  { name: "a loop in the background", script: "while :; do :; done & wait" },
  // Functions, eval, substitutions.
  {
    name: "deep functions",
    script: "f() { [ $1 -gt 0 ] && f $(($1-1)); }; while :; do f 500; done",
  },
  { name: "functions without end", script: "f() { f; }; while :; do (f) 2>/dev/null; done" },
  { name: "eval", script: "while :; do eval 'x=1; y=2'; done" },
  {
    name: "eval of ever new text",
    script: 'i=0; while :; do eval "x$i=1; : $i"; i=$((i+1)); done',
  },
  {
    name: "eval of a long text",
    script: `${LINES}; t=$(sed 's/.*/: &;/' lines); while :; do eval "$t"; done`,
  },
  { name: "substitutions", script: "while :; do x=$(echo a); done" },
  {
    name: "substitutions of substitutions",
    script: "f() { if [ $1 -gt 0 ]; then echo $(f $(($1-1)))$(f $(($1-1))); else echo; fi; }; f 30",
  },
  { name: "substitution of a long text", script: `${LINES}; while :; do x=$(cat lines); done` },
  { name: "subshells", script: "while :; do (:); done" },
  { name: "processes", script: "while :; do cat /dev/null; done" },
  { name: "pipelines", script: "while :; do echo a | cat | cat >/dev/null; done" },
  { name: "sh -c", script: "while :; do sh -c :; done" },
  { name: "fork without end", script: "f() { f | f & }; f 2>/dev/null; while :; do :; done" },
  { name: "exec without end", script: "echo 'exec sh ./again' >again; exec sh ./again" },
  // Arithmetic.
  { name: "arithmetic", script: "i=0; while [ $((i+=1)) -gt 0 ]; do x=$((i*7%13)); done" },
  {
    name: "arithmetic of a long expression",
    script: "e=$(seq 1 30000 | tr '\\n' +)0; while :; do x=$(($e)); done",
  },
  {
    name: "arithmetic of a variable with a long expression",
    script: "e=$(seq 1 150000 | tr '\\n' +)0; while :; do x=$((e + 1)); let x=e; y=${x:e}; done",
  },
  { name: "let", script: "while let i+=1; do :; done" },
  // Expansion of long texts.
  {
    name: "case with long patterns",
    script: `${TEXT}; while :; do case $x in *b*c*d*) ;; *a*a*a*b) ;; esac; done`,
  },
  {
    name: "case with brackets",
    script: `${TEXT}; while :; do case $x in *[!a]*) ;; *[b-z]?[b-z]*) ;; esac; done`,
  },
  {
    name: "case with many stars",
    script:
      `${TEXT}; p=$(printf '*a?%.0s' 1 2 3 4 5 6 7 8 9)b; while :; do case $x in $p) ;; esac; done`,
  },
  { name: "replacing", script: `${TEXT}; while :; do y=\${x//a/bc}; done` },
  {
    name: "replacing by a pattern",
    script: `${TEXT}; while :; do y=\${x//[ab]?/bc}; y=\${x/b*c}; done`,
  },
  { name: "replacing nothing", script: `${TEXT}; while :; do y=\${x//b?/bc}; done` },
  { name: "removing", script: `${TEXT}; while :; do y=\${x%%a*b}; y=\${x##*b}; done` },
  {
    name: "removing by brackets",
    script: `${TEXT}; while :; do y=\${x%%[b-z]*}; y=\${x#*[b-z]}; y=\${x%[b-z]*}; done`,
  },
  { name: "one from the front", script: `${TEXT}; while :; do x=\${x#?}; done` },
  { name: "parts of a text", script: `${TEXT}; while :; do y=\${x:1}; z=\${#y}; done` },
  { name: "splitting", script: `${LINES}; x=$(cat lines); while :; do set -- $x; done` },
  {
    name: "splitting at colons",
    script: `${LINES}; x=$(tr '\\n' : <lines); IFS=:; while :; do set -- $x; done`,
  },
  {
    name: '"$*" and "$@"',
    script: `${LINES}; set -- $(cat lines); while :; do x="$*"; set -- "$@"; done`,
  },
  {
    name: "quoting for printf %q, long",
    script: `${TEXT}; while :; do printf '%s' "$x" >/dev/null; done`,
  },
  {
    name: "$* and $@ of a million",
    script:
      'seq 1000000 >n; set -- $(cat n); while :; do x=$*; for i in "a$@"; do break; done; y="${@#1}"; done',
  },
  {
    name: "long patterns",
    script:
      `${TEXT}; p=$(head -c 300000 /dev/zero | tr '\\0' a)b; while :; do y=\${x%$p*}; case $x in *$p) ;; esac; [[ $x == *$p ]]; done`,
  },
  {
    name: "a substitution of zeros and other bytes",
    script: "while :; do x=$(head -c 20000000 /dev/zero); x=$(head -c 20000000 /dev/urandom); done",
  },
  {
    name: "a text that grows",
    script: "x=a; while :; do x=$x$x; [ ${#x} -gt 8000000 ] && x=a; done",
  },
  {
    name: "here-documents",
    script: `${LINES}; x=$(cat lines); while :; do cat <<E >/dev/null\n$x $x $(echo $x)\nE\ndone`,
  },
  {
    name: "here-documents, short",
    script: "while :; do cat <<E >/dev/null\n$((i+=1)) $i\nE\ndone",
  },
  // `[[ =~ ]]` and other expressions.
  {
    name: "[[ =~ ]] with a bad pattern",
    script:
      "x=$(head -c 200000 /dev/zero | tr '\\0' a); p='^(a|a?)+b$' q='(a*)*(a*)*c'; while :; do [[ $x =~ $p ]]; [[ $x =~ $q ]]; done",
  },
  {
    name: "[[ =~ ]] with references",
    script:
      "x=$(head -c 20000 /dev/zero | tr '\\0' a); p='(a*)(a*)\\1\\2b'; while :; do [[ $x =~ $p ]]; done",
  },
  {
    name: "[[ == ]] with a long text",
    script: `${TEXT}; while :; do [[ $x == *b*c ]]; [[ $x == $x ]]; done`,
  },
  {
    name: "expr",
    script:
      "x=$(head -c 100000 /dev/zero | tr '\\0' a); while :; do expr \"$x\" : '\\(a*\\)*b' >/dev/null; done",
  },
  { name: "test", script: "while test -n a -a -z ''; do :; done" },
  // Reading and printing.
  { name: "read", script: "yes | while read x; do :; done" },
  {
    name: "read from a file",
    script: `${LINES}; while :; do while read x; do :; done <lines; done`,
  },
  { name: "read of a long line", script: `${TEXT}; echo $x >long; while :; do read y <long; done` },
  { name: "read -n 1", script: "yes | while read -n 1 x; do :; done" },
  { name: "read of zeros", script: "read x </dev/zero" },
  { name: "printf %*s, large", script: "while :; do printf '%*s' 50000000 a >/dev/null; done" },
  { name: "printf %.*d, large", script: "while :; do printf '%.50000000d' 1 >/dev/null; done" },
  {
    name: "printf for many words",
    script: `${LINES}; set -- $(cat lines); while :; do printf '%s-%d\\n' "$@" >/dev/null; done`,
  },
  {
    name: "echo of many words",
    script: `${LINES}; set -- $(cat lines); while :; do echo "$@" >/dev/null; done`,
  },
  { name: "echo -e of a long text", script: `${TEXT}; while :; do echo -e "$x" >/dev/null; done` },
  // Globs and files.
  { name: "globs in memory", script: `${FILES}; while :; do set -- *[05].t?t; done` },
  {
    name: "globs of many parts",
    script: `${TREE}; while :; do set -- */*/*/*/* ../tree/*/*/*; done`,
  },
  {
    name: "globs with links around",
    script:
      "mkdir d; ln -s . d/a; ln -s . d/b; while :; do set -- d/*/*/*/*/*/*/*/*/*/*/*/*/*/*; done",
  },
  {
    name: "globs on the host",
    script: `cd ${HOST_DIRECTORY}; while :; do set -- *[05].t?t; done`,
    needsHost: true,
  },
  {
    name: "globs of many parts on the host",
    script: `cd ${HOST_DIRECTORY}; while :; do set -- */*/*; done`,
    needsHost: true,
  },
  {
    name: "globs that find nothing on the host",
    script: `cd ${HOST_DIRECTORY}; while :; do set -- */*/x*y */*/*/z; done`,
    needsHost: true,
  },
  {
    name: "a search path",
    script: "PATH=$(seq -f /no%g -s : 5000); while :; do nosuch 2>/dev/null; done",
  },
  { name: "find /", script: "while :; do find / >/dev/null 2>&1; done" },
  {
    name: "find on the host",
    script: `while :; do find ${HOST_DIRECTORY} -name '*x*' -size +1 >/dev/null; done`,
    needsHost: true,
  },
  {
    name: "ls -lR on the host",
    script: `while :; do ls -lR ${HOST_DIRECTORY} >/dev/null; done`,
    needsHost: true,
  },
  {
    name: "du on the host",
    script: `while :; do du ${HOST_DIRECTORY} >/dev/null; done`,
    needsHost: true,
  },
  {
    name: "rm -r and cp -r",
    script: `${TREE}; cd ..; while :; do cp -r tree copy; rm -r copy; done`,
  },
  // Filters on endless input.
  { name: "yes | wc", script: "yes | wc" },
  { name: "yes | sort", script: "yes | head -n 5000000 | sort >/dev/null" },
  { name: "sort, large", script: "while :; do seq 1000000 | sort -r >/dev/null; done" },
  { name: "sort -n, large", script: "seq 500000 | rev >f; while :; do sort -n f >/dev/null; done" },
  {
    name: "sort -k, large",
    script: "seq 300000 | sed 's/.*/b & a/' >f; while :; do sort -k2,2n -k1r f >/dev/null; done",
  },
  { name: "sort -u, large", script: "seq 300000 >f; while :; do sort -u f f >/dev/null; done" },
  { name: "awk, a loop", script: "awk 'BEGIN { while (1) i++ }'" },
  {
    name: "awk, lines",
    script: "yes a b c | awk '{ n += NF; s = s $1; if (length(s) > 1000000) s = \"\" }'",
  },
  {
    name: "awk, texts",
    script:
      'awk \'BEGIN { s = sprintf("%1000000s", "a"); while (1) { t = s; gsub(/ /, "xy", t); n = split(t, a, "x") } }\'',
  },
  {
    name: "awk, bad pattern",
    script:
      'awk \'BEGIN { s = sprintf("%100000s", ""); gsub(/ /, "a", s); while (1) { match(s, /(a|a?)+b/); s ~ /(a*)*c/ } }\'',
  },
  {
    name: "awk, recursion",
    script: "awk 'function f(n) { return n < 2 ? n : f(n-1) + f(n-2) } BEGIN { print f(60) }'",
  },
  { name: "awk, printf", script: "awk 'BEGIN { while (1) s = sprintf(\"%9000000d\", 1) }'" },
  {
    name: "awk, arrays",
    script: "awk 'BEGIN { for (i = 0; i < 300000; i++) a[i]; while (1) for (k in a) n++ }'",
  },
  { name: "sed, a loop", script: "echo a | sed ':a;s/a/a/;ta'" },
  { name: "sed, lines", script: "yes abcabc | sed 's/b/xx/g;s/\\(a\\)x*/\\1/'" + " >/dev/null" },
  { name: "sed, hold space", script: "yes | sed -n 'H;x;s/\\n/,/g;x'" },
  {
    name: "sed, references",
    script:
      "head -c 5000 /dev/zero | tr '\\0' a >f; while :; do sed 's/\\(a*\\)\\(a*\\)\\1\\2b/x/' f >/dev/null; done",
  },
  { name: "grep", script: "yes abc | grep -v b" },
  { name: "grep, many patterns", script: "seq 2000 >p; yes abcdefghijkl | grep -f p" },
  {
    name: "grep -i on a long line",
    stretch: "a line of 4 MB is searched in one step",
    script:
      `${TEXT}; echo $x >f; while :; do grep -i 'A*B' f; grep -E '(a|aa)*b' f; grep -o 'a' f >/dev/null; done`,
  },
  {
    name: "grep, references",
    script:
      "head -c 20000 /dev/zero | tr '\\0' a >f; while :; do grep '\\(a*\\)\\(a*\\)\\1\\2b' f; done",
  },
  { name: "tr", script: "yes | tr a-z A-Z >/dev/null" },
  { name: "tr -s", script: "tr -s '\\0' a </dev/zero >/dev/null" },
  { name: "cut", script: "yes a:b:c | cut -d: -f2 >/dev/null" },
  { name: "md5sum", script: "md5sum /dev/zero" },
  { name: "sha512sum", script: "sha512sum /dev/zero" },
  { name: "sha3sum", script: "sha3sum /dev/zero" },
  { name: "cksum", script: "cksum /dev/zero" },
  { name: "gzip", script: "gzip -9 </dev/urandom >/dev/null" },
  { name: "gzip | gunzip", script: "yes | gzip | gunzip >/dev/null" },
  {
    name: "bzip2",
    script: "bzip2 </dev/urandom >/dev/null",
  },
  { name: "bzip2 of equal bytes", script: "bzip2 </dev/zero >/dev/null" },
  { name: "od", script: "od -c </dev/urandom >/dev/null" },
  { name: "hexdump", script: "hexdump -C </dev/urandom >/dev/null" },
  { name: "uniq", script: "yes | uniq" },
  { name: "fold", script: "tr '\\0' a </dev/zero | fold -w 10 >/dev/null" },
  { name: "rev of a line without end", script: "tr '\\0' a </dev/zero | rev" },
  { name: "tac without end", script: "yes | tac" },
  { name: "head of zeros", script: "head -c 1000000000000 /dev/zero >/dev/null" },
  { name: "tail", script: "yes | tail -n 100000" },
  { name: "base64", script: "base64 </dev/zero | base64 -d >/dev/null" },
  { name: "dd", script: "dd if=/dev/zero of=/dev/null bs=50M" },
  {
    name: "cat into itself",
    script: "while :; do cat /dev/zero | head -c 50000000 | cat >/dev/null; done",
  },
  { name: "seq", script: "seq 1 1000000000000 >/dev/null" },
  {
    name: "factor",
    script: "while :; do factor 9223372036854775783 9223371994482243049; done >/dev/null",
  },
  {
    name: "bc",
    script:
      "echo '2^(2^25)' | bc >/dev/null; while :; do echo 'scale=3000; 4*a(1)' | bc -l >/dev/null; done",
  },
  { name: "dc", script: "dc -e '[lax]sa lax'" },
  {
    name: "diff, all unlike",
    script: "seq 1 2 60000 >a; seq 2 2 60000 >b; while :; do diff a b >/dev/null; done",
  },
  {
    name: "diff, shuffled",
    script: "seq 8000 >a; shuf a >b; while :; do diff a b >/dev/null; done",
  },
  { name: "xargs", script: "yes | xargs -n 1 true" },
  { name: "tar", script: `${TREE}; cd ..; while :; do tar c tree | tar x -C /tmp; done` },
  // Signals and waits.
  { name: "traps", script: "trap : USR1; while kill -USR1 $$; do :; done" },
  {
    name: "a trap that loops",
    script: "trap 'while :; do :; done' USR1; kill -USR1 $$; sleep 1000",
  },
  { name: "a trap of the end that loops", script: "trap 'while :; do :; done' EXIT; exit" },
  { name: "sleep", script: "sleep 1000" },
  { name: "wait", script: "sleep 1000 & wait" },
  { name: "a pipe that nobody writes", script: "mkfifo p; cat <p" },
  { name: "children that wait", script: "(sleep 1000; :) | (sleep 1000; :) & (sleep 1000)" },
  // Syntax.
  {
    name: "a long script to parse",
    script:
      `seq 200000 | sed 's/.*/if a & then b; then echo "$(c &)"; fi/' >f; while :; do sh -n f; done`,
  },
  {
    name: "a long line to parse",
    script: `seq 200000 | tr '\\n' ' ' >f; while :; do sh -n f; done`,
  },
  {
    name: "a long function",
    script:
      "{ echo 'f() {'; yes 'if true; then x=a; else y=$b; fi' | head -n 60000; echo '}'; } >f; while :; do . ./f; f; done",
  },
  {
    name: "a long command in a substitution",
    script:
      "{ echo 'x=$('; yes 'x=$y; : `: a`' | head -n 60000; echo ')'; } >f; while :; do . ./f; done",
  },
  {
    name: "a long list",
    script:
      "{ yes ': a; true &&' | head -n 100000 | tr '\\n' ' '; echo :; } >f; while :; do . ./f; eval \"$(cat f)\"; done",
  },
  {
    name: "a case of many arms to parse",
    script:
      "{ echo 'case zz in'; seq 100000 | sed 's/$/) : ;;/'; echo esac; } >f; while :; do . ./f; done",
  },
  {
    name: "a here-document of many expansions",
    script:
      "{ echo 'cat <<E >/dev/null'; yes '$x ${x#a}' | head -n 150000; echo E; } >f; while :; do . ./f; done",
  },
  {
    name: "quotes with many expansions",
    script: "{ echo 'x=\"'; yes '$y' | head -n 300000; echo '\"'; } >f; while :; do . ./f; done",
  },
  {
    name: "a word of 100 MB to parse",
    stretch: "a text of 100 MB is put together in one step",
    script:
      "{ printf ': '; head -c 100000000 /dev/zero | tr '\\0' a; } >f; while :; do sh ./f; done",
  },
  {
    name: "deep nesting to parse",
    script: `{ yes '$(' | head -n 20000; } >f; while :; do sh -n f 2>/dev/null; done`,
  },
  { name: "a script of zeros", script: "sh </dev/zero" },
  { name: "a quote that never ends", script: '{ echo "\'"; cat /dev/zero; } | sh' },
  { name: "a comment that never ends", script: "{ printf '#'; cat /dev/zero; } | sh" },
  { name: "aliases", script: "alias a='b ' b='c ' c=:; while :; do eval 'a a a a'; done" },
];

/** Fills a directory of the host with files enough that looking through them takes a while. */
export function makeHostDirectory(path: string): void {
  for (let i = 0; i < 10_000; i++) Deno.writeTextFileSync(`${path}/file${i}.txt`, "");
  for (let i = 0; i < 40; i++) {
    for (let j = 0; j < 40; j++) {
      Deno.mkdirSync(`${path}/dir${i}/sub${j}`, { recursive: true });
      Deno.writeTextFileSync(`${path}/dir${i}/sub${j}/leaf`, "leaf\n");
    }
  }
}

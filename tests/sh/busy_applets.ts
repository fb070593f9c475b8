/**
 * Commands that keep a process busy with unusual input: lines of megabytes, tables of many entries,
 * texts without structure. Each is stopped like the scripts of `busy_scripts.ts`; what it works on is
 * made before, by `setup`, and is not stopped.
 *
 * @module
 */
import type { BusyScript } from "./busy_scripts.ts";

const LINE = "head -c 4000000 /dev/zero | tr '\\0' a >line";
const WORDS = "yes 'ab cd' | head -n 700000 | tr '\\n' ' ' >words";
const NUMBERS = "seq 200000 >numbers";
const MILLION = "seq 1000000 >numbers";
const UNLIKE = "seq 1 2 200000 >odd; seq 2 2 200000 >even";
const RANDOM =
  "awk 'BEGIN { srand(1); for (i = 0; i < 200000; i++) print int(rand() * 1e9) }' >rand";
const TREE = "mkdir tree; awk 'BEGIN { for (i = 0; i < 20000; i++) " +
  'print ": >tree/f" i }\' >make; . ./make; rm make';
const BLOCK = "dd if=/dev/urandom of=block bs=1000000 count=6 2>/dev/null";

function loop(command: string): string {
  return `while :; do ${command}; done`;
}

/** One for each thing that can take long in one call. */
export const BUSY_APPLETS: readonly BusyScript[] = [
  // Patterns.
  { name: "sed s///g, long line", setup: LINE, script: loop("sed 's/a/bc/g' line >/dev/null") },
  { name: "sed s///g, words", setup: WORDS, script: loop("sed 's/[a-c]*b/x/g' words >/dev/null") },
  {
    name: "sed s///g, groups",
    setup: WORDS,
    script: loop("sed 's/\\(a\\)\\(b*\\)/\\2\\1/g' words >/dev/null"),
  },
  { name: "sed s///900000", setup: WORDS, script: loop("sed 's/b/x/900000' words >/dev/null") },
  { name: "sed y, long line", setup: LINE, script: loop("sed 'y/a/b/' line >/dev/null") },
  { name: "sed l, long line", setup: LINE, script: loop("sed -n l line >/dev/null") },
  {
    name: "sed N, all lines",
    setup: NUMBERS,
    script: loop("sed ':a;N;$!ba;s/\\n/,/g' numbers >/dev/null"),
  },
  { name: "sed G, growing", script: "yes | sed 'G;h' >/dev/null" },
  { name: "sed i, case", setup: WORDS, script: loop("sed 's/B/x/gI' words >/dev/null") },
  {
    name: "sed backreference",
    setup: WORDS,
    script: loop("sed 's/\\(.\\)\\1/x/g' words >/dev/null"),
  },
  { name: "grep backreference", setup: WORDS, script: loop("grep '\\(.\\)\\1\\1\\1' words") },
  {
    name: "grep -w, long line",
    setup: WORDS,
    script: loop("grep -w 'abc' words; grep -wo ab words >/dev/null"),
  },
  {
    name: "grep -F, long line",
    setup: LINE,
    script: loop("grep -F aaaaaaab line; grep -Fo aa line >/dev/null"),
  },
  {
    name: "grep -F of many",
    setup: `${NUMBERS}; ${LINE}`,
    script: loop("grep -F -f numbers line"),
  },
  {
    name: "grep -f of many",
    setup: NUMBERS,
    script: loop("head -n 5000 numbers | sed 's/$/x*y/' >p; grep -f p numbers"),
  },
  {
    name: "grep of a huge pattern",
    setup: "p=$(yes 'a[b-d]*|' | head -n 20000 | tr -d '\\n'); echo \"$p\" >p",
    script: loop("grep -E -f p /dev/null"),
  },
  {
    name: "grep of a counted pattern",
    script: loop("echo aaaa | grep -E '((a{1,100}){1,100}){1,100}b'"),
  },
  {
    name: "grep -c of an exponential automaton",
    setup: LINE,
    script: loop(
      "tr a '\\n' <line | head -n 2; awk 'BEGIN { srand(2); for (i = 0; i < 1000000; i++) printf \"%s\", rand() < .5 ? \"a\" : \"b\" }' >ab; grep -E 'a.{18}b.{18}c' ab",
    ),
  },
  { name: "grep -x -v", setup: LINE, script: loop("grep -xv '[ab]*' line; grep -x '.*b' line") },
  // awk.
  { name: "awk gsub", setup: LINE, script: loop("awk '{ gsub(/a/, \"&b\") }' line") },
  { name: "awk gsub, empty", setup: LINE, script: loop("awk '{ gsub(/x*/, \"-\") }' line") },
  { name: "awk gsub, class", setup: WORDS, script: loop("awk '{ gsub(/[a-b]+/, \"y\") }' words") },
  {
    name: "awk split, one char",
    setup: WORDS,
    script: loop("awk '{ n = split($0, x, \"b\") }' words"),
  },
  {
    name: "awk split, pattern",
    setup: WORDS,
    script: loop("awk '{ n = split($0, x, /b|d/) }' words"),
  },
  {
    name: "awk split, nothing",
    setup: LINE,
    script: loop("awk '{ n = split($0, x, \"\") }' line"),
  },
  {
    name: "awk fields",
    setup: WORDS,
    script: loop("awk '{ n = NF; $3 = \"x\"; print }' words >/dev/null"),
  },
  {
    name: "awk fields, pattern",
    setup: WORDS,
    script: loop("awk -F'[bd]' '{ n = NF; $3 = \"x\" }' words"),
  },
  { name: "awk fields, assigned", setup: WORDS, script: loop("awk '{ $1000000 = \"x\" }' words") },
  {
    name: "awk substr and index",
    setup: LINE,
    script: loop(
      'awk \'{ for (;;) { n = index($0, "ab"); s = substr($0, 2); t = t substr($0, 5); t = "" } }\' line',
    ),
  },
  { name: "awk tolower", setup: LINE, script: loop("awk '{ for (;;) s = toupper($0) }' line") },
  {
    name: "awk match",
    setup: LINE,
    script: loop("awk '{ for (;;) n = match($0, /a*ab$|b/) }' line"),
  },
  {
    name: "awk length of an array",
    setup: NUMBERS,
    script: loop("awk '{ x[$1] } END { for (;;) { n = 0; for (k in x) n += x[k] } }' numbers"),
  },
  { name: "awk delete", setup: NUMBERS, script: loop("awk '{ x[$1] } END { delete x }' numbers") },
  {
    name: "awk huge text to number",
    setup: "head -c 4000000 /dev/zero | tr '\\0' 7 >digits",
    script: loop("awk '{ for (;;) n += $1 }' digits"),
  },
  {
    name: "awk long program",
    setup: NUMBERS,
    script: loop("sed 's/.*/{ x = & }/' numbers >prog; awk -f prog </dev/null"),
  },
  {
    name: "awk comparisons of long texts",
    setup: LINE,
    script: loop('awk \'{ s = $0 "a"; t = $0 "b"; for (;;) n += s < t }\' line'),
  },
  {
    name: "awk -v of a long text",
    setup: LINE,
    script: loop("awk -v x=\"$(cat line)\" 'BEGIN { }'"),
  },
  {
    name: "awk getline",
    setup: NUMBERS,
    script: loop("awk 'BEGIN { while ((getline x < \"numbers\") > 0) n++ }'"),
  },
  // Lines.
  {
    name: "uniq, long line",
    setup: LINE,
    script: loop("cat line line | uniq -c -f 1 >/dev/null; uniq -i line line2"),
  },
  {
    name: "cut, long line",
    setup: WORDS,
    script: loop(
      "cut -d ' ' -f 2- words >/dev/null; cut -c 5-,9 words >/dev/null; cut -d b -f 700000 words",
    ),
  },
  {
    name: "cut of many ranges",
    setup: `${LINE}; seq 1 2 100000 | tr '\\n' , >l`,
    script: loop("cut -c $(cat l)1 line >/dev/null"),
  },
  {
    name: "fold, long line",
    setup: WORDS,
    script: loop("fold -s -w 7 words >/dev/null; fold -w 1 words >/dev/null"),
  },
  { name: "tr, long line", setup: LINE, script: loop("tr -cd a-b <line | tr -s a >/dev/null") },
  { name: "od, long line", setup: LINE, script: loop("od -An -tx1 -w4000000 line >/dev/null") },
  { name: "od of strings", setup: LINE, script: loop("od -S 3 line >/dev/null") },
  { name: "rev, long line", setup: LINE, script: loop("rev line >/dev/null") },
  {
    name: "expand and unexpand, long line",
    setup: "yes '' | head -n 1000000 | tr '\\n' '\\t' >tabs",
    script: loop("expand tabs | unexpand -a >/dev/null"),
  },
  { name: "nl, long line", setup: LINE, script: loop("nl line >/dev/null") },
  { name: "wc, long line", setup: WORDS, script: loop("wc -L words; wc -mw words") },
  { name: "strings, long line", setup: LINE, script: loop("strings -n 4 line >/dev/null") },
  {
    name: "tac, long line",
    setup: NUMBERS,
    script: loop("cat numbers numbers numbers | tac >/dev/null"),
  },
  {
    name: "tail -n +, long line",
    setup: NUMBERS,
    script: loop("tail -n +100000 numbers >/dev/null; tail -c 500000 numbers >/dev/null"),
  },
  {
    name: "paste",
    setup: NUMBERS,
    script: loop("paste -s numbers >/dev/null; paste numbers numbers >/dev/null"),
  },
  { name: "comm", setup: NUMBERS, script: loop("comm numbers numbers >/dev/null 2>&1") },
  {
    name: "cmp -l",
    setup: BLOCK,
    script: loop("tr a b <block >block2; cmp -l block block2 >/dev/null; cmp block block"),
  },
  {
    name: "xxd and uuencode",
    setup: BLOCK,
    script: loop("xxd block | xxd -r >/dev/null; uuencode x <block | uudecode -o /dev/null"),
  },
  {
    name: "xxd -p of a long line",
    setup: BLOCK,
    script: loop("xxd -p -c 256 block | tr -d '\\n' | xxd -r -p >/dev/null"),
  },
  {
    name: "base32",
    setup: BLOCK,
    script: loop(
      "base32 -w 0 block | base32 -d >/dev/null; base64 -w 0 block | base64 -d >/dev/null",
    ),
  },
  {
    name: "shuf",
    setup: NUMBERS,
    script: loop(
      "shuf numbers >/dev/null; shuf -i 1-1000000 >/dev/null; shuf -e $(cat numbers) >/dev/null",
    ),
  },
  { name: "split", setup: NUMBERS, script: loop("split -l 1000 numbers; rm x*") },
  { name: "dos2unix", setup: LINE, script: loop("unix2dos line; dos2unix line") },
  { name: "ts", script: loop("yes | head -n 100000 | ts >/dev/null") },
  // sort and its like.
  { name: "sort -k numeric", setup: RANDOM, script: loop("sort -k1,1n -s rand >/dev/null") },
  { name: "sort -V", setup: RANDOM, script: loop("sed 's/./&./3' rand | sort -V >/dev/null") },
  { name: "sort -g", setup: RANDOM, script: loop("sed 's/$/e3/' rand | sort -g >/dev/null") },
  { name: "sort -M", setup: RANDOM, script: loop("sed 's/^/Feb /' rand | sort -M >/dev/null") },
  {
    name: "sort -f -d",
    setup: RANDOM,
    script: loop("sort -fdr rand >/dev/null; sort -i rand >/dev/null"),
  },
  { name: "sort -c", setup: NUMBERS, script: loop("sort -nc numbers; sort -c line") },
  {
    name: "sort of long lines",
    setup: LINE,
    script: loop("{ for i in 1 2 3 4 5 6; do cat line; echo $i; done; } | sort >/dev/null"),
  },
  {
    name: "sort of one prefix",
    setup: RANDOM,
    script: loop(
      "sed 's/^/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/' rand | sort -t: -k1,1 >/dev/null",
    ),
  },
  {
    name: "tsort",
    setup: RANDOM,
    script: loop(
      "paste rand rand | tsort >/dev/null 2>&1; tr '\\n' ' ' <rand | tsort >/dev/null 2>&1",
    ),
  },
  {
    name: "tsort of a chain",
    script: loop(
      "seq 100000 | awk '{ print $1, $1 + 1 }' | tsort >/dev/null; seq 50000 | awk '{ print $1, $1 % 5000 }' | tsort >/dev/null 2>&1",
    ),
  },
  { name: "diff, nothing in common", setup: UNLIKE, script: loop("diff odd even >/dev/null") },
  { name: "diff -i -b -B", setup: UNLIKE, script: loop("diff -ibwB odd even >/dev/null") },
  {
    name: "diff of long lines",
    setup: LINE,
    script: loop(
      "{ cat line; echo b; } >line2; diff line line2 >/dev/null; diff -b line line2 >/dev/null",
    ),
  },
  {
    name: "diff of one line many times",
    script: loop("yes | head -n 100000 >y; yes | head -n 99000 >z; diff y z >/dev/null"),
  },
  {
    name: "patch",
    setup: "seq 100000 >a; sed 's/7$/x/' a >b; diff -u a b >p",
    script: loop("cp a c; patch c p >/dev/null"),
  },
  {
    name: "patch at the wrong place",
    setup:
      "seq 100000 >a; sed '99990s/$/x/' a >b; diff -u a b >p; seq 200001 300000 >d; yes 99988 | head -n 100000 >e",
    script: loop("patch d p >/dev/null 2>&1; patch e p >/dev/null 2>&1"),
  },
  // Numbers.
  {
    name: "factor of a product of large primes",
    script: loop("factor 9223371994482243049 18446744030759878681 >/dev/null"),
  },
  {
    name: "seq with a width",
    script: loop("seq -w 1 1000000 >/dev/null; seq 0 .001 1000 >/dev/null"),
  },
  { name: "bc powers", script: loop("echo '3^2000000 % 1000' | bc >/dev/null") },
  { name: "bc shows", script: loop("echo '3^1000000' | bc >/dev/null") },
  { name: "bc roots", script: loop("echo 'scale=300000; sqrt(2)' | bc >/dev/null") },
  { name: "bc logarithms", script: loop("echo 'scale=10000; l(7)' | bc -l >/dev/null") },
  { name: "bc sines", script: loop("echo 'scale=5000; s(7); c(100); j(3,5)' | bc -l >/dev/null") },
  { name: "bc e", script: loop("echo 'scale=10000; e(1)' | bc -l >/dev/null") },
  {
    name: "bc quotients",
    script: loop("echo 'scale=1000000; 1/7; 1/(7^300000)' | bc -l >/dev/null"),
  },
  {
    name: "bc bases",
    script: loop("echo 'obase=7; 3^300000; obase=300; scale=20000; 1/3' | bc >/dev/null"),
  },
  {
    name: "bc literals",
    setup: "head -c 1000000 /dev/zero | tr '\\0' 7 >digits; echo >>digits",
    script: loop("bc digits >/dev/null"),
  },
  {
    name: "bc literals in base 7",
    setup: "{ echo ibase=7; head -c 300000 /dev/zero | tr '\\0' 5; echo; } >digits",
    script: loop("bc digits >/dev/null"),
  },
  { name: "bc program of many lines", setup: NUMBERS, script: loop("bc numbers >/dev/null") },
  { name: "dc powers", script: loop("dc -e '3 1500000^ 5% p' >/dev/null") },
  { name: "dc roots", script: loop("dc -e '200000k 2vp' >/dev/null") },
  { name: "dc |", script: loop("dc -e '7 3 60000^ 11 20000^ |p' >/dev/null") },
  {
    name: "dc bytes",
    script: loop("dc -e '3 300000^P' >/dev/null; dc -e '3 300000^Zp' >/dev/null"),
  },
  {
    name: "expr with long texts",
    script:
      "x=$(head -c 100000 /dev/zero | tr '\\0' a); while :; do expr index $x b; expr length $x; expr substr $x 2 99999; expr $x : '.*b'; done >/dev/null",
  },
  {
    name: "printf of many conversions",
    setup: NUMBERS,
    script: "set -- $(cat numbers); while :; do printf '%5.3f %x %c %b' \"$@\" >/dev/null; done",
  },
  {
    name: "printf with a long format",
    setup: LINE,
    script: "f=$(sed 's/a/%%/g' line); while :; do printf \"$f\" >/dev/null; done",
  },
  {
    name: "printf of a long text",
    setup: LINE,
    script: 'f=$(cat line); while :; do printf \'%.3999999s%b\' "$f" "$f" >/dev/null; done',
  },
  // Archives and codecs.
  {
    name: "gzip and gunzip",
    setup: BLOCK,
    script: loop("gzip -c block | gunzip >/dev/null; gzip -1 -c line | zcat >/dev/null"),
  },
  {
    name: "bzip2 of periods",
    setup: "yes abc | head -c 3000000 >per; seq 400000 >>per",
    script: loop("bzip2 -c per | bunzip2 >/dev/null"),
  },
  {
    name: "bunzip2",
    setup:
      `${BLOCK}; bzip2 -k block; seq 500000 | bzip2 >seq.bz2; head -c 10000000 /dev/zero | bzip2 >zero.bz2`,
    script: loop(
      "bunzip2 -c block.bz2 | cat >/dev/null; bzcat seq.bz2 | cat >/dev/null; bzcat zero.bz2 | cat >/dev/null",
    ),
  },
  { name: "xz", setup: BLOCK, script: loop("xz -c block | xz -dc >/dev/null") },
  {
    name: "xz of zeros",
    setup: "seq 300000 >s; head -c 5000000 /dev/zero >>s",
    script: loop("xz -c s | unxz >/dev/null"),
  },
  { name: "lzma", setup: "seq 300000 >s", script: loop("lzma -c s | unlzma >/dev/null") },
  { name: "lzop", setup: BLOCK, script: loop("lzop -c block | lzop -dc >/dev/null") },
  {
    name: "lzop -9",
    setup: "seq 300000 >s; head -c 5000000 /dev/zero >>s",
    script: loop("lzop -9 -c s | lzop -dc >/dev/null"),
  },
  {
    name: "digests",
    setup: BLOCK,
    script: loop(
      "sha1sum block; sha256sum block; sha3sum block; md5sum block; sha512sum block; cksum block; sum block; crc32 block",
    ),
  },
  {
    name: "digest of a long list",
    setup: 'yes "d41d8cd98f00b204e9800998ecf8427e  /dev/null" | head -n 50000 >l',
    script: loop("md5sum -c l >/dev/null"),
  },
  {
    name: "cryptpw",
    script: loop(
      "cryptpw -m sha512 'aaaa' '$6$rounds=999999$aa'; cryptpw -m sha512 a abcdefgh; cryptpw -m md5 a abcdefgh; cryptpw -m des a ab",
    ),
  },
  {
    name: "cpio, many members",
    setup: TREE,
    script: loop("find tree | cpio -o -H newc 2>/dev/null >c; cpio -t <c >/dev/null 2>&1"),
  },
  {
    name: "tar, many members",
    setup: TREE,
    script: loop("tar cf t tree; tar tf t >/dev/null; tar tvf t >/dev/null"),
  },
  {
    name: "tar with many exclusions",
    setup: `${TREE}; seq 2000 >ex`,
    script: loop("tar cf /dev/null -X ex tree"),
  },
  { name: "ar", setup: TREE, script: loop("ar rc x.a tree/f1*; ar t x.a >/dev/null; rm x.a") },
  {
    name: "unzip of no archive",
    setup: BLOCK,
    script: loop("unzip -l block; rpm2cpio block; uncompress -c block"),
  },
  // Files.
  {
    name: "find, many files",
    setup: TREE,
    script: loop("find tree -name '*9*' -newer tree -size +3 >/dev/null"),
  },
  { name: "find -exec", setup: TREE, script: "find tree -type f -exec true {} \\;" },
  { name: "find -exec +", setup: TREE, script: loop("find tree -type f -exec true {} +") },
  {
    name: "rm, cp and mv of many files",
    setup: TREE,
    script: loop("cp -r tree t2; mv t2 t3; chmod -R 700 t3; chown -R 1 t3; rm -r t3"),
  },
  {
    name: "du and ls of many files",
    setup: TREE,
    script: loop(
      "du -a tree >/dev/null; ls -l tree >/dev/null; ls tree >/dev/null; ls -t tree >/dev/null; ls -C tree >/dev/null",
    ),
  },
  { name: "tree", setup: TREE, script: loop("tree tree >/dev/null") },
  {
    name: "glob, many names",
    setup: TREE,
    script: loop("set -- tree/*; set -- tree/*[13579]; echo tree/f* >/dev/null"),
  },
  {
    name: "rm of many words",
    setup: TREE,
    script: loop("stat tree/* >/dev/null; ls -ld tree/f* >/dev/null; touch tree/*"),
  },
  {
    name: "deep directories",
    setup: "i=0; while [ $i -lt 1000 ]; do mkdir d; cd d; i=$((i+1)); done",
    script: loop(
      "cd /tmp; find d >/dev/null; du d >/dev/null; ls -R d >/dev/null; cp -r d e; rm -r e",
    ),
  },
  {
    name: "dd with small blocks",
    setup: BLOCK,
    script: loop(
      "dd if=block of=/dev/null bs=1; dd if=block of=x bs=3 conv=swab; dd if=/dev/zero of=y bs=64M count=1",
    ) + " 2>/dev/null",
  },
  {
    name: "dd of large blocks",
    script: loop(
      "dd if=/dev/urandom of=/dev/null bs=32M count=1; dd if=/dev/zero bs=16M count=1 conv=swab of=/dev/null; dd if=/dev/zero bs=32M count=1 | cat >/dev/null",
    ) + " 2>/dev/null",
  },
  {
    name: "truncate and shred",
    script: loop(
      "truncate -s 50000000 big; shred -n 1 big; cp big big2; cmp big big2; fallocate -l 60000000 big; cat big >big2",
    ),
  },
  {
    name: "xargs, all words",
    setup: NUMBERS,
    script: loop("xargs true <numbers; xargs -I {} true {} <numbers; xargs -n 50 true <numbers"),
  },
  {
    name: "xargs -0 of a long word",
    setup: LINE,
    script: loop("xargs -0 true <line; xargs true <line; xargs -s 1000 true <line"),
  },
  {
    name: "ed",
    setup: NUMBERS,
    script: loop("printf 'g/7/s/7/x/\\n1,$s/1/yy/g\\n1,$p\\nQ\\n' | ed numbers >/dev/null"),
  },
  {
    name: "ed moves",
    setup: NUMBERS,
    script: loop("printf 'g/7/m0\\n1,$j\\ng/9/d\\nQ\\n' | ed numbers >/dev/null"),
  },
  {
    name: "vi",
    setup: NUMBERS,
    script: loop("vi -c ':%s/1/yy/g' -c ':%s/y/zzz/g' -c ':q!' numbers </dev/null >/dev/null"),
  },
  {
    name: "less and more",
    setup: NUMBERS,
    script: loop("more numbers >/dev/null; less numbers </dev/null >/dev/null"),
  },
  {
    name: "hexdump -e",
    setup: BLOCK,
    script: loop(
      'hexdump -e \'1/1 "%d "\' block >/dev/null; hexdump -v -e \'16/1 "%02x " "\\n"\' block >/dev/null',
    ),
  },
  {
    name: "find -regex",
    setup: TREE,
    script: loop("find tree -regex '.*\\(1\\|2\\).*\\1' >/dev/null"),
  },
  {
    name: "test with a long expression",
    script:
      'set -- a; for i in 1 2 3 4 5 6 7 8 9 10 11 12; do set -- "$@" -a "$@"; done; while :; do test "$@"; [ "$@" ]; done',
  },
  { name: "getopt", setup: NUMBERS, script: loop("getopt ab: $(cat numbers) >/dev/null") },
  {
    name: "env with many variables",
    script:
      "i=0; while [ $i -lt 20000 ]; do export v$i=abc; i=$((i+1)); done; while :; do env >/dev/null; export >/dev/null; set >/dev/null; done",
  },
  {
    name: "date",
    script: loop("date -d '2020-01-01 00:00:00' '+%Y %c %s' >/dev/null; cal 2020 >/dev/null"),
  },
  {
    name: "ps and top",
    script:
      "i=0; while [ $i -lt 300 ]; do sleep 1000 & i=$((i+1)); done; while :; do ps -o pid,args >/dev/null; top -b -n 1 >/dev/null; pgrep s >/dev/null; done",
  },
  {
    name: "ipcalc, dirname and the like",
    setup: LINE,
    script:
      "x=$(cat line); while :; do basename $x a >/dev/null; dirname $x/$x >/dev/null; readlink -f $x; realpath $x; done 2>/dev/null",
  },
  {
    name: "paths of many parts",
    script:
      "x=$(yes ./ | head -n 300000 | tr -d '\\n'); while :; do cd $x; [ -e $x ]; realpath $x; : <$x; done >/dev/null 2>&1",
  },
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

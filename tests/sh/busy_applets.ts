/**
 * Commands that keep a process busy with unusual input: lines of megabytes, tables of many entries,
 * texts without structure. Each is stopped like the scripts of `busy_scripts.ts`; what it works on is
 * made before, by `setup`, and is not stopped.
 *
 * @module
 */
import type { BusyScript } from "./busy_scripts.ts";

export const LINE = "head -c 4000000 /dev/zero | tr '\\0' a >line";
export const WORDS = "yes 'ab cd' | head -n 700000 | tr '\\n' ' ' >words";
export const NUMBERS = "seq 200000 >numbers";
export const MILLION = "seq 1000000 >numbers";
const UNLIKE = "seq 1 2 200000 >odd; seq 2 2 200000 >even";
const RANDOM =
  "awk 'BEGIN { srand(1); for (i = 0; i < 200000; i++) print int(rand() * 1e9) }' >rand";
const TREE = "mkdir tree; awk 'BEGIN { for (i = 0; i < 20000; i++) " +
  'print ": >tree/f" i }\' >make; . ./make; rm make';
const BLOCK = "dd if=/dev/urandom of=block bs=1000000 count=6 2>/dev/null";

export function loop(command: string): string {
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
];

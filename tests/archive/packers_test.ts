/** gzip, bzip2, xz, lzma, lzop, compress and their kin against native. */
import { type Case, compareAll } from "./differential.ts";

const FILES = "printf hello > a; gzip -nk a; bzip2 -k a; xz -k a; xz -k --format=lzma a; " +
  "busybox lzop -c a > a.lzo; mkdir d; chmod 640 a; touch -d 2001-02-03T04:05:06 a a.gz";
const BIG = "seq 1 9000 > b; gzip -nk b; bzip2 -k b; xz -k b; xz -k --format=lzma b; " +
  "busybox lzop -c b > b.lzo; for i in gz bz2 xz lzma lzo; do head -c 3000 b.$i > t.$i; done";

const cases: Case[] = [
  "gzip a; gzip -f a.gz; zcat a.gz.gz | zcat; rm a.gz.gz",
  "gunzip a.gz; gunzip -f a.gz; ls; gunzip a; gunzip -c a",
  "rm a; gunzip -k a.gz; rm a; gunzip a.gz",
  "cp a b.x; gunzip b.x; bunzip2 b.x; unxz b.x; unlzma b.x; uncompress b.x; gunzip -f b.x",
  "gunzip d; gunzip -c d; bunzip2 -c d; unxz -c d; unlzma -c d; lzop -dc d; uncompress -c d",
  "mv d d.gz; gunzip d.gz",
  "gzip nosuch; gunzip nosuch nosuch.gz; bzip2 nosuch; unxz nosuch; lzop nosuch; gunzip ''",
  "gunzip -t a.gz && bunzip2 -t a.bz2 && unxz -t a.xz && unlzma -t a.lzma && lzop -t a.lzo",
  "rm a; gunzip -v a.gz; gzip -vc a | zcat",
  "rm a a.gz; bunzip2 -v a.bz2",
  "gzip -dc a.gz; gzip -t a.gz; gzip -d a.gz; bzip2 -dc a.bz2; xz -dc a.xz; lzma -dc a.lzma",
  "gzip -c a a | zcat; bzip2 -c a a | bzcat",
  "cat a.gz | gzip -d; cat a.gz | gunzip -; cat a.gz | gunzip -c - a.gz; zcat < a.gz",
  "cp a.gz a.tgz; gunzip -k a.tgz; cp a.gz b.taz; gunzip b.taz; cp a.gz c.Z; gunzip c.Z",
  "ln -s a.gz l.gz; gunzip l.gz; ln a.gz h.gz; gunzip h.gz",
  "cp a.gz .gz; gunzip .gz; gunzip -c .gz",
  "zcat a; echo $?; zcat nosuch; echo $?; zcat d; echo $?; cp a.gz noext; zcat noext",
  "gzip -l a.gz",
  "gzip --decompress a.gz",
  "bzip2 -d a; bunzip2 -S a",
  "gzip --best -c a | gunzip --stdout; gzip --fast --to-stdout a | zcat; gzip --test a.gz",
  "cp a.gz b.gz; gunzip -f b.gz nosuch.gz a.gz; echo $?",
  "xz a",
  "lzma -c a",
  "xzcat a.xz a.xz; xzcat a; lzcat a.lzma; xzcat a.gz; zcat a.xz a.bz2 a.gz; lzcat a.xz",
  "xz -t a.xz; xz -dk a.xz; xz -dkf a.xz; ls",
  "cp a.bz2 b.tbz; bunzip2 b.tbz; cp a.xz c.lzma; unxz c.lzma; unlzma c.lzma; ls",
  "bzip2 a; rm a.bz2; bzip2 -1 -k a; bzcat a.bz2; bzip2 -z -s -q -f a; bzcat a.bz2; head -c 4 a.bz2; rm a.bz2",
  "bzip2 d; echo $?; bzip2 -c d; echo $?",
  "lzop a; rm a; lzop -d a.lzo; ls; lzop -f a; lzop -d a.lzo; lzop -dU nosuch a.lzo; ls",
  "lzop -9 a; rm -f a.lzo; lzop -7 a; ls",
  "lzop -d a; ls; cp a.gz e.lzo; lzop -d e.lzo; ls",
  "lzop -c a | lzop -d; lzop -F < a | lzop -d; lzop -C < a | lzop -dc; lzop -1C < a | lzop -t",
  "uncompress a; uncompress nosuch; cp a x.Z; uncompress x.Z; uncompress -c a.gz",
  "uncompress -k a",
  "gzip -c a > /dev/full; gunzip -c a.gz > /dev/full; bunzip2 -c a.bz2 > /dev/full",
  "chmod 444 a; rm a.gz; gzip a; ls -l a.gz | cut -c1-10; umask 077; gunzip a.gz; ls -l a | cut -c1-10",
  "unlzma a.xz; unlzma -c a.xz; lzma -d a.xz",
  "printf xx >> a.gz; printf xx >> a.bz2; printf xx >> a.xz; zcat a.gz; bzcat a.bz2; xzcat a.xz",
  "zcat a.gz nosuch a.gz; echo $?",
  "gunzip --help; echo $?",
  "printf '\\037\\213\\010' | zcat a.gz nosuch a.gz",
  // An operand `-` after a file reads what is left of it, and after a result has nothing to write to.
  "gunzip - - < a.gz; echo $?; gunzip -f a.gz - < a.bz2; echo $?; cat a",
  "gunzip - a.gz < a.gz; rm a; gunzip - a.gz < a.gz; gunzip - nosuch - < a.bz2; echo $?",
  "cp a.gz b.x; gunzip b.x - < a; echo $?; gunzip -c a.gz - < a.gz; gunzip -t a.gz - < a.gz",
  "echo x > b.gz; gunzip b.gz - < a.gz; echo $?; gunzip a.gz - < a.gz; echo $?",
  "bunzip2 - - < a.bz2; bunzip2 -f a.bz2 - < a.bz2; echo $?; bunzip2 -c - - < a.bz2; ls",
  "unxz - - < a.xz; unxz -f a.xz - < a.xz; echo $?; unlzma - - < a.lzma; unlzma -c - - < a.lzma",
  "gzip - - < a | zcat; gzip -kf a - < a; echo $?; gzip -c - - < a | zcat; gzip - a < a | zcat",
  "bzip2 - - < a | bzcat; bzip2 -kf a - < a; echo $?; bzip2 -c a - < a | bzcat; rm a.bz2",
  "lzop - - < a | lzop -d; lzop -f a - < a; echo $?; lzop -c a - < a | lzop -d",
  "for i in 'gzip -c a a' 'lzop -c a a' 'unxz -c a.xz nosuch' 'unlzma -c a.lzma a.lzma'; do " +
  "$i > /dev/full; echo $?; done; lzop -dc a.lzo a.lzo > /dev/full",
].map((script) => ({ name: script, setup: FILES, script }));

const damaged: Case[] = [
  "for i in gz bz2 xz lzma lzo; do echo $i; done; gunzip -c t.gz | md5sum; gunzip t.gz; echo $?",
  "bunzip2 -c t.bz2 | md5sum; bunzip2 t.bz2; echo $?; ls",
  "unxz -c t.xz | md5sum; unxz t.xz; echo $?; ls",
  "unlzma -c t.lzma | md5sum; unlzma t.lzma; echo $?; ls",
  "lzop -dc t.lzo | md5sum; lzop -d t.lzo; echo $?; ls",
  "zcat t.gz | md5sum; zcat t.gz >/dev/null; echo $?; zcat t.bz2 > /dev/null; echo $?",
  "gunzip -t t.gz; gunzip -t t.gz b.gz; echo $?; rm b; gunzip t.gz b.gz; echo $?; ls",
  "for f in b.gz b.bz2 b.xz b.lzma b.lzo; do wc -c < $f; done; zcat b.gz | md5sum",
  "md5sum < b; bunzip2 -c b.bz2 | md5sum; unxz -c b.xz | md5sum; unlzma -c b.lzma | md5sum; " +
  "lzop -dc b.lzo | md5sum; gzip -9 < b | zcat | md5sum; bzip2 < b | bzcat | md5sum",
].map((script) => ({ name: script, setup: BIG, script }));

compareAll("packers", [...cases, ...damaged]);

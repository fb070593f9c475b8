/** md5sum, sha1sum, sha256sum, sha512sum, sha3sum, crc32 against native. */
import { type Case, compareAll } from "./differential.ts";

const FILES = "printf hello > a; printf 'x\\n' > b; : > e; mkdir d; md5sum a b e > L; " +
  "(cat L; echo junk; echo 'd41d8cd98f00b204e9800998ecf8427e  nosuch') > L2; md5sum -b a > LB; " +
  "printf sp > 'a b'; seq 1 40000 > big; sha1sum a > S1; busybox sha3sum -a 256 a > S3; " +
  "sed 's/  / /' L > LS; tr a-f A-F < S1 > SU";

const E = "d41d8cd98f00b204e9800998ecf8427e";
const cases: Case[] = [
  "for h in md5sum sha1sum sha256sum sha512sum sha3sum; do $h a b e d nosuch big; echo $?; done",
  "md5sum < a; md5sum - < a; md5sum a - b < e; cat big | sha256sum; cat big | sha3sum -a 512",
  "md5sum -c L; echo $?; md5sum -c L2; echo $?; md5sum -cw L2; echo $?; md5sum -cs L2; echo $?",
  "md5sum -csw L2; cat L | md5sum -c; cat L | md5sum -c -; md5sum -c LB; md5sum -c L L2 LS",
  "md5sum -s a",
  "md5sum -w a",
  "sha1sum -x a",
  "md5sum -a 256 a",
  "md5sum -b a; md5sum -t a; md5sum -bt a",
  "md5sum -c nosuch; echo $?; md5sum -c a; echo $?; md5sum -c e; echo $?; md5sum -cs e; md5sum -c d",
  "printf x >> b; md5sum -c L; echo $?; md5sum -cs L; echo $?; md5sum -c L b; echo $?",
  "for n in 224 256 384 512 100; do sha3sum -a $n a big; done",
  "sha3sum -a x a",
  "sha3sum -a '' a",
  "sha3sum -c S3; sha3sum -a 256 -c S3; sha3sum -a 512 -c S3; sha1sum -c S1; sha1sum -c SU; md5sum -c S1",
  "md5sum 'a b' > S; cat S; md5sum -c S; md5sum -c LS",
  `printf '${E}  e\\r\\n' | md5sum -c; printf '${E}  e' | md5sum -c; printf '${E}X  e\\n' | md5sum -c`,
  `printf '${E}   e\\n' | md5sum -c; printf '\\n\\n' | md5sum -c; printf '${E}\\te\\n' | md5sum -c`,
  `printf '${E}  d\\n' | md5sum -c; printf '${E}  -\\n' | md5sum -c; printf '${E} ' | md5sum -c`,
  `printf ' ${E}  e\\n' | md5sum -c; printf '${E} *a  b\\n' | md5sum -c`,
  "crc32 a b e big; crc32 < a; crc32 - < a; crc32 a nosuch b; echo $?; crc32 d a; echo $?",
  "crc32 -x",
  "md5sum --help; echo $?",
].map((script) => ({ name: script, setup: FILES, script }));

compareAll("digests", cases);

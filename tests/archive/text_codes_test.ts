/** base64, uuencode, uudecode against native. */
import { type Case, compareAll } from "./differential.ts";

const FILES =
  "printf 'hello world' > a; seq 1 100 > b; mkdir d; : > e; head -c 5000 /dev/zero > z; " +
  "busybox uuencode a out > U; busybox uuencode -m b out > M";

const decode = (text: string): string => `printf '${text}' | base64 -d; echo " $?"`;
const cases: Case[] = [
  "base64 a; base64 < a; base64 - < a; base64 b; base64 -w 20 a; base64 -w 0 b; base64 -w 7 b; base64 z",
  "base64 nosuch; echo $?; base64 d; echo $?",
  "base64 a b",
  "base64 -w x a; base64 -w -1 a",
  "base64 -x a",
  "base64 --wrap=3 a",
  "base64 e; base64 -w 0 e; base64 -d e; base64 -w 12 a; base64 b | base64 -d; base64 -w3 z | base64 -d | md5sum",
  "base64 -i a; base64 -d nosuch",
  ...[
    "aGVsbG8=\\n\\n  d29ybGQ=",
    "aGVsbG8",
    "aGVsb",
    "aG*V",
    "====",
    "aGVs\\r\\nbG8=\\r\\n",
    "aGV=bG8=",
    "a",
    "aG",
  ],
  ...[
    "aGU=bG8=",
    "aGV=",
    "aGU=",
    "aGV=\\nbG8=",
    "a=GU",
    "aG==",
    "aG=U",
    "aGU==",
    "=aGU=",
    "aGVs====bG8=",
  ],
  ...[
    "aGVs=bG8=",
    "aGVsbG8=X",
    "YQ==YQ==",
    "YQ==",
    "aG\\nVs\\nbG\\n8=",
    "",
    "\\n",
    "aGVs\\n=\\nbG8=",
  ],
].map((script) => ({
  name: script || "empty",
  setup: FILES,
  script: /^(base64|uu)/.test(script) ? script : decode(script),
}));
for (
  const script of [
    "uuencode a name; uuencode -m a name; uuencode name < a; uuencode - < a; uuencode z z; uuencode -m z z",
    "uuencode",
    "uuencode a b c",
    "uuencode n < a | head -n 1; umask 077; uuencode n < a | head -n 1",
    "uuencode nosuch n; echo $?; uuencode d n; echo $?; uuencode e n; uuencode -m e n; uuencode b b; uuencode -m b b",
    "uuencode -x a",
    "uudecode U; cat out; uudecode M; md5sum out; uudecode -o o2 U; cat o2; uudecode -o - U; uudecode -o /dev/stdout M",
    "cat U | uudecode; uudecode - < M; ls",
    "printf 'begin 644 x\\n' | uudecode; echo $?; printf 'junk\\n' | uudecode; echo $?",
    "printf 'begin 644 x\\nend\\n' | uudecode; echo $?; printf 'begin 600 y\\n`\\nend\\n' | uudecode; echo $?",
    "printf 'begin-base64 644 x\\n====\\n' | uudecode; echo $?; printf 'begin-base64 644 y\\naGVs\\n' | uudecode; echo $?",
    "printf 'begin 644 x\\n#:&5L\\n`\\nend\\n' | uudecode -o -; printf 'begin 644 x\\n#:&5\\n`\\nend\\n' | uudecode -o -",
    "printf 'begin 644 x\\nzzzz\\n`\\nend\\n' | uudecode -o -; echo $?; printf 'begin 644\\n' | uudecode; echo $?",
    "printf 'begin 644 a b \\n`\\nend\\n' | uudecode; printf 'begin 4755 su\\n#:&5L\\n`\\nend\\ntrail\\n' | uudecode",
    "printf 'begin 644 x\\r\\n#:&5L\\r\\n`\\r\\nend\\r\\n' | uudecode -o -; echo $?",
    "printf 'begin-base64 644 z\\naGVs\\nbG8=\\n====\\njunk' | uudecode -o -; echo $?",
    "printf 'begin-base64 644 z\\naGVs\\nbG8=\\njunk' | uudecode -o - | od -c; printf 'begin-base64 644 z\\naGVs\\nbG8\\n====\\n' | uudecode -o -",
    "printf 'begin 644 no/such/x\\n`\\nend\\n' | uudecode; uudecode nosuch; echo $?; uudecode d; uudecode -o d U",
    "uudecode a b",
    "printf 'x\\nxbegin 644 q\\nbegin 644 q2\\n`\\nend\\nbegin 644 q3\\n`\\nend\\n' | uudecode",
  ]
) cases.push({ name: script, setup: FILES, script });

compareAll("text codes", cases);

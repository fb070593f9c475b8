/** Applets that Debian's busybox lacks: what POSIX or the program they are known from has them do. */
import { assertEquals } from "@std/assert";
import { Sandbox } from "../../mod.ts";

const CASES: readonly (readonly [command: string, code: number, stdout: string])[] = [
  ["seq 5 > f; split -l 2 f; cat xab; ls x*", 0, "3\n4\nxaa\nxab\nxac\n"],
  ["printf abcdef | split -b 4 - p; cat pab", 0, "ef"],
  ["seq 30 | split -l 1 -a 1 2>/dev/null; echo $?; ls x? | tail -1", 0, "1\nxz\n"],
  ["printf 'b c\\na b\\n' | tsort", 0, "a\nb\nc\n"],
  ["printf 'a b\\nb a\\n' | tsort 2>/dev/null", 1, "a\nb\n"],
  ["printf 'a' | tsort", 1, ""],
  [
    "mkdir -p t/d; touch t/d/x t/y; ln -s y t/l; tree t",
    0,
    "t\n|-- d\n|   `-- x\n|-- l -> y\n`-- y\n\n1 directories, 3 files\n",
  ],
  ["tree nx", 0, "nx [error opening dir]\n\n0 directories, 0 files\n"],
  ["seq 3 > f; printf '2s/2/two/\\nw\\nq\\n' | ed -s f; cat f", 0, "1\ntwo\n3\n"],
  ["seq 3 > f; printf 'g/[13]/d\\n,p\\nQ\\n' | ed f", 0, "6\n2\n"],
  ["seq 3 > f; printf '1m$\\n1,2j\\n,n\\nQ\\n' | ed -s f", 0, "1\t23\n2\t1\n"],
  ["seq 3 > f; printf '9p\\nh\\nQ\\n' | ed -s f", 1, "?\ninvalid address\n"],
  ["echo a > f; install -m 640 -D f d/e/g; stat -c %a d/e/g 2>/dev/null || ls -l d/e", 0, "640\n"],
  [
    "hd /dev/null; printf ab | hd",
    0,
    "00000000  61 62                                             |ab|\n00000002\n",
  ],
  ["ss -H; netstat -tn | tail -1 | cut -c1-5", 0, "Proto\n"],
  ["wget -q -O - http://example.org/; echo $?", 0, "1\n"],
  [
    "printf 'a\\nb\\nc\\n' > f; cksum f; cksum < f; cksum /dev/null",
    0,
    "2923054182 6 f\n2923054182 6\n4294967295 0 /dev/null\n",
  ],
  [
    "printf 'a\\nb\\nc\\n' > f; sum < f; sum -s < f; sum f f; sum -s f",
    0,
    "59469     1\n324 1\n59469     1 f\n59469     1 f\n324 1 f\n",
  ],
  [
    "printf 'a\\nb\\nc\\n' > f; printf 'b\\nc\\nd\\n' > g; comm f g; comm -12 f g; comm -3 f g; comm -23 f g",
    0,
    "a\n\t\tb\n\t\tc\n\td\nb\nc\na\n\td\na\n",
  ],
  [
    "seq 12 | split -l 5 - w; cat wac; seq 12 > n; split -b 10 -a 3 n z; cat zaaa; split nx",
    1,
    "11\n12\n1\n2\n3\n4\n5\n",
  ],
  ["printf 'a b c d b c' | tsort; printf 'a a\\n' | tsort", 0, "a\nb\nc\nd\na\n"],
  [
    "nice; nice nice; nice -n 5 nice -n 3 nice; nice -n 25 nice; nice sh -c 'exit 7'",
    7,
    "0\n10\n8\n19\n",
  ],
  ["nice nx", 127, ""],
  ["> f; nice ./f", 126, ""],
  ["nohup sh -c 'kill -HUP $$; echo alive'; nohup sh -c 'exit 5'", 5, "alive\n"],
  ["nohup nx", 127, ""],
  ["> f; nohup ./f", 126, ""],
  ["env -i A=1 B=2 printenv; env -i A=1 B=2 printenv B A; printenv nx", 1, "A=1\nB=2\n2\n1\n"],
  [
    "echo a > f; install f h; install -d p/q; install -t p f h; ls p; install -m u+rwx,g= f i; stat -c %a h i",
    0,
    "f\nh\nq\n755\n700\n",
  ],
  ["install nx h", 1, ""],
  [
    "printf abcdefghij | base32; printf abcdefghij | base32 -w 5; printf foobar | base32 | base32 -d",
    0,
    "MFRGGZDFMZTWQ2LK\nMFRGG\nZDFMZ\nTWQ2L\nK\nfoobar",
  ],
  ["users", 0, ""],
];

Deno.test("applets that are absent natively do what they are known for", async () => {
  await using sandbox = await Sandbox.create();
  for (const [command, code, stdout] of CASES) {
    const fork = sandbox.fork();
    const result = await fork.sh(command, { cwd: "/tmp", env: { LC_ALL: "C", PATH: "/bin" } });
    assertEquals([result.code, result.stdoutText], [code, stdout], command);
    fork.close();
  }
});

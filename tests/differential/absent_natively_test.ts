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

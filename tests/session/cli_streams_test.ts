/**
 * The host's own streams: what the command line writes to a file, a pipe that nobody reads, or a full
 * device, in which order, and with which status. What is expected is what native busybox 1.35 gave
 * for the same lines, with `busybox` in the place of the command line.
 */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";

const ROOT = decodeURIComponent(new URL("../../", import.meta.url).pathname);
const isLinux = Deno.build.os === "linux";

/** Lines for the host's shell, in which `$C` is the command line, and what they print. */
const CASES: readonly (readonly [line: string, want: string])[] = [
  // One file, pipe or appended file for both: in the order of writing.
  [
    `$C sh -c 'echo a; ls none; echo b; ls none2; printf c; ls none3' >f 2>&1; cat f`,
    "a\nls: none: No such file or directory\nb\nls: none2: No such file or directory\n" +
    "cls: none3: No such file or directory\n",
  ],
  [
    `$C sh -c 'echo a; ls none; echo b; ls none2' 2>&1 | cat`,
    "a\nls: none: No such file or directory\nb\nls: none2: No such file or directory\n",
  ],
  [
    `echo x >f; $C sh -c 'echo a; ls none; echo b' >>f 2>&1; cat f`,
    "x\na\nls: none: No such file or directory\nb\n",
  ],
  // Two opens of one file: each writes where it is.
  [
    `$C sh -c 'echo a; ls none; echo b' >f 2>>f; cat f`,
    "a\nb\n: none: No such file or directory\n",
  ],
  [
    `$C sh -c 'i=0; while [ $i -lt 300 ]; do echo out$i; echo err$i >&2; i=$((i+1)); done' >f 2>&1; ` +
    `md5sum <f`,
    "25bd2989a4231b6b295634b6852f5347  -\n",
  ],
  [
    `$C sh -c '(echo a; ls none) & wait; echo b' 2>&1 | cat`,
    "a\nls: none: No such file or directory\nb\n",
  ],
  [`$C sh -c 'seq 20000; ls none; seq 3' 2>&1 | md5sum`, "6f9e74e43946b9b44c8b4c6273f7186a  -\n"],
  // Nobody reads.
  [`{ $C sh -c 'while :; do echo y; done'; echo $? >s; } | head -n 1; cat s`, "y\n141\n"],
  [`{ $C yes; echo $? >s; } | head -n 1; cat s`, "y\n141\n"],
  [`{ $C seq 1000000; echo $? >s; } | head -n 1; cat s`, "1\n141\n"],
  [
    `{ $C sh -c 'trap "" PIPE; while echo y; do :; done; echo end $?>&2' 2>e; echo $? >s; } | ` +
    `head -n 1; cat e s`,
    "y\nsh: write error: Broken pipe\nend 0\n0\n",
  ],
  [`{ sleep 1; $C echo hi; echo $? >s; } | true; cat s`, "141\n"],
  // No room.
  [`$C echo hi 2>&1 >/dev/full; echo $?`, "echo: write error: No space left on device\n1\n"],
  [
    `$C sh -c 'echo hi; echo $? >&2' 2>&1 >/dev/full`,
    "sh: write error: No space left on device\n1\n",
  ],
  [`echo x | $C cat 2>&1 >/dev/full; echo $?`, "cat: write error: No space left on device\n1\n"],
  // A directory is no input.
  [`$C cat <. 2>&1; echo $?`, "cat: read error: Is a directory\n1\n"],
  [`$C sh <. 2>&1; echo $?`, "0\n"],
  [`$C tee <. 2>&1; echo $?`, "1\n"],
  [`$C xargs echo <. 2>&1; echo $?`, "\n0\n"],
  [`$C sh -c 'read x; echo $?' <. 2>&1`, "1\n"],
];

Deno.test({
  name: "the host's streams get what native writes to them, in its order",
  ignore: !isLinux,
  async fn(t) {
    const cli = `${Deno.execPath()} run -q --no-check -A ${ROOT}cli.ts`;
    for (const [line, want] of CASES) {
      await t.step(line, async () => {
        const dir = await Deno.makeTempDir();
        try {
          const { stdout } = await new Deno.Command("/bin/sh", {
            args: ["-c", line.replaceAll("$C ", `${cli} `)],
            cwd: dir,
            env: { LC_ALL: "C" },
            stdin: "null",
          }).output();
          assertEquals(new TextDecoder().decode(stdout), want);
        } finally {
          await Deno.remove(dir, { recursive: true });
        }
      });
    }
  },
});

Deno.test({
  name: "--install writes a command for each applet, with the rights that were there",
  ignore: Deno.build.os === "windows",
  async fn() {
    const dir = await Deno.makeTempDir();
    try {
      const flags = ["run", "-q", "--no-check", "-R", `-W=${dir}`, `${ROOT}cli.ts`];
      const install = [...flags, "--install", dir];
      const { code } = await new Deno.Command(Deno.execPath(), { args: install }).output();
      assertEquals(code, 0);
      const line = `printf 'b\\na\\n' | ./sort | ./tr ab AB; ./sh -c 'echo hi >f'; echo $?`;
      const { stdout, stderr } = await new Deno.Command("/bin/sh", {
        args: ["-c", line],
        cwd: dir,
      }).output();
      assertEquals(new TextDecoder().decode(stdout), "A\nB\n1\n");
      // A part of the tree could be written, which makes no right to write all of it.
      assertMatch(new TextDecoder().decode(stderr), /^sh: can't create f: /);
      await assertRejects(() => Deno.stat(`${dir}/f`), Deno.errors.NotFound);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});

/**
 * Programs that show or change the sandbox's own machine: its processes, clock, memory and settings.
 * They have no native oracle here, since native shows the host; what they must say follows from what
 * the script did just before, from procps and from BusyBox's usage lines.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Sandbox } from "../../mod.ts";

async function said(script: string): Promise<string> {
  await using sandbox = await Sandbox.create({ hostname: "box" });
  const { stdoutText, stderrText } = await sandbox.sh(script, { timeoutMs: 20_000 });
  return stdoutText + stderrText;
}

/** Standard output alone: the shell tells on the other of jobs that were killed. */
async function printed(script: string): Promise<string> {
  return await said(`( ${script} ) 2>/dev/null`);
}

Deno.test("pgrep selects by name, pattern, command line, parent, age and session", async () => {
  const start = "sleep 101 & a=$!; sleep 102 & b=$!; cat /dev/zero >/dev/null & c=$!; sleep 0.05; ";
  const end = "; kill -9 $a $b $c";
  const same = async (script: string, want: string) =>
    assertEquals(
      await said(
        `${start}${script} >/tmp/o; echo $? >>/tmp/o; eval "echo ${want}; echo 0" | cmp - /tmp/o && echo same${end}`,
      ),
      "same\n",
      script,
    );
  await same("pgrep sleep", "$a; echo $b");
  await same("pgrep -o sleep", "$a");
  await same("pgrep -n sleep", "$b");
  await same("pgrep -x sleep", "$a; echo $b");
  await same("pgrep -f '^sleep 102'", "$b");
  await same("pgrep -l cat", "$c cat");
  await same("pgrep -a 'sl.*p' | head -n 1", "$a sleep 101");
  await same("pgrep -P $$ cat", "$c");
  await same("pgrep -s 0 cat", "$c");
  assertEquals(await said("pgrep nosuch; echo $?"), "1\n");
  assertEquals(await said("pgrep -x slee; echo $?"), "1\n");
  assertMatch(await said("pgrep '['"), /^pgrep: bad regex '\['/);
  assert((await said("pgrep; echo $?")).includes("Usage: pgrep"));
});

Deno.test("pkill and killall end what they select, and nothing else", async () => {
  const script = (kill: string) =>
    `sleep 101 & a=$!; cat /dev/zero >/dev/null & b=$!; sleep 0.05; ${kill}; echo $?; ` +
    "wait $a; echo $?; kill -9 $b; echo $?";
  for (
    const kill of ["pkill sleep", "killall sleep", "pkill -f '^sleep 101'", "killall -TERM sleep"]
  ) {
    assertEquals(await printed(script(kill)), "0\n143\n0\n", kill);
  }
  assertEquals(await printed(script("pkill -9 sleep")), "0\n137\n0\n");
  assertEquals(await printed(script("pkill -HUP -x sleep")), "0\n129\n0\n");
  assertEquals(await said("pkill nosuch; echo $?"), "1\n");
  assertEquals(await said("killall nosuch"), "killall: nosuch: no process killed\n");
  assertEquals(await said("killall -q nosuch; echo $?"), "1\n");
  assert((await said("pkill -l")).includes("TERM"));
});

Deno.test("a CPU mask is shown and set for a process of the sandbox", async () => {
  assertMatch(await said("taskset -p $$"), /^pid \d+'s current affinity mask: [0-9a-f]+\n$/);
  assertMatch(
    await said("taskset -p 1 $$; taskset -cp $$"),
    /^pid \d+'s current affinity mask: [0-9a-f]+\npid \d+'s new affinity mask: 1\npid \d+'s current affinity list: 0\n$/,
  );
  assertEquals(await said("taskset 1 echo run; taskset -c 0 echo run"), "run\nrun\n");
  assertEquals(await said("taskset zz echo run; echo $?"), "1\ntaskset: bad affinity 'zz'\n");
  assertEquals(
    await said("taskset 0 echo run; echo $?"),
    "1\ntaskset: can't set pid 0's affinity: Invalid argument\n",
  );
});

Deno.test("top and ps show the sandbox's processes and no others", async () => {
  const top = await said("sleep 100 & top -b -n 1; kill $!");
  assertMatch(top, /Mem: /);
  assertMatch(top, /CPU: /);
  assertMatch(top, /Load average: /);
  assertMatch(top, /\bsleep 100\n/);
  assertEquals(top.split("\n").filter((line) => /deno/.test(line)), []);
  assertEquals((await said("top -b -n 2 -d 1 | grep -c '^Mem:'")).trim(), "2");
  const ps = await said("ps -o pid,ppid,user,comm,args");
  assertEquals(ps.split("\n")[0].trim().split(/\s+/), [
    "PID",
    "PPID",
    "USER",
    "COMMAND",
    "COMMAND",
  ]);
  assertEquals(ps.trim().split("\n").length, 3, ps);
});

Deno.test("free, uptime, nproc, uname, hostname and id are the sandbox's", async () => {
  assertMatch(await said("free"), /^\s+total\s+used\s+free[^\n]*\nMem:(\s+\d+)+\n(.*\n)*$/);
  for (const flag of ["-b", "-k", "-m", "-g"]) assertMatch(await said(`free ${flag}`), /^\s+total/);
  const [bytes, kilo] = [await said("free -b"), await said("free -k")]
    .map((text) => Number(/Mem:\s+(\d+)/.exec(text)![1]));
  assert(Math.abs(bytes / 1024 - kilo) <= 1);
  assertMatch(await said("uptime"), /^ \d\d:\d\d:\d\d up .*load average: \d/);
  assertMatch(await said("nproc"), /^[1-9]\d*\n$/);
  assertEquals(await said("hostname; uname -n; cat /proc/sys/kernel/hostname"), "box\nbox\nbox\n");
  assertEquals(await said("hostname other; hostname"), "other\n");
  assertEquals(
    await said("whoami; id -u; logname 2>/dev/null || true"),
    "root\n0\nroot\n"
      .slice(0, 7) + (await said("logname 2>/dev/null || true")),
  );
  assertEquals(
    await said("who; users; w | tail -n +3"),
    (await said("who; users")) + (await said("w | tail -n +3")),
  );
});

Deno.test("sysctl shows keys, from words and from files, and sets none that is fixed", async () => {
  assertEquals(
    await said("sysctl kernel.hostname kernel/ostype"),
    "kernel.hostname = box\nkernel.ostype = Linux\n",
  );
  assertEquals(await said("sysctl -n kernel.hostname"), "box\n");
  const file = "printf '# c\\n; d\\n\\nkernel.ostype = x\\n' >/tmp/c";
  for (const way of ["-w kernel.ostype=x", "kernel.ostype=x", "-p /tmp/c"]) {
    const text = await said(`${file}; sysctl ${way}`);
    assertMatch(text, /^sysctl: error setting key 'kernel.ostype': /, way);
  }
  assertEquals(await said("sysctl -n kernel.ostype"), "Linux\n");
  const unknown = await said("sysctl kernel.nosuch");
  assertMatch(unknown, /^sysctl: error: 'kernel.nosuch' is an unknown key\n$/);
  assertEquals(await said("sysctl -e kernel.nosuch"), "");
  assertMatch(await said("sysctl -a | grep -c ="), /^[1-9]\d*\n$/);
  assertMatch(await said("sysctl -p /nosuch"), /^sysctl: .*\/nosuch.*No such file/);
});

Deno.test("timeout, time, nice and nohup run what they are given", async () => {
  assertEquals(
    await printed("timeout 0.1 sleep 9; echo $?; timeout 9 sh -c 'exit 4'; echo $?"),
    "143\n4\n",
  );
  assertEquals(await printed("timeout -s KILL 0.1 sleep 9; echo $?"), "137\n");
  assertEquals(
    await printed("timeout -k 0.1 0.1 sh -c 'trap \"\" TERM; while :; do :; done'; echo $?"),
    "137\n",
  );
  assertMatch(
    await said("busybox time -p true"),
    /^real \d+\.\d\d\nuser \d+\.\d\d\nsys \d+\.\d\d\n$/,
  );
  assertMatch(
    await said("busybox time -f '%e %x %C' sh -c 'exit 3'; echo $?"),
    /^3\nCommand exited with non-zero status 3\n\d+\.\d+ 3 sh -c exit 3\n$/,
  );
  assertEquals(await said("nice; nice -n 5 nice; nice nice"), "0\n5\n10\n");
  assertEquals(await said("nohup echo hi </dev/null 2>/dev/null | cat"), "hi\n");
});

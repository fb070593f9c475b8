/**
 * Runs many commands under native busybox in the jail, each with fresh files.
 *
 * The commands run in namespaces of their own for processes, mounts, network and host name, and
 * without the rights that reach beyond them: clock, devices, modules, mounts.
 *
 * @module
 */
import type { Jail } from "../jail.ts";
import { hostTree, treeChanges } from "../tree.ts";
import { type Answer, shown, WORK } from "./answer.ts";
import { LINK_TIMES } from "./files.ts";

const RIGHTS = [
  ...["chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid"],
  ...["setpcap", "sys_chroot", "sys_nice", "sys_resource"],
];
/** Seconds for one command. */
const SECONDS = 4;
const SLICE = 400;
const USER = 1000;

/**
 * The driver is the first process of its namespace, so its kill reaches nothing else. Few programs
 * are started for a case: starting them is what recording spends its time on.
 */
function driver(commands: readonly string[], user: boolean): string {
  const fresh = user
    ? "mkdir /tmp/w && cd /tmp/w && sh /tmp/setup >/dev/null 2>&1 </dev/null"
    : `cp -a /tmp/template /tmp/w && cd /tmp/w && ${LINK_TIMES}`;
  const lines = commands.map((command, index) => {
    const quoted = `'${command.replaceAll("'", "'\\''")}'`;
    return `cd /tmp; ${fresh}
timeout ${SECONDS} sh -c ${quoted} sh </dev/null >/tmp/out/${index}.o 2>/tmp/out/${index}.e
echo $? > /tmp/out/${index}.s
kill -9 -1 2>/dev/null
mv /tmp/w /tmp/out/${index}.t\n`;
  });
  return `[ $$ = 1 ] || exit 99\nulimit -c 0\nulimit -f 2048\numask 022\n${lines.join("")}`;
}

/** As in a sandbox. */
const HOSTS = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n127.0.1.1\tcapbox\n";

/** Runs a script of the jail's /tmp as the first process of fresh namespaces. */
export function runConfined(jail: Jail, script: string, user: boolean): void {
  const who = user ? [`--userspec=${USER}:${USER}`, `--groups=${USER}`] : [];
  const { code, stderr } = new Deno.Command("/usr/bin/unshare", {
    args: [
      ...["-m", "-p", "-f", "-n", "-u", "-i", "--kill-child"],
      // The name of a sandbox, in a namespace of its own.
      ...["/bin/sh", "-c", 'hostname capbox && exec "$@"', "sh", "/usr/bin/setpriv"],
      ...["--bounding-set", `-all,${RIGHTS.map((right) => `+${right}`).join(",")}`],
      ...["--inh-caps", "-all", "/usr/sbin/chroot", ...who, jail.root, "/bin/sh", script],
    ],
    env: { PATH: "/bin", HOME: "/root", LC_ALL: "C" },
    clearEnv: true,
    stdin: "null",
  }).outputSync();
  if (code !== 0) throw new Error(`jail: ${code} ${new TextDecoder().decode(stderr)}`);
}

/** Answers by command; undefined for one that did not end in time. */
export function answersOfNative(
  jail: Jail,
  setup: string,
  commands: readonly string[],
  user: boolean,
): (Answer | undefined)[] {
  const tmp = `${jail.root}/tmp`;
  Deno.chmodSync(jail.root, 0o755);
  Deno.writeTextFileSync(`${jail.root}/etc/hosts`, HOSTS);
  Deno.writeTextFileSync(`${tmp}/setup`, setup);
  const answers: (Answer | undefined)[] = [];
  clean(tmp);
  Deno.mkdirSync(`${tmp}/template`);
  Deno.writeTextFileSync(`${tmp}/make`, "cd /tmp/template && sh /tmp/setup\n:\n");
  Deno.chownSync(`${tmp}/template`, user ? USER : 0, user ? USER : 0);
  runConfined(jail, "/tmp/make", user);
  const before = hostTree(`${tmp}/template`, { attributes: true, asOwner: user });
  for (let from = 0; from < commands.length; from += SLICE) {
    const slice = commands.slice(from, from + SLICE);
    Deno.mkdirSync(`${tmp}/out`);
    Deno.chmodSync(`${tmp}/out`, 0o777);
    writeBytes(`${tmp}/drive`, driver(slice, user));
    runConfined(jail, "/tmp/drive", user);
    for (let index = 0; index < slice.length; index++) {
      const file = (suffix: string) => Deno.readFileSync(`${tmp}/out/${index}.${suffix}`);
      const status = parseInt(new TextDecoder().decode(file("s")));
      const changes = treeChanges(
        before,
        hostTree(`${tmp}/out/${index}.t`, { attributes: true, asOwner: user }),
      );
      const waited = status === 143 && !slice[index].includes("timeout");
      answers.push(waited ? undefined : [status, shown(file("o")), shown(file("e")), changes]);
    }
    Deno.removeSync(`${tmp}/out`, { recursive: true });
  }
  clean(tmp);
  return answers;
}

function clean(tmp: string): void {
  for (const name of ["out", "template", WORK.slice(5)]) {
    try {
      Deno.removeSync(`${tmp}/${name}`, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

function writeBytes(path: string, text: string): void {
  Deno.writeFileSync(path, Uint8Array.from(text, (char) => char.charCodeAt(0)));
}

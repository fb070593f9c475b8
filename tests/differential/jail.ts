/**
 * A jail for native busybox: a root of its own that holds nothing but busybox, a few devices and the
 * files that a sandbox has too. A command of a corpus, however destructive, can reach nothing else.
 *
 * Making one needs root on Linux, as `chroot` does.
 *
 * @module
 */

const DEVICES: readonly (readonly [string, number, number])[] = [
  ["null", 1, 3],
  ["zero", 1, 5],
  ["full", 1, 7],
  ["random", 1, 8],
  ["urandom", 1, 9],
];

const ETC: readonly (readonly [string, string])[] = [
  ["passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"],
  ["group", "root:x:0:\nnobody:x:65534:\n"],
  ["hostname", "capbox\n"],
  ["hosts", "127.0.0.1\tlocalhost\n"],
];

/** What root may still do where it is alone. */
const RIGHTS = [
  ...["chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid"],
  ...["setpcap", "sys_chroot", "sys_nice", "sys_resource"],
];

/**
 * The command line with which a program runs inside a root of its own: with mounts and processes of its
 * own, and without the rights by which root could reach the machine.
 *
 * @param root Directory of the host that becomes the root.
 */
export function enterRoot(root: string, argv: readonly string[]): [string, string[]] {
  return ["/usr/bin/unshare", [
    ..."--mount --pid --fork --kill-child".split(" "),
    "setpriv",
    "--bounding-set=-sys_time,-sys_boot,-sys_module,-sys_rawio,-sys_admin,-net_admin,-mknod",
    "/usr/sbin/chroot",
    root,
    ...argv,
  ]];
}

/** What a command in the jail gave. */
export interface JailResult {
  readonly code: number;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

/** A jail; dispose of it to remove its files. */
export class Jail implements Disposable {
  private constructor(readonly root: string) {}

  /**
   * Builds a jail around a busybox.
   *
   * @param busybox Path of the native program.
   * @param dir Where to build it; without it where temporary files are.
   * @throws {Error} when this is not root, or the program's libraries cannot be listed
   */
  static create(busybox: string, dir?: string): Jail {
    if (Deno.uid() !== 0) throw new Error("a jail needs root");
    const root = Deno.makeTempDirSync({ prefix: "capbox_jail_", dir });
    for (const path of ["bin", "dev", "etc", "proc", "root", "tmp"]) {
      Deno.mkdirSync(`${root}/${path}`);
    }
    Deno.chmodSync(`${root}/tmp`, 0o1777);
    const target = Deno.realPathSync(busybox);
    Deno.copyFileSync(target, `${root}/bin/busybox`);
    const libraries = run("ldd", [target]).stdout;
    for (const match of libraries.matchAll(/(\/[^\s():]+)\s+\(0x/g)) {
      const path = match[1];
      Deno.mkdirSync(`${root}${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
      Deno.copyFileSync(path, `${root}${path}`);
    }
    for (const name of run(busybox, ["--list"]).stdout.trim().split("\n")) {
      if (name !== "busybox") Deno.symlinkSync("busybox", `${root}/bin/${name}`);
    }
    for (const [name, major, minor] of DEVICES) {
      run("mknod", ["-m", "666", `${root}/dev/${name}`, "c", String(major), String(minor)]);
    }
    for (const [name, text] of ETC) Deno.writeTextFileSync(`${root}/etc/${name}`, text);
    return new Jail(root);
  }

  /** Runs a script with the jail's shell in a directory of the jail. */
  shell(script: string, directory: string, seconds = 20): JailResult {
    // The directory is reached before the script begins, so that its text is all the shell sees.
    const enter = 'cd "$1" && exec timeout "$2" sh -c "$3" sh';
    const { code, stdout, stderr } = new Deno.Command("/usr/bin/unshare", {
      // A mount namespace of its own: `chroot` alone does not keep root from mounting.
      args: [
        "-m",
        "/usr/sbin/chroot",
        this.root,
        "/bin/sh",
        "-c",
        enter,
        "sh",
        directory,
        String(seconds),
        script,
      ],
      env: { PATH: "/bin", HOME: "/root", LC_ALL: "C" },
      clearEnv: true,
      stdin: "null",
    }).outputSync();
    return { code, stdout, stderr };
  }

  /**
   * Runs a script like `shell`, where it sees and can signal no processes but its own and the one that
   * buries those whose parents have ended. It may not mount, nor change clock or network, and the name
   * of the machine is that of a sandbox.
   */
  shellAlone(script: string, directory: string, seconds = 20): JailResult {
    const enter = 'PATH=/bin; cd "$1" && exec sh -c "$2" sh';
    const { code, stdout, stderr } = new Deno.Command("/usr/bin/timeout", {
      args: [
        ...["-k", "1", String(seconds)],
        ...["unshare", "--mount", "--pid", "--net", "--uts", "--ipc", "--fork", "--kill-child"],
        `--mount-proc=${this.root}/proc`,
        ...["dash", "-c", 'hostname capbox; "$@"; exit $?', "dash"],
        ...["setpriv", "--bounding-set", `-all,${RIGHTS.map((right) => `+${right}`).join(",")}`],
        ...["--inh-caps", "-all", "/usr/sbin/chroot", this.root],
        ...["/bin/sh", "-c", enter, "sh", directory, script],
      ],
      env: { PATH: "/bin:/usr/bin", HOME: "/root", LC_ALL: "C" },
      clearEnv: true,
      stdin: "null",
    }).outputSync();
    return { code, stdout, stderr };
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.root, { recursive: true });
  }
}

/** Runs a host tool. @throws {Error} when it fails or is killed */
function run(program: string, args: readonly string[]): { stdout: string } {
  const path = `${Deno.env.get("PATH") ?? ""}:/usr/sbin:/sbin:/usr/bin:/bin`;
  const output = new Deno.Command(program, { args: [...args], env: { PATH: path } }).outputSync();
  if (!output.success) {
    throw new Error(`${program} ${args.join(" ")}: ${new TextDecoder().decode(output.stderr)}`);
  }
  return { stdout: new TextDecoder().decode(output.stdout) };
}

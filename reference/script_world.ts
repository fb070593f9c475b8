/**
 * The surroundings in which found scripts run: the same small system for native, as a tree of the
 * host to be entered by chroot, and for capbox, as files of a sandbox. Commands that neither has are
 * stand-ins that only tell how they were called.
 *
 * @module
 */
import { Sandbox } from "../mod.ts";

/** A file of the system. */
export interface WorldFile {
  readonly path: string;
  readonly mode: number;
  readonly bytes: Uint8Array;
}

/** Directory in which everything runs. */
export const WORK = "/tmp/w";
/** Directories that scripts may change, and that are compared. */
export const WATCHED = ["/etc", "/root", "/srv", "/tmp", "/var"] as const;

/** Variables of every script. */
export const ENV = {
  PATH: "/abin:/usr/sbin:/usr/bin:/stubs",
  HOME: "/root",
  LC_ALL: "C",
  USER: "root",
  LOGNAME: "root",
  SHELL: "/bin/sh",
  DPKG_MAINTSCRIPT_PACKAGE: "sample",
  DPKG_MAINTSCRIPT_ARCH: "amd64",
  DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT: "1",
  DPKG_RUNNING_VERSION: "1.21.22",
  DPKG_ROOT: "",
  DEBIAN_FRONTEND: "noninteractive",
  // Without it git-filter-branch waits ten seconds before it does anything.
  FILTER_BRANCH_SQUELCH_WARNING: "1",
} as const;

/** Names that are stand-ins: what Debian's scripts call and neither side has. */
const STUBS =
  "apt-cache apt-config apt-get aptitude bash-static bzip2recover c89 c99 chfn chpasswd cc clang cmake compare " +
  "dbus-send deb-systemd-helper deb-systemd-invoke debconf-communicate debconf-show dh_installdocs dpkg-divert " +
  "dpkg-parsechangelog dpkg-query dpkg-reconfigure dpkg-statoverride dpkg-trigger e2fsck emacs fc-cache g++ gcc gdb " +
  "gdk-pixbuf-query-loaders getcap getent git glib-compile-schemas gnupg gpg gpgconf groupmod gtk-update-icon-cache halt " +
  "hg hwclock init insserv install-info install-xattr java journalctl ldconfig localedef logsave lsb-release lsof " +
  "lvcreate lvs make man mandb mawk mysql node nsenter objdump openssl perf perl pg_lsclusters pidof-systemd poweroff " +
  "psql py3clean py3compile py3versions pycompile python python2 python3 python3.11 readelf reboot rst2html run0 " +
  "runlevel setcap shutdown ssh start-stop-daemon-real strace svn systemctl systemd-hwdb systemd-machine-id-setup " +
  "systemd-sysusers systemd-tmpfiles telinit texhash tput udevadm update-alternatives update-binfmts update-catalog " +
  "update-desktop-database update-icon-caches-real update-initramfs update-mime update-mime-database update-passwd " +
  "update-rc.d update-xmlcatalog useradd usermod userdel vim whiptail xdg-open xml2 xmlcatalog zipinfo zstd";

const DPKG = `#!/bin/sh
# A stand-in that knows how to compare versions, by their numbers.
case $1 in
  --compare-versions)
    a=$(printf '%s' "$2" | sed 's/[^0-9]*\\([0-9]*\\).*/\\1/')
    b=$(printf '%s' "$4" | sed 's/[^0-9]*\\([0-9]*\\).*/\\1/')
    case $3 in
      lt | lt-nl | '<<' | '<') [ "\${a:-0}" -lt "\${b:-0}" ] ;;
      le | le-nl | '<=') [ "\${a:-0}" -le "\${b:-0}" ] ;;
      eq | '=') [ "\${a:-0}" -eq "\${b:-0}" ] ;;
      ne) [ "\${a:-0}" -ne "\${b:-0}" ] ;;
      ge | ge-nl | '>=') [ "\${a:-0}" -ge "\${b:-0}" ] ;;
      gt | gt-nl | '>>' | '>') [ "\${a:-0}" -gt "\${b:-0}" ] ;;
    esac
    ;;
  --print-architecture) echo amd64 ;;
  --validate-*) exit 0 ;;
  *) echo "stand-in dpkg: $*" ;;
esac
`;

const CONFMODULE = `# A stand-in for debconf's library.
DEBCONF_REDIR=1
for _db in version input go get set fset fget subst stop purge register unregister title \\
  beginblock endblock reset metaget progress capb settitle info clear x_loadtemplatefile; do
  eval "db_$_db () { RET=; echo \\"db_$_db: \\$*\\" >&2; }"
done
`;

const PROGRAM = `#!/bin/sh
# A small program.
echo "program: $# arguments"
for word; do echo "<$word>"; done
`;

const LOG =
  "Mar  1 10:00:01 host one: first\nMar  1 10:00:02 host two: second\nMar  1 10:00:03 host one: third\n";
const NOTES = "one\ntwo words\nthree and more\n\nthe last line\n";

async function gzip(text: string): Promise<Uint8Array> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  // Byte 9 is the writer's system, which differs between machines.
  bytes[9] = 3;
  return bytes;
}

/** Everything but programs: system files, stand-ins, and samples to work on. */
export async function worldFiles(extraStubs: readonly string[]): Promise<WorldFile[]> {
  const files: WorldFile[] = [];
  const encoder = new TextEncoder();
  const add = (path: string, text: string | Uint8Array, mode = 0o644): void => {
    files.push({ path, mode, bytes: typeof text === "string" ? encoder.encode(text) : text });
  };
  for (const name of [...STUBS.split(" "), ...extraStubs]) {
    add(`/stubs/${name}`, `#!/bin/sh\necho "stand-in ${name}: $*"\n`, 0o755);
  }
  add("/stubs/dpkg", DPKG, 0o755);
  add("/usr/share/debconf/confmodule", CONFMODULE);
  add("/usr/share/debconf/confmodule.sh", CONFMODULE);
  add(
    "/lib/lsb/init-functions",
    'log_daemon_msg () { echo "daemon: $*"; }\nlog_end_msg () { echo "end: $*"; }\n' +
      'log_action_msg () { echo "action: $*"; }\nlog_warning_msg () { echo "warning: $*"; }\n' +
      'log_failure_msg () { echo "failure: $*"; }\nlog_success_msg () { echo "success: $*"; }\n',
  );
  add(
    "/etc/passwd",
    "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1::/:/bin/false\nuser:x:1000:1000::/home/user:/bin/sh\n",
  );
  add("/etc/group", "root:x:0:\ndaemon:x:1:\nadm:x:4:user\nuser:x:1000:\n");
  add("/etc/hostname", "capbox\n");
  add("/etc/hosts", "127.0.0.1\tlocalhost\n");
  add("/etc/shells", "# Shells.\n/bin/sh\n/bin/ash\n");
  add("/etc/fstab", "# nothing\n");
  add("/etc/debian_version", "12.0\n");
  add("/etc/lsb-release", "DISTRIB_ID=Sample\nDISTRIB_RELEASE=1\nDISTRIB_CODENAME=first\n");
  add(
    "/etc/os-release",
    'PRETTY_NAME="Sample System 1"\nNAME="Sample System"\nVERSION_ID="1"\nVERSION="1 (first)"\n' +
      "VERSION_CODENAME=first\nID=sample\n",
  );
  add("/etc/ucf.conf", "# Nothing is set.\n");
  add("/etc/ca-certificates.conf", "# Comment\nmozilla/One.crt\n!mozilla/Two.crt\n");
  add("/etc/locale.gen", "# en_US.UTF-8 UTF-8\n");
  add("/etc/default/sample", "ENABLED=yes\n");
  add("/etc/init.d/sample", '#!/bin/sh\necho "sample: $*"\n', 0o755);
  add(
    "/usr/share/ca-certificates/mozilla/One.crt",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
  );
  add("/usr/share/debianutils/shells", "/bin/sh\n/usr/bin/sh\n");
  add("/var/lib/dpkg/status", "Package: sample\nStatus: install ok installed\nVersion: 1.0\n");
  add("/var/lib/dpkg/info/sample.list", "/.\n/etc\n/etc/sample.conf\n");
  add("/var/lib/shells.state", "");
  add("/etc/sample.conf", "# Configuration\nkey = value\n");
  add("/root/.profile", "# Nothing.\n");
  add("/srv/readme", "Served.\n");
  add(`${WORK}/notes.txt`, NOTES);
  add(`${WORK}/data.txt`, "b 2\na 10\nc 1\na 3\n");
  add(`${WORK}/changed.txt`, NOTES.replace("two", "TWO").replace("the last", "a last"));
  add(`${WORK}/text.gz`, await gzip(NOTES));
  add(`${WORK}/other.gz`, await gzip(NOTES.replace("two", "2")));
  add(`${WORK}/log1`, LOG);
  add(`${WORK}/log1.0`, LOG.slice(0, 33));
  add(`${WORK}/prog.sh`, PROGRAM, 0o755);
  add(`${WORK}/a/one.c`, "int main(void) { return 0; }\n");
  add(`${WORK}/a/b/two.h`, "#define TWO 2\n");
  add(`${WORK}/a/with space.txt`, "spaces\n");
  add(`${WORK}/opts.conf`, "NAME=value\nLIST='a b c'\n");
  return files;
}

/** Directories that are there although nothing is in them. */
const EMPTY = [
  "/home/user",
  "/run",
  "/usr/local/bin",
  "/usr/local/share/ca-certificates",
  "/var/cache",
  "/var/lib/ucf",
  "/var/lib/systemd",
  "/var/log",
  "/var/run",
  "/var/spool",
  "/var/tmp",
  "/etc/rc0.d",
  "/etc/ssl/certs",
  "/etc/ca-certificates/update.d",
] as const;

/** Puts the files into a sandbox. */
export async function makeSandbox(
  files: readonly WorldFile[],
  applets: readonly string[],
): Promise<Sandbox> {
  const sandbox = await Sandbox.create({ env: {}, limits: { wallMs: 60_000 } });
  // The sandbox's own files of these directories make way for those that both sides have.
  await sandbox.sh("rm -rf /etc/* /root/* /root/.[a-z]* /srv/* /var/* /home/*");
  for (const path of EMPTY) await sandbox.fs.mkdir(path, { recursive: true });
  for (const { path, bytes, mode } of files) {
    await sandbox.fs.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await sandbox.fs.writeFile(path, bytes);
    await sandbox.fs.chmod(path, mode);
  }
  await sandbox.fs.mkdir("/abin", { recursive: true });
  for (const name of applets) await sandbox.fs.symlink(`/bin/${name}`, `/abin/${name}`);
  return sandbox;
}

/** Puts the files into a tree of the host around a native busybox, for chroot. */
export function makeRoot(
  root: string,
  files: readonly WorldFile[],
  busybox: string,
  applets: readonly string[],
): void {
  const mkdir = (path: string): void => Deno.mkdirSync(root + path, { recursive: true });
  for (const path of ["/bin", "/abin", "/dev", "/proc", "/usr/bin", "/usr/sbin", ...EMPTY]) {
    mkdir(path);
  }
  Deno.copyFileSync(Deno.realPathSync(busybox), `${root}/bin/busybox`);
  const libraries = output("ldd", [Deno.realPathSync(busybox)]);
  for (const match of libraries.matchAll(/(\/[^\s():]+)\s+\(0x/g)) {
    mkdir(match[1].slice(0, match[1].lastIndexOf("/")));
    Deno.copyFileSync(match[1], root + match[1]);
  }
  for (const name of applets) {
    if (name !== "busybox") Deno.symlinkSync("busybox", `${root}/bin/${name}`);
    Deno.symlinkSync(`/bin/${name}`, `${root}/abin/${name}`);
  }
  const devices = [
    ["null", 1, 3],
    ["zero", 1, 5],
    ["full", 1, 7],
    ["random", 1, 8],
    ["urandom", 1, 9],
    ["tty", 5, 0],
  ];
  for (const [name, major, minor] of devices) {
    output("mknod", ["-m", "666", `${root}/dev/${name}`, "c", String(major), String(minor)]);
  }
  for (const { path, bytes, mode } of files) {
    mkdir(path.slice(0, path.lastIndexOf("/")));
    Deno.writeFileSync(root + path, bytes);
    Deno.chmodSync(root + path, mode);
  }
  Deno.chmodSync(`${root}/tmp`, 0o1777);
}

/** What a tool of the host prints. @throws {Error} when it fails */
export function output(program: string, args: readonly string[]): string {
  const path = `${Deno.env.get("PATH") ?? ""}:/usr/sbin:/sbin:/usr/bin:/bin`;
  const { success, stdout, stderr } = new Deno.Command(program, {
    args: [...args],
    env: { PATH: path },
  }).outputSync();
  if (!success) throw new Error(`${program}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

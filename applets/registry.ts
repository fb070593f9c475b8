/**
 * All applets by name, loaded when first used.
 *
 * A literal `import("./cat.ts")` would make Deno load every module of the table at start (measured:
 * 8 ms for 150 of them), so the specifier is computed. Where computed specifiers cannot work
 * (bundles, `deno compile`), `useLoaders` takes the generated table of `static_list.ts`.
 *
 * @module
 */
import { AT_HAND } from "./at_hand.ts";
import type { Applet } from "./contract.ts";
import { importModule, type ModuleLoaders, useModuleLoaders } from "./_lib/part.ts";

export {
  type Applet,
  type AppletSpec,
  BANNER,
  Context,
  type CreateOptions,
  defineApplet,
  type LostOutput,
  type Options,
  type OptionSpec,
  type OptionTable,
  type OptionValue,
  type Output,
  type Sink,
  type Source,
  type Steps,
} from "./contract.ts";

/** A module that holds an applet. */
export interface AppletModule {
  /** The applet. */
  readonly applet: Applet;
}

/** Path of a module below `applets/` → what imports it: all applets, and parts of large ones. */
export type Loaders = ModuleLoaders;

/**
 * One line for each module: its path, then every name it serves. Sorted by the first name. A name
 * may be the program of more than one module only if it stands here once.
 */
const TABLE = `
ar.ts ar
arch.ts arch
ascii.ts ascii
awk/main.ts awk
base64.ts base64 base32
basename.ts basename
bc/main.ts bc
bunzip2.ts bunzip2 bzcat
busybox.ts busybox capbox
bzip2.ts bzip2
cal.ts cal
cat.ts cat
chmod.ts chmod
chown.ts chown chgrp
chroot.ts chroot
cksum.ts cksum
clear.ts clear
cmp.ts cmp
comm.ts comm
cp.ts cp
cpio.ts cpio
crc32.ts crc32
cttyhack.ts cttyhack
cut.ts cut
date.ts date
dc.ts dc
dd.ts dd
df.ts df
diff/main.ts diff
dig.ts dig
dirname.ts dirname
dmesg.ts dmesg
dos2unix.ts dos2unix unix2dos
du.ts du
echo.ts echo
ed.ts ed
env.ts env
expand.ts expand
expr.ts expr
factor.ts factor
fallocate.ts fallocate
false.ts false
find/main.ts find
fold.ts fold
free.ts free
ftpget.ts ftpget ftpput
getopt.ts getopt
grep.ts grep egrep fgrep
groups.ts groups
gunzip.ts gunzip zcat
gzip.ts gzip
head.ts head
hexdump.ts hexdump hd
hostid.ts hostid
hostname.ts hostname dnsdomainname
httpd/main.ts httpd
id.ts id
install.ts install
ionice.ts ionice
ipcalc.ts ipcalc
kill.ts kill
killall.ts killall
last.ts last
less/main.ts less
link.ts link
linux32.ts linux32 linux64
ln.ts ln
logger.ts logger
logname.ts logname
logread.ts logread
ls.ts ls
lzma.ts lzma unlzma lzcat
lzop.ts lzop
md5sum.ts md5sum sha1sum sha256sum sha512sum
mim.ts mim
mkdir.ts mkdir
mkfifo.ts mkfifo
mknod.ts mknod
mkpasswd.ts mkpasswd cryptpw
mktemp.ts mktemp
more.ts more
mount.ts mount
mv.ts mv
nc.ts nc
netstat.ts netstat
nice.ts nice
nl.ts nl
nohup.ts nohup
nologin.ts nologin
nproc.ts nproc
nslookup.ts nslookup
nuke.ts nuke
od.ts od
paste.ts paste
patch.ts patch
pgrep.ts pgrep pkill
pidof.ts pidof
printenv.ts printenv
printf.ts printf
ps.ts ps
pwd.ts pwd
readlink.ts readlink
realpath.ts realpath
renice.ts renice
reset.ts reset
rev.ts rev
rm.ts rm
rmdir.ts rmdir
rpm.ts rpm
rpm2cpio.ts rpm2cpio
run_parts.ts run-parts
sed/main.ts sed
seq.ts seq
setpriv.ts setpriv
setsid.ts setsid
sh/main.ts sh ash bash
sha3sum.ts sha3sum
shred.ts shred
shuf.ts shuf
sleep.ts sleep
sort.ts sort
split.ts split
ss.ts ss
ssl_client.ts ssl_client
start_stop_daemon.ts start-stop-daemon
stat.ts stat
strings.ts strings
stty/main.ts stty
sum.ts sum
sync.ts sync
sysctl.ts sysctl
tac.ts tac
tail.ts tail
tar/main.ts tar
taskset.ts taskset
tee.ts tee
telnet.ts telnet
test.ts test [ [[
tftp.ts tftp
time.ts time
timeout.ts timeout
top.ts top
touch.ts touch
tr.ts tr
tree.ts tree
true.ts true
truncate.ts truncate
ts.ts ts
tsort.ts tsort
tty.ts tty
umount.ts umount
uname.ts uname
uncompress.ts uncompress
unexpand.ts unexpand
uniq.ts uniq
unlink.ts unlink
unzip/main.ts unzip
uptime.ts uptime
usleep.ts usleep
uudecode.ts uudecode
uuencode.ts uuencode
vi/main.ts vi
watch.ts watch
wc.ts wc
wget/main.ts wget
which.ts which
who.ts who w users
whoami.ts whoami
xargs.ts xargs
xxd.ts xxd
xz.ts xz unxz xzcat
yes.ts yes
`;

/** Name → path of its module. */
const paths: ReadonlyMap<string, string> = readTable(TABLE);
const applets = new Map<string, Applet>();
const loading = new Map<string, Promise<Applet>>();

function readTable(table: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of table.split("\n")) {
    const [path, ...served] = line.split(" ");
    for (const name of served) found.set(name, path);
  }
  return found;
}

/** Names of all applets, sorted by byte. */
export function names(): string[] {
  return [...paths.keys()].sort();
}

/** Whether there is an applet of that name. */
export function has(name: string): boolean {
  return paths.has(name);
}

/** Path below `applets/` of the module that serves a name. */
export function modulePath(name: string): string | undefined {
  return paths.get(name);
}

/** The applet if its module was loaded before; then no promise is needed. */
export function loaded(name: string): Applet | undefined {
  const path = paths.get(name);
  return path === undefined ? undefined : applets.get(path);
}

/**
 * Loads the applet of a name.
 *
 * @param name A name for which `has` is true.
 * @throws {RangeError} for another name.
 */
export function load(name: string): Promise<Applet> {
  const path = paths.get(name);
  if (path === undefined) return Promise.reject(new RangeError("no such applet"));
  let promise = loading.get(path);
  if (promise === undefined) {
    promise = importApplet(path);
    loading.set(path, promise);
  }
  return promise;
}

async function importApplet(path: string): Promise<Applet> {
  const loader = AT_HAND.get(path);
  const module = await (loader === undefined ? importModule(path) : loader()) as AppletModule;
  applets.set(path, module.applet);
  return module.applet;
}

/**
 * Makes `load` use the given importers instead of computed specifiers.
 *
 * @param table The table of `static_list.ts`.
 */
export function useLoaders(table: Loaders): void {
  useModuleLoaders(table);
}

/** Whether an applet's module loads without any permission. */
export function isAtHand(name: string): boolean {
  return AT_HAND.has(paths.get(name) ?? "");
}

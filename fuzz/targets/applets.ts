/**
 * A target for each applet whose result depends only on its arguments, its input and the files of its
 * directory: flags of its own option table and letters that it does not have, words of its language,
 * text of many kinds, all compared with native.
 *
 * @module
 */
import { load } from "../../applets/registry.ts";
import type { OptionTable } from "../../applets/contract.ts";
import { type Input, type Pick } from "../input.ts";
import type { Answer, Target } from "../target.ts";

/** Words of each applet's language, separated by blanks; `_` stands for a blank within a word. */
const FILTERS: Readonly<Record<string, string>> = {
  base32: "76 0 1",
  base64: "76 0 1",
  basename: "/ a/b/ .c a.c // -- b",
  bc:
    '1+2 scale=3 1/3 a[1]=2 define_f(x){return_x*2} f(3) if(1)2 while(i<3)i++ 2^10 sqrt(2) obase=16 ibase=2 print length(12.5) for(i=0;i<3;i++)i {1;2} x=5;x halt quit -1%3 "s" scale(1.25) auto return 10^-2 !0 1&&0 1||0 ++x x--',
  cal: "1 2 12 2024 1752 9 9999 1970 0 13",
  cat: "",
  cksum: "",
  cmp: "in two 1 2 3",
  comm: "in two",
  crc32: "in",
  cut: "1 2- -3 1,3 2-4 : , 1-1 3-1 x 0 1- - [:,] \\t",
  dc:
    "1 2 + p 3k 2v f 16o [p]x sa la d r 10 3 ~ | ^ % / * - c z Z X i I o O K q Q n P a x > < = ? !",
  diff: "in two 0 1 3 a",
  dirname: "/ a/b/ // a .. ./a",
  dos2unix: "",
  echo: "\\n \\t \\0101 \\c \\x41 -n -e -ne \\\\ \\a a",
  egrep: "a b (a|b)+ ^a b$ [ab]* a{2} \\<a x|y . () [[:alpha:]] in two",
  expand: "4 1,5,9 0 x 8 2,4",
  expr:
    "1 + 2 - * / % < <= = != >= > & | : ( ) a abc length substr index match a* \\(a\\) quote 0 -1 9223372036854775807",
  factor: "1 2 12 97 9223372036854775807 0 -1 x 1000000007 6_7",
  fgrep: "a b ab in two foo",
  fold: "1 5 80 0",
  getopt:
    "ab: -- -a -b c -l long,arg:,opt:: -o --long --arg=x --opt -n name -q -u -s sh bash tcsh -T",
  grep: "a b a* ^a b$ [ab]* a\\{2\\} \\(a\\)\\1 \\<a x\\|y . [[:digit:]] in two foo 1 2",
  head: "1 2 0 -1 10 1k -2 c n",
  hexdump: '%d 4/1_"%02x_" "\\n" 16/1_"%_p" 2 4 _ax %_c %_u in',
  ipcalc: "192.168.1.1 255.255.255.0 /24 10.0.0.1/8 10.0.0.1/33 0.0.0.0 1.2.3 255.255.0.255",
  md5sum: "in two",
  nl: "a t n 1 2 3 : 5 -1 p\\^a \\:",
  od: "x1 o2 c a d4 u8 f4 f8 xL x1z A x o n d 0 1 3 16 +2 in",
  paste: ", : \\n \\t \\0 in two - ab",
  printenv: "PATH HOME nx",
  printf:
    "%s %d %5d %-5s| %05d %x %o %c %e %g %.3f %b \\n \\t \\0101 \\x41 %% %i %u %*d %.*s 'a \"b 0x10 010 -1 abc 1.5 %q %ld %10.4s \\c %.0e %+d %#x",
  readlink: "in l /dev dl nx ./in",
  realpath: "in l dl/x nx . ./d/../in d/l",
  rev: "",
  sed:
    "s/a/b/ s/a*/x/g p d 2q $p 1,2d /a/p n;p N;P;D y/ab/ba/ a\\_x i_x c_x = l h;G x s/\\(a\\)/[\\1]/2 /a/,/b/d 1!G;h;$!d :a;N;ba t -e r_two w_out b e s/a/b/w_out 0~2p $!N s/a/&&/Ip",
  seq: "1 2 10 -1 0.5 %03g 5 -5 , %e 1e3 0x10 %f%% 1.25",
  sha1sum: "in two",
  sha256sum: "in two",
  sha3sum: "in 224 256 384 512",
  sha512sum: "in two",
  sort: "1 2 1,2 2n 1.2,1.3 : , 2r,2 3b 1,1n 1M h V in two 0",
  split: "1 2 10 1k x 3 in 0 a",
  strings: "1 2 4 x o d in 0",
  sum: "in two",
  tac: "in two",
  tail: "1 2 0 +1 +2 -1 10 1k +0 c n",
  tee: "out two",
  test:
    "a b = != -n -z 1 2 -eq -ne -lt -gt -le -ge ! ( ) -a -o -e -f -d in nx d -s -r -L l -nt -ot two == < > -t",
  tr:
    "a b ab a-z A-Z [:upper:] [:lower:] [:digit:] \\n \\t x a-c [=a=] [x*3] \\101 \\\\ c-a [:space:] ab-",
  truncate: "0 1 +1 -1 10 1k out in <2 /3",
  tsort: "in",
  unexpand: "4 1,5,9 8 0",
  uniq: "1 2 0 in out",
  unix2dos: "",
  uudecode: "out - /dev/stdout",
  uuencode: "name in",
  wc: "in two",
  xargs: "echo printf %s\\n 1 2 {} -- x 5 cat nx sh -c",
  xxd: "1 2 4 8 16 0 in 3",
  gunzip: "in two.gz",
  bunzip2: "in",
  uncompress: "in",
  unxz: "in",
  unlzma: "in",
  ar: "t p x in",
  cpio: "",
  tar: "in - x t f O v",
};

/** Applets that change files: their names stay within the directory, and its tree is compared. */
const FILES: Readonly<Record<string, string>> = {
  chmod: "644 755 u+x go-w a=r +x -w u=g +t g+s 0 7777 o=u,u+x X =X in d two l 8 u+ -R",
  cp: "in two d d/x nx out l dl -f",
  dd:
    "if=in of=out bs=1 bs=3 ibs=2 obs=4 count=2 skip=1 seek=2 conv=swab conv=notrunc conv=sync,noerror conv=ucase cbs=4 iflag=skip_bytes count=0 bs=1k conv=x status=none",
  find:
    ". -name * -type f d l -o -a ! ( ) -print -print0 -maxdepth 1 -mindepth 0 2 -prune -size +1c -1k -empty -perm 644 -u+x /700 -newer two -path ./d/* -regex .*in -exec echo {} ; + -quit -delete -depth -links -user root -iname IN -inum -mtime",
  install: "in two d out -m 755 d/e",
  link: "in two out",
  ln: "in two d out l dl nx",
  ls: "in two d l dl nx . d/e",
  mkdir: "x d x/y/z 755 u+x a+w two",
  mv: "in two d d/x nx out l dl",
  patch: "in two -p0 -p1",
  rm: "in two d nx l dl",
  rmdir: "d d/e nx in x/y",
  stat: "%n %s %F %a %A %N %h %u %g %% %5s in two d l",
  touch: "in out d nx 202001010000 202001010000.30 @5 1970-01-01 two",
  tree: ". d in l",
  unlink: "in two out d",
};

/** Made natively and here before each command of an applet that works on files. */
const SETUP = "mkdir -p d/e; echo x >d/x; ln -s in l; ln -s d dl; ln -s nx d/l; chmod 600 d/x; " +
  "touch -t 202001020304 in two d/x d/e d";

/** For archives, which hold the times of files. */
const TIMES = "touch -t 202001020304 in two two.gz";

/** Another file, and one that is compressed. */
const OTHER = {
  two: "a\nb\nab\n 2 x\n10:y\n",
  "two.gz": "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03KLJ\xe6\x02\x00N\x81\x88G\x04\x00\x00\x00",
};

const PIECES = [
  ...[
    "a",
    "b",
    "ab",
    "foo",
    "A",
    "1",
    "2",
    "10",
    "-3",
    "007",
    "1.5",
    " ",
    "  ",
    "\t",
    ":",
    ",",
    ".",
  ],
  ...[
    "x=1",
    "/",
    "\\",
    "%",
    "\n",
    "\n",
    "\n",
    "\n",
    "\n\n",
    "\r\n",
    "é",
    "\xff",
    "_",
    "'",
    '"',
    "$",
  ],
];

/** Text of lines, now and then without an end, with bytes of all kinds, or long. */
export function textData(pick: Pick): string {
  const kind = pick(30);
  if (kind === 0) return "";
  if (kind === 1) {
    return Array.from({ length: pick(400) }, () => String.fromCharCode(pick(256))).join("");
  }
  let text = "";
  for (let n = pick(kind === 2 ? 3000 : 25); n > 0; n--) text += PIECES[pick(PIECES.length)];
  if (kind === 3) text += "z".repeat(65530 + pick(12)) + "\nend\n";
  if (kind < 20) text += "\n";
  return text;
}

function flagsOf(table: OptionTable): string[] {
  const flags: string[] = [];
  for (const [key, spec] of Object.entries(table)) {
    const names = key.length === 1 ? [`-${key}`] : [`--${key}`];
    const long = spec.long === undefined
      ? []
      : typeof spec.long === "string"
      ? [spec.long]
      : spec.long;
    for (const name of long) names.push(`--${name}`);
    for (const name of names) flags.push(spec.arg === undefined ? name : `${name}=`);
  }
  return flags;
}

/** Flags that make an answer depend on more than the input. */
const LEFT_OUT: Readonly<Record<string, readonly string[]>> = {
  tail: ["-f", "-F", "-s", "--follow", "--retry"],
  sort: ["-T", "-R"],
  xargs: ["-P", "-p", "-a"],
  find: ["-exec"],
  ls: [
    "-i",
    "-s",
    "-l",
    "-S",
    "-g",
    "-n",
    "-o",
    "-e",
    "-h",
    "--full-time",
    "-c",
    "-u",
    "-t",
    "-T",
    "-w",
  ],
  stat: ["-f", "-t", "-L"],
  cp: ["-u"],
  mv: ["-u"],
  install: ["-o", "-g", "-s"],
  tar: ["-C", "--to-command", "-X", "-T", "-f"],
};

/** The target of one applet. */
export async function appletTarget(name: string): Promise<Target> {
  const inFiles = Object.hasOwn(FILES, name);
  const applet = await load(name);
  const left = LEFT_OUT[name] ?? [];
  const flags = flagsOf(applet.options).filter((flag) => !left.includes(flag.replace(/=$/, "")));
  const words = [
    ...(inFiles ? FILES[name] : FILTERS[name]).split(" ").filter((word) => word !== "")
      .map((word) => word.replaceAll("_", " ")),
    ...flags.map((flag) => flag.replace(/=$/, "")),
    ...["-", "--", "in", "two"],
  ];
  const values = words.filter((word) => !word.startsWith("-") || /^-\d/.test(word));
  const any = <T>(pick: Pick, list: readonly T[]): T => list[pick(list.length)];
  const generate = (pick: Pick): Input => {
    const args: string[] = [];
    for (let n = pick(4); n > 0; n--) {
      const flag = pick(25) === 0 ? `-${String.fromCharCode(97 + pick(26))}` : any(pick, flags);
      if (flag === undefined) continue;
      if (!flag.endsWith("=")) args.push(flag);
      else if (flag.startsWith("--")) args.push(flag + any(pick, values));
      else if (pick(2) === 0) args.push(flag.slice(0, -1) + any(pick, values));
      else args.push(flag.slice(0, -1), any(pick, values));
    }
    for (let n = pick(4); n > 0; n--) args.push(any(pick, words));
    return { args, data: textData(pick) };
  };
  return {
    name,
    about: `${name} with random flags and input, against native`,
    seeds: [
      { args: [], data: "b\na\n" },
      { args: ["in"], data: "1 2\n3 4" },
      { args: ["--help"], data: "" },
      ...flags.map((flag) => ({ args: [flag.replace(/=$/, ""), "2", "in"], data: "a b\nb\n" })),
    ],
    words,
    generate,
    accepts: (input) => accepts(name, inFiles, input),
    command: (input) => ({
      argv: [name, ...input.args],
      files: OTHER,
      ...(inFiles ? { setup: SETUP } : name === "tar" ? { setup: TIMES } : {}),
    }),
    tree: inFiles || WRITES.has(name),
    linear: !inFiles,
    whole: WHOLE.has(name),
    known: (input, native, ours) => knownDifference(name, input, native, ours),
  };
}

const WRITES = new Set([
  "sort",
  "tee",
  "uniq",
  "split",
  "truncate",
  "uudecode",
  "sed",
  "tar",
  "ar",
  "cpio",
]);

/** Names of all targets of this kind. */
export const APPLET_TARGETS: readonly string[] = [...Object.keys(FILTERS), ...Object.keys(FILES)]
  .sort();

function accepts(name: string, inFiles: boolean, { args }: Input): boolean {
  if (args.some((arg) => arg.includes("\0"))) return false;
  // What lies outside of the directory differs between a jail and a sandbox, and is what the tests of
  // escapes are about.
  const leaves = (arg: string): boolean => /(^|=)\/|\.\.|^~/.test(arg);
  if (inFiles && args.some(leaves)) return false;
  // Programs started by a word that was changed at random could be any; in the jail that does no
  // harm, but some of them wait, or tell of the machine.
  if (name === "xargs") {
    return args.every((arg) => !/^(sh|ps|top|vi|sleep|watch|date|free|mount|df|yes)/.test(arg));
  }
  if (name === "sed" && args.some((arg) => /e/.test(arg.replace(/^-[a-z]+$/, "")))) return false;
  return true;
}

/** Applets whose answers show how their input came: in how many pieces, or whether it can be sought in. */
const WHOLE: ReadonlySet<string> = new Set(["dd", "hexdump", "od", "xxd", "cmp", "tail"]);

/** Applets that tell of the files in directories as they come to them. */
const WALKS: ReadonlySet<string> = new Set(["find", "rm", "chmod", "cp", "mv", "grep", "ls"]);

/** `printf 'Q.\n' | busybox base64 -d` is no error, `printf 'Q.' | busybox base64 -d` is. */
export const LOST_END =
  "native loses letters of an unfinished group that has other bytes among them";

/** Whether only one of two decoders says that its input is truncated. */
export function isLostEnd(native: Answer, ours: Answer): boolean {
  const said = (answer: Answer): boolean => answer.stderr.includes("truncated input");
  return said(native) !== said(ours);
}

/** Differences whose reason is not a fault of ours. */
function knownDifference(
  name: string,
  input: Input,
  native: Answer,
  ours: Answer,
): string | undefined {
  if (ours.stderr.includes("File name too long") || native.stderr.includes("File name too long")) {
    return "limits of names differ between file systems";
  }
  const sorted = ({ stdout }: Answer): string => stdout.split(/[\n\0]/).sort().join();
  if (WALKS.has(name) && native.code === ours.code && sorted(native) === sorted(ours)) {
    return "the order of directories is the host's";
  }
  if (name === "stat" && native.stdout.includes("Inode: ")) {
    return "devices, inodes and times are the machine's";
  }
  if (name === "head" && native.stderr.startsWith("-")) {
    return "native has lost its own name when -NUM came first";
  }
  if (name === "hexdump" && native.stderr.includes("hexdump: -: Bad file descriptor")) {
    return "native opens each file as its standard input, and has none left behind one that fails";
  }
  if (name === "bc" && native.stdout.startsWith("bc 1.35.0\nAdapted")) {
    return "who wrote native's code is no part of our answer";
  }
  if (/^base(32|64)$/.test(name) && isLostEnd(native, ours)) return LOST_END;
  if (
    name === "unlzma" && native.code === ours.code && native.stdout === ours.stdout &&
    native.stderr === "unlzma: unexpected EOF\n" &&
    ours.stderr.startsWith("unlzma: corrupted data\n")
  ) {
    return "native follows a distance that leads before the beginning, into memory of its own, until the data end";
  }
  if (name === "dd" && ours.stderr.includes("standard output: Illegal seek")) {
    return "standard output is a file there and a pipe here";
  }
  if (name === "sed" && input.args.some((arg) => /s(.)\1/.test(arg))) {
    return "an empty regex takes one that native left behind somewhere";
  }
  return undefined;
}

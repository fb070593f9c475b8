/**
 * The files that the cases of the flag matrix find in their directory.
 *
 * @module
 */

/** Small archives by name, in base64; made with Python's and native's tools. */
const archives: { readonly [name: string]: string } = JSON.parse(
  Deno.readTextFileSync(new URL("./archives.json", import.meta.url)),
);

/** Times of links change when a tree is copied, so they are set again after it. */
export const LINK_TIMES = "touch -h -d @1000000000 s k loop dl";

const GZ = ["f1.gz", "f2.gz", "two.gz", "trail.gz", "nosuf", "t.tgz", "f3.Z", "f4", "f4.gz"];
/** Archives that an applet finds. A name after `=` is that of the file. */
const USES: { readonly [applet: string]: readonly string[] } = {
  ar: ["t.ar"],
  bunzip2: ["f1.bz2", "trunc.bz2=trunc"],
  bzcat: ["f1.bz2", "trunc.bz2=trunc"],
  bzip2: ["f1.bz2", "trunc.bz2=trunc"],
  cpio: ["t.cpio", "trunc.cpio=trunc"],
  gunzip: [...GZ, "trunc.gz=trunc"],
  gzip: [...GZ, "trunc.gz=trunc"],
  lzcat: ["f1.lzma", "trunc.lzma=trunc"],
  lzma: ["f1.lzma", "trunc.lzma=trunc"],
  lzop: ["f1.lzo", "trunc.lzo=trunc"],
  patch: ["p.diff", "new.diff", "del.diff"],
  tar: [
    ...["t.tar", "t.tgz", "t.tbz", "t.txz", "t.tlzma", "up.tar", "abs.tar", "hard.tar", "gnu.tar"],
    ...["pax.tar", "dev.tar", "trunc.tar=trunc"],
  ],
  uncompress: ["f3.Z", "e.Z"],
  unlzma: ["f1.lzma", "trunc.lzma=trunc"],
  unxz: ["f1.xz", "trunc.xz=trunc"],
  unzip: ["t.zip", "up.zip", "trunc.zip"],
  uudecode: ["f.uu", "f.b64", "bad.uu"],
  xz: ["f1.xz", "trunc.xz=trunc"],
  xzcat: ["f1.xz", "trunc.xz=trunc"],
  zcat: [...GZ, "trunc.gz=trunc"],
};

function archivesOf(applet: string): string {
  return (Object.hasOwn(USES, applet) ? USES[applet] : []).map((use) => {
    const [name, as = name] = use.split("=");
    return `base64 -d > ${as} <<'E'\n${archives[name].replace(/.{76}/g, "$&\n")}\nE\n`;
  }).join("");
}

const COMMON = `umask 022
printf 'b 2\\na 10\\nc 1\\na 10\\n\\n x\\ty  z\\n' > f
printf 'a 10\\nB 3\\nd 4\\n' > g
: > e
printf 'no newline' > n
printf '\\001\\377\\376a\\000b\\nhello world\\n\\200\\303\\251\\r\\033[0m\\tq\\177\\000' > r
printf 'one\\r\\ntwo\\r\\n' > c
printf '3\\n20\\n100\\n' > num
printf '\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\001' > z
printf '#!/bin/sh\\necho "x:$*"\\n' > x
chmod 755 x
mkdir d d/c D
echo 1 > d/a
echo 22 > d/b
echo 3 > d/c/x
ln -s f s
ln -s nx k
ln -s loop loop
ln -s d dl
echo secret > u
chmod 000 u
mkfifo pipe
`;

const TIMES = `touch -d @1000000000 e n r c num z x u d/a d/b d/c/x d/c pipe
touch -d @1000000000 f
touch -d @1100000000 g
`;

/** What only some applets need, in its own words. */
const EXTRA: { readonly [name: string]: string } = {
  md5sum: sums("md5sum") + `
printf 'ba1f2511fc30423bdbb183fe33f3dd0f  e\\nd41d8cd98f00b204e9800998ecf8427e  e\\nd41d8cd98f00b204e9800998ecf8427e  nx\\n' > md5bad
md5sum e > md5`,
  sha1sum: sums("sha1sum") + "\nmd5sum e > md5",
  sha256sum: sums("sha256sum") + "\nmd5sum e > md5",
  sha512sum: sums("sha512sum") + "\nmd5sum e > md5",
  sha3sum: sums("sha3sum") + "\nsha3sum -a 384 e > md5",
  awk: "echo '{print $2}' > p.awk",
  base64: "printf 'aGVsbG8K\\n' > b64; printf 'aGV$sbG8K' > sums",
  bc: "printf '1+2\\n10/3\\nscale=5\\n1/3\\n' > calc",
  cpio: "printf 'f\\nd\\nd/a\\ns\\n' > names",
  tar: "printf 'm\\n' > names",
  dc: "echo '1 2+p' > dcs",
  expand: "printf '\\ta\\tb\\n  \\tc\\n\\n a\\t\\n' > tabs",
  fold: "printf 'a\\tbb ccc dddd\\n\\ba\\rb\\n' > tabs",
  wc: "printf 'a\\tbb ccc dddd\\n\\ba\\rb\\n' > tabs",
  unexpand: "printf '        a        b\\n    c  d\\n \\te\\n' > sp",
  grep: "printf 'a 1\\n^c\\n' > pats",
  mim: "printf 'all:\\necho all $*\\ntwo:\\necho two\\nfalse\\n' > mk",
  hexdump: 'echo \'4/1 "%3d" "\\\\n"\' > hexfmt',
  xxd: "xxd f > hex; xxd -p f > phex",
  ln: "",
  rm: "yes | head -n 9 > yes",
  rmdir: "mkdir -p e1/e2",
  "run-parts":
    "mkdir parts; printf '#!/bin/sh\\necho one $*\\nexit 0\\n' > parts/a1; printf '#!/bin/sh\\necho two; exit 3\\n' > parts/b2; cp parts/a1 parts/c3; echo x > parts/d4; cp parts/a1 parts/e.5; chmod 755 parts/a1 parts/b2 parts/c3 parts/e.5",
  sed: "echo 's/a/X/' > p.sed",
  sort:
    "printf 'FEB\\nJAN\\nx\\n' > mon; printf '1.10\\n1.9\\na2\\na10\\n' > ver; printf '1e2\\n-1.5\\n20\\nx\\n' > flt",
  uniq: "printf 'a\\na\\nA\\nb x\\nc x\\nc x\\nd\\n' > dups",
  unzip: "yes | head -n 9 > yes",
  xargs: `printf '%s\\n' 'a "b c" d\\\\ e' "'f g'" h > quote; echo 'a "b' > badquote`,
};

function sums(name: string): string {
  return `${name} e n > sums; ${name} f | sed 's/^./x/' > badsums`;
}

/** The script that makes the files for one applet. */
export function setupOf(name: string, user: boolean): string {
  const extra = Object.hasOwn(EXTRA, name) ? EXTRA[name] : "";
  const private_ = user
    ? "mkdir U W; echo 1 > U/f; echo 1 > W/f; touch -d @1000000000 W/f U/f\nchmod 555 W\nchmod 000 U\ntouch -d @1000000000 W\n"
    : "";
  return `${COMMON}${extra}\n${archivesOf(name)}${TIMES}` +
    `for i in *; do [ -f $i ] && [ ! -L $i ] && [ $i != g ] && touch -d @1000000000 $i; done\n` +
    `touch -h -d @1000000000 s k loop dl\n${private_}touch -d @1000000000 d D dl/. .\n`;
}

/**
 * Cases of the flag matrix where our answer is not native's on purpose, each with its reason.
 *
 * @module
 */

import type { Answer } from "./answer.ts";

/** Cases by applet: the command, or a pattern that finds commands; and why. */
export const EXCEPTIONS: {
  readonly [applet: string]: readonly (readonly [which: string | RegExp, why: string])[];
} = {
  bzcat: [["bzcat f1.bz2 >&-", "native closes its input twice when there is no descriptor 1"]],
  lzcat: [
    [
      /^lzcat f1.lzma >(\/dev\/full|&-)$/,
      "native goes on after a failed write, and tells of it twice",
    ],
    [/^(lzcat|unlzma|lzma) .*\br$/, "random bytes: where decoding stops is not part of the format"],
  ],
  unlzma: [[/\br$/, "random bytes: where decoding stops is not part of the format"]],
  rpm2cpio: [["rpm2cpio <&-", "the message shows a call and its arguments"]],
  patch: [[/>&4$/, "native dies with its temporary file half written"]],
  rm: [["rm -ri d <yes", "files of a directory have no defined order"]],
  shred: [["shred -n 1 f; wc -c <f", "the bytes are random"]],
  "start-stop-daemon": [[/-p pf -m/, "the file holds the number of a process"]],
  stat: [
    ["stat -c '%X %Y' f", "the time of reading is that of the test"],
    ["stat -- -c %n f", "numbers of inodes and devices"],
  ],
  touch: [["touch -d 2000-01-02 y", "the time of day is that of the test"]],
  unzip: [["unzip t.zip >&-", "native's first file becomes descriptor 1, and gets all its output"]],
  date: [[
    /^date -D %Y -(d 2001|u -d '2000-01-02 03:04:05')$/,
    "month and day are those of the test",
  ]],
  dos2unix: [[/^dos2unix [dD]$/, "native leaves its temporary file behind"]],
  unix2dos: [[/^unix2dos [dD]$/, "native leaves its temporary file behind"]],
  nc: [["nc h", "addresses are looked up only where the network is granted"]],
  od: [["od -N 3 -S 2 f", "native's offset runs below zero"]],
  id: [[/^id( --)?$/, "the sandbox's root is in its own group, as in most systems"]],
  find: [
    [/-exec echo \{\} (x )?\+|-print0/, "files of a directory have no defined order"],
    ["find d -delete x", "-delete is ours beyond native (X-4)"],
  ],
  ls: [
    [/^ls -\w*S\w*( d)?$/, "directories are sorted by sizes that the file system gives them"],
  ],
  bc: [
    [
      /^bc (calc )?(-\w*v|--version(?!=))/,
      "native's second and third line name the authors of its code",
    ],
  ],
};

/**
 * Applets that show files in the order in which the file system lists them. That order is not
 * defined, so their lines are compared without it, where the order is the only difference.
 */
const LISTING: ReadonlySet<string> = new Set([
  ...["chgrp", "chmod", "chown", "cp", "du", "find", "grep", "rm", "tar"],
]);

/**
 * What is not compared, by applet, with what stands in its place: how packers divide and code a
 * stream, sizes of directories, numbers of inodes and devices, names that are made at random.
 * Other cases unpack what was packed.
 */
const MASKS: ReadonlyMap<string, readonly (readonly [mask: RegExp, by: string])[]> = new Map([
  ["bzip2", [[/(\d+ ")?BZh\d[^]{20}[^]*/, "packed"], [/\d+%/, "some %"]]],
  ["lzop", [[/(\d+ ")?\x89LZO[^]*/, "packed"]]],
  ["cpio", [
    // The picture of a file is cut within its second header.
    [/(070701)[0-9A-F]{8}([0-9A-F]{0,48})[0-9A-F]{0,16}/g, "$1$2"],
    [/sum=-?\d+/, "sum"],
  ]],
  ["unix2dos", [[/'W\/f\w{6}'/, "'W/fXXXXXX'"]]],
  ["sed", [[/'d\w{6}'/, "'dXXXXXX'"]]],
  ["tar", [
    [/^([-+]- y(?:\.tgz)? \d+) (?:links=2 )?\d+ .*$/, "$1 an archive"],
    [/[^]*ustar[^]*/, "an archive"],
  ]],
  ["mktemp", [[/(y\.|tmp\.|D\/a)\w{6}/, "$1XXXXXX"]]],
  ["dos2unix", [[/'W\/f\w{6}'/, "'W/fXXXXXX'"]]],
  ["ls", [
    [/^total .*$/gm, "total"],
    [/^(d\S{9} +\d+(?: +[a-z\d]+){1,2}) +[\d.K]+ /gm, "$1 size "],
    [/^ +\d+(?= \w)/gm, "blocks"],
  ]],
  ["du", [[/^[\d.K]+(?=\t(?:d|d\/c|total|\.|D|s)$)/gm, "size"]]],
]);

/** The answers as they are compared: for some applets masked, or without the order of lines. */
export function comparable(name: string, answer: Answer): string {
  const masks = MASKS.get(name) ?? [];
  const show = (text: string): string => {
    const masked = masks.reduce((rest, [mask, by]) => rest.replace(mask, by), text);
    return LISTING.has(name) ? masked.split("\n").sort().join("\n") : masked;
  };
  return JSON.stringify([answer[0], show(answer[1]), show(answer[2]), answer[3].map(show).sort()]);
}

/** Whether a difference of a case is explained. What makes native crash has no right answer. */
export function explained(name: string, command: string, native: Answer): boolean {
  if (native[0] === 139 || native[0] === 134) return true;
  if (!Object.hasOwn(EXCEPTIONS, name)) return false;
  return EXCEPTIONS[name].some(([which]) =>
    typeof which === "string" ? which === command : which.test(command)
  );
}

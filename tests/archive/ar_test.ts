/** ar against native. */
import { type Case, compareAll } from "./differential.ts";
import { bytes } from "./make_tar.ts";

const header = (name: string, size: number | string, mode = "100640", mtime = 981173106): string =>
  name.padEnd(16) + String(mtime).padEnd(12) + "12    34    " + mode.padEnd(8) +
  String(size).padEnd(10) + "`\n";
const MAGIC = "!<arch>\n";
const archives: Record<string, string> = {
  "x.a": MAGIC + header("//", 30) + "a_very_long_member_name.txt/\n\n" + header("a/", 5) +
    "hello\n" +
    header("/0", 3) + "odd\n" + header("b/", 4) + "bbbb",
  "old.a": MAGIC + header("a", 3) + "abc\n" + header("b", 2) + "xy",
  "sym.a": MAGIC + header("/", 4) + "0123" + header("a/", 1) + "x\n",
  "cut.a": MAGIC + header("a/", 50) + "x",
  "cut2.a": MAGIC + header("a/", 4) + "xxxx" + "short",
  "junk.a": "junk and more junk",
  "empty.a": "",
  "only.a": MAGIC,
  "badend.a": MAGIC + header("a/", 4).slice(0, 58) + "xx" + "yyyy",
  "badsize.a": MAGIC + header("a/", "4x") + "yyyy",
  "badmode.a": MAGIC + header("a/", 4, "9z") + "yyyy",
  "badlong.a": MAGIC + header("//", 4) + "abc\n" + header("/99", 4) + "yyyy",
  "modes.a": MAGIC + header("w/", 2, "100666") + "xx" + header("z/", 2, "100000") + "yy" +
    header("n/", 2, "644") + "zz",
  "slash.a": MAGIC + header("d/f/", 2) + "xx",
};
const files = Object.fromEntries(
  Object.entries(archives).map(([name, text]) => [name, bytes(text)]),
);

const cases: Case[] = [
  ...Object.keys(archives).map((name) =>
    `ar t ${name}; echo $?; ar tv ${name}; echo $?; ar p ${name}; echo $?; cd o; ar x ../${name}; echo $?`
  ),
  "ar -t x.a; ar p x.a a; ar pv x.a; ar p x.a nosuch; echo $?; ar t x.a a nosuch; echo $?",
  "cd o; ar x ../x.a; ar xv ../x.a; echo $?; ar xo ../old.a; echo $?",
  "cd o; ar xov ../old.a; ar x ../x.a a_very_long_member_name.txt",
  "ar",
  "ar r x.a a",
  "ar t",
  "ar xt x.a",
  "ar v x.a",
  "ar t nosuch; echo $?; ar t o; echo $?; ar tc x.a; ar t - < x.a",
].map((script) => ({ name: script, files, setup: "mkdir o", script }));

compareAll("ar", cases);

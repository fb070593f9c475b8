/**
 * Targets of languages: those with a grammar of their own in this folder's parent, paths, patterns,
 * dates, arithmetic, and the ones that make their inputs from a number.
 *
 * @module
 */
import { generate as generateAwk, INPUT, seeded as awkSeeded } from "../awk.ts";
import { fuzzArchive, fuzzCodec, fuzzRoundtrip, mutate } from "../codec.ts";
import { generateCommand } from "../grep.ts";
import { type Pick } from "../input.ts";
import { compareWithNative, picker } from "../regex.ts";
import { generateScript } from "../sed.ts";
import { ScriptMaker } from "../shell/grammar/script.ts";
import { checkRoundTrip } from "../shell/round_trip.ts";
import { type BatchTarget, Finding, type Target } from "../target.ts";
import { fuzzCalls, fuzzMeter, fuzzModules } from "../wasi.ts";
import { bytes, makeTar } from "../../tests/archive/make_tar.ts";
import { SAMPLES } from "../../tests/codec/samples.ts";
import { isLostEnd, LOST_END, textData } from "./applets.ts";

const TWO = "a\nb\nab\n 2 x\n10:y\nfoo bar\n";
const big = (pick: Pick): number => pick(0x7fffffff);
const any = <T>(pick: Pick, list: readonly T[]): T => list[pick(list.length)];

/** Words joined at random, with blanks or without. */
function heap(pick: Pick, words: readonly string[], most: number, between = ""): string {
  return Array.from({ length: 1 + pick(most) }, () => any(pick, words)).join(between);
}

const ARITH = [
  ...["1", "2", "0", "x", "y", "010", "0x1f", "9223372036854775807", "-", "+", "*", "/", "%", "("],
  ...[
    ")",
    "<<",
    ">>",
    "<",
    ">=",
    "==",
    "!=",
    "&&",
    "||",
    "&",
    "|",
    "^",
    "~",
    "!",
    "?",
    ":",
    "=",
    "+=",
  ],
  ...["++", "--", ",", " ", "2#101", "36#z", "**", "<<=", "1", "2"],
];
const GLOB = [
  "*",
  "?",
  "[a-c]",
  "[!a]",
  "[[:alpha:]]",
  "a",
  "b",
  "-",
  ".",
  "\\*",
  "[",
  "]",
  "\\",
  "[]a]",
  "[a",
  "\\a",
];
const DATES = [
  ...[
    "2020-01-02",
    "03:04:05",
    "03:04",
    "@0",
    "@1600000000",
    "01020304",
    "010203042020.05",
    "2020",
  ],
  ...[
    "1969-12-31",
    "9999-12-31",
    "2038-01-19",
    ".5",
    " ",
    "-",
    ":",
    "12:60",
    "24:00",
    "02-30",
    "1.1-2:3",
  ],
];
const FORMATS =
  "%Y %m %d %H %M %S %a %b %j %U %u %w %s %D %T %F %% %e %k %l %p %I %y %C %G %V %n %t %h %c %x %X %R %r %Z %z"
    .split(" ");
const PATHS = [
  "a",
  "b",
  "l",
  "m",
  "d",
  "loop",
  ".",
  "..",
  "/",
  "//",
  "in",
  "nx",
  "d/x",
  "up",
  "far",
];
const SH_WORDS = [
  ...[
    "if ",
    "then ",
    "fi\n",
    "for x in a; do ",
    "done\n",
    "case a in ",
    "esac\n",
    ";;",
    "{ ",
    "}\n",
    "(",
    ")",
  ],
  ...[
    "$x",
    "${x",
    "}",
    "$((",
    "))",
    "`",
    '"',
    "'",
    "\\",
    "<<E\n",
    "E\n",
    ";",
    "&&",
    "|",
    "&",
    "\n",
    "!",
    "f()",
  ],
];
const FIND_WORDS = [
  ...[
    "-name",
    "*",
    "-type",
    "f",
    "d",
    "-o",
    "-a",
    "!",
    "(",
    ")",
    "-print",
    "-print0",
    "-prune",
    "in",
    ".",
  ],
  ...[
    "-maxdepth",
    "1",
    "-mindepth",
    "-size",
    "+1c",
    "-empty",
    "-perm",
    "644",
    "-newer",
    "two",
    "-path",
  ],
];

const killed = /^(1[3-5]\d)$/;

/** Targets of languages. */
export const LANGUAGE_TARGETS: readonly Target[] = [
  {
    name: "awk-program",
    about: "awk programs of a grammar, against native",
    seeds: [{ args: ["{print $1+NR}"], data: INPUT }, {
      args: ['BEGIN{printf "%5.2f|%s\\n",1/3,"a"}'],
      data: "",
    }],
    words: [
      "{",
      "}",
      "print ",
      "$1",
      "NR",
      "/a/",
      "if(",
      "for(i in a)",
      "getline",
      "substr(",
      "~",
      '"',
      "(",
      ")",
      ";",
    ],
    generate: (pick) => ({ args: [generateAwk(awkSeeded(big(pick)))], data: INPUT }),
    // Programs may start others; only echo is there for them on purpose.
    accepts: ({ args }) =>
      args.length === 1 && !/system|\||>|srand|rand|systime|strftime|ENVIRON|close/.test(args[0]) &&
      // Powers and mathematics are refused by Debian's build (an intended difference).
      !/\*\*|\^|exp|log|sqrt|sin|cos|atan/.test(args[0]),
    command: ({ args }) => ({ argv: ["awk", "--", ...args], files: { two: TWO } }),
    known: (_, native) =>
      /Math support|out of memory/.test(native.stderr) || killed.test(String(native.code))
        ? "native lacks mathematics, or crashed"
        : undefined,
  },
  {
    name: "sed-script",
    about: "sed scripts of a grammar, against native",
    seeds: [{ args: ["s/a/b/g"], data: TWO }, { args: ["-n", "/a/,$p"], data: TWO }],
    words: [
      "s/",
      "/",
      "p",
      "d",
      "N",
      "D",
      "G",
      "h",
      ";",
      "\n",
      "{",
      "}",
      "!",
      "$",
      "1,3",
      "/a/",
      "g",
      "\\(",
      "\\)",
      "&",
    ],
    generate: (pick) => ({
      args: [...any(pick, [[], [], ["-n"], ["-E"]]), generateScript(pick)],
      data: textData(pick),
    }),
    accepts: ({ args }) => args.every((arg) => arg.startsWith("-n") || !/[wWe]|^-[^nE]/.test(arg)),
    command: ({ args }) => ({ argv: ["sed", ...args], files: { two: TWO } }),
    linear: true,
    known: ({ args }) =>
      args.some((arg) => /s([^a-zA-Z\n])\1|(^|[^\\])\/\//.test(arg))
        ? "an empty regex takes one that native left behind somewhere"
        : undefined,
  },
  {
    name: "grep-command",
    about: "grep with several patterns, files and contexts, against native",
    seeds: [{ args: ["grep -n a one two"], data: TWO }],
    generate: (pick) => ({ args: [generateCommand(pick)], data: textData(pick) }),
    accepts: ({ args }) => args.length === 1 && /^[ef]?grep [^;|&`$<>]*(<one|<two)?$/.test(args[0]),
    command: ({ args, data }) => ({
      argv: ["sh", "-c", args[0]],
      files: { one: data, two: TWO, pats: "foo\nb\n" },
    }),
    known: ({ args }) =>
      / -[BC] ?[1-9]/.test(args[0]) && /(one|two)\S* .*(one|two)/.test(args[0])
        ? "native keeps lines of a former file in the ring of -B"
        : undefined,
  },
  {
    name: "shell-script",
    about: "shell scripts of a grammar: printed and parsed again the same, and run against native",
    seeds: [{ args: ["echo a; f() { echo $1; }; f x"], data: "" }],
    generate: (pick) => ({ args: [new ScriptMaker(big(pick)).script()], data: "" }),
    // Scripts that were changed at random could loop or wait; those of the grammar end.
    accepts: ({ args }) =>
      args.length === 1 &&
      !/\b(exec|kill|sleep|wait|trap|while|until|read)\b/.test(
        args[0].replace(/while \[ \$i|read [a-z_0-9]+ [a-z_0-9]+;/g, ""),
      ),
    check: ({ args }) => {
      const wrong = checkRoundTrip(args[0]);
      if (wrong !== undefined) throw new Finding("property", `printed: ${wrong}`);
    },
    command: ({ args }) => ({ argv: ["ash", "-c", 'exec ash -c "$0" 2>&1 </dev/null', args[0]] }),
  },
  {
    name: "shell-parse",
    about: "heaps of shell words: parsed or refused as native does with -n",
    seeds: [{ args: ["if a; then b; fi"], data: "" }, { args: ["cat <<E\n$x\nE\n"], data: "" }],
    words: SH_WORDS,
    generate: (pick) => ({ args: [heap(pick, SH_WORDS, 12)], data: "" }),
    accepts: ({ args }) => args.length === 1,
    check: ({ args }) => {
      const wrong = checkRoundTrip(args[0]);
      if (wrong !== undefined) throw new Finding("property", `printed: ${wrong}`);
    },
    command: ({ args }) => ({ argv: ["ash", "-n", "-c", args[0]] }),
  },
  {
    name: "arith",
    about: "shell arithmetic, against native",
    seeds: [{ args: ["1+2*3"], data: "" }, { args: ["x=5,x++ + x"], data: "" }],
    words: ARITH,
    generate: (pick) => ({ args: [heap(pick, ARITH, 9)], data: "" }),
    accepts: ({ args }) => args.length === 1 && !/[`$'"\\{}\n]/.test(args[0]),
    command: ({ args }) => ({ argv: ["ash", "-c", `x=3 y=x; echo $((${args[0]})) $x`] }),
    // `x=3; busybox ash -c 'echo $((x+--5))'` is an error, `$((1+--5))` is 6.
    known: ({ args }, native) =>
      /syntax error/.test(native.stderr) && /(--|\+\+)[^a-zA-Z_]*[^a-zA-Z_\s]/.test(args[0])
        ? "native takes -- before a number for one behind the variable that it read last"
        : undefined,
  },
  {
    name: "glob",
    about: "patterns of case and of ${x#…}, against native",
    seeds: [{ args: ["a*", "abc"], data: "" }, { args: ["[!a-c]?", "xb"], data: "" }],
    words: GLOB,
    generate: (pick) => ({
      args: [heap(pick, GLOB, 5), heap(pick, ["a", "b", "c", "-", "]", "*", "."], 5)],
      data: "",
    }),
    accepts: ({ args }) => args.length === 2,
    command: ({ args }) => ({
      argv: [
        "ash",
        "-c",
        'case $1 in $0) echo yes;; *) echo no;; esac; echo "${1#$0}" "${1%%$0}"',
        ...args,
      ],
    }),
  },
  {
    name: "fnmatch",
    about: "patterns of find -name and -path, against native",
    seeds: [{ args: ["a*"], data: "" }, { args: ["[[:alpha:]]"], data: "" }],
    words: GLOB,
    generate: (pick) => ({ args: [heap(pick, GLOB, 5)], data: "" }),
    accepts: ({ args }) => args.length === 1,
    command: ({ args }) => ({
      argv: ["find", ".", "(", "-name", args[0], "-o", "-path", args[0], ")", "-print"],
      files: {
        a: "",
        ab: "",
        abc: "",
        "-": "",
        "a.b": "",
        "]": "",
        "*": "",
        "\\": "",
        "[a": "",
        B: "",
      },
    }),
    known: (_, native, ours) =>
      native.stdout.split("\n").sort().join() === ours.stdout.split("\n").sort().join()
        ? "the order of directories is the host's"
        : undefined,
  },
  {
    name: "find-expr",
    about: "expressions of find, against native",
    seeds: [{ args: ["-name", "*", "-o", "-type", "d"], data: "" }],
    words: FIND_WORDS,
    generate: (pick) => ({
      args: Array.from({ length: pick(7) }, () => any(pick, FIND_WORDS)),
      data: "",
    }),
    accepts: ({ args }) =>
      args.every((arg) => !/\/|\.\.|exec|ok|delete|time|min|inum|regex|links|newer/.test(arg)),
    command: ({ args }) => ({
      argv: ["find", ...args],
      files: { two: TWO },
      setup: "mkdir d; echo x >d/x; touch -t 202001010000 two",
    }),
    known: (_, native, ours) =>
      native.stdout.split(/[\n\0]/).sort().join() === ours.stdout.split(/[\n\0]/).sort().join()
        ? "the order of directories is the host's"
        : undefined,
  },
  {
    name: "date-parse",
    about: "dates as date -d and touch -t take them, against native",
    seeds: [{ args: ["-d", "2020-01-02 03:04:05"], data: "" }, {
      args: ["-D", "%Y", "-d", "2020"],
      data: "",
    }],
    words: [...DATES, ...FORMATS, "-d", "-D"],
    generate: (pick) => {
      const given = ["-d", heap(pick, DATES, 3, pick(2) === 0 ? " " : "")];
      if (pick(3) === 0) given.push("-D", heap(pick, FORMATS, 3, any(pick, ["", " ", "-"])));
      return { args: given, data: "" };
    },
    // A date that is not given in full is completed from the clock.
    accepts: ({ args }) =>
      !/%[^YmdHMSTFs%]|-D,[^%]*$/.test(args.join()) && (args.length === 2 || args.length === 4) &&
      args[0] === "-d" && (args[2] ?? "-D") === "-D" &&
      /^@|\d{4}-\d+-\d+[ T]\d+:\d+:\d+|\d{12}\.\d\d/.test(args[1]),
    command: ({ args }) => ({ argv: ["date", "-u", ...args, "+%Y-%m-%d %H:%M:%S %j %a %s"] }),
  },
  {
    name: "date-format",
    about: "formats of date, against native",
    seeds: [{ args: ["+%c"], data: "" }],
    words: FORMATS,
    generate: (pick) => ({
      args: ["+" + heap(pick, FORMATS, 6, any(pick, ["", " ", "x"]))],
      data: String(big(pick)),
    }),
    accepts: ({ args, data }) =>
      args.length === 1 && args[0].startsWith("+") && /^-?\d{1,11}$/.test(data),
    command: ({ args, data }) => ({ argv: ["date", "-u", "-d", `@${data}`, ...args] }),
  },
  {
    name: "paths",
    about: "paths through links, loops and dots: realpath, readlink -f and test, against native",
    seeds: [{ args: ["l/x"], data: "" }, { args: ["m/../in"], data: "" }, {
      args: ["loop/x"],
      data: "",
    }],
    words: PATHS,
    generate: (pick) => ({ args: [heap(pick, PATHS, 7, pick(3) === 0 ? "" : "/")], data: "" }),
    accepts: ({ args }) =>
      args.length === 1 && /^[^-/\n][^\n]*$/.test(args[0]) &&
      // Above the working directory both sides have other files.
      depthOf(args[0]) === 0,
    command: ({ args }) => ({
      argv: [
        "sh",
        "-c",
        'realpath "$0"; readlink -f "$0"; readlink "$0"; for t in e f d L s r; do test -$t "$0"; echo $?; done; cat "$0"; ls -d "$0"',
        args[0],
      ],
      setup:
        "mkdir -p d/e a/b; echo x >d/x; ln -s d l; ln -s ../d/e a/m; ln -s a/m m; ln -s loop loop; ln -s nx b; ln -s ../../w/d/x a/b/far; ln -s . up; ln -s in d/l",
    }),
  },
  {
    name: "uu-text",
    about: "damaged base64 and uuencoded text, against native",
    seeds: [
      { args: ["base64", "-d"], data: "aGVsbG8=\n" },
      { args: ["uudecode", "-o", "-"], data: "begin 644 x\n%:&5L;&\\\n`\nend\n" },
      { args: ["base32", "-d"], data: "NBSWY3DP\n" },
      { args: ["xxd", "-r"], data: "00000000: 6865 6c6c 6f                             hello\n" },
      { args: ["xxd", "-r", "-p"], data: "68656c6c6f\n" },
    ],
    words: ["=", "\n", "begin 644 x\n", "begin-base64 644 x\n", "====\n", "end\n", "`", "  ", "00"],
    accepts: ({ args }) =>
      ["base64 -d", "uudecode -o -", "base32 -d", "xxd -r", "xxd -r -p"].includes(args.join(" ")),
    known: (_, native, ours) => isLostEnd(native, ours) ? LOST_END : undefined,
    command: ({ args }) => ({ argv: args }),
    linear: true,
  },
  {
    name: "pipes",
    about: "pipelines of filters over text of any size, against native: no byte lost or turned",
    seeds: [{ args: ["cat | tr a b"], data: TWO }, {
      args: ["rev | sort | uniq -c"],
      data: TWO.repeat(5000),
    }],
    generate: (pick) => ({
      args: [
        Array.from({ length: 1 + pick(4) }, () =>
          any(pick, [
            ...[
              "cat",
              "tr a-c b-d",
              "tr -d b",
              "tr -s a",
              "rev",
              "tac",
              "sort",
              "sort -n",
              "uniq",
              "uniq -c",
              "cut -c2-",
            ],
            ...[
              "cut -d: -f1",
              "sed s/a/xy/g",
              "sed -n p",
              "grep -v b",
              "grep -n a",
              "head -c 70000",
              "head -n 30",
            ],
            ...[
              "tail -n 20",
              "tail -c 66000",
              "nl",
              "wc",
              "fold -w 7",
              "expand",
              "od -An -c",
              "paste - -",
              "md5sum",
            ],
            ...[
              "awk '{print $1}'",
              'while read -r x; do echo "$x"; done',
              "dd bs=1000 2>/dev/null",
              "tee f",
            ],
          ])).join(" | "),
      ],
      data: textData(pick).repeat(1 + pick(pick(3) === 0 ? 400 : 3)).slice(0, 200_000),
    }),
    accepts: ({ args }) =>
      args.length === 1 && /^[a-zA-Z0-9 |:/>&'{}$";_=-]*$/.test(args[0]) &&
      !/[;]/.test(args[0].replace(/while read -r x; do echo "\$x"; done/g, "")),
    command: ({ args }) => ({ argv: ["sh", "-c", args[0]] }),
  },
];

/** How far a path rises above where it starts, at worst. */
function depthOf(path: string): number {
  let worst = 0;
  let depth = 0;
  for (const name of path.split("/")) {
    if (name === "..") depth++;
    worst = Math.max(worst, depth);
  }
  // Links lead at most one directory up themselves.
  return worst + (worst > 0 ? 1 : 0);
}

const ARCHIVE_SAMPLES = makeTar([{ name: "d/", type: "5" }, { name: "d/a", data: "hello" }]);

/** Targets that make their inputs from a number. */
export const BATCH_TARGETS: readonly BatchTarget[] = [
  {
    name: "regex",
    about: "regular expressions and texts: spans and groups, against native",
    batch: async (seed, native) => {
      if (native === undefined) return 1;
      const { pairs, differences } = await compareWithNative(native, seed, 250);
      if (differences.length > 0) throw new Error(differences.join("\n"));
      return pairs;
    },
  },
  {
    name: "codecs",
    about: "changed samples for every decoder, in pieces, within limits of output and memory",
    batch: (seed) => {
      const pick = picker(seed);
      const names = Object.keys(SAMPLES);
      for (let i = 0; i < 200; i++) {
        const name = names[pick(names.length)];
        fuzzCodec(name, mutate(SAMPLES[name], pick), pick);
      }
      return 200;
    },
  },
  {
    name: "roundtrip",
    about: "random data packed and unpacked at random levels",
    batch: (seed) => {
      const pick = picker(seed);
      for (let i = 0; i < 20; i++) fuzzRoundtrip(pick);
      return 20;
    },
  },
  {
    name: "extract",
    about: "changed archives in a sandbox: nothing outside changes",
    batch: async (seed) => {
      const pick = picker(seed);
      for (let i = 0; i < 50; i++) {
        await fuzzArchive(
          any(pick, ["tar", "cpio", "ar", "zip"]),
          mutate(bytesFor(pick), pick),
          pick,
        );
      }
      return 50;
    },
  },
  {
    name: "wasi-calls",
    about:
      "calls with random arguments: none throws, leaves its directory, or leaves anything behind",
    batch: async (seed) => (await fuzzCalls(seed, 5000)).calls,
  },
  {
    name: "wasi-modules",
    about: "modules with flipped bits and cuts: a documented status",
    batch: async (seed) => (await fuzzModules(seed, 200)).modules,
  },
  {
    name: "wasi-meter",
    about: "control flow before and after it is counted: the same",
    batch: (seed) => {
      fuzzMeter(seed, 50);
      return 50;
    },
  },
];

function bytesFor(pick: Pick): Uint8Array {
  return pick(2) === 0
    ? ARCHIVE_SAMPLES
    : bytes("!<arch>\na/              0           0     0     100644  1         `\nx\n\n");
}

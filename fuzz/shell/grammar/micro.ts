/**
 * Many small experiments in one script: random texts of one notation each, not put together by a
 * grammar. Patterns, fields, input for `read`, formats, expressions of `test` and of arithmetic,
 * quotes in braces, redirections.
 *
 * @module
 */
import { single } from "./dice.ts";
import { RareMaker } from "./rare.ts";

const SEPARATORS = [
  "' '",
  "':'",
  "': '",
  "' :'",
  "''",
  "'a'",
  "$'\\n'",
  "$' \\t\\n'",
  "':,'",
  "'\\'",
];

const PATTERN_PIECES: readonly string[] = [
  ..."a b ab * ? [ ] [a] [!a] [^a] [a-c] [c-a] [] [!] []] [!]] [a-] [-a] [[:alpha:]] [[:x:]] [[] [a"
    .split(
      " ",
    ),
  ..."a] \\a \\* \\? \\[ \\] \\\\ [\\]] [a\\]b] [\\a] [[.a.]] [[=a=]] '*' \"?\" '[' \"]\" ** ?? *? - ! ^ ."
    .split(
      " ",
    ),
  ...["$y", '"$y"', "${z:-[a]}", "'a'\"b\"", "[$z]", "[a'-'c]", '["a-c"]', "[!'a']", "''", '""'],
];

const SUBJECTS = [
  ..."a b ab abc aab ba ] [ - ! ^ \\ * ? [a] [!a] a] [a a- .a a.b **".split(" "),
  ...["", "a b", "a*b", "\\a", "x[a", "\n", "a\nb", "aaaa"],
];

const DATA = [
  " ",
  " ",
  ":",
  ":",
  "a",
  "b",
  "c",
  "\\",
  "\\\\",
  "\n",
  "\t",
  ",",
  "''",
  '"',
  "*",
  "  ",
];

const FORMAT_PIECES: readonly string[] = [
  ..."% # 0 - + 5 .3 . * d i u x X o s c b e f g % l h z q a \\n \\t \\c \\101 \\x41 \\\\ \\q '"
    .split(
      " ",
    ),
  ..."%s %d %5s %-5d| %05d %x %.2s %c %b %% a".split(" "),
];

const TEST_TOKENS = [
  ..."! ! \\( \\) -a -o = != == < > -n -z -f -d -e -s -eq -ne -lt -gt a b 1 2 f1 d -t -nt -ef"
    .split(
      " ",
    ).map((token) => token === "<" || token === ">" ? "\\" + token : token),
  ...['""', "$z", "$y", '"$x"', "-x", "0", "a1", "]", "01", "''", "-1"],
];

const ARITHMETIC_TOKENS =
  "1 2 0 x a1 z 7 08 0x1f 2#1 ( ) ( ) + - * / % ** ++ -- ! ~ < > <= >= == != & | ^ && || << >> ? : , = += -= <<= 1a $ ' \" \\ ; @ #"
    .split(" ");

const BRACE_PIECES: readonly string[] = [
  ..."a b $x ${y} \"q\" 's' \\a \\} } { ' \" $ * ~ : - ${x:-d} ${z:-e} \"$y\" $'\\t' \\\\ \\\" \\' ` #"
    .split(
      " ",
    ),
  ...[
    "a b",
    '"a b"',
    "'}'",
    '"}"',
    '"${z:-"f g"}"',
    "$(echo h)",
    "`echo i`",
    "$((1+1))",
    "\\$x",
    '""',
  ],
];

const TARGETS: readonly string[] = [
  ...">f1 >>f1 2>&1 1>&2 >&2 2>f2 <f1 3>&1 3>f2 >&3 3>&- 2>&- >&- <&- <f2 4<f1 <&4 1<>f2 >|f1"
    .split(
      " ",
    ),
  ..."&>f2 >&f2 5>&1 1>&5 9>&2 2>&9 <nofile >nodir/f 0<f1 <&0 >&1 2>&2 >d 10>f2".split(" "),
];

/** Makes scripts of small experiments. */
export abstract class MicroMaker extends RareMaker {
  private pieces(list: readonly string[], most: number, between = ""): string {
    return this.pick(list) + this.some(() => this.pick(list), most - 1, between);
  }

  private experiment(): string {
    switch (this.below(13)) {
      case 0: {
        const pattern = this.pieces(PATTERN_PIECES, 4);
        return `case ${single(this.pick(SUBJECTS))} in ${pattern}) p yes;; *) p no;; esac`;
      }
      case 1:
        return `x=${single(this.pick(SUBJECTS))}; p "\${x${this.pick(["#", "##", "%", "%%"])}${
          this.pieces(PATTERN_PIECES, 3)
        }}"`;
      case 2:
        return `x=${single(this.pick(SUBJECTS) + this.pick(SUBJECTS))}; p "\${x${
          this.pick(["/", "//", "/#", "/%"])
        }a${this.pieces(PATTERN_PIECES, 2)}/${this.pick(["X", "", "&", "\\&", '"q"', "$y"])}}"`;
      case 3:
        return `[[ ${single(this.pick(SUBJECTS))} ${this.pick(["=", "!=", "=="])} ${
          this.pieces(PATTERN_PIECES, 3)
        } ]]; p $?`;
      case 4: {
        const word = this.pieces(
          ["$x", '"$x"', "$y", "a", "''", '"$@"', "$@", "$*", '"$*"', "${x}b", "$1", ":", "\\ "],
          4,
        );
        return `x=${single(this.pieces(DATA, 6))} y=${single(this.pieces(DATA, 4))}; set -- ${
          single(this.pieces(DATA, 3))
        } ${single(this.pieces(DATA, 3))}; IFS=${this.pick(SEPARATORS)}; p ${word}; IFS=' '`;
      }
      case 5:
        return `printf %b ${single(this.pieces(DATA, 8).replaceAll("\\", "\\\\"))} | { ${
          this.pick(["", "IFS=: ", "IFS= ", "IFS=', ' ", "IFS=': ' ", "IFS='\\' "])
        }read ${this.pick(["", "-r ", "-r ", "-n 3 ", "-d : ", "-rd , ", "-rn 2 "])}${
          this.pick(["x", "x y", "x y z", ""])
        }; p "$x" "$y" "$z" "$REPLY" $?; cat; }`;
      case 6:
        return `printf ${single(this.pieces(FORMAT_PIECES, 5))} ${
          this.pick(["", "1", "a", "1 2 3", "-5 x", "'' ''", "'a\\tb' 0x1f", "08", '"\'a"'])
        }; p $?`;
      case 7:
        return `${this.rarely(3) ? "test" : "["} ${this.pieces(TEST_TOKENS, 6, " ")} ]; p $?`;
      case 8:
        return `p $((${this.pieces(ARITHMETIC_TOKENS, 6, this.pick(["", " "]))})); p "$x" "$a1"`;
      case 9:
        return `let ${single(this.pieces(ARITHMETIC_TOKENS, 6, this.pick(["", " "])))}; p $? "$a1"`;
      case 10: {
        const text = `\${${this.pick(["x", "z", "nothing", "1", "@"])}${
          this.pick([":-", "-", ":+", "+", "#", "%", ":=", ":?"])
        }${this.pieces(BRACE_PIECES, 4)}}`;
        return this.pick([
          `p ${text}`,
          `p "${text}"`,
          `x=${text}; p "$x"`,
          `cat <<E\n${text}\nE\n:`,
        ]);
      }
      case 11:
        return `{ echo o; echo e >&2; cat; } ${this.pieces(TARGETS, 3, " ")} </dev/null; p $?`;
      default:
        return `p ${this.pieces(PATTERN_PIECES, 3)}`;
    }
  }

  /** A script of such experiments, each in a shell of its own, since errors end it. */
  protected experiments(): string {
    let out = ">b; >'a*'; >ab; >'[a]'; >'a]'; >-; >'\\'\n";
    for (let n = 8 + this.below(12); n > 0; n--) {
      const text = `${this.experiment()}\n`;
      out += this.below(3) > 0
        ? `eval ${single(`( ${text})`)} 2>&1\n`
        : `sh -c ${single(`p() { echo "$#:$*|"; }; x=abc y='b*' z=\n${text}`)} 2>&1\n`;
    }
    return out;
  }
}

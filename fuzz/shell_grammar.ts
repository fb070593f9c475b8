/**
 * Random shell scripts that end by themselves: loops count or walk short lists, and a function is
 * called only once its newest text is defined. They touch files in their own directory only.
 *
 * @module
 */

/** A small generator of repeatable numbers (mulberry32). */
export function random(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A word of single-quoted text. */
export function single(s: string): string {
  return "'" + s.replaceAll("'", "'\\''") + "'";
}

/** What each script begins with: a function that shows its arguments, values and files. */
export const PRELUDE =
  "p() { printf '%s' \"$#:\"; for a; do printf '<%s>' \"$a\"; done; echo; }\n" +
  "x=abc y='b*' z= ; >f1 >ab >'b c' >.h\n";

const NAMES = ["x", "y", "z", "a1", "_b"] as const;

const TEXTS = [
  ...[
    "a",
    "b",
    "foo",
    "bar baz",
    "  two  ",
    "*",
    "?",
    "[a-c]",
    "x*y",
    "a:b:c",
    ":",
    "",
    "-n",
    "f1",
  ],
  ...["1", "42", "-7", "010", "a=b", "~", "$", "#c", "\\", "!", "{a,b}", "\u00c3\u00a9", "%s"],
  ...[
    "tab\there",
    "a'b",
    'q"r',
    "`",
    "\n",
    "a\nb\n",
    "\\n",
    "\\*",
    "$x",
    "]",
    "[",
    "a]b",
    "/",
    "a/b",
  ],
] as const;

const BARES = [
  ...[
    "a",
    "foo",
    "b*",
    "x?",
    "[ab]",
    "1",
    "a:b",
    "-e",
    "w.x",
    "~",
    "\\*",
    "a\\ b",
    "*",
    "?b",
    ".*",
  ],
  ...[
    "f[0-9]",
    "d/*",
    "[!a]*",
    "[[:alpha:]]*",
    "a=b",
    "%",
    "+",
    "~root",
    "a=~",
    "\\\\",
    "\\$x",
    "\\'",
  ],
  ...["{a,b}", "^", "=", "!", "[", "]", "#", "a#b", "\\\na", "$", "a$", "if", "in", "do", "}"],
] as const;

const PATTERNS = [
  ...[
    "a",
    "?",
    "[ab]",
    "b*",
    "'*'",
    '"$y"',
    "$y",
    "[!a]",
    "*:",
    "?*",
    "fo",
    "\\*",
    "\\?",
    "[a-c]*",
  ],
  ...["*b", "[[:upper:]]", "[]]", "[!]]", "[a", "a]", '"a"*', "'['", "\\[a", "$x", '"$x"', "[\\]]"],
  ...["[$x]", "'a'b", "[a'-'c]", "${y%?}", "*[!b]", '""', "''"],
] as const;

/** Numbers of processes differ from run to run, and what runs beside a trace is traced anywhere. */
function repeatable(script: string): string {
  const tame = script.replaceAll(/(?<!kill -\w+ )\$\$/g, "$x").replaceAll(/\$\{?!/g, "$1");
  return /set [-+][ex]/.test(tame)
    ? tame.replaceAll(/kill -\w+ \$\$/g, "kill -0 0").replaceAll(/& wait(?= \S+;|;)/g, "; wait")
    : tame.replaceAll('& wait "$1"', '& wait "$!"').replaceAll("& wait $1", "& wait $!");
}

/** Makes scripts. */
export class ScriptMaker {
  private depth = 0;
  private counter = 0;
  /** Bodies of here-documents that begin after the next newline. */
  private docs: string[] = [];
  private readonly next: () => number;

  constructor(seed: number) {
    this.next = random(seed);
  }

  private below(n: number): number {
    return Math.floor(this.next() * n);
  }

  private pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }

  /** Runs one of the makers, each as likely as the others. */
  private one(...makers: readonly (() => string)[]): string {
    return this.pick(makers)();
  }

  private some(maker: () => string, most: number, between = " "): string {
    let out = "";
    for (let n = this.below(most + 1); n > 0; n--) out += between + maker();
    return out;
  }

  /** Makes something one level down, or something small where it is deep already. */
  private nested(deep: () => string, small: () => string, most = 4): string {
    if (this.depth >= most) return small();
    this.depth++;
    try {
      return deep();
    } finally {
      this.depth--;
    }
  }

  private newline(): string {
    const docs = this.docs.join("");
    this.docs = [];
    return "\n" + docs;
  }

  private name(): string {
    return this.pick(NAMES);
  }

  private quotedText(): string {
    return this.pick(TEXTS).replaceAll(/["\\$`]/g, "\\$&");
  }

  /** Text for between double quotes, sometimes with escapes that mean nothing. */
  private looseText(): string {
    return this.below(4) > 0 ? this.quotedText() : this.pick([
      "\\a",
      "\\\n",
      "a\\'b",
      "'",
      "'q'",
      "\\\\n",
      "\\}",
      "}",
      "{",
      "#",
      "\\*",
      "$",
      "~",
    ]);
  }

  private dollarQuoted(): string {
    return "$'" + this.pick([
      ...[
        "a\\nb",
        "\\t",
        "\\x41",
        "\\101",
        "\\'",
        "\\\\",
        "a b",
        "\\e[",
        "\\x",
        "\\q",
        "*",
        "",
        "$x",
      ],
      ...["\\u0041", "\\cA", '"', '\\"', "\\a", "\\1", "\\x4z", "\\08"],
    ]) + "'";
  }

  /** An expansion, without quotes around it. */
  private expansion(): string {
    return this.nested(() => this.deepExpansion(), () => "$" + this.name(), 4);
  }

  private parameter(): string {
    return this.below(6) > 0
      ? this.name()
      : this.pick(["1", "2", "@", "*", "#", "?", "-", "10", "0", "unset", "IFS", "OPTIND"]);
  }

  private deepExpansion(): string {
    const x = this.parameter();
    switch (this.below(25)) {
      case 0:
      case 1:
      case 2:
        return `\${${x}${this.pick([":-", "-", ":+", "+", ":=", "="])}${this.inner()}}`;
      case 3:
        return `\${${x}${this.pick([":?", "?"])}${this.below(2) === 0 ? "" : this.inner()}}`;
      case 4:
        return `\${#${x}}`;
      case 5:
      case 6:
        return `\${${x}${this.pick(["#", "##", "%", "%%"])}${this.pattern()}}`;
      case 7:
      case 8:
        return `\${${x}${this.pick(["/", "//"])}${this.wholePattern()}${
          // Without a replacement native would look for its slash in the rest of the word.
          "/" + this.pick(["X", "", "<>", "$y", '"$y"', "'*'", "\\/", "a b", "&"])}}`;
      case 9:
        return `\${${x}:${this.pick(["0", "1", "2", "3", " -1", " -2", "a1", "1+1", "$#", "9"])}}`;
      case 10:
        return `\${${x}:${this.pick(["0", "1", "2", " -2"])}:${
          this.pick(["0", "1", "2", "-1", "9", "$#"])
        }}`;
      case 11:
      case 12:
        return `$(${this.inside()})`;
      case 13:
        return `$((${this.arithmetic()}))`;
      case 14:
        return this.pick([
          "$#",
          "$?",
          "$1",
          "${2}",
          "$*",
          "$@",
          "${10}",
          "${1:-none}",
          "$-",
          "$LINENO",
        ]);
      case 15:
        return "`" +
          this.pick(["echo a", "echo $x", "echo 'b  c'", "echo \\$x", 'p "q $x"', "false"]) + "`";
      case 16:
        return "`echo \\`echo " + this.pick(["a", "$x", "\\\\\\$x", "'b c'"]) + "\\``";
      case 17:
        return this.pick([
          "${!x}",
          "${}",
          "${x^}",
          "${x@Q}",
          "${x!y}",
          "${1a}",
          "${#}",
          "${##}",
          "${#x:-a}",
        ]);
      default:
        return this.below(2) === 0 ? "$" + this.name() : "${" + this.name() + "}";
    }
  }

  /** A command for inside `$( )`. */
  private inside(): string {
    const text = this.below(3) === 0 ? this.command() : this.simple();
    // A here-document must end before the parenthesis.
    return this.docs.length > 0 ? text + this.newline() : text;
  }

  private inner(): string {
    return this.one(
      () => '"' + this.looseText() + '"',
      () => this.expansion(),
      () => "a b",
      () => this.word(),
      () => single(this.pick(TEXTS)),
      () =>
        this.pick(["d", "", "e:f", "*", "\\}", "'}'", '"}"', "~", "a\\ b", "'a b'\"c d\"", "\\$"]),
    );
  }

  /**
   * A pattern that is never empty: native loses what follows an expansion that replaces an empty one,
   * and never ends where `*` is to be replaced in nothing.
   */
  private wholePattern(): string {
    for (;;) {
      const text = this.pattern();
      if (!/^(?:["'$xy*]|\$\{y%\?\})*$/.test(text)) return text;
    }
  }

  private pattern(): string {
    return this.pick(PATTERNS) + (this.below(6) === 0 ? this.pick(PATTERNS) : "");
  }

  private arithmetic(): string {
    const e = this.nested(() => this.deepArithmetic(), () => this.operand(), 5);
    return this.below(8) === 0 ? ` ${e} ` : e;
  }

  private operand(): string {
    return this.pick([
      ...[
        "1",
        "2",
        "7",
        "0x1f",
        "010",
        "0",
        "a1",
        "$#",
        "x",
        "3",
        "16#ff",
        "2#101",
        "9223372036854775807",
      ],
      ...[
        "$a1",
        "${a1:-5}",
        "-1",
        "!a1",
        "~2",
        "-a1",
        "08",
        "36#z",
        "1a",
        "",
        "'1'",
        '"2"',
        "$x",
        "a1++",
      ],
      ...[
        "--a1",
        "++z",
        "z--",
        "$(echo 4)",
        "-9223372036854775808",
        "$((1))",
        "1.5",
        "64#_",
        "a1[0]",
      ],
    ]);
  }

  private deepArithmetic(): string {
    const e = (): string => this.arithmetic();
    switch (this.below(9)) {
      case 0:
        return `(${e()})`;
      case 1:
        return `${e()} ? ${e()} : ${e()}`;
      case 2:
        return `${this.name()} ${
          this.pick(["=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="])
        } ${e()}`;
      case 3:
        return this.pick(["-", "+", "!", "~"]) + e();
      case 4:
        return this.operand();
      default:
        return e() + this.pick([
          ...["+", "-", "*", "/", "%", "<", ">", "<=", ">=", "==", "!=", "&&", "||", "&", "|", "^"],
          ...["<<", ">>", ",", "**", " + ", "- "],
        ]) + e();
    }
  }

  private word(): string {
    let w = "";
    for (let n = 1 + this.below(3); n > 0; n--) {
      switch (this.below(9)) {
        case 0:
          w += single(this.pick(TEXTS));
          break;
        case 1:
          w += '"' + this.looseText() + this.expansion() + '"';
          break;
        case 2:
          w += '"' + this.expansion() + this.some(() => this.looseText(), 1, "") + '"';
          break;
        case 3:
        case 4:
          w += this.expansion();
          break;
        case 5:
          w += this.below(3) === 0
            ? this.dollarQuoted()
            : '"$' + this.pick(["@", "*", "x", "y"]) + '"';
          break;
        default:
          w += this.pick(BARES);
      }
    }
    return w;
  }

  private words(): string {
    return this.some(() => this.word(), 3);
  }

  private printf(): string {
    const format = this.some(
      () =>
        this.pick([
          ...[
            "%s",
            "%d",
            "%5s|",
            "%-5s|",
            "%x",
            "%o",
            "%c",
            "%b",
            "%%",
            "%05d",
            "%.2s",
            "a",
            "\\n",
            "\\t",
          ],
          ...[
            "%i",
            "%u",
            "%X",
            "%+d",
            "% d",
            "%*d",
            "\\101",
            "\\x41",
            "\\c",
            "%e",
            "%.1f",
            "%z",
            "%q",
            "%",
          ],
        ]),
      3,
      "",
    );
    return `printf ${single(format + "\\n")}${
      this.some(() => this.pick([this.word(), "1", "-3", "0x1f", "'\"a'", "abc", "''", "010"]), 3)
    }`;
  }

  private test(): string {
    const w = (): string => this.below(2) === 0 ? `"${this.expansion()}"` : this.word();
    const primary = (): string =>
      this.one(
        () => `${w()} ${this.pick(["=", "!=", "==", "\\<", "\\>"])} ${w()}`,
        () => `${this.pick(["-n", "-z"])} ${w()}`,
        () =>
          `${this.pick(["1", "$#", "a1", "$a1", "-3", '"$x"'])} ${
            this.pick(["-eq", "-ne", "-lt", "-gt", "-le", "-ge"])
          } ${this.pick(["1", "0", "010", "a", "$#", ""])}`,
        () =>
          `${this.pick(["-e", "-f", "-d", "-s", "-r", "-h", "-x", "-p", "-t", "-u"])} ${
            this.pick(["f1", "d", "nofile", "f2", "9", "$x", "''"])
          }`,
        w,
      );
    let e = primary();
    for (let n = this.below(3); n > 0; n--) {
      e = this.pick(["! " + e, `${e} -a ${primary()}`, `${e} -o ${primary()}`, `\\( ${e} \\)`, e]);
    }
    return this.pick([`[ ${e} ]`, `test ${e}`, `[ ${e} ]`]);
  }

  private doubleTest(): string {
    const w = (): string => this.below(2) === 0 ? `"${this.expansion()}"` : this.expansion();
    const primary = (): string =>
      this.one(
        () => `${w()} ${this.pick(["=", "!=", "=="])} ${this.pattern()}`,
        () => `${w()} =~ ${this.pick(["a", "^a", "b$", "[ab]+", "'a.c'", "$x", "(a|b)c", "."])}`,
        () => `${this.pick(["-n", "-z", "-e"])} ${w()}`,
        () => `${this.pick(["1", "$#"])} -lt ${this.pick(["2", "$#"])}`,
        () => `${w()} ${this.pick(["<", ">"])} ${w()}`,
        w,
      );
    return `[[ ${this.pick(["", "", "! "])}${primary()}${
      this.pick(["", "", " && " + primary(), " || " + primary()])
    } ]]`;
  }

  /** A command of one line without here-documents of its own. */
  private simple(): string {
    const x = this.name();
    switch (this.below(34)) {
      case 0:
        return `${x}=${this.word()}`;
      case 1:
        return `${x}=${this.word()} ${this.name()}=${this.word()}`;
      case 2:
        return `set --${this.words()}`;
      case 3:
        return this.pick([
          "true",
          "false",
          ":",
          "shift",
          "(exit 3)",
          "shift 2",
          "return 3",
          "break",
          "nocmd",
        ]);
      case 4:
      case 5:
        return this.test();
      case 6:
        return this.doubleTest();
      case 7:
        return this.printf();
      case 8:
        return `unset ${this.pick(["", "-v ", "-f "])}${this.pick([x, x, "f", "nothing", "x y"])}`;
      case 9:
        return `${x}=${this.word()} eval 'echo "[$x$y]"'`;
      case 10:
        return `IFS=${this.pick([":", "' '", "''", "'a:'", "$y", "' :'", "b"])}`;
      case 11:
        return `eval ${single("echo" + this.words())}`;
      case 12:
        return `eval ${single(this.nested(() => this.command() + this.newline(), () => "p e"))}`;
      case 13:
        return this.pick([
          ...[
            "export x",
            `export ${x}=${this.word()}`,
            `readonly ${x}`,
            `readonly ${x}=${this.word()}`,
          ],
          ...[
            `local ${x}=${this.word()}`,
            "export -p | grep ' _b'",
            "readonly -p",
            "local x y=1",
            "local",
          ],
        ]);
      case 14:
        return `let ${single(this.arithmetic())}`;
      case 15:
        return this.pick([
          ...[
            "type p",
            "type cd",
            "command -v p",
            "command -v if",
            "command -V :",
            "type nocmd",
            "type [[",
          ],
          ...[
            "command p a",
            "command -v nocmd",
            "command echo c",
            "type -p x",
            "command -p echo d",
          ],
        ]);
      case 16:
        return `echo ${this.pick(["", "-n ", "-e ", "-ne ", "-E ", "-en "])}${
          this.pick(["'a\\tb'", "'\\0101'", "'a\\cb'", "'\\x41'", "a\\\\nb", "'\\\\'", "-n", "-q"])
        }${this.words()}`;
      case 17:
        return this.pick([
          ...[
            "set -u",
            "set -f",
            "set +f",
            "set -e",
            "set +e",
            "set -C",
            "set +u",
            "set -a",
            "set +C",
          ],
          ...[
            "set -o pipefail",
            "set -x",
            "set +x",
            "set -o nounset",
            "set -o nosuch",
            "set -k",
            "set -E",
          ],
          ...["PS4='+ $LINENO '", "set -v", "set -ef"],
        ]);
      case 18:
        return this.pick([
          ...["cd d", "cd ..", "cd nodir", "cd -", "cd .", "pwd >/dev/null", "cd ''", "cd d/.."],
          ...["umask 027", "umask", "umask -S", "hash", "times >/dev/null", "jobs", "cd a b"],
        ]);
      case 19:
        return this.pick([
          ...[
            "trap 'p trap' EXIT",
            "trap 'p usr' USR1",
            "kill -USR1 $$",
            "trap - USR1",
            "trap '' USR1",
          ],
          ...[
            "trap",
            "trap 'p e $?' EXIT",
            "trap - EXIT",
            "trap 'p err' ERR",
            "trap nosuch NOSIG",
            "trap 0",
          ],
          ...[
            "trap 'echo t; exit 5' EXIT",
            "trap 'return 4' USR1",
            "(trap 'p sub' EXIT)",
            "kill -0 $$",
          ],
        ]);
      case 20:
        return this.pick([
          ...[
            "exec 3>f2",
            "exec 3>&-",
            "echo to3 >&3",
            "exec 4<f1",
            "exec <f1",
            "exec 2>&1",
            "exec >>f2",
          ],
          ...["exec 3>&1", "exec 3<>f1", "read x <&3", "exec 5>&9", "exec nocmd", "exec echo last"],
        ]);
      case 21:
        return this.pick([
          "exit",
          "exit 3",
          "return",
          "continue",
          "break 2",
          "exit a",
          "return 300",
          "shift 9",
        ]);
      case 22:
        return `alias ${
          this.pick(["ll='p al '", "p='p A'", "x=y", "ll", "nope", "'l=echo a; echo'", ""])
        }`;
      case 23:
        return this.pick([
          "ll",
          "ll x",
          "unalias ll",
          "unalias -a",
          "l b",
          "unalias p",
          "ll ll",
          "\\ll a",
        ]);
      case 24:
        return `read ${this.readFlags()} ${x} ${this.name()} </dev/null`;
      default:
        return `${this.pick(["p", "p", "p", "p", "echo"])}${this.words()}`;
    }
  }

  private readFlags(): string {
    return this.pick([
      "",
      "",
      "-r",
      "-r",
      "-n 3",
      "-d :",
      "-rn2",
      "-p P",
      "-d ''",
      "-rd b",
      "-s",
      "-n 0",
      "-u 0",
    ]);
  }

  private redirection(): string {
    if (this.below(3) > 0) return "";
    if (this.below(6) === 0) return " " + this.heredoc();
    return " " + this.pick([
      ...[
        ">f1",
        ">>f1",
        "2>&1",
        "<f1",
        ">&2",
        "2>/dev/null",
        "</dev/null",
        ">f2",
        "<nofile",
        ">d",
        "3>&1",
      ],
      ...[
        "2>&1 >f1",
        ">f1 2>&1",
        "<>f1",
        ">|f1",
        "&>f1",
        "1>&2 2>&1",
        ">&-",
        "<&-",
        "3<f1",
        ">&3",
        "2>&-",
      ],
      ...[
        ">f$x",
        '>"$x$y"',
        "<$z",
        ">&$x",
        ">nodir/f",
        "4>&1 >&4",
        "9<&0",
        "<&9",
        ">'b c'",
        "2>f2 >&2",
      ],
    ]);
  }

  private heredoc(): string {
    const quoted = this.below(3) === 0;
    const tabs = this.below(4) === 0;
    const lines = [
      this.quotedText(),
      this.expansion() + " tail",
      "  $x\\n `echo q`",
      "\ttab \\",
      "a \"$y\" '$z' \\$x \\\\",
      "${x:-\"q\"} ${z:-'s'}",
      this.word(),
      "",
    ];
    let body = "";
    for (let n = this.below(4); n > 0; n--) body += this.pick(lines) + "\n";
    this.docs.push(body + (tabs ? "\t" : "") + "E\n");
    return `<<${tabs ? "-" : ""}${quoted ? this.pick(["'E'", '"E"', "\\E"]) : "E"}`;
  }

  private body(): string {
    let out = "";
    for (let n = 1 + this.below(2); n > 0; n--) out += this.command() + this.newline();
    return out;
  }

  private line(): string {
    return this.command() + this.newline();
  }

  /** A command. */
  command(): string {
    return this.nested(() => this.deepCommand(), () => this.simple());
  }

  private deepCommand(): string {
    switch (this.below(38)) {
      case 0:
        return `if ${this.line()}then ${this.body()}${
          this.below(3) === 0 ? `elif ${this.line()}then ${this.body()}` : ""
        }${this.below(2) === 0 ? `else ${this.body()}` : ""}fi${this.redirection()}`;
      case 1:
        return `for ${this.name()} in${this.words()}; do\n${this.body()}done${this.redirection()}`;
      case 2:
        return `for ${this.name()}${this.pick(["", ";"])} do ${this.body()}done`;
      case 3: {
        const i = `i${this.counter++}`;
        return `${i}=0; ${
          this.pick(["while [ $((i)) -lt 3 ]", "until [ $((i)) -ge 3 ]"]).replace("i)", i + ")")
        }; do ${i}=$((${i}+1))\n${this.body()}${
          this.pick(["", "continue", "break", "continue 2", "break 3"])
        }\ndone${this.redirection()}`;
      }
      case 4:
        return `case ${this.word()} in ${
          this.pick(["", "("])
        }${this.pattern()}) ${this.body()};; ` +
          `a|*b|${this.pattern()}) ${this.body()};; ${this.pattern()}) ;; *) ${this.body()} esac` +
          this.redirection();
      case 5:
        return `{ ${this.body()}}${this.redirection()}`;
      case 6:
        return `( ${this.body()})${this.redirection()}`;
      case 7:
      case 8:
        return `${this.command()} ${this.pick(["&&", "||"])} ${this.command()}`;
      case 9:
        return `! ${this.command()}`;
      case 10:
        return `${this.command()} | ${
          this.pick(["cat", "cat", "cat >f2", '{ read x; p "$x"; cat; }'])
        }`;
      case 11:
        return `${this.pick(["f()", "g ()", "function f", "f()\n"])} { ${
          this.pick(["", `local x=${this.word()}\n`, "local y\n"])
        }${this.body()}${
          this.pick(["return 2\n", "", "", "return\n"])
        }}${this.redirection()}${this.newline()}f${this.words()}`;
      case 12:
        return `f() ( ${this.body()})${this.newline()}${
          this.pick(["", "x=V ", "x=1 y=2 "])
        }f${this.words()}`;
      case 13:
      case 14:
        return `cat ${this.heredoc()}`;
      case 15:
        return `read ${this.readFlags()} ${this.name()} ${this.name()} ${this.heredoc()}${this.newline()}` +
          `p "$x" "$y" "$z" $?`;
      case 16:
        return `while read ${this.readFlags()} x y; do ${this.simple()}; p "$x" "$y"; done ${this.heredoc()}`;
      case 17:
        return `echo${this.words()} | { read ${this.readFlags()} ${this.name()} ${this.name()}; p "$x" "$y" $?; }`;
      case 18:
        return `{ ${this.body()}} & wait; p $?`;
      case 19:
        return `${this.simple()} & wait $!; p $?`;
      case 20:
        return `( ${this.body()}) & wait "$!"; p $?`;
      case 21:
        return `OPTIND=1; while getopts ${this.pick(["ab:c", ":ab:", "a:b", "x"])} o${
          this.some(() => this.pick(["-a", "-b", "-bv", "-ab", "--", "-c", "x", "-q", "-ac"]), 4)
        }; do p "$o" "$OPTARG" "$OPTIND"; done; p $? "$o" "$OPTIND"`;
      case 22:
        return `eval ${single(this.body())}`;
      case 23:
        return `x=$(${this.inside()}); p "$x" $?`;
      case 24:
        return `${this.name()}=${this.word()} ${
          this.pick(["p", ":", "export", "eval"])
        }${this.words()}`;
      case 25:
        return `set -e\n${this.body()}set +e`;
      case 26:
        return `cat >s1 <<\\S\n${this.body()}S\n. ./s1${this.words()}`;
      case 27:
        return `${this.command()}; ${this.command()}`;
      case 28:
        return `sh -c ${single(this.body())}${this.words()}`;
      case 29:
        return `{ set -x\n${this.body()}} 2>&1; { set +x; } 2>/dev/null`;
      case 30:
        return `${this.redirection()} ${this.simple()}${this.redirection()}`;
      default:
        return this.simple() + this.redirection();
    }
  }

  /** A whole script. */
  script(): string {
    let out = PRELUDE;
    // Most are small, since processes are what native spends its time on.
    const isSmall = this.below(4) > 0;
    this.depth = isSmall ? 1 : 0;
    for (let n = 1 + this.below(isSmall ? 2 : 4); n > 0; n--) out += this.line();
    out += 'p "$x" "$y" "$z" "$a1" $#\n';
    if (this.below(40) === 0) out = this.damaged(out);
    return repeatable(out);
  }

  /** A script with a piece cut out, doubled or moved, so that syntax errors come up. */
  private damaged(script: string): string {
    const from = PRELUDE.length + this.below(script.length - PRELUDE.length);
    const to = Math.min(script.length, from + 1 + this.below(6));
    const piece = script.slice(from, to);
    switch (this.below(4)) {
      case 0:
        return script.slice(0, from) + script.slice(to);
      case 1:
        return script.slice(0, to) + piece + script.slice(to);
      case 2:
        return script.slice(0, from) +
          this.pick(["(", ")", "{", "}", "'", '"', "`", ";", "&", "|", "<<", "$("]) +
          script.slice(from);
      default:
        return script.slice(0, to);
    }
  }
}

/**
 * Words: quoting, expansions and arithmetic.
 *
 * @module
 */
import { Dice, single } from "./dice.ts";
import { BARES, NAMES, PATTERNS, TEXTS } from "./texts.ts";

const SPECIALS = [
  ...[
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
    "$0",
    "${0##*/}",
  ],
  ...["${@:2}", "${*:1:1}", "${#@}", "${#*}", "$9", "$10", "$OPTIND", "${-#*}", "$_b$", "${?}"],
] as const;

const BACKQUOTED = [
  ...["echo a", "echo $x", "echo 'b  c'", "echo \\$x", 'p "q $x"', "false", "", " ", "echo \\\\"],
  ...['echo "$x" #c', 'echo "\\$x"', "echo '$x'", "exit 3", "echo $(echo d)", "echo a\necho b"],
] as const;

const ODD_EXPANSIONS = [
  ...["${!x}", "${}", "${x^}", "${x@Q}", "${x!y}", "${1a}", "${#}", "${##}", "${#x:-a}", "${#-}"],
  ...[
    "${#?}",
    "${#x}y",
    "${x ",
    "${ x}",
    "${x:}",
    "${x::}",
    "${x:0:}",
    "${x::1}",
    "${x}}",
    "${01}",
  ],
  ...["${##a}", "${#%a}", "${#:-b}", "${@:-e}", "${*#a}", "${$x}", "${x$y}", "${x[0]}", "$[1]"],
] as const;

/** Makes words. */
export abstract class WordMaker extends Dice {
  /** Any command, for `$( )` and `<( )`. */
  protected abstract command(): string;
  /** A command of one line without here-documents of its own. */
  protected abstract simple(): string;

  protected name(): string {
    return this.pick(NAMES);
  }

  protected quotedText(): string {
    return this.pick(TEXTS).replaceAll(/["\\$`]/g, "\\$&");
  }

  /** Text for between double quotes, sometimes with escapes that mean nothing. */
  protected looseText(): string {
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

  protected dollarQuoted(): string {
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
  protected expansion(): string {
    return this.nested(() => this.deepExpansion(), () => "$" + this.name(), 4);
  }

  protected parameter(): string {
    return this.below(6) > 0 ? this.name() : this.pick([
      ...[
        "1",
        "2",
        "@",
        "*",
        "#",
        "?",
        "-",
        "10",
        "0",
        "unset",
        "IFS",
        "OPTIND",
        "LINENO",
        "OPTARG",
      ],
    ]);
  }

  protected deepExpansion(): string {
    const x = this.parameter();
    switch (this.below(26)) {
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
          "/" + this.pick(["X", "", "<>", "$y", '"$y"', "'*'", "\\/", "a b", "&", "~", "'a b'"])}}`;
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
        return this.pick(SPECIALS);
      case 15:
        return this.rarely(3)
          ? "`" + this.inside().replaceAll(/[\\`]/g, "\\$&") + "`"
          : "`" + this.pick(BACKQUOTED) + "`";
      case 16:
        return "`echo \\`echo " + this.pick(["a", "$x", "\\\\\\$x", "'b c'"]) + "\\``";
      case 17:
        return this.pick(ODD_EXPANSIONS);
      case 18:
        // Each operator with nothing after it, or with something deep.
        return `\${${x}${this.pick(["-", ":-", "+", ":+", "#", "%", "##", "%%", ":=", ":?"])}${
          this.pick(["", '""', "$(echo a)", "`echo b`", "$((1+1))", "${y-${z:-d}}", "\\\n", '"$@"'])
        }}`;
      default:
        return this.below(2) === 0 ? "$" + this.name() : "${" + this.name() + "}";
    }
  }

  /** A command for inside `$( )`. */
  protected inside(): string {
    const text = this.below(3) === 0 ? this.command() : this.simple();
    // A here-document must end before the parenthesis.
    return this.docs.length > 0 ? text + this.newline() : text;
  }

  protected inner(): string {
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
  protected wholePattern(): string {
    for (;;) {
      const text = this.pattern();
      if (!/^(?:["'*]|\$\w+|\$\{y%\?\})*$/.test(text)) return text;
    }
  }

  protected pattern(): string {
    return this.pick(PATTERNS) + (this.below(6) === 0 ? this.pick(PATTERNS) : "");
  }

  protected arithmetic(): string {
    const e = this.nested(() => this.deepArithmetic(), () => this.operand(), 5);
    return this.below(8) === 0 ? ` ${e} ` : e;
  }

  protected operand(): string {
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

  protected deepArithmetic(): string {
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

  protected word(): string {
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

  protected words(): string {
    return this.some(() => this.word(), 3);
  }
}

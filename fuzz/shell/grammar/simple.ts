/**
 * Commands of one line, redirections and here-documents.
 *
 * @module
 */
import { single } from "./dice.ts";
import {
  BUILTINS,
  DESCRIPTORS,
  DIRECTORIES,
  FILE_TESTS,
  FOREIGN,
  FORMATS,
  JOBS,
  ODD_TESTS,
  READ_FLAGS,
  REDIRECTIONS,
  SETS,
  TRAPS,
} from "./commands.ts";
import { WordMaker } from "./words.ts";

/** Makes simple commands. */
export abstract class SimpleMaker extends WordMaker {
  protected printf(): string {
    const format = this.some(() => this.pick(FORMATS), 3, "");
    const argument = (): string =>
      this.pick([this.word(), "1", "-3", "0x1f", "'\"a'", "abc", "''", "010", "'\\0101\\n'"]);
    return `printf ${single(format + "\\n")}${this.some(argument, 3)}`;
  }

  protected test(): string {
    if (this.rarely(8)) return this.pick(ODD_TESTS);
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
          `${this.pick(FILE_TESTS)} ${
            this.pick(["f1", "d", "nofile", "f2", "9", "$x", "''", "/dev/null", "/bin/cat"])
          }`,
        w,
      );
    let e = primary();
    for (let n = this.below(3); n > 0; n--) {
      e = this.pick(["! " + e, `${e} -a ${primary()}`, `${e} -o ${primary()}`, `\\( ${e} \\)`, e]);
    }
    return this.pick([`[ ${e} ]`, `test ${e}`, `[ ${e} ]`]);
  }

  protected doubleTest(): string {
    const w = (): string => this.below(2) === 0 ? `"${this.expansion()}"` : this.expansion();
    const primary = (): string =>
      this.one(
        () => `${w()} ${this.pick(["=", "!=", "=="])} ${this.pattern()}`,
        () => `${w()} =~ ${this.pick(["a", "^a", "b$", "[ab]+", "'a.c'", "$x", "(a|b)c", "."])}`,
        () => `${this.pick(["-n", "-z", "-e", "-d"])} ${w()}`,
        () => `${this.pick(["1", "$#"])} ${this.pick(["-lt", "-eq"])} ${this.pick(["2", "$#"])}`,
        () => `${w()} ${this.pick(["<", ">"])} ${w()}`,
        w,
      );
    return `[[ ${this.pick(["", "", "! "])}${primary()}${
      this.pick(["", "", " && " + primary(), " || " + primary(), " && ! " + primary()])
    } ]]`;
  }

  /** A command of one line without here-documents of its own. */
  protected simple(): string {
    const x = this.name();
    switch (this.below(38)) {
      case 0:
        return `${x}=${this.word()}`;
      case 1:
        return `${x}=${this.word()} ${this.name()}=${this.word()}`;
      case 2:
        return `set --${this.words()}`;
      case 3:
        return this.pick([
          ...["true", "false", ":", "shift", "(exit 3)", "shift 2", "return 3", "break", "nocmd"],
        ]);
      case 4:
      case 5:
        return this.test();
      case 6:
        return this.doubleTest();
      case 7:
        return this.printf();
      case 8:
        return `unset ${this.pick(["", "-v ", "-f "])}${
          this.pick([x, x, "f0", "f1", "p", "nothing", "x y", "IFS", "PATH", "OPTIND"])
        }`;
      case 9:
        return `${x}=${this.word()} eval 'echo "[$x$y]"'`;
      case 10:
        return `IFS=${this.pick([":", "' '", "''", "'a:'", "$y", "' :'", "b", "$'\\n'"])}`;
      case 11:
        return `eval ${single("echo" + this.words())}`;
      case 12:
        return `eval ${single(this.nested(() => this.command() + this.newline(), () => "p e"))}`;
      case 13:
        return this.pick([
          ...[`export ${x}=${this.word()}`, `readonly ${x}`, `readonly ${x}=${this.word()}`],
          ...[`local ${x}=${this.word()}`, `export ${x}`, `local ${x} ${this.name()}`],
        ]);
      case 14:
        return `let ${single(this.arithmetic())}`;
      case 15:
      case 16:
        return this.pick(BUILTINS);
      case 17:
        return `echo ${this.pick(["", "-n ", "-e ", "-ne ", "-E ", "-en "])}${
          this.pick(["'a\\tb'", "'\\0101'", "'a\\cb'", "'\\x41'", "a\\\\nb", "'\\\\'", "-n", "-q"])
        }${this.words()}`;
      case 18:
        return this.pick(SETS);
      case 19:
        return this.pick(DIRECTORIES);
      case 20:
        return this.pick(TRAPS);
      case 21:
        return this.pick(DESCRIPTORS);
      case 22:
        return this.pick([
          ...["exit", "exit 3", "return", "continue", "break 2", "exit a", "return 300", "shift 9"],
        ]);
      case 23:
        return `alias ${
          this.pick([
            ...["ll='p al '", "p='p A'", "x=y", "ll", "nope", "'l=echo a; echo'", "", "e=p"],
            ...[
              "w='while false; do'",
              "ob='{ '",
              "c='p #'",
              "dq='p \"'",
              "-x",
              "if=p",
              "nl='p a\n'",
            ],
          ])
        }`;
      case 24:
        return this.pick([
          ...["ll", "ll x", "unalias ll", "unalias -a", "l b", "unalias p", "ll ll", "\\ll a"],
          ...["e ll", "w p; done", "ob p a; }", "c d", "x=1 ll", "! ll", "nl b", "unalias nope"],
        ]);
      case 25:
        return `read ${this.readFlags()} ${x} ${this.name()} </dev/null`;
      case 26:
        return this.rarely(3)
          ? this.pick(FOREIGN)
          : `p ${this.pick(["if", "then", "{", "!", "in"])}`;
      case 27:
        // In a string, so that what is put before it cannot make a race of it.
        return `eval ${single(this.pick(JOBS))}`;
      default:
        return `${this.pick(["p", "p", "p", "p", "echo"])}${this.words()}`;
    }
  }

  protected readFlags(): string {
    return this.rarely(3) ? "" : this.pick(READ_FLAGS);
  }

  protected redirection(): string {
    if (this.below(3) > 0) return "";
    if (this.below(5) === 0) return " " + this.heredoc();
    const text = " " + this.pick(REDIRECTIONS);
    if (!text.includes("<<E")) return text;
    this.docs.push(this.documentBody(false) + "E\n");
    return text;
  }

  protected documentBody(isInner: boolean): string {
    const lines = [
      this.quotedText(),
      this.expansion() + " tail",
      "  $x\\n `echo q`",
      "\ttab \\",
      "a \"$y\" '$z' \\$x \\\\",
      "${x:-\"q\"} ${z:-'s'}",
      this.word(),
      "",
      "E ",
      " E",
      "\t\tE2",
      "$((a1 + 1)) ${#x} \"${x#a}\" ${y%'*'}",
      "cut \\\nhere",
    ];
    if (!isInner) {
      // A document in a document.
      lines.push(`$(cat <<I\n${this.documentBody(true)}I\n)`);
      lines.push(`\`cat <<'I'\n${this.quotedText().replaceAll("`", "")}\nI\n\``);
    }
    let body = "";
    for (let n = this.below(4); n > 0; n--) body += this.pick(lines) + "\n";
    return body;
  }

  protected heredoc(): string {
    const quoted = this.below(3) === 0;
    const tabs = this.below(4) === 0;
    const body = this.documentBody(this.depth > 2);
    // Seldom the delimiter is no plain name, or never comes.
    if (quoted && this.rarely(8)) {
      this.docs.push(body + "E F\n");
      return `<<${this.pick(["'E F'", '"E F"', "E\\ F", "'E'\" F\""])}`;
    }
    this.docs.push(body + (tabs ? "\t" : "") + (this.rarely(60) ? "NOT" : "") + "E\n");
    return `<<${tabs ? "-" : ""}${this.rarely(8) ? " " : ""}${
      quoted ? this.pick(["'E'", '"E"', "\\E", "''E"]) : "E"
    }`;
  }
}

/**
 * Random shell scripts that end by themselves: loops count or walk short lists, and a function is
 * called only once its newest text is defined. They touch files in their own directory only.
 *
 * @module
 */
import { single } from "./dice.ts";
import { MicroMaker } from "./micro.ts";
import { BYTES } from "./rare_texts.ts";
import { LAST, SELF } from "./texts.ts";

/** What each script begins with: a function that shows its arguments, values and files. */
export const PRELUDE =
  "p() { printf '%s' \"$#:\"; for a; do printf '<%s>' \"$a\"; done; echo; }\n" +
  "x=abc y='b*' z= ; >f1 >ab >'b c' >.h\n";

/**
 * Numbers of processes differ from run to run, and what runs beside a trace is traced anywhere: makes
 * what prints them into something repeatable.
 */
function repeatable(script: string): string {
  const tame = script.replaceAll("$$", "$x").replaceAll(/\$\{?!(?!x[}*])/g, "$1");
  const isTraced = /set [-+][a-z]*x|set -o xtrace|sh -[a-z]*x/.test(tame);
  return (isTraced
    ? tame.replaceAll(/kill (-\w+ )?[\x01\x02]/g, "kill -0 0").replaceAll(
      /& (wait(?: -n)?|wait "?\x02"?)(?=;)/g,
      "; wait",
    )
    : tame).replaceAll(SELF, "$$$$").replaceAll(LAST, "$!");
}

/** How a pipeline goes on. */
const FILTERS = [
  ...["cat", "cat", "cat", "cat >f2", '{ read x; p "$x"; cat; }', "tr a-c A-C", "sort", "wc -l"],
  ...["sed 's/a/X/g'", 'while read -r l; do p "$l"; done', "grep -c .", "cat - f1", "! cat"],
  ...[
    'p "$x"',
    "cat | cat",
    "(exit 3)",
    "exit 4",
    "return 5",
    "read y",
    "sh -c cat",
    "{ cat; } 2>&1",
  ],
] as const;

/** Makes scripts. */
export class ScriptMaker extends MicroMaker {
  private counter = 0;

  private body(): string {
    let out = "";
    for (let n = 1 + this.below(2); n > 0; n--) out += this.command() + this.end();
    return out;
  }

  private line(): string {
    return this.command() + this.end();
  }

  /** The end of a command, sometimes with more than a newline. */
  private end(): string {
    if (!this.rarely(12)) return this.newline();
    return this.pick([" # it's $x", ";", " ;", "\n", "\n#c\n", " \\\n", "\t"]) + this.newline();
  }

  /** A command. */
  command(): string {
    return this.nested(() => this.deepCommand(), () => this.simple());
  }

  private deepCommand(): string {
    return this.rarely(5)
      ? this.rare()
      : this.rarely(3)
      ? this.simple() + this.redirection()
      : this.below(4) === 0
      ? this.processes()
      : this.below(2) === 0
      ? this.compound()
      : this.arrangement();
  }

  /** A compound command of the language. */
  private compound(): string {
    switch (this.below(11)) {
      case 0:
      case 1:
        return `if ${this.line()}then ${this.body()}${
          this.below(3) === 0 ? `elif ${this.line()}then ${this.body()}` : ""
        }${this.below(2) === 0 ? `else ${this.body()}` : ""}fi${this.redirection()}`;
      case 2:
        return `for ${this.name()} in${this.words()}; do\n${this.body()}done${this.redirection()}`;
      case 3:
        return `for ${this.name()}${this.pick(["", ";", "\n", ' in "$@";'])} do ${this.body()}${
          this.pick(["", "", "break\n", "continue\n", "shift\n", "return 1\n"])
        }done`;
      case 4: {
        const i = `i${this.counter++}`;
        return `${i}=0; ${
          this.pick(["while [ $((i)) -lt 3 ]", "until [ $((i)) -ge 3 ]"]).replace("i)", i + ")")
        }; do ${i}=$((${i}+1))\n${this.body()}${
          this.pick(["", "continue", "break", "continue 2", "break 3"])
        }\ndone${this.redirection()}`;
      }
      case 5:
      case 6:
        return `case ${this.word()} in ${
          this.pick(["", "(", "\n"])
        }${this.pattern()}) ${this.body()};; ` +
          `a|*b|${this.pattern()}) ${this.body()};; ${this.pattern()}) ;; *) ${this.body()} esac` +
          this.redirection();
      case 7:
        return this.pick([
          `case ${this.word()} in esac`,
          `case ${this.word()} in (${this.pattern()}) ;; esac`,
          `case "$x" in ${this.word()}) p yes ;; "$y" | ${this.pattern()} ) p two\n;;\nesac`,
          `case ${this.word()} in\n${this.pattern()}) ;;\nif) p if ;;\n(esac) ;;\nesac`,
        ]);
      case 8:
        return `{ ${this.body()}}${this.redirection()}`;
      case 9:
        return `( ${this.body()})${this.redirection()}`;
      default:
        return this.definition();
    }
  }

  /**
   * A function, and a call of it. Each has a name of its own: where a definition is not reached, a
   * call of an outer function of that name would never end.
   */
  private definition(): string {
    const f = `f${this.counter++}`;
    switch (this.below(5)) {
      case 0:
      case 1:
        return `${this.pick([`${f}()`, `${f} ()`, `function ${f}`, `${f}()\n`, `${f} ( )`])} { ${
          this.pick(["", `local x=${this.word()}\n`, "local y\n", "local x y=2\n", "local -\n"])
        }${this.body()}${
          this.pick(["return 2\n", "", "", "return\n", "return $?\n", "shift\n"])
        }}${this.redirection()}${this.newline()}${f}${this.words()}${this.redirection()}`;
      case 2:
        return `${f}() ( ${this.body()})${this.newline()}${
          this.pick(["", "x=V ", "x=1 y=2 "])
        }${f}${this.words()}`;
      case 3:
        return `${f}() { ${this.simple()}\nlocal n=$1\n[ "$1" -gt 0 ] && ${f} $(($1 - 1)) "$x"\n` +
          `p "$n" "$2"\n}\n${f} 2${this.words()}`;
      default: {
        const g = `g${this.counter++}`;
        return `${f}() { ${g}() { ${this.body()}}\n${g} "$@"; p ${g} $?; }${this.newline()}${f}` +
          this.words() +
          this.pick([`; unset -f ${f}; ${f}`, `; ${g}`, ` && ${f} || ${f}`, "", `; type ${g}`]);
      }
    }
  }

  /** Commands that run beside each other. */
  private processes(): string {
    switch (this.below(10)) {
      case 0:
      case 1:
        return `${this.command()} | ${this.pick(FILTERS)}`;
      case 2:
        return `${this.simple()} | ${this.command()} | ${this.pick(FILTERS)}; p $?`;
      case 3:
        return `{ ${this.body()}} & wait; p $?`;
      case 4:
        return `${this.simple()} & wait ${LAST}; p $?`;
      case 5:
        return `( ${this.body()}) & wait "${LAST}"; p $?`;
      case 6:
        return this.pick([
          `cat <(${this.inside()})`,
          `cat <(${this.inside()}) f1 <(echo two)`,
          `while read -r x; do p "$x"; done < <(${this.inside()})`,
          `{ read x; p "$x"; cat; } < <(${this.inside()})${this.redirection()}`,
          `fc() { cat "$1"; }; fc <(${this.inside()}); p $?`,
          `p <(:) ; p $?`,
          `echo a > >(cat >f2); p $?`,
        ]);
      case 7:
        return `echo${this.words()} | { read ${this.readFlags()} ${this.name()} ${this.name()}; p "$x" "$y" $?; }`;
      case 8:
        // Each reads all, for otherwise chance says who is killed by its pipe.
        return `set -o pipefail\n${this.simple()} | { cat; ${this.simple()}\n} | ${
          this.pick(["cat", "cat >f2", "sort", "{ cat; exit 3; }", "grep -c .", "! cat"])
        }\np $?; set +o pipefail`;
      default:
        return `sh ${this.pick(["-c", "-ec", "-uc", "-xc", "-fc", "-e -c", "+e -c", "-Cc"])} ${
          single(this.body())
        }${this.words()}`;
    }
  }

  /** Several commands that have to do with each other. */
  private arrangement(): string {
    switch (this.below(25)) {
      case 0:
      case 1:
      case 2:
        return `${this.command()} ${this.pick(["&&", "||", "&&\n", "|| \\\n"])} ${this.command()}`;
      case 3:
        return `! ${this.command()}`;
      case 4:
      case 5:
        return `cat ${this.heredoc()}`;
      case 6:
        return `cat ${this.heredoc()} - ${this.rarely(2) ? "" : this.heredoc()}; p $?`;
      case 7:
        return `read ${this.readFlags()} ${this.name()} ${this.name()} ${this.heredoc()}${this.newline()}` +
          `p "$x" "$y" "$z" $?`;
      case 8:
        return `while ${
          this.pick(["", "IFS= ", "IFS=: "])
        }read ${this.readFlags()} x y; do ${this.simple()}; ` +
          `p "$x" "$y"; done ${this.heredoc()}`;
      case 9:
      case 10:
        return this.options();
      case 11:
        return `eval ${single(this.body())}`;
      case 12:
        return `x=$(${this.inside()}); p "$x" $?`;
      case 13:
        return `${this.name()}=${this.word()} ${
          this.pick(["p", ":", "export", "eval", "command p", "sh -c 'echo $x$y'", "exec"])
        }${this.words()}`;
      case 14:
      case 15:
        return `set ${this.pick(["-e", "-u", "-f", "-C", "-a", "-eu", "-ef"])}\n${this.body()}${
          this.pick(["set +e", "set +u", "set +f; set +C", ""])
        }`;
      case 16:
        return `cat >s1 <<\\S\n${this.body()}S\n${
          this.pick(["", "", "", "", "x=1 ", "x=1 ", "x=2 ", this.rarely(3) ? "command " : ""])
        }. ./s1${this.words()}${this.redirection()}`;
      case 17:
        return `cat >s1 <<\\S\n${this.body()}S\n` +
          this.pick(["sh ./s1", "sh <s1", "sh -e s1", "chmod +x s1; ./s1", "sh -s a b <s1"]) +
          this.words();
      case 18:
        return `${this.command()}; ${this.command()}`;
      case 19:
        return `{ set -x\n${this.body()}} 2>&1; { set +x; } 2>/dev/null`;
      case 20:
        return `${this.redirection()} ${this.simple()}${this.redirection()}`;
      case 21:
        return `trap ${single(this.nested(() => this.command(), () => "p t"))} ${
          this.pick(["EXIT", "USR1", "0", "ERR", "TERM USR1"])
        }\n${this.pick([`kill -USR1 ${SELF}`, this.simple(), "(exit 3)"])}`;
      case 22:
        return `alias a2=${single(this.nested(() => this.simple(), () => "p"))}\na2${this.words()}`;
      case 23:
        return `if ${this.simple()} && ! ${this.simple()}; then p y; else p n $?; fi; p "$?"`;
      default:
        return `set -e\n${
          this.pick([
            `if ${this.simple()}; then p t; fi`,
            `${this.simple()} || p or`,
            `! ${this.simple()}`,
            `fe() { ${this.simple()}\np in; }${this.newline()}fe && p and`,
            `x=$(${this.simple()}; p sub)`,
            `( ${this.simple()}; p sub ) | cat`,
            `while ${this.simple()}; do break; done`,
            `eval ${single(this.simple())} || :`,
          ])
        }\np alive\nset +e`;
    }
  }

  /** A loop over options. */
  private options(): string {
    const words = this.some(
      () => this.pick(["-a", "-b", "-bv", "-ab", "--", "-c", "x", "-q", "-ac", "-", "-a-", "''"]),
      4,
    );
    const optstring = this.pick(["ab:c", ":ab:", "a:b", "x", "", ":", "b:a:"]);
    const loop = `while getopts ${optstring || "''"} o`;
    const show = 'p "$o" "$OPTARG" "$OPTIND"';
    const after = 'p $? "$o" "$OPTIND"';
    switch (this.below(4)) {
      case 0:
        return `set --${words}; OPTIND=1; ${loop}; do ${show}; done; shift $((OPTIND - 1)); ${after} "$@"`;
      case 1:
        return `fo() { local OPTIND=1 o; ${loop}; do ${show}; done; ${after}; }\nfo${words}`;
      case 2:
        return `OPTIND=1 OPTERR=0; ${loop}${words}; do case $o in a) p A ;; b) p "B$OPTARG" ;; ` +
          `\\?) p q ;; esac; done; ${after}; OPTERR=1`;
      default:
        return `OPTIND=1; ${loop}${words}; do ${show}; done; ${after}`;
    }
  }

  /** A whole script. */
  script(): string {
    if (this.rarely(10)) return repeatable(PRELUDE + this.experiments());
    let out = PRELUDE;
    // Most are small, since processes are what native spends its time on.
    const isSmall = this.below(4) > 0;
    this.depth = isSmall ? 1 : 0;
    for (let n = 1 + this.below(isSmall ? 2 : 4); n > 0; n--) out += this.line();
    out += 'p "$x" "$y" "$z" "$a1" $#\n';
    if (this.rarely(25)) out = this.damaged(out);
    if (this.rarely(25)) out = this.cut(out);
    return repeatable(out);
  }

  /** A script in which lines go on behind a backslash in places, or with bytes that are no letters. */
  private cut(script: string): string {
    const piece = (): string => this.rarely(3) ? this.pick(BYTES) : "\\\n";
    let out = script;
    for (let n = 1 + this.below(4); n > 0; n--) {
      const at = PRELUDE.length + this.below(out.length - PRELUDE.length);
      out = out.slice(0, at) + piece() + out.slice(at);
    }
    return out;
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
          this.pick([
            ...["(", ")", "{", "}", "'", '"', "`", ";", "&", "|", "<<", "$(", "\n", "\\", "#", " "],
            ...["fi", "done", "then", "${", "$((", ")", ";;", "<(", "esac", "!", "<<E", "$'"],
          ]) +
          script.slice(from);
      default:
        return script.slice(0, to);
    }
  }
}

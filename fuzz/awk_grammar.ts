/**
 * Random awk programs, for the parser and for comparison with native busybox (fuzz/awk.ts).
 *
 * `generate` makes programs of the grammar and, now and then, mere runs of tokens. Programs use no
 * power operator and no mathematics, which Debian's build refuses, and end by themselves.
 *
 * @module
 */

/** A source of numbers in [0, 1). */
export type Random = () => number;

/** A generator with a seed (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const NUMBERS = [
  ...["0", "1", "2", "3", "10", "0.5", "1e3", "007", "0x1F", "1.50", ".25", "100000", "123456.789"],
  ...["1e6", "2147483648", "08", "3.0", "1e-5", "17"],
];
const STRINGS = [
  ...[
    '""',
    '"a"',
    '"abc"',
    '"10"',
    '"3x"',
    '" 7 "',
    '"0"',
    '"b c"',
    '"A"',
    '"a.b"',
    '"%d"',
    '"x\\ty"',
  ],
  ...['"0x10"', '"1e2"', '"."', '"&"', '"\\\\&"', '"+1"', '"é"', '"\\/"', '"a\\"b"'],
];
const REGEXES = [
  ...["/a/", "/b*/", "/[0-9]+/", "/^a/", "/c$/", "/a|b/", "/(a)(b)?/", "/./", "/[[:alpha:]]+/"],
  ...["/x\\.y/", "/ /", "/a.c/", "/\\//", "/[^a]/", "/a{1,2}/", "/^$/"],
];
const NAMES = ["x", "y", "z", "n", "NR", "NF", "FS", "OFS", "SUBSEP", "RSTART"];
const ARRAYS = ["a", "b"];
const FORMATS = [
  ...['"%s\\n"', '"%d\\n"', '"%5s|\\n"', '"%-5d|\\n"', '"%05.1f\\n"', '"%c\\n"', '"%x %o\\n"'],
  ...['"%s %s %s\\n"', '"%%|%e\\n"', '"%g\\n"', '"%.3s|\\n"', '"%i\\n"', '"%+d % d\\n"', '"a\\n"'],
  ...['"%5%|\\n"', '"%u %X\\n"', '"%G %E\\n"', '"%#x|%.2d\\n"'],
];
const TOKENS = [
  ...["(", ")", "{", "}", "[", "]", ";", "\n", ",", "+", "-", "*", "/", "%", "=", "+=", "==", "!="],
  ...["<", "<=", ">=", "~", "!~", "!", "&&", "||", "|", "?", ":", "$", "++", "--", "in", "getline"],
  ...["BEGIN", "END", "function", "if", "else", "while", "for", "do", "break", "continue", "next"],
  ...[
    "nextfile",
    "exit",
    "return",
    "delete",
    "print",
    "printf",
    "length",
    "substr",
    "x",
    "y",
    "a[",
  ],
  ...["f(", "f", "1", '"s"', "/r/", "#c\n", "\\\n", "1.5", "x[1]", "$1", "(x)", "{}", "print x"],
];

/** Makes one program. */
export function generate(random: Random): string {
  return new Generator(random, random() < 0.9 ? 4 : 7).program();
}

class Generator {
  #depth = 0;
  #functions = 0;
  #inFunction = false;
  #inLoop = 0;

  constructor(private readonly random: Random, private readonly maxDepth: number) {}

  #below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#below(list.length)];
  }

  #chance(one: number): boolean {
    return this.#below(one) === 0;
  }

  program(): string {
    if (this.#chance(6)) return this.#soup();
    const items: string[] = [];
    this.#functions = this.#below(3);
    for (let i = 0; i < this.#functions; i++) items.push(this.#function(i));
    const count = 1 + this.#below(3);
    for (let i = 0; i < count; i++) items.push(this.#item());
    let text = items.join(this.#pick(["\n", "\n\n", " ", ";\n", "\n"]));
    if (this.#chance(8)) text = this.#damage(text);
    return text;
  }

  /** Tokens without a plan. */
  #soup(): string {
    const tokens: string[] = [];
    const count = 1 + this.#below(12);
    for (let i = 0; i < count; i++) tokens.push(this.#pick(TOKENS));
    const body = tokens.join(this.#pick([" ", "", " "]));
    return this.#chance(3) ? body : `BEGIN { ${body} }`;
  }

  #damage(text: string): string {
    const at = this.#below(text.length);
    switch (this.#below(3)) {
      case 0:
        return text.slice(0, at) + text.slice(at + 1);
      case 1:
        return text.slice(0, at) + this.#pick(TOKENS) + text.slice(at);
      default:
        return text.slice(0, at);
    }
  }

  #function(index: number): string {
    this.#inFunction = true;
    const params = this.#pick(["", "p", "p, q", "x", "p, a"]);
    const body = this.#block();
    this.#inFunction = false;
    return `function f${index}(${params}) ${body}`;
  }

  #item(): string {
    switch (this.#below(7)) {
      case 0:
      case 1:
      case 2:
        return `BEGIN ${this.#block()}`;
      case 3:
        return `END ${this.#block()}`;
      case 4:
        return this.#block();
      case 5:
        return `${this.#expr()} ${this.#chance(3) ? "" : this.#block()}`;
      default:
        return `${this.#expr()}, ${this.#expr()} ${this.#block()}`;
    }
  }

  #block(): string {
    const count = 1 + this.#below(4);
    const parts: string[] = [];
    for (let i = 0; i < count; i++) parts.push(this.#statement());
    return `{ ${parts.join(this.#pick(["; ", "\n", " ; ", ";\n"]))} }`;
  }

  #statement(): string {
    if (++this.#depth > 4) {
      this.#depth--;
      return `print ${this.#list()}`;
    }
    const text = this.#anyStatement();
    this.#depth--;
    return text;
  }

  #anyStatement(): string {
    switch (this.#below(20)) {
      case 0:
        return `if (${this.#expr()}) ${this.#statement()}`;
      case 1:
        return `if (${this.#expr()}) ${this.#block()} else ${this.#statement()}`;
      case 2: {
        this.#inLoop++;
        const text = `for (i${this.#depth} = 0; i${this.#depth} < ${
          1 + this.#below(3)
        }; i${this.#depth}++) ${this.#statement()}`;
        this.#inLoop--;
        return text;
      }
      case 3: {
        this.#inLoop++;
        const text = `for (k in ${this.#pick(ARRAYS)}) ${this.#statement()}`;
        this.#inLoop--;
        return text;
      }
      case 4: {
        this.#inLoop++;
        const text = `while (w${this.#depth}++ < ${1 + this.#below(3)}) ${this.#statement()}`;
        this.#inLoop--;
        return text;
      }
      case 5: {
        this.#inLoop++;
        const text = `do ${this.#block()} while (d${this.#depth}++ < 2)`;
        this.#inLoop--;
        return text;
      }
      case 6:
        return `delete ${this.#pick(ARRAYS)}[${this.#expr()}]`;
      case 7:
        return this.#chance(4) ? `delete ${this.#pick(ARRAYS)}` : `print ${this.#list()}`;
      case 8:
        return `printf ${this.#pick(FORMATS)}, ${this.#list()}`;
      case 9:
        return `printf(${this.#pick(FORMATS)}, ${this.#list()})`;
      case 10:
        if (this.#inFunction) return `return ${this.#expr()}`;
        return this.#chance(3) ? this.#pick(["next", "exit", "exit 3", "getline"]) : "print";
      case 11:
        return this.#inLoop > 0 ? this.#pick(["break", "continue"]) : `print (${this.#list()})`;
      case 12:
      case 13:
        return this.#expr();
      case 14:
        return this.#pick([
          "getline x",
          "getline",
          "$0 = $0",
          "NF = 2",
          '$3 = "q"',
          "$1 = $1",
          "{ }",
        ]);
      case 15:
        return `print ${this.#list()} > "/dev/stdout"`;
      case 16:
        return `${this.#target()} = ${this.#expr()}`;
      default:
        return `print ${this.#list()}`;
    }
  }

  #list(): string {
    const count = 1 + this.#below(3);
    const parts: string[] = [];
    for (let i = 0; i < count; i++) parts.push(this.#expr());
    return parts.join(", ");
  }

  #target(): string {
    switch (this.#below(5)) {
      case 0:
        return `$${this.#pick(["0", "1", "2", "NF", "(1+1)", "5"])}`;
      case 1:
        return `${this.#pick(ARRAYS)}[${this.#expr()}]`;
      default:
        return this.#pick(NAMES.slice(0, 4));
    }
  }

  #expr(): string {
    if (++this.#depth > this.maxDepth) {
      this.#depth--;
      return this.#atom();
    }
    const text = this.#anyExpr();
    this.#depth--;
    return text;
  }

  #atom(): string {
    switch (this.#below(7)) {
      case 0:
        return this.#pick(NUMBERS);
      case 1:
        return this.#pick(STRINGS);
      case 2:
        return `$${this.#below(4)}`;
      case 3:
        return `${this.#pick(ARRAYS)}["a"]`;
      default:
        return this.#pick(NAMES);
    }
  }

  #anyExpr(): string {
    const one = (): string => this.#expr();
    switch (this.#below(26)) {
      case 0:
        return `${one()} ${this.#pick(["+", "-", "*"])} ${one()}`;
      case 1:
        return `${one()} ${this.#pick(["/", "%"])} ${this.#pick(["2", "7", "x", "3.5"])}`;
      case 2:
        return `${one()} ${one()}`;
      case 3:
        return `${one()} ${this.#pick(["<", "<=", "==", "!=", ">="])} ${one()}`;
      case 4:
        return `(${one()} ${this.#pick(["<", ">", "==", "!=", ">="])} ${one()})`;
      case 5:
        return `${one()} ${this.#pick(["~", "!~"])} ${this.#pick([this.#pick(REGEXES), one()])}`;
      case 6:
        return `${one()} ${this.#pick(["&&", "||"])} ${one()}`;
      case 7:
        return `${this.#pick(["!", "-", "+", "!", "- "])}${one()}`;
      case 8:
        return `${one()} ? ${one()} : ${one()}`;
      case 9:
        return `(${one()})`;
      case 10:
        return `${one()} in ${this.#pick(ARRAYS)}`;
      case 11:
        return `((${one()}, ${one()}) in ${this.#pick(ARRAYS)})`;
      case 12:
        return `${this.#target()}${this.#pick(["++", "--"])}`;
      case 13:
        return `${this.#pick(["++", "--"])}${this.#target()}`;
      case 14:
        return `${this.#target()} ${this.#pick(["=", "+=", "-=", "*=", "="])} ${one()}`;
      case 15:
        return this.#pick(REGEXES);
      case 16:
        return `${this.#pick(ARRAYS)}[${this.#chance(3) ? `${one()}, ` : ""}${one()}]`;
      case 17:
        return `$(${one()})`.replace(/\$\(([^()]*)\)/, "$($1)");
      case 18:
        return this.#functions > 0 && !this.#inFunction
          ? `f${this.#below(this.#functions)}(${this.#chance(3) ? "" : one()})`
          : one();
      case 19:
      case 20:
        return this.#builtin();
      default:
        return this.#atom();
    }
  }

  #builtin(): string {
    const one = (): string => this.#expr();
    switch (this.#below(18)) {
      case 0:
        return `length(${one()})`;
      case 1:
        return "length";
      case 2:
        return `substr(${one()}, ${one()})`;
      case 3:
        return `substr(${one()}, ${one()}, ${one()})`;
      case 4:
        return `index(${one()}, ${one()})`;
      case 5:
        return `split(${one()}, ${this.#pick(ARRAYS)})`;
      case 6:
        return `split(${one()}, ${this.#pick(ARRAYS)}, ${
          this.#pick([this.#pick(REGEXES), '","', '" "', '"a"', '""'])
        })`;
      case 7:
        return `match(${one()}, ${this.#pick([this.#pick(REGEXES), one()])})`;
      case 8:
        return `sub(${this.#pick(REGEXES)}, ${one()}${
          this.#chance(2) ? `, ${this.#target()}` : ""
        })`;
      case 9:
        return `gsub(${this.#pick(REGEXES)}, ${one()}${
          this.#chance(2) ? `, ${this.#target()}` : ""
        })`;
      case 10:
        return `gensub(${this.#pick(REGEXES)}, ${this.#pick(STRINGS)}, ${
          this.#pick(['"g"', "1", "2", one()])
        })`;
      case 11:
        return `sprintf(${this.#pick(FORMATS)}, ${one()})`;
      case 12:
        return `${this.#pick(["toupper", "tolower"])}(${one()})`;
      case 13:
        return `int(${one()})`;
      case 14:
        return `${this.#pick(["and", "or", "xor", "lshift", "rshift"])}(${one()}, ${
          this.#pick(["1", "3", one()])
        })`;
      case 15:
        return `length(${this.#pick(ARRAYS)})`;
      case 16:
        return `(getline ${this.#pick(["x", "", "y", "a[1]"])})`;
      default:
        return `("echo ${this.#pick(["a b", "5", "x"])}" | getline ${this.#pick(["x", ""])})`;
    }
  }
}

/** Input of all programs. */
export const INPUT = "a b c\nd 10 0x1A\n\n  foo  bar 3.0 \nx,y;z\n";

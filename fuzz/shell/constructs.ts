/**
 * What of the language a script uses, read from its tree, and for what is inside of strings (`eval`,
 * traps, files that it writes) from its text.
 *
 * @module
 */
import { bareText, type Node, type Part, type Redir, type Word } from "../../applets/sh/ast.ts";
import { parseAll } from "../../applets/sh/print.ts";

const BUILTINS = new Set(
  (". : [ alias bg break cd chdir command continue echo eval exec exit export false fg getopts hash " +
    "help history jobs kill let local printf pwd read readonly return set shift test times trap true " +
    "type ulimit umask unalias unset wait [[ sh sleep").split(" "),
);

/** What is seen in the text alone. */
const TEXTS: readonly (readonly [string, RegExp])[] = [
  ["$'…'", /\$'/],
  ["backquotes", /`/],
  ["nested backquotes", /\\`/],
  ["$LINENO", /\$\{?LINENO/],
  ["set -e", /set -[a-z]*e|sh -e/],
  ["set -u", /set -[a-z]*u|sh -u|nounset/],
  ["set -x", /set -[a-z]*x|sh -x/],
  ["set -f", /set -[a-z]*f|sh -f/],
  ["set -C", /set -[a-z]*C|sh -C/],
  ["set -v", /set -v/],
  ["set -n", /set -n/],
  ["set -o pipefail", /pipefail/],
  ["IFS is set", /IFS=/],
  ["tilde", /[\s=:]~/],
  ["comment", /(?:^|\s)#/m],
  ["line continuation", /\\\n/],
  ["trap EXIT", /trap [^\n]* (?:EXIT|0)\b/],
  ["trap ERR", /trap [^\n]* ERR/],
  ["trap of a signal", /trap [^\n]* (?:USR1|INT|TERM|HUP|CHLD)/],
  ["wait $!", /wait "?\$!/],
  ["dot script", /\. \.\/s1/],
  ["script run by sh", /sh (?:-\w )?(?:<|\.\/)?s1|\.\/s1/],
];

/** Collects the names of constructs. */
class Walk {
  readonly found = new Set<string>();

  words(words: readonly Word[]): void {
    for (const word of words) for (const part of word.parts) this.part(part);
  }

  private part(part: Part): void {
    switch (part.t) {
      case "var":
        this.found.add(part.op === "" ? "$name" : `\${x${part.op}}`);
        if (part.quoted) this.found.add(`"\${x${part.op}}"`);
        if (part.arg) this.words([part.arg]);
        if (part.arg2) this.words([part.arg2]);
        break;
      case "cmd":
        this.found.add("$(…)");
        this.node(part.body);
        break;
      case "arith":
        this.found.add("$((…))");
        this.words([part.word]);
        break;
      case "proc":
        this.found.add(`${part.dir}(…)`);
        this.node(part.body);
    }
  }

  private redirs(redirs: readonly Redir[]): void {
    for (const redir of redirs) {
      const { op, word } = redir;
      const target = bareText(word);
      let name = `redirection ${op}`;
      if (op === ">&" || op === "<&") {
        name = target === "-" ? `close ${op}-` : `duplicate ${op}N`;
      } else if (op === "<<") {
        name = `here-document${redir.raw ? ", quoted" : ""}${redir.strip ? ", tabs" : ""}`;
        if (word.parts.some((part) => part.t === "cmd" && JSON.stringify(part).includes('"<<"'))) {
          this.found.add("here-document in a here-document");
        }
      }
      this.found.add(name);
      if (redir.fd > 2) this.found.add("descriptor above 2");
      this.words([word]);
    }
  }

  node(node: Node | null): void {
    if (node === null) return;
    this.found.add(node.k);
    switch (node.k) {
      case "simple": {
        const name = node.words.length > 0 ? bareText(node.words[0]) : undefined;
        if (name !== undefined && BUILTINS.has(name)) this.found.add(`builtin ${name}`);
        if (node.assigns.length > 0) {
          this.found.add(node.words.length > 0 ? "assignment before a command" : "assignment");
        }
        this.words(node.assigns.map((assign) => assign.word));
        this.words(node.words);
        this.redirs(node.redirs);
        break;
      }
      case "pipe":
        node.cmds.forEach((command) => this.node(command));
        break;
      case "and":
      case "or":
        this.node(node.left);
        this.node(node.right);
        break;
      case "seq":
        node.items.forEach((item) => this.node(item));
        break;
      case "if":
        this.node(node.cond);
        this.node(node.then);
        this.node(node.orelse);
        break;
      case "while":
      case "until":
        this.node(node.cond);
        this.node(node.body);
        break;
      case "case":
        this.words([node.word]);
        for (const item of node.items) {
          this.words(item.patterns);
          this.node(item.body);
        }
        break;
      case "redir":
        this.redirs(node.redirs);
        this.node(node.body);
        break;
      case "for":
        if (node.words !== null) this.words(node.words);
        this.node(node.body);
        break;
      default:
        this.node(node.body);
    }
  }
}

/** The names of the constructs of a script. */
export function constructsOf(script: string): ReadonlySet<string> {
  const walk = new Walk();
  try {
    walk.node(parseAll(script));
  } catch {
    walk.found.add("syntax error");
  }
  for (const [name, pattern] of TEXTS) if (pattern.test(script)) walk.found.add(name);
  return walk.found;
}

/**
 * Commands as `jobs` shows them: on one line, quoting told by double quotes, without assignments.
 *
 * @module
 */

import type { If, Node, Part, Redir, Word } from "./ast.ts";

/** The text of a command in a list of jobs. */
export function commandText(n: Node): string {
  switch (n.k) {
    case "simple":
      return [...n.words.map(wordText), ...n.redirs.map(redirText)].join(" ");
    case "pipe":
      return n.cmds.map(commandText).join(" | ");
    case "not":
      return "!" + commandText(n.body);
    case "and":
      return commandText(n.left) + " && " + commandText(n.right);
    case "or":
      return commandText(n.left) + " || " + commandText(n.right);
    case "seq":
      return n.items.map(commandText).join("; ");
    case "bg":
      return commandText(n.body);
    case "sub":
      return "(" + commandText(n.body) + ")";
    case "group":
      return commandText(n.body);
    case "redir":
      return [commandText(n.body), ...n.redirs.map(redirText)].join(" ");
    case "if":
      return ifText(n);
    case "while":
    case "until":
      return `${n.k} ${commandText(n.cond)}; do ${commandText(n.body)}; done`;
    case "for": {
      const words = n.words === null ? ['"${@}"'] : n.words.map(wordText);
      return `for ${n.name} in ${words.join(" ")}; do ${commandText(n.body)}; done`;
    }
    case "case":
      return `case ${wordText(n.word)} in ` +
        n.items.map(({ patterns, body }) =>
          `${wordText(patterns[0])}) ${body === null ? "" : commandText(body)};; `
        ).join("") + "esac";
    case "func":
      return n.name + "() { ... }";
  }
}

function ifText(n: If): string {
  let text = `if ${commandText(n.cond)}; then ${commandText(n.then)}`;
  if (n.orelse !== null) text += `; else ${commandText(n.orelse)}`;
  return text + "; fi";
}

function redirText(r: Redir): string {
  if (r.op === "<<") return `${r.fd}<<...`;
  if (r.op === "&>") return `${r.fd}>${wordText(r.word)}`;
  return r.fd + r.op + wordText(r.word);
}

function wordText(w: Word): string {
  let out = "";
  for (let i = 0; i < w.parts.length; i++) {
    const p = w.parts[i];
    // One character behind a backslash is shown as if it were not quoted.
    if (p.t === "quo") out += `"${p.s.replaceAll(/["$\\`]/g, "\\$&")}"`;
    else out += partText(p);
  }
  return out;
}

function partText(p: Exclude<Part, { t: "quo" }>): string {
  switch (p.t) {
    case "lit":
      return p.s;
    case "var":
      return quoted(p.quoted, variableText(p));
    case "cmd":
      return quoted(p.quoted, "$(...)");
    case "arith":
      return quoted(p.quoted, "$((" + p.word.parts.map(innerText).join("") + "))");
    case "proc":
      return p.dir + "(...)";
  }
}

function quoted(on: boolean, text: string): string {
  return on ? `"${text}"` : text;
}

function innerText(p: Part): string {
  return p.t === "quo" ? p.s : p.t === "var" ? variableText(p) : partText(p);
}

function variableText(p: Part & { t: "var" }): string {
  if (p.op === "") return "${" + p.name + "}";
  if (p.op === "len") return "${#" + p.name + "}";
  const inner = (w: Word | undefined): string => (w?.parts ?? []).map(innerText).join("");
  const op = p.op === "sub" ? ":" : p.op === "bad" ? "" : p.op;
  let out = "${" + p.name + op + inner(p.arg);
  if (p.arg2 !== undefined) out += (p.op === "sub" ? ":" : "/") + inner(p.arg2);
  return out + "}";
}

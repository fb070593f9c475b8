/**
 * Makes the reader of the shell that gives others their turn from the one that does not:
 * `applets/sh/turns/{words,lex,parse}.ts` from the modules of the same names in `applets/sh/`.
 * `deno run -A tests/tools/parse_turns.ts [--check]`.
 *
 * The methods that may read more than a little become generators, calls of them delegate, and each
 * turn of a loop in them looks whether another process is due. So a command of any length is read
 * by the same grammar, and the reader of ordinary commands pays nothing for it.
 */

const folder = new URL("../../applets/sh/", import.meta.url);

/** The modules, and the methods that become generators. */
const MODULES: readonly (readonly [module: string, steps: readonly string[]])[] = [
  ["words", [
    "commandList",
    "nested",
    "scanParts",
    "#processSubstitution",
    "#doubleQuotes",
    "#innerQuotes",
    "backquotes",
    "dollar",
    "#dollarQuotes",
    "#braced",
    "#badBraces",
    "#bracedTail",
  ]],
  ["lex", [
    "substitution",
    "read",
    "raw",
    "#scan",
    "#wordOrRedirection",
    "readHeredocs",
    "#rawBody",
    "#activeBody",
  ]],
  ["parse", [
    "next",
    "#list",
    "#body",
    "#andOr",
    "#pipeline",
    "#expect",
    "#command",
    "#ifClause",
    "#forClause",
    "#caseClause",
    "#functionName",
    "#redirection",
    "#simple",
  ]],
];

const STEPS: ReadonlySet<string> = new Set(MODULES.flatMap(([, steps]) => steps));

/** Text of the top level: what stands at the beginning of a line, with the comment before it. */
function statements(text: string): string[] {
  const found: string[] = [];
  let current = "";
  for (const line of text.split("\n")) {
    if (line === "" && !current.includes("{\n")) {
      if (current !== "") found.push(current);
      current = "";
      continue;
    }
    current += line + "\n";
    if (/^(?:[}\]]|.*;$)/.test(line) && !/^\s/.test(line)) {
      found.push(current);
      current = "";
    }
  }
  if (current !== "") found.push(current);
  return found;
}

/** Where the bracket that opens at `open` is closed. */
function closing(text: string, open: number): number {
  let depth = 0;
  let quote = "";
  for (let i = open; i < text.length; i++) {
    const c = text[i];
    if (quote !== "") {
      if (c === "\\") i++;
      else if (c === quote) quote = "";
    } else if (c === '"' || c === "'" || c === "`") quote = c;
    else if (c === "(") depth++;
    else if (c === ")" && --depth === 0) return i;
  }
  throw new Error("a parenthesis is not closed");
}

const MEMBER = /^ {2}(?:\/\*\*|(?!\s))/;

/** The members of a class body, each with its comment. */
function members(body: string): string[] {
  const found: string[] = [];
  let current = "";
  let isComplete = false;
  for (const line of body.split("\n")) {
    if (isComplete || (MEMBER.test(line) && current.trim() === "")) {
      if (current !== "") found.push(current);
      current = "";
      isComplete = false;
    }
    current += line + "\n";
    isComplete = /^ {2}(?:\}|[^\s*/].*;$|.*\}$)/.test(line) && !line.startsWith("   ");
  }
  if (current !== "") found.push(current);
  return found;
}

const METHOD = /^ {2}((?:protected |private |override |abstract )*)(#?\w+)\(/m;

/** A method as a generator. */
function inSteps(member: string): string {
  const head = METHOD.exec(member)!;
  const [whole, modifiers, name] = head;
  const open = head.index + whole.length - 1;
  const end = closing(member, open);
  const type = /^: ([^{;]+?)( \{|;)/.exec(member.slice(end + 1));
  if (type === null) throw new Error(`${name} has no type`);
  const isAbstract = modifiers.includes("abstract");
  const header = member.slice(0, head.index) + `  ${modifiers}${isAbstract ? "" : "*"}${name}` +
    member.slice(open, end + 1) + `: Steps<${type[1]}>${type[2]}`;
  const body = member.slice(end + 1 + type[0].length).replace(
    /^( +)(?:for|while|do)\b.*\{$/gm,
    "$&\n$1  if (this.isDue()) yield* this.turn();",
  );
  return header + delegating(body);
}

/** Calls of generators delegate to them. */
function delegating(text: string): string {
  let out = text;
  const calls = [...text.matchAll(/\b(?:this|super|parser)\.(#?\w+)\(/g)];
  // From the right, so that what stands in the parentheses of a call is done before it.
  for (const call of calls.reverse()) {
    if (!STEPS.has(call[1])) continue;
    const end = closing(out, call.index + call[0].length - 1);
    out = `${out.slice(0, call.index)}(yield* ${out.slice(call.index, end + 1)})${
      out.slice(end + 1)
    }`;
  }
  return out;
}

function turned(statement: string): string {
  const start = statement.indexOf("{\n") + 2;
  const end = statement.lastIndexOf("}");
  const body = members(statement.slice(start, end).replace(/\n$/, "")).map((member) => {
    const name = METHOD.exec(member)?.[2];
    return name !== undefined && STEPS.has(name) ? inSteps(member) : member;
  });
  const head = statement.slice(0, start).replace("extends Source ", "extends TurnSource ");
  return head + body.join("") + statement.slice(end);
}

/** Whether a text speaks of a name. */
function uses(text: string, name: string): boolean {
  return new RegExp(`(?<![\\w.#"])${name}\\b`).test(text);
}

/** One module in turns. */
function moduleInTurns(module: string): string {
  const text = Deno.readTextFileSync(new URL(`${module}.ts`, folder));
  const imports: { names: string[]; from: string; isType: boolean }[] = [];
  const exported: string[] = [];
  const kept: string[] = [];
  let made = "";
  for (const statement of statements(text)) {
    const bare = statement.replace(/^(?:\/\*\*[\s\S]*?\*\/\n|\/\/.*\n)+/, "");
    if (bare === "") continue;
    const imported = /^import (type )?\{([\s\S]*)\} from "(.*)";/.exec(bare);
    if (imported !== null) {
      const names = imported[2].split(",").map((name) => name.trim()).filter((name) => name !== "");
      imports.push({ names, from: imported[3], isType: imported[1] !== undefined });
    } else if (/^export (?:abstract )?class \w+ extends/.test(bare)) made = turned(statement);
    else if (bare.startsWith("export ")) {
      const [, kind, name] = /^export (const enum|const|class|function|type|interface) (\w+)/
        .exec(bare)!;
      exported.push(kind === "type" || kind === "interface" ? `type ${name}` : name);
    } else kept.push(statement);
  }
  let rest = made;
  const helpers: string[] = [];
  for (let grows = true; grows;) {
    grows = false;
    for (const helper of kept) {
      const name = /^(?:const|function|interface|type) (\w+)/m.exec(helper)![1];
      if (helpers.includes(helper) || !uses(rest, name)) continue;
      helpers.push(helper);
      rest += helper;
      grows = true;
    }
  }
  imports.push({ names: exported, from: `./${module}.ts`, isType: false });
  let head = `/**
 * Made from \`../${module}.ts\` by \`tests/tools/parse_turns.ts\`: the same in turns with others.
 *
 * @module
 */

import type { Steps } from "../../_lib/steps.ts";
`;
  for (const { names, from, isType } of imports) {
    const used = names.filter((name) => uses(rest, name.replace("type ", "")));
    for (const inTurns of [true, false]) {
      const some = used.filter((name) => inTurns === /^(?:Lexer|WordScanner|Source)$/.test(name));
      if (some.length === 0) continue;
      const path = inTurns ? from : from.replace("./", "../");
      head += `import ${isType ? "type " : ""}{ ${some.join(", ")} } from "${path}";\n`;
    }
  }
  if (uses(rest, "TurnSource")) head += `import { TurnSource } from "./source.ts";\n`;
  const order = kept.filter((helper) => helpers.includes(helper));
  return head + "\n" + [made, ...order].join("\n");
}

/** What `deno fmt` makes of a text. */
async function formatted(text: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "-q", "--ext", "ts", "--line-width", "100", "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { success, stdout } = await child.output();
  if (!success) throw new Error("deno fmt failed");
  return new TextDecoder().decode(stdout);
}

/** The modules by their paths below `applets/sh/`. */
export async function parseTurns(): Promise<ReadonlyMap<string, string>> {
  const made = new Map<string, string>();
  for (const [module] of MODULES) {
    made.set(`turns/${module}.ts`, await formatted(moduleInTurns(module)));
  }
  return made;
}

if (import.meta.main) {
  let stale = false;
  for (const [path, text] of await parseTurns()) {
    const url = new URL(path, folder);
    if (Deno.args.includes("--check")) {
      if (Deno.readTextFileSync(url) === text) continue;
      console.error(`applets/sh/${path} is not what tests/tools/parse_turns.ts makes`);
      stale = true;
    } else Deno.writeTextFileSync(url, text);
  }
  if (stale) Deno.exit(1);
}

/**
 * The house rules that a machine can check, as a plugin of `deno lint`.
 *
 * Deno's linter has no scopes, so a global counts as used when its name is read and the file
 * declares nothing of that name; `Deno` and `globalThis` count wherever they stand.
 *
 * @module
 */

import { isProduct, isPure, refuseImport, refuseSpecifier, resolveImport } from "./layers.ts";

const rootPath = decodeURIComponent(new URL("../../", import.meta.url).pathname);

/** Globals that reach the host, the network, time, or code that is made from text. */
const hostGlobals: ReadonlySet<string> = new Set([
  "Deno",
  "globalThis",
  "window",
  "self",
  "process",
  "Buffer",
  "require",
  "console",
  "fetch",
  "WebSocket",
  "WebSocketStream",
  "EventSource",
  "XMLHttpRequest",
  "BroadcastChannel",
  "Worker",
  "navigator",
  "location",
  "localStorage",
  "sessionStorage",
  "caches",
  "performance",
  "crypto",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "clearTimeout",
  "clearInterval",
  "clearImmediate",
  "prompt",
  "alert",
  "confirm",
  "addEventListener",
  "removeEventListener",
  "dispatchEvent",
]);

/** Modules that may import by a specifier that is computed, to load only what is used. */
const computedImports: ReadonlySet<string> = new Set([
  "applets/_lib/part.ts",
  "wasi/loader.ts",
  "mod.ts",
  "cli.ts",
  "sandbox/cli/main.ts",
]);

/** A node as this plugin looks at it: the kinds it knows, and fields to walk. */
interface Shape {
  type: string;
  parent?: Shape;
  // deno-lint-ignore no-explicit-any
  [field: string]: any;
}

/** The path of the file below the root of the project, or undefined for files elsewhere. */
function pathOf(ctx: Deno.lint.RuleContext): string | undefined {
  const name = ctx.filename.replace(/^file:\/\//, "");
  if (name.startsWith(rootPath)) return name.slice(rootPath.length);
  return name.startsWith("/") ? undefined : name;
}

function ruleFor(
  applies: (path: string) => boolean,
  create: (ctx: Deno.lint.RuleContext, path: string) => Deno.lint.LintVisitor,
): Deno.lint.Rule {
  return {
    create(ctx) {
      const path = pathOf(ctx);
      return path !== undefined && applies(path) ? create(ctx, path) : {};
    },
  };
}

/** Whether the identifier is a key or a property name, not a reference or a declaration. */
function isName(node: Shape): boolean {
  const parent = node.parent;
  if (parent === undefined) return false;
  switch (parent.type) {
    case "MemberExpression":
      return parent.property === node && !parent.computed;
    case "Property":
    case "PropertyDefinition":
    case "MethodDefinition":
    case "AccessorProperty":
      return parent.key === node && !parent.computed && !parent.shorthand;
    case "ImportSpecifier":
      return parent.imported === node && parent.local !== node;
    case "ExportSpecifier":
    case "LabeledStatement":
    case "BreakStatement":
    case "ContinueStatement":
    case "MetaProperty":
      return true;
    default:
      // Types are erased; the type-check of applets/ and wasi/ refuses those that do not exist.
      return parent.type.startsWith("TS") && parent.type !== "TSAsExpression" &&
        parent.type !== "TSNonNullExpression" && parent.type !== "TSSatisfiesExpression" &&
        parent.type !== "TSParameterProperty" && parent.type !== "TSEnumMember";
  }
}

/** Adds the names that a binding pattern declares. */
function addNames(pattern: Shape | null | undefined, names: Set<string>): void {
  if (pattern === null || pattern === undefined) return;
  switch (pattern.type) {
    case "Identifier":
      names.add(pattern.name);
      break;
    case "ObjectPattern":
      for (const property of pattern.properties) {
        addNames(property.type === "RestElement" ? property : property.value, names);
      }
      break;
    case "ArrayPattern":
      for (const element of pattern.elements) addNames(element, names);
      break;
    case "AssignmentPattern":
      addNames(pattern.left, names);
      break;
    case "RestElement":
      addNames(pattern.argument, names);
      break;
    case "TSParameterProperty":
      addNames(pattern.parameter, names);
      break;
  }
}

/** Visitor that collects what a file declares into `names`. */
function collectDeclarations(names: Set<string>): Deno.lint.LintVisitor {
  const ofFunction = (node: Shape) => {
    addNames(node.id, names);
    for (const param of node.params) addNames(param, names);
  };
  return {
    VariableDeclarator: (node) => addNames(node.id as Shape, names),
    FunctionDeclaration: (node) => ofFunction(node as unknown as Shape),
    FunctionExpression: (node) => ofFunction(node as unknown as Shape),
    ArrowFunctionExpression: (node) => ofFunction(node as unknown as Shape),
    ClassDeclaration: (node) => addNames(node.id as Shape | null, names),
    CatchClause: (node) => addNames(node.param as Shape | null, names),
    ImportSpecifier: (node) => addNames(node.local as Shape, names),
    ImportDefaultSpecifier: (node) => addNames(node.local as Shape, names),
    ImportNamespaceSpecifier: (node) => addNames(node.local as Shape, names),
  };
}

function isMember(node: Shape, object: string, property: string): boolean {
  return node.type === "MemberExpression" && node.object.type === "Identifier" &&
    node.object.name === object &&
    (node.property.type === "Identifier" && !node.computed && node.property.name === property ||
      node.property.type === "Literal" && node.property.value === property);
}

function isGlobalCall(node: Shape, name: string): boolean {
  return node.callee.type === "Identifier" && node.callee.name === name;
}

/** Only sandbox/host/ touches the host; what is not handed to an applet does not exist for it. */
const noHost = ruleFor(isPure, (ctx) => {
  const declared = new Set<string>();
  const used: Shape[] = [];
  return {
    ...collectDeclarations(declared),
    Identifier(node) {
      const shape = node as unknown as Shape;
      if (hostGlobals.has(node.name) && !isName(shape)) used.push(shape);
    },
    "Program:exit"() {
      for (const node of used) {
        const isAlways = node.name === "Deno" || node.name === "globalThis";
        if (declared.has(node.name) && !isAlways) continue;
        ctx.report({
          node: node as unknown as Deno.lint.Node,
          message: `\`${node.name}\` reaches the host; only sandbox/host/ may`,
        });
      }
    },
  };
});

/** Clock and chance are capabilities. */
const noAmbientClock = ruleFor(isPure, (ctx) => {
  const report = (node: unknown, what: string) =>
    ctx.report({
      node: node as Deno.lint.Node,
      message: `${what} is a capability: ask the process for it`,
    });
  return {
    MemberExpression(node) {
      const shape = node as unknown as Shape;
      if (isMember(shape, "Date", "now")) report(node, "the clock");
      if (isMember(shape, "Math", "random")) report(node, "chance");
    },
    NewExpression(node) {
      if (isGlobalCall(node as unknown as Shape, "Date") && node.arguments.length === 0) {
        report(node, "the clock");
      }
    },
    CallExpression(node) {
      if (isGlobalCall(node as unknown as Shape, "Date")) report(node, "the clock");
    },
  };
});

/** Arrows between modules point one way, and the core imports nothing from elsewhere. */
const layers = ruleFor(() => true, (ctx, path) => {
  const check = (node: Deno.lint.Node, specifier: unknown, typeOnly: boolean) => {
    if (typeof specifier !== "string") return;
    const why = /^\.{0,2}\//.test(specifier)
      ? refuseImport(path, resolveImport(path, specifier), typeOnly)
      : refuseSpecifier(path, specifier);
    if (why !== undefined) ctx.report({ node, message: why });
  };
  return {
    ImportDeclaration(node) {
      const shape = node as unknown as Shape;
      const specifiers: Shape[] = shape.specifiers;
      const typeOnly = shape.importKind === "type" || specifiers.length > 0 &&
          specifiers.every((specifier) => specifier.importKind === "type");
      check(node, node.source.value, typeOnly);
    },
    ExportNamedDeclaration(node) {
      const shape = node as unknown as Shape;
      if (shape.source) check(node, shape.source.value, shape.exportKind === "type");
    },
    ExportAllDeclaration(node) {
      const shape = node as unknown as Shape;
      check(node, shape.source.value, shape.exportKind === "type");
    },
    ImportExpression(node) {
      const source = node.source as unknown as Shape;
      if (source.type === "Literal") {
        check(node, source.value, false);
      } else if (
        isProduct(path) && !computedImports.has(path) && !path.startsWith("sandbox/host/")
      ) {
        ctx.report({ node, message: "computed imports are for the loaders and sandbox/host/" });
      }
    },
  };
});

/** Whether the expression is text that stands in the source. */
function isConstantText(node: Shape | undefined): boolean {
  return node === undefined || node.type === "Literal" ||
    node.type === "TemplateLiteral" && node.expressions.length === 0;
}

/**
 * Patterns that come from scripts or data go to the own engine: JavaScript's backtracks without
 * bound. The own engine may hand a pattern on after proving that it cannot.
 */
const noDynamicRegExp = ruleFor(
  (path) => isProduct(path) && !path.startsWith("applets/_lib/regex/"),
  (ctx) => {
    const check = (node: Shape) => {
      if (!isGlobalCall(node, "RegExp")) return;
      if (node.arguments.every((argument: Shape) => isConstantText(argument))) return;
      ctx.report({
        node: node as unknown as Deno.lint.Node,
        message: "a computed pattern can run for ever; use applets/_lib/regex",
      });
    };
    return {
      NewExpression: (node) => check(node as unknown as Shape),
      CallExpression: (node) => check(node as unknown as Shape),
    };
  },
);

/** No code is made from text. */
const noCodeFromText = ruleFor(isProduct, (ctx) => {
  const check = (node: Shape) => {
    if (isGlobalCall(node, "eval") || isGlobalCall(node, "Function")) {
      ctx.report({
        node: node as unknown as Deno.lint.Node,
        message: "code must not be made from text",
      });
    }
  };
  return {
    NewExpression: (node) => check(node as unknown as Shape),
    CallExpression: (node) => check(node as unknown as Shape),
  };
});

/** Only cli.ts ends the process; programs of the workshop end their own. */
const noExit = ruleFor((path) => isProduct(path) && path !== "cli.ts", (ctx) => ({
  MemberExpression(node) {
    const shape = node as unknown as Shape;
    if (isMember(shape, "Deno", "exit") || isMember(shape, "process", "exit")) {
      ctx.report({ node, message: "only cli.ts exits" });
    }
  },
}));

/** A default export has no name of its own. */
const noDefaultExport = ruleFor((path) => path !== "tests/arch/lint_plugin.ts", (ctx) => ({
  ExportDefaultDeclaration(node) {
    ctx.report({ node, message: "export it by name" });
  },
}));

/** Whether the annotation is `Record<string, …>` or an index signature over strings. */
function isDictionaryType(type: Shape | undefined): boolean {
  if (type?.type === "TSTypeReference") {
    const first = type.typeArguments?.params?.[0] ?? type.typeParameters?.params?.[0];
    return type.typeName?.name === "Record" && first?.type === "TSStringKeyword";
  }
  return type?.type === "TSTypeLiteral" &&
    type.members.some((member: Shape) => member.type === "TSIndexSignature");
}

/** Names from scripts and data index a `Map`: `__proto__` and `constructor` are names too. */
const noDictionaryObject = ruleFor(isPure, (ctx) => ({
  VariableDeclarator(node) {
    const shape = node as unknown as Shape;
    const init: Shape | null = shape.init;
    if (init?.type !== "ObjectExpression" || init.properties.length > 0) return;
    if (!isDictionaryType(shape.id.typeAnnotation?.typeAnnotation)) return;
    ctx.report({ node, message: "keep names that come from outside in a Map" });
  },
  TSAsExpression(node) {
    const shape = node as unknown as Shape;
    const isEmpty = shape.expression.type === "ObjectExpression" &&
      shape.expression.properties.length === 0;
    if (isEmpty && isDictionaryType(shape.typeAnnotation)) {
      ctx.report({ node, message: "keep names that come from outside in a Map" });
    }
  },
}));

/** What is written here is finished. */
const noPromises = ruleFor(() => true, (ctx) => ({
  "Program:exit"() {
    for (const comment of ctx.sourceCode.getAllComments()) {
      const found = /\b(TO-?DO|FIX-?ME)\b/.exec(comment.value);
      if (found === null) continue;
      ctx.report({ range: comment.range, message: `${found[0]}: write an issue, or do it` });
    }
  },
}));

const plugin: Deno.lint.Plugin = {
  name: "capbox",
  rules: {
    "no-host": noHost,
    "no-ambient-clock": noAmbientClock,
    "layers": layers,
    "no-dynamic-regexp": noDynamicRegExp,
    "no-code-from-text": noCodeFromText,
    "no-exit": noExit,
    "no-default-export": noDefaultExport,
    "no-dictionary-object": noDictionaryObject,
    "no-promises": noPromises,
  },
};

export default plugin;

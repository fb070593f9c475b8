/**
 * A small assembler for test modules: the text format of WebAssembly as far as tests use it.
 *
 * Known: `import` and `func` (with `$names`, `param`, `result`, `local`, inline `export`), `memory`,
 * `table` with `elem`, `global`, `data`, `export`, `start`, `tag`; instructions folded or flat; the
 * numbers and control of the first version, and exceptions.
 *
 * @module
 */

type Node = string | Node[];

function tokens(text: string): string[] {
  const found = text.replace(/;;[^\n]*/g, "").match(/"(?:[^"\\]|\\.)*"|[()]|[^\s()"]+/g);
  return found ?? [];
}

function parse(text: string): Node[] {
  const stack: Node[][] = [[]];
  for (const token of tokens(text)) {
    if (token === "(") stack.push([]);
    else if (token === ")") {
      const done = stack.pop();
      if (done === undefined || stack.length === 0) throw new SyntaxError("unbalanced )");
      stack[stack.length - 1].push(done);
    } else stack[stack.length - 1].push(token);
  }
  if (stack.length !== 1) throw new SyntaxError("unbalanced (");
  return stack[0];
}

/** Unsigned LEB128. */
export function uleb(value: number | bigint): number[] {
  let rest = BigInt(value);
  const bytes: number[] = [];
  do {
    const byte = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest === 0n ? byte : byte | 128);
  } while (rest !== 0n);
  return bytes;
}

/** Signed LEB128. */
export function sleb(value: number | bigint): number[] {
  let rest = BigInt(value);
  const bytes: number[] = [];
  for (;;) {
    const byte = Number(rest & 127n);
    rest >>= 7n;
    if (rest === 0n && (byte & 64) === 0 || rest === -1n && (byte & 64) !== 0) {
      bytes.push(byte);
      return bytes;
    }
    bytes.push(byte | 128);
  }
}

const TYPES: Readonly<Record<string, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c };

/** Instructions without immediates. */
const PLAIN: ReadonlyMap<string, number> = new Map([
  ["unreachable", 0x00],
  ["nop", 0x01],
  ["return", 0x0f],
  ["drop", 0x1a],
  ["select", 0x1b],
  ...["eqz", "eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"]
    .flatMap((
      name,
      i,
    ): [string, number][] => [[`i32.${name}`, 0x45 + i], [`i64.${name}`, 0x50 + i]]),
  ...[
    ..."clz ctz popcnt add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr"
      .split(" "),
  ].flatMap((
    name,
    i,
  ): [string, number][] => [[`i32.${name}`, 0x67 + i], [`i64.${name}`, 0x79 + i]]),
  ["f64.add", 0xa0],
  ["f64.mul", 0xa2],
  ["i32.wrap_i64", 0xa7],
  ["i64.extend_i32_s", 0xac],
  ["i64.extend_i32_u", 0xad],
]);

/** Loads and stores with the logarithm of their natural alignment. */
const MEMORY: ReadonlyMap<string, readonly [number, number]> = new Map([
  ["i32.load", [0x28, 2]],
  ["i64.load", [0x29, 3]],
  ["i32.load8_u", [0x2d, 0]],
  ["i32.load16_u", [0x2f, 1]],
  ["i32.store", [0x36, 2]],
  ["i64.store", [0x37, 3]],
  ["i32.store8", [0x3a, 0]],
  ["i32.store16", [0x3b, 1]],
]);

function unquote(text: string): number[] {
  const bytes: number[] = [];
  const inner = text.slice(1, -1);
  for (let i = 0; i < inner.length; i++) {
    if (inner[i] !== "\\") {
      bytes.push(...new TextEncoder().encode(inner[i]));
      continue;
    }
    const escape = inner[++i];
    if (escape === "n") bytes.push(10);
    else if (escape === "t") bytes.push(9);
    else if (escape === '"' || escape === "\\") bytes.push(escape.charCodeAt(0));
    else bytes.push(parseInt(inner.slice(i, ++i + 1), 16));
  }
  return bytes;
}

const vector = (items: readonly (readonly number[])[]): number[] => [
  ...uleb(items.length),
  ...items.flat(),
];
const sized = (bytes: readonly number[]): number[] => [...uleb(bytes.length), ...bytes];
const section = (id: number, content: readonly number[]): number[] => [id, ...sized(content)];

class Names {
  readonly #byName = new Map<string, number>();
  count = 0;

  add(name: string | undefined): number {
    if (name !== undefined) this.#byName.set(name, this.count);
    return this.count++;
  }

  index(word: string): number {
    const index = word.startsWith("$") ? this.#byName.get(word) : Number(word);
    if (index === undefined || Number.isNaN(index)) throw new SyntaxError(`unknown ${word}`);
    return index;
  }
}

class Assembler {
  readonly types: string[] = [];
  readonly typeBytes: number[][] = [];
  readonly functions = new Names();
  readonly globals = new Names();
  readonly tags = new Names();

  type(params: readonly string[], results: readonly string[]): number {
    const key = `${params}>${results}`;
    let index = this.types.indexOf(key);
    if (index < 0) {
      index = this.types.push(key) - 1;
      const codes = (names: readonly string[]) => vector(names.map((name) => [TYPES[name]]));
      this.typeBytes.push([0x60, ...codes(params), ...codes(results)]);
    }
    return index;
  }

  /** Takes `(param …)`, `(result …)` off the front of a list. */
  signature(items: Node[], locals = new Names()): { type: number; rest: Node[]; locals: Names } {
    const params: string[] = [];
    const results: string[] = [];
    let i = 0;
    for (; i < items.length; i++) {
      const item = items[i];
      if (!Array.isArray(item)) break;
      if (item[0] === "param") {
        const named = typeof item[1] === "string" && item[1].startsWith("$");
        for (const each of (named ? item.slice(2) : item.slice(1)) as string[]) {
          params.push(each);
          locals.add(named ? item[1] as string : undefined);
        }
      } else if (item[0] === "result") results.push(...item.slice(1) as string[]);
      else break;
    }
    return { type: this.type(params, results), rest: items.slice(i), locals };
  }

  instructions(items: readonly Node[], locals: Names, labels: readonly string[]): number[] {
    const code: number[] = [];
    const queue = [...items];
    const open = [...labels];
    const label = (word: string): number => {
      if (!word.startsWith("$")) return Number(word);
      const at = open.lastIndexOf(word);
      if (at < 0) throw new SyntaxError(`unknown label ${word}`);
      return open.length - 1 - at;
    };
    const blockType = (): number[] => {
      const next = queue[0];
      if (Array.isArray(next) && next[0] === "result") {
        queue.shift();
        return [TYPES[next[1] as string]];
      }
      return [0x40];
    };
    const optionalName = (): string =>
      typeof queue[0] === "string" && queue[0].startsWith("$") ? queue.shift() as string : "";
    const word = (): string => queue.shift() as string;
    while (queue.length > 0) {
      const item = queue.shift() as Node;
      if (Array.isArray(item)) {
        code.push(...this.folded(item, locals, open));
        continue;
      }
      const plain = PLAIN.get(item);
      if (plain !== undefined) {
        code.push(plain);
        continue;
      }
      const access = MEMORY.get(item);
      if (access !== undefined) {
        let offset = 0;
        let align = access[1];
        while (typeof queue[0] === "string" && /^(offset|align)=/.test(queue[0])) {
          const [key, value] = word().split("=");
          if (key === "offset") offset = Number(value);
          else align = Math.log2(Number(value));
        }
        code.push(access[0], ...uleb(align), ...uleb(offset));
        continue;
      }
      switch (item) {
        case "block":
        case "loop":
        case "if":
        case "try": {
          open.push(optionalName());
          const opcode = { block: 2, loop: 3, if: 4, try: 6 }[item];
          code.push(opcode, ...blockType());
          break;
        }
        case "else":
          code.push(5);
          break;
        case "catch_all":
          code.push(0x19);
          break;
        case "end":
          open.pop();
          code.push(0x0b);
          break;
        case "br":
        case "br_if":
          code.push(item === "br" ? 0x0c : 0x0d, ...uleb(label(word())));
          break;
        case "br_table": {
          const targets: number[] = [];
          while (typeof queue[0] === "string" && /^[$\d]/.test(queue[0])) {
            targets.push(label(word()));
          }
          code.push(0x0e, ...uleb(targets.length - 1), ...targets.flatMap((each) => uleb(each)));
          break;
        }
        case "call":
          code.push(0x10, ...uleb(this.functions.index(word())));
          break;
        case "call_indirect": {
          const { type, rest } = this.signature(queue);
          queue.splice(0, queue.length, ...rest);
          code.push(0x11, ...uleb(type), 0);
          break;
        }
        case "throw":
          code.push(0x08, ...uleb(this.tags.index(word())));
          break;
        case "local.get":
        case "local.set":
        case "local.tee":
          code.push({ get: 0x20, set: 0x21, tee: 0x22 }[item.slice(6)] as number);
          code.push(...uleb(locals.index(word())));
          break;
        case "global.get":
        case "global.set":
          code.push(item === "global.get" ? 0x23 : 0x24, ...uleb(this.globals.index(word())));
          break;
        case "memory.size":
          code.push(0x3f, 0);
          break;
        case "memory.grow":
          code.push(0x40, 0);
          break;
        case "memory.fill":
          code.push(0xfc, 11, 0);
          break;
        case "memory.copy":
          code.push(0xfc, 10, 0, 0);
          break;
        case "i32.const":
          code.push(0x41, ...sleb(BigInt.asIntN(32, BigInt(word()))));
          break;
        case "i64.const":
          code.push(0x42, ...sleb(BigInt.asIntN(64, BigInt(word()))));
          break;
        case "f64.const": {
          const bytes = new Uint8Array(8);
          new DataView(bytes.buffer).setFloat64(0, Number(word()), true);
          code.push(0x44, ...bytes);
          break;
        }
        default:
          throw new SyntaxError(`unknown instruction ${item}`);
      }
    }
    return code;
  }

  /** `(op immediates operands…)`: operands come first in the code. */
  folded(item: Node[], locals: Names, labels: readonly string[]): number[] {
    const [op, ...rest] = item as [string, ...Node[]];
    if (op === "block" || op === "loop" || op === "try") {
      return this.instructions([op, ...rest, "end"], locals, labels);
    }
    if (op === "if") {
      const name = typeof rest[0] === "string" ? [rest.shift() as string] : [];
      const result = Array.isArray(rest[0]) && rest[0][0] === "result"
        ? [rest.shift() as Node]
        : [];
      const branch = (word: string): Node[] | undefined =>
        (rest.find((each) => Array.isArray(each) && each[0] === word) as Node[] | undefined)
          ?.slice(1);
      const then = branch("then") ?? [];
      const otherwise = branch("else");
      const condition = rest.filter((each) =>
        !Array.isArray(each) || each[0] !== "then" && each[0] !== "else"
      );
      return [
        ...this.instructions(condition, locals, labels),
        ...this.instructions(
          ["if", ...name, ...result, ...then, ...otherwise ? ["else", ...otherwise] : [], "end"],
          locals,
          labels,
        ),
      ];
    }
    const isOperand = (each: Node): boolean =>
      Array.isArray(each) && each[0] !== "param" && each[0] !== "result";
    const operands = rest.filter(isOperand);
    const immediates = rest.filter((each) => !isOperand(each));
    return [
      ...operands.flatMap((each) => this.folded(each as Node[], locals, labels)),
      ...this.instructions([op, ...immediates], locals, labels),
    ];
  }
}

/**
 * Assembles a module.
 *
 * @param text Fields of the module, with or without `(module …)` around them.
 */
export function assemble(text: string): Uint8Array<ArrayBuffer> {
  let fields = parse(text) as Node[][];
  if (fields.length === 1 && fields[0][0] === "module") fields = fields[0].slice(1) as Node[][];
  const asm = new Assembler();
  const imports: number[][] = [];
  const exports: number[][] = [];
  const bodies: { items: Node[]; locals: Names; type: number }[] = [];
  const memories: number[][] = [];
  const tables: number[][] = [];
  const globals: (() => number[])[] = [];
  const data: number[][] = [];
  const elements: Node[][] = [];
  const tagTypes: number[] = [];
  let start: string | undefined;
  const exported: [name: string, kind: number, index: () => number][] = [];
  const inline = (items: Node[], kind: number, index: number): Node[] => {
    while (Array.isArray(items[0]) && items[0][0] === "export") {
      exported.push([items[0][1] as string, kind, () => index]);
      items = items.slice(1);
    }
    return items;
  };
  const limits = (items: Node[]): number[] =>
    items.length > 1
      ? [1, ...uleb(Number(items[0])), ...uleb(Number(items[1]))]
      : [0, ...uleb(Number(items[0]))];
  for (const [kind, ...items] of fields) {
    const named = typeof items[0] === "string" && items[0].startsWith("$");
    const name = named ? items[0] as string : undefined;
    const rest = named ? items.slice(1) : items;
    switch (kind) {
      case "import": {
        const [module, field, what] = items as [string, string, Node[]];
        const head = [...sized(unquote(module)), ...sized(unquote(field))];
        const own = typeof what[1] === "string" && what[1].startsWith("$");
        const inner = what.slice(own ? 2 : 1);
        if (what[0] === "func") {
          asm.functions.add(own ? what[1] as string : undefined);
          imports.push([...head, 0, ...uleb(asm.signature(inner).type)]);
        } else if (what[0] === "memory") imports.push([...head, 2, ...limits(inner)]);
        else imports.push([...head, 3, TYPES[inner[0] as string], 0]);
        break;
      }
      case "func": {
        const index = asm.functions.add(name);
        const { type, rest: body, locals } = asm.signature(inline(rest, 0, index));
        bodies.push({ items: body, locals, type });
        break;
      }
      case "memory":
        memories.push(limits(inline(rest, 2, memories.length)));
        break;
      case "table":
        tables.push([0x70, ...limits(inline(rest, 1, tables.length))]);
        break;
      case "elem":
        elements.push(items);
        break;
      case "global": {
        asm.globals.add(name);
        const [type, value] = inline(rest, 3, asm.globals.count - 1);
        const mutable = Array.isArray(type);
        const code = TYPES[(mutable ? type[1] : type) as string];
        globals.push(() => [
          code,
          mutable ? 1 : 0,
          ...asm.folded(value as Node[], new Names(), []),
          0x0b,
        ]);
        break;
      }
      case "tag":
        asm.tags.add(name);
        tagTypes.push(asm.signature(rest).type);
        break;
      case "data": {
        const [offset, ...parts] = rest;
        const code = asm.folded(offset as Node[], new Names(), []);
        data.push([0, ...code, 0x0b, ...sized((parts as string[]).flatMap(unquote))]);
        break;
      }
      case "export": {
        const [word, what] = items as [string, [string, string]];
        const kinds: Readonly<Record<string, number>> = { func: 0, table: 1, memory: 2, global: 3 };
        exported.push([
          word,
          kinds[what[0]],
          () => what[0] === "func" ? asm.functions.index(what[1]) : Number(what[1]),
        ]);
        break;
      }
      case "start":
        start = items[0] as string;
        break;
      default:
        throw new SyntaxError(`unknown field ${kind}`);
    }
  }
  const codes = bodies.map(({ items, locals }) => {
    const declared: number[][] = [];
    let i = 0;
    for (; Array.isArray(items[i]) && items[i][0] === "local"; i++) {
      const item = items[i] as string[];
      const own = item[1].startsWith("$");
      for (const type of item.slice(own ? 2 : 1)) {
        locals.add(own ? item[1] : undefined);
        declared.push([1, TYPES[type]]);
      }
    }
    return sized([...vector(declared), ...asm.instructions(items.slice(i), locals, [""]), 0x0b]);
  });
  for (const [word, kind, index] of exported) {
    exports.push([...sized(unquote(word)), kind, ...uleb(index())]);
  }
  const elementCodes = elements.map(([offset, ...functions]) => [
    0,
    ...asm.folded(offset as Node[], new Names(), []),
    0x0b,
    ...vector((functions as string[]).map((each) => uleb(asm.functions.index(each)))),
  ]);
  const globalCodes = globals.map((each) => each());
  const startIndex = start === undefined ? undefined : asm.functions.index(start);
  const optional = (id: number, items: readonly (readonly number[])[]): number[] =>
    items.length === 0 ? [] : section(id, vector(items));
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...optional(1, asm.typeBytes),
    ...optional(2, imports),
    ...optional(3, bodies.map(({ type }) => uleb(type))),
    ...optional(4, tables),
    ...optional(5, memories),
    ...optional(13, tagTypes.map((type) => [0, ...uleb(type)])),
    ...optional(6, globalCodes),
    ...optional(7, exports),
    ...startIndex === undefined ? [] : section(8, uleb(startIndex)),
    ...optional(9, elementCodes),
    ...optional(10, codes),
    ...optional(11, data),
  ]);
}

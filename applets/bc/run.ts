/**
 * The machine that runs bc's code.
 *
 * A stack and a list of calls of its own, so that a program of any depth can be paused where it loops.
 *
 * @module
 */
import {
  add,
  compare,
  type Decimal,
  digitCount,
  divide,
  divideWithRemainder,
  formatNumber,
  integerPart,
  MathError,
  multiply,
  negate,
  ONE,
  parseNumber,
  raise,
  rescale,
  subtract,
  whole,
  ZERO,
} from "../_lib/decimal.ts";
import { isShort, LongArithmetic } from "../_lib/decimal_steps.ts";
import { inSteps, type Steps } from "../_lib/steps.ts";
import type { MaybePromise } from "../../sandbox/types.ts";
import { arctangent, bessel, exponential, naturalLog, sine } from "./library.ts";
import { BcError } from "./lex.ts";
import { type LineWriter, unescape } from "../_lib/number_lines.ts";
import type { BcFunction, BinaryOp, Instruction, Local, Place } from "./parse.ts";

/** Calls inside calls. */
const MAX_CALLS = 100_000;
/** Largest output base. */
const MAX_BASE = 999;
/** Largest input base, whatever the message says. */
const MAX_INPUT_BASE = 36;
/** Largest index of an array. */
const MAX_INDEX = 2147483647;

/** An array: index to number. */
type BcArray = Map<number, Decimal>;

interface Call {
  readonly code: readonly Instruction[];
  readonly at: number;
  readonly isVoid: boolean;
  /** What the parameters and `auto` variables hid. */
  readonly hidden: readonly (() => void)[];
  /** Height of the stack before the arguments. */
  readonly height: number;
}

/** What the machine asks of the outside. */
export interface Outside {
  readonly writer: LineWriter;
  /** Counts work; a promise when it is time to wait. Throws when the program has to end. */
  tick(steps: number): Promise<void> | undefined;
  /** The value of an expression that is read from standard input. */
  read(machine: Machine): Promise<Decimal>;
}

/** A function of `bc -l`. */
interface LibraryFunction {
  readonly params: number;
  apply(args: readonly Decimal[], machine: Machine): Steps<Decimal>;
}

const LIBRARY: ReadonlyMap<string, LibraryFunction> = new Map<string, LibraryFunction>([
  ["e", { params: 1, apply: ([x], m) => exponential(x, m.scale, m.long) }],
  ["l", { params: 1, apply: ([x], m) => naturalLog(x, m.scale, m.long) }],
  ["s", { params: 1, apply: ([x], m) => sine(x, m.scale, false, m.long) }],
  ["c", { params: 1, apply: ([x], m) => sine(x, m.scale, true, m.long) }],
  ["a", { params: 1, apply: ([x], m) => arctangent(x, m.scale, m.long) }],
  ["j", { params: 2, apply: ([n, x], m) => bessel(n, x, m.scale, m.long) }],
]);

const LIMITS = "BC_BASE_MAX     = 999\nBC_DIM_MAX      = 2147483647\n" +
  "BC_SCALE_MAX    = 4294967295\nBC_STRING_MAX   = 4294967294\n" +
  "MAX Exponent    = 999999999\nNumber of vars  = 999999999\n";

/** Numbers written with more digits are read in steps. */
const SHORT_TEXT = 1000;
/** Largest exponent, and scale, with which work on short numbers takes no time to speak of. */
const QUICK_EXPONENT = 8n;
const QUICK_SCALE = 1000;

/** Ends the program: `halt`. */
export class Halt extends Error {}

/** State of a bc program. */
export class Machine {
  scale = 0;
  ibase = 10;
  obase = 10;
  last: Decimal = ZERO;
  readonly functions = new Map<string, BcFunction>();
  #variables = new Map<string, Decimal>();
  #arrays = new Map<string, BcArray>();
  #stack: (Decimal | BcArray)[] = [];
  #calls: Call[] = [];

  /** @param library Whether the functions of `-l` exist. */
  constructor(private readonly outside: Outside, private readonly library: boolean) {
    if (library) this.scale = 20;
    this.long = new LongArithmetic((steps) => outside.tick(steps));
  }

  /** Operations that may take long. */
  readonly long: LongArithmetic;

  // -------------------------------------------------------------------------------------------
  // Stack

  #pop(): Decimal {
    const top = this.#stack.pop()!;
    if (top instanceof Map) throw new BcError("variable is wrong type");
    return top;
  }

  #array(name: string): BcArray {
    let array = this.#arrays.get(name);
    if (array === undefined) this.#arrays.set(name, array = new Map());
    return array;
  }

  #index(): number {
    const index = this.#pop();
    if (index.value < 0n) throw new MathError("negative number");
    const at = integerPart(index);
    if (at > BigInt(MAX_INDEX)) throw new MathError("array too long; must be [1,2147483647]");
    return Number(at);
  }

  // -------------------------------------------------------------------------------------------
  // Places

  #get(place: Place, index: number): Decimal {
    switch (place.kind) {
      case "var":
        return this.#variables.get(place.name) ?? ZERO;
      case "element":
        return this.#array(place.name).get(index) ?? ZERO;
      case "last":
        return this.last;
      default:
        return whole(this[place.kind]);
    }
  }

  #set(place: Place, index: number, value: Decimal): void {
    switch (place.kind) {
      case "var":
        this.#variables.set(place.name, value);
        return;
      case "element":
        this.#array(place.name).set(index, value);
        return;
      case "last":
        this.last = value;
        return;
      case "scale":
        if (value.value < 0n) throw new MathError("negative number");
        if (integerPart(value) > 4294967295n) throw new MathError("overflow");
        this.scale = Number(integerPart(value));
        return;
      case "ibase":
        this.ibase = checkBase(value, "bad ibase; must be [2,16]", MAX_INPUT_BASE);
        return;
      case "obase":
        this.obase = checkBase(value, "bad obase; must be [2,999]", MAX_BASE);
    }
  }

  // -------------------------------------------------------------------------------------------
  // Running

  /** Runs the code of a statement. */
  async run(start: readonly Instruction[]): Promise<void> {
    this.#stack = [];
    this.#calls = [];
    try {
      await this.#run(start);
    } finally {
      while (this.#calls.length > 0) this.#leave();
    }
  }

  async #run(start: readonly Instruction[]): Promise<void> {
    let code = start;
    let at = 0;
    for (;;) {
      if (at >= code.length) {
        const call = this.#calls[this.#calls.length - 1];
        if (call === undefined) return;
        this.#return(ZERO);
        ({ code, at } = call);
        continue;
      }
      const instruction = code[at++];
      switch (instruction.op) {
        case "jump":
          if (instruction.to < at) {
            const wait = this.outside.tick(4);
            if (wait !== undefined) await wait;
          }
          at = instruction.to;
          continue;
        case "jumpIfZero":
          if (this.#pop().value === 0n) at = instruction.to;
          continue;
        case "call": {
          const wait = this.outside.tick(4);
          if (wait !== undefined) await wait;
          let definition = this.#enter(instruction.name, instruction.count, code, at);
          if (definition instanceof Promise) definition = await definition;
          if (definition !== undefined) {
            code = definition.code;
            at = 0;
          }
          continue;
        }
        case "return": {
          const value = instruction.value ? this.#pop() : ZERO;
          const call = this.#calls[this.#calls.length - 1];
          this.#return(value);
          ({ code, at } = call);
          continue;
        }
        case "read":
          this.#stack.push(await this.outside.read(this));
          continue;
      }
      const wait = this.#step(instruction);
      if (wait !== undefined) await wait;
    }
  }

  #enter(
    name: string,
    count: number,
    code: readonly Instruction[],
    at: number,
  ): MaybePromise<BcFunction | undefined> {
    const definition = this.functions.get(name);
    if (definition === undefined) {
      const known = this.library ? LIBRARY.get(name) : undefined;
      if (known === undefined) throw new MathError("undefined function");
      checkCount(known.params, count);
      const args: Decimal[] = [];
      for (let i = 0; i < count; i++) args.unshift(this.#pop());
      const result = inSteps(known.apply(args, this));
      if (result instanceof Promise) {
        return result.then((value) => {
          this.#stack.push(value);
          return undefined;
        });
      }
      this.#stack.push(result);
      return undefined;
    }
    checkCount(definition.params.length, count);
    if (this.#calls.length >= MAX_CALLS) throw new MathError("nesting too deep");
    const args = this.#stack.splice(this.#stack.length - count, count);
    const hidden = definition.params.map((param, i) => this.#bind(param, args[i]));
    for (const local of definition.autos) {
      hidden.push(this.#bind(local, local.kind === "scalar" ? ZERO : new Map()));
    }
    this.#calls.push({ code, at, isVoid: definition.isVoid, hidden, height: this.#stack.length });
    return definition;
  }

  /** Gives a local its value; what it hides comes back at the end of the call. */
  #bind({ name, kind }: Local, value: Decimal | BcArray): () => void {
    if (kind === "scalar") {
      if (value instanceof Map) throw new MathError("variable is wrong type");
      const before = this.#variables.get(name);
      this.#variables.set(name, value);
      return () => restore(this.#variables, name, before);
    }
    if (!(value instanceof Map)) throw new MathError("variable is wrong type");
    const before = this.#arrays.get(name);
    this.#arrays.set(name, kind === "reference" ? value : new Map(value));
    return () => restore(this.#arrays, name, before);
  }

  #leave(): Call {
    const call = this.#calls.pop()!;
    for (let i = call.hidden.length - 1; i >= 0; i--) call.hidden[i]();
    return call;
  }

  #return(value: Decimal): void {
    const call = this.#leave();
    this.#stack.length = call.height;
    this.#stack.push(call.isVoid ? VOID : value);
  }

  #step(instruction: Instruction): void | Promise<void> {
    const stack = this.#stack;
    switch (instruction.op) {
      case "number":
        if (instruction.text.length > SHORT_TEXT) {
          return this.#pushLater(this.long.parseNumber(instruction.text, this.ibase));
        }
        stack.push(parseNumber(instruction.text, this.ibase));
        return;
      case "load": {
        const index = instruction.place.kind === "element" ? this.#index() : 0;
        stack.push(this.#get(instruction.place, index));
        return;
      }
      case "array":
        stack.push(this.#array(instruction.name));
        return;
      case "negate":
        stack.push(negate(this.#pop()));
        return;
      case "not":
        stack.push(this.#pop().value === 0n ? ONE : ZERO);
        return;
      case "sqrt":
        return this.#pushLater(this.long.squareRoot(this.#pop(), this.scale));
      case "length": {
        const top = stack.pop()!;
        if (!(top instanceof Map) && !isShort(top)) {
          const count = inSteps(this.long.digitCount(top));
          if (count instanceof Promise) {
            return count.then((digits) => void stack.push(whole(digits)));
          }
          stack.push(whole(count));
          return;
        }
        stack.push(whole(top instanceof Map ? arrayLength(top) : digitCount(top)));
        return;
      }
      case "scaleOf":
        stack.push(whole(this.#pop().scale));
        return;
      case "binary": {
        const right = this.#pop();
        const left = this.#pop();
        if (isShort(left) && isShort(right) && this.#isQuick(instruction.by, right)) {
          stack.push(this.#binary(instruction.by, left, right));
          return;
        }
        return this.#pushLater(this.#binaryInSteps(instruction.by, left, right));
      }
      case "assign": {
        const value = this.#pop();
        const index = instruction.place.kind === "element" ? this.#index() : 0;
        const { by, place } = instruction;
        let result = value;
        if (by !== undefined) {
          const old = this.#get(place, index);
          if (!isShort(old) || !isShort(value) || !this.#isQuick(by, value)) {
            const coming = inSteps(this.#binaryInSteps(by, old, value));
            if (coming instanceof Promise) {
              return coming.then((late) => {
                this.#set(place, index, late);
                stack.push(late);
              });
            }
            result = coming;
          } else result = this.#binary(by, old, value);
        }
        this.#set(place, index, result);
        stack.push(result);
        return;
      }
      case "step": {
        const index = instruction.place.kind === "element" ? this.#index() : 0;
        const old = this.#get(instruction.place, index);
        const next = add(old, whole(instruction.by));
        this.#set(instruction.place, index, next);
        stack.push(instruction.prefix ? next : old);
        return;
      }
      case "show": {
        const value = this.#pop();
        if (value === VOID) return;
        this.last = value;
        const { writer } = this.outside;
        const show = (text: string): void => {
          writer.number(text);
          if (instruction.newline) writer.newline();
        };
        if (isShort(value)) return show(formatNumber(value, this.obase));
        const text = inSteps(this.long.formatNumber(value, this.obase));
        return text instanceof Promise ? text.then(show) : show(text);
      }
      case "pop":
        stack.pop();
        return;
      case "string":
        this.outside.writer.text(
          instruction.escapes ? unescape(instruction.text) : instruction.text,
        );
        return;
      case "limits":
        this.outside.writer.text(LIMITS);
        return;
      case "halt":
        throw new Halt();
    }
  }

  /** Leaves on the stack what long work gives. */
  #pushLater(steps: Steps<Decimal>): void | Promise<void> {
    const stack = this.#stack;
    const value = inSteps(steps);
    if (value instanceof Promise) return value.then((late) => void stack.push(late));
    stack.push(value);
  }

  /** Whether an operation on short numbers has a short result. */
  #isQuick(op: BinaryOp, right: Decimal): boolean {
    if (this.scale > QUICK_SCALE) return false;
    return op !== "^" || (right.value < QUICK_EXPONENT && right.value > -QUICK_EXPONENT);
  }

  *#binaryInSteps(op: BinaryOp, left: Decimal, right: Decimal): Steps<Decimal> {
    const { long, scale } = this;
    switch (op) {
      case "+":
      case "-":
      case "*":
      case "/":
      case "%":
      case "^":
        return yield* long.binary(op, left, right, scale);
      case "&&":
      case "||":
        return this.#binary(op, left, right);
    }
    return this.#binary(op, whole(yield* long.compare(left, right)), ZERO);
  }

  #binary(op: BinaryOp, left: Decimal, right: Decimal): Decimal {
    switch (op) {
      case "+":
        return add(left, right);
      case "-":
        return subtract(left, right);
      case "*":
        return multiply(left, right, this.scale);
      case "/":
        return divide(left, right, this.scale);
      case "%":
        return divideWithRemainder(left, right, this.scale).remainder;
      case "^":
        return raise(left, right, this.scale);
      case "&&":
        return truth(left.value !== 0n && right.value !== 0n);
      case "||":
        return truth(left.value !== 0n || right.value !== 0n);
      case "<":
        return truth(compare(left, right) < 0);
      case "<=":
        return truth(compare(left, right) <= 0);
      case ">":
        return truth(compare(left, right) > 0);
      case ">=":
        return truth(compare(left, right) >= 0);
      case "==":
        return truth(compare(left, right) === 0);
      case "!=":
        return truth(compare(left, right) !== 0);
    }
  }

  /** The value that the code of one expression leaves; used for `read()`. */
  async evaluate(code: readonly Instruction[]): Promise<Decimal> {
    const stack = this.#stack;
    const calls = this.#calls;
    this.#stack = [];
    this.#calls = [];
    await this.#run(code);
    const value = this.#pop();
    this.#stack = stack;
    this.#calls = calls;
    return value;
  }
}

/** Native's arrays have at least one element. */
function arrayLength(array: BcArray): number {
  let length = 1;
  for (const index of array.keys()) if (index >= length) length = index + 1;
  return length;
}

/** What a void function gives: nothing is shown. */
const VOID: Decimal = { value: 0n, scale: 0 };

function truth(holds: boolean): Decimal {
  return holds ? ONE : ZERO;
}

function restore<V>(map: Map<string, V>, name: string, value: V | undefined): void {
  if (value === undefined) map.delete(name);
  else map.set(name, value);
}

function checkCount(params: number, count: number): void {
  if (params === count) return;
  throw new MathError(`function has ${params} parameters, but called with ${count}`);
}

function checkBase(value: Decimal, message: string, most: number): number {
  const base = integerPart(rescale(value, 0));
  if (base < 2n || base > BigInt(most)) throw new MathError(message);
  return Number(base);
}

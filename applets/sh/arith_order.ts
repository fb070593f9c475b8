/**
 * Expressions that do not compile, evaluated from left to right as native does all of them: with a
 * stack of operands and one of operators. A division by zero or an assignment that stands before a
 * mistake has happened when that is noticed, and some texts that C would not take have a value:
 * `1 ? (2 : 3)`, `(2`.
 *
 * @module
 */

import {
  add,
  type ArithHost,
  BINARY,
  literal,
  NAME_AHEAD,
  type Num,
  subtract,
  TOKEN,
} from "./arith.ts";
import { ArithError } from "./errors.ts";
import { NameRef } from "./vars.ts";

const SYNTAX = "arithmetic syntax error";
const MALFORMED = "malformed ?: operator";

/** Precedences around those of the binary operators: `, = ?: …binary… prefix`. */
const COMMA = -3;
const ASSIGN = -2;
const CHOICE = -1;
const PREFIX = 20;
const POSTFIX = 21;

interface Operator {
  readonly text: string;
  readonly prec: number;
  readonly isPrefix: boolean;
}

/**
 * A value that was computed, or a variable not read yet. What stands on both sides of a `:` is one
 * operand, which nothing but `?` takes on its right side; elsewhere it counts as its left side.
 */
type Operand = { value: Num; other?: Num } | { ref: NameRef };

const OPEN: Operator = { text: "(", prec: 0, isPrefix: true };

function precedence(text: string): number {
  if (text === ",") return COMMA;
  if (text === "?" || text === ":") return CHOICE;
  return BINARY.get(text)?.prec ?? ASSIGN;
}

/**
 * Evaluates an expression from left to right as far as it makes sense.
 * @throws {ArithError}
 */
export function evaluateInOrder(text: string, host: ArithHost): Num {
  const work = new InOrder(text, host);
  work.run(Infinity);
  return work.result();
}

/** An evaluation that may be interrupted. */
export class InOrder {
  private readonly operands: Operand[] = [];
  /** The whole text is as if in parentheses; what follows their end has none. */
  private readonly operators: Operator[] = [OPEN];

  constructor(private readonly text: string, private readonly host: ArithHost) {}

  private pos = 0;
  private afterOperand = false;

  /**
   * Goes on for so many tokens; true at the end of the text. A variable that `isMet` wants to know of
   * ends it too.
   */
  run(tokens: number, isMet?: (ref: NameRef) => boolean): boolean {
    let { pos, afterOperand } = this;
    for (let left = tokens; left > 0; left--) {
      this.pos = pos;
      this.afterOperand = afterOperand;
      TOKEN.lastIndex = pos;
      const found = TOKEN.exec(this.text);
      if (found === null) throw new ArithError(SYNTAX);
      const [whole, name, digits] = found;
      let op = found[3];
      pos += whole.length;
      if (name !== undefined || digits !== undefined) {
        // Where another operand stands before it, that is noticed when all is read.
        const ref = name === undefined ? undefined : new NameRef(name);
        this.operands.push(ref === undefined ? { value: literal(digits) } : { ref });
        afterOperand = true;
        if (ref !== undefined && isMet?.(ref)) break;
        continue;
      }
      if (op === undefined) {
        if (pos < this.text.length) throw new ArithError(SYNTAX);
        return true;
      }
      if (op === "++" || op === "--") {
        NAME_AHEAD.lastIndex = pos;
        const last = this.operands[this.operands.length - 1];
        if (NAME_AHEAD.test(this.text)) {
          if (afterOperand) {
            this.operators.push({ text: op, prec: POSTFIX, isPrefix: false });
            continue;
          }
        } else if (last !== undefined && "ref" in last) {
          // Even where an operator stands between.
          if (!afterOperand) throw new ArithError(SYNTAX);
          this.operators.push({ text: op, prec: POSTFIX, isPrefix: false });
          continue;
        } else {
          op = op[0];
          pos--;
        }
      }
      afterOperand = this.operator(op, afterOperand);
    }
    this.pos = pos;
    this.afterOperand = afterOperand;
    return false;
  }

  /** The value, when all was gone through. */
  result(): Num {
    // Parentheses that stay open, and signs before them, mean nothing.
    this.operator(")", this.afterOperand);
    if (this.operands.length > 1) throw new ArithError(SYNTAX);
    return this.value(this.operands[0]);
  }

  /** Takes an operator; gives whether an operand stands before what follows. */
  private operator(op: string, afterOperand: boolean): boolean {
    if (op === "(") {
      this.operators.push(OPEN);
      return false;
    }
    if (op === ")") {
      if (!afterOperand) throw new ArithError(SYNTAX);
      this.applyDown((top) => top.text !== "(");
      if (this.operators.pop() === undefined) throw new ArithError(SYNTAX);
      const last = this.take();
      this.operands.push("ref" in last ? { value: this.value(last) } : last);
      return true;
    }
    if (!afterOperand || op === "!" || op === "~") {
      if (!/^(?:[-+!~]|\+\+|--)$/.test(op)) throw new ArithError(SYNTAX);
      this.operators.push({ text: op, prec: PREFIX, isPrefix: true });
      return false;
    }
    const prec = precedence(op);
    const fromRight = prec === ASSIGN || prec === CHOICE || op === "**";
    this.applyDown((top) => top.text !== "(" && (fromRight ? top.prec > prec : top.prec >= prec));
    this.operators.push({ text: op, prec, isPrefix: false });
    return false;
  }

  private applyDown(goesOn: (top: Operator) => boolean): void {
    for (;;) {
      const top = this.operators[this.operators.length - 1];
      if (top === undefined || !goesOn(top)) return;
      this.operators.pop();
      this.apply(top);
    }
  }

  private value(operand: Operand): Num {
    return "ref" in operand ? this.host.readNumber(operand.ref) : operand.value;
  }

  private take(): Operand {
    const operand = this.operands.pop();
    if (operand === undefined) throw new ArithError(SYNTAX);
    return operand;
  }

  private step(ref: NameRef, op: string, after: boolean): void {
    const before = this.host.readNumber(ref);
    const value = add(before, op === "++" ? 1 : -1);
    this.host.writeNumber(ref, value);
    this.operands[this.operands.length - 1] = { value: after ? before : value };
  }

  private apply({ text, prec, isPrefix }: Operator): void {
    const right = this.take();
    if (prec === POSTFIX) {
      // Another operand has come behind the variable.
      if (!("ref" in right)) throw new ArithError(SYNTAX);
      this.operands.push(right);
      this.step(right.ref, text, true);
      return;
    }
    if (isPrefix) {
      if (text === "++" || text === "--") {
        if (!("ref" in right)) throw new ArithError(SYNTAX);
        this.operands.push(right);
        this.step(right.ref, text, false);
        return;
      }
      const value = this.value(right);
      this.pushLike(
        right,
        text === "-"
          ? subtract(0, value)
          : text === "!"
          ? Number(!value)
          : text === "~"
          ? subtract(-1, value)
          : value,
      );
      return;
    }
    const other = "ref" in right ? undefined : right.other;
    const value = this.value(right);
    const left = this.take();
    if (text === "?") {
      if (other === undefined) throw new ArithError(MALFORMED);
      this.pushLike(left, this.value(left) ? value : other);
      return;
    }
    if (other !== undefined) throw new ArithError(MALFORMED);
    if (text === ":") {
      const chosen = this.value(left);
      // Below is what stands before the `?`.
      if (this.operands.length === 0) throw new ArithError(MALFORMED);
      this.operands.push({ value: chosen, other: value });
      return;
    }
    if (prec === ASSIGN) {
      const by = text.slice(0, -1);
      // A division by zero is seen before that there is nothing to assign to.
      const result = by === "" ? value : BINARY.get(by)!.run(this.value(left), value);
      if (!("ref" in left)) throw new ArithError(SYNTAX);
      this.host.writeNumber(left.ref, result);
      this.operands.push({ value: result });
      return;
    }
    const before = this.value(left);
    this.pushLike(left, text === "," ? value : BINARY.get(text)!.run(before, value));
  }

  /** The result of an operator stays on the left side of a `:` where its operand is that. */
  private pushLike(operand: Operand, value: Num): void {
    this.operands.push("ref" in operand ? { value } : { value, other: operand.other });
  }
}

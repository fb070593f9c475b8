/**
 * What a wrong expression does before its error is noticed. Native evaluates while it reads, so a
 * division by zero or an assignment that stands before the mistake has happened by then. Only
 * expressions that do not compile come here.
 *
 * @module
 */

import { add, type ArithHost, BINARY, literal, type Num, subtract, TOKEN } from "./arith.ts";
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

/** A value that was computed, or a variable not read yet. */
type Operand = { value: Num } | { ref: NameRef };

function precedence(text: string): number {
  if (text === ",") return COMMA;
  if (text === "?" || text === ":") return CHOICE;
  return BINARY.get(text)?.prec ?? ASSIGN;
}

/** Evaluates an expression from left to right as far as it makes sense. @throws {ArithError} */
export function evaluateInOrder(text: string, host: ArithHost): void {
  new InOrder(text, host).run();
}

class InOrder {
  private readonly operands: Operand[] = [];
  private readonly operators: Operator[] = [];

  constructor(private readonly text: string, private readonly host: ArithHost) {}

  run(): void {
    let pos = 0;
    let afterOperand = false;
    for (;;) {
      TOKEN.lastIndex = pos;
      const found = TOKEN.exec(this.text);
      if (found === null) throw new ArithError(SYNTAX);
      const [whole, name, digits] = found;
      let op = found[3];
      pos += whole.length;
      if (name !== undefined || digits !== undefined) {
        // Where another operand stands before it, that is noticed when all is read.
        this.operands.push(
          name === undefined ? { value: literal(digits) } : { ref: new NameRef(name) },
        );
        afterOperand = true;
        continue;
      }
      if (op === undefined) {
        if (pos < this.text.length) throw new ArithError(SYNTAX);
        break;
      }
      if (op === "++" || op === "--") {
        const last = this.operands[this.operands.length - 1];
        if (afterOperand && last !== undefined && "ref" in last) {
          this.operators.push({ text: op, prec: POSTFIX, isPrefix: false });
          continue;
        }
        if (!/^[ \t\n\r]*[A-Za-z_]/.test(this.text.slice(pos))) {
          op = op[0];
          pos--;
        } else afterOperand = false;
      }
      afterOperand = this.operator(op, afterOperand);
    }
    if (!afterOperand) throw new ArithError(SYNTAX);
    this.applyDown((top) => top.text !== "(");
    if (this.operators.length > 0 || this.operands.length > 1) throw new ArithError(SYNTAX);
  }

  /** Takes an operator; gives whether an operand stands before what follows. */
  private operator(op: string, afterOperand: boolean): boolean {
    if (op === "(") {
      this.operators.push({ text: op, prec: 0, isPrefix: true });
      return false;
    }
    if (op === ")") {
      if (!afterOperand) throw new ArithError(SYNTAX);
      this.applyDown((top) => top.text !== "(");
      if (this.operators.pop() === undefined) throw new ArithError(SYNTAX);
      const last = this.operands.pop();
      if (last === undefined) throw new ArithError(SYNTAX);
      this.operands.push({ value: this.value(last) });
      return true;
    }
    if (!afterOperand) {
      if (!/^(?:[-+!~]|\+\+|--)$/.test(op)) throw new ArithError(SYNTAX);
      this.operators.push({ text: op, prec: PREFIX, isPrefix: true });
      return false;
    }
    if (op === "!" || op === "~") throw new ArithError(SYNTAX);
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
        this.operands.push(right);
        if ("ref" in right) this.step(right.ref, text, false);
        return;
      }
      const value = this.value(right);
      this.operands.push({
        value: text === "-"
          ? subtract(0, value)
          : text === "!"
          ? Number(!value)
          : text === "~"
          ? subtract(-1, value)
          : value,
      });
      return;
    }
    if (text === "?") throw new ArithError(MALFORMED);
    const value = this.value(right);
    const left = this.take();
    if (text === ":") {
      const choice = this.operators.pop();
      if (choice?.text !== "?") throw new ArithError(MALFORMED);
      const condition = this.take();
      const other = this.value(left);
      this.operands.push({ value: this.value(condition) ? other : value });
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
    this.operands.push({ value: text === "," ? value : BINARY.get(text)!.run(before, value) });
  }
}

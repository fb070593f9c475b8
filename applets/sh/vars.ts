/**
 * Shell variables. A scope is shared between a shell and its subshells until one of them writes:
 * reading costs one map look-up, or none where a {@link NameRef} remembers the cell.
 *
 * @module
 */

/** Behaviour of a variable that is more than its value. `Host` is the shell. */
export interface SpecialVariable {
  /** The value when the cell holds no text. */
  // deno-lint-ignore no-explicit-any -- the shell's type belongs to a later stage
  read(host: any, cell: Variable): string | undefined;
  /** Told after a change. */
  // deno-lint-ignore no-explicit-any -- the shell's type belongs to a later stage
  written(host: any, cell: Variable): void;
}

/** One variable. Cells are never taken out of their map, so that references to them stay good. */
export class Variable {
  /** Text, or undefined when only {@link num} is known or the variable is unset. */
  text: string | undefined = undefined;
  /** A safe integer that the value is known to be, else NaN. */
  num = NaN;
  isSet = false;
  exported = false;
  readonly = false;
  /** Stays exported when it is unset: those of the shell itself do, and local ones. */
  fixed = false;
  /** Bytes for which the process was charged, where the value is a large one. */
  charged = 0;
  /** Set for variables that the shell itself reads or makes (`PATH`, `RANDOM`, …). */
  special: SpecialVariable | undefined = undefined;

  constructor(readonly name: string) {}

  /** The value, or undefined when unset. */
  get(): string | undefined {
    if (this.text !== undefined) return this.text;
    if (!this.isSet) return undefined;
    return this.text = String(this.num);
  }

  /** A copy for a subshell. */
  clone(): Variable {
    const copy = new Variable(this.name);
    copy.text = this.text;
    copy.num = this.num;
    copy.isSet = this.isSet;
    copy.exported = this.exported;
    copy.readonly = this.readonly;
    copy.fixed = this.fixed;
    copy.special = this.special;
    return copy;
  }
}

/** The variables of one or more shells. */
export class Scope {
  readonly cells: Map<string, Variable> = new Map();
  /** How many shells use it. */
  users = 1;
  /** The shell whose process was charged for large values. */
  owner: object | undefined = undefined;
  /** The exported ones, made when asked for and dropped on change. */
  exported: ReadonlyMap<string, string> | undefined = undefined;

  /** The cell of a name, made unset when it is new. */
  cell(name: string): Variable {
    let v = this.cells.get(name);
    if (v === undefined) this.cells.set(name, v = new Variable(name));
    return v;
  }

  /** Environment for programs. */
  environment(): ReadonlyMap<string, string> {
    if (this.exported !== undefined) return this.exported;
    const out = new Map<string, string>();
    for (const v of this.cells.values()) {
      if (!v.exported) continue;
      const value = v.get();
      if (value !== undefined) out.set(v.name, value);
    }
    return this.exported = out;
  }

  /** A scope for a shell of its own with the same values. */
  clone(owner: object): Scope {
    const copy = new Scope();
    copy.owner = owner;
    for (const v of this.cells.values()) {
      if (v.isSet || v.exported || v.readonly || v.fixed || v.special !== undefined) {
        const own = v.clone();
        copy.cells.set(v.name, own);
        if (v.charged !== 0 && this.owner === owner) {
          own.charged = v.charged;
          v.charged = 0;
        }
      }
    }
    copy.exported = this.exported;
    return copy;
  }
}

/** A name in compiled code, with the cell it had last time. */
export class NameRef {
  scope: Scope | undefined = undefined;
  cell: Variable | undefined = undefined;
  constructor(readonly name: string) {}

  /** The cell in `scope`. */
  in(scope: Scope): Variable {
    if (this.scope === scope) return this.cell!;
    this.scope = scope;
    return this.cell = scope.cell(this.name);
  }
}

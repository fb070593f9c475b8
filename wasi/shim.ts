/**
 * The shim: a small generated module that stands between a guest and our calls.
 *
 * A guest imports functions of the shim, which is wasm too, and the shim calls ours:
 *
 * - An answer of 0 or more goes back to the guest. This costs one call within wasm.
 * - `WAIT` calls a second import, which is the only one that may suspend (JSPI). So no call pays
 *   for suspending (0.08 µs against 0.015 µs) but the ones that wait.
 * - `TRAP` executes `unreachable`. An exception of ours could be caught by a guest with exception
 *   handling, which could so outlive its `proc_exit`, its deadline or a SIGKILL; a trap cannot.
 *
 * Wasm functions also have a type, so that an import with a wrong signature is refused at link
 * time instead of being coerced.
 *
 * @module
 */

/** One function that the shim offers. */
export interface ShimFunction {
  /** A letter a parameter: `i` i32, `I` i64. */
  readonly params: string;
  /** `errno`: the answer. `none`: nothing. `value`: any i32, which our call leaves aside. */
  readonly result: "errno" | "none" | "value";
}

const I32 = 0x7f;
const I64 = 0x7e;

/** Unsigned LEB128. */
export function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    let byte = rest & 127;
    rest >>>= 7;
    if (rest !== 0) byte |= 128;
    bytes.push(byte);
  } while (rest !== 0);
  return bytes;
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...leb(items.length), ...items.flat()];
}

function name(text: string): number[] {
  const bytes = [...text].map((char) => char.charCodeAt(0));
  return [...leb(bytes.length), ...bytes];
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...leb(content.length), ...content];
}

/** Name of the import module of the shim itself. */
export const HOST = "h";
/** Field of the function that waits: `() → i32`. */
export const FIELD_WAIT = "w";
/** Field of the function that hands out a value: `() → i32`. */
export const FIELD_VALUE = "v";

/**
 * Builds the shim for a list of functions. Function `N` is imported as `h.N` and exported as `N`.
 *
 * @param functions What the guest imports.
 * @returns Bytes of a module.
 */
export function buildShim(functions: readonly ShimFunction[]): Uint8Array<ArrayBuffer> {
  const types: number[][] = [];
  const typeIndex = new Map<string, number>();
  const typeOf = (params: string, result: boolean): number => {
    const key = `${params}:${result}`;
    let index = typeIndex.get(key);
    if (index === undefined) {
      index = types.length;
      typeIndex.set(key, index);
      const letters = [...params].map((letter) => [letter === "I" ? I64 : I32]);
      types.push([0x60, ...vector(letters), ...vector(result ? [[I32]] : [])]);
    }
    return index;
  };
  const settleType = typeOf("i", true);
  const getType = typeOf("", true);
  const imports: number[][] = [
    [...name(HOST), ...name(FIELD_WAIT), 0, ...leb(getType)],
    [...name(HOST), ...name(FIELD_VALUE), 0, ...leb(getType)],
  ];
  functions.forEach((each, i) => {
    imports.push([...name(HOST), ...name(String(i)), 0, ...leb(typeOf(each.params, true))]);
  });
  const waitFunction = 0;
  const valueFunction = 1;
  const settleFunction = imports.length;
  const defined: number[][] = [leb(settleType)];
  const body = (code: readonly number[]): number[] => [...leb(code.length), ...code];
  const code: number[][] = [
    // settle(answer): waits if it must, traps if it shall.
    body([
      0,
      ...[0x20, 0, 0x41, 0x7f, 0x46, 0x04, 0x40, 0x10, waitFunction, 0x21, 0, 0x0b],
      ...[0x20, 0, 0x41, 0, 0x48, 0x04, 0x40, 0x00, 0x0b],
      ...[0x20, 0, 0x0b],
    ]),
  ];
  const exports: number[][] = [];
  functions.forEach((each, i) => {
    const count = each.params.length;
    const gets = [...each.params].flatMap((_, at) => [0x20, at]);
    const call = [...gets, 0x10, ...leb(i + 2)];
    defined.push(leb(typeOf(each.params, each.result !== "none")));
    exports.push([...name(String(i)), 0, ...leb(settleFunction + 1 + i)]);
    const settle = [0x10, ...leb(settleFunction)];
    if (each.result === "errno") {
      // answer >= 0 ? answer : settle(answer)
      code.push(body([
        ...[1, 1, I32],
        ...[...call, 0x22, count, 0x41, 0, 0x4e, 0x04, I32, 0x20, count, 0x05],
        ...[0x20, count, ...settle, 0x0b, 0x0b],
      ]));
    } else if (each.result === "none") {
      code.push(body([0, ...call, ...settle, 0x1a, 0x0b]));
    } else {
      code.push(body([0, ...call, ...settle, 0x1a, 0x10, valueFunction, 0x0b]));
    }
  });
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(types)),
    ...section(2, vector(imports)),
    ...section(3, vector(defined)),
    ...section(7, vector(exports)),
    ...section(10, vector(code)),
  ]);
}

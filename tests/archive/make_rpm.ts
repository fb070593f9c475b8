/** Builds rpm packages: a lead, a signature, a header of tags, and a payload. */
import { bytes } from "./make_tar.ts";

/** A value of a tag: a number, several, a string, several, or text in languages. */
export type TagValue = number | readonly number[] | string | readonly string[] | {
  readonly text: string;
};

const INT16 = 3;
const INT32 = 4;
const STRING = 6;
const STRING_ARRAY = 8;
const I18N_STRING = 9;

const be32 = (value: number): string =>
  String.fromCharCode(value >>> 24 & 255, value >>> 16 & 255, value >>> 8 & 255, value & 255);

/** A header structure. `short` names tags whose numbers have 16 bits. */
export function makeHeader(
  tags: { readonly [tag: number]: TagValue },
  short: readonly number[] = [],
): string {
  let store = "";
  let index = "";
  for (const [tag, value] of Object.entries(tags)) {
    let type = INT32;
    let data = "";
    let count = 1;
    if (typeof value === "string") {
      type = STRING;
      data = `${value}\0`;
    } else if (Array.isArray(value) && typeof value[0] === "string") {
      type = STRING_ARRAY;
      count = value.length;
      data = value.map((each) => `${each}\0`).join("");
    } else if (typeof value === "object" && "text" in value) {
      type = I18N_STRING;
      data = `${value.text}\0`;
    } else {
      const numbers = (Array.isArray(value) ? value : [value]) as number[];
      count = numbers.length;
      const size = short.includes(Number(tag)) ? 2 : 4;
      type = size === 2 ? INT16 : INT32;
      store += "\0".repeat(-store.length & (size - 1));
      data = numbers.map((each) => be32(each).slice(4 - size)).join("");
    }
    index += be32(Number(tag)) + be32(type) + be32(store.length) + be32(count);
    store += data;
  }
  return `\x8e\xad\xe8\x01\0\0\0\0${be32(index.length / 16)}${be32(store.length)}${index}${store}`;
}

/** A package. */
export function makePackage(
  tags: { readonly [tag: number]: TagValue },
  payload: Uint8Array,
  options: { readonly source?: boolean; readonly magic?: string } = {},
): Uint8Array {
  const lead =
    `${options.magic ?? "\xed\xab\xee\xdb"}\x03\0\0${options.source ? "\x01" : "\0"}\0\x01` +
    "name-1.0-1".padEnd(66, "\0") + "\0\x01\0\x05" + "\0".repeat(16);
  const signature = makeHeader({ 1000: 1234, 1004: "0123456789abcdef" });
  const size = signature.length + (-signature.length & 7);
  const head = bytes(lead + signature.padEnd(size, "\0") + makeHeader(tags, [1030]));
  const all = new Uint8Array(head.length + payload.length);
  all.set(head);
  all.set(payload, head.length);
  return all;
}

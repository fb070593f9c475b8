/** Builds tar archives, also such as no honest tool would make. */
import { concatBytes } from "../../sandbox/bytes.ts";

/** One member. */
export interface Entry {
  readonly name: string;
  readonly type?: string;
  readonly data?: string;
  readonly link?: string;
  readonly mode?: number;
  readonly mtime?: number;
  readonly user?: string;
  readonly group?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** The size field, if it lies. */
  readonly size?: number;
  readonly major?: number;
  readonly minor?: number;
}

/** The archive of some members, with two empty blocks at its end. */
export function makeTar(entries: readonly Entry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    const data = bytes(entry.data ?? "");
    const block = new Uint8Array(512);
    const put = (at: number, text: string): void => block.set(bytes(text), at);
    const octal = (at: number, room: number, value: number): void =>
      put(at, value.toString(8).padStart(room - 1, "0"));
    put(0, entry.name.slice(0, 100));
    octal(100, 8, entry.mode ?? 0o644);
    octal(108, 8, entry.uid ?? 0);
    octal(116, 8, entry.gid ?? 0);
    octal(124, 12, entry.size ?? data.length);
    octal(136, 12, entry.mtime ?? 981173106);
    put(156, entry.type ?? "0");
    put(157, (entry.link ?? "").slice(0, 100));
    put(257, "ustar\x0000");
    put(265, entry.user ?? "root");
    put(297, entry.group ?? "root");
    if (entry.major !== undefined) {
      octal(329, 8, entry.major);
      octal(337, 8, entry.minor ?? 0);
    }
    block.fill(0x20, 148, 156);
    put(148, block.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0") + "\0 ");
    const body = new Uint8Array(Math.ceil(data.length / 512) * 512);
    body.set(data);
    parts.push(block, body);
  }
  parts.push(new Uint8Array(1024));
  return concatBytes(parts);
}

/** Bytes of a byte string. */
export function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

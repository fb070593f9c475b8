/** Builds cpio archives (newc), also such as no honest tool would make. */
import { bytes } from "./make_tar.ts";

/** One member. */
export interface CpioEntry {
  readonly name: string;
  readonly mode?: number;
  readonly data?: string;
  readonly ino?: number;
  readonly nlink?: number;
  readonly magic?: string;
  readonly size?: number;
  readonly nameSize?: number;
  readonly rmajor?: number;
  readonly rminor?: number;
  readonly uid?: number;
}

const pad = (text: string): string => text + "\0".repeat(-text.length & 3);

function entry(item: CpioEntry): string {
  const data = item.data ?? "";
  const fields = [
    ...[item.ino ?? 1, item.mode ?? 0o100644, item.uid ?? 0, 0, item.nlink ?? 1, 981173106],
    ...[item.size ?? data.length, 8, 1, item.rmajor ?? 0, item.rminor ?? 0],
    ...[item.nameSize ?? item.name.length + 1, 0],
  ];
  const header = fields.map((value) => value.toString(16).toUpperCase().padStart(8, "0")).join("");
  return pad((item.magic ?? "070701") + header + item.name + "\0") + pad(data);
}

/** The archive of some members. */
export function makeCpio(entries: readonly CpioEntry[], trailer = true): Uint8Array {
  const all = entries.map(entry).join("");
  return bytes(trailer ? all + entry({ name: "TRAILER!!!", mode: 0 }) : all);
}

/** Builds zip archives, also such as no honest tool would make. */
import { crc32 } from "../../applets/_lib/hash/crc32.ts";
import { Deflate } from "../../applets/_lib/codec/deflate.ts";
import { Bzip2 } from "../../applets/_lib/codec/bzip2.ts";
import { runCodec } from "../../applets/_lib/codec/codec.ts";
import { bytes } from "./make_tar.ts";

/** One member. */
export interface ZipItem {
  readonly name: string;
  readonly data?: string;
  /** 0 stored, 8 deflate, 12 bzip2. */
  readonly method?: number;
  readonly mode?: number;
  /** Sizes and sum stand after the data. */
  readonly streamed?: boolean;
}

/** A number of so many bytes that is put over a local or central header. */
export interface Patch {
  readonly where: "local" | "central";
  readonly member: number;
  readonly at: number;
  readonly size: 2 | 4;
  readonly value: number;
}

/** The archive of some members. */
export function makeZip(items: readonly ZipItem[], patches: readonly Patch[] = []): Uint8Array {
  const parts: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let offset = 0;
  items.forEach((item, index) => {
    const plain = bytes(item.data ?? "");
    const method = item.method ?? 8;
    const packed = method === 8
      ? runCodec(new Deflate(), plain)
      : method === 12
      ? runCodec(new Bzip2(), plain)
      : plain;
    const name = bytes(item.name);
    const flags = item.streamed ? 8 : 0;
    const common = (view: DataView, at: number, zero: boolean): void => {
      view.setUint16(at, 20, true);
      view.setUint16(at + 2, flags, true);
      view.setUint16(at + 4, method, true);
      view.setUint16(at + 6, 4 << 11 | 5 << 5 | 3, true);
      view.setUint16(at + 8, 21 << 9 | 2 << 5 | 3, true);
      view.setUint32(at + 10, zero ? 0 : crc32(0, plain), true);
      view.setUint32(at + 14, zero ? 0 : packed.length, true);
      view.setUint32(at + 18, zero ? 0 : plain.length, true);
      view.setUint16(at + 22, name.length, true);
    };
    const local = new Uint8Array(30 + name.length);
    const localView = new DataView(local.buffer);
    localView.setUint32(0, 0x04034b50, true);
    common(localView, 4, flags !== 0);
    local.set(name, 30);
    const head = new Uint8Array(46 + name.length);
    const headView = new DataView(head.buffer);
    headView.setUint32(0, 0x02014b50, true);
    headView.setUint16(4, 3 << 8 | 20, true);
    common(headView, 6, false);
    headView.setUint32(38, (item.mode ?? 0o100644) << 16 >>> 0, true);
    headView.setUint32(42, offset, true);
    head.set(name, 46);
    for (const patch of patches) {
      if (patch.member !== index) continue;
      const view = patch.where === "local" ? localView : headView;
      if (patch.size === 2) view.setUint16(patch.at, patch.value, true);
      else view.setUint32(patch.at, patch.value, true);
    }
    const descriptor = new Uint8Array(item.streamed ? 16 : 0);
    if (item.streamed) {
      const view = new DataView(descriptor.buffer);
      view.setUint32(0, 0x08074b50, true);
      view.setUint32(4, crc32(0, plain), true);
      view.setUint32(8, packed.length, true);
      view.setUint32(12, plain.length, true);
    }
    parts.push(local, packed, descriptor);
    central.push(head);
    offset += local.length + packed.length + descriptor.length;
  });
  const size = central.reduce((sum, part) => sum + part.length, 0);
  const end = new Uint8Array(22);
  const view = new DataView(end.buffer);
  view.setUint32(0, 0x06054b50, true);
  view.setUint16(8, items.length, true);
  view.setUint16(10, items.length, true);
  view.setUint32(12, size, true);
  view.setUint32(16, offset, true);
  const all = [...parts, ...central, end];
  const out = new Uint8Array(all.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of all) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** rpm2cpio against native. */
import { Bzip2 } from "../../applets/_lib/codec/bzip2.ts";
import { runCodec } from "../../applets/_lib/codec/codec.ts";
import { Gzip } from "../../applets/_lib/codec/gzip.ts";
import { type Case, compareAll } from "./differential.ts";
import { makeCpio } from "./make_cpio.ts";
import { bytes } from "./make_tar.ts";

function header(entries: number, data: string, magic = "\x8e\xad\xe8\x01"): string {
  return `${magic}\0\0\0\0\0\0\0${String.fromCharCode(entries)}\0\0\0${
    String.fromCharCode(data.length)
  }` +
    "\0".repeat(16 * entries) + data;
}

function makeRpm(payload: Uint8Array, magic?: string): Uint8Array {
  const head = bytes(
    "\xed\xab\xee\xdb" + "\0".repeat(92) + header(2, "signature") + "\0".repeat(7) +
      header(3, "headerdata!", magic),
  );
  const all = new Uint8Array(head.length + payload.length);
  all.set(head);
  all.set(payload, head.length);
  return all;
}

const cpio = makeCpio([{ name: "a", data: "hello" }, { name: "b/c", data: "x".repeat(5000) }]);
const gz = makeRpm(runCodec(new Gzip(), cpio));
const files: Record<string, Uint8Array> = {
  "gz.rpm": gz,
  "bz2.rpm": makeRpm(runCodec(new Bzip2(), cpio)),
  "raw.rpm": makeRpm(cpio),
  "none.rpm": makeRpm(new Uint8Array(0)),
  "cut.rpm": gz.subarray(0, gz.length - 20),
  "header.rpm": makeRpm(cpio, "\x8e\xad\xe9\x01"),
  "version.rpm": makeRpm(cpio, "\x8e\xad\xe8\x02"),
  "short.rpm": gz.subarray(0, 100),
  "shorter.rpm": gz.subarray(0, 50),
  "empty.rpm": new Uint8Array(0),
};
const cases: Case[] = [
  ...Object.keys(files).map((name) =>
    `rpm2cpio ${name} | md5sum; rpm2cpio ${name} > o; echo $?; rpm2cpio < ${name} | cpio -t`
  ),
  "rpm2cpio nosuch; echo $?; rpm2cpio -x; rpm2cpio .; rpm2cpio gz.rpm bz2.rpm | cpio -t; rpm2cpio --help; echo $?",
].map((script) => ({ name: script, files, script }));

compareAll("rpm2cpio", cases);

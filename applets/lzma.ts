import type { Applet } from "./contract.ts";
import { Unlzma } from "./_lib/codec/unlzma.ts";
import { unpacker } from "./_lib/unpacker.ts";

/** Decompresses FILEs; there is no compressor. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = unpacker("lzma", "unlzma", "lzcat", {
  // Native dies of this one; other damage is told and the next file is tried.
  writeDamage: "corrupted data",
  fatal: (message) => message === "unexpected EOF",
  codec: (charge) => new Unlzma(charge),
});

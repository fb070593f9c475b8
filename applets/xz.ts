import type { Applet } from "./contract.ts";
import { Unxz } from "./_lib/codec/unxz.ts";
import { unpacker } from "./_lib/unpacker.ts";

/** Decompresses FILEs; there is no compressor. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = unpacker("xz", "unxz", "xzcat", {
  readError: () => "read error",
  fatal: (message) => message.startsWith("write:"),
  codec: (charge) => new Unxz(charge),
});

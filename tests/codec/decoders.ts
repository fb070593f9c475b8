/** The decoder of each kind of sample. */
import { Bunzip2 } from "../../applets/_lib/codec/bunzip2.ts";
import type { Codec } from "../../applets/_lib/codec/codec.ts";
import { Gunzip } from "../../applets/_lib/codec/gzip.ts";
import { LzopDecoder } from "../../applets/_lib/codec/lzop.ts";
import { Uncompress } from "../../applets/_lib/codec/uncompress.ts";
import { Unlzma } from "../../applets/_lib/codec/unlzma.ts";
import { Unxz } from "../../applets/_lib/codec/unxz.ts";

/** A decoder for a sample by its name; `charge` is told of memory taken. */
export function decoderFor(name: string, charge?: (bytes: number) => void): Codec {
  if (name.startsWith("xz")) return new Unxz(charge);
  if (name.startsWith("lzma")) return new Unlzma(charge);
  if (name.startsWith("lzop")) return new LzopDecoder(true, charge);
  if (name.startsWith("compress")) return new Uncompress();
  if (name.startsWith("bzip2")) return new Bunzip2();
  return new Gunzip();
}

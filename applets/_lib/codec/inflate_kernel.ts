/**
 * The hot loop of inflate in WebAssembly: 64 bits of input at hand instead of 32, and matches copied 16
 * bytes at a time. The course of the stream, and everything near the edges of a chunk, stays with
 * `Inflate`, whose tables and window lie in the kernel's memory.
 * @module
 */

import { KernelCode, KernelKind, TABLES } from "../hash/wasm_kernel.ts";
import {
  DISTANCE_BITS,
  DISTANCE_ROOM,
  END_OF_BLOCK,
  INVALID,
  LITERAL_BITS,
  LITERAL_ROOM,
  SUBTABLE,
} from "./inflate_tables.ts";

/** Where the registers stand between two runs: 64 bits of input, and how many of them are valid. */
export const HOLD = 0;
/** See HOLD. */
export const BITS = 8;
/** The next byte to write, as an address, and the one at which to stop. */
export const AT = 12;
/** See AT. */
export const STOP = 16;
/** The next byte to read, as an address; of the answer. */
export const POS = 20;
/** Why the run ended: one of the numbers below. */
export const END = 24;

/** Input or room is used up. */
export const END_OF_ROOM = 0;
/** The block has ended. */
export const BLOCK_ENDED = 1;
/** The data are no deflate stream. */
export const DAMAGED = 2;

/** Where the table of literals and lengths is. */
export const LITERALS = TABLES;
/** Where the table of distances is. */
export const DISTANCES: number = LITERALS + LITERAL_ROOM * 4;
/** Where the window is. */
export const OUT: number = DISTANCES + DISTANCE_ROOM * 4 + 63 & ~63;

/** Bytes of input that a turn may look at. */
export const TURN = 16;

/** A loop from the input at its first parameter to that at its second. */
function build(): KernelCode {
  const code = new KernelCode();
  const pos = 0;
  const last = 1;
  const hold = code.local64();
  const [bits, at, stop, entry, length, distance, end] = Array.from(
    { length: 7 },
    () => code.local32(),
  );
  /** At least 56 valid bits. Those above `bits` are true look-ahead: to or them again is harmless. */
  const refill = (): void => {
    code.get(hold).get(pos).load64(0).get(bits).op("i64.extend_i32_u", "i64.shl", "i64.or").set(
      hold,
    );
    code.const32(63).get(bits).op("i32.sub").const32(3).op("i32.shr_u").get(pos).op("i32.add").set(
      pos,
    );
    code.get(bits).const32(56).op("i32.or").set(bits);
  };
  const look = (table: number, width: number): void => {
    code.get(hold).op("i32.wrap_i64").const32((1 << width) - 1).op("i32.and");
    code.const32(2).op("i32.shl").load32(table).set(entry);
  };
  const flag = (mask: number): KernelCode => code.get(entry).const32(mask).op("i32.and");
  /** Drops as many bits as the number on the stack says. */
  const drop = (count: () => void): void => {
    code.get(hold);
    count();
    code.op("i64.extend_i32_u", "i64.shr_u").set(hold);
    code.get(bits);
    count();
    code.op("i32.sub").set(bits);
  };
  const dropCode = (): void => drop(() => flag(15));
  const extraBits = (): KernelCode => flag(240).const32(4).op("i32.shr_u");
  /** The base of an entry and its extra bits together, dropped; `into` is the sum. */
  const value = (into: number): void => {
    code.get(hold).op("i32.wrap_i64").const32(1);
    extraBits().op("i32.shl").const32(1).op("i32.sub", "i32.and");
    code.get(entry).const32(16).op("i32.shr_u", "i32.add").set(into);
    drop(extraBits);
  };
  const literal = (): void => {
    code.get(at).get(entry).const32(8).op("i32.shr_u").store8(0);
    code.get(at).const32(1).op("i32.add").set(at);
    dropCode();
  };
  const isLiteral = (): KernelCode => code.get(entry).const32(0).op("i32.lt_s");
  /** The code goes on in a sub-table. */
  const follow = (table: number, width: number): void => {
    code.get(hold).const64(BigInt(width)).op("i64.shr_u", "i32.wrap_i64").const32(1);
    extraBits().op("i32.shl").const32(1).op("i32.sub", "i32.and");
    code.get(entry).const32(16).op("i32.shr_u", "i32.add").const32(2).op("i32.shl");
    code.load32(table).set(entry);
  };
  const finish = (why: number): KernelCode => code.const32(0).const32(why).store32(END);

  code.const32(0).load64(HOLD).set(hold);
  code.const32(0).load32(BITS).set(bits);
  code.const32(0).load32(AT).set(at);
  code.const32(0).load32(STOP).set(stop);
  finish(END_OF_ROOM);
  code.block(() => {
    code.loop(() => {
      code.block(() => {
        refill();
        look(LITERALS, LITERAL_BITS);
        isLiteral().when(() => {
          literal();
          look(LITERALS, LITERAL_BITS);
          isLiteral().when(() => {
            literal();
            look(LITERALS, LITERAL_BITS);
            isLiteral().when(() => {
              literal();
              code.leave(3);
            });
          });
          refill();
        });
        flag(SUBTABLE | END_OF_BLOCK | INVALID).when(() => {
          flag(SUBTABLE).when(() => {
            follow(LITERALS, LITERAL_BITS);
            isLiteral().when(() => {
              literal();
              code.leave(3);
            });
          });
          flag(END_OF_BLOCK | INVALID).when(() => {
            dropCode();
            flag(INVALID).when(() => finish(DAMAGED), () => finish(BLOCK_ENDED));
            code.leave(4);
          });
        });
        dropCode();
        value(length);
        look(DISTANCES, DISTANCE_BITS);
        flag(SUBTABLE | INVALID).when(() => {
          flag(SUBTABLE).when(() => follow(DISTANCES, DISTANCE_BITS));
          flag(INVALID).when(() => {
            finish(DAMAGED);
            code.leave(4);
          });
        });
        dropCode();
        value(distance);
        code.get(at).get(length).op("i32.add").set(end);
        // From here on `length` is where the match is copied from.
        code.get(at).get(distance).op("i32.sub").set(length);
        code.get(distance).const32(16).op("i32.lt_u").when(() => {
          code.loop(() => {
            code.get(at).get(length).load8(0).store8(0);
            code.get(length).const32(1).op("i32.add").set(length);
            code.get(at).const32(1).op("i32.add").set(at);
            code.get(at).get(end).op("i32.lt_u");
          });
        }, () => {
          // Up to 15 bytes too many are written, and later written over.
          code.loop(() => {
            code.get(at).get(length).load128(0).store128(0);
            code.get(length).const32(16).op("i32.add").set(length);
            code.get(at).const32(16).op("i32.add").set(at);
            code.get(at).get(end).op("i32.lt_u");
          });
          code.get(end).set(at);
        });
      });
      code.get(pos).get(last).op("i32.lt_u").get(at).get(stop).op("i32.lt_u", "i32.and");
    });
  });
  code.const32(0).get(hold).store64(HOLD);
  code.const32(0).get(bits).store32(BITS);
  code.const32(0).get(at).store32(AT);
  code.const32(0).get(pos).store32(POS);
  return code;
}

/** Kernels with room for a window and output, and for input behind them. */
export function inflateKernels(outSize: number, inputSize: number): KernelKind {
  return new KernelKind(build, undefined, Math.ceil((OUT + outSize + inputSize + TURN) / 65536));
}

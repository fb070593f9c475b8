import { assertEquals } from "@std/assert";
import type { OpenFile, Process } from "../../sandbox/types.ts";
import { FDFLAG, RIGHT } from "../../wasi/abi.ts";
import { AT, type TestGuest, withGuest } from "./harness.ts";

const END = 4 * 65536;

function position(it: TestGuest, fd: number): bigint {
  assertEquals(it.call("fd_tell", fd, AT.RESULT), "SUCCESS");
  return it.u64();
}

Deno.test("fd_read and fd_write refuse bad descriptors, rights and pointers", () =>
  withGuest((it) => {
    assertEquals(it.read(42), "BADF");
    assertEquals(it.write(42, "x"), "BADF");
    assertEquals(it.read(3), "NOTCAPABLE");
    assertEquals(it.write(3, "x"), "NOTCAPABLE");
    const file = it.open("f", { oflags: 1 });
    for (const name of ["fd_read", "fd_write"]) {
      const [iovs, one] = it.buffer(10);
      assertEquals(it.call(name, file, iovs, one, END - 2), "FAULT", "result");
      assertEquals(it.call(name, file, END - 4, 1, AT.RESULT), "FAULT", "array");
      assertEquals(it.call(name, file, iovs, 0x7fffffff, AT.RESULT), "FAULT", "huge array");
      // 0x20000001 * 8 is 8 in 32 bits: the product must not wrap.
      assertEquals(it.call(name, file, iovs, 0x20000001, AT.RESULT), "FAULT", "wrapping array");
      it.view.setUint32(AT.IOVS, END - 5, true);
      assertEquals(it.call(name, file, iovs, 1, AT.RESULT), "FAULT", "buffer");
      it.view.setUint32(AT.IOVS, 16, true);
      it.view.setUint32(AT.IOVS + 4, 0xffffffff, true);
      assertEquals(it.call(name, file, iovs, 1, AT.RESULT), "FAULT", "wrapping buffer");
      it.view.setUint32(AT.IOVS + 8, AT.DATA, true);
      assertEquals(it.call(name, file, iovs, 2, AT.RESULT), "FAULT", "second buffer");
      assertEquals(it.call(name, file, 0, 0, AT.RESULT), "SUCCESS", "no buffers");
      assertEquals(it.u32(), 0);
    }
  }));

Deno.test("several buffers are filled and written in order, at any alignment", () =>
  withGuest((it) => {
    const file = it.open("f", { oflags: 1 });
    const array = AT.IOVS + 1;
    it.bytes.set(new TextEncoder().encode("abcdef"), AT.DATA + 3);
    const describe = (...pairs: number[]): void =>
      pairs.forEach((value, i) => it.view.setUint32(array + i * 4, value, true));
    describe(AT.DATA + 3, 2, 0, 0, AT.DATA + 5, 3, AT.DATA + 8, 1);
    assertEquals(it.call("fd_write", file, array, 4, AT.RESULT + 1), "SUCCESS");
    assertEquals(it.view.getUint32(AT.RESULT + 1, true), 6);
    it.call("fd_seek", file, 0n, 0, AT.RESULT);
    describe(AT.DATA + 101, 1, AT.DATA + 110, 4, 0, 0, AT.DATA + 120, 9);
    assertEquals(it.call("fd_read", file, array, 4, AT.RESULT), "SUCCESS");
    assertEquals(it.u32(), 6);
    assertEquals(it.text(AT.DATA + 101, 1), "a");
    assertEquals(it.text(AT.DATA + 110, 4), "bcde");
    assertEquals(it.text(AT.DATA + 120, 2), "f\0");
  }));

Deno.test("more buffers than IOV_MAX give a short count", () =>
  withGuest((it) => {
    const file = it.open("f", { oflags: 1 });
    for (let i = 0; i < 1500; i++) {
      it.view.setUint32(AT.IOVS + i * 8, AT.RESULT, true);
      it.view.setUint32(AT.IOVS + i * 8 + 4, 1, true);
    }
    assertEquals(it.call("fd_write", file, AT.IOVS, 1500, AT.RESULT), "SUCCESS");
    assertEquals(it.u32(), 1024);
  }));

Deno.test("pread and pwrite leave the position alone and refuse what has none", () =>
  withGuest((it) => {
    const file = it.open("f", { oflags: 1 });
    it.write(file, "0123456789");
    assertEquals(it.call("fd_pwrite", file, ...it.buffer(2, "ab"), 4n, AT.RESULT), "SUCCESS");
    assertEquals(position(it, file), 10n);
    assertEquals(it.call("fd_pread", file, ...it.buffer(5), 3n, AT.RESULT), "SUCCESS");
    assertEquals(it.text(AT.DATA, 5), "3ab67");
    assertEquals(it.call("fd_pread", file, ...it.buffer(5), 8n, AT.RESULT), "SUCCESS");
    assertEquals(it.u32(), 2);
    assertEquals(it.call("fd_pread", file, ...it.buffer(5), 800n, AT.RESULT), "SUCCESS");
    assertEquals(it.u32(), 0);
    assertEquals(it.call("fd_pread", file, ...it.buffer(5), -1n, AT.RESULT), "INVAL");
    assertEquals(it.call("fd_pwrite", file, ...it.buffer(5), -1n, AT.RESULT), "INVAL");
    assertEquals(it.call("fd_pread", 0, ...it.buffer(5), 0n, AT.RESULT), "SPIPE");
    assertEquals(it.call("fd_pwrite", 1, ...it.buffer(5), 0n, AT.RESULT), "SPIPE");
    assertEquals(it.call("fd_pread", 3, ...it.buffer(5), 0n, AT.RESULT), "NOTCAPABLE");
    assertEquals(it.call("fd_pwrite", file, ...it.buffer(5), 0n, END - 3), "FAULT");
    assertEquals(it.call("fd_pread", 77, ...it.buffer(5), 0n, AT.RESULT), "BADF");
  }, { fds: (process) => pipeAt1(process) }));

function pipeAt1(process: Process): Map<number, OpenFile> {
  const { read, write } = process.pipe();
  return new Map([[0, read], [1, write]]);
}

Deno.test("pwrite to a file opened with APPEND writes at its end", () =>
  withGuest((it) => {
    const file = it.open("f", { oflags: 1, fdflags: FDFLAG.APPEND });
    it.write(file, "1234");
    assertEquals(it.call("fd_pwrite", file, ...it.buffer(2, "ab"), 0n, AT.RESULT), "SUCCESS");
    assertEquals(it.call("fd_pread", file, ...it.buffer(9), 0n, AT.RESULT), "SUCCESS");
    assertEquals(it.text(AT.DATA, it.u32()), "1234ab");
  }));

Deno.test("fd_seek and fd_tell", () =>
  withGuest((it) => {
    const file = it.open("f", { oflags: 1 });
    it.write(file, "0123456789");
    assertEquals(it.call("fd_seek", file, -4n, 2, AT.RESULT), "SUCCESS");
    assertEquals(it.u64(), 6n);
    assertEquals(it.call("fd_seek", file, 2n, 1, AT.RESULT), "SUCCESS");
    assertEquals(it.u64(), 8n);
    assertEquals(it.call("fd_seek", file, 2n ** 40n, 0, AT.RESULT), "SUCCESS");
    assertEquals(position(it, file), 2n ** 40n);
    assertEquals(it.call("fd_seek", file, -1n, 0, AT.RESULT), "INVAL");
    assertEquals(it.call("fd_seek", file, 0n, 3, AT.RESULT), "INVAL");
    assertEquals(it.call("fd_seek", file, 2n ** 62n, 0, AT.RESULT), "INVAL");
    assertEquals(it.call("fd_seek", file, 0n, 0, END - 7), "FAULT");
    assertEquals(position(it, file), 2n ** 40n);
    assertEquals(it.call("fd_seek", 3, 0n, 0, AT.RESULT), "NOTCAPABLE");
    assertEquals(it.call("fd_tell", 3, AT.RESULT), "NOTCAPABLE");
    assertEquals(it.call("fd_seek", 9, 0n, 0, AT.RESULT), "BADF");
    const teller = it.open("f", { rights: BigInt(RIGHT.FD_TELL) });
    assertEquals(it.call("fd_seek", teller, 0n, 1, AT.RESULT), "SUCCESS");
    assertEquals(it.call("fd_seek", teller, 1n, 1, AT.RESULT), "NOTCAPABLE");
  }));

Deno.test("wasi_unstable counts the origins of fd_seek differently", () =>
  withGuest((it) => {
    const file = it.open("f", { oflags: 1 });
    it.write(file, "0123456789");
    assertEquals(it.callUnstable("fd_seek", file, -4n, 1, AT.RESULT), "SUCCESS");
    assertEquals(it.u64(), 6n);
    assertEquals(it.callUnstable("fd_seek", file, 1n, 0, AT.RESULT), "SUCCESS");
    assertEquals(it.u64(), 7n);
    assertEquals(it.callUnstable("fd_seek", file, 1n, 2, AT.RESULT), "SUCCESS");
    assertEquals(it.u64(), 1n);
  }));

Deno.test("fd_sync, fd_datasync and fd_advise", () =>
  withGuest((it) => {
    const file = it.open("f", { oflags: 1 });
    for (const name of ["fd_sync", "fd_datasync"]) {
      assertEquals(it.call(name, file), "SUCCESS");
      assertEquals(it.call(name, 3), "SUCCESS");
      assertEquals(it.call(name, 1), "INVAL");
      assertEquals(it.call(name, 55), "BADF");
    }
    assertEquals(it.call("fd_advise", file, 0n, 0n, 5), "SUCCESS");
    assertEquals(it.call("fd_advise", file, 0n, 0n, 6), "INVAL");
    assertEquals(it.call("fd_advise", file, -1n, 0n, 0), "INVAL");
    assertEquals(it.call("fd_advise", file, 0n, -1n, 0), "INVAL");
    assertEquals(it.call("fd_advise", 3, 0n, 0n, 0), "BADF");
    assertEquals(it.call("fd_advise", 1, 0n, 0n, 0), "SPIPE");
    const poor = it.open("f", { rights: 0n });
    assertEquals(it.call("fd_sync", poor), "NOTCAPABLE");
    assertEquals(it.call("fd_datasync", poor), "NOTCAPABLE");
    assertEquals(it.call("fd_advise", poor, 0n, 0n, 0), "NOTCAPABLE");
  }, { fds: (process) => pipeAt1(process) }));

Deno.test("fd_allocate grows and never shrinks", () =>
  withGuest((it, process) => {
    const file = it.open("f", { oflags: 1 });
    assertEquals(it.call("fd_allocate", file, 0n, 100n), "SUCCESS");
    assertEquals(it.call("fd_allocate", file, 10n, 10n), "SUCCESS");
    assertEquals(process.fs.stat("/box/f").size, 100);
    assertEquals(it.call("fd_allocate", file, 90n, 20n), "SUCCESS");
    assertEquals(process.fs.stat("/box/f").size, 110);
    assertEquals(it.call("fd_allocate", file, 0n, 0n), "INVAL");
    assertEquals(it.call("fd_allocate", file, -1n, 10n), "FBIG");
    assertEquals(it.call("fd_allocate", file, 2n ** 53n - 2n, 10n), "FBIG");
    assertEquals(it.call("fd_allocate", 3, 0n, 10n), "NOTCAPABLE");
    assertEquals(it.call("fd_allocate", 1, 0n, 10n), "SPIPE");
    assertEquals(it.call("fd_allocate", 40, 0n, 10n), "BADF");
  }, { fds: (process) => pipeAt1(process) }));

Deno.test("fd_filestat_set_size and fd_filestat_get", () =>
  withGuest((it, process) => {
    const file = it.open("f", { oflags: 1 });
    it.write(file, "0123456789");
    assertEquals(it.call("fd_filestat_set_size", file, 4n), "SUCCESS");
    assertEquals(it.call("fd_filestat_get", file, AT.RESULT), "SUCCESS");
    const stat = process.fs.stat("/box/f");
    assertEquals(it.u64(AT.RESULT), BigInt(stat.dev));
    assertEquals(it.u64(AT.RESULT + 8), BigInt(stat.ino));
    assertEquals(it.bytes[AT.RESULT + 16], 4);
    assertEquals(it.u64(AT.RESULT + 24), 1n);
    assertEquals(it.u64(AT.RESULT + 32), 4n);
    assertEquals(it.u64(AT.RESULT + 48), stat.mtimeNs);
    assertEquals(it.callUnstable("fd_filestat_get", file, AT.DATA), "SUCCESS");
    assertEquals(it.u32(AT.DATA + 20), 1);
    assertEquals(it.u64(AT.DATA + 24), 4n);
    assertEquals(it.u64(AT.DATA + 40), stat.mtimeNs);
    assertEquals(it.call("fd_filestat_set_size", file, -1n), "INVAL");
    assertEquals(it.call("fd_filestat_set_size", file, 2n ** 60n), "FBIG");
    assertEquals(it.call("fd_filestat_set_size", 3, 0n), "NOTCAPABLE");
    assertEquals(it.call("fd_filestat_set_size", 1, 0n), "INVAL");
    assertEquals(it.call("fd_filestat_set_size", 60, 0n), "BADF");
    assertEquals(it.call("fd_filestat_get", 60, AT.RESULT), "BADF");
    assertEquals(it.call("fd_filestat_get", file, END - 63), "FAULT");
    const reader = it.open("f", { rights: BigInt(RIGHT.FD_READ) });
    assertEquals(it.call("fd_filestat_get", reader, AT.RESULT), "NOTCAPABLE");
  }, { fds: (process) => pipeAt1(process) }));

Deno.test("fd_filestat_set_times keeps nanoseconds and refuses contradictions", () =>
  withGuest((it, process) => {
    const file = it.open("f", { oflags: 1 });
    const time = 1_234_567_890_123_456_789n;
    assertEquals(it.call("fd_filestat_set_times", file, 5n, time, 4), "SUCCESS");
    assertEquals(process.fs.stat("/box/f").mtimeNs, time);
    assertEquals(it.call("fd_filestat_set_times", file, 7n, 0n, 1), "SUCCESS");
    assertEquals(process.fs.stat("/box/f").atimeNs, 7n);
    assertEquals(it.call("fd_filestat_set_times", file, 0n, 0n, 3), "INVAL");
    assertEquals(it.call("fd_filestat_set_times", file, 0n, 0n, 12), "INVAL");
    assertEquals(it.call("fd_filestat_set_times", file, 0n, 0n, 16), "INVAL");
    assertEquals(it.call("fd_filestat_set_times", file, 0n, 0n, 0), "SUCCESS");
    assertEquals(process.fs.stat("/box/f").mtimeNs, time);
    assertEquals(it.call("fd_filestat_set_times", 3, 1n, time, 5), "SUCCESS");
    assertEquals(process.fs.stat("/box").mtimeNs, time);
    assertEquals(it.call("fd_filestat_set_times", 66, 0n, 0n, 0), "BADF");
    const poor = it.open("f", { rights: 0n });
    assertEquals(it.call("fd_filestat_set_times", poor, 0n, 0n, 0), "NOTCAPABLE");
  }));

Deno.test("writing to a pipe that nobody reads ends the process by SIGPIPE", async () => {
  let status = "";
  await withGuest(async (_it, process) => {
    const { read, write } = process.pipe();
    read.release();
    const child = process.spawn(["writer"], {
      program: (inner) => {
        inner.fd(1)?.write(new Uint8Array(1), inner.waiter);
        return 0;
      },
      fds: new Map([[1, write]]),
    });
    const end = await child.wait();
    status = `${end.code} ${end.signal}`;
  });
  assertEquals(status, "141 13");
});

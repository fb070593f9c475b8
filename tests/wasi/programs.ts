/**
 * Guests that several tests run, as text for the assembler.
 *
 * @module
 */
import { assemble, importText } from "./harness.ts";

/** A command whose `_start` has the given body; `memory` has one page or what is said. */
export function command(
  body: string,
  options: {
    readonly imports?: readonly string[];
    readonly extra?: string;
    readonly memory?: string;
  } = {},
): Uint8Array<ArrayBuffer> {
  return assemble(`
    ${importText(...options.imports ?? [])}
    (memory (export "memory") ${options.memory ?? "1"})
    ${options.extra ?? ""}
    (func (export "_start") ${body})
  `);
}

/** Prints a text of at most 200 bytes and returns. */
export function printer(text: string): Uint8Array<ArrayBuffer> {
  return command(
    `(i32.store (i32.const 0) (i32.const 16))
     (i32.store (i32.const 4) (i32.const ${text.length}))
     (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))`,
    { imports: ["fd_write"], extra: `(data (i32.const 16) ${JSON.stringify(text)})` },
  );
}

/** Exits with a code. */
export function exiter(code: number): Uint8Array<ArrayBuffer> {
  return command(`(call $proc_exit (i32.const ${code}))`, { imports: ["proc_exit"] });
}

/** Copies stdin to stdout until the end, with a buffer of 64 KiB. */
export function copier(): Uint8Array<ArrayBuffer> {
  return command(
    `(local $n i32)
     (loop $next
       (i32.store (i32.const 0) (i32.const 1024))
       (i32.store (i32.const 4) (i32.const 65536))
       (if (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8))
         (then (call $proc_exit (i32.const 1))))
       (local.set $n (i32.load (i32.const 8)))
       (if (i32.eqz (local.get $n)) (then (return)))
       (i32.store (i32.const 4) (local.get $n))
       (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))
         (then (call $proc_exit (i32.const 2))))
       (br $next))`,
    { imports: ["fd_read", "fd_write", "proc_exit"], memory: "2" },
  );
}

/** Prints its arguments, each ended by a NUL. */
export function arguments_(): Uint8Array<ArrayBuffer> {
  return command(
    `(drop (call $args_sizes_get (i32.const 0) (i32.const 4)))
     (drop (call $args_get (i32.const 256) (i32.const 4096)))
     (i32.store (i32.const 8) (i32.const 4096))
     (i32.store (i32.const 12) (i32.load (i32.const 4)))
     (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))`,
    { imports: ["args_get", "args_sizes_get", "fd_write"] },
  );
}

/** Prints its environment, each entry ended by a NUL. */
export function environment(): Uint8Array<ArrayBuffer> {
  return command(
    `(drop (call $environ_sizes_get (i32.const 0) (i32.const 4)))
     (drop (call $environ_get (i32.const 256) (i32.const 4096)))
     (i32.store (i32.const 8) (i32.const 4096))
     (i32.store (i32.const 12) (i32.load (i32.const 4)))
     (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))`,
    { imports: ["environ_get", "environ_sizes_get", "fd_write"] },
  );
}

/** Opens a path of descriptor `fd`, prints what is in the file, and exits with the error number. */
export function opener(fd: number, path: string, oflags = 0): Uint8Array<ArrayBuffer> {
  return command(
    `(local $error i32)
     (local.set $error (call $path_open (i32.const ${fd}) (i32.const 1) (i32.const 256)
       (i32.const ${path.length}) (i32.const ${oflags}) (i64.const 0x1ffffffe) (i64.const 0)
       (i32.const 0) (i32.const 0)))
     (if (local.get $error) (then (call $proc_exit (local.get $error))))
     (i32.store (i32.const 8) (i32.const 4096))
     (i32.store (i32.const 12) (i32.const 4096))
     (drop (call $fd_read (i32.load (i32.const 0)) (i32.const 8) (i32.const 1) (i32.const 12)))
     (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))`,
    {
      imports: ["path_open", "fd_read", "fd_write", "proc_exit"],
      extra: `(data (i32.const 256) ${JSON.stringify(path)})`,
    },
  );
}

/** Sleeps for some milliseconds. */
export function sleeper(milliseconds: number): Uint8Array<ArrayBuffer> {
  return command(
    `(i32.store (i32.const 16) (i32.const 1))
     (i64.store (i32.const 24) (i64.const ${BigInt(milliseconds) * 1_000_000n}))
     (drop (call $poll_oneoff (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))`,
    { imports: ["poll_oneoff"] },
  );
}

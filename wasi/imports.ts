/**
 * What a guest may import: exact tables without prototypes, and nothing else.
 *
 * Threat class "imports": names come from the module, so the tables have no inherited members; an
 * unknown name, a wrong kind or a wrong signature is refused before anything runs.
 *
 * @module
 */
import {
  FOREIGN_SOCKET_SIGNATURES,
  PREVIEW1,
  PREVIEW1_SIGNATURES,
  PROCESS_EXTENSION,
  PROCESS_SIGNATURES,
  SOCKET_SIGNATURES,
  UNSTABLE,
} from "./abi.ts";
import * as argsEnviron from "./args_environ.ts";
import * as clocks from "./clocks.ts";
import * as dirs from "./dirs.ts";
import { ERRNO } from "./errno.ts";
import * as fds from "./fds.ts";
import * as files from "./files.ts";
import { type Guest, TRAP } from "./guest.ts";
import * as paths from "./paths.ts";
import * as poll from "./poll.ts";
import * as proc from "./proc.ts";
import type { ProcessExtension } from "./process_extension.ts";
import * as random from "./random.ts";
import * as sched from "./sched.ts";
import type { ShimFunction } from "./shim.ts";
import * as sockets from "./sockets.ts";
import * as unstable from "./unstable.ts";

/** A call: the guest and its arguments, as wasm gives them. */
// deno-lint-ignore no-explicit-any -- each function has its own parameter types, checked by wasm.
export type Call = (guest: Guest, ...args: any[]) => number;

/** Functions by name. */
export type CallTable = { readonly [name: string]: Call };

function table(...parts: readonly CallTable[]): CallTable {
  return Object.freeze(Object.assign(Object.create(null), ...parts));
}

/** The 46 functions of preview 1. */
export const preview1: CallTable = table({
  args_get: argsEnviron.args_get,
  args_sizes_get: argsEnviron.args_sizes_get,
  clock_res_get: clocks.clock_res_get,
  clock_time_get: clocks.clock_time_get,
  environ_get: argsEnviron.environ_get,
  environ_sizes_get: argsEnviron.environ_sizes_get,
  fd_advise: files.fd_advise,
  fd_allocate: files.fd_allocate,
  fd_close: fds.fd_close,
  fd_datasync: files.fd_datasync,
  fd_fdstat_get: fds.fd_fdstat_get,
  fd_fdstat_set_flags: fds.fd_fdstat_set_flags,
  fd_fdstat_set_rights: fds.fd_fdstat_set_rights,
  fd_filestat_get: files.fd_filestat_get,
  fd_filestat_set_size: files.fd_filestat_set_size,
  fd_filestat_set_times: files.fd_filestat_set_times,
  fd_pread: files.fd_pread,
  fd_prestat_dir_name: fds.fd_prestat_dir_name,
  fd_prestat_get: fds.fd_prestat_get,
  fd_pwrite: files.fd_pwrite,
  fd_read: files.fd_read,
  fd_readdir: dirs.fd_readdir,
  fd_renumber: fds.fd_renumber,
  fd_seek: files.fd_seek,
  fd_sync: files.fd_sync,
  fd_tell: files.fd_tell,
  fd_write: files.fd_write,
  path_create_directory: paths.path_create_directory,
  path_filestat_get: paths.path_filestat_get,
  path_filestat_set_times: paths.path_filestat_set_times,
  path_link: paths.path_link,
  path_open: paths.path_open,
  path_readlink: paths.path_readlink,
  path_remove_directory: paths.path_remove_directory,
  path_rename: paths.path_rename,
  path_symlink: paths.path_symlink,
  path_unlink_file: paths.path_unlink_file,
  poll_oneoff: poll.poll_oneoff,
  proc_exit: proc.proc_exit,
  proc_raise: proc.proc_raise,
  random_get: random.random_get,
  sched_yield: sched.sched_yield,
  sock_accept: sockets.sock_accept,
  sock_recv: sockets.sock_recv,
  sock_send: sockets.sock_send,
  sock_shutdown: sockets.sock_shutdown,
});

/** The functions of wasi_unstable: as preview 1, but for those whose structures changed. */
export const previous: CallTable = table(preview1, unstable.changed);

/** The socket extension. */
export const socketExtension: CallTable = table({
  sock_bind: sockets.sock_bind,
  sock_connect: sockets.sock_connect,
  sock_listen: sockets.sock_listen,
  sock_open: sockets.sock_open,
});

/** A call that works on the process extension of its guest. */
function onProcess(
  // deno-lint-ignore no-explicit-any -- see `Call`.
  call: (extension: ProcessExtension, ...args: any[]) => void | number,
): Call {
  return (guest, ...args) => {
    const { process } = guest;
    if (process === undefined) return ERRNO.NOSYS;
    const value = call(process, ...args);
    if (typeof value === "number") process.value = value;
    return ERRNO.SUCCESS;
  };
}

/**
 * The process extension. Its functions have no error number to give, so that a bad pointer can only
 * be a trap.
 */
export const processExtension: CallTable = table({
  wasmedge_process_set_prog_name: onProcess((it, p, l) => it.setName(p, l)),
  wasmedge_process_add_arg: onProcess((it, p, l) => it.addArgument(p, l)),
  wasmedge_process_add_env: onProcess((it, kp, kl, vp, vl) => it.addEnvironment(kp, kl, vp, vl)),
  wasmedge_process_add_stdin: onProcess((it, p, l) => it.addInput(p, l)),
  wasmedge_process_set_timeout: onProcess((it, ms) => it.setTimeout(ms)),
  wasmedge_process_run: (guest) => {
    const { process } = guest;
    if (process === undefined) return ERRNO.NOSYS;
    return guest.with(process.run(), (value) => {
      process.value = value;
      return ERRNO.SUCCESS;
    });
  },
  wasmedge_process_get_exit_code: onProcess((it) => it.exitCode),
  wasmedge_process_get_stdout_len: onProcess((it) => it.stdout.length),
  wasmedge_process_get_stdout: onProcess((it, p) => it.copyOut(p, it.stdout)),
  wasmedge_process_get_stderr_len: onProcess((it) => it.stderr.length),
  wasmedge_process_get_stderr: onProcess((it, p) => it.copyOut(p, it.stderr)),
});

const notSupported: Call = () => ERRNO.NOTSUP;

/** One import of a module that was found in the tables. */
export interface Linked {
  readonly module: string;
  readonly name: string;
  readonly call: Call;
  readonly shim: ShimFunction;
}

/** Which extensions a guest may import. */
export interface Extensions {
  readonly sockets: boolean;
  readonly process: boolean;
}

/**
 * Finds an import, or undefined when it does not exist.
 *
 * @param signature Parameters as the module declares them, where they can be told.
 */
export function findImport(
  module: string,
  name: string,
  extensions: Extensions,
  signature?: string,
): Linked | undefined {
  const link = (calls: CallTable, params: string, result: ShimFunction["result"]): Linked => ({
    module,
    name,
    call: calls[name],
    shim: { params, result },
  });
  switch (module) {
    case PREVIEW1:
    case UNSTABLE: {
      const params = PREVIEW1_SIGNATURES.get(name);
      const foreign = FOREIGN_SOCKET_SIGNATURES.get(name);
      const extra = module === PREVIEW1 && extensions.sockets
        ? SOCKET_SIGNATURES.get(name)
        : undefined;
      if (foreign !== undefined && foreign === signature && foreign !== extra) {
        return { module, name, call: notSupported, shim: { params: foreign, result: "errno" } };
      }
      if (params !== undefined) {
        const result = name === "proc_exit" ? "none" : "errno";
        return link(module === PREVIEW1 ? preview1 : previous, params, result);
      }
      return extra === undefined ? undefined : link(socketExtension, extra, "errno");
    }
    case PROCESS_EXTENSION: {
      const known = extensions.process ? PROCESS_SIGNATURES.get(name) : undefined;
      if (known === undefined) return undefined;
      return link(processExtension, known.params, known.result ? "value" : "none");
    }
    default:
      return undefined;
  }
}

/**
 * A call as the shim imports it: no exception leaves it, whatever the arguments.
 *
 * @param traps Whether a failure is a trap, for functions that cannot give an error number.
 */
export function bind(guest: Guest, linked: Linked): (...args: never[]) => number {
  const { call, shim } = linked;
  const settle = (answer: number): number => {
    if (shim.result === "errno" || answer === ERRNO.SUCCESS || answer < 0) return answer;
    guest.end({ kind: "trap", reason: `${linked.name}: bad argument` });
    return TRAP;
  };
  const caught = (error: unknown): number => settle(guest.caught(error));
  const { tick } = guest.system;
  const { memory } = guest;
  // deno-lint-ignore no-explicit-any -- see `Call`.
  const again = (turn: Promise<void>, args: any[]): number =>
    guest.later(turn, () => settle(call(guest, ...args)));
  // Nine is the most that a call has. A rest parameter would make an array for each call.
  return (a, b, c, d, e, f, g, h, i) => {
    try {
      const turn = tick(1);
      if (turn !== undefined && guest.suspends) return again(turn, [a, b, c, d, e, f, g, h, i]);
      if (memory.grown) guest.chargeMemory();
      const answer = call(guest, a, b, c, d, e, f, g, h, i);
      return shim.result === "errno" ? answer : settle(answer);
    } catch (error) {
      return caught(error);
    }
  };
}

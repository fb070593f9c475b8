/**
 * `/dev`: a small memory layer with the device nodes that programs expect. The kernel gives them
 * their behaviour by number; numbers are Linux's (Documentation/admin-guide/devices.txt).
 *
 * @module
 */
import { S_IFCHR } from "../types.ts";
import { type ForkContext, Quota } from "./layer.ts";
import { MemoryLayer } from "./memory.ts";

/** Device number of a major and a minor number below 256. */
export function makeDevice(major: number, minor: number): number {
  return major << 8 | minor;
}

/** `/dev/null`. */
export const DEV_NULL: number = makeDevice(1, 3);
/** `/dev/zero`. */
export const DEV_ZERO: number = makeDevice(1, 5);
/** `/dev/full`. */
export const DEV_FULL: number = makeDevice(1, 7);
/** `/dev/random`. */
export const DEV_RANDOM: number = makeDevice(1, 8);
/** `/dev/urandom`. */
export const DEV_URANDOM: number = makeDevice(1, 9);
/** `/dev/tty`: the controlling terminal. */
export const DEV_TTY: number = makeDevice(5, 0);
/** `/dev/console`. */
export const DEV_CONSOLE: number = makeDevice(5, 1);

const ROOT = { uid: 0, gid: 0 };
/** What guests may put there themselves, in `/dev/shm` for instance. */
const DEV_BYTES = 16 * 1024 * 1024;

let template: MemoryLayer | undefined;

function makeTemplate(): MemoryLayer {
  const layer = new MemoryLayer({ nowNs: () => 0n, typeName: "devtmpfs" });
  const { root } = layer;
  const devices: readonly (readonly [string, number, number])[] = [
    ["null", DEV_NULL, 0o666],
    ["zero", DEV_ZERO, 0o666],
    ["full", DEV_FULL, 0o666],
    ["random", DEV_RANDOM, 0o666],
    ["urandom", DEV_URANDOM, 0o666],
    ["tty", DEV_TTY, 0o666],
    ["console", DEV_CONSOLE, 0o620],
  ];
  for (const [name, rdev, mode] of devices) root.makeNode(name, S_IFCHR | mode, rdev, ROOT);
  root.makeLink("fd", "/proc/self/fd", ROOT);
  root.makeLink("stdin", "/proc/self/fd/0", ROOT);
  root.makeLink("stdout", "/proc/self/fd/1", ROOT);
  root.makeLink("stderr", "/proc/self/fd/2", ROOT);
  root.makeDir("pts", 0o755, ROOT);
  root.makeDir("shm", 0o1777, ROOT);
  layer.freezeTimes();
  return layer;
}

/**
 * A `/dev` of its own for one sandbox, forked from a template that is made once.
 *
 * @param context Clock of the sandbox.
 * @param quota What its files are charged to; a small one of its own by default.
 */
export function createDevLayer(
  context: ForkContext,
  quota: Quota = new Quota({ maxBytes: DEV_BYTES }),
): MemoryLayer {
  template ??= makeTemplate();
  const layer = template.fork(context, true);
  layer.quota = quota;
  return layer;
}

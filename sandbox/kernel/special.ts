/**
 * Opening FIFOs and devices by their nodes.
 *
 * @module
 */
import {
  type ByteString,
  O_ACCMODE,
  O_RDWR,
  O_WRONLY,
  type OpenFile,
  S_IFCHR,
  S_IFIFO,
  type SpecialNode,
} from "../types.ts";
import { VfsError } from "../errors.ts";
import { DeviceFile, type DeviceName, DuplexFile } from "./devices.ts";
import type { Kernel } from "./kernel.ts";
import { PipeReader, PipeWriter } from "./pipe.ts";
import type { KernelProcess } from "./process.ts";

/** Linux device numbers (major << 8 | minor) of the devices that exist here. */
const DEVICES = new Map<number, DeviceName>([
  [0x103, "null"],
  [0x105, "zero"],
  [0x107, "full"],
  [0x108, "random"],
  [0x109, "random"],
]);
/** `/dev/tty`. */
const TTY = 0x500;

/**
 * Opens a node that is neither a file nor a directory.
 *
 * @throws {VfsError} ENXIO for devices that do not exist here, and for sockets
 */
export function openSpecial(
  kernel: Kernel,
  process: KernelProcess,
  node: SpecialNode,
  flags: number,
  path: ByteString,
): OpenFile {
  const stat = node.stat();
  if (node.type === S_IFIFO) {
    const pipe = kernel.fifo(`${stat.dev}:${stat.ino}`);
    const nodeStat = () => node.stat();
    const access = flags & O_ACCMODE;
    if (access === O_RDWR) {
      const reader = new PipeReader(pipe, stat.ino, path, nodeStat);
      return new DuplexFile(reader, new PipeWriter(pipe, stat.ino, path, nodeStat, true));
    }
    return access === O_WRONLY
      ? new PipeWriter(pipe, stat.ino, path, nodeStat, true, flags)
      : new PipeReader(pipe, stat.ino, path, nodeStat, flags);
  }
  if (node.type === S_IFCHR) {
    if (stat.rdev === TTY) {
      const anew = process.tty?.open?.();
      if (anew !== undefined) return anew;
      const own = process.fdNumbers().map((fd) => process.fd(fd)!).find((file) => file.tty);
      if (own === undefined || process.tty === undefined) throw new VfsError("ENXIO", path);
      return own.retain();
    }
    const device = DEVICES.get(stat.rdev);
    if (device !== undefined) {
      const nodeStat = () => node.stat();
      return new DeviceFile(device, kernel.random, flags, path, nodeStat, kernel.files.pool);
    }
  }
  throw new VfsError("ENXIO", path);
}

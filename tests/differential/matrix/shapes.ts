/**
 * How each applet is called in the flag matrix: operands that make sense, arguments for its options,
 * and which calls only native's machine could answer.
 *
 * The generator crosses these with the flags that native accepts; a shape says only what cannot be
 * found out by asking.
 *
 * @module
 */
import { ARCHIVES } from "./shapes/archives.ts";
import { FILES } from "./shapes/files.ts";
import { NETWORK } from "./shapes/network.ts";
import { PROGRAMS } from "./shapes/programs.ts";
import type { Shape } from "./shapes/shape.ts";
import { SHELL } from "./shapes/shell.ts";
import { SYSTEM } from "./shapes/system.ts";
import { TEXT } from "./shapes/text.ts";

/** Shapes by applet. An applet without one is called with the file `f`. */
export const SHAPES: { readonly [name: string]: Shape } = {
  ...SHELL,
  ...TEXT,
  ...PROGRAMS,
  ...FILES,
  ...ARCHIVES,
  ...SYSTEM,
  ...NETWORK,
};

/** Applets that are never run natively, not even in the jail. */
export const NEVER: ReadonlySet<string> = new Set([
  // They act on the machine, not on files, and a jail is no wall against that.
  ...[
    "reboot",
    "halt",
    "poweroff",
    "init",
    "linuxrc",
    "insmod",
    "rmmod",
    "modprobe",
    "depmod",
    "kexec",
  ],
  ...[
    "mount",
    "umount",
    "swapon",
    "swapoff",
    "losetup",
    "pivot_root",
    "switch_root",
    "run-init",
    "fsfreeze",
  ],
  ...[
    "hwclock",
    "rdate",
    "adjtimex",
    "devmem",
    "fdisk",
    "mkswap",
    "mke2fs",
    "mkdosfs",
    "blkdiscard",
  ],
  ...["ifconfig", "ip", "route", "udhcpc", "vconfig", "brctl", "watchdog", "nandwrite", "setfattr"],
]);

/** Which of native's applets are there. */
import { assertEquals } from "@std/assert";
import { findBusybox } from "../../reference/native.ts";
import { names } from "../../applets/program_table.ts";

/** Tools of kernel, hardware, console, start-up and raw network: what a sandbox has not to offer. */
const OUT_OF_SCOPE = (
  "acpid adjtimex arp arping blkdiscard blkid blockdev brctl chvt deallocvt depmod devmem " +
  "dumpkmap dumpleases fatattr fdisk findfs freeramdisk fsfreeze fstrim getty halt hwclock " +
  "i2cdetect i2cdump i2cget i2cset i2ctransfer ifconfig ifdown ifup init insmod ip ipneigh " +
  "klogd linuxrc loadfont loadkmap login losetup lsmod lsscsi mdev microcom mkdosfs mke2fs " +
  "mkswap modinfo modprobe mt nameif nsenter openvt partprobe ping ping6 pivot_root " +
  "poweroff rdate reboot resume rmmod route run-init setkeycodes svc svok swapoff swapon " +
  "switch_root syslogd traceroute traceroute6 ubirename udhcpc udhcpd uevent unshare " +
  "vconfig watchdog"
).split(" ");

Deno.test({
  name: "every applet of native is there, but for those of kernel, hardware and raw network",
  ignore: findBusybox() === undefined,
  fn: async () => {
    const { stdout } = await new Deno.Command(findBusybox()!.path, { args: ["--list"] }).output();
    const native = new TextDecoder().decode(stdout).trim().split("\n");
    const ours = new Set(names());
    const missing = native.filter((name) => !ours.has(name));
    assertEquals(missing.filter((name) => !OUT_OF_SCOPE.includes(name)), []);
    // What is out of scope is not there by accident either.
    assertEquals(OUT_OF_SCOPE.filter((name) => ours.has(name)), []);
  },
});

/**
 * Device numbers as Linux packs them into 64 bits (`makedev`, `major`, `minor` of glibc).
 *
 * @module
 */

/** Major number of a device. */
export function majorOf(device: number): number {
  return Math.floor(device / 256) & 0xfff;
}

/** Minor number of a device. */
export function minorOf(device: number): number {
  return (device & 0xff) | (Math.floor(device / 0x100000) << 8);
}

/** The number of a device. */
export function deviceNumber(major: number, minor: number): number {
  return (minor & 0xff) + (major & 0xfff) * 256 + (minor >>> 8) * 0x100000;
}

/**
 * What the resolver knows of a file system: a layer with a root directory, and quotas.
 *
 * @module
 */
import { VfsError } from "../errors.ts";
import type { DirNode } from "../types.ts";

/** A file system that can be mounted. Every call on it and on its nodes is synchronous. */
export interface Layer {
  readonly root: DirNode;
  /** Type name for `/proc/mounts`, such as `tmpfs`. */
  readonly typeName: string;
  /** Device number that `stat` shows; the namespace gives one at mount time where it is unset. */
  dev?: number;
  /** Whether every change is refused with EROFS. */
  readonly readOnly?: boolean;
  /**
   * A copy that changes independently, in constant time whatever the size. Layers without state of
   * their own, such as host directories, return themselves.
   */
  fork(context?: ForkContext): Layer;
  /** Bytes of memory charged to it, where it holds any. */
  bytesUsed?(): number;
}

/** One fork of a whole namespace: keeps shared things shared, and may bring a new clock. */
export class ForkContext {
  readonly #quotas = new Map<Quota, Quota>();
  readonly #layers = new Map<Layer, Layer>();

  /** @param nowNs Clock of the copy; by default that of the original. */
  constructor(readonly nowNs?: () => bigint) {}

  /** The copy's quota for one of the original's. */
  quota(quota: Quota): Quota {
    let copy = this.#quotas.get(quota);
    if (copy === undefined) this.#quotas.set(quota, copy = quota.fork());
    return copy;
  }

  /** The copy's layer for one of the original's. */
  layer(layer: Layer): Layer {
    let copy = this.#layers.get(layer);
    if (copy === undefined) this.#layers.set(layer, copy = layer.fork(this));
    return copy;
  }
}

/** Ceilings of a quota. Absent means unlimited. */
export interface QuotaLimits {
  readonly maxBytes?: number;
  /** Inodes and further hard links together, as tmpfs counts them. */
  readonly maxInodes?: number;
}

/** Bytes and inodes that one or several layers may hold together. Charged before the work. */
export class Quota {
  /** Most bytes of contents. */
  readonly maxBytes: number;
  /** Most inodes and links. */
  readonly maxInodes: number;
  /** Bytes held. */
  bytes = 0;
  /** Inodes and links held. */
  inodes = 0;

  /** @param limits Ceilings; with only a byte ceiling there is one inode for each KiB. */
  constructor(limits: QuotaLimits = {}) {
    this.maxBytes = limits.maxBytes ?? Infinity;
    // An inode costs memory too, so a bound on bytes must bound their number.
    this.maxInodes = limits.maxInodes ??
      (this.maxBytes === Infinity ? Infinity : Math.max(8192, Math.ceil(this.maxBytes / 1024)));
  }

  /** Takes bytes, or throws ENOSPC and takes nothing. */
  chargeBytes(bytes: number): void {
    if (bytes > 0 && this.bytes + bytes > this.maxBytes) throw new VfsError("ENOSPC");
    this.bytes += bytes;
  }

  /** Takes inodes, or throws ENOSPC and takes nothing. */
  chargeInodes(count: number): void {
    if (count > 0 && this.inodes + count > this.maxInodes) throw new VfsError("ENOSPC");
    this.inodes += count;
  }

  /** A copy with the same ceilings and use, or the same use under new ceilings. */
  fork(limits?: QuotaLimits): Quota {
    const copy = new Quota(limits ?? { maxBytes: this.maxBytes, maxInodes: this.maxInodes });
    copy.bytes = this.bytes;
    copy.inodes = this.inodes;
    return copy;
  }
}

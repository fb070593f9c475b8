/**
 * The tree of mount points, and the directories that only exist because something is mounted below.
 *
 * @module
 */
import {
  type ByteString,
  type DirEntry,
  S_IFDIR,
  type Stat,
  type StatFs,
  type VNode,
} from "../types.ts";
import { emptyStatFs, FixedDir } from "./fixed_dir.ts";
import type { Layer } from "./layer.ts";

/** What was asked for when something was mounted. */
export interface MountRequest {
  /** First column of `/proc/mounts`. */
  readonly source: ByteString;
  /** Comma-separated options as `/proc/mounts` shows them. */
  readonly options: string;
}

/**
 * A name in the mount tree. `layer` is undefined for a directory that only leads to a mount point.
 */
export class MountPoint {
  layer: Layer | undefined = undefined;
  request: MountRequest | undefined = undefined;
  /** By name. A `Map`, because names come from scripts. */
  children: Map<ByteString, MountPoint> | undefined = undefined;

  constructor(
    readonly parent: MountPoint | undefined,
    readonly name: ByteString,
    /** Sets apart the inodes of directories that exist in no layer. */
    readonly id: number,
  ) {}

  /** The child of that name, made when missing. */
  child(name: ByteString, id: number): MountPoint {
    this.children ??= new Map();
    let child = this.children.get(name);
    if (child === undefined) this.children.set(name, child = new MountPoint(this, name, id));
    return child;
  }

  /** Absolute path from the root of the namespace. */
  path(): ByteString {
    if (this.parent === undefined) return "/";
    const above = this.parent.path();
    return above === "/" ? "/" + this.name : above + "/" + this.name;
  }
}

/** A directory that no layer has: it leads to a mount point and cannot be changed. */
export class LeadDir extends FixedDir {
  constructor(readonly point: MountPoint, readonly timeNs: bigint) {
    super("EROFS");
  }

  override stat(): Stat {
    const time = this.timeNs;
    return {
      dev: 1,
      ino: 0x4000_0000 + this.point.id,
      mode: S_IFDIR | 0o555,
      nlink: 2 + (this.point.children?.size ?? 0),
      uid: 0,
      gid: 0,
      rdev: 0,
      size: 0,
      blksize: 4096,
      blocks: 0,
      atimeNs: time,
      mtimeNs: time,
      ctimeNs: time,
    };
  }

  override lookup(): VNode | undefined {
    return undefined;
  }

  /** Nothing of its own: the namespace adds the mount points. */
  override list(): DirEntry[] {
    return [];
  }

  override statFs(): StatFs {
    return emptyStatFs("none", 0);
  }
}

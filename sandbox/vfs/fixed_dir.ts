/**
 * Directories whose entries nobody can change by file calls.
 *
 * @module
 */
import { type ErrorCode, VfsError } from "../errors.ts";
import {
  type DirEntry,
  type DirNode,
  type FileNode,
  type LinkNode,
  S_IFDIR,
  type Stat,
  type StatFs,
  type VNode,
} from "../types.ts";

/** Refuses every change; the rest is for the class that extends it. */
export abstract class FixedDir implements DirNode {
  readonly type: number = S_IFDIR;

  /** @param code What changes are refused with. */
  constructor(private readonly code: ErrorCode) {}

  abstract stat(): Stat;
  abstract lookup(name: string): VNode | undefined;
  abstract list(): DirEntry[];
  abstract statFs(): StatFs;

  #refuse(): never {
    throw new VfsError(this.code);
  }

  setAttr(): void {
    this.#refuse();
  }

  createFile(): FileNode {
    return this.#refuse();
  }

  makeDir(): DirNode {
    return this.#refuse();
  }

  makeLink(): LinkNode {
    return this.#refuse();
  }

  makeNode(): VNode {
    return this.#refuse();
  }

  link(): void {
    this.#refuse();
  }

  unlink(): void {
    this.#refuse();
  }

  removeDir(): void {
    this.#refuse();
  }

  rename(): void {
    this.#refuse();
  }
}

/** Figures of a file system that holds nothing of its own. */
export function emptyStatFs(typeName: string, type: number): StatFs {
  return {
    typeName,
    type,
    bsize: 4096,
    blocks: 0,
    bfree: 0,
    bavail: 0,
    files: 0,
    ffree: 0,
    namelen: 255,
    fsid: 0,
    readOnly: false,
  };
}

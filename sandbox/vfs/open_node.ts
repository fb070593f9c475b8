/**
 * An open file seen as a node, for links of /proc that lead to one.
 *
 * @module
 */
import type { AttrChange, OpenFile, Stat, VNode } from "../types.ts";

/** What `/proc/N/fd/M` leads to. */
export class OpenNode implements VNode {
  constructor(readonly file: OpenFile) {}

  get type(): number {
    return this.file.type;
  }

  stat(): Stat {
    return this.file.stat();
  }

  setAttr(change: AttrChange): void {
    this.file.setAttr(change);
  }
}

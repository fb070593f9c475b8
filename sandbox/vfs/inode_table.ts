/**
 * A persistent table from inode number to record: a tree with 32 slots in each node.
 *
 * Copying the table is copying its root. Whoever changes it afterwards copies the nodes on the way
 * (path copying) unless they carry its own token already.
 *
 * @module
 */

/** Marks who may change a node or a record in place. Compared by identity only. */
export interface Token {
  readonly name: "token";
}

/** A fresh token. */
export function newToken(): Token {
  return { name: "token" };
}

interface TreeNode {
  owner: Token;
  slots: unknown[];
  used: number;
}

const BITS = 5;
const WIDTH = 1 << BITS;
const MASK = WIDTH - 1;

function emptyNode(owner: Token): TreeNode {
  return { owner, slots: new Array<unknown>(WIDTH).fill(undefined), used: 0 };
}

/** Inode numbers (from 1 up, below 2^31) to records. */
export class InodeTable<R> {
  #root: TreeNode;
  #shift: number;

  private constructor(root: TreeNode, shift: number) {
    this.#root = root;
    this.#shift = shift;
  }

  /** A table without entries. */
  static empty<R>(owner: Token): InodeTable<R> {
    return new InodeTable<R>(emptyNode(owner), 0);
  }

  /** A second table with the same entries, in constant time. Both sides need new tokens. */
  fork(): InodeTable<R> {
    return new InodeTable<R>(this.#root, this.#shift);
  }

  /** The record of a number, or undefined. */
  get(ino: number): R | undefined {
    let shift = this.#shift;
    if (ino >>> shift >= WIDTH) return undefined;
    let node = this.#root;
    while (shift > 0) {
      const next = node.slots[(ino >>> shift) & MASK];
      if (next === undefined) return undefined;
      node = next as TreeNode;
      shift -= BITS;
    }
    return node.slots[ino & MASK] as R | undefined;
  }

  /** Sets a record. */
  set(ino: number, record: R, owner: Token): void {
    while (ino >>> this.#shift >= WIDTH) {
      const root = emptyNode(owner);
      root.slots[0] = this.#root;
      root.used = 1;
      this.#root = root;
      this.#shift += BITS;
    }
    let node = this.#root = own(this.#root, owner);
    for (let shift = this.#shift; shift > 0; shift -= BITS) {
      const index = (ino >>> shift) & MASK;
      const next = node.slots[index] as TreeNode | undefined;
      if (next === undefined) node.used++;
      node = node.slots[index] = next === undefined ? emptyNode(owner) : own(next, owner);
    }
    const index = ino & MASK;
    if (node.slots[index] === undefined) node.used++;
    node.slots[index] = record;
  }

  /** Removes a record, and the nodes that become empty. */
  delete(ino: number, owner: Token): void {
    if (this.get(ino) === undefined) return;
    const path: TreeNode[] = [];
    let node = this.#root = own(this.#root, owner);
    for (let shift = this.#shift; shift > 0; shift -= BITS) {
      path.push(node);
      const index = (ino >>> shift) & MASK;
      node = node.slots[index] = own(node.slots[index] as TreeNode, owner);
    }
    node.slots[ino & MASK] = undefined;
    node.used--;
    for (let shift = BITS; node.used === 0 && path.length > 0; shift += BITS) {
      node = path.pop() as TreeNode;
      node.slots[(ino >>> shift) & MASK] = undefined;
      node.used--;
    }
  }
}

function own(node: TreeNode, owner: Token): TreeNode {
  return node.owner === owner ? node : { owner, slots: node.slots.slice(), used: node.used };
}

/**
 * Repeatable chance, and what all makers of script text share: how deep they are, and which
 * here-documents wait for the next newline.
 *
 * @module
 */

/** A small generator of repeatable numbers (mulberry32). */
export function random(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A word of single-quoted text. */
export function single(s: string): string {
  return "'" + s.replaceAll("'", "'\\''") + "'";
}

/** Chance, depth and waiting here-documents. */
export class Dice {
  /** How many levels of nesting are open. */
  protected depth = 0;
  /** Bodies of here-documents that begin after the next newline. */
  protected docs: string[] = [];
  private readonly next: () => number;

  constructor(seed: number) {
    this.next = random(seed);
  }

  /** A whole number from 0 to n - 1. */
  protected below(n: number): number {
    return Math.floor(this.next() * n);
  }

  /** True one time in n. */
  protected rarely(n: number): boolean {
    return this.below(n) === 0;
  }

  /** One of a list. */
  protected pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }

  /** Runs one of the makers, each as likely as the others. */
  protected one(...makers: readonly (() => string)[]): string {
    return this.pick(makers)();
  }

  /** None to `most` pieces, each after a separator. */
  protected some(maker: () => string, most: number, between = " "): string {
    let out = "";
    for (let n = this.below(most + 1); n > 0; n--) out += between + maker();
    return out;
  }

  /** Makes something one level down, or something small where it is deep already. */
  protected nested(deep: () => string, small: () => string, most = 4): string {
    if (this.depth >= most) return small();
    this.depth++;
    try {
      return deep();
    } finally {
      this.depth--;
    }
  }

  /** A newline, and the here-documents that were announced before it. */
  protected newline(): string {
    const docs = this.docs.join("");
    this.docs = [];
    return "\n" + docs;
  }
}

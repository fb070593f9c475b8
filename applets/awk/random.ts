/**
 * The random numbers of native awk: glibc's additive generator, three draws to a number, so that a
 * seeded program gives the same numbers here. Source of behaviour: random(3), and experiment.
 *
 * @module
 */

/** Words of state. */
const DEGREE = 31;

/** glibc's `random()`. */
export class RandomNumbers {
  readonly #state = new Int32Array(DEGREE);
  #front = 3;
  #rear = 0;
  #ready = false;

  /** @param seed First seed. */
  constructor(private seed = 1) {}

  /** Starts again from a seed; the previous one is returned. */
  restart(seed: number): number {
    const previous = this.seed;
    this.seed = seed;
    this.#ready = false;
    return previous;
  }

  #start(): void {
    const state = this.#state;
    let word = this.seed === 0 ? 1 : this.seed | 0;
    state[0] = word;
    for (let i = 1; i < DEGREE; i++) {
      // word = 16807 * word % (2^31 - 1), computed without overflow.
      const high = Math.trunc(word / 127773);
      const low = word % 127773;
      word = 16807 * low - 2836 * high;
      if (word < 0) word += 2147483647;
      state[i] = word;
    }
    this.#front = 3;
    this.#rear = 0;
    this.#ready = true;
    for (let i = 0; i < DEGREE * 10; i++) this.#draw();
  }

  /** 31 random bits. */
  #draw(): number {
    const state = this.#state;
    const word = (state[this.#front] + state[this.#rear]) | 0;
    state[this.#front] = word;
    if (++this.#front === DEGREE) this.#front = 0;
    if (++this.#rear === DEGREE) this.#rear = 0;
    return word >>> 1;
  }

  /** A number in [0, 1). */
  next(): number {
    if (!this.#ready) this.#start();
    const first = this.#draw();
    const second = this.#draw();
    const third = this.#draw();
    const low = BigInt((second ^ (first << 16)) >>> 0);
    return Number((BigInt(third) << 32n) | low) / 9223372036854775808;
  }
}

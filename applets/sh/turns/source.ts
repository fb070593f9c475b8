/**
 * Characters for the reader in turns: as `../source.ts`, and now and then a look whether another
 * process is due.
 *
 * @module
 */

import type { Steps } from "../../_lib/steps.ts";
import { Source } from "../source.ts";

/** Turns of a loop between two looks; a power of two. */
const MANY = 64;

/** The text being read. */
export class TurnSource extends Source {
  #count = 0;

  /** Whether it is time to look. */
  protected isDue(): boolean {
    return (++this.#count & (MANY - 1)) === 0;
  }

  /** Lets others have their turn. */
  protected *turn(): Steps<void> {
    const turn = this.hooks.pause?.(MANY);
    if (turn !== undefined) yield turn;
  }
}

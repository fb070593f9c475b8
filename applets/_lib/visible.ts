/**
 * Bytes made visible, as `cat -v` shows them.
 *
 * @module
 */

/** What else to show. */
export interface VisibleOptions {
  /** Tabs as `^I`. */
  readonly tabs: boolean;
  /** `$` before each newline. */
  readonly ends: boolean;
}

/**
 * Makes a function that turns a chunk into visible form.
 *
 * @param option What else to show.
 */
export function visibleBytes(option: VisibleOptions): (chunk: Uint8Array) => Uint8Array {
  const table: (readonly number[])[] = [];
  for (let byte = 0; byte < 256; byte++) {
    const shown: number[] = [];
    let low = byte;
    if (byte >= 128) {
      shown.push(0x4d, 0x2d);
      low = byte - 128;
    }
    const plain = byte === 10 || (byte === 9 && !option.tabs);
    if (plain) shown.push(byte);
    else if (low === 127) shown.push(0x5e, 0x3f);
    else if (low < 32) shown.push(0x5e, low + 64);
    else shown.push(low);
    if (byte === 10 && option.ends) shown.unshift(0x24);
    table.push(shown);
  }
  return (chunk) => {
    const result = new Uint8Array(chunk.length * 4);
    let at = 0;
    for (let i = 0; i < chunk.length; i++) {
      const shown = table[chunk[i]];
      for (let j = 0; j < shown.length; j++) result[at++] = shown[j];
    }
    return result.subarray(0, at);
  };
}

/**
 * Internet addresses as numbers and as text.
 *
 * @module
 */

/**
 * IPv4 as `inet_aton` takes it: 1 to 4 parts, each decimal, octal with 0 or hexadecimal with 0x.
 *
 * @param text In lower case.
 * @returns The address as one number, or undefined.
 */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length > 4) return undefined;
  const numbers: number[] = [];
  for (const part of parts) {
    let value: number;
    if (/^0x[0-9a-f]+$/.test(part)) value = parseInt(part.slice(2), 16);
    else if (/^0[0-7]*$/.test(part)) value = parseInt(part, 8);
    else if (/^[1-9][0-9]*$/.test(part)) value = Number(part);
    else return undefined;
    numbers.push(value);
  }
  const last = numbers.pop()!;
  if (numbers.some((value) => value > 255) || last >= 256 ** (4 - numbers.length)) return undefined;
  let address = last;
  numbers.forEach((value, index) => address += value * 256 ** (3 - index));
  return address;
}

/** An IPv4 address as four decimal parts. */
export function ipv4Text(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

/**
 * IPv6 as RFC 4291 writes it: with one `::`, and with an IPv4 address for the last two groups.
 *
 * @param text In lower case, without a zone.
 * @returns Eight groups of 16 bits, or undefined.
 */
export function parseIpv6(text: string): number[] | undefined {
  let body = text;
  const dot = body.lastIndexOf(".");
  if (dot >= 0) {
    const colon = body.lastIndexOf(":");
    const v4 = /^[0-9.]+$/.test(body.slice(colon + 1))
      ? parseIpv4(body.slice(colon + 1))
      : undefined;
    if (v4 === undefined) return undefined;
    body = body.slice(0, colon + 1) + Math.floor(v4 / 65536).toString(16) + ":" +
      (v4 % 65536).toString(16);
  }
  const halves = body.split("::");
  if (halves.length > 2) return undefined;
  const groups = (half: string): number[] | undefined => {
    if (half === "") return [];
    const words = half.split(":");
    if (words.some((word) => !/^[0-9a-f]{1,4}$/.test(word))) return undefined;
    return words.map((word) => parseInt(word, 16));
  };
  const head = groups(halves[0]);
  const tail = halves.length === 2 ? groups(halves[1]) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

/**
 * An IPv6 address in the one spelling of RFC 5952: the first of its longest runs of zeros is left
 * out, unless that is a single group.
 *
 * @param groups Eight groups of 16 bits.
 */
export function ipv6Text(groups: readonly number[]): string {
  let best = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && groups[i + length] === 0) length++;
    if (length > bestLength) {
      best = i;
      bestLength = length;
    }
  }
  const hex = groups.map((group) => group.toString(16));
  if (best < 0) return hex.join(":");
  return `${hex.slice(0, best).join(":")}::${hex.slice(best + bestLength).join(":")}`;
}

/**
 * What a case of the flag matrix gave, and how it is kept.
 *
 * @module
 */

/** Status, output, messages, changes of the tree. One char for each byte. */
export type Answer = readonly [
  status: number,
  stdout: string,
  stderr: string,
  changes: readonly string[],
];

/** Directory of the files, in the jail and in the sandbox. */
export const WORK = "/tmp/w";

/** Longer output is cut, with its length in place of the rest. */
const SHOWN = 4000;

/**
 * Bytes as text. Of a usage page the banner is one word and the help after the `Usage:` paragraph is
 * left out: it is in our own words.
 */
export function shown(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < Math.min(bytes.length, SHOWN); at++) text += String.fromCharCode(bytes[at]);
  if (bytes.length > SHOWN) text += `\n[${bytes.length} bytes]`;
  return withoutHelp(text);
}

function withoutHelp(text: string): string {
  return text.replace(
    /(^|\n)(?:BusyBox|capbox) v[^\n]* multi-call binary\.\n\n(No help available\n)/,
    "$1BANNER $2",
  ).replace(
    /(^|\n)(?:BusyBox|capbox) v[^\n]* multi-call binary\.\n\n(Usage: (?:[^\n]+\n?|\n(?=or:? ))*)[^]*/,
    (_, start, usage) => `${start}BANNER ${usage.trimEnd()}\n`,
  );
}

/** An answer with the words of a shape in place of what it masks. */
export function masked(
  answer: Answer,
  mask: readonly (readonly [pattern: RegExp, word: string])[] | undefined,
): Answer {
  if (mask === undefined) return answer;
  const hide = (text: string): string =>
    mask.reduce((rest, [pattern, word]) => rest.replace(pattern, word), text);
  return [answer[0], hide(answer[1]), hide(answer[2]), answer[3].map(hide)];
}

/** Answers of one applet as they are stored: repeated texts once. */
export interface Shard {
  /** Version of native. */
  readonly version: string;
  /** Options that native accepts, as `a b: c? --long --long: --long?`. */
  readonly options: string;
  /** Texts that the answers refer to. */
  readonly texts: readonly string[];
  /** `[status, stdout, stderr, ...changes]` by command, with the texts' numbers; null: never ended. */
  readonly answers: { readonly [command: string]: readonly number[] | null };
}

/** Packs answers. */
export function pack(
  version: string,
  options: string,
  answers: ReadonlyMap<string, Answer | undefined>,
): string {
  const numbers = new Map<string, number>();
  const number = (text: string): number => {
    let known = numbers.get(text);
    if (known === undefined) numbers.set(text, known = numbers.size);
    return known;
  };
  const lines = [...answers].map(([command, answer]) => {
    const value = answer === undefined
      ? null
      : [answer[0], number(answer[1]), number(answer[2]), ...answer[3].map(number)];
    return `${JSON.stringify(command)}:${JSON.stringify(value)}`;
  });
  const texts = [...numbers.keys()].map((text) => JSON.stringify(text));
  return `{"version":${JSON.stringify(version)},"options":${JSON.stringify(options)},\n` +
    `"texts":[\n${texts.join(",\n")}\n],\n"answers":{\n${lines.join(",\n")}\n}}\n`;
}

/** The answer of a command; undefined when it is not recorded, null when native did not end. */
export function recorded(shard: Shard, command: string): Answer | null | undefined {
  if (!Object.hasOwn(shard.answers, command)) return undefined;
  const packed = shard.answers[command];
  if (packed === null) return null;
  const [status, stdout, stderr, ...changes] = packed;
  const text = (index: number) => withoutHelp(shard.texts[index]);
  return [status, text(stdout), text(stderr), changes.map(text)];
}

const SUFFIX = { none: "", argument: ":", optional: "?" } as const;

/** Accepted options as a line. */
export function optionsLine(accepted: ReadonlyMap<string, keyof typeof SUFFIX>): string {
  return [...accepted].map(([name, takes]) =>
    (name.length === 1 ? name : `--${name}`) + SUFFIX[takes]
  )
    .join(" ");
}

/** The line read back. */
export function readOptions(line: string): Map<string, keyof typeof SUFFIX> {
  const found = new Map<string, keyof typeof SUFFIX>();
  for (const word of line.split(" ")) {
    const match = /^(?:--)?(.+?)([:?]?)$/.exec(word);
    if (match === null) continue;
    const name = word.length === 1 ? word : match[1];
    found.set(name, match[2] === ":" ? "argument" : match[2] === "?" ? "optional" : "none");
  }
  return found;
}

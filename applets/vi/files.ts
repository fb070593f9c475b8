/**
 * Reading and writing the files of the editor.
 *
 * @module
 */
import {
  type ByteString,
  O_CREAT,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
  S_IFMT,
  S_IFREG,
} from "../../sandbox/types.ts";
import { toBytes, toByteString } from "../../sandbox/bytes.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import type { State } from "./state.ts";

/** Largest file that is edited. */
const LARGEST = 256 << 20;
const CHUNK = 65536;

/** Text of a file, or what is wrong with it. */
async function readText(
  state: State,
  path: ByteString,
): Promise<{ readonly text: ByteString } | { readonly reason: string; readonly missing: boolean }> {
  const { fs, waiter } = state.process;
  try {
    const stat = fs.stat(path);
    if ((stat.mode & S_IFMT) !== S_IFREG) {
      return { reason: "is not a regular file", missing: false };
    }
    if (stat.size > LARGEST) return { reason: "File too large", missing: false };
    const file = fs.open(path, O_RDONLY);
    try {
      let text = "";
      for (;;) {
        let chunk = file.readReused(CHUNK, waiter);
        if (chunk instanceof Promise) chunk = await chunk;
        if (chunk === undefined) return { text };
        text += toByteString(chunk);
      }
    } finally {
      file.release();
    }
  } catch (error) {
    if (!isVfsError(error)) throw error;
    return { reason: error.reason, missing: error.code === "ENOENT" };
  }
}

/** Begins to edit a file; an absent one is a new one. */
export async function load(
  state: State,
  path: ByteString | undefined,
  option: { readonly readOnly: boolean; readonly tell: boolean },
): Promise<void> {
  if (path !== state.file) {
    state.alternate = state.file ?? state.alternate;
    state.file = path;
  }
  state.buffer.release();
  state.dot = 0;
  state.column = 0;
  state.readOnly = option.readOnly;
  state.view.top = 0;
  const read = path === undefined ? undefined : await readText(state, path);
  const text = read !== undefined && "text" in read ? read.text : "\n";
  state.buffer = state.newBuffer(text);
  state.recount();
  state.message = "";
  if (path === undefined || read === undefined) return;
  if ("text" in read) {
    const { mode } = state.process.fs.stat(path);
    if ((mode & 0o222) === 0 || !state.process.fs.access(path, 2)) state.readOnly = true;
  } else if (!option.tell && !read.missing) state.complain(`'${path}' ${read.reason}`);
  if (!option.tell) return;
  const isNew = read !== undefined && !("text" in read);
  state.say(
    `'${path}'${isNew ? " [New file]" : ""}${state.readOnly ? " [Readonly]" : ""} ${
      size(state.text)
    }`,
  );
}

/** Lines and bytes, as messages have them. */
export function size(text: ByteString): string {
  return `${text.split("\n").length - 1}L, ${text.length}C`;
}

/** Puts the text of a file in; false when it cannot be read, which is told. */
export async function insertFile(state: State, path: ByteString, at: number): Promise<boolean> {
  const read = await readText(state, path);
  if (!("text" in read)) {
    state.complain(`'${path}' ${read.reason}`);
    return false;
  }
  state.buffer.insert(at, read.text, "alone");
  // Native counts the lines that the text is in, not those that it has.
  const { buffer } = state;
  const last = at + read.text.length - 1;
  const lines = buffer.countLines(
    Math.min(at, Math.max(0, last)),
    buffer.lineEnd(Math.max(at, last)),
  );
  state.say(
    `'${path}'${state.readOnly ? " [Readonly]" : ""} ${lines}L, ${read.text.length}C`,
  );
  return true;
}

/** Writes a part of the text; false when it cannot be written, which is told. */
export async function writeFile(
  state: State,
  path: ByteString,
  text: ByteString,
): Promise<boolean> {
  const { fs, waiter } = state.process;
  try {
    const file = fs.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o666);
    try {
      for (let at = 0; at < text.length; at += CHUNK) {
        const full = file.write(toBytes(text.slice(at, at + CHUNK)), waiter);
        if (full !== undefined) await full;
      }
    } finally {
      file.release();
    }
  } catch (error) {
    if (!isVfsError(error)) throw error;
    state.complain(`'${path}' ${error.reason}`);
    return false;
  }
  state.say(`'${path}' ${size(text)}`);
  return true;
}

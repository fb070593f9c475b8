import type { ByteString } from "../sandbox/types.ts";
import { O_CREAT, O_EXCL, O_WRONLY, type OpenFile, S_IFLNK, S_IFMT } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, type Context, defineApplet, type Source } from "./contract.ts";

/** Links that are followed. */
const LINKS_MAX = 40;
const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/** Converts the ends of lines. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "dos2unix",
  aliases: ["unix2dos"],
  usage: "[-ud] [FILE]",
  about: {
    dos2unix: "Convert the ends of lines of FILEs in place (of stdin to stdout without FILE)",
    unix2dos: "Convert the ends of lines of FILEs in place (of stdin to stdout without FILE)",
  },
  lostOutput: "ignore",
  options: {
    u: { excludes: ["d"], help: "To line feeds" },
    d: { excludes: ["u"], help: "To carriage returns and line feeds" },
  },
  async run(ctx) {
    const { opts, name, operands } = ctx;
    const toDos = opts.u ? false : opts.d ? true : name === "unix2dos";
    if (operands.length === 0) {
      // What cannot be read is as good as empty to native.
      if (ctx.stdin.isClosed || ctx.stdin.file.directory !== undefined) return;
      await convert(ctx, ctx.stdin, toDos, (chunk) => ctx.out.bytes(chunk));
      return;
    }
    for (const path of operands) {
      const turn = ctx.tick(1);
      if (turn !== undefined) await turn;
      await convertFile(ctx, path, toDos);
    }
  },
});

/** Writes a new file beside the old one and puts it in its place. */
async function convertFile(ctx: Context, path: ByteString, toDos: boolean): Promise<void> {
  const target = lastTarget(ctx, path);
  let source: Source;
  try {
    source = ctx.openOrThrow(target);
  } catch (error) {
    if (!isVfsError(error)) throw error;
    return ctx.fail(`can't open '${target}': ${error.reason}`);
  }
  const { mode, uid, gid } = source.file.stat();
  let temporary = "";
  for (;;) {
    temporary = target;
    for (let i = 0; i < 6; i++) {
      temporary += LETTERS[ctx.process.random.uint32() % LETTERS.length];
    }
    if (ctx.fs.tryStat(temporary, { follow: false }) === undefined) break;
  }
  let file: OpenFile;
  try {
    file = ctx.fs.open(temporary, O_WRONLY | O_CREAT | O_EXCL, 0o600);
  } catch (error) {
    if (!isVfsError(error)) throw error;
    return ctx.fail(`can't create temp file '${temporary}': ${error.reason}`);
  }
  const sink = ctx.sinkOf(file, temporary);
  let done = false;
  try {
    ctx.fs.chown(temporary, uid, gid);
    ctx.fs.chmod(temporary, mode & 0o7777);
    await convert(ctx, source, toDos, (chunk) => sink.write(chunk));
    source.close();
    sink.close();
    ctx.fs.rename(temporary, target);
    done = true;
  } catch (error) {
    if (!isVfsError(error)) throw error;
    const action = error.code === "EISDIR" ? `can't move '${temporary}' to '${path}'` : path;
    ctx.fail(`${action}: ${error.reason}`);
  } finally {
    if (!done) ctx.fs.unlink(temporary);
  }
}

/** Where a chain of links ends, as a path below the link's own directory, the way native names it. */
function lastTarget(ctx: Context, path: ByteString): ByteString {
  let target = path;
  for (let depth = 0; depth < LINKS_MAX; depth++) {
    try {
      if ((ctx.fs.lstat(target).mode & S_IFMT) !== S_IFLNK) return target;
      const text = ctx.fs.readLink(target);
      const slash = target.lastIndexOf("/");
      target = text.startsWith("/") || slash < 0 ? text : target.slice(0, slash + 1) + text;
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return error.code === "ENOENT" ? target : ctx.fail(`${path}: ${error.reason}`);
    }
  }
  // Native says no more than the name.
  return ctx.fail(path);
}

/** All carriage returns go; going to DOS, one is put before each line feed. */
async function convert(
  ctx: Context,
  source: Source,
  toDos: boolean,
  write: (chunk: Uint8Array) => void | Promise<void>,
): Promise<void> {
  for (;;) {
    let chunk = source.readReused();
    if (chunk instanceof Promise) chunk = await chunk;
    if (chunk === undefined) return;
    const result = new Uint8Array(chunk.length * (toDos ? 2 : 1));
    let length = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i];
      if (byte === 13) continue;
      if (byte === 10 && toDos) result[length++] = 13;
      result[length++] = byte;
    }
    const full = write(result.subarray(0, length)) ?? ctx.tick(1 + (chunk.length >> 6));
    if (full !== undefined) await full;
  }
}

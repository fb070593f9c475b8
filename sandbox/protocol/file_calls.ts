/**
 * The file calls of a sandbox over the connection: the child's table of them, and the parent's
 * object that looks like the files of any sandbox.
 *
 * @module
 */
import { VfsError } from "../errors.ts";
import type { Stat } from "../types.ts";
import { fromText, toBytes } from "../bytes.ts";
import { type FileEntry, SandboxFiles, type WriteFileOptions } from "../session/files.ts";
import { Fields, readStatMessage, statMessage } from "./messages.ts";

/** A call without bulk data: arguments to a value that JSON can say. */
type FileCall = (files: SandboxFiles, args: Fields) => Promise<unknown>;

/** The calls by name. `readFile` and `writeFile` are not among them: they move bulk data. */
export const FILE_CALLS: ReadonlyMap<string, FileCall> = new Map<string, FileCall>([
  ["mkdir", (files, args) =>
    files.mkdir(args.text("path"), {
      recursive: args.boolean("recursive"),
      mode: args.has("mode") ? args.integer("mode") : undefined,
    })],
  ["readDir", (files, args) => files.readDir(args.text("path"))],
  ["stat", async (files, args) => statMessage(await files.stat(args.text("path")))],
  ["lstat", async (files, args) => statMessage(await files.lstat(args.text("path")))],
  ["exists", (files, args) => files.exists(args.text("path"))],
  [
    "remove",
    (files, args) => files.remove(args.text("path"), { recursive: args.boolean("recursive") }),
  ],
  ["rename", (files, args) => files.rename(args.text("path"), args.text("to"))],
  ["symlink", (files, args) => files.symlink(args.text("to"), args.text("path"))],
  ["link", (files, args) => files.link(args.text("path"), args.text("to"))],
  ["readLink", (files, args) => files.readLink(args.text("path"))],
  ["realPath", (files, args) => files.realPath(args.text("path"))],
  ["chmod", (files, args) => files.chmod(args.text("path"), args.integer("mode"))],
  [
    "setTimes",
    (files, args) =>
      files.setTimes(args.text("path"), args.bigint("atimeNs"), args.bigint("mtimeNs")),
  ],
]);

/** How the parent asks the child. */
export interface FileTransport {
  /** One of `FILE_CALLS`. The fields of the reply hold `value`. */
  call(name: string, args: object): Promise<Fields>;
  /** Reads a whole file. */
  read(path: string, maxBytes: number | undefined): Promise<Uint8Array>;
  /** Writes a whole file. */
  write(path: string, data: Uint8Array, options: WriteFileOptions): Promise<void>;
}

/** The files of a sandbox in another process. */
export class RemoteFiles extends SandboxFiles {
  readonly #transport: FileTransport;

  /** @param transport How to ask. */
  constructor(transport: FileTransport) {
    super(() => {
      throw new TypeError("not available under process isolation");
    });
    this.#transport = transport;
  }

  override readFile(path: string, maxBytes?: number): Promise<Uint8Array> {
    return this.#transport.read(path, maxBytes);
  }

  override async readTextFile(path: string, maxBytes?: number): Promise<string> {
    return new TextDecoder().decode(await this.readFile(path, maxBytes));
  }

  override writeFile(
    path: string,
    data: string | Uint8Array,
    options: WriteFileOptions = {},
  ): Promise<void> {
    const bytes = typeof data === "string" ? toBytes(fromText(data)) : data;
    return this.#transport.write(path, bytes, options);
  }

  override async mkdir(
    path: string,
    options: { readonly recursive?: boolean; readonly mode?: number } = {},
  ): Promise<void> {
    const { recursive = false, mode } = options;
    await this.#transport.call("mkdir", { path, recursive, mode });
  }

  override async readDir(path: string): Promise<FileEntry[]> {
    const reply = await this.#transport.call("readDir", { path });
    return reply.list("value").map((each) => {
      const entry = Fields.of(each);
      return {
        name: entry.text("name"),
        isFile: entry.boolean("isFile"),
        isDirectory: entry.boolean("isDirectory"),
        isSymlink: entry.boolean("isSymlink"),
      };
    });
  }

  override async stat(path: string): Promise<Stat> {
    return readStatMessage((await this.#transport.call("stat", { path })).part("value"));
  }

  override async lstat(path: string): Promise<Stat> {
    return readStatMessage((await this.#transport.call("lstat", { path })).part("value"));
  }

  override async exists(path: string): Promise<boolean> {
    return (await this.#transport.call("exists", { path })).boolean("value");
  }

  override async remove(
    path: string,
    options: { readonly recursive?: boolean } = {},
  ): Promise<void> {
    await this.#transport.call("remove", { path, recursive: options.recursive ?? false });
  }

  override async rename(from: string, to: string): Promise<void> {
    await this.#transport.call("rename", { path: from, to });
  }

  override async symlink(target: string, path: string): Promise<void> {
    await this.#transport.call("symlink", { path, to: target });
  }

  override async link(from: string, to: string): Promise<void> {
    await this.#transport.call("link", { path: from, to });
  }

  override async readLink(path: string): Promise<string> {
    return (await this.#transport.call("readLink", { path })).text("value");
  }

  override async realPath(path: string): Promise<string> {
    return (await this.#transport.call("realPath", { path })).text("value");
  }

  override async chmod(path: string, mode: number): Promise<void> {
    await this.#transport.call("chmod", { path, mode });
  }

  override async setTimes(path: string, atimeNs: bigint, mtimeNs: bigint): Promise<void> {
    await this.#transport.call("setTimes", {
      path,
      atimeNs: `${atimeNs}`,
      mtimeNs: `${mtimeNs}`,
    });
  }
}

/** Puts a file together from what comes, without more than was said. */
export class FileAssembly {
  readonly #bytes: Uint8Array;
  #filled = 0;

  /** @param size Bytes that will come. @throws {VfsError} EFBIG above `most` */
  constructor(size: number, most: number) {
    if (size > most) throw new VfsError("EFBIG");
    this.#bytes = new Uint8Array(size);
  }

  /** Adds a part; false when it is more than was said. */
  add(part: Uint8Array): boolean {
    if (this.#filled + part.length > this.#bytes.length) return false;
    this.#bytes.set(part, this.#filled);
    this.#filled += part.length;
    return true;
  }

  /** The file, or undefined when not all of it came. */
  whole(): Uint8Array | undefined {
    return this.#filled === this.#bytes.length ? this.#bytes : undefined;
  }
}

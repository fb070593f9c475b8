/**
 * Finding what a name means: a file on the search path, an applet, a script, a wasm module.
 *
 * @module
 */
import {
  type ByteString,
  DEFAULT_PATH,
  type MaybePromise,
  O_RDONLY,
  type Program,
  S_IFMT,
  S_IFREG,
  type VNode,
} from "../types.ts";
import { VfsError } from "../errors.ts";
import { toByteString } from "../bytes.ts";
import { markedProgram } from "../vfs/root_template.ts";
import type { KernelProcess } from "./process.ts";

/** The programs that need no file: applets and what the embedding program registered. */
export interface ProgramTable {
  names(): readonly string[];
  has(name: string): boolean;
  /** The program, at once when it is loaded already. */
  load(name: string): MaybePromise<Program>;
}

/** Makes a program of a wasm module's bytes. */
export type WasmLoader = (bytes: Uint8Array) => MaybePromise<Program>;

/** What a name was found to be. */
export interface Found {
  /** Absolute virtual path, or the bare name of an applet that no path led to. */
  readonly path: ByteString;
  /** Name in the program table, when it is an applet. */
  readonly applet: ByteString | undefined;
}

/** Longest `#!` line that is looked at, as Linux (BINPRM_BUF_SIZE). */
const HEAD_BYTES = 256;
/** Scripts that run scripts that run scripts: Linux stops after 5. */
const INTERPRETER_DEPTH = 5;
/** What runs a file without a `#!` line. */
const SHELL = "/bin/sh";
/** Largest wasm module, bytes. */
const WASM_MAX = 512 * 1024 * 1024;

/** What a file's first bytes say. */
type Kind =
  | { readonly kind: "applet"; readonly name: ByteString }
  | { readonly kind: "script"; readonly interpreter: ByteString; readonly argument?: ByteString }
  | { readonly kind: "wasm" }
  | { readonly kind: "elf" }
  | { readonly kind: "text" };

/** Looks programs up for one kernel. */
export class Programs {
  /** @param table Applets and host commands. @param wasm Loader of wasm modules, if there is one. */
  constructor(readonly table: ProgramTable, private readonly wasm: WasmLoader | undefined) {}

  /**
   * Finds a name as `execvp` does, and then in the program table.
   *
   * @throws {VfsError} EACCES when a file was found that may not be executed
   */
  find(process: KernelProcess, name: ByteString, searchPath?: ByteString): Found | undefined {
    if (name === "") return undefined;
    if (name.includes("/")) {
      const applet = this.#check(process, name);
      return applet === false ? undefined : { path: name, applet };
    }
    const path = searchPath ?? process.env.get("PATH") ?? DEFAULT_PATH;
    let start = 0;
    while (start <= path.length) {
      let end = path.indexOf(":", start);
      if (end < 0) end = path.length;
      const directory = path.slice(start, end);
      start = end + 1;
      const file = inDirectory(directory, name);
      const applet = this.#check(process, file);
      if (applet !== false) return { path: file, applet };
    }
    if (this.table.has(name)) return { path: name, applet: name };
    return undefined;
  }

  /** False when it is no executable file; else the applet it stands for, if it does. */
  #check(process: KernelProcess, path: ByteString): ByteString | undefined | false {
    const stat = process.fs.tryStat(path);
    if (stat === undefined || (stat.mode & S_IFMT) !== S_IFREG) return false;
    if (!process.fs.access(path, 1)) return false;
    const node = process.kernel_.namespace.node(process, path);
    return (node as VNode & { readonly programName?: ByteString }).programName;
  }

  /**
   * Finds and loads what `exec` would run, following `#!` lines.
   *
   * @param textIsScript A file that nothing tells what it is belongs to the shell, as to `execvp`
   * @returns The program and its arguments, which differ from the given ones for scripts.
   * @throws {VfsError} ENOENT, EACCES, ENOEXEC, ELOOP
   */
  resolve(
    process: KernelProcess,
    argv: readonly ByteString[],
    file: ByteString,
    searchPath: ByteString | undefined,
    textIsScript = false,
  ): { program: MaybePromise<Program>; argv: readonly ByteString[]; name: ByteString } {
    let found = this.find(process, file, searchPath);
    if (found === undefined) throw this.#notFound(process, file, searchPath);
    let words = argv;
    let name = baseName(file);
    for (let depth = 0;; depth++) {
      if (found.applet !== undefined) {
        // The applet is chosen by the file's name, and sees the name it was called by.
        return { program: this.table.load(found.applet), argv: words, name };
      }
      if (depth > INTERPRETER_DEPTH) throw new VfsError("ELOOP", file);
      const kind = this.#kindOf(process, found.path);
      if (kind.kind === "wasm") {
        return { program: this.#loadWasm(process, found.path), argv: words, name };
      }
      const called = baseName(found.path);
      if (kind.kind === "elf") {
        // A host's own binary cannot run here; if we have a program of that name, it stands in.
        if (!this.table.has(called)) throw new VfsError("ENOEXEC", file);
        return { program: this.table.load(called), argv: words, name };
      }
      if (kind.kind === "applet") {
        if (!this.table.has(kind.name)) throw new VfsError("ENOEXEC", file);
        return { program: this.table.load(kind.name), argv: words, name };
      }
      if (kind.kind === "text" && textIsScript && depth === 0) {
        words = [SHELL, found.path, ...words.slice(1)];
        name = baseName(SHELL);
        found = this.find(process, SHELL) ?? { path: SHELL, applet: name };
        continue;
      }
      if (kind.kind !== "script") throw new VfsError("ENOEXEC", file);
      const script: ByteString = found.path;
      words = kind.argument === undefined
        ? [kind.interpreter, script, ...words.slice(1)]
        : [kind.interpreter, kind.argument, script, ...words.slice(1)];
      const next: Found | undefined = this.find(process, kind.interpreter);
      if (next === undefined) {
        // An interpreter that is not there, such as /bin/bash, may be one of ours.
        const known = baseName(kind.interpreter);
        if (!this.table.has(known)) throw new VfsError("ENOENT", file);
        found = { path: kind.interpreter, applet: known };
      } else found = next;
    }
  }

  /** Why nothing was found: EACCES when the file is there but may not be run. */
  #notFound(
    process: KernelProcess,
    file: ByteString,
    searchPath: ByteString | undefined,
  ): VfsError {
    if (file === "") return new VfsError("ENOENT", file);
    if (!file.includes("/")) {
      const path = searchPath ?? process.env.get("PATH") ?? DEFAULT_PATH;
      const there = path.split(":").some((directory) =>
        process.fs.tryStat(inDirectory(directory, file)) !== undefined
      );
      return new VfsError(there ? "EACCES" : "ENOENT", file);
    }
    try {
      process.fs.stat(file);
      return new VfsError("EACCES", file);
    } catch (error) {
      if (error instanceof VfsError) return new VfsError(error.code, file);
      throw error;
    }
  }

  #kindOf(process: KernelProcess, path: ByteString): Kind {
    const file = process.fs.open(path, O_RDONLY);
    const head = new Uint8Array(HEAD_BYTES);
    let length: number;
    try {
      length = file.pread(head, 0);
    } finally {
      file.release();
    }
    const text = toByteString(head, 0, length);
    if (text.startsWith("\0asm")) return { kind: "wasm" };
    if (text.startsWith("\x7fELF")) return { kind: "elf" };
    const marked = markedProgram(head.subarray(0, length));
    if (marked !== undefined) return { kind: "applet", name: marked };
    if (!text.startsWith("#!")) return { kind: "text" };
    const end = text.indexOf("\n");
    const line = text.slice(2, end < 0 ? text.length : end).replace(/^[ \t]+|[ \t]+$/g, "");
    if (line === "") return { kind: "text" };
    const gap = line.search(/[ \t]/);
    if (gap < 0) return { kind: "script", interpreter: line };
    return {
      kind: "script",
      interpreter: line.slice(0, gap),
      argument: line.slice(gap).replace(/^[ \t]+/, ""),
    };
  }

  #loadWasm(process: KernelProcess, path: ByteString): MaybePromise<Program> {
    if (this.wasm === undefined) throw new VfsError("ENOEXEC", path);
    return this.wasm(process.fs.readFile(path, WASM_MAX));
  }
}

/** A name in a directory of the search path, of which an empty one is the working directory. */
function inDirectory(directory: ByteString, name: ByteString): ByteString {
  if (directory === "") return name;
  return directory.endsWith("/") ? directory + name : `${directory}/${name}`;
}

function baseName(path: ByteString): ByteString {
  return path.slice(path.lastIndexOf("/") + 1);
}

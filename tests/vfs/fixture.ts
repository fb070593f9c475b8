/**
 * File systems to test: a process's view over a namespace, with the least kernel that can stand in.
 *
 * @module
 */
import { assertEquals, fail } from "@std/assert";
import { type ErrorCode, VfsError } from "../../sandbox/errors.ts";
import type { OpenFile } from "../../sandbox/types.ts";
import type { Caller } from "../../sandbox/vfs/caller.ts";
import type { Layer } from "../../sandbox/vfs/layer.ts";
import { MemoryLayer, type MemoryOptions } from "../../sandbox/vfs/memory.ts";
import { Namespace, type OpenTarget } from "../../sandbox/vfs/namespace.ts";
import { ProcessFileSystem } from "../../sandbox/vfs/process_fs.ts";

/** A caller whose identity can be changed. */
export type TestCaller = { -readonly [K in keyof Caller]: Caller[K] };

/** One process's file system with its parts. */
export interface View {
  readonly fs: ProcessFileSystem;
  readonly namespace: Namespace;
  readonly caller: TestCaller;
}

/** A clock that moves by one microsecond with each look. */
export function tickingClock(): () => bigint {
  let now = 1_700_000_000_000_000_000n;
  return () => now += 1000n;
}

/** An empty memory layer. */
export function memory(options: Partial<MemoryOptions> = {}): MemoryLayer {
  return new MemoryLayer({ nowNs: tickingClock(), ...options });
}

/** The view of a process with uid 0 on a namespace. */
export function viewOf(namespace: Namespace, uid = 0): View {
  const caller: TestCaller = {
    uid,
    gid: uid,
    groups: [],
    umask: 0o22,
    root: namespace.rootPlace,
    cwd: namespace.rootPlace,
    pid: 7,
    maxFileSize: undefined,
  };
  return { fs: new ProcessFileSystem(namespace, caller, { makeFile }), namespace, caller };
}

/** The view of a process on a namespace with one layer. */
export function view(root: Layer = memory()): View {
  return viewOf(new Namespace(root));
}

/** A new caller on the same namespace. */
export function as(other: View, uid: number): View {
  const made = viewOf(other.namespace, uid);
  made.caller.cwd = other.caller.cwd;
  return made;
}

/** Enough of an open file for the tests: a handle with a position. */
function makeFile(target: OpenTarget): OpenFile {
  if (target.kind === "open") return target.file;
  if (target.kind === "special") throw new VfsError("ENXIO", target.path, "special");
  if (target.kind === "directory") throw new VfsError("EISDIR", target.path);
  const { handle } = target;
  return {
    ...({} as OpenFile),
    type: target.node.type,
    path: target.path,
    pread: (buffer: Uint8Array, position: number) => handle.pread(buffer, position),
    pwrite: (buffer: Uint8Array, position: number) => handle.pwrite(buffer, position),
    truncate: (size: number) => handle.truncate(size),
    stat: () => handle.stat(),
    setAttr: (change) => handle.setAttr(change),
    release: () => handle.close(),
  };
}

/** The bytes of an ASCII text. */
export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The text of some bytes. */
export function text(data: Uint8Array): string {
  return new TextDecoder().decode(data);
}

/** Writes a text. */
export function put(fs: ProcessFileSystem, path: string, contents: string, mode?: number): void {
  fs.writeFile(path, bytes(contents), mode);
}

/** Reads a text. */
export function get(fs: ProcessFileSystem, path: string): string {
  return text(fs.readFile(path));
}

/** Sorted names of a directory. */
export function names(fs: ProcessFileSystem, path: string): string[] {
  return fs.readDir(path).map((entry) => entry.name).sort();
}

/** Asserts that a call fails with that code. */
export function fails(code: ErrorCode, work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof VfsError)) throw error;
    assertEquals(error.code, code);
    return;
  }
  fail(`expected ${code}`);
}

/** The code a call fails with, or `ok`. */
export function outcome(work: () => unknown): string {
  try {
    work();
    return "ok";
  } catch (error) {
    if (error instanceof VfsError) return error.code;
    throw error;
  }
}

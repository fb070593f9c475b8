/**
 * The files and commands an awk program reads and writes, by name.
 *
 * @module
 */
import type { ByteString, Child, MaybePromise, OpenFile, Process } from "../../sandbox/types.ts";
import { O_APPEND, O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY } from "../../sandbox/types.ts";
import { errnoNumber, isVfsError } from "../../sandbox/errors.ts";
import { Sink, Source } from "../_lib/streams.ts";
import { AwkError } from "./errors.ts";
import { OutputBuffer } from "./output.ts";
import { RecordReader } from "./reader.ts";

/** Something open. Native knows it by name only: a file and a command of one name are one. */
export interface Stream {
  readonly reader: RecordReader | undefined;
  readonly output: OutputBuffer | undefined;
  readonly child: Child | undefined;
  /** Standard output under its own name. */
  readonly shared: boolean;
  /** Written out after each statement. */
  readonly unbuffered: boolean;
  readonly file: OpenFile | undefined;
}

/** All streams of a program. */
export class Streams {
  readonly #open = new Map<ByteString, Stream>();
  /** Standard output. */
  readonly stdout: OutputBuffer;
  #stdoutClosed = false;

  constructor(private readonly process: Process, sink: Sink) {
    this.stdout = new OutputBuffer(sink);
  }

  /** The stream that `print >`, `>>` or `|` writes to. @throws {AwkError} */
  writer(kind: ">" | ">>" | "|", name: ByteString): Stream {
    const known = this.#open.get(name);
    if (known !== undefined) return known;
    const stream = kind === "|" ? this.#command(name) : this.#file(kind, name);
    this.#open.set(name, stream);
    return stream;
  }

  #file(kind: ">" | ">>", name: ByteString): Stream {
    if (name === "/dev/stdout") {
      if (this.#stdoutClosed) throw new AwkError(`can't open '${name}': No such file or directory`);
      return {
        reader: undefined,
        output: this.stdout,
        child: undefined,
        shared: true,
        unbuffered: false,
        file: undefined,
      };
    }
    try {
      const flags = O_WRONLY | O_CREAT | (kind === ">" ? O_TRUNC : O_APPEND);
      const file = this.process.fs.open(name, flags, 0o666);
      const output = new OutputBuffer(new Sink(file, this.process, name));
      const unbuffered = name === "/dev/stderr";
      return { reader: undefined, output, child: undefined, shared: false, unbuffered, file };
    } catch (error) {
      if (!isVfsError(error)) throw error;
      throw new AwkError(`can't open '${name}': ${error.reason}`);
    }
  }

  #command(name: ByteString): Stream {
    void this.stdout.flush();
    const { read, write } = this.process.pipe();
    const child = this.#shell(name, 0, read);
    read.release();
    const output = new OutputBuffer(new Sink(write, this.process, name));
    return { reader: undefined, output, child, shared: false, unbuffered: false, file: write };
  }

  /** Starts `sh -c` with one descriptor replaced. */
  #shell(command: ByteString, number: number, file: OpenFile | undefined): Child {
    const fds = new Map<number, OpenFile>();
    for (const fd of [0, 1, 2]) {
      const own = fd === number && file !== undefined ? file : this.process.fd(fd);
      if (own !== undefined) fds.set(fd, own);
    }
    const argv = ["sh", "-c", command];
    try {
      return this.process.spawn(argv, { file: "/bin/sh", fds });
    } catch (error) {
      if (!isVfsError(error, "ENOENT")) throw error;
      return this.process.spawn(argv, { fds });
    }
  }

  /** The stream of `getline < file`; a number is the error code when it cannot be opened. */
  fileReader(name: ByteString): Stream | number {
    const known = this.#open.get(name);
    if (known !== undefined) return known;
    try {
      const file = this.process.fs.open(name, O_RDONLY);
      const reader = new RecordReader(new Source(file, this.process, name), this.process);
      const stream: Stream = {
        reader,
        output: undefined,
        child: undefined,
        shared: false,
        unbuffered: false,
        file,
      };
      this.#open.set(name, stream);
      return stream;
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return errnoNumber(error.code);
    }
  }

  /** The stream of `command | getline`. */
  commandReader(name: ByteString): Stream {
    const known = this.#open.get(name);
    if (known !== undefined) return known;
    void this.flushAll();
    const { read, write } = this.process.pipe();
    const child = this.#shell(name, 1, write);
    write.release();
    const reader = new RecordReader(new Source(read, this.process, name), this.process);
    const stream: Stream = {
      reader,
      output: undefined,
      child,
      shared: false,
      unbuffered: false,
      file: read,
    };
    this.#open.set(name, stream);
    return stream;
  }

  /** Runs a command and gives what `system` returns: its exit code, 0 when a signal ended it. */
  async system(command: ByteString): Promise<number> {
    await this.flushAll();
    const child = this.#shell(command, -1, undefined);
    let status = child.wait();
    if (status instanceof Promise) status = await status;
    return status.signal === 0 ? status.code : 0;
  }

  /** Writes out one stream, or says that the name is not known. */
  flush(name: ByteString): MaybePromise<boolean> {
    const stream = this.#open.get(name);
    if (stream === undefined && name !== "/dev/stdout") return false;
    const waiting = (stream?.output ?? this.stdout).flush();
    return waiting === undefined ? true : waiting.then(() => true);
  }

  /** Writes out everything. */
  flushAll(): Promise<void> | undefined {
    let waiting: Promise<void>[] | undefined;
    const first = this.stdout.flush();
    if (first !== undefined) waiting = [first];
    for (const stream of this.#open.values()) {
      const next = stream.output?.flush();
      if (next !== undefined) (waiting ??= []).push(next);
    }
    return waiting === undefined ? undefined : Promise.all(waiting).then(() => undefined);
  }

  /**
   * Closes a stream. The value is a command's raw wait status (its code times 256, or its signal),
   * 0 for files and for names that are not open.
   */
  close(name: ByteString): MaybePromise<number> {
    const stream = this.#open.get(name);
    if (stream === undefined) return 0;
    this.#open.delete(name);
    if (stream.shared) {
      this.#stdoutClosed = true;
      const waiting = this.stdout.flush();
      this.stdout.discard();
      return waiting === undefined ? 0 : waiting.then(() => 0);
    }
    return this.#end(stream);
  }

  async #end(stream: Stream): Promise<number> {
    // A command that did not read to its end has not asked for the rest. Writing it would mean
    // SIGPIPE; native's last write comes before its command has even started.
    if (stream.child?.status !== undefined) stream.output?.discard();
    const waiting = stream.output?.flush();
    if (waiting !== undefined) await waiting;
    stream.file?.release();
    if (stream.child === undefined) return 0;
    let status = stream.child.wait();
    if (status instanceof Promise) status = await status;
    return status.signal === 0 ? status.code * 256 : status.signal;
  }

  /** Closes everything, in the order it was opened. */
  closeAll(): Promise<void> | undefined {
    const first = this.stdout.flush();
    if (first === undefined && this.#open.size === 0) return undefined;
    return this.#closeLater(first);
  }

  async #closeLater(first: Promise<void> | undefined): Promise<void> {
    if (first !== undefined) await first;
    for (const stream of this.#open.values()) await this.#end(stream);
    this.#open.clear();
  }

  /** Lets go of all descriptors without writing. */
  abandon(): void {
    for (const stream of this.#open.values()) stream.file?.release();
    this.#open.clear();
  }
}

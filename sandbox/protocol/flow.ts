/**
 * Flow of the bytes of one stream over the connection: a sender sends what the receiver gave it
 * leave for, so that neither side holds more than a window of it.
 *
 * @module
 */
import type { MaybePromise } from "../types.ts";
import { VfsError } from "../errors.ts";
import { MOST_DATA, ProtocolError, WINDOW } from "./frames.ts";

/** The sending side of a stream. */
export class Outlet {
  #credit: number;
  #stopped = false;
  #waiting: (() => void)[] = [];
  #tail: Promise<void> | undefined;

  /**
   * @param credit Bytes that may be sent before the receiver has said anything.
   * @param send Sends one part; a promise makes the next part wait.
   */
  constructor(credit: number, private readonly send: (part: Uint8Array) => void | Promise<void>) {
    this.#credit = credit;
  }

  /**
   * Sends a chunk, at once if there is leave for all of it. The chunk must not change until then.
   *
   * @throws {VfsError} EPIPE when the receiver wants no more
   */
  push(chunk: Uint8Array): void | Promise<void> {
    if (this.#stopped) throw new VfsError("EPIPE");
    if (this.#tail === undefined && chunk.length <= this.#credit && chunk.length <= MOST_DATA) {
      this.#credit -= chunk.length;
      return chunk.length === 0 ? undefined : this.send(chunk);
    }
    const mine = (this.#tail ?? Promise.resolve()).then(() => this.#pushParts(chunk));
    const tail = mine.catch(() => {});
    this.#tail = tail;
    void tail.then(() => {
      if (this.#tail === tail) this.#tail = undefined;
    });
    return mine;
  }

  async #pushParts(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      await this.room();
      const part = chunk.subarray(at, at + Math.min(this.#credit, MOST_DATA));
      this.#credit -= part.length;
      at += part.length;
      const sent = this.send(part);
      if (sent !== undefined) await sent;
    }
  }

  /** Settles when something may be sent. @throws {VfsError} EPIPE when nothing will be wanted */
  async room(): Promise<void> {
    while (this.#credit <= 0 || this.#stopped) {
      if (this.#stopped) throw new VfsError("EPIPE");
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Settles when all that was pushed is sent, or nothing is wanted any more. */
  async drained(): Promise<void> {
    while (this.#tail !== undefined) await this.#tail;
  }

  /** The receiver gives leave for more. */
  addCredit(bytes: number): void {
    this.#credit += bytes;
    this.#wake();
  }

  /** The receiver wants no more. */
  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting) each();
  }
}

/** The receiving side of a stream whose bytes are handed to somebody as they come. */
export class Inlet {
  #outstanding = 0;
  #owed = 0;
  #tail: Promise<void> | undefined;
  #refused = false;

  /**
   * @param consume Takes a chunk; a promise makes the sender wait, a failure ends the stream.
   * @param grant Gives the sender leave for so many more bytes.
   * @param refuse Tells the sender that no more is wanted.
   */
  constructor(
    private readonly consume: (chunk: Uint8Array) => void | Promise<void>,
    private readonly grant: (bytes: number) => void,
    private readonly refuse: () => void,
  ) {}

  /** Takes what was sent. @throws {ProtocolError} when there was no leave for it */
  take(chunk: Uint8Array): void {
    this.#outstanding += chunk.length;
    if (this.#outstanding > WINDOW) throw new ProtocolError("more than was allowed");
    if (this.#tail === undefined) {
      try {
        const waiting = this.#refused ? undefined : this.consume(chunk);
        if (waiting === undefined) this.#done(chunk.length);
        else this.#chain(waiting, chunk.length);
      } catch {
        this.#refuseOnce(chunk.length);
      }
      return;
    }
    this.#chain(
      this.#tail.then(() => this.#refused ? undefined : this.consume(chunk)),
      chunk.length,
    );
  }

  #chain(work: Promise<void>, bytes: number): void {
    const tail = work.then(() => this.#done(bytes), () => this.#refuseOnce(bytes));
    this.#tail = tail;
    void tail.then(() => {
      if (this.#tail === tail) this.#tail = undefined;
    });
  }

  #done(bytes: number): void {
    this.#owed += bytes;
    if (this.#owed < WINDOW / 2) return;
    this.#outstanding -= this.#owed;
    this.grant(this.#owed);
    this.#owed = 0;
  }

  #refuseOnce(bytes: number): void {
    if (!this.#refused) this.refuse();
    this.#refused = true;
    this.#done(bytes);
  }

  /** Settles when all that came was taken. */
  async settled(): Promise<void> {
    while (this.#tail !== undefined) await this.#tail;
  }
}

/** The receiving side of a stream that is read when its reader wants to: nothing is sent before. */
export class PulledInlet {
  readonly #chunks: Uint8Array[] = [];
  #outstanding = 0;
  #ended = false;
  #error: VfsError | undefined;
  #wanted: ((chunk: Uint8Array | undefined) => void) | undefined;
  #failed: ((error: VfsError) => void) | undefined;

  /** @param grant Gives the sender leave for so many more bytes. */
  constructor(private readonly grant: (bytes: number) => void) {}

  /** Takes what was sent. @throws {ProtocolError} when there was no leave for it */
  take(chunk: Uint8Array): void {
    this.#outstanding -= chunk.length;
    if (this.#outstanding < 0) throw new ProtocolError("more than was allowed");
    if (chunk.length === 0) return;
    const wanted = this.#wanted;
    this.#wanted = undefined;
    if (wanted === undefined) this.#chunks.push(chunk);
    else wanted(chunk);
  }

  /** No more will come. @param error What became of the source, if it failed. */
  end(error?: VfsError): void {
    this.#ended = true;
    this.#error = error;
    if (this.#wanted === undefined) return;
    if (error === undefined) this.#wanted(undefined);
    else this.#failed?.(error);
    this.#wanted = undefined;
  }

  /** The next chunk, or undefined at the end. */
  pull(): MaybePromise<Uint8Array | undefined> {
    const chunk = this.#chunks.shift();
    if (chunk === undefined && this.#ended) {
      if (this.#error !== undefined) throw this.#error;
      return undefined;
    }
    // Under half a window, the sender is asked for more, long before it has nothing to send.
    if (!this.#ended && this.#outstanding < WINDOW / 2) {
      const held = this.#chunks.reduce((sum, each) => sum + each.length, 0);
      const more = WINDOW - this.#outstanding - held;
      if (more >= WINDOW / 4) {
        this.#outstanding += more;
        this.grant(more);
      }
    }
    if (chunk !== undefined) return chunk;
    return new Promise((resolve, reject) => {
      this.#wanted = resolve;
      this.#failed = reject;
    });
  }
}

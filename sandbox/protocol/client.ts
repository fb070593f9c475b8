/**
 * The parent's side of process isolation: a sandbox whose programs run in a child Deno.
 *
 * One child serves all runs of a sandbox, so that they share its files. When it dies, by a heap that
 * is full, by a limit that it could not keep itself, or by somebody's `kill -9`, all its runs end
 * and the next call starts a fresh one: what stood in memory layers is gone, what was written to
 * host mounts is there.
 *
 * @module
 */
import type { AuditEvent, EndReason } from "../types.ts";
import { isVfsError, VfsError } from "../errors.ts";
import { fromText, toBytes, toByteString } from "../bytes.ts";
import type { Policy } from "../caps/policy.ts";
import { type ChildPipe, type ChildPlan, planChild, startChild } from "../host/child.ts";
import { setTimer } from "../host/kernel_host.ts";
import type { WriteFileOptions } from "../session/files.ts";
import {
  type Argument,
  checkedArgv,
  checkRunOptions,
  type OverlayChange,
  type RunOptions,
  SandboxProcess,
  type SpawnStatus,
} from "../session/session.ts";
import { RunResult, signalName } from "../session/result.ts";
import { StreamInput, StreamOutput } from "../session/streams.ts";
import {
  CHANNEL,
  decodeControl,
  decodeCredit,
  encodeControl,
  encodeCredit,
  encodeFrame,
  type Frame,
  FrameReader,
  KIND,
  ProtocolError,
} from "./frames.ts";
import { Fields, policyMessage, readAuditEvent, readErrorMessage, readReason } from "./messages.ts";
import { Inlet, Outlet } from "./flow.ts";
import { type FileTransport, RemoteFiles } from "./file_calls.ts";
import { type ByteSource, sourceOf } from "./byte_source.ts";

/** How long a child may be late with a limit of time, or with an abort, before it is killed. */
export const GRACE_MS = 750;

/** How long a child may take to be ready, milliseconds. */
const START_MS = 30_000;

const NOTHING = new Uint8Array(0);
const KILLED = { code: 137, signal: 9 };

/** What frames of a request go to. */
interface Request {
  data?(channel: number, body: Uint8Array): void;
  end?(channel: number): void;
  credit?(channel: number, bytes: number): void;
  control(op: string, message: Fields): void;
  /** The child has gone. */
  died(reason: EndReason): void;
}

/** One child and what was asked of it. */
class Link {
  readonly ready: Promise<void>;
  /** Settles when the child has gone. */
  readonly ended: Promise<void>;
  isAlive = true;
  memoryBytes = 0;
  readonly pipe: ChildPipe;
  readonly #requests = new Map<number, Request>();
  /** Reasons that are known for some requests when the child is killed from here. */
  readonly #reasons = new Map<Request, EndReason>();
  #otherReason: EndReason = "internal-error";
  #nextId = 1;
  #isReady = false;
  #settleReady!: { resolve: () => void; reject: (error: Error) => void };

  constructor(plan: ChildPlan, private readonly policy: Policy) {
    this.ready = new Promise((resolve, reject) => this.#settleReady = { resolve, reject });
    const reader = new FrameReader((frame) => this.#take(frame));
    this.pipe = startChild(plan, ["--worker"], (chunk) => reader.push(chunk));
    const stopTimer = setTimer(START_MS, () => this.pipe.kill());
    this.ready.then(stopTimer, stopTimer);
    this.ended = this.pipe.ended.then(({ outOfMemory, complaint }) => {
      this.isAlive = false;
      this.#settleReady.reject(new Error(`the child process ended at its start: ${complaint}`));
      const requests = [...this.#requests.values()];
      this.#requests.clear();
      for (const request of requests) {
        request.died(this.#reasons.get(request) ?? (outOfMemory ? "memory" : this.#otherReason));
      }
    });
    void this.pipe.write(encodeControl(0, policyMessage(policy, plan.mounts)));
  }

  #take(frame: Frame): void {
    const { id } = frame;
    const request = this.#requests.get(id);
    switch (frame.kind) {
      case KIND.control: {
        const message = new Fields(decodeControl(frame));
        const op = message.text("op");
        if (message.has("memory")) this.memoryBytes = message.integer("memory");
        if (id === 0) this.#control(op, message);
        else request?.control(op, message);
        return;
      }
      case KIND.data:
        request?.data?.(frame.channel, frame.body);
        return;
      case KIND.end:
        request?.end?.(frame.channel);
        return;
      case KIND.credit:
        request?.credit?.(frame.channel, decodeCredit(frame));
    }
  }

  #control(op: string, message: Fields): void {
    if (op === "ready" && !this.#isReady) {
      this.#isReady = true;
      this.#settleReady.resolve();
      this.#holdIfBusy();
    } else if (op === "error" && !this.#isReady) {
      this.#settleReady.reject(readErrorMessage(message));
      this.pipe.kill();
    } else if (op === "audit") {
      this.policy.audit?.(readAuditEvent(message.part("event")) as AuditEvent);
    } else throw new ProtocolError("message out of turn");
  }

  /** An idle child does not keep the embedding program alive. */
  #holdIfBusy(): void {
    this.pipe.hold(this.#requests.size > 0);
  }

  /** Adds a request under a new number. */
  add(request: Request): number {
    const id = this.#nextId++;
    if (!this.isAlive) {
      void this.ended.then(() => request.died("internal-error"));
      return id;
    }
    this.#requests.set(id, request);
    this.#holdIfBusy();
    return id;
  }

  remove(id: number): void {
    if (this.#requests.delete(id) && this.isAlive) this.#holdIfBusy();
  }

  /** Sends a message. @throws {VfsError} E2BIG when it is too large */
  say(id: number, message: object): void {
    let frame: Uint8Array;
    try {
      frame = encodeControl(id, message);
    } catch {
      throw new VfsError("E2BIG");
    }
    void this.pipe.write(frame);
  }

  /** Ends the child at once, for the sake of one request. */
  killFor(id: number, reason: EndReason): void {
    const request = this.#requests.get(id);
    if (request === undefined) return;
    this.#reasons.set(request, reason);
    this.pipe.kill();
  }

  /** Ends the child because nobody needs it any more. */
  close(): void {
    this.#otherReason = "signal";
    this.pipe.kill();
  }
}

/** How a run ended, before its result is made. */
interface RunEnd {
  readonly code: number;
  readonly signal: number;
  readonly reason: EndReason | undefined;
}

/** What a run gives its output to, and takes its input from. */
interface RunEnds {
  readonly source: ByteSource;
  readonly stdout: (chunk: Uint8Array) => void | Promise<void>;
  readonly stderr: (chunk: Uint8Array) => void | Promise<void>;
  /** Takes what is said about a program that could not be started. */
  readonly notice: (text: Uint8Array) => void;
  /** Nothing will come on the channel any more. */
  readonly closed: (channel: number) => void;
}

/** One run in the child. */
class RemoteRun implements Request {
  readonly ended: Promise<RunEnd>;
  pid = 0;
  readonly #id: number;
  readonly #inlets: ReadonlyMap<number, Inlet>;
  readonly #input: Outlet;
  readonly #open = new Set<number>([CHANNEL.stdout, CHANNEL.stderr]);
  #hasExited = false;
  #hasDied = false;
  #resolve!: (end: RunEnd) => void;
  #reject!: (error: Error) => void;
  #stopTimer: () => void = () => {};
  #stopAbort: () => void = () => {};
  #stopGrace: () => void = () => {};

  constructor(private readonly link: Link, private readonly ends: RunEnds) {
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#id = link.add(this);
    const id = this.#id;
    const inlet = (channel: number, consume: RunEnds["stdout"]) =>
      new Inlet(
        consume,
        (bytes) => void link.pipe.write(encodeCredit(channel, id, bytes)),
        () => void link.pipe.write(encodeFrame(KIND.end, channel, id, NOTHING)),
      );
    this.#inlets = new Map([
      [CHANNEL.stdout, inlet(CHANNEL.stdout, ends.stdout)],
      [CHANNEL.stderr, inlet(CHANNEL.stderr, ends.stderr)],
    ]);
    this.#input = new Outlet(
      0,
      (part) => link.pipe.write(encodeFrame(KIND.data, CHANNEL.stdin, id, part)),
    );
  }

  /** Starts it. */
  start(argv: readonly Argument[], options: RunOptions, limits: { readonly wallMs: number }): void {
    const { link } = this;
    const finite = (value: number | undefined) => value === Infinity ? undefined : value;
    try {
      link.say(this.#id, {
        op: "run",
        argv: argv.map((each) => typeof each === "string" ? fromText(each) : toByteString(each)),
        env: options.env === undefined ? undefined : Object.entries(options.env),
        cwd: options.cwd,
        timeoutMs: finite(options.timeoutMs),
        maxOutputBytes: finite(options.maxOutputBytes),
      });
    } catch (error) {
      this.#fail(error as Error);
      return;
    }
    const wallMs = Math.min(options.timeoutMs ?? Infinity, limits.wallMs);
    if (wallMs !== Infinity) {
      this.#stopTimer = setTimer(wallMs + GRACE_MS, () => link.killFor(this.#id, "timeout"));
    }
    const { signal } = options;
    if (signal !== undefined) {
      const abort = () => {
        link.say(this.#id, { op: "abort" });
        this.#stopGrace = setTimer(GRACE_MS, () => link.killFor(this.#id, "aborted"));
      };
      if (signal.aborted) abort();
      else signal.addEventListener("abort", abort, { once: true });
      this.#stopAbort = () => signal.removeEventListener("abort", abort);
    }
    void this.#pump();
  }

  /** Sends a signal to its first process. */
  kill(signal: number): void {
    if (!this.#hasExited && !this.#hasDied) this.link.say(this.#id, { op: "kill", signal });
  }

  /** Sends the source's bytes when the program asks for them. */
  async #pump(): Promise<void> {
    const { source } = this.ends;
    try {
      for (;;) {
        await this.#input.room();
        let chunk: Uint8Array | undefined;
        try {
          chunk = await source.next();
        } catch (error) {
          const code = isVfsError(error) ? error.code : "EIO";
          this.link.say(this.#id, { op: "inputError", code });
          return;
        }
        if (chunk === undefined) break;
        await this.#input.push(chunk);
      }
      await this.link.pipe.write(encodeFrame(KIND.end, CHANNEL.stdin, this.#id, NOTHING));
    } catch {
      // Nobody reads any more: whoever said so has cancelled the source.
    }
  }

  #stopInput(): void {
    this.#input.stop();
    this.ends.source.cancel();
  }

  data(channel: number, body: Uint8Array): void {
    this.#inlets.get(channel)?.take(body);
  }

  end(channel: number): void {
    if (channel === CHANNEL.stdin) {
      this.#stopInput();
      return;
    }
    const inlet = this.#inlets.get(channel);
    if (inlet === undefined || !this.#open.delete(channel)) throw new ProtocolError("bad end");
    void inlet.settled().then(() => this.ends.closed(channel));
    this.#forget();
  }

  credit(channel: number, bytes: number): void {
    if (channel === CHANNEL.stdin) this.#input.addCredit(bytes);
  }

  control(op: string, message: Fields): void {
    if (op === "started") this.pid = message.integer("pid", 1);
    else if (op === "error") this.#fail(readErrorMessage(message));
    else if (op === "exit") {
      if (this.#hasExited) throw new ProtocolError("second end");
      this.#hasExited = true;
      if (message.has("notice")) this.ends.notice(toBytes(message.text("notice")));
      void this.#exited({
        code: message.integer("code", 0, 255),
        signal: message.integer("signal", 0, 64),
        reason: readReason(message),
      });
    } else throw new ProtocolError("message out of turn");
  }

  async #exited(end: RunEnd): Promise<void> {
    this.#release();
    // Output that came in time is taken before; one who is too slow must not hold up a limit.
    const isOrderly = end.signal === 0 || end.reason === "output";
    if (isOrderly) {
      await Promise.all([...this.#inlets.values()].map((inlet) => inlet.settled()));
    }
    this.#resolve(end);
    this.#forget();
  }

  #fail(error: Error): void {
    this.#hasExited = true;
    this.#open.clear();
    this.#release();
    this.#stopInput();
    this.#forget();
    this.#reject(error);
  }

  died(reason: EndReason): void {
    this.#hasDied = true;
    this.#release();
    this.#stopInput();
    for (const channel of this.#open) {
      void this.#inlets.get(channel)?.settled().then(() => this.ends.closed(channel));
    }
    this.#resolve({ ...KILLED, reason: reason === "signal" ? undefined : reason });
  }

  /** Timers and listeners of a run that has ended. */
  #release(): void {
    this.#stopTimer();
    this.#stopAbort();
    this.#stopGrace();
  }

  #forget(): void {
    if (this.#hasExited && this.#open.size === 0) this.link.remove(this.#id);
  }
}

/** A sandbox in a child process. */
export class RemoteSession {
  /** Its files. */
  readonly files: RemoteFiles;
  readonly #links = new Set<Link>();
  #current: Link | undefined;
  #lastMemory = 0;
  #isClosed = false;

  private constructor(private readonly policy: Policy, private readonly entry: string) {
    const transport: FileTransport = {
      call: (call, args) => this.#ask({ ...args, op: "file", call }),
      read: (path, maxBytes) => this.#readFile(path, maxBytes),
      write: (path, data, options) => this.#writeFile(path, data, options),
    };
    this.files = new RemoteFiles(transport);
  }

  /**
   * Starts a child and makes its sandbox.
   *
   * @param policy What it may reach.
   * @param entry URL of the command line's module, which the child runs.
   * @throws {TypeError} without the right to run Deno, or for a grant that cannot be handed on
   * @throws {VfsError} when a mount cannot be reached
   */
  static async start(policy: Policy, entry: string): Promise<RemoteSession> {
    const session = new RemoteSession(policy, entry);
    try {
      await session.#live().ready;
    } catch (error) {
      await session.dispose();
      throw error;
    }
    return session;
  }

  /** The child that serves now; a fresh one when the last has died. */
  #live(): Link {
    if (this.#isClosed) throw new TypeError("the sandbox is closed");
    if (this.#current?.isAlive) return this.#current;
    // Grants and links of mounts are looked at anew: the host may have changed meanwhile.
    const link = new Link(planChild(this.policy, this.entry), this.policy);
    link.ready.catch(() => {});
    this.#current = link;
    this.#links.add(link);
    void link.ended.then(() => {
      this.#links.delete(link);
      this.#lastMemory = 0;
    });
    return link;
  }

  /** Number of the child's host process, or undefined when none is alive. */
  get childPid(): number | undefined {
    return this.#current?.isAlive ? this.#current.pipe.pid : undefined;
  }

  /** Memory held by the sandbox's files and programs when it last said so, bytes. */
  get memoryBytes(): number {
    return this.#current?.isAlive ? this.#current.memoryBytes : this.#lastMemory;
  }

  /** As `Session.run`. */
  async run(argv: readonly Argument[], options: RunOptions): Promise<RunResult> {
    checkRun(argv, options);
    const stdout: Uint8Array[] = [];
    const stderr: Uint8Array[] = [];
    // The child keeps this limit itself; one that is not our own any more does not.
    let left = Math.min(options.maxOutputBytes ?? Infinity, this.policy.limits.outputBytes);
    const keepIn = (chunks: Uint8Array[]) => (chunk: Uint8Array): void => {
      left -= chunk.length;
      if (left < 0) throw new VfsError("EPIPE");
      chunks.push(chunk);
    };
    const run = await this.#start(argv, options, {
      source: sourceOf(options.stdin),
      stdout: options.stdout ?? keepIn(stdout),
      stderr: options.stderr ?? keepIn(stderr),
      notice: (text) => void stderr.push(text),
      closed: () => {},
    });
    const end = await run.ended;
    return new RunResult(end, end.reason, stdout, stderr);
  }

  /** As `Session.spawn`, but that there is no such program is told by its end. */
  spawn(argv: readonly Argument[], options: RunOptions): SandboxProcess {
    checkRun(argv, options);
    const input = new StreamInput();
    const output = new StreamOutput();
    const error = new StreamOutput();
    let run: RemoteRun | undefined = undefined;
    const early: number[] = [];
    const start = async (): Promise<SpawnStatus> => {
      const mine = run = await this.#start(argv, options, {
        source: { next: () => input.pull(), cancel: () => input.stop() },
        stdout: (chunk) => output.push(chunk),
        stderr: (chunk) => error.push(chunk),
        notice: (text) => void error.push(text),
        closed: (channel) => channel === CHANNEL.stdout ? output.end() : error.end(),
      });
      for (const signal of early) mine.kill(signal);
      const { code, signal, reason } = await mine.ended;
      return {
        code,
        signal: signal === 0 ? null : signalName(signal),
        reason: reason ?? (signal === 0 ? "exit" : "signal"),
      };
    };
    const status = start().catch((failure) => {
      output.end();
      error.end();
      throw failure;
    });
    // Whoever waits for the status learns of it; nobody has to.
    status.catch(() => {});
    return new SandboxProcess(
      () => run?.pid ?? 0,
      { stdin: input.stream, stdout: output.stream, stderr: error.stream },
      status,
      (signal) => run === undefined ? void early.push(signal) : run.kill(signal),
    );
  }

  async #start(argv: readonly Argument[], options: RunOptions, ends: RunEnds): Promise<RemoteRun> {
    try {
      const link = this.#live();
      await link.ready;
      const run = new RemoteRun(link, ends);
      run.start(argv, options, this.policy.limits);
      return run;
    } catch (error) {
      ends.source.cancel();
      throw error;
    }
  }

  /** As `Session.diff`. */
  async diff(guest: string): Promise<OverlayChange[]> {
    const reply = await this.#ask({ op: "diff", guest });
    return reply.list("value").map((each) => {
      const change = Fields.of(each);
      const kind = change.text("kind");
      switch (kind) {
        case "added":
        case "modified":
        case "deleted":
        case "attributes":
          return { path: change.text("path"), kind };
      }
      throw new VfsError("EPROTO");
    });
  }

  /** Asks something that has one answer. */
  async #ask(message: object): Promise<Fields> {
    const link = this.#live();
    await link.ready;
    return await new Promise((resolve, reject) => {
      const id = link.add(answerTo(() => link.remove(id), resolve, reject));
      sayOrFail(link, id, message, reject);
    });
  }

  async #readFile(path: string, maxBytes: number | undefined): Promise<Uint8Array> {
    const link = this.#live();
    await link.ready;
    const chunks: Uint8Array[] = [];
    const most = maxBytes === Infinity ? undefined : maxBytes;
    let filled = 0;
    const reply = await new Promise<Fields>((resolve, reject) => {
      const inlet = new Inlet(
        (chunk) => {
          filled += chunk.length;
          if (filled > (maxBytes ?? Infinity)) throw new VfsError("EFBIG");
          chunks.push(chunk);
        },
        (bytes) => void link.pipe.write(encodeCredit(CHANNEL.stdout, id, bytes)),
        () => {},
      );
      const id: number = link.add({
        ...answerTo(() => link.remove(id), resolve, reject),
        data: (_channel, body) => inlet.take(body),
      });
      sayOrFail(link, id, { op: "readFile", path, maxBytes: most }, reject);
    });
    if (reply.integer("value") !== filled) throw new VfsError("EIO");
    const whole = new Uint8Array(filled);
    let at = 0;
    for (const chunk of chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    return whole;
  }

  async #writeFile(path: string, data: Uint8Array, options: WriteFileOptions): Promise<void> {
    const link = this.#live();
    await link.ready;
    await new Promise<Fields>((resolve, reject) => {
      const outlet: Outlet = new Outlet(
        0,
        (part) => link.pipe.write(encodeFrame(KIND.data, CHANNEL.stdin, id, part)),
      );
      const finish = () => {
        outlet.stop();
        link.remove(id);
      };
      const id: number = link.add({
        ...answerTo(finish, resolve, reject),
        credit: (_channel, bytes) => outlet.addCredit(bytes),
      });
      sayOrFail(link, id, {
        op: "writeFile",
        path,
        size: data.length,
        mode: options.mode,
        append: options.append ?? false,
        parents: options.parents ?? false,
      }, reject);
      void (async () => {
        try {
          await outlet.push(data);
          await link.pipe.write(encodeFrame(KIND.end, CHANNEL.stdin, id, NOTHING));
        } catch { /* The answer says why it is not wanted. */ }
      })();
    });
  }

  /** Ends the child and all that runs in it. */
  close(): void {
    this.#isClosed = true;
    for (const link of this.#links) link.close();
  }

  /** Ends the child, and waits until it is gone. */
  async dispose(): Promise<void> {
    const links = [...this.#links];
    // An idle child would not keep this process alive until its end is seen.
    for (const link of links) link.pipe.hold(true);
    this.close();
    await Promise.all(links.map((link) => link.ended));
  }
}

/** What would be found wrong in the child anyway, before anything is sent. */
function checkRun(argv: readonly Argument[], options: RunOptions): void {
  checkedArgv(argv);
  checkRunOptions(options);
  options.signal?.throwIfAborted();
}

function answerTo(
  finish: () => void,
  resolve: (reply: Fields) => void,
  reject: (error: Error) => void,
): Request {
  return {
    control(op: string, message: Fields): void {
      if (op !== "reply" && op !== "error") throw new ProtocolError("message out of turn");
      finish();
      if (op === "reply") resolve(message);
      else reject(readErrorMessage(message));
    },
    died: () => reject(new VfsError("EIO", undefined, "the sandbox's process has ended")),
  };
}

function sayOrFail(
  link: Link,
  id: number,
  message: object,
  reject: (error: unknown) => void,
): void {
  try {
    link.say(id, message);
  } catch (error) {
    link.remove(id);
    reject(error);
  }
}

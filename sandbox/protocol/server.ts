/**
 * The child's side of process isolation: a sandbox that does what its parent says over stdin and
 * stdout.
 *
 * @module
 */
import type { OpenFile } from "../types.ts";
import { isVfsError, VfsError } from "../errors.ts";
import { toBytes, toByteString } from "../bytes.ts";
import { PullInput } from "../kernel/devices.ts";
import type { StartedRun } from "../kernel/kernel.ts";
import type { OverlayChange, RunOptions, SandboxOptions, Session } from "../session/session.ts";
import { notStarted } from "../session/session.ts";
import { outputTo } from "../session/streams.ts";
import { openParentPipe, type ParentPipe } from "../host/child.ts";
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
  WINDOW,
} from "./frames.ts";
import { errorMessage, Fields, readCode, readPolicyMessage } from "./messages.ts";
import { Outlet, PulledInlet } from "./flow.ts";
import { FILE_CALLS, FileAssembly } from "./file_calls.ts";

const NOTHING = new Uint8Array(0);

/** What frames of a request go to, once its first message has made it. */
interface Request {
  /** Takes bytes of stdin, or of a file. */
  data?(body: Uint8Array): void;
  /** No more will come on the channel, or is wanted from it. */
  end?(channel: number): void;
  /** More may be sent. */
  credit?(channel: number, bytes: number): void;
  /** A later message. */
  control?(op: string, message: Fields): void;
}

/**
 * Serves the parent until it goes away.
 *
 * @param create Makes the sandbox.
 * @throws {ProtocolError} when the parent does not keep to the protocol
 */
export async function serve(
  create: (options: SandboxOptions) => Promise<Session>,
): Promise<void> {
  const pipe = openParentPipe();
  const server = new Server(pipe, create);
  const reader = new FrameReader((frame) => server.take(frame));
  for (;;) {
    const chunk = await pipe.read();
    if (chunk === undefined) return;
    reader.push(chunk);
  }
}

class Server {
  readonly #requests = new Map<number, Request>();
  #session: Session | undefined;
  #isInitialized = false;

  constructor(
    private readonly pipe: ParentPipe,
    private readonly create: (options: SandboxOptions) => Promise<Session>,
  ) {}

  #say(id: number, message: object): void {
    let frame: Uint8Array;
    try {
      frame = encodeControl(id, message);
    } catch {
      frame = encodeControl(id, errorMessage(new VfsError("E2BIG")));
    }
    this.pipe.write(frame);
  }

  take(frame: Frame): void {
    const { id } = frame;
    const request = this.#requests.get(id);
    switch (frame.kind) {
      case KIND.control: {
        const message = new Fields(decodeControl(frame));
        const op = message.text("op");
        if (id === 0) this.#begin(op, message);
        else if (op === "abort" || op === "kill" || op === "inputError") {
          request?.control?.(op, message);
        } else if (request !== undefined || this.#session === undefined) {
          throw new ProtocolError("request out of turn");
        } else this.#tryRequest(this.#session, id, op, message);
        return;
      }
      // What belongs to a request that has ended meanwhile is late, not wrong.
      case KIND.data:
        request?.data?.(frame.body);
        return;
      case KIND.end:
        request?.end?.(frame.channel);
        return;
      case KIND.credit:
        request?.credit?.(frame.channel, decodeCredit(frame));
    }
  }

  #begin(op: string, message: Fields): void {
    if (op !== "init" || this.#isInitialized) throw new ProtocolError("request out of turn");
    this.#isInitialized = true;
    const audit = (event: object) => this.#say(0, { op: "audit", event });
    this.create(readPolicyMessage(message, audit)).then(
      (session) => {
        this.#session = session;
        this.#say(0, { op: "ready" });
      },
      (error) => this.#say(0, errorMessage(error)),
    );
  }

  /** A request that is wrong by itself is refused, and the connection goes on. */
  #tryRequest(session: Session, id: number, op: string, message: Fields): void {
    try {
      this.#request(session, id, op, message);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#requests.delete(id);
      this.#say(id, errorMessage(new TypeError(error.message)));
    }
  }

  #request(session: Session, id: number, op: string, message: Fields): void {
    switch (op) {
      case "run":
        return this.#run(session, id, message);
      case "readFile":
        this.#answer(session, id, this.#readFile(session, id, message));
        return;
      case "writeFile":
        return this.#writeFile(session, id, message);
      case "diff":
        this.#answer(session, id, session.diff(message.text("guest")).then(changesMessage));
        return;
      case "file": {
        const call = FILE_CALLS.get(message.text("call"));
        if (call === undefined) throw new ProtocolError("unknown call");
        this.#answer(session, id, call(session.fs, message));
        return;
      }
    }
    throw new ProtocolError("unknown request");
  }

  #answer(session: Session, id: number, work: Promise<unknown>): void {
    work.then(
      (value) => this.#say(id, { op: "reply", value, memory: session.memoryBytes }),
      (error) => this.#say(id, errorMessage(error)),
    ).finally(() => this.#requests.delete(id));
  }

  async #readFile(session: Session, id: number, message: Fields): Promise<number> {
    const most = message.has("maxBytes")
      ? message.number("maxBytes", 0, Number.MAX_VALUE)
      : undefined;
    const outlet = new Outlet(
      WINDOW,
      (part) => this.pipe.write(encodeFrame(KIND.data, CHANNEL.stdout, id, part)),
    );
    this.#requests.set(id, {
      credit: (_channel, bytes) => outlet.addCredit(bytes),
    });
    const bytes = await session.fs.readFile(message.text("path"), most);
    await outlet.push(bytes);
    return bytes.length;
  }

  #writeFile(session: Session, id: number, message: Fields): void {
    const size = message.integer("size");
    const { fileBytes, memoryBytes } = session.policy.limits;
    let assembly: FileAssembly;
    try {
      assembly = new FileAssembly(size, Math.min(fileBytes, memoryBytes));
    } catch (error) {
      this.#say(id, errorMessage(error));
      return;
    }
    // The file is put together before it is touched, so leave for all of it is given bit by bit.
    const grant = (bytes: number) => this.pipe.write(encodeCredit(CHANNEL.stdin, id, bytes));
    let left = size;
    const more = () => {
      if (left > 0) grant(Math.min(left, WINDOW / 2));
      left -= Math.min(left, WINDOW / 2);
    };
    let sinceGrant = 0;
    this.#requests.set(id, {
      data: (part) => {
        if (!assembly.add(part)) throw new ProtocolError("more than was said");
        sinceGrant += part.length;
        while (sinceGrant >= WINDOW / 2) {
          sinceGrant -= WINDOW / 2;
          more();
        }
      },
      end: () => {
        const whole = assembly.whole();
        if (whole === undefined) throw new ProtocolError("less than was said");
        this.#requests.set(id, {});
        const work = session.fs.writeFile(message.text("path"), whole, {
          mode: message.has("mode") ? message.integer("mode") : undefined,
          append: message.boolean("append"),
          parents: message.boolean("parents"),
        });
        this.#answer(session, id, work);
      },
    });
    more();
    more();
  }

  #run(session: Session, id: number, message: Fields): void {
    const argv = message.texts("argv").map((argument) => toBytes(argument));
    const options: RunOptions = {
      env: message.has("env") ? Object.fromEntries(message.pairs("env")) : undefined,
      cwd: message.optionalText("cwd"),
      timeoutMs: message.has("timeoutMs")
        ? message.number("timeoutMs", 0, Number.MAX_VALUE)
        : undefined,
      maxOutputBytes: message.has("maxOutputBytes")
        ? message.number("maxOutputBytes", 0, Number.MAX_VALUE)
        : undefined,
    };
    const input = new PulledInlet((bytes) =>
      this.pipe.write(encodeCredit(CHANNEL.stdin, id, bytes))
    );
    const end = (channel: number) => this.pipe.write(encodeFrame(KIND.end, channel, id, NOTHING));
    const outlets = new Map<number, Outlet>();
    let open = 2;
    let hasExited = false;
    const forget = () => {
      if (hasExited && open === 0) this.#requests.delete(id);
    };
    let started: StartedRun | undefined = undefined;
    const output = (channel: number) => {
      const outlet = new Outlet(
        WINDOW,
        (part) => this.pipe.write(encodeFrame(KIND.data, channel, id, part)),
      );
      outlets.set(channel, outlet);
      return outputTo(
        () => started!.run,
        () => session.kernel.endRun(started!.run, "output"),
        [],
        (chunk) => outlet.push(chunk),
        () => {
          // What waits for leave goes first.
          void outlet.drained().then(() => {
            end(channel);
            open--;
            forget();
          });
        },
      );
    };
    const fds = new Map<number, OpenFile>([
      [0, new PullInput(() => input.pull(), () => end(CHANNEL.stdin))],
      [1, output(CHANNEL.stdout)],
      [2, output(CHANNEL.stderr)],
    ]);
    this.#requests.set(id, {
      data: (body) => input.take(body),
      end: (channel) => {
        if (channel === CHANNEL.stdin) input.end();
        else outlets.get(channel)?.stop();
      },
      credit: (channel, bytes) => outlets.get(channel)?.addCredit(bytes),
      control: (op, later) => {
        if (op === "inputError") input.end(new VfsError(readCode(later.text("code"))));
        else if (started === undefined) return;
        else if (op === "abort") session.kernel.endRun(started.run, "aborted");
        else if (!started.process.ended) {
          session.kernel.deliver(started.process, later.integer("signal", 0, 64));
        }
      },
    });
    const exit = (fields: object) => {
      hasExited = true;
      this.#say(id, { op: "exit", ...fields, memory: session.memoryBytes });
      forget();
    };
    try {
      started = session.attach(argv, options, fds, (early) => started = early);
    } catch (error) {
      if (isVfsError(error)) {
        const result = notStarted(argv[0], error, [], []);
        exit({ code: result.code, signal: 0, notice: toByteString(result.stderr) });
      } else {
        hasExited = true;
        this.#say(id, errorMessage(error));
      }
      return;
    } finally {
      for (const file of fds.values()) file.release();
    }
    const { process, run, ended } = started;
    this.#say(id, { op: "started", pid: process.pid });
    void ended.then(async ({ code, signal }) => {
      // A limit of output lets through what is below it.
      if (run.reason === "output") {
        await Promise.all([...outlets.values()].map((outlet) => outlet.drained()));
      }
      exit({ code, signal, reason: run.reason });
    });
  }
}

function changesMessage(changes: readonly OverlayChange[]): object[] {
  return changes.map(({ path, kind }) => ({ path, kind }));
}

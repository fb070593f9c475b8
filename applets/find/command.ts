/**
 * Running the command of `-exec`.
 *
 * @module
 */
import type { ByteString, Child, MaybePromise } from "../../sandbox/types.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import type { Context } from "../contract.ts";

/** Bytes of a command line that `+` fills. */
const ROOM = 30720;

/** One `-exec`. */
export class CommandAction {
  #paths: ByteString[] = [];
  #left: number;

  /** @param argv The command, with `{}` where paths go. @param batched Whether it ends in `+`. */
  constructor(
    private readonly ctx: Context,
    private readonly argv: readonly ByteString[],
    private readonly batched: boolean,
  ) {
    this.#left = this.#room();
  }

  #room(): number {
    let room = ROOM;
    for (const word of this.argv) room -= word.length + 1;
    return room;
  }

  /** Runs it on a path, or keeps the path for later. */
  run(path: ByteString): MaybePromise<boolean> {
    if (!this.batched) {
      return this.#start(this.argv.map((word) => word.replaceAll("{}", () => path)));
    }
    const cost = path.length + 1;
    if (this.#paths.length > 0 && cost > this.#left) {
      const flushing = this.flush();
      this.#paths.push(path);
      this.#left -= cost;
      return flushing instanceof Promise ? flushing.then(() => true) : true;
    }
    this.#paths.push(path);
    this.#left -= cost;
    return true;
  }

  /** Runs it on the paths that were kept. */
  flush(): MaybePromise<void> {
    if (this.#paths.length === 0) return;
    const paths = this.#paths;
    this.#paths = [];
    this.#left = this.#room();
    const argv = this.argv.flatMap((word) =>
      word.includes("{}") ? paths.map((path) => word.replace("{}", () => path)) : [word]
    );
    const running = this.#start(argv);
    const done = (good: boolean): void => {
      if (!good) this.ctx.status = 1;
    };
    return running instanceof Promise ? running.then(done) : done(running);
  }

  #start(argv: readonly ByteString[]): MaybePromise<boolean> {
    const { ctx } = this;
    const flushed = ctx.out.flush();
    if (flushed !== undefined) return flushed.then(() => this.#spawn(argv));
    return this.#spawn(argv);
  }

  #spawn(argv: readonly ByteString[]): MaybePromise<boolean> {
    const { ctx } = this;
    let child: Child;
    try {
      child = ctx.process.spawn(argv);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      // That it could not be run makes the action fail, and nothing else.
      const { status } = ctx;
      ctx.warn(`${argv[0]}: ${error.reason}`);
      ctx.status = status;
      return false;
    }
    const ended = child.wait();
    return ended instanceof Promise ? ended.then(({ code }) => code === 0) : ended.code === 0;
  }
}

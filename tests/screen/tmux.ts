/**
 * Programs on a real terminal: a tmux server of its own, fed with keys and asked for its screen.
 *
 * @module
 */

/** What a terminal shows. Lines have no blanks at their ends. */
export interface Picture {
  readonly lines: readonly string[];
  /** Column and row of the cursor, from 0. */
  readonly cursor: readonly [x: number, y: number];
}

let servers = 0;

/** Whether tmux is there. */
export function hasTmux(): boolean {
  try {
    return new Deno.Command("tmux", { args: ["-V"], stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
}

/** Waits. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** One program in one terminal. Dispose of it to end both. */
export class Terminal implements AsyncDisposable {
  readonly #server: string;

  private constructor(server: string) {
    this.#server = server;
  }

  /** Starts a program on a terminal of the given size. */
  static async start(
    argv: readonly string[],
    options: {
      readonly columns?: number;
      readonly rows?: number;
      readonly cwd?: string;
      readonly env?: { readonly [name: string]: string };
    } = {},
  ): Promise<Terminal> {
    const server = `capbox-${Deno.pid}-${++servers}`;
    const terminal = new Terminal(server);
    const assignments = Object.entries(options.env ?? {}).flatMap(([name, value]) => [
      "-e",
      `${name}=${value}`,
    ]);
    await terminal.#tmux([
      "-f",
      "/dev/null",
      "start-server",
      ";",
      "set-option",
      "-g",
      "remain-on-exit",
      "on",
      ";",
      "set-option",
      "-g",
      "remain-on-exit-format",
      "",
      ";",
      "set-option",
      "-g",
      "status",
      "off",
      ";",
      "new-session",
      "-d",
      "-x",
      String(options.columns ?? 80),
      "-y",
      String(options.rows ?? 24),
      ...assignments,
      ...(options.cwd === undefined ? [] : ["-c", options.cwd]),
      "--",
      ...argv,
    ]);
    return terminal;
  }

  async #tmux(args: readonly string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command("tmux", {
      args: ["-u", "-L", this.#server, ...args],
      env: { TMUX: "", LC_ALL: "C.UTF-8" },
    }).output();
    if (!success) throw new Error(`tmux ${args[0]}: ${new TextDecoder().decode(stderr)}`);
    return new TextDecoder().decode(stdout);
  }

  /** Types bytes, one for each char. */
  async type(keys: string): Promise<void> {
    const hex = [...keys].map((key) => key.charCodeAt(0).toString(16).padStart(2, "0"));
    for (let i = 0; i < hex.length; i += 500) {
      await this.#tmux(["send-keys", "-H", ...hex.slice(i, i + 500)]);
    }
  }

  /** What the terminal shows now. */
  async picture(): Promise<Picture> {
    const text = await this.#tmux([
      "display-message",
      "-p",
      "#{cursor_x} #{cursor_y}",
      ";",
      "capture-pane",
      "-p",
    ]);
    const [cursor, ...lines] = text.replace(/\n$/, "").split("\n");
    const [x, y] = cursor.split(" ").map(Number);
    return { lines: lines.map((line) => line.trimEnd()), cursor: [x, y] };
  }

  /** The picture once it has not changed for a while. */
  async settled(quietMs = 150, limitMs = 5000): Promise<Picture> {
    let last = "";
    let picture = await this.picture();
    for (let quiet = 0, total = 0; quiet < quietMs && total < limitMs; total += 30) {
      const now = JSON.stringify(picture);
      quiet = now === last ? quiet + 30 : 0;
      last = now;
      await pause(30);
      picture = await this.picture();
    }
    return picture;
  }

  /** Waits until the screen shows a text or matches a condition. @throws {Error} after `limitMs` */
  async until(
    wanted: string | ((picture: Picture) => boolean),
    limitMs = 15_000,
  ): Promise<Picture> {
    const end = Date.now() + limitMs;
    for (;;) {
      const picture = await this.picture();
      const found = typeof wanted === "string"
        ? picture.lines.some((line) => line.includes(wanted))
        : wanted(picture);
      if (found) return picture;
      if (Date.now() > end) {
        throw new Error(`the screen never showed ${wanted}:\n${picture.lines.join("\n")}`);
      }
      await pause(40);
    }
  }

  /** Exit status of the program, or undefined while it runs. */
  async status(): Promise<number | undefined> {
    // tmux misses the signal of a program's end at times, and leaves a zombie: tell it again.
    for (let i = 0;; i++) {
      const text = await this.#tmux([
        "display-message",
        "-p",
        "#{pane_dead}|#{pane_dead_status}|#{pane_dead_signal}|#{pid}",
      ]);
      const [dead, status, signal, server] = text.trimEnd().split("|");
      if (dead !== "1") return undefined;
      if (status !== "") return Number(status);
      if (signal !== "") return 128 + Number(signal);
      if (i === 50) throw new Error("tmux does not tell the status of a program that has ended");
      Deno.kill(Number(server), "SIGCHLD");
      await pause(40);
    }
  }

  /** Waits for the program's end. @throws {Error} after `limitMs` */
  async ended(limitMs = 15_000): Promise<number> {
    const end = Date.now() + limitMs;
    for (;;) {
      const status = await this.status();
      if (status !== undefined) return status;
      if (Date.now() > end) {
        throw new Error(`it does not end:\n${(await this.picture()).lines.join("\n")}`);
      }
      await pause(40);
    }
  }

  /** Takes the terminal away from the program, and gives the number of its process. */
  async hangUp(): Promise<number> {
    const pid = Number(await this.#tmux(["display-message", "-p", "#{pane_pid}"]));
    await this.#tmux(["kill-server"]);
    return pid;
  }

  /** Changes the size of the window. */
  async resize(columns: number, rows: number): Promise<void> {
    await this.#tmux(["resize-window", "-x", String(columns), "-y", String(rows)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#tmux(["kill-server"]);
    } catch { /* It has ended already. */ }
  }
}

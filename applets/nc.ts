import type { ByteString, NetConnection, NetListener, OpenFile } from "../sandbox/types.ts";
import { SIG } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, type Context, defineApplet, Source } from "./contract.ts";
import { connectTo, portNumber } from "./_lib/connect.ts";
import { numberArgument } from "./_lib/number_argument.ts";

/** Connects standard input and output with a socket. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "nc",
  usage: "[-iN] [-wN] [-l] [-p PORT] [-f FILE|IPADDR PORT] [-e PROG]",
  about: "Open a pipe to IP:PORT or FILE",
  options: {
    l: { count: true, help: "Wait for a connection (-ll with -e: for one after the other)" },
    p: { arg: "PORT", help: "Own port" },
    w: { arg: "SEC", help: "Seconds to wait for a connection" },
    i: { arg: "SEC", help: "Seconds between lines that are sent" },
    f: { arg: "FILE", help: "Use FILE instead of the network" },
    e: { arg: "PROG", help: "Run PROG after connecting; what follows are its arguments" },
  },
  raw: true,
  needs: ["net"],
  async run(ctx) {
    const given = splitProgram(ctx.operands);
    if (given.program?.length === 0) {
      ctx.warn("option requires an argument -- 'e'");
      return ctx.usage();
    }
    const words = parse(ctx, given.words);
    const { listen, port, wait, interval, file, operands } = words;
    if (file !== undefined) {
      if (operands.length > 0 || listen > 0) return ctx.usage();
      let open: OpenFile;
      try {
        open = ctx.fs.open(file, 2);
      } catch (error) {
        if (!isVfsError(error)) throw error;
        return ctx.fail(`can't open '${file}': ${error.reason}`);
      }
      ctx.sinkOf(open, file);
      return await converse(ctx, open, () => Promise.resolve(), given.program, interval);
    }
    if (listen > 0) {
      if (operands.length > 2) return ctx.usage();
      return await serve(ctx, words, given.program);
    }
    if (operands.length === 0 || operands.length > 2) return ctx.usage();
    // Without a port native dials port 0, where nobody can listen.
    const peer = portNumber(ctx, operands[1] ?? "0");
    if (peer === 0) {
      return ctx.fail(`can't connect to remote host (${operands[0]}): Connection refused`);
    }
    const connection = await connectTo(ctx, operands[0], peer, {
      timeoutMs: wait === undefined ? undefined : wait * 1000,
      localPort: port,
    });
    return await converse(
      ctx,
      connection.file,
      () => connection.closeWrite(),
      given.program,
      interval,
    );
  },
});

interface Words {
  readonly listen: number;
  readonly port: number | undefined;
  readonly wait: number | undefined;
  readonly interval: number | undefined;
  readonly file: ByteString | undefined;
  readonly operands: readonly ByteString[];
}

/** `-e PROG ARGS` takes all that follows. */
function splitProgram(
  all: readonly ByteString[],
): { readonly words: readonly ByteString[]; readonly program: readonly ByteString[] | undefined } {
  for (let i = 0; i < all.length; i++) {
    if (all[i] === "--") break;
    if (/^-[li]*e$/.test(all[i])) {
      const rest = all[i].slice(0, -1);
      return {
        words: [...all.slice(0, i), ...(rest === "-" ? [] : [rest])],
        program: all.slice(i + 1),
      };
    }
    if (/^-e./.test(all[i])) {
      return { words: all.slice(0, i), program: [all[i].slice(2), ...all.slice(i + 1)] };
    }
  }
  return { words: all, program: undefined };
}

function parse(ctx: Context, words: readonly ByteString[]): Words {
  let listen = 0;
  const values = new Map<string, ByteString>();
  const operands: ByteString[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word[0] !== "-" || word === "-") {
      operands.push(word);
      continue;
    }
    if (word === "--") {
      operands.push(...words.slice(i + 1));
      break;
    }
    for (let at = 1; at < word.length; at++) {
      const letter = word[at];
      if (letter === "l") {
        listen++;
        continue;
      }
      if (!"pwif".includes(letter)) {
        ctx.warn(`invalid option -- '${letter}'`);
        return ctx.usage();
      }
      if (at + 1 < word.length) values.set(letter, word.slice(at + 1));
      else if (i + 1 < words.length) values.set(letter, words[++i]);
      else {
        ctx.warn(`option requires an argument -- '${letter}'`);
        return ctx.usage();
      }
      break;
    }
  }
  const number = (letter: string): number | undefined => {
    const text = values.get(letter);
    return text === undefined ? undefined : numberArgument(ctx, text, { max: 4294967295 });
  };
  const port = values.get("p");
  return {
    listen,
    port: port === undefined ? undefined : portNumber(ctx, port),
    wait: number("w"),
    interval: number("i"),
    file: values.get("f"),
    operands,
  };
}

async function serve(
  ctx: Context,
  words: Words,
  program: readonly ByteString[] | undefined,
): Promise<number> {
  const [host, portText] = words.operands.length === 2
    ? words.operands
    : ["0.0.0.0", words.operands[0]];
  const port = words.port ?? (portText === undefined ? 0 : portNumber(ctx, portText));
  let listener: NetListener;
  try {
    listener = ctx.process.net.listen(host, port);
  } catch (error) {
    if (!isVfsError(error)) throw error;
    return ctx.fail(
      error.code === "EADDRINUSE" ? `bind: ${error.reason}` : `${host}:${port}: ${error.reason}`,
    );
  }
  try {
    if (words.port === undefined && portText === undefined) ctx.say(`${listener.local.port}\n`);
    for (;;) {
      const accepted = listener.accept(ctx.process.waiter);
      const connection: NetConnection = await accepted;
      const run = converse(
        ctx,
        connection.file,
        () => connection.closeWrite(),
        program,
        words.interval,
      );
      // Only -ll with a program goes on: one connection after the other, each with its process.
      if (words.listen < 2 || program === undefined) return await run;
      await run;
    }
  } finally {
    listener.close();
  }
}

/** Copies both ways until the far end has finished, or runs a program on the connection. */
async function converse(
  ctx: Context,
  file: OpenFile,
  closeWrite: () => Promise<void>,
  program: readonly ByteString[] | undefined,
  interval: number | undefined,
): Promise<number> {
  const { process } = ctx;
  if (program !== undefined && program.length > 0) {
    try {
      const error = process.fd(2);
      const fds = new Map([
        [0, file],
        [1, file],
        ...(error === undefined ? [] : [[2, error]] as const),
      ]);
      const child = process.spawn(program, { fds });
      file.release();
      return (await child.wait()).code;
    } catch (error) {
      if (!isVfsError(error)) throw error;
      file.release();
      return ctx.fail(`can't execute '${program[0]}': ${error.reason}`, 127);
    }
  }
  const remote = new Source(file, process, "network");
  // The far end going away is told by the write, not by a signal.
  process.setSignal(SIG.PIPE, "ignore");
  let inputOpen = true;
  const { stdin, stdout } = ctx;
  for (;;) {
    // Both sides are watched at once; neither may keep the other waiting.
    const items = inputOpen
      ? [{ file, read: true }, { file: stdin.file, read: true }]
      : [{ file, read: true }];
    let ready = process.poll(items, undefined);
    if (ready instanceof Promise) ready = await ready;
    if (ready.includes(0)) {
      try {
        const chunk = await remote.read();
        if (chunk === undefined) break;
        await stdout.write(chunk);
      } catch (error) {
        if (!isVfsError(error)) throw error;
        break;
      }
    }
    if (ready.includes(1)) {
      const chunk = interval === undefined ? await stdin.read() : await stdin.readUntil(10, 65536);
      try {
        if (chunk === undefined) {
          inputOpen = false;
          await closeWrite();
        } else await file.write(chunk, process.waiter);
      } catch (error) {
        if (!isVfsError(error)) throw error;
        inputOpen = false;
      }
      if (interval !== undefined) await process.sleep(interval * 1000);
    }
  }
  file.release();
  return 0;
}

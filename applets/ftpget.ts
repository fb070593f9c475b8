import { type ByteString, O_APPEND, O_CREAT, O_TRUNC, O_WRONLY } from "../sandbox/types.ts";
import { toText } from "../sandbox/bytes.ts";
import { isVfsError, strerror } from "../sandbox/errors.ts";
import { type Applet, type Context, defineApplet, type Sink } from "./contract.ts";
import { portNumber } from "./_lib/connect.ts";
import { FtpSession } from "./_lib/ftp.ts";

/** Fetches and sends files by FTP. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "ftpget",
  aliases: ["ftpput"],
  usage: {
    ftpget: "[OPTIONS] HOST [LOCAL_FILE] REMOTE_FILE",
    ftpput: "[OPTIONS] HOST [REMOTE_FILE] LOCAL_FILE",
  },
  about: { ftpget: "Fetch a file by FTP", ftpput: "Send a file by FTP" },
  options: {
    c: { help: "Go on where an earlier one ended" },
    // Native's long form wants an argument, which it does not use.
    continue: { arg: "X" },
    v: { long: "verbose", help: "Say more" },
    u: { arg: "USER", long: "username", help: "Name of the user" },
    p: { arg: "PASS", long: "password", help: "Password" },
    P: { arg: "PORT", long: "port", help: "Port" },
  },
  minOperands: 2,
  maxOperands: 3,
  needs: ["net"],
  async run(ctx) {
    const { opts, operands, name } = ctx;
    const [place, first, second = first] = operands;
    // A port may stand behind the host, and counts more than -P.
    const [, host, behind] = /^([^:]*):([0-9]+)$/.exec(place) ?? [place, place, undefined];
    const given = behind ?? opts.P;
    const port = given === undefined ? 21 : portNumber(ctx, given);
    if (opts.v) {
      const [address = host] = await addressesOf(ctx, host);
      void ctx.out.print(`Connecting to ${host} (${address}:${port})\n`);
      const full = ctx.out.flush();
      if (full !== undefined) await full;
    }
    const session = await FtpSession.open(
      ctx,
      host,
      port,
      opts.u ?? "anonymous",
      opts.p ?? "busybox",
      (verb, argument) => {
        if (opts.v) ctx.say(`${name}: cmd ${verb} ${argument}\n`);
      },
    );
    try {
      if (name === "ftpput") await put(ctx, session, first, second);
      else await get(ctx, session, first, second, opts.c === true);
      await session.quit();
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return ctx.fail(error.reason);
    } finally {
      session.close();
    }
  },
});

/** Addresses of a host; none where they cannot be found, which the connection will tell. */
async function addressesOf(ctx: Pick<Context, "process">, host: ByteString): Promise<string[]> {
  try {
    return await ctx.process.net.resolve(toText(host));
  } catch (error) {
    if (!isVfsError(error)) throw error;
    return [];
  }
}

async function get(
  ctx: Pick<Context, "fs" | "fail" | "stdout" | "sinkOf" | "process">,
  session: FtpSession,
  local: ByteString,
  remote: ByteString,
  goOn: boolean,
): Promise<void> {
  const data = await session.data();
  const size = await session.command(`SIZE ${remote}`);
  let offset = 0;
  if (goOn && local !== "-" && size.code === 213) {
    // Native goes on only with what is there.
    const stat = ctx.fs.tryStat(local) ?? ctx.fail(`stat: ${strerror("ENOENT")}`);
    offset = stat.size;
    if (offset > 0 && (await session.command(`REST ${offset}`)).code !== 350) offset = 0;
  }
  const answer = await session.command(`RETR ${remote}`);
  if (answer.code > 150) session.unexpected(answer);
  let sink: Sink;
  try {
    sink = local === "-" ? ctx.stdout : ctx.sinkOf(
      ctx.fs.open(local, O_WRONLY | O_CREAT | (offset > 0 ? O_APPEND : O_TRUNC), 0o666),
      local,
    );
  } catch (error) {
    if (!isVfsError(error)) throw error;
    return ctx.fail(`can't open '${local}': ${error.reason}`);
  }
  for (;;) {
    const chunk = await data.file.read(65536, ctx.process.waiter);
    if (chunk === undefined) break;
    await sink.write(chunk);
  }
  data.file.release();
  const done = await session.more();
  if (done.code !== 226) session.unexpected(done);
}

async function put(
  ctx: Pick<Context, "open" | "exit" | "fail" | "process">,
  session: FtpSession,
  remote: ByteString,
  local: ByteString,
): Promise<void> {
  const data = await session.data();
  const source = ctx.open(local) ?? ctx.exit(1);
  const answer = await session.command(`STOR ${remote}`);
  if (answer.code > 150) session.unexpected(answer);
  for (;;) {
    let chunk: Uint8Array | undefined;
    try {
      chunk = await source.read();
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return ctx.fail(`read error: ${error.reason}`);
    }
    if (chunk === undefined) break;
    await data.file.write(chunk, ctx.process.waiter);
  }
  data.file.release();
  const done = await session.more();
  if (done.code !== 226) session.unexpected(done);
}

import { type ByteString, type OpenFile, SIG } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { toText } from "../sandbox/bytes.ts";
import { type Applet, type Context, defineApplet, Source } from "./contract.ts";

const HTTPS = 443;

/**
 * Talks TLS over a connection that another program opened, or over one to HOST, and copies between it
 * and stdin and stdout. Source of behaviour: BusyBox 1.35.
 *
 * Unlike native, which takes any certificate, the name of the server is verified, as everywhere in the
 * sandbox; and TLS is the host's, so that `-r` can only name the same connection.
 */
export const applet: Applet = defineApplet({
  name: "ssl_client",
  usage: "[-e] -s FD [-r FD] [-n SNI]",
  about: "Talk TLS over the connection that is open as FD",
  options: {
    e: { help: "End with the input, not with the connection" },
    s: { arg: "FD", numeric: true, help: "The connection" },
    r: { arg: "FD", numeric: true, help: "Where to read from it" },
    n: { arg: "SNI", help: "Name of the server" },
  },
  needs: ["net"],
  async run(ctx) {
    const { opts, operands, process } = ctx;
    let file: OpenFile;
    let name: ByteString;
    if (opts.s === undefined) {
      if (ctx.argv.length < 2) return ctx.usage();
      name = opts.n ?? operands[0] ?? ctx.argv[1];
      try {
        const host = operands[0] ?? ctx.argv[1];
        file = (await process.net.connect(toText(host), HTTPS)).file;
      } catch (error) {
        if (!isVfsError(error)) throw error;
        return ctx.fail(`can't connect to remote host (${operands[0]}): ${error.reason}`);
      }
    } else {
      const given = process.fd(opts.s);
      const reading = opts.r === undefined ? given : process.fd(opts.r);
      if (given === undefined || !given.writable) {
        return ctx.fail("write error: Bad file descriptor");
      }
      if (reading !== given) return ctx.fail("-r must be the connection of -s");
      file = given.retain();
      name = opts.n ?? "";
    }
    process.setSignal(SIG.PIPE, "ignore");
    try {
      try {
        await process.net.secure(file, toText(name));
      } catch (error) {
        if (!isVfsError(error)) throw error;
        return ctx.fail(`TLS handshake with '${name}': ${error.reason}`);
      }
      return await copy(ctx, file, opts.e === true);
    } finally {
      file.release();
    }
  },
});

/** Copies both ways until the connection ends, or with the input if that is wanted. */
async function copy(
  ctx: Pick<Context, "process" | "stdin" | "stdout" | "fail">,
  file: OpenFile,
  endsWithInput: boolean,
): Promise<number> {
  const { process, stdin, stdout } = ctx;
  const remote = new Source(file, process, "network");
  const input = stdin.file;
  let inputOpen = true;
  for (;;) {
    const ready = await process.poll(
      inputOpen ? [{ file, read: true }, { file: input, read: true }] : [{ file, read: true }],
      undefined,
    );
    if (ready.includes(0)) {
      const chunk = await remote.read();
      if (chunk === undefined) return 0;
      await stdout.write(chunk);
    }
    if (ready.includes(1)) {
      const chunk = await stdin.read();
      if (chunk === undefined) {
        if (endsWithInput) return 0;
        inputOpen = false;
      } else {
        try {
          await file.write(chunk, process.waiter);
        } catch (error) {
          if (!isVfsError(error)) throw error;
          return ctx.fail(`write error: ${error.reason}`);
        }
      }
    }
  }
}

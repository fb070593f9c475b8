import { type ByteString, type NetConnection, type NetListener, SIG } from "../../sandbox/types.ts";
import { toBytes, toByteString } from "../../sandbox/bytes.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import { type Applet, type Context, defineApplet } from "../contract.ts";
import { portNumber } from "../_lib/connect.ts";
import { crypt, CRYPT_ALPHABET } from "../_lib/crypt.ts";
import { defaultConfig, type HttpConfig, readConfig } from "./config.ts";
import { answerRequest } from "./request.ts";

/** Serves files by HTTP. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "httpd",
  usage: "[-ifv[v]] [-c CONFFILE] [-p [IP:]PORT] [-u USER[:GRP]] [-r REALM] [-h HOME]\n" +
    "or httpd -d/-e/-m STRING",
  about: "Answer HTTP requests with the sandbox's files",
  lostOutput: "ignore",
  options: {
    i: { help: "One request on stdin and stdout" },
    f: { help: "Stay in the foreground" },
    v: { count: true, help: "Say more" },
    p: { arg: "[IP:]PORT", help: "Where to listen (default *:80)" },
    u: { arg: "USER[:GRP]", help: "Taken: the sandbox's user serves" },
    r: { arg: "REALM", help: "Name of the realm of passwords" },
    h: { arg: "HOME", help: "Directory that is served (default .)" },
    c: { arg: "FILE", help: "Configuration (default httpd.conf of /etc or HOME)" },
    m: { arg: "STRING", help: "Hash STRING with MD5" },
    e: { arg: "STRING", help: "Write STRING for HTML" },
    d: { arg: "STRING", help: "Decode STRING of a URL" },
  },
  needs: ["net"],
  async run(ctx) {
    const { opts, out, process } = ctx;
    if (opts.d !== undefined) {
      out.print(decoded(opts.d));
      return 0;
    }
    if (opts.e !== undefined) {
      out.print(opts.e.replace(/[^A-Za-z0-9]/g, (char) => `&#${char.charCodeAt(0)};`));
      return 0;
    }
    if (opts.m !== undefined) {
      let salt = "";
      for (let i = 0; i < 8; i++) salt += CRYPT_ALPHABET[process.random.uint32() & 63];
      out.print(`${crypt(toBytes(opts.m), `$1$${salt}`)}\n`);
      return 0;
    }
    const enter = (home: ByteString): void => {
      try {
        ctx.fs.changeDir(home);
      } catch (error) {
        if (!isVfsError(error)) throw error;
        ctx.fail(`can't change directory to '${home}': ${error.reason}`);
      }
    };
    if (opts.h !== undefined) enter(opts.h);
    const config = readFiles(ctx, opts.c, opts.r ?? "Web Server Authentication");
    if (config.home !== undefined) enter(config.home);
    process.setSignal(SIG.PIPE, "ignore");
    const tell = (level: number, text: ByteString): void => {
      if (level <= (opts.v ?? 0)) ctx.say(`${ctx.name}: ${text}\n`);
    };
    if (opts.i) {
      const [input, output] = [process.fd(0), process.fd(1)];
      if (input !== undefined && output !== undefined) {
        await answerRequest(process, config, { input, output, tell });
      }
      return 0;
    }
    const where = opts.p ?? "80";
    const colon = where.lastIndexOf(":");
    const port = portNumber(ctx, where.slice(colon + 1));
    const host = colon < 0 ? "0.0.0.0" : where.slice(0, colon);
    if (!opts.f) {
      // The daemon is a child of its own session; this process is done.
      const words = ctx.argv.slice(1);
      const silent = ctx.fs.open("/dev/null", 2);
      process.spawn(
        [ctx.argv[0], "-f", ...(opts.h === undefined ? words : [...words, "-h", "."])],
        {
          newSession: true,
          fds: new Map([[0, silent], [1, silent], [2, silent]]),
        },
      );
      silent.release();
      return 0;
    }
    let listener: NetListener;
    try {
      listener = process.net.listen(host, port);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return ctx.fail(`bind: ${error.reason}`);
    }
    return await serve(ctx, listener, ({ file, remote }) => {
      const name = `[::ffff:${remote.host}]:${remote.port}`;
      const told = (level: number, text: ByteString): void => {
        if (level <= (opts.v ?? 0)) ctx.say(`${name}: ${text}\n`);
      };
      return answerRequest(process, config, {
        input: file,
        output: file,
        peer: remote,
        tell: told,
      });
    });
  },
});

/** Reads the file that was named, else /etc/httpd.conf, else httpd.conf of the home directory. */
function readFiles(
  ctx: Pick<Context, "fs" | "name" | "say" | "fail">,
  path: ByteString | undefined,
  realm: ByteString,
): HttpConfig {
  const config = defaultConfig(realm);
  for (const file of path === undefined ? ["/etc/httpd.conf", "httpd.conf"] : [path]) {
    let text: ByteString;
    try {
      text = toByteString(ctx.fs.readFile(file, 1 << 20));
    } catch (error) {
      if (!isVfsError(error)) throw error;
      if (path !== undefined) return ctx.fail(`${path}: ${error.reason}`);
      continue;
    }
    readConfig(config, text, undefined, (line) => {
      ctx.say(`${ctx.name}: config error '${line}' in '${file}'\n`);
    });
    break;
  }
  return config;
}

/** Answers connections side by side; one that fails ends alone. */
async function serve(
  ctx: Pick<Context, "process" | "say">,
  listener: NetListener,
  answer: (connection: NetConnection) => Promise<void>,
): Promise<number> {
  try {
    for (;;) {
      const connection = await listener.accept(ctx.process.waiter);
      const work = answer(connection).catch((error) => {
        if (isVfsError(error)) return;
        // The process is ending: its own wait tells it.
      }).finally(() => connection.file.release());
      work.catch(() => {});
    }
  } finally {
    listener.close();
  }
}

/** `%41` and `+` of a URL. */
function decoded(text: ByteString): ByteString {
  return text.replace(/\+/g, " ").replace(
    /%([0-9a-fA-F]{2})/g,
    (_, hex) => String.fromCharCode(parseInt(hex, 16)),
  );
}

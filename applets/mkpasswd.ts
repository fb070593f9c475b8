import type { ByteString } from "../sandbox/types.ts";
import { toBytes, toByteString } from "../sandbox/bytes.ts";
import { type Applet, type Context, defineApplet } from "./contract.ts";
import { CRYPT_ALPHABET, cryptInSteps } from "./_lib/crypt.ts";
import { inSteps } from "./_lib/steps.ts";

const PREFIXES = new Map([["des", ""], ["md5", "$1$"], ["sha256", "$5$"], ["sha512", "$6$"]]);

/** Hashes a password. Source of behaviour: crypt(3), BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "mkpasswd",
  aliases: ["cryptpw"],
  usage: "[-P FD] [-m TYPE] [-S SALT] [PASSWORD] [SALT]",
  about: "Print the hash of PASSWORD, as /etc/shadow holds it",
  lostOutput: "ignore",
  options: {
    s: { long: "stdin" },
    P: {
      arg: "N",
      numeric: true,
      long: "password-fd",
      help: "Read the password from descriptor N",
    },
    S: { arg: "SALT", long: "salt", help: "Salt instead of a random one" },
    m: { arg: "TYPE", long: "method", help: "des, md5, sha256 or sha512 (default md5)" },
    a: { arg: "TYPE" },
  },
  maxOperands: 2,
  async run(ctx) {
    const { opts, operands } = ctx;
    const method = opts.m ?? opts.a ?? "md5";
    // Native looks at the first letters only, and takes what it does not know for MD5.
    const kind = method[0] === "d"
      ? "des"
      : method.startsWith("sha")
      ? method.startsWith("sha5") ? "sha512" : "sha256"
      : "md5";
    const given = opts.S ?? operands[1];
    const prefix = PREFIXES.get(kind)!;
    const salt = given ?? randomSalt(ctx, kind === "des" ? 2 : kind === "md5" ? 8 : 16);
    const number = opts.P ?? 0;
    if (ctx.process.fd(number) === undefined) {
      return ctx.fail("can't duplicate file descriptor: Bad file descriptor");
    }
    let password: ByteString | undefined = operands[0];
    if (password === undefined) {
      const file = ctx.process.fd(number)!;
      if (file.tty !== undefined) ctx.say("Password: ");
      const line = await file.readUntil(10, 4096, ctx.process.waiter);
      password = line === undefined ? "" : toByteString(line).replace(/\n$/, "");
    }
    const hash = await inSteps(
      cryptInSteps(toBytes(password), prefix + salt, (steps) => ctx.tick(steps)),
    );
    if (hash === undefined) return ctx.fail("bad salt");
    ctx.out.print(`${hash}\n`);
  },
});

function randomSalt(ctx: Pick<Context, "process">, length: number): string {
  let salt = "";
  for (let i = 0; i < length; i++) salt += CRYPT_ALPHABET[ctx.process.random.uint32() & 63];
  return salt;
}

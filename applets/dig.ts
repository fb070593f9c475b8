import type { ByteString } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, type Context, defineApplet } from "./contract.ts";
import {
  askServer,
  DNS_CODES,
  DNS_TYPES,
  dnsQuery,
  type DnsRecord,
  type DnsReply,
  dnsTypeName,
  nameServers,
  reverseName,
} from "./_lib/dns.ts";
import { strftime } from "./_lib/strftime.ts";
import { calendarTime, zoneOf } from "./_lib/time.ts";

/** Status when no server answers, as dig(1) of BIND has it. */
const NO_REPLY = 9;
const BAD_OPTION = 1;
const FAILED = 10;

/** Asks name servers. Source of behaviour: dig(1) of BIND 9; busybox has none. */
export const applet: Applet = defineApplet({
  name: "dig",
  usage: "[@SERVER] [-x ADDRESS] [-46] [-t TYPE] [-p PORT] [NAME] [TYPE] [+short] [+tcp]",
  about: "Ask a name server and show its answer",
  options: {},
  raw: true,
  needs: ["net"],
  async run(ctx) {
    const ask = parse(ctx);
    const server = ask.server ?? nameServers(ctx.process)[0];
    const id = ctx.process.random.uint32() & 0xffff;
    const query = dnsQuery(ask.name, ask.type, id);
    if (query === undefined) {
      return ctx.fail(`'${ask.name}' is not a legal name`, FAILED);
    }
    const { out, process } = ctx;
    const begin = process.clock.monotonicMs();
    if (!ask.short) {
      const line = ctx.operands.join(" ");
      out.print(`\n; <<>> DiG capbox <<>> ${line}\n;; global options: +cmd\n`);
    }
    let reply: DnsReply | undefined;
    try {
      const option = { port: ask.port, tcp: ask.tcp };
      reply = await askServer(process, server, query, option);
      // An answer that did not fit is asked for again by TCP.
      if (reply !== undefined && reply.flags & 0x200 && !ask.tcp) {
        if (!ask.short) out.print(";; Truncated, retrying in TCP mode.\n");
        reply = await askServer(process, server, query, { ...option, tcp: true });
      }
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return ctx.fail(`${server}#${ask.port}: ${error.reason}`, NO_REPLY);
    }
    if (reply === undefined) {
      out.print(";; connection timed out; no servers could be reached\n");
      return NO_REPLY;
    }
    if (ask.short) {
      for (const { data } of reply.answer) out.print(`${data}\n`);
      return 0;
    }
    show(
      ctx,
      reply,
      Math.round(process.clock.monotonicMs() - begin),
      `${server}#${ask.port}`,
      ask.tcp,
    );
    return 0;
  },
});

interface Ask {
  server: ByteString | undefined;
  name: ByteString;
  type: number;
  port: number;
  short: boolean;
  tcp: boolean;
}

function parse(ctx: Context): Ask {
  const ask: Ask = { server: undefined, name: ".", type: 0, port: 53, short: false, tcp: false };
  const words = [...ctx.operands];
  let named = false;
  const bad = (message: string): never => ctx.fail(message, BAD_OPTION);
  const typeOf = (text: ByteString): number | undefined => DNS_TYPES.get(text.toUpperCase());
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word[0] === "@") ask.server = word.slice(1);
    else if (word[0] === "+") {
      if (word === "+short") ask.short = true;
      else if (word === "+noshort") ask.short = false;
      else if (word === "+tcp" || word === "+vc") ask.tcp = true;
      else if (word === "+notcp") ask.tcp = false;
      else bad(`Invalid option: ${word}`);
    } else if (word === "-4" || word === "-6") continue;
    else if (/^-[xtpq]/.test(word)) {
      const letter = word[1];
      const value = word.length > 2 ? word.slice(2) : words.shift();
      if (value === undefined) return bad(`option requires an argument -- '${letter}'`);
      if (letter === "x") {
        ask.name = reverseName(value) ?? bad(`Invalid IP address ${value}`);
        ask.type ||= 12;
        named = true;
      } else if (letter === "q") {
        ask.name = value;
        named = true;
      } else if (letter === "p") {
        ask.port = /^[0-9]{1,5}$/.test(value)
          ? Number(value)
          : bad(`Couldn't parse port '${value}'`);
      } else ask.type = typeOf(value) ?? bad(`unknown query type '${value}'`);
    } else if (word[0] === "-") bad(`Invalid option: ${word}`);
    else if (named && typeOf(word) !== undefined) ask.type = typeOf(word)!;
    else if (word.toUpperCase() !== "IN") {
      ask.name = word;
      named = true;
    }
  }
  // Without a name, the name servers of the root are asked for.
  ask.type ||= named ? 1 : 2;
  return ask;
}

const FLAGS: readonly (readonly [number, string])[] = [
  [0x8000, "qr"],
  [0x400, "aa"],
  [0x200, "tc"],
  [0x100, "rd"],
  [0x80, "ra"],
  [0x20, "ad"],
  [0x10, "cd"],
];

function show(
  ctx: Pick<Context, "out" | "process">,
  reply: DnsReply,
  milliseconds: number,
  server: string,
  tcp: boolean,
): void {
  const { out, process } = ctx;
  const flags = FLAGS.filter(([bit]) => reply.flags & bit).map(([, name]) => ` ${name}`).join("");
  out.print(
    `;; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: ${
      DNS_CODES[reply.code] ?? `RESERVED${reply.code}`
    }, id: ${reply.id}\n;; flags:${flags}; QUERY: ${
      reply.question === undefined ? 0 : 1
    }, ANSWER: ${reply.answer.length}, AUTHORITY: ${reply.authority.length}, ADDITIONAL: ${reply.additional.length}\n`,
  );
  if (reply.question !== undefined) {
    const { name, type } = reply.question;
    out.print(`\n;; QUESTION SECTION:\n${(";" + name).padEnd(24)}\tIN\t${dnsTypeName(type)}\n`);
  }
  const section = (title: string, records: readonly DnsRecord[]): void => {
    if (records.length === 0) return;
    out.print(`\n;; ${title} SECTION:\n`);
    for (const { name, ttl, type, data } of records) {
      out.print(`${name.padEnd(24)}${ttl}\tIN\t${dnsTypeName(type)}\t${data}\n`);
    }
  };
  section("ANSWER", reply.answer);
  section("AUTHORITY", reply.authority);
  section("ADDITIONAL", reply.additional);
  const seconds = Math.floor(process.clock.nowMs() / 1000);
  const when = strftime("%a %b %d %H:%M:%S %Z %Y", calendarTime(seconds, zoneOf(process)), seconds);
  out.print(
    `\n;; Query time: ${milliseconds} msec\n;; SERVER: ${server}(${server.split("#")[0]}) (${
      tcp ? "TCP" : "UDP"
    })\n;; WHEN: ${when}\n;; MSG SIZE  rcvd: ${reply.size}\n\n`,
  );
}

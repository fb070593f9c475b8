import type { ByteString } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, defineApplet } from "./contract.ts";
import {
  askServer,
  DNS_CODES,
  DNS_TYPES,
  dnsQuery,
  type DnsReply,
  dnsTypeName,
  nameServers,
  reverseName,
} from "./_lib/dns.ts";

/** Asks name servers. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "nslookup",
  usage: "[-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]",
  about: "Ask name servers about HOST\n\n" +
    "QUERY_TYPE: soa,ns,a,aaaa,cname,mx,txt,ptr,srv,any",
  options: {},
  raw: true,
  needs: ["net"],
  async run(ctx) {
    const words: ByteString[] = [];
    let wanted: number[] = [];
    for (const word of ctx.operands) {
      const match = /^-+(?:type|querytype|q|t)=(.*)$/.exec(word);
      if (match !== null) {
        const type = DNS_TYPES.get(match[1].toUpperCase());
        if (type === undefined) return ctx.fail(`invalid query type "${match[1]}"`);
        wanted.push(type);
      } else if (/^-+debug$/.test(word)) continue;
      else if (word.startsWith("-") && word.length > 1) return ctx.usage();
      else words.push(word);
    }
    if (words.length < 1 || words.length > 2) return ctx.usage();
    const [host] = words;
    const server = words[1] ?? nameServers(ctx.process)[0];
    const back = reverseName(host);
    if (wanted.length === 0) wanted = back === undefined ? [1, 28] : [12];
    const name = back !== undefined && wanted.includes(12) ? back : host;
    const { out } = ctx;
    let failed = false;
    let headed = false;
    for (const type of wanted) {
      const query = dnsQuery(name, type, ctx.process.random.uint32() & 0xffff);
      if (query === undefined) return ctx.fail(`invalid domain name '${host}'`);
      let reply: DnsReply | undefined;
      try {
        reply = await askServer(ctx.process, server, query);
      } catch (error) {
        if (!isVfsError(error)) throw error;
        return ctx.fail(`write to '${server}': ${error.reason}`);
      }
      if (reply === undefined) {
        out.print(";; connection timed out; no servers could be reached\n\n");
        return 1;
      }
      if (!headed) out.print(`Server:\t\t${server}\nAddress:\t${server}:53\n\n`);
      headed = true;
      if (reply.code !== 0) {
        out.print(`** server can't find ${name}: ${DNS_CODES[reply.code] ?? reply.code}\n\n`);
        failed = true;
        continue;
      }
      if ((reply.flags & 0x400) === 0) out.print("Non-authoritative answer:\n");
      for (const record of reply.answer) out.print(recordText(record));
      out.print("\n");
    }
    return failed ? 1 : 0;
  },
});

function recordText(record: DnsReply["answer"][number]): string {
  const name = record.name.replace(/\.$/, "");
  const data = record.data.replace(/\.$/, "");
  switch (dnsTypeName(record.type)) {
    case "A":
    case "AAAA":
      return `Name:\t${name}\nAddress: ${data}\n`;
    case "CNAME":
      return `${name}\tcanonical name = ${data}\n`;
    case "MX":
      return `${name}\tmail exchanger = ${data}\n`;
    case "NS":
      return `${name}\tnameserver = ${data}\n`;
    case "PTR":
      return `${name}\tname = ${data}\n`;
    case "TXT":
      // Native shows the bytes as they are.
      return `${name}\ttext = ${data.replace(/\\(.)/g, "$1")}\n`;
    case "SRV":
      return `${name}\tservice = ${data}\n`;
    case "SOA": {
      const [origin, mail, serial, refresh, retry, expire, minimum] = data.split(" ");
      return `${name}\n\torigin = ${origin.replace(/\.$/, "")}\n\tmail addr = ${
        mail.replace(/\.$/, "")
      }\n\tserial = ${serial}\n\trefresh = ${refresh}\n\tretry = ${retry}\n` +
        `\texpire = ${expire}\n\tminimum = ${minimum}\n`;
    }
    default:
      return `${name}\t${dnsTypeName(record.type)} ${data}\n`;
  }
}

/**
 * TLS: a server must prove its name with a certificate that the host trusts, or nothing is sent to it.
 * Certificates are made anew for each run by openssl; without it these tests are left out.
 */
import { assert, assertEquals } from "@std/assert";

const root = decodeURIComponent(new URL("../../", import.meta.url).pathname);
const MADE = hasOpenssl();

function hasOpenssl(): boolean {
  try {
    return new Deno.Command("openssl", { args: ["version"], stdout: "null" }).outputSync().success;
  } catch {
    console.warn("NO OPENSSL: TLS is not tested");
    return false;
  }
}

/** An authority and a certificate of it for one name, as files of a directory. */
function makeCertificates(directory: string, name: string, days: string): void {
  const openssl = (...args: string[]): void => {
    const { success, stderr } = new Deno.Command("openssl", { args, cwd: directory }).outputSync();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
  };
  const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl(
    "req",
    "-x509",
    ...ec,
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem",
    "-days",
    "9",
    "-subj",
    "/CN=ca",
  );
  openssl("req", ...ec, "-keyout", "key.pem", "-out", "csr.pem", "-subj", `/CN=${name}`);
  Deno.writeTextFileSync(
    `${directory}/ext`,
    `subjectAltName=DNS:${name}\nbasicConstraints=CA:FALSE\n`,
  );
  const sign = ["-req", "-in", "csr.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"];
  openssl("x509", ...sign, "-out", "cert.pem", "-days", days, "-extfile", "ext");
}

interface Case {
  readonly name: string;
  /** Whom the certificate names. */
  readonly certified: string;
  /** Whether the host trusts the authority. */
  readonly trusted: boolean;
  readonly flags?: readonly string[];
  readonly works: boolean;
}

const CASES: readonly Case[] = [
  { name: "trusted, right name", certified: "localhost", trusted: true, works: true },
  { name: "an authority that nobody trusts", certified: "localhost", trusted: false, works: false },
  { name: "another name", certified: "other.example", trusted: true, works: false },
  {
    name: "--no-check-certificate does not switch it off",
    certified: "localhost",
    trusted: false,
    flags: ["--no-check-certificate"],
    works: false,
  },
];

for (const { name, certified, trusted, flags = [], works } of CASES) {
  Deno.test({
    name: `TLS: ${name}`,
    ignore: !MADE,
    async fn() {
      const directory = Deno.makeTempDirSync();
      makeCertificates(directory, certified, "9");
      const requests: string[] = [];
      const server = Deno.serve({
        hostname: "127.0.0.1",
        port: 0,
        cert: Deno.readTextFileSync(`${directory}/cert.pem`),
        key: Deno.readTextFileSync(`${directory}/key.pem`),
        onListen: () => {},
      }, (request) => {
        requests.push(request.headers.get("authorization") ?? "none");
        return new Response("over TLS\n");
      });
      try {
        const host = `localhost:${server.addr.port}`;
        const trust = trusted ? ["--cert", `${directory}/ca.pem`] : [];
        const wget = ["wget", "-q", "-T", "5", ...flags, "-O", "-", `https://u:p@${host}/`];
        const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
          args: ["run", "-A", "--no-config", "--no-lock", ...trust, `${root}cli.ts`]
            .concat(["--net", host, ...wget]),
          stdin: "null",
        }).output();
        const message = new TextDecoder().decode(stderr);
        assertEquals(code, works ? 0 : 1, message);
        assertEquals(new TextDecoder().decode(stdout), works ? "over TLS\n" : "");
        // The password never went to a server that had not proved its name.
        assertEquals(requests.length, works ? 1 : 0);
        assert(!/undefined|Error:|\.ts:/.test(message), message);
      } finally {
        await server.shutdown();
        Deno.removeSync(directory, { recursive: true });
      }
    },
  });
}

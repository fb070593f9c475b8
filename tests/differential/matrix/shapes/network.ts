/**
 * Shapes of the network.
 *
 * @module
 */
import { NET, OWN, type Shape } from "./shape.ts";

/** By applet. */
export const NETWORK: { readonly [name: string]: Shape } = {
  dnsdomainname: { ops: [""], file: "", more: ["-s", "-x", "--x"] },
  ftpget: { usageOnly: true, why: NET, more: ["h", "-P", "-P x h a b", "-u", "-p"] },
  ftpput: { usageOnly: true, why: NET, more: ["h", "-P", "-u", "-p"] },
  hostname: { usageOnly: true, ops: [], file: "", why: OWN, more: ["-F nx", "-F", "-F e"] },
  httpd: {
    usageOnly: true,
    why: "it listens; the forms that only print are compared",
    more: [
      "-d a%20b+c",
      "-d %41%4",
      "-d ''",
      "-e 'a b<>&'",
      "-e ''",
      "-e 'aZ9-_.'",
      "-d",
      "-e",
      "-m",
      "-h nx -f",
      "-r",
    ],
  },
  ipcalc: {
    ops: ["10.1.2.3/24", "10.1.2.3 255.255.0.0", "192.168.1.1"],
    file: "",
    more: [
      "-b 10.1.2.3/24",
      "-n 10.1.2.3/24",
      "-p 10.1.2.3 255.255.0.0",
      "-m 10.1.2.3",
      "-m 192.168.1.1",
      "-bnmp 10.1.2.3/30",
      "x",
      "10.1.2",
      "10.1.2.3/33",
      "10.1.2.3/x",
      "10.1.2.3/0",
      "10.1.2.3/32",
      "-p 10.1.2.3",
      "10.1.2.3/24 255.0.0.0",
      "10.1.2.3 x",
      "-s x",
      "-s 10.1.2.3/99",
      "1.2.3.4 255.0.255.0",
      "a b c",
      "-bs 10.0.0.1",
      "--broadcast 10.0.0.1/8",
      "--prefix 10.0.0.1/8",
      "-h 127.0.0.1",
      "1.2.3.4 -n",
    ],
  },
  nc: {
    usageOnly: true,
    why: NET,
    more: ["-p x", "-w x h 1", "-w", "-i", "h", "-l -p x", "1.2.3.4 x", "-f nx", "-e"],
  },
  netstat: { usageOnly: true, why: OWN },
  nslookup: { usageOnly: true, why: NET },
  ssl_client: { usageOnly: true, why: NET, more: ["-s x"] },
  telnet: { usageOnly: true, why: NET },
  tftp: { usageOnly: true, why: NET },
  wget: {
    usageOnly: true,
    why: NET,
    more: [
      "-O",
      "-T x http://127.0.0.1:9/",
      "-Y",
      "--header",
      "-P",
      "-o",
      "--nx http://a",
      "nx://a",
      "-t",
    ],
  },
};

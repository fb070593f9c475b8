/** Texts of addresses: RFC 4291 section 2.2, RFC 5952 section 4, inet_aton of POSIX. */
import { assertEquals } from "@std/assert";
import { ipv4Text, ipv6Text, parseIpv4, parseIpv6 } from "../../sandbox/addresses.ts";

Deno.test("IPv6 addresses are written as RFC 5952 says", () => {
  const cases: readonly (readonly [string, string])[] = [
    // Section 4.1: no leading zeros. 4.2.1: as short as can be. 4.2.2: not for one group alone.
    ["2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    // 4.2.3: the longest run, and the first of equal ones.
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["0:0:0:0:0:0:0:0", "::"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["1:0:0:0:0:0:0:0", "1::"],
    ["::ffff:192.0.2.1", "::ffff:c000:201"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
    ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
  ];
  for (const [text, expected] of cases) {
    const groups = parseIpv6(text);
    assertEquals(groups && ipv6Text(groups), expected, text);
    assertEquals(parseIpv6(expected), groups, expected);
  }
});

Deno.test("what is no IPv6 address is refused", () => {
  const cases = [
    "",
    ":",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "12345::",
    "g::",
    "::1%eth0",
    "::1.2.3.4.5",
    "::256.0.0.1",
    "1:2:3:4:5:6:7:1.2.3.4",
    "-1::",
    " ::1",
  ];
  for (const text of cases) assertEquals(parseIpv6(text), undefined, text);
});

Deno.test("IPv4 addresses in every spelling a C library takes", () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ["127.0.0.1", "127.0.0.1"],
    ["127.1", "127.0.0.1"],
    ["127.0.1", "127.0.0.1"],
    ["0x7f.1", "127.0.0.1"],
    ["0177.0.0.1", "127.0.0.1"],
    ["2130706433", "127.0.0.1"],
    ["0xffffffff", "255.255.255.255"],
    ["4294967296", undefined],
    ["1.2.3.256", undefined],
    ["1.2.3.4.5", undefined],
    ["08.0.0.1", undefined],
    ["1..2", undefined],
    ["", undefined],
    ["a", undefined],
  ];
  for (const [text, expected] of cases) {
    const address = parseIpv4(text);
    assertEquals(address === undefined ? undefined : ipv4Text(address), expected, text);
  }
});

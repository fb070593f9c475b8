/** Policies may come from files: a field of another kind than it is declared with is refused. */
import { assertEquals, assertThrows } from "@std/assert";
import { createPolicy, type PolicyInput } from "../../sandbox/caps/policy.ts";

Deno.test("a field of the wrong kind is refused by name, in our own words", () => {
  const wrong: [unknown, string][] = [
    [null, "policy"],
    [[], "policy"],
    ["x", "policy"],
    [{ nosuch: 1 }, "nosuch"],
    [{ env: [] }, "env"],
    [{ env: { "A=B": "1" } }, "A=B"],
    [{ env: { A: 1 } }, "A"],
    [{ net: "a.b:80" }, "net"],
    [{ net: [1] }, "network grant"],
    [{ listen: {} }, "listen"],
    [{ limits: 5 }, "limits"],
    [{ limits: { wallMs: -1 } }, "wallMs"],
    [{ limits: { wallMs: "5" } }, "wallMs"],
    [{ limits: { nosuch: 5 } }, "nosuch"],
    [{ mounts: {} }, "mounts"],
    [{ mounts: [null] }, "mount"],
    [{ mounts: [{ host: "/x" }] }, "guest"],
    [{ mounts: [{ host: "", guest: "/x" }] }, "host"],
    [{ mounts: [{ host: "/x", guest: "x" }] }, "absolute"],
    [{ mounts: [{ host: "/x", guest: "/x", mode: "rwx" }] }, "mode"],
    [{ mounts: [{ host: "/x", guest: "/x", symlinks: "no" }] }, "symlinks"],
    [{ cwd: "x" }, "cwd"],
    [{ cwd: 1 }, "cwd"],
    [{ hostname: 1 }, "hostname"],
    [{ clock: {} }, "clock"],
    [{ random: 0.5 }, "random"],
    [{ isolation: "none" }, "isolation"],
    [{ uid: -1 }, "uid"],
    [{ gid: "0" }, "gid"],
    [{ audit: true }, "audit"],
  ];
  for (const [input, word] of wrong) {
    const error = assertThrows(() => createPolicy(input as PolicyInput), TypeError);
    assertEquals(error.message.includes(word), true, `${JSON.stringify(input)}: ${error.message}`);
    assertEquals(/Cannot |is not a function|iterable/.test(error.message), false, error.message);
  }
});

Deno.test("a policy is a frozen copy", () => {
  const net = ["a.b:80"];
  const policy = createPolicy({ net, env: { A: "1" } });
  net.push("c.d:80");
  assertEquals(policy.net, ["a.b:80"]);
  assertThrows(() => (policy.net as string[]).push("x"), TypeError);
  assertThrows(() => Object.assign(policy, { uid: 7 }), TypeError);
});

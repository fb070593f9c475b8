/** D-5: both locks must be open; Deno's refusal looks like any other and never asks anybody. */
import { assertEquals } from "@std/assert";

const PROBE = new URL("permission_probe.ts", import.meta.url).pathname;

type Answers = Record<string, string>;

function withDirectory(work: (directory: string) => void): void {
  const directory = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "capbox-test-" }));
  try {
    Deno.writeTextFileSync(directory + "/f", "contents");
    work(directory);
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

function command(flags: readonly string[], directory: string, right: string): string[] {
  return ["run", "--no-check", "--no-config", ...flags, PROBE, directory, right];
}

function ask(flags: readonly string[], directory: string, right = "rw"): Answers {
  const args = command(flags, directory, right);
  const { stdout, stderr } = new Deno.Command(Deno.execPath(), { args, stdin: "null" })
    .outputSync();
  const decoder = new TextDecoder();
  try {
    return JSON.parse(decoder.decode(stdout));
  } catch {
    throw new Error(decoder.decode(stderr));
  }
}

const READS = { mount: "ok", read: "ok", list: "ok" };

function changes(code: string): Answers {
  const writable = String(code === "ok").repeat(2);
  return {
    writable,
    write: code,
    create: code,
    mkdir: code,
    chmod: code,
    times: code,
    rename: code === "EACCES" ? "ENOENT" : code,
    link: code,
    symlink: code === "EACCES" ? "EPERM" : code,
    unlink: code,
  };
}

Deno.test("Deno denies, capability allows: refused like a missing right", () => {
  withDirectory((directory) => {
    assertEquals(ask([], directory), { mount: "EACCES" });
    assertEquals(ask(["--allow-read=/nowhere"], directory), { mount: "EACCES" });
    const want = { ...READS, ...changes("EACCES") };
    assertEquals(ask([`--allow-read=${directory}`], directory), want);
    assertEquals(ask(["-R"], directory), want);
    assertEquals(Deno.readTextFileSync(directory + "/f"), "contents");
  });
});

Deno.test("Deno allows, capability denies: refused too", () => {
  withDirectory((directory) => {
    const want = { ...READS, ...changes("EROFS"), rename: "ENOENT" };
    assertEquals(ask(["-A"], directory, "ro"), want);
    assertEquals(Deno.readTextFileSync(directory + "/f"), "contents");
  });
});

Deno.test("both deny: refused", () => {
  withDirectory((directory) => {
    assertEquals(ask([], directory, "ro"), { mount: "EACCES" });
  });
});

Deno.test("both allow: done, with scoped rights too, where only links need more", () => {
  withDirectory((directory) => {
    const want = { ...READS, ...changes("ok") };
    assertEquals(ask(["-A"], directory), want);
  });
  withDirectory((directory) => {
    const flags = [`--allow-read=${directory}`, `--allow-write=${directory}`];
    assertEquals(ask(flags, directory), { ...READS, ...changes("ok"), symlink: "EPERM" });
  });
});

Deno.test("rights to a part of a mount count for that part", () => {
  withDirectory((directory) => {
    const flags = ["-R", `--allow-write=${directory}/f`];
    const want = { ...READS, ...changes("EACCES") };
    assertEquals(ask(flags, directory), {
      ...want,
      writable: "truefalse",
      write: "ok",
      chmod: "ok",
      times: "ok",
      unlink: "ok",
    });
    Deno.writeTextFileSync(directory + "/f", "contents");
    const denied = ask(["-R", `--deny-read=${directory}/f`], directory);
    assertEquals([denied.mount, denied.list, denied.read], ["ok", "ok", "EACCES"]);
  });
});

Deno.test({
  name: "on a terminal nobody is asked",
  ignore: !hasScript(),
  fn() {
    withDirectory((directory) => {
      for (const flags of [[], ["-R"], [`--allow-read=${directory}`]]) {
        const line = [Deno.execPath(), ...command(flags, directory, "rw")].join(" ");
        // `script` gives the child a terminal, on which Deno would ask and wait.
        const { stdout } = new Deno.Command("timeout", {
          args: ["20", "script", "-qec", line, "/dev/null"],
          stdin: "null",
        }).outputSync();
        const shown = new TextDecoder().decode(stdout);
        assertEquals(shown.includes("requests"), false, shown);
        assertEquals(shown.includes("EACCES"), true, shown);
      }
    });
  },
});

function hasScript(): boolean {
  try {
    return new Deno.Command("script", { args: ["--version"] }).outputSync().success;
  } catch {
    return false;
  }
}

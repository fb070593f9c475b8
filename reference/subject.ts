/**
 * The program under test: native busybox, or capbox in its place.
 *
 * @module
 */

import { existsSync } from "@std/fs";
import type { Native } from "./native.ts";

/** How the suites reach the applets of the program under test. */
export interface Subject {
  /** `native` or `capbox`. */
  readonly name: string;
  /** What it says of itself. */
  readonly version: string;
  /** The names it answers to. */
  readonly applets: readonly string[];
  /** Makes `dir/NAME` run the applet NAME, for each applet and for `busybox` itself. */
  link(dir: string): void;
  /**
   * The command that runs a shell of the program itself inside `work`, which it sees under the
   * path that `guest` returns.
   */
  shell(work: string, cwd: string, env: ReadonlyMap<string, string>): string[];
  /** The path under which its own shell sees a file below `work`. */
  guest(work: string, path: string): string;
  /** Directory, as its own shell sees it, that holds the applets by name. */
  readonly bin: string | undefined;
}

/** Native busybox, or another program that behaves as one: a link runs the applet of its name. */
export function nativeSubject(native: Native): Subject {
  return {
    name: "native",
    version: native.version,
    applets: native.applets,
    link(dir) {
      for (const name of new Set(["busybox", ...native.applets])) {
        Deno.symlinkSync(native.path, `${dir}/${name}`);
      }
    },
    shell(work, cwd, env) {
      const pairs = [...env].map(([name, value]) => `${name}=${value}`);
      return ["env", "-i", "-C", `${work}/${cwd}`, ...pairs, native.path, "ash"];
    },
    guest: (work, path) => `${work}/${path}`,
    bin: undefined,
  };
}

const root = decodeURIComponent(new URL("../", import.meta.url).pathname);

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Where its own shell sees the working folder of the suites. */
const suite = "/suite";
/** Where it writes what the runner reads. */
const report = "/suite_out";

/**
 * capbox, run from its sources.
 *
 * @param driver Path of the native busybox that drives in outer mode.
 */
export function capboxSubject(driver?: string): Subject {
  const run = [Deno.execPath(), "run", "-A", "--no-config", "--no-lock", `${root}cli.ts`];
  const said = new Deno.Command(run[0], { args: [...run.slice(1), "--list"], stderr: "inherit" })
    .outputSync();
  if (!said.success) throw new Error("cli.ts --list failed");
  const applets = new TextDecoder().decode(said.stdout).split("\n").filter((name) => name !== "");
  const banner = new Deno.Command(run[0], { args: run.slice(1) }).outputSync().stdout;
  const version = new TextDecoder().decode(banner).split("\n")[0];
  return {
    name: "capbox",
    version,
    applets,
    link(links) {
      // The host's root is the guest's root, and the environment goes along, so that the program
      // stands in for native where a native shell calls it.
      const prefix = `exec ${
        run.map(quote).join(" ")
      } --mount /:/:rw --env '*' --env WITHIN=1 --cwd "$PWD"`;
      for (const name of new Set(["busybox", ...applets])) {
        // A script of this folder that capbox itself finds on its path (`find -exec`, `xargs`) must
        // not try to start Deno, which it cannot: it calls the applet, which stands in for the
        // native program of that path.
        const again = driver === undefined
          ? ""
          : `[ -n "$WITHIN" ] && exec ${quote(driver)} ${quote(name)} "$@"\n`;
        // Under another name `busybox` is the applet of that name.
        const applet = name === "busybox"
          ? '"$(n=${0##*/}; case $n in busybox*) n=busybox; esac; echo "$n")"'
          : quote(name);
        const text = `#!/bin/sh\n${again}${prefix} ${applet} "$@"\n`;
        Deno.writeTextFileSync(`${links}/${name}`, text);
        Deno.chmodSync(`${links}/${name}`, 0o755);
      }
    },
    shell(work, cwd, env) {
      const pairs = [...env].flatMap(([name, value]) => ["--env", `${name}=${value}`]);
      return [
        ...run,
        // An overlay has links, fifos and owners of its own; none is made on a host mount (rule 6
        // of SECURITY.md).
        "--mount",
        `${work}:${suite}:overlay`,
        ...(existsSync(`${work}/out`) ? ["--mount", `${work}/out:${report}:rw`] : []),
        "--cwd",
        `${suite}/${cwd}`,
        ...pairs,
        "ash",
      ];
    },
    guest: (_work, path) =>
      path.startsWith("out/") ? `${report}/${path.slice(4)}` : `${suite}/${path}`,
    bin: "/bin",
  };
}

/**
 * What reaches outside of a mount while another process of the host swaps one of its directories
 * for a link that leads out (RENAME_EXCHANGE, as fast as it can): the residual that SECURITY.md
 * states. Needs gcc, for the attacker; it touches nothing but a folder of its own.
 *
 *     deno run -A bench/race.ts [--seconds N] [--burst N] [--moving] [--json FILE]
 *
 * Each kind of call is made over and over on `/b/d/…`, where `d` is a directory of the mount half of
 * the time and a link to the folder outside for the other half. Counted are calls, calls that worked,
 * and those that reached outside: contents or names that only the outside has, and changes of it.
 * With `--burst`, so many calls are made in each turn of the event loop instead of one. With
 * `--moving`, the process goes into the directory that it works in, as the command line's does when
 * Deno allows everything.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { Sandbox } from "../mod.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { moveFreely, movesFreely } from "../sandbox/host/standing.ts";
import { O_CREAT, O_EXCL, O_TRUNC, O_WRONLY, type ProcessFs } from "../sandbox/types.ts";
import { UNLIMITED } from "../tests/kernel/unlimited.ts";

const ATTACKER = `
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/syscall.h>
int main(int count, char **args) {
  if (count < 3) return 2;
  unsigned pause = count > 3 ? 1 : 0;
  for (;;) {
    if (syscall(SYS_renameat2, AT_FDCWD, args[1], AT_FDCWD, args[2], 2) != 0) { perror("renameat2"); return 1; }
    if (pause) usleep(pause);
  }
}
`;

const folder = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "capbox_race_" }));
const inside = `${folder}/box`;
const outside = `${folder}/outside`;
const decoder = new TextDecoder();

/** One kind of call; gives whether it reached outside. */
interface Kind {
  readonly name: string;
  readonly attempt: (fs: ProcessFs, turn: number) => boolean;
  /** Looks at the outside after all attempts: how many changes there are, and puts them right. */
  readonly after?: () => number;
}

function extra(): number {
  let count = 0;
  for (const { name } of Deno.readDirSync(outside)) {
    if (!name.startsWith("new")) continue;
    count++;
    Deno.removeSync(`${outside}/${name}`, { recursive: true });
  }
  return count;
}

const KINDS: readonly Kind[] = [
  {
    name: "read a file",
    attempt: (fs) => decoder.decode(fs.readFile("/b/d/f")).includes("SECRET"),
  },
  {
    name: "list",
    attempt: (fs) => fs.readDir("/b/d").some(({ name }) => name === "only-outside"),
  },
  {
    name: "stat",
    attempt: (fs) => fs.stat("/b/d/f").size > 10,
  },
  {
    name: "create and write",
    attempt: (fs, turn) => {
      const file = fs.open(`/b/d/new${turn}`, O_WRONLY | O_CREAT | O_EXCL, 0o666);
      file.pwrite(new Uint8Array([97]), 0);
      file.release();
      fs.unlink(`/b/d/new${turn}`);
      return false;
    },
    after: extra,
  },
  {
    name: "create: bytes written",
    attempt: (fs, turn) => {
      const file = fs.open(`/b/d/new${turn}`, O_WRONLY | O_CREAT | O_EXCL, 0o666);
      file.pwrite(new Uint8Array([97]), 0);
      file.release();
      return false;
    },
    after: () => {
      let count = 0;
      for (const { name } of Deno.readDirSync(outside)) {
        if (name.startsWith("new") && Deno.statSync(`${outside}/${name}`).size > 0) count++;
      }
      extra();
      return count;
    },
  },
  {
    name: "truncate and write",
    attempt: (fs) => {
      const file = fs.open("/b/d/f", O_WRONLY | O_TRUNC);
      file.pwrite(new TextEncoder().encode("inside"), 0);
      file.release();
      const isHit = Deno.readTextFileSync(`${outside}/f`) !== "SECRET OUTSIDE";
      if (isHit) Deno.writeTextFileSync(`${outside}/f`, "SECRET OUTSIDE");
      return isHit;
    },
  },
  {
    name: "mkdir",
    attempt: (fs, turn) => {
      fs.makeDir(`/b/d/new${turn}`);
      return false;
    },
    after: extra,
  },
  {
    name: "unlink",
    attempt: (fs) => {
      fs.unlink("/b/d/victim");
      const isHit = !exists(`${outside}/victim`);
      if (isHit) Deno.writeTextFileSync(`${outside}/victim`, "");
      return isHit;
    },
  },
  {
    name: "chmod",
    attempt: (fs) => {
      fs.chmod("/b/d/f", 0o640);
      const isHit = ((Deno.statSync(`${outside}/f`).mode ?? 0) & 0o777) === 0o640;
      if (isHit) Deno.chmodSync(`${outside}/f`, 0o644);
      return isHit;
    },
  },
  {
    name: "rename",
    attempt: (fs) => {
      fs.rename("/b/d/victim", "/b/stolen");
      const isHit = !exists(`${outside}/victim`);
      if (isHit) Deno.writeTextFileSync(`${outside}/victim`, "");
      return isHit;
    },
  },
];

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** What of the mount a kind may have used up. */
function restore(): void {
  for (const at of ["d", "l"]) {
    try {
      if (!Deno.lstatSync(`${inside}/${at}`).isDirectory) continue;
      // Half of the time this is the link again by now; the outside has a victim of its own then.
      Deno.writeTextFileSync(`${inside}/${at}/victim`, "");
    } catch {
      // Swapped under us.
    }
  }
}

function prepare(): void {
  Deno.mkdirSync(`${inside}/d`, { recursive: true });
  Deno.mkdirSync(outside);
  Deno.writeTextFileSync(`${inside}/d/f`, "inside");
  Deno.writeTextFileSync(`${outside}/f`, "SECRET OUTSIDE");
  for (const at of [`${inside}/d`, outside]) Deno.writeTextFileSync(`${at}/victim`, "");
  Deno.writeTextFileSync(`${outside}/only-outside`, "");
  Deno.symlinkSync(outside, `${inside}/l`);
  Deno.writeTextFileSync(`${folder}/attacker.c`, ATTACKER);
  const { success, stderr } = new Deno.Command("gcc", {
    args: ["-O2", "-o", `${folder}/attacker`, `${folder}/attacker.c`],
  }).outputSync();
  if (!success) throw new Error(decoder.decode(stderr));
}

interface Count {
  readonly calls: number;
  readonly worked: number;
  readonly outside: number;
}

async function measure(mode: "rw" | "overlay", kind: Kind, ms: number): Promise<Count> {
  await using sandbox = await Sandbox.create({
    mounts: [{ host: inside, guest: "/b", mode }],
    limits: { wallMs: Infinity, cpuMs: Infinity, memoryBytes: 1 << 30 },
  });
  let calls = 0;
  let worked = 0;
  let hits = 0;
  const { ended } = sandbox.kernel.start({
    argv: ["race"],
    ...UNLIMITED,
    program: async (process) => {
      const until = performance.now() + ms;
      while (performance.now() < until) {
        calls++;
        try {
          if (kind.attempt(process.fs, calls)) hits++;
          worked++;
        } catch (error) {
          if (!isVfsError(error)) throw error;
        }
        if (kind.name === "unlink" || kind.name === "rename") restore();
        // Each call begins a turn of its own, as calls of different commands do.
        if (calls % burst === 0) await Promise.resolve();
      }
      return 0;
    },
  });
  await ended;
  return { calls, worked, outside: hits + (kind.after?.() ?? 0) };
}

const args = parseArgs(Deno.args, { string: ["seconds", "burst", "json"], boolean: ["moving"] });
if (args.moving) {
  moveFreely();
  if (!movesFreely()) throw new Error("this process may not move");
}
const ms = Number(args.seconds ?? 5) * 1000;
const burst = Number(args.burst ?? 1);
const report: Record<string, Count> = {};
let attacker: Deno.ChildProcess | undefined;
try {
  prepare();
  for (const pace of [[], ["slow"]] as const) {
    attacker = new Deno.Command(`${folder}/attacker`, {
      args: [`${inside}/d`, `${inside}/l`, ...pace],
      stdin: "null",
      stdout: "null",
    }).spawn();
    for (const mode of ["rw", "overlay"] as const) {
      for (const kind of KINDS) {
        const count = await measure(mode, kind, ms);
        const name = `${mode}, ${
          pace.length === 0 ? "at full speed" : "every 60 µs"
        }: ${kind.name}`;
        report[name] = count;
        console.log(
          `${name.padEnd(48)} ${String(count.calls).padStart(9)} calls ${
            String(count.worked).padStart(9)
          } worked ${String(count.outside).padStart(6)} reached outside`,
        );
      }
    }
    attacker.kill();
    await attacker.status;
    attacker = undefined;
  }
  if (args.json !== undefined) Deno.writeTextFileSync(args.json, JSON.stringify(report, null, 2));
} finally {
  attacker?.kill();
  await attacker?.status;
  Deno.removeSync(folder, { recursive: true });
}

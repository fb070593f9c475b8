/**
 * Random scripts under native busybox, many in one jail.
 *
 * A lane is a jail that runs one batch after another; several lanes run beside each other. In a batch
 * each script has a directory of its own and a deadline of its own, and nothing but one process more
 * than what it starts itself: no subshell, no `timeout`.
 *
 * @module
 */
import { bytesOf, latin1 } from "../input.ts";
import { findBusybox } from "../../reference/native.ts";
import { Jail } from "../../tests/differential/jail.ts";
import { single } from "./grammar/dice.ts";
import {
  directoryOf,
  ENVIRONMENT,
  localeOf,
  type Outcome,
  SECONDS,
  type Trial,
  withoutUsage,
} from "./trial.ts";

/**
 * Kills what runs when the number of the script at work does not change for so long. All lives in a
 * namespace of processes of its own, in which the driver is the first, so that `-1` is all that the
 * scripts of this batch started, whatever group they are in.
 */
const watcher = (seconds: number): string =>
  `( old=; n=0; while sleep 1; do read -r now <../o/now; if [ "$now" = "$old" ]; ` +
  `then n=$((n+1)); [ $n -ge ${seconds} ] && kill -9 -1; else old=$now n=0; fi; done ) &\n`;

/** A jail for batches of scripts. */
export class Lane implements Disposable {
  private constructor(private readonly jail: Jail) {}

  /** @throws {Error} where there is no native busybox, or no right to make a jail */
  static open(): Lane {
    const busybox = findBusybox();
    if (busybox === undefined) throw new Error("there is no native busybox");
    const jail = Jail.create(busybox.path, inMemory());
    // Process substitution opens what it makes by such a name.
    Deno.symlinkSync("/proc/self/fd", `${jail.root}/dev/fd`);
    Deno.symlinkSync("fd/0", `${jail.root}/dev/stdin`);
    // The same root on both sides; `runOurs` makes the rest.
    for (const name of ["home", "mnt", "run", "sbin", "sys", "usr", "var"]) {
      Deno.mkdirSync(`${jail.root}/${name}`);
    }
    return new Lane(jail);
  }

  /** Runs a batch. */
  async run(trials: readonly Trial[], seconds = SECONDS): Promise<Outcome[]> {
    const { root } = this.jail;
    const out = `${root}/tmp/o`;
    Deno.mkdirSync(out);
    Deno.mkdirSync(`${root}/tmp/w`);
    Deno.writeTextFileSync(`${out}/now`, "\n");
    // The driver's own directory is `/tmp/w`, and what it names is beside it.
    let driver = `cd /tmp/w; unset OLDPWD SHLVL; echo >../o/now\n${watcher(seconds)}`;
    trials.forEach((trial, index) => {
      const directory = root + directoryOf(index);
      Deno.mkdirSync(`${directory}/d`, { recursive: true });
      if (trial.isFile) Deno.writeFileSync(`${directory}/../s`, bytesOf(trial.script));
      const run = trial.isFile ? "../s" : "-c " + single(trial.script);
      const to = `/tmp/o/${index}`;
      driver += `cd ${directoryOf(index)}; unset OLDPWD; echo ${index} >/tmp/o/now; ` +
        // The redirections belong to the subshell, so that what the driver says of a script that a
        // signal ends is not among the script's messages.
        `(LC_ALL=${localeOf(trial)} exec ash ${run}) </dev/null >${to}.o 2>${to}.e; ` +
        `echo $? >${to}.s\n`;
    });
    Deno.writeFileSync(`${root}/tmp/driver`, bytesOf(driver));
    const child = new Deno.Command("/usr/bin/unshare", {
      args: [
        ...["-m", "-p", "-n", "-i", "-u", "-f", "--kill-child", `--mount-proc=${root}/proc`],
        ...["/usr/sbin/chroot", root, "/bin/sh", "/tmp/driver"],
      ],
      env: ENVIRONMENT,
      clearEnv: true,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const timer = setTimeout(
      () => child.kill("SIGKILL"),
      1000 * (60 + trials.length + 2 * seconds),
    );
    await child.status;
    clearTimeout(timer);
    const outcomes = trials.map((_, index): Outcome => ({
      status: read(`${out}/${index}.s`).trim(),
      stdout: read(`${out}/${index}.o`),
      stderr: withoutUsage(read(`${out}/${index}.e`)),
    }));
    for (const name of ["w", "o", "driver"]) {
      Deno.removeSync(`${root}/tmp/${name}`, { recursive: true });
    }
    return outcomes;
  }

  [Symbol.dispose](): void {
    this.jail[Symbol.dispose]();
  }
}

/**
 * A file system in memory in which devices and programs work: scripts make so many small files that a
 * disk takes most of the time. Undefined where there is none.
 */
function inMemory(): string | undefined {
  const path = "/dev/shm";
  const mount = Deno.readTextFileSync("/proc/mounts").split("\n")
    .map((line) => line.split(" "))
    .find((fields) => fields[1] === path);
  return mount === undefined || /nodev|noexec|\bro\b/.test(mount[3]) ? undefined : path;
}

/** The bytes of a file, one char each; empty where there is none, since the batch ended before. */
function read(path: string): string {
  try {
    return latin1(Deno.readFileSync(path));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return "";
  }
}

/**
 * Answers of native that are kept in a directory: a batch whose scripts have not changed is not run
 * again, so that a change of the shell is compared in the time that our side takes.
 */
export class Answers {
  constructor(private readonly directory: string) {
    Deno.mkdirSync(directory, { recursive: true });
  }

  private async path(trials: readonly Trial[]): Promise<string> {
    const text = new TextEncoder().encode(JSON.stringify(trials));
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", text));
    return `${this.directory}/${trials[0].seed}-${digest.slice(0, 12).toHex()}.json`;
  }

  /** The answers of a batch, where they are known. */
  async find(trials: readonly Trial[]): Promise<Outcome[] | undefined> {
    try {
      return JSON.parse(await Deno.readTextFile(await this.path(trials)));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return undefined;
    }
  }

  /** Keeps the answers of a batch. */
  async keep(trials: readonly Trial[], outcomes: readonly Outcome[]): Promise<void> {
    await Deno.writeTextFile(await this.path(trials), JSON.stringify(outcomes));
  }
}

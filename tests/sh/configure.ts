/**
 * The long script of the benchmarks, run as its users would: what native did with it in a jail is in
 * `configure.native.json`. After a change of `bench/fixtures/configure.sh`, as root:
 *
 *     deno run -A -c deno.npm.json tests/sh/configure.ts
 *
 * @module
 */
import { Sandbox } from "../../mod.ts";
import { findBusybox } from "../../reference/native.ts";
import { Jail } from "../differential/jail.ts";
import { hostTree, sandboxTree } from "../differential/tree.ts";

/** Commands, one after the other in the same directory. */
export const COMMANDS: readonly string[] = [
  "sh ./configure.sh --help",
  "sh ./configure.sh --prefix=/opt/probe/ --enable-debug CFLAGS='-O1 -pipe|&'",
  "sh ./configure.sh",
  "./config.status -q",
  "sh ./configure.sh --quiet --disable-nls --with-editor=vi --bindir /b",
  "sh ./configure.sh --bogus",
  "sh ./configure.sh --enable-a/b=c",
  "sh ./configure.sh 1x=2",
  "sh ./configure.sh --prefix=relative",
  "sh ./configure.sh --prefix",
  "sh -n ./configure.sh",
  "set -e; . ./configure.sh",
];

/** What the commands printed and left behind. */
export interface Outcome {
  readonly answers: readonly (readonly [code: number, stdout: string, stderr: string])[];
  readonly tree: readonly string[];
}

const WORK = "/tmp/w";
const script = new URL("../../bench/fixtures/configure.sh", import.meta.url);
const recorded = new URL("./configure.native.json", import.meta.url);

/** What our shell does. */
export async function ours(): Promise<Outcome> {
  await using sandbox = await Sandbox.create();
  await sandbox.fs.mkdir(WORK);
  await sandbox.fs.writeFile(`${WORK}/configure.sh`, Deno.readFileSync(script));
  const answers: [number, string, string][] = [];
  for (const command of COMMANDS) {
    const run = await sandbox.sh(command, { cwd: WORK, env: { LC_ALL: "C", PATH: "/bin" } });
    answers.push([run.code, run.stdoutText, run.stderrText]);
  }
  return { answers, tree: await sandboxTree(sandbox, WORK) };
}

/** What native did. */
export function native(): Outcome {
  return JSON.parse(Deno.readTextFileSync(recorded)) as Outcome;
}

if (import.meta.main) {
  const found = findBusybox();
  if (found === undefined) throw new Error("there is no native busybox");
  using jail = Jail.create(found.path);
  Deno.mkdirSync(jail.root + WORK);
  Deno.copyFileSync(script, `${jail.root}${WORK}/configure.sh`);
  Deno.chmodSync(`${jail.root}${WORK}/configure.sh`, 0o644);
  const decoder = new TextDecoder();
  const answers = COMMANDS.map((command) => {
    const { code, stdout, stderr } = jail.shell(command, WORK, 60);
    return [code, decoder.decode(stdout), decoder.decode(stderr)] as const;
  });
  const outcome: Outcome = { answers, tree: hostTree(jail.root + WORK) };
  Deno.writeTextFileSync(recorded, JSON.stringify(outcome, null, 1) + "\n");
}

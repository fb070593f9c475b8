/**
 * Corpora of shell commands whose results are compared with those of native busybox.
 *
 * `NAME.cases` holds one command in each line (and comments, `# …`), `NAME.setup` a script that makes
 * the files they use, and `NAME.native.json` what native busybox answered, so that the comparison runs
 * on machines without it. After a change of the cases:
 *
 *     deno run -A tests/differential/corpus.ts NAME
 *
 * @module
 */

import { Sandbox } from "../../mod.ts";
import { findBusybox } from "../../reference/native.ts";

/** Exit status, standard output and messages of a command; one char for each byte. */
export type Answer = readonly [status: number, stdout: string, stderr: string];

/** Recorded answers of native, by command. */
export interface Recorded {
  readonly version: string;
  readonly answers: { readonly [command: string]: Answer };
}

const here = new URL("./", import.meta.url);

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]);
  return text;
}

/** Messages up to the usage page, which is in our own words. */
function withoutUsage(stderr: string): string {
  const page = stderr.search(/^(BusyBox|capbox) v/m);
  return page < 0 ? stderr : stderr.slice(0, page);
}

/** The commands of a corpus. */
export function readCases(name: string): string[] {
  return Deno.readTextFileSync(new URL(`${name}.cases`, here)).split("\n")
    .filter((line) => line !== "" && !line.startsWith("# "));
}

function readSetup(name: string): string {
  return Deno.readTextFileSync(new URL(`${name}.setup`, here));
}

/** The recorded answers of a corpus. */
export function readRecorded(name: string): Recorded {
  return JSON.parse(Deno.readTextFileSync(new URL(`${name}.native.json`, here)));
}

/** Runs commands in sandboxes of their own. */
export async function answersOfCapbox(name: string, cases: readonly string[]): Promise<Answer[]> {
  await using sandbox = await Sandbox.create();
  await sandbox.run(["mkdir", "/tmp/w"]);
  // Links are made without `ln`, so that a corpus tests no applet but its own.
  const lines = readSetup(name).split("\n");
  const script = lines.filter((line) => !line.startsWith("ln ")).join("\n");
  const setup = await sandbox.sh(script, { cwd: "/tmp/w" });
  if (setup.code !== 0) throw new Error(`setup of ${name}: ${setup.stderrText}`);
  for (const line of lines) {
    const link = /^ln -s (\S+) (\S+)$/.exec(line);
    if (link !== null) await sandbox.fs.symlink(link[1], `/tmp/w/${link[2]}`);
  }
  const answers: Answer[] = [];
  for (const command of cases) {
    const fork = sandbox.fork();
    const result = await fork.sh(command, { cwd: "/tmp/w", stdin: "", timeoutMs: 20_000 });
    answers.push([result.code, latin1(result.stdout), withoutUsage(latin1(result.stderr))]);
    fork.close();
  }
  return answers;
}

/** Runs commands under native busybox, each with fresh files. */
export function answersOfNative(name: string, cases: readonly string[]): Answer[] {
  const native = findBusybox();
  if (native === undefined) throw new Error("there is no native busybox");
  const top = Deno.makeTempDirSync();
  const bin = `${top}/bin`;
  Deno.mkdirSync(bin);
  for (const applet of native.applets) Deno.symlinkSync(native.path, `${bin}/${applet}`);
  const env = { PATH: bin, HOME: "/root", LC_ALL: "C" };
  const shell = (script: string, cwd: string): Deno.CommandOutput =>
    new Deno.Command(`${bin}/timeout`, {
      args: ["20", `${bin}/sh`, "-c", script],
      cwd,
      env,
      clearEnv: true,
      stdin: "null",
    }).outputSync();
  const setup = readSetup(name);
  const answers = cases.map((command, index): Answer => {
    const dir = `${top}/${index}`;
    Deno.mkdirSync(dir);
    const made = shell(setup, dir);
    if (!made.success) throw new Error(`setup of ${name}: ${latin1(made.stderr)}`);
    const { code, stdout, stderr } = shell(command, dir);
    Deno.removeSync(dir, { recursive: true });
    return [code, latin1(stdout), withoutUsage(latin1(stderr))];
  });
  Deno.removeSync(top, { recursive: true });
  return answers;
}

/** Compares our answers with recorded ones; gives a line for each difference. */
export async function differences(name: string): Promise<string[]> {
  const cases = readCases(name);
  const recorded = readRecorded(name).answers;
  const ours = await answersOfCapbox(name, cases);
  const lines: string[] = [];
  cases.forEach((command, index) => {
    const want = recorded[command];
    if (want === undefined) lines.push(`${command}: not recorded`);
    else if (JSON.stringify(want) !== JSON.stringify(ours[index])) {
      lines.push(
        `${command}\n  native ${JSON.stringify(want)}\n  ours   ${JSON.stringify(ours[index])}`,
      );
    }
  });
  return lines;
}

if (import.meta.main) {
  const [name] = Deno.args;
  const cases = readCases(name);
  const answers = answersOfNative(name, cases);
  const recorded: Recorded = {
    version: findBusybox()?.version ?? "",
    answers: Object.fromEntries(cases.map((command, index) => [command, answers[index]])),
  };
  Deno.writeTextFileSync(
    new URL(`${name}.native.json`, here),
    JSON.stringify(recorded, undefined, 1) + "\n",
  );
  for (const line of await differences(name)) console.log(line);
}

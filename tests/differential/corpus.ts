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
import { Jail } from "./jail.ts";
import { hostTree, sandboxTree, treeChanges } from "./tree.ts";

/**
 * Exit status, standard output and messages of a command, one char for each byte; and how it changed
 * the files, where it did.
 */
export type Answer = readonly [
  status: number,
  stdout: string,
  stderr: string,
  ...tree: readonly [changes: readonly string[]] | readonly [],
];

/** Directory of the files, in the jail and in the sandbox. */
const WORK = "/tmp/w";

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

/** Files that the commands find; a corpus may do without. */
function readSetup(name: string): string {
  try {
    return Deno.readTextFileSync(new URL(`${name}.setup`, here));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

/** The recorded answers of a corpus. */
export function readRecorded(name: string): Recorded {
  return JSON.parse(Deno.readTextFileSync(new URL(`${name}.native.json`, here)));
}

/**
 * Runs commands, each in a sandbox of its own with fresh files; so many at once, for those that
 * mostly sleep.
 */
export async function answersOfCapbox(
  name: string,
  cases: readonly string[],
  together = 1,
): Promise<Answer[]> {
  await using sandbox = await Sandbox.create();
  await sandbox.fs.mkdir(WORK);
  const setup = await sandbox.sh(readSetup(name), { cwd: WORK });
  if (setup.code !== 0) throw new Error(`setup of ${name}: ${setup.stderrText}`);
  const before = await sandboxTree(sandbox, WORK);
  const answers: Answer[] = [];
  const one = async (index: number): Promise<void> => {
    const command = cases[index];
    const fork = sandbox.fork();
    const result = await fork.sh(command, { cwd: WORK, stdin: "", timeoutMs: 20_000, env: ENV });
    const text = [latin1(result.stdout), withoutUsage(latin1(result.stderr))] as const;
    const changes = treeChanges(before, await sandboxTree(fork, WORK));
    answers[index] = changes.length === 0
      ? [result.code, ...text]
      : [result.code, ...text, changes];
    fork.close();
  };
  let next = 0;
  await Promise.all(Array.from({ length: together }, async () => {
    while (next < cases.length) await one(next++);
  }));
  return answers;
}

const ENV = { LC_ALL: "C", PATH: "/bin" };

/** Corpora whose commands look for processes, signal them, mount or set clocks: they run alone. */
const ALONE: ReadonlySet<string> = new Set([
  ...["blocks", "daemons", "finding", "lost_output", "packed", "programs"],
  ...["services", "stamps", "unreadable"],
]);

/** Runs commands under native busybox in a jail, each with fresh files. */
export function answersOfNative(name: string, cases: readonly string[]): Answer[] {
  const native = findBusybox();
  if (native === undefined) throw new Error("there is no native busybox");
  using jail = Jail.create(native.path);
  // Programs of other users run there too.
  if (ALONE.has(name)) Deno.chmodSync(jail.root, 0o755);
  const setup = readSetup(name);
  const dir = `${jail.root}${WORK}`;
  return cases.map((command): Answer => {
    Deno.mkdirSync(dir);
    const made = jail.shell(setup, WORK);
    if (made.code !== 0) throw new Error(`setup of ${name}: ${latin1(made.stderr)}`);
    const before = hostTree(dir);
    const { code, stdout, stderr } = ALONE.has(name)
      ? jail.shellAlone(command, WORK)
      : jail.shell(command, WORK);
    const changes = treeChanges(before, hostTree(dir));
    Deno.removeSync(dir, { recursive: true });
    const text = [latin1(stdout), withoutUsage(latin1(stderr))] as const;
    return changes.length === 0 ? [code, ...text] : [code, ...text, changes];
  });
}

/** A line for each case whose answer is not the wanted one, byte for byte. */
export function compareAnswers(
  cases: readonly string[],
  wanted: Recorded["answers"],
  ours: readonly Answer[],
): string[] {
  const lines: string[] = [];
  cases.forEach((command, index) => {
    const want = Object.hasOwn(wanted, command) ? wanted[command] : undefined;
    if (want === undefined) lines.push(`${command}: not recorded`);
    else if (JSON.stringify(want) !== JSON.stringify(ours[index])) {
      lines.push(
        `${command}\n  native ${JSON.stringify(want)}\n  ours   ${JSON.stringify(ours[index])}`,
      );
    }
  });
  return lines;
}

/** Compares our answers with recorded ones; gives a line for each difference. */
export async function differences(name: string, together = 1): Promise<string[]> {
  const cases = readCases(name);
  const ours = await answersOfCapbox(name, cases, together);
  return compareAnswers(cases, readRecorded(name).answers, ours);
}

if (import.meta.main) {
  const [name] = Deno.args;
  const cases = readCases(name);
  const answers = answersOfNative(name, cases);
  const recorded = cases.map((command, index) =>
    `${JSON.stringify(command)}: ${JSON.stringify(answers[index])}`
  );
  const version = JSON.stringify(findBusybox()?.version ?? "");
  Deno.writeTextFileSync(
    new URL(`${name}.native.json`, here),
    `{"version": ${version}, "answers": {\n${recorded.join(",\n")}\n}}\n`,
  );
  for (const line of await differences(name)) console.log(line);
}

/**
 * Runs many shell commands over the same files, natively in one shell and in a sandbox, and compares.
 *
 * @module
 */
import { Sandbox } from "../mod.ts";

/** Text between the results of two commands; `\2` alone can be a char of an awk pattern. */
const MARK = "\x02\x1f\x02\x1e";

const latin1 = (bytes: Uint8Array): string => {
  let text = "";
  for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]);
  return text;
};

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

/** A word for the shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** What a command printed, messages without the usage page, and its status. */
function tidy(output: string): string {
  const page = output.search(/^(BusyBox|capbox) v/m);
  if (page < 0) return output;
  return output.slice(0, page) + (/\n(\d+)\n$/.exec(output)?.[1] ?? "");
}

/** A command whose results differ. */
export interface Difference {
  readonly command: string;
  readonly native: string;
  readonly ours: string;
}

/**
 * Compares commands. `files` are made anew for each batch; a command that changes one must say so by
 * restoring it itself.
 */
export async function compareBatch(
  busybox: string,
  files: Readonly<Record<string, string>>,
  commands: readonly string[],
): Promise<Difference[]> {
  const dir = await Deno.makeTempDir();
  const bin = `${dir}/bin`;
  const work = `${dir}/w`;
  await Deno.mkdir(bin);
  await Deno.mkdir(work);
  for (const name of ["sed", "grep", "egrep", "fgrep", "awk", "tr", "od", "cat", "rm"]) {
    await Deno.symlink(busybox, `${bin}/${name}`);
  }
  for (const name of Object.keys(files)) {
    await Deno.writeFile(`${work}/${name}`, bytesOf(files[name]));
  }
  const script = "ulimit -t 2\n" +
    commands.map((command) => `( ${command} ) 2>&1; echo $?; printf '\\002\\037\\002\\036'\n`).join(
      "",
    );
  await Deno.writeFile(`${dir}/script`, bytesOf(script));
  const { stdout } = await new Deno.Command(busybox, {
    args: ["sh", `${dir}/script`],
    cwd: work,
    env: { LC_ALL: "C", PATH: bin },
    stdin: "null",
  }).output();
  await Deno.remove(dir, { recursive: true });
  const answers = latin1(stdout).split(MARK);

  await using sandbox = await Sandbox.create();
  await sandbox.run(["mkdir", "/w"]);
  for (const name of Object.keys(files)) {
    await sandbox.fs.writeFile(`/w/${name}`, bytesOf(files[name]));
  }
  const differences: Difference[] = [];
  for (let i = 0; i < commands.length; i++) {
    const { stdout, reason } = await sandbox.sh(`( ${commands[i]} ) 2>&1; echo $?`, {
      cwd: "/w",
      stdin: "",
      timeoutMs: 10_000,
    });
    const ours = reason === "exit" ? tidy(latin1(stdout)) : `ended by ${reason}`;
    const native = tidy(answers[i] ?? "");
    if (ours !== native) differences.push({ command: commands[i], native, ours });
  }
  return differences;
}

/** Why a difference is no fault of ours; undefined when it is one. */
export type Known = (found: Difference) => string | undefined;

/** Some patterns never end in glibc; those commands are killed. */
const KILLED = "native did not end and was killed";

/**
 * Runs batches from the command line: `--count N --seed S --busybox PATH`. Known differences are
 * counted by their reason, and shown with `--all`.
 */
export async function fuzzFromArguments(
  batch: (seed: number) => { files: Readonly<Record<string, string>>; commands: readonly string[] },
  known: Known = () => undefined,
): Promise<void> {
  const option = (name: string, fallback: string): string => {
    const index = Deno.args.indexOf(`--${name}`);
    return index < 0 ? fallback : Deno.args[index + 1];
  };
  const count = Number(option("count", "1000"));
  const first = Number(option("seed", "1"));
  const reasons = new Map<string, number>();
  let done = 0;
  let different = 0;
  let seed = first;
  for (; done < count; seed++) {
    const { files, commands } = batch(seed);
    done += commands.length;
    for (
      const found of await compareBatch(option("busybox", "/usr/bin/busybox"), files, commands)
    ) {
      const reason = /^Killed$/m.test(found.native) || /(137|152)\n$/.test(found.native)
        ? KILLED
        : known(found);
      if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      else different++;
      if (reason !== undefined && !Deno.args.includes("--all")) continue;
      console.log(
        `--- seed ${seed}, ${reason ?? "unknown"}\n${found.command}\n  files  ` +
          `${JSON.stringify(files)}\n  native ${JSON.stringify(found.native)}\n` +
          `  ours   ${JSON.stringify(found.ours)}`,
      );
    }
  }
  console.log(`${done} commands of seeds ${first} to ${seed - 1}, ${different} differences`);
  for (const [reason, times] of reasons) console.log(`known, ${times} times: ${reason}`);
  if (different > 0) Deno.exit(1);
}

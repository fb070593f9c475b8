/**
 * Records what native answers to the flag matrix, or shows what differs from it.
 *
 *     deno run -A tests/differential/matrix/record.ts [--probe] [--once] [--missing] [NAME…]    records
 *     deno run -A tests/differential/matrix/record.ts --compare [NAME…]    compares
 *
 *     deno run -A tests/differential/matrix/record.ts --table              counts
 *
 * With --missing only cases that are not recorded yet are run.
 *
 * Recording runs every case twice (not with --once), and keeps those where native answered the same.
 *
 * @module
 */
import { findBusybox } from "../../../reference/native.ts";
import { load, names as registered } from "../../../applets/registry.ts";
import { Jail } from "../jail.ts";
import { type Answer, masked, optionsLine, pack, readOptions, recorded } from "./answer.ts";
import { acceptedByTable, AS_USER, generate, type Takes } from "./generate.ts";
import { readShard, shardUrl } from "./shard.ts";
import { answersOfNative } from "./native.ts";
import { probe } from "./probe.ts";
import { setupOf } from "./files.ts";
import { NEVER, SHAPES } from "./shapes.ts";

async function record(wanted: readonly string[], probing: boolean, again: boolean): Promise<void> {
  const native = findBusybox();
  if (native === undefined) throw new Error("there is no native busybox");
  const from = Deno.args.find((word) => word.startsWith("--from="))?.slice(7) ?? "";
  const both = registered().filter((name) =>
    name >= from &&
    native.applets.includes(name) && !NEVER.has(name) && name !== "busybox" &&
    (wanted.length === 0 || wanted.includes(name))
  );
  const missing = Deno.args.includes("--missing");
  using jail = Jail.create(native.path);
  const tables = new Map<string, Map<string, Takes>>();
  for (const name of both) tables.set(name, acceptedByTable((await load(name)).options));
  const accepted = probing
    ? probe(jail, both, tables)
    : new Map(both.map((name) => [name, readOptions(readShard(name)?.options ?? "")]));
  for (const name of both) {
    const shape = SHAPES[name] ?? {};
    const options = accepted.get(name)!;
    const cases = generate(name, shape, options, (await load(name)).options);
    const answers = new Map<string, Answer | undefined>();
    let unstable = 0;
    const shard = missing ? readShard(name) : undefined;
    for (const each of shard === undefined ? [] : cases) {
      const known = recorded(shard!, each);
      if (known !== undefined) answers.set(each, known ?? undefined);
    }
    for (const user of [false, true]) {
      const own = cases.filter((each) => each.startsWith(AS_USER) === user && !answers.has(each));
      if (own.length === 0) continue;
      const commands = own.map((each) => user ? each.slice(AS_USER.length) : each);
      const setup = setupOf(name, user);
      const ask = (): (Answer | undefined)[] =>
        answersOfNative(jail, setup, commands, user).map((answer) =>
          answer === undefined ? undefined : masked(answer, shape.mask)
        );
      const once = ask();
      const twice = again ? ask() : once;
      own.forEach((each, index) => {
        if (JSON.stringify(once[index]) === JSON.stringify(twice[index])) {
          answers.set(each, once[index]);
        } else {
          unstable++;
          answers.set(each, undefined);
          console.log(
            `unstable: ${each} ${JSON.stringify(once[index])} ${JSON.stringify(twice[index])}`,
          );
        }
      });
    }
    Deno.writeTextFileSync(shardUrl(name), pack(native.version, optionsLine(options), answers));
    console.log(
      `${name}: ${cases.length} cases, ${unstable} unstable, options ${optionsLine(options)}`,
    );
  }
}

async function compare(wanted: readonly string[]): Promise<void> {
  const { differences } = await import("./matrix.ts");
  for (const name of registered()) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    if (readShard(name) === undefined) continue;
    const { count, lines } = await differences(name);
    console.log(`${name}: ${count - lines.length} of ${count}`);
    for (const line of lines) console.log(line);
  }
}

/** Prints how many cases each applet has, how many of them are equal, and what is explained. */
async function table(): Promise<void> {
  const { differences } = await import("./matrix.ts");
  const { EXCEPTIONS } = await import("./exceptions.ts");
  console.log(
    "| Applet | Cases | Equal | Explained | Not ended |\n| --- | ---: | ---: | ---: | ---: |",
  );
  for (const name of registered()) {
    if (readShard(name) === undefined) continue;
    const { count, lines, explained, unstable } = await differences(name);
    const cases = count + explained + unstable;
    console.log(
      `| ${name} | ${cases} | ${count - lines.length} | ${explained || ""} | ${unstable || ""} |`,
    );
  }
  console.log();
  for (const [name, list] of Object.entries(EXCEPTIONS)) {
    for (const [which, why] of list) console.log(`- ${name} \`${which}\`: ${why}`);
  }
}

const wanted = Deno.args.filter((word) => !word.startsWith("--"));
if (Deno.args.includes("--table")) await table();
else if (Deno.args.includes("--compare")) await compare(wanted);
else await record(wanted, Deno.args.includes("--probe"), !Deno.args.includes("--once"));

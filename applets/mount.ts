import { type Applet, type Context, defineApplet, type OptionTable } from "./contract.ts";
import { type ByteString, S_IFMT, S_IFREG } from "../sandbox/types.ts";
import { AppletExit, parseOptions } from "./_lib/options.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { toByteString } from "../sandbox/bytes.ts";

/** Status of a mount that failed for another reason than who asks for it. */
const FAILED = 255;
const REFUSED = "Operation not permitted";

const OPTIONS = {
  a: { help: "All of fstab" },
  f: { help: "Do nothing" },
  i: { help: "Run no helper" },
  r: { help: "Read-only" },
  w: {},
  n: {},
  s: {},
  v: {},
  t: { arg: "FSTYPE[,...]", help: "Types" },
  T: { arg: "FILE", help: "Read FILE instead of /etc/fstab" },
  O: { arg: "OPT", help: "Only those with option OPT (with -a)" },
  o: { arg: "OPT", many: true, help: "Options" },
} as const satisfies OptionTable;

/** Words of what is done with mounts; each may stand anywhere, and must be whole. */
const ACTIONS: ReadonlySet<string> = new Set([
  "--bind",
  "--move",
  "--rbind",
  "--make-shared",
  "--make-private",
  "--make-slave",
  "--make-unbindable",
  "--make-rshared",
  "--make-rprivate",
  "--make-rslave",
  "--make-runbindable",
]);

/** Lists what is mounted; mounting itself is the host's. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "mount",
  usage: "[OPTIONS] [-o OPT] DEVICE NODE",
  about: "List the mounts of the sandbox. A program in it can change none of them.",
  options: OPTIONS,
  raw: true,
  lostOutput: "ignore",
  run(ctx) {
    const { process, out } = ctx;
    // Native takes words with two dashes out first, those that it does not know too.
    const isAction = (word: ByteString): boolean => word.length > 2 && word.startsWith("--");
    const actions = ctx.argv.filter((word) => ACTIONS.has(word));
    const words = ctx.argv.filter((word) => !isAction(word));
    const { opts, operands } = parseOptions(OPTIONS, words, {});
    if (operands.length > 2) return ctx.usage();
    const [device, node] = operands;
    const bound = actions.some((word) => !word.startsWith("--make-"));
    if (device === undefined && !opts.a) {
      for (const { source, target, type, options } of process.kernel.mounts()) {
        if (opts.t !== undefined && !(opts.t as string).split(",").includes(type)) continue;
        out.print(`${source} on ${target} type ${type} (${options})\n`);
      }
      return 0;
    }
    if (node !== undefined) return attempt(ctx, device, node, !!opts.f, bound);
    if (actions.some((word) => word.startsWith("--make-"))) {
      ctx.warn(`${device}: ${REFUSED}`);
      return 1;
    }
    // One operand alone, or none, is looked up.
    const remount = ((opts.o ?? []) as string[]).some((word) =>
      word.split(",").includes("remount")
    );
    if (remount && device !== undefined) {
      const known = process.kernel.mounts().find(({ source, target }) =>
        target === device || source === device
      );
      if (known === undefined) return ctx.fail(`can't find ${device} in /proc/mounts`);
      return attempt(ctx, known.source, known.target, !!opts.f);
    }
    const path = (opts.T ?? "/etc/fstab") as ByteString;
    const wanted = device === undefined ? undefined : resolveName(ctx.fs, device);
    let status = 0;
    let found = device === undefined;
    for (const [source, target = ""] of entriesOf(ctx, path)) {
      if (
        device !== undefined && ![source, target].some((each) => [device, wanted].includes(each))
      ) {
        continue;
      }
      found = true;
      status = attempt(ctx, source, target, !!opts.f) || status;
    }
    return found ? status : ctx.fail(`can't find ${device} in ${path}`);
  },
});

type MountContext = Pick<Context, "fs" | "warn" | "fail">;

/** Lines of a table of file systems, in words. */
function entriesOf(ctx: MountContext, path: ByteString): ByteString[][] {
  let text: ByteString;
  try {
    text = toByteString(ctx.fs.readFile(path));
  } catch (error) {
    if (!isVfsError(error)) throw error;
    return ctx.fail(`can't read '${path}': ${error.reason}`);
  }
  return text.split("\n").map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#")).map((line) => line.split(/[ \t]+/));
}

/** Where a name leads, if it leads anywhere. */
function resolveName(fs: Context["fs"], name: ByteString): ByteString | undefined {
  try {
    return fs.realPath(name);
  } catch (error) {
    if (!isVfsError(error)) throw error;
    return undefined;
  }
}

/** What the kernel says to somebody who may not mount: it looks at the node first. */
function attempt(
  ctx: MountContext,
  device: ByteString,
  node: ByteString,
  dryRun: boolean,
  bound = false,
): number {
  if (dryRun) return 0;
  const host = /^([^\/]*):/.exec(device)?.[1];
  if (host !== undefined) return ctx.fail(`bad address '${host}'`);
  try {
    ctx.fs.stat(node);
  } catch (error) {
    if (!isVfsError(error)) throw error;
    ctx.warn(`mounting ${device} on ${node} failed: ${error.reason}`);
    return FAILED;
  }
  ctx.warn("permission denied (are you root?)");
  // A file would need a loop device first; for the others native ends here.
  const mode = ctx.fs.tryStat(device)?.mode ?? 0;
  if ((mode & S_IFMT) === S_IFREG && !bound) return FAILED;
  throw new AppletExit(1);
}

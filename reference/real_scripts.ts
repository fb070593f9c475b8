/**
 * Runs the shell scripts of a machine under native busybox ash and under capbox, with harmless
 * arguments, and compares standard output, messages, status, and what became of the files.
 *
 *     deno run -A -c deno.npm.json reference/real_scripts.ts [OPTION]... [DIR]...
 *
 * `--only TEXT` takes those whose path holds the text, `--every N` each Nth of them, `--show` prints
 * differences in full, `--json FILE` keeps the table, `--add` tries only what is not in it yet, and
 * `--page FILE` writes the list of all scripts as a page of the documentation.
 *
 * Needs root and util-linux: native runs in a tree of its own (chroot), in namespaces of its own
 * (mounts, processes, network, host name), without the rights to set clocks or restart. Each run of a
 * script starts from fresh files. Both sides have the same stand-ins for the commands that Debian's
 * scripts call. The scripts are read where they are and never kept.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { enterRoot } from "../tests/differential/jail.ts";
import { hostTree, sandboxTree, treeChanges } from "../tests/differential/tree.ts";
import type { Sandbox } from "../mod.ts";
import { names as ourNames } from "../applets/program_table.ts";
import { findBusybox } from "./native.ts";
import { ENV, makeRoot, makeSandbox, output, WATCHED, WORK, worldFiles } from "./script_world.ts";

const DIRECTORIES = [
  "/usr/bin",
  "/usr/sbin",
  "/usr/lib",
  "/usr/libexec",
  "/usr/share",
  "/var/lib/dpkg/info",
  "/etc",
];
/** Files that scripts read as commands, and that do not say so in their first line. */
const SUPPORT = [
  "/usr/share/dpkg/sh/dpkg-error.sh",
  "/usr/lib/git-core/git-sh-setup",
  "/usr/lib/git-core/git-sh-i18n",
  "/usr/lib/git-core/git-mergetool--lib",
];
const SECONDS = 5;
/** Scripts longer than this are data with a line at the front. */
const LARGEST = 1 << 20;

/** How a run ended. */
interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly changes: readonly string[];
}

/** A script that was found. */
interface Found {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Arguments for scripts of certain names; each list is one run. */
const SPECIAL: readonly (readonly [RegExp, readonly (readonly string[])[]])[] = [
  [/\.preinst$/, [["install"], ["install", "1.0"], ["upgrade", "1.0", "2.0"]]],
  [/\.postinst$/, [["configure", ""], ["configure", "1.0"], ["triggered", "/x"], [
    "abort-upgrade",
    "1.0",
  ]]],
  [/\.prerm$/, [["remove"], ["upgrade", "2.0"], ["deconfigure", "in-favour", "x", "1"]]],
  [/\.postrm$/, [["remove"], ["purge"], ["upgrade", "2.0"], ["disappear"]]],
  [/\.config$/, [["configure", ""], ["reconfigure", "1.0"]]],
  [/which\.debianutils$/, [["ls"], ["-a", "ls", "sh"], ["nosuch", "cat"], ["./prog.sh"]]],
  [/savelog$/, [["-c", "3", "log1"], ["-t", "-l", "new"], ["-n", "-p", "-m", "600", "log1"], [
    "-d",
    "nosuch",
  ]]],
  [/\/[xbzl]?z(std)?[ef]?grep$/, [
    ["two", "text.gz"],
    ["-c", "e", "text.gz", "notes.txt"],
    ["-l", "t", "text.gz", "other.gz", "notes.txt"],
    ["-v", "-n", "o", "text.gz"],
    ["-e", "one", "-e", "three", "text.gz"],
    ["-i", "THE", "nosuch.gz", "text.gz"],
    ["-h", "t", "text.gz", "other.gz"],
  ]],
  [/\/[xbz]?z(diff|cmp)$/, [["text.gz", "other.gz"], ["text.gz", "notes.txt"], [
    "notes.txt",
    "changed.txt",
  ], ["text.gz"]]],
  [/\/(zcat|uncompress|gunzip)$/, [["text.gz"], ["-c", "text.gz"], ["-k", "text.gz"], ["nosuch"]]],
  [/\/[bgx]zexe$/, [["prog.sh"], ["-d", "prog.sh"], ["nosuch"]]],
  [/\/(znew|zforce|tarcat|lcf)$/, [["text.gz"], ["log1"]]],
  [/\/[efr]grep$/, [
    ["t", "notes.txt"],
    ["-c", "e", "notes.txt", "data.txt"],
    ["-r", "spaces", "a"],
    ["(one|two)", "notes.txt"],
  ]],
  [/-config$/, [["--cflags"], ["--libs"], ["--prefix", "--exec-prefix"], ["--libs", "--cflags"], [
    "--bogus",
  ]]],
  [/Config\.sh$|_config$/, [["--bindir"], ["--libdir", "--version"]]],
  [/install-sh$/, [
    ["-c", "notes.txt", "copy"],
    ["-d", "x/y/z"],
    ["-m", "600", "notes.txt", "data.txt", "a"],
    ["-c", "nosuch", "copy"],
    ["-t", "a", "-C", "notes.txt"],
  ]],
  [/mkinstalldirs$/, [["x/y", "z"], ["-m", "700", "x"]]],
  [/\/missing$/, [["nosuchprog", "--version"], ["sh", "-c", "exit 3"]]],
  [/makesetup$/, [["-c", "notes.txt", "opts.conf"]]],
  [/dpkg-maintscript-helper$/, [
    ["supports", "rm_conffile"],
    ["supports", "bogus"],
    ["rm_conffile", "/etc/sample.conf", "2.0", "--", "install", "1.0"],
    ["mv_conffile", "/etc/sample.conf", "/etc/new.conf", "2.0", "--", "upgrade", "1.0"],
    ["symlink_to_dir", "/tmp/w/l", "a", "1.0", "--", "configure"],
  ]],
  [/dpkg-realpath$/, [["a/b"], ["/tmp/w/nosuch"], ["/tmp/w/../w/a"], ["--zero", "a"]]],
  [/(add|remove)-shell$/, [["/bin/foo"], ["/bin/sh"], ["/bin/foo", "/bin/bar"]]],
  [/\/ucfr?$/, [
    ["--verbose", "notes.txt", "/etc/sample.conf"],
    ["notes.txt", "/etc/brandnew.conf"],
    ["--purge", "/etc/sample.conf"],
    ["sample", "/etc/sample.conf"],
    ["--debug=1", "-n", "notes.txt", "/etc/x.conf"],
  ]],
  [/lesspipe$/, [["text.gz"], ["notes.txt"], ["nosuch"], ["a"]]],
  [/xdg-user-dir$/, [["DESKTOP"], ["MUSIC"]]],
  [/lsb_release$/, [["-a"], ["-i", "-s"], ["-r"], ["-d", "-c"]]],
  [/\/service$/, [["--status-all"], ["sample", "start"], ["nosuch", "start"], [
    "sample",
    "restart",
  ]]],
  [/invoke-rc\.d$/, [["sample", "start"], ["--quiet", "nosuch", "stop"], [
    "--query",
    "sample",
    "restart",
  ]]],
  [/getopt-example\.bash$/, [["-a", "-b", "arg", "--c-long=x", "par1", "another one"], ["-x"]]],
  [/gettext\.sh$/, [["one"], ["eval_gettext", "x"]]],
  [/config\.rpath$/, [["x86_64-pc-linux-gnu"]]],
  [/ldd$/, [["nosuch"], ["notes.txt"], ["-v"], ["--bogus"]]],
  [/ssh-copy-id$/, [["-h"], ["-n", "host"]]],
  [/catchsegv|memusage|sotruss$/, [["--help"], ["true"]]],
  [/git-[a-z-]+$/, [["-h"], ["list"], ["--all"]]],
  [/commit-msg\.sample$|prepare-commit-msg\.sample$|applypatch-msg\.sample$/, [["notes.txt"], [
    "notes.txt",
    "message",
  ]]],
  [/update\.sample$/, [["refs/heads/x", "0000", "1111"], []]],
  [/\.(rtupdate|rtinstall|rtremove)$/, [["rtupdate", "3.9", "3.11"], ["pre-rtupdate", "a", "b"]]],
];

/** Scripts that dpkg runs. */
const MAINTAINER = /\.(preinst|postinst|prerm|postrm|config)$/;

/** Differences that are no defect of the shell or its tools, and why. */
const EXPLAINED: readonly (readonly [RegExp, string])[] = [
  [/\/[bg]zexe$/, "other bytes that decompress to the same: the compressor is not native's"],
  [
    /\/dash\.postinst$/,
    "asks whether /bin/sh is a symbolic link, which it is in the native tree only",
  ],
  [/\/python3-(distutils|lib2to3)\.postinst$/, "native's find has no -delete"],
  [
    /\/[x]?z(diff|cmp)$/,
    "asks for /dev/fd, which our tree has and native's has not, and takes another way with it",
  ],
  [
    /\/zstdgrep$/,
    "two commands of a pipeline tell their errors at once: they mix in any order, within a line too",
  ],
  [/\/sotruss$/, "the host's dynamic linker complains of a library for tracing"],
];

/** What any script is tried with. */
const GENERAL: readonly (readonly string[])[] = [
  [],
  ["--help"],
  ["-h"],
  ["--version"],
  ["--no-such-option", "x"],
  ["notes.txt"],
  ["notes.txt", "data.txt"],
];

function runsOf(path: string): (readonly string[])[] {
  // Nobody asks a maintainer script for help.
  const runs: (readonly string[])[] = MAINTAINER.test(path) ? [[]] : [...GENERAL];
  for (const [pattern, list] of SPECIAL) if (pattern.test(path)) runs.push(...list);
  return runs;
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** The shell scripts below directories, each once. */
function findScripts(directories: readonly string[], only: string | undefined): Found[] {
  const found: Found[] = [];
  const seen = new Set<string>();
  const head = new Uint8Array(80);
  const look = (path: string): void => {
    const info = Deno.lstatSync(path);
    if (info.size > LARGEST || info.size === 0) return;
    using file = Deno.openSync(path);
    const length = file.readSync(head) ?? 0;
    const line = latin1(head.subarray(0, length)).split("\n")[0];
    if (!/^#! ?(\/usr)?\/bin\/(env )?(sh|dash|ash|bash)\b/.test(line)) return;
    const bytes = Deno.readFileSync(path);
    const key = `${bytes.length} ${latin1(bytes)}`;
    if (seen.has(key)) return;
    seen.add(key);
    if (only === undefined || path.includes(only)) found.push({ path, bytes });
  };
  const walk = (directory: string): void => {
    let entries: Deno.DirEntry[];
    try {
      entries = [...Deno.readDirSync(directory)].sort((a, b) => a.name < b.name ? -1 : 1);
    } catch {
      return;
    }
    for (const entry of entries) {
      const path = `${directory}/${entry.name}`;
      if (entry.isDirectory) walk(path);
      else if (entry.isFile) {
        try {
          look(path);
        } catch (error) {
          if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
        }
      }
    }
  };
  for (const directory of directories) walk(directory);
  return found;
}

const ENTER = 'cd "$1" && shift && exec "$@"';

/** Native busybox in a tree of its own, which is as new for each run. */
class NativeWorld {
  readonly #root: string;
  #print = "";

  constructor(private readonly base: string) {
    this.#root = `${base}.run`;
    this.#renew();
  }

  #renew(): void {
    output("rm", ["-rf", "--one-file-system", this.#root]);
    output("cp", ["-a", this.base, this.#root]);
    this.#print = this.#fingerprint();
  }

  /** What shows whether a script changed what is not watched: programs, libraries, other scripts. */
  #fingerprint(): string {
    const others = [...Deno.readDirSync(this.#root)].map(({ name }) => name)
      .filter((name) => !(WATCHED as readonly string[]).includes(`/${name}`)).sort();
    const paths = others.map((name) => `${this.#root}/${name}`);
    return others.join(" ") + output("find", [...paths, "-printf", "%p %M %i %s %T@ %l\n"]);
  }

  #tree(): string[] {
    return WATCHED.flatMap((each) => hostTree(this.#root + each).map((line) => `${each} ${line}`));
  }

  /** Runs a script. */
  run(path: string, args: readonly string[]): Outcome {
    const root = this.#root;
    output("rm", ["-rf", "--one-file-system", ...WATCHED.map((each) => root + each)]);
    output("cp", ["-a", ...WATCHED.map((each) => this.base + each), root]);
    const before = this.#tree();
    // The limit is kept from outside: the first process of a namespace is safe from those within.
    const [enter, inside] = enterRoot(root, [
      "/bin/sh",
      "-c",
      ENTER,
      "sh",
      WORK,
      "sh",
      path,
      ...args,
    ]);
    const { code, stdout, stderr } = new Deno.Command("/usr/bin/timeout", {
      args: ["-s", "KILL", String(SECONDS), enter, ...inside],
      env: ENV,
      clearEnv: true,
      stdin: "null",
    }).outputSync();
    const changes = treeChanges(before, this.#tree());
    if (this.#fingerprint() !== this.#print) this.#renew();
    return { code, stdout: latin1(stdout), stderr: latin1(stderr), changes };
  }
}

async function watchedTree(sandbox: Sandbox): Promise<string[]> {
  const lines: string[] = [];
  for (const each of WATCHED) {
    for (const line of await sandboxTree(sandbox, each)) lines.push(`${each} ${line}`);
  }
  return lines;
}

/** Runs a script in a fork of a sandbox. */
async function runOurs(
  base: Sandbox,
  before: readonly string[],
  path: string,
  args: readonly string[],
): Promise<Outcome> {
  const fork = base.fork();
  const result = await fork.run(["sh", path, ...args], {
    cwd: WORK,
    env: ENV,
    stdin: "",
    timeoutMs: SECONDS * 1000,
  });
  const changes = treeChanges(before, await watchedTree(fork));
  fork.close();
  return {
    code: result.code,
    stdout: latin1(result.stdout),
    stderr: latin1(result.stderr),
    changes,
  };
}

/** Messages without usage pages, which are in our own words; their first line stays. */
function withoutPages(stderr: string): string[] {
  const lines: string[] = [];
  let page = false;
  for (const line of stderr.split("\n")) {
    if (/^(BusyBox|capbox) v/.test(line)) page = true;
    else if (page && line.startsWith("Usage: ")) lines.push(line);
    // A page goes on to the next message, which begins with the name of who says it.
    else if (page && /^(?!or: )[a-z./][^ \t]*: /.test(line)) page = false;
    if (!page) lines.push(line);
  }
  return lines;
}

/** What may differ between any two runs of the same program, made the same. */
function masked(outcome: Outcome, ordered = true): string {
  const messages = withoutPages(outcome.stderr);
  if (!ordered) messages.sort();
  return JSON.stringify({ ...outcome, stderr: messages.join("\n") })
    .replaceAll(/tmp\.[A-Za-z0-9]{6,12}/g, "tmp.XXXXXX")
    // Other names that `mktemp` has made up, as words and in the list of changes.
    .replaceAll(/(\/tmp(?:\/| - )(?!w\/)[\w.-]*?)[A-Za-z0-9]{6}(?=[\/" \\]|$)/g, "$1XXXXXX")
    .replaceAll(
      /\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun),? [A-Z0-9][a-z0-9]+ [^ ]+ [0-9:]+( UTC)? 20[0-9]{2}/g,
      "DATE",
    )
    .replaceAll(/\b20[0-9]{2}[-\/]?[01][0-9][-\/]?[0-3][0-9]([ T][0-9:]{8})?/g, "DATE");
}

/** Whether two runs are the same; commands that run at the same time may tell their errors in any order. */
function isSame(a: Outcome, b: Outcome): boolean {
  return masked(a) === masked(b) || masked(a, false) === masked(b, false);
}

/** Statuses of what had to be killed. */
const KILLED = [124, 137];

/** Whether a run had no end: what calls itself for ever meets a limit here before it is killed. */
function isEndless(outcome: Outcome): boolean {
  return KILLED.includes(outcome.code) ||
    outcome.stderr.endsWith("maximum recursion depth exceeded\n");
}

/** Whether the shell refused the script's text, or a part of it. */
function isRejected(outcome: Outcome): boolean {
  return /syntax error/.test(outcome.stderr);
}

interface Row {
  readonly script: string;
  readonly runs: number;
  readonly same: number;
  readonly rejected: number;
  readonly unstable: number;
  readonly endless: number;
  readonly different: readonly (readonly string[])[];
  readonly reason?: string;
}

const INSIDE = "CAPBOX_OWN_NAMESPACES";
const root = decodeURIComponent(new URL("../", import.meta.url).pathname);

const args = parseArgs(Deno.args, {
  string: ["only", "json", "every", "page"],
  boolean: ["show", "add"],
});
if (Deno.env.get(INSIDE) !== "yes") {
  // Network, host name and the like are made once, for all runs: it takes long.
  const self = [Deno.execPath(), "run", "-A", "--no-check", "-c", `${root}deno.npm.json`];
  const { code } = await new Deno.Command("/usr/bin/unshare", {
    args: ["--mount", "--net", "--ipc", "--uts", ...self, import.meta.url, ...Deno.args],
    env: { [INSIDE]: "yes" },
  }).spawn().status;
  Deno.exit(code);
}
const native = findBusybox();
if (native === undefined) throw new Error("there is no native busybox to compare with");
if (Deno.uid() !== 0) throw new Error("chroot needs root");
const directories = args._.length > 0 ? args._.map(String) : DIRECTORIES;
// What runs by name is always there; what is tried is what was asked for.
const helpers = findScripts(["/usr/bin", "/usr/sbin"], undefined)
  .filter(({ bytes }) => !latin1(bytes.subarray(0, 40)).includes("bash"));
const every = Number(args.every ?? 1);
const kept = args.add && args.json !== undefined
  ? (JSON.parse(Deno.readTextFileSync(args.json)) as { scripts: Row[] }).scripts
  : [];
const isKept = new Set(kept.map((row) => row.script));
const tried = findScripts(directories, args.only)
  .filter(({ path }, index) => index % every === 0 && !isKept.has(path));
const nativeNames = new Set([...native.applets, "busybox"]);
const files = [
  ...await worldFiles(ourNames().filter((name) => !nativeNames.has(name) && name !== "bash")),
];
const known = new Set(files.map((file) => file.path));
const support = SUPPORT.flatMap((path) => {
  try {
    return [{ path, bytes: Deno.readFileSync(path) }];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
});
for (const { path, bytes } of [...support, ...helpers, ...tried]) {
  if (known.has(path)) continue;
  known.add(path);
  files.push({ path, bytes, mode: 0o755 });
}
const folder = Deno.makeTempDirSync({ prefix: "capbox_scripts_" });
const rows: Row[] = [...kept];
try {
  const base = `${folder}/root`;
  makeRoot(base, files, native.path, native.applets);
  const nativeWorld = new NativeWorld(base);
  const sandbox = await makeSandbox(files, native.applets);
  const before = await watchedTree(sandbox);
  for (const { path } of tried) {
    let same = 0;
    let unstable = 0;
    let rejected = 0;
    let endless = 0;
    const different: string[][] = [];
    const runs = runsOf(path);
    for (const run of runs) {
      const wanted = nativeWorld.run(path, run);
      const got = await runOurs(sandbox, before, path, run);
      if (KILLED.includes(wanted.code) && isEndless(got)) {
        endless++;
        continue;
      }
      if (isSame(wanted, got)) {
        if (isRejected(wanted)) rejected++;
        else same++;
        continue;
      }
      const again = nativeWorld.run(path, run);
      if (!isSame(wanted, again)) {
        unstable++;
        if (args.show) {
          console.log(
            `${path} ${run.join(" ")}\n  native ${masked(wanted)}\n  again  ${
              masked(again)
            }\n  ours   ${masked(got)}`,
          );
        }
        continue;
      }
      different.push([...run]);
      if (args.show) {
        console.log(
          `${path} ${run.join(" ")}\n  native ${masked(wanted)}\n  ours   ${masked(got)}`,
        );
      }
    }
    const reason = different.length === 0
      ? undefined
      : EXPLAINED.find(([pattern]) => pattern.test(path))?.[1];
    rows.push({
      script: path,
      runs: runs.length,
      same,
      rejected,
      unstable,
      endless,
      different,
      reason,
    });
    if (args.show) continue;
    console.log(
      `${path}: ${same} of ${runs.length} runs the same` +
        (rejected > 0 ? `, ${rejected} rejected alike` : "") +
        (unstable > 0 ? `, ${unstable} not stable` : "") +
        (endless > 0 ? `, ${endless} without end alike` : "") +
        (different.length > 0 ? `, DIFFERENT: ${JSON.stringify(different)}` : "") +
        (reason === undefined ? "" : ` (${reason})`),
    );
  }
  sandbox.close();
} finally {
  output("rm", ["-rf", "--one-file-system", folder]);
}
const total = (pick: (row: Row) => number): number => rows.reduce((sum, row) => sum + pick(row), 0);
const ran = rows.filter((row) => row.same + row.different.length > 0);
const unexplained = rows.filter((row) => row.different.length > 0 && row.reason === undefined);
console.log(
  `${rows.length} scripts, ${total((row) => row.runs)} runs: ${
    total((row) => row.same)
  } the same, ` +
    `${total((row) => row.rejected)} rejected alike, ${total((row) => row.unstable)} not stable, ` +
    `${total((row) => row.endless)} without end alike, ` +
    `${total((row) => row.different.length)} different; ${ran.length} scripts really ran, ` +
    `${rows.filter((row) => row.different.length > 0).length} with a difference, ` +
    `${unexplained.length} of them without an explanation`,
);
if (args.json !== undefined) {
  rows.sort((a, b) => a.script < b.script ? -1 : 1);
  const table = rows.map((row) => ` ${JSON.stringify(row)}`).join(",\n");
  const date = new Date().toISOString().slice(0, 10);
  const head = `"native": ${JSON.stringify(native.version)}, "date": "${date}"`;
  Deno.writeTextFileSync(args.json, `{${head}, "scripts": [\n${table}\n]}\n`);
}
if (args.page !== undefined) Deno.writeTextFileSync(args.page, page(rows));

/** The scripts that were tried, by directory, and each difference with its reason. */
function page(rows: readonly Row[]): string {
  const directories = new Map<string, string[]>();
  for (const { script } of rows) {
    const slash = script.lastIndexOf("/");
    const names = directories.get(script.slice(0, slash)) ?? [];
    names.push(script.slice(slash + 1));
    directories.set(script.slice(0, slash), names);
  }
  const sum = (pick: (row: Row) => number): number => rows.reduce((all, row) => all + pick(row), 0);
  const differing = rows.filter((row) => row.different.length > 0);
  return `# Scripts of a Debian machine

\`deno run -A -c deno.npm.json reference/real_scripts.ts\` runs the shell scripts that it finds under
native \`busybox ash\` and under capbox, each with several lists of harmless arguments, and compares
output, messages, status and what became of the files. This page is written by its \`--page\`; its
table is [reference/results/real_scripts.json](../reference/results/real_scripts.json).

${rows.length} scripts, ${sum((row) => row.runs)} runs: ${sum((row) => row.same)} the same, ${
    sum((row) => row.rejected)
  } refused by both with the same message (they are
written for bash), ${sum((row) => row.endless)} without end in both, ${
    sum((row) => row.unstable)
  } in which native differs from itself, ${sum((row) => row.different.length)} different.

## Differences

${
    differing.map((row) =>
      `- \`${row.script}\` (${row.different.length} of ${row.runs} runs): ${
        row.reason ?? "not explained"
      }`
    ).join("\n")
  }

## Scripts

${
    [...directories].sort(([a], [b]) => a < b ? -1 : 1).map(([directory, names]) =>
      `**${directory}** ${names.sort().map((name) => `\`${name}\``).join(" ")}`
    ).join("\n\n")
  }
`;
}

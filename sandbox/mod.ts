/**
 * The sandbox without its applets: policy, errors, byte strings, and the types of the kernel.
 *
 * @module
 */
export * from "./types.ts";
export {
  errnoNumber,
  type ErrorCode,
  isErrorCode,
  isVfsError,
  strerror,
  VfsError,
} from "./errors.ts";
export {
  concatBytes,
  fromText,
  isAscii,
  toBytes,
  toByteString,
  toText,
  toTextStrict,
  writeBytes,
} from "./bytes.ts";
export {
  createPolicy,
  type Isolation,
  type MountMode,
  type MountSpec,
  type NetGrant,
  type Policy,
  type PolicyInput,
} from "./caps/policy.ts";
export type { ClockSpec } from "./caps/clock.ts";
export { completeLimits, DEFAULT_LIMITS, type Limits } from "./caps/limits.ts";

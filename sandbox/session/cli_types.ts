/**
 * What the options of the command line say.
 *
 * @module
 */
import type { PolicyInput } from "../caps/policy.ts";

/** What a command line says. */
export interface CliOptions {
  /** Program and arguments; empty when only an action was asked for. */
  readonly argv: readonly string[];
  /** Policy as far as options give it. Mounts are as written. */
  readonly policy: { -readonly [K in keyof PolicyInput]: PolicyInput[K] };
  /** Variables to pass on from the host, or `*` for all. */
  readonly passEnv: readonly string[];
  /** File for the audit stream. */
  readonly audit: string | undefined;
  /** File of a policy to start from. */
  readonly policyFile: string | undefined;
  /** `--list` and the like. */
  readonly action: "list" | "list-full" | "help" | "version" | "install" | undefined;
  /** Arguments of the action. */
  readonly actionArgs: readonly string[];
}

/** A wrong command line. */
export class CliError extends Error {}

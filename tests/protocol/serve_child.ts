/** The child's side of isolation without a parent of ours: whoever started this speaks frames to it. */
import { Sandbox } from "../../mod.ts";
import { serve } from "../../sandbox/protocol/server.ts";

try {
  await serve((options) => Sandbox.create(options));
} catch (error) {
  console.error(`${(error as Error).name}: ${(error as Error).message}`);
  Deno.exit(3);
}

/** Whatever a shell is at when its terminal hangs up, nothing of it stays. */
import { assert } from "@std/assert";
import { hasTmux, pause, Terminal } from "../screen/tmux.ts";

const root = decodeURIComponent(new URL("../../", import.meta.url).pathname);

/** What is typed, in parts; a ^Z wants a program that has begun. */
const STATES: readonly (readonly [name: string, typed: readonly string[]])[] = [
  ["at the prompt", []],
  ["in the middle of a line", ["echo abc"]],
  ["a program in the foreground", ["sleep 1000\r"]],
  ["a busy loop", ["while :; do :; done\r"]],
  ["a busy loop in the background", ["while :; do :; done &\r"]],
  ["a stopped program", ["sleep 1000\r", "\x1a"]],
  ["a stopped pipeline", ["cat | cat\r", "\x1a"]],
  ["a stopped editor", ["vi\r", "\x1a"]],
  ["a shell that stopped itself", ["kill -STOP $$\r"]],
  ["a stopped shell in a shell", ["sh -i\r", "kill -STOP $$\r"]],
  ["a trap, and a program in the foreground", ["trap 'echo up' HUP\r", "sleep 1000\r"]],
  ["a trap, and a stopped program", ["trap 'echo up' HUP\r", "sleep 1000\r", "\x1a"]],
  ["ignored, at the prompt", ["trap '' HUP\r"]],
  ["a trap of the end", ["trap 'sleep 1000' EXIT\r"]],
  ["more of a command is awaited", ["cat <<E\r", "a\r"]],
];

/** Whether a process runs still. */
function runs(pid: number): boolean {
  try {
    return !/^State:\s*Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

Deno.test({
  name: "a terminal that hangs up ends the shell and all it started",
  ignore: Deno.build.os !== "linux" || !hasTmux(),
}, async () => {
  for (const [name, typed] of STATES) {
    await using terminal = await Terminal.start([
      Deno.execPath(),
      "run",
      "-A",
      "--no-config",
      "--no-lock",
      `${root}cli.ts`,
      "sh",
      "-i",
    ], { env: { TERM: "xterm" } });
    await terminal.until((picture) => picture.lines.some((line) => /[#$]$/.test(line)), 60_000);
    for (const part of typed) {
      await terminal.type(part);
      await terminal.settled(300);
    }
    const pid = await terminal.hangUp();
    // Far more than is needed; a machine that does a lot besides may take its time.
    for (let left = 200; runs(pid); left--) {
      if (left === 0) Deno.kill(pid, "SIGKILL");
      assert(left > 0, `${name}: process ${pid} stays`);
      await pause(50);
    }
  }
});

import { assertEquals } from "@std/assert";
import { fromText } from "../../sandbox/bytes.ts";
import type { Process } from "../../sandbox/types.ts";
import { compile } from "../../wasi/compile.ts";
import { Guest } from "../../wasi/guest.ts";
import { runModule } from "../../wasi/run.ts";
import { systemOf } from "../../wasi/system.ts";
import { withoutSuspending } from "../../wasi/unsuspended.ts";
import { withGuest } from "./harness.ts";
import { copier, printer, sleeper } from "./programs.ts";

/** Runs a module as where the engine has no JSPI. */
async function run(process: Process, module: Uint8Array): Promise<number> {
  const guest = new Guest(systemOf(process, [fromText("guest")]));
  const files = [process.fd(0), process.fd(1), process.fd(2)] as const;
  const streams = withoutSuspending(guest, files);
  for (const fd of [0, 1, 2] as const) guest.fds.setStandard(fd, streams[fd]);
  const compiled = await compile(module);
  const end = await streams.around(() => runModule(guest, compiled, { suspending: false }));
  guest.close();
  return end.code;
}

function pipes(process: Process) {
  const input = process.pipe();
  const output = process.pipe();
  process.setFd(input.write, 10);
  process.setFd(output.read, 11);
  return new Map([[0, input.read], [1, output.write]]);
}

Deno.test("without JSPI input is read before the start, and output is written afterwards", () =>
  withGuest(async (_it, process) => {
    const feed = (async () => {
      for (let i = 0; i < 8; i++) {
        await process.fd(10)?.write(new Uint8Array(65536).fill(i), process.waiter);
      }
      process.closeFd(10);
    })();
    const running = run(process, copier());
    let read = 0;
    const drain = (async () => {
      while (read < 8 * 65536) {
        const chunk = await process.fd(11)?.read(65536, process.waiter);
        if (chunk === undefined) break;
        read += chunk.length;
      }
    })();
    assertEquals(await running, 0);
    await feed;
    await drain;
    assertEquals(read, 8 * 65536);
  }, { fds: pipes }));

Deno.test("without JSPI a guest sleeps by blocking", () =>
  withGuest(async (_it, process) => {
    const before = performance.now();
    assertEquals(await run(process, sleeper(30)), 0);
    assertEquals(performance.now() - before >= 29, true);
    assertEquals(await run(process, printer("x")), 0);
  }));

/** The child's side of isolation, spoken to in bare frames: requests, streams, and what is refused. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  CHANNEL,
  decodeControl,
  encodeControl,
  encodeCredit,
  encodeFrame,
  type Frame,
  FrameReader,
  KIND,
} from "../../sandbox/protocol/frames.ts";
import { policyMessage } from "../../sandbox/protocol/messages.ts";
import { createPolicy, type PolicyInput } from "../../sandbox/caps/policy.ts";

const CHILD = decodeURIComponent(new URL("./serve_child.ts", import.meta.url).pathname);
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A child, and the frames that came from it. */
class Child {
  readonly #process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--no-config", "--no-lock", CHILD],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  readonly #writer = this.#process.stdin.getWriter();
  readonly #frames: Frame[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #reading: Promise<void>;
  #ended = false;

  constructor() {
    const reader = new FrameReader((frame) => this.#frames.push(frame));
    this.#reading = (async () => {
      for await (const chunk of this.#process.stdout) {
        reader.push(chunk);
        for (const wake of this.#waiting.splice(0)) wake();
      }
      this.#ended = true;
      for (const wake of this.#waiting.splice(0)) wake();
    })();
  }

  send(frame: Uint8Array): Promise<void> {
    return this.#writer.write(frame);
  }

  control(id: number, message: object): Promise<void> {
    return this.send(encodeControl(id, message));
  }

  /** The next frame that fits, taken out of the others. */
  async next(fits: (frame: Frame) => boolean): Promise<Frame> {
    for (;;) {
      const at = this.#frames.findIndex(fits);
      if (at >= 0) return this.#frames.splice(at, 1)[0];
      if (this.#ended) throw new Error("the child has ended");
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** The next message of a request that is not `started`. */
  async message(id: number): Promise<ReadonlyMap<string, unknown>> {
    const frame = await this.next((each) =>
      each.kind === KIND.control && each.id === id && decodeControl(each).get("op") !== "started"
    );
    return decodeControl(frame);
  }

  async init(input: PolicyInput = {}): Promise<ReadonlyMap<string, unknown>> {
    const policy = createPolicy(input);
    await this.control(0, policyMessage(policy, policy.mounts));
    return await this.message(0);
  }

  /** All bytes of a channel until its end. */
  async channel(id: number, channel: number): Promise<string> {
    let text = "";
    for (;;) {
      const frame = await this.next((each) =>
        each.id === id && each.channel === channel &&
        (each.kind === KIND.data || each.kind === KIND.end)
      );
      if (frame.kind === KIND.end) return text;
      text += decoder.decode(frame.body);
      await this.send(encodeCredit(channel, id, frame.body.length));
    }
  }

  async end(): Promise<{ code: number; stderr: string }> {
    await this.#writer.close().catch(() => {});
    const stderr = await new Response(this.#process.stderr).text();
    await this.#reading;
    return { code: (await this.#process.status).code, stderr };
  }
}

Deno.test("requests: runs with input and output, files, changes, and errors that leave the rest alone", async () => {
  const child = new Child();
  assertEquals((await child.init()).get("op"), "ready");

  await child.control(1, {
    op: "run",
    argv: ["sh", "-c", "tr a-z A-Z; echo bad >&2; exit 3"],
    env: [["A", "1"]],
    cwd: "/tmp",
  });
  // Nothing may be sent before there is leave for it.
  await child.next((frame) => frame.id === 1 && frame.kind === KIND.credit);
  await child.send(encodeFrame(KIND.data, CHANNEL.stdin, 1, encoder.encode("hello\n")));
  await child.send(encodeFrame(KIND.end, CHANNEL.stdin, 1, new Uint8Array()));
  assertEquals(await child.channel(1, CHANNEL.stdout), "HELLO\n");
  assertEquals(await child.channel(1, CHANNEL.stderr), "bad\n");
  const exit = await child.message(1);
  // A reason is told only when a limit was one.
  assertEquals([exit.get("op"), exit.get("code"), exit.has("reason")], ["exit", 3, false]);

  const call = async (id: number, fields: object) => {
    await child.control(id, { op: "file", ...fields });
    return await child.message(id);
  };
  assertEquals(
    (await call(2, { call: "mkdir", path: "/tmp/d/e", recursive: true })).get("op"),
    "reply",
  );
  assertEquals((await call(3, { call: "exists", path: "/tmp/d" })).get("value"), true);
  await child.control(4, {
    op: "writeFile",
    path: "/tmp/d/f",
    size: 5,
    append: false,
    parents: false,
  });
  await child.send(encodeFrame(KIND.data, CHANNEL.stdin, 4, encoder.encode("12345")));
  await child.send(encodeFrame(KIND.end, CHANNEL.stdin, 4, new Uint8Array()));
  assertEquals((await child.message(4)).get("op"), "reply");
  await child.control(5, { op: "readFile", path: "/tmp/d/f" });
  const data = await child.next((frame) => frame.id === 5 && frame.kind === KIND.data);
  assertEquals(decoder.decode(data.body), "12345");
  assertEquals((await child.message(5)).get("value"), 5);
  assertEquals(
    (await call(6, { call: "rename", path: "/tmp/d/f", to: "/tmp/d/g" })).get("op"),
    "reply",
  );
  assertEquals((await call(7, { call: "symlink", path: "/tmp/d/l", to: "g" })).get("op"), "reply");
  assertEquals((await call(8, { call: "readLink", path: "/tmp/d/l" })).get("value"), "g");
  assertEquals((await call(9, { call: "realPath", path: "/tmp/d/l" })).get("value"), "/tmp/d/g");
  assertEquals(
    (await call(10, { call: "chmod", path: "/tmp/d/g", mode: 0o600 })).get("op"),
    "reply",
  );
  assertEquals(
    (await call(11, { call: "link", path: "/tmp/d/g", to: "/tmp/d/h" })).get("op"),
    "reply",
  );
  assert((await call(12, { call: "readDir", path: "/tmp/d" })).get("value"));
  assertEquals(
    (await call(13, { call: "remove", path: "/tmp/d", recursive: true })).get("op"),
    "reply",
  );
  assertEquals((await call(14, { call: "exists", path: "/tmp/d" })).get("value"), false);

  // What is wrong by itself is refused, and the connection goes on.
  const wrong: object[] = [
    { op: "file", call: "stat", path: "/nosuch" },
    { op: "file", call: "nosuch", path: "/" },
    { op: "file", call: "chmod", path: "/tmp", mode: -1 },
    { op: "readFile", path: "/nosuch" },
    { op: "readFile", path: 5 },
    { op: "writeFile", path: "/x", size: 1e15, append: false, parents: false },
    { op: "diff", guest: "/" },
    { op: "run", argv: "no list" },
    { op: "nosuch" },
  ];
  for (const [index, message] of wrong.entries()) {
    await child.control(100 + index, message);
    assertEquals((await child.message(100 + index)).get("op"), "error", JSON.stringify(message));
  }
  await child.control(200, { op: "run", argv: ["/nosuch/program"] });
  assertEquals((await child.message(200)).get("code"), 127);

  // An abort and a signal end a run.
  for (const [id, later] of [[201, { op: "abort" }], [202, { op: "kill", signal: 15 }]] as const) {
    await child.control(id, { op: "run", argv: ["sleep", "100"] });
    await child.next((frame) => frame.id === id && frame.kind === KIND.control);
    await child.control(id, later);
    const ended = await child.message(id);
    assertEquals([ended.get("op"), ended.get("code") === 0], ["exit", false]);
  }
  // Late words about a request that has ended are no fault.
  await child.control(201, { op: "kill", signal: 9 });
  await child.send(encodeCredit(CHANNEL.stdout, 201, 100));
  await child.send(encodeFrame(KIND.end, CHANNEL.stdin, 201, new Uint8Array()));
  assertEquals((await call(203, { call: "exists", path: "/tmp" })).get("value"), true);
  assertEquals(await child.end(), { code: 0, stderr: "" });
});

Deno.test("limits of output and time are told as the reason; audit events are sent", async () => {
  const child = new Child();
  await child.init({ limits: { outputBytes: 1000 }, audit: () => {} });
  await child.control(1, { op: "run", argv: ["yes"] });
  assertEquals((await child.channel(1, CHANNEL.stdout)).length, 1000);
  assertEquals((await child.message(1)).get("reason"), "output");
  await child.control(2, { op: "run", argv: ["sleep", "50"], timeoutMs: 50 });
  assertEquals((await child.message(2)).get("reason"), "timeout");
  await child.control(3, { op: "run", argv: ["cat", "/etc/hostname"] });
  await child.message(3);
  const events: unknown[] = [];
  for (let i = 0; i < 3; i++) events.push((await child.message(0)).get("event"));
  assert(events.length === 3 && JSON.stringify(events).includes('"kind"'));
  assertEquals((await child.end()).code, 0);
});

Deno.test("a parent that does not keep to the protocol ends the child, with a word why", async () => {
  const init = (() => {
    const policy = createPolicy({});
    return encodeControl(0, policyMessage(policy, policy.mounts));
  })();
  const cases: [string, Uint8Array[], string][] = [
    ["an unknown kind", [new Uint8Array([9, 0, 0, 0, 0, 0, 0, 0, 0, 0])], "unknown kind"],
    ["a frame too large", [new Uint8Array([2, 0, 0, 0, 0, 1, 255, 255, 255, 255])], "too large"],
    ["no JSON", [encodeFrame(KIND.control, 0, 0, encoder.encode("{"))], "JSON"],
    ["no object", [encodeFrame(KIND.control, 0, 0, encoder.encode("[]"))], "object"],
    [
      "a request before the policy",
      [encodeControl(1, { op: "run", argv: ["true"] })],
      "out of turn",
    ],
    ["two policies", [init, init], "out of turn"],
    ["a policy without fields", [encodeControl(0, { op: "init" })], "bad message"],
  ];
  for (const [name, frames, word] of cases) {
    const child = new Child();
    for (const frame of frames) await child.send(frame).catch(() => {});
    const { code, stderr } = await child.end();
    assertEquals(code, 3, name);
    assertStringIncludes(stderr, word, name);
  }
});

/** Frames and flow: what is sent arrives, what is wrong is refused before anything is kept. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  decodeControl,
  decodeCredit,
  encodeControl,
  encodeCredit,
  encodeFrame,
  type Frame,
  FrameReader,
  KIND,
  MOST_DATA,
  ProtocolError,
  WINDOW,
} from "../../sandbox/protocol/frames.ts";
import { Inlet, Outlet, PulledInlet } from "../../sandbox/protocol/flow.ts";
import { Fields, readErrorMessage, readPolicyMessage } from "../../sandbox/protocol/messages.ts";
import { concatBytes } from "../../sandbox/bytes.ts";
import { VfsError } from "../../sandbox/errors.ts";

/** xorshift32: the same numbers in each run. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

Deno.test("frames arrive whole, however the bytes are cut", () => {
  const random = randomNumbers(7);
  const sent: Frame[] = [];
  for (let i = 0; i < 200; i++) {
    const size = [0, 1, 9, 10, 11, 4095, 4096, MOST_DATA][random() % 8];
    const body = new Uint8Array(size).fill(i);
    sent.push({ kind: KIND.data, channel: random() % 3, id: random(), body });
  }
  const bytes = concatBytes(
    sent.map((each) => encodeFrame(each.kind, each.channel, each.id, each.body)),
  );
  for (const most of [1, 7, 100, 65536, 1_000_000]) {
    const got: Frame[] = [];
    const reader = new FrameReader((frame) => got.push(frame));
    for (let at = 0; at < bytes.length;) {
      const size = most === 1 ? 1 : 1 + random() % most;
      reader.push(bytes.slice(at, at + size));
      at += size;
    }
    assertEquals(got.length, sent.length);
    assertEquals(got, sent);
  }
});

Deno.test("a head that promises too much is refused at once", () => {
  const heads = [
    [0, 0, 0, 0, 0, 1, 0, 0, 0, 0],
    [5, 0, 0, 0, 0, 1, 0, 0, 0, 0],
    [KIND.control, 0, 0, 0, 0, 1, 1, 0, 0, 1],
    [KIND.data, 0, 0, 0, 0, 1, 0, 1, 0, 1],
    [KIND.data, 0, 0, 0, 0, 1, 255, 255, 255, 255],
    [KIND.end, 0, 0, 0, 0, 1, 0, 0, 0, 1],
    [KIND.credit, 0, 0, 0, 0, 1, 0, 0, 0, 5],
  ];
  for (const head of heads) {
    const reader = new FrameReader(() => {});
    assertThrows(() => reader.push(new Uint8Array(head)), ProtocolError);
  }
  assertThrows(() => encodeFrame(KIND.data, 0, 1, new Uint8Array(MOST_DATA + 1)), ProtocolError);
});

Deno.test("a hundred thousand damaged streams give frames or a protocol error", () => {
  const random = randomNumbers(11);
  const whole = concatBytes([
    encodeControl(1, { op: "run", argv: ["a"], env: [["A", "b"]] }),
    encodeFrame(KIND.data, 1, 1, new Uint8Array(20)),
    encodeCredit(1, 1, 100),
    encodeFrame(KIND.end, 2, 1, new Uint8Array(0)),
  ]);
  let refused = 0;
  for (let i = 0; i < 100_000; i++) {
    const bytes = whole.slice(0, random() % 4 === 0 ? random() % whole.length : undefined);
    for (let flips = random() % 4; flips >= 0 && bytes.length > 0; flips--) {
      bytes[random() % bytes.length] ^= 1 << random() % 8;
    }
    const reader = new FrameReader((frame) => {
      if (frame.kind === KIND.credit) decodeCredit(frame);
      if (frame.kind !== KIND.control) return;
      const message = new Fields(decodeControl(frame));
      if (message.text("op") === "run") {
        message.texts("argv");
        message.pairs("env");
      }
    });
    try {
      reader.push(bytes);
    } catch (error) {
      assert(error instanceof ProtocolError, String(error));
      refused++;
    }
  }
  assert(refused > 10_000);
});

Deno.test("messages are read field by field, and names of the prototype are no fields", () => {
  const frame = (text: string): Frame => ({
    kind: KIND.control,
    channel: 0,
    id: 1,
    body: new TextEncoder().encode(text),
  });
  for (const text of ["", "[]", "null", "5", '"x"', "{", '{"a":1}x']) {
    assertThrows(() => decodeControl(frame(text)), ProtocolError);
  }
  const fields = new Fields(decodeControl(frame('{"n":-1,"t":"x","__proto__":{"b":true}}')));
  assertThrows(() => fields.text("toString"), ProtocolError);
  assertThrows(() => fields.boolean("b"), ProtocolError);
  assertThrows(() => fields.integer("n"), ProtocolError);
  assertThrows(() => fields.texts("t"), ProtocolError);
  assertEquals(fields.text("t"), "x");
  assertThrows(() => readPolicyMessage(Fields.of({ limits: {} }), () => {}), ProtocolError);
  assertThrows(() => readErrorMessage(Fields.of({ code: "ENONSENSE" })), ProtocolError);
  const error = readErrorMessage(Fields.of({ code: "ENOENT", path: "/x" }));
  assert(error instanceof VfsError);
  assertEquals([error.code, error.path], ["ENOENT", "/x"]);
});

Deno.test("an outlet sends no more than it has leave for, and in order", async () => {
  const sent: Uint8Array[] = [];
  const outlet = new Outlet(10, (part) => void sent.push(part.slice()));
  assertEquals(outlet.push(new Uint8Array([1, 2, 3, 4])), undefined);
  const long = outlet.push(new Uint8Array(20).fill(5));
  const last = outlet.push(new Uint8Array([6]));
  assert(long instanceof Promise && last instanceof Promise);
  await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals(concatBytes(sent).length, 10);
  outlet.addCredit(14);
  await long;
  assertEquals(concatBytes(sent).length, 24);
  outlet.stop();
  await assertRejects(() => last, VfsError, "Broken pipe");
  assertThrows(() => outlet.push(new Uint8Array(1)), VfsError, "Broken pipe");
  await outlet.drained();
});

Deno.test("an inlet refuses more than a window, and a reader that fails ends the stream", async () => {
  const granted: number[] = [];
  let refusals = 0;
  let release = () => {};
  const slow = new Inlet(
    () => new Promise<void>((resolve) => release = resolve),
    (bytes) => granted.push(bytes),
    () => {},
  );
  for (let i = 0; i < WINDOW / MOST_DATA; i++) slow.take(new Uint8Array(MOST_DATA));
  assertThrows(() => slow.take(new Uint8Array(1)), ProtocolError);
  for (let i = 0; i < WINDOW / MOST_DATA; i++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    release();
  }
  await slow.settled();
  assertEquals(granted, [WINDOW / 2, WINDOW / 2]);
  const failing = new Inlet(() => Promise.reject(new Error("gone")), () => {}, () => refusals++);
  failing.take(new Uint8Array(5));
  failing.take(new Uint8Array(5));
  await failing.settled();
  assertEquals(refusals, 1);
});

Deno.test("a pulled inlet asks for nothing before it is read", async () => {
  const granted: number[] = [];
  const inlet = new PulledInlet((bytes) => granted.push(bytes));
  assertThrows(() => inlet.take(new Uint8Array(1)), ProtocolError);
  const other = new PulledInlet((bytes) => granted.push(bytes));
  const first = other.pull();
  assertEquals(granted, [WINDOW]);
  other.take(new Uint8Array([1]));
  other.take(new Uint8Array([2]));
  assertEquals(await first, new Uint8Array([1]));
  assertEquals(await other.pull(), new Uint8Array([2]));
  other.end();
  assertEquals(await other.pull(), undefined);
});

/** The audit log: one line for each event, whatever names, messages and arguments hold. */
import { assert, assertEquals } from "@std/assert";
import { type AuditEvent, Sandbox } from "../../mod.ts";

const root = decodeURIComponent(new URL("../../", import.meta.url).pathname);

/** Names that would be lines of their own, or end a string, if they were written as they are. */
const FORGED = [
  '\n{"kind":"fs","allowed":true,"pid":1,"subject":"/etc/shadow"}\n',
  '","allowed":true,"subject":"x',
  "a\r\nb",
  "\u2028x\u2029",
  "\x1b[2K\x1b[1Aok",
  "\\",
  "\x9b31m\u202e",
  "\xff\xfe",
];

Deno.test("lines of the audit log cannot be forged", async () => {
  const directory = Deno.makeTempDirSync();
  try {
    const log = `${directory}/audit`;
    // Each word is tried as a file, as a host and as a program.
    const script = FORGED.map((_, i) =>
      `cat "/box/$${i + 1}"; echo x > "/box/$${i + 1}"; wget -q "http://$${i + 1}/" ; "$${i + 1}"`
    ).join("\n");
    Deno.mkdirSync(`${directory}/box`);
    const mount = ["--mount", `${directory}/box:/box:ro`, "--audit", log];
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-config", "--no-lock", `${root}cli.ts`, ...mount]
        .concat(["sh", "-c", script, "sh", ...FORGED]),
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    assert(code !== 0);
    const text = Deno.readTextFileSync(log);
    assert(text.endsWith("\n"));
    const lines = text.slice(0, -1).split("\n");
    assert(lines.length > 0);
    for (const line of lines) {
      const event = JSON.parse(line) as AuditEvent;
      assertEquals(typeof event.allowed, "boolean", line);
      assertEquals(event.subject === "/etc/shadow", false, line);
      // Nothing in a line moves a terminal's cursor or starts a line in a viewer.
      assertEquals(/[\x00-\x1f\x7f-\x9f\u2028-\u202e]/.test(line), false, JSON.stringify(line));
    }
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
});

Deno.test("a listener of the audit stream cannot be made to change what a script may do", async () => {
  const events: AuditEvent[] = [];
  await using sandbox = await Sandbox.create({
    audit: (event) => {
      events.push(event);
      (event as { allowed: boolean }).allowed = true;
    },
  });
  const { code } = await sandbox.run(["wget", "-q", "-O", "-", "http://127.0.0.1:1/"]);
  assertEquals(code, 1);
  assert(events.some(({ kind }) => kind === "net"));
});

/** rpm: queries against native; what native's installing left behind, as it was seen in a jail. */
import { assertEquals } from "@std/assert";
import { Sandbox } from "../../mod.ts";
import { Gzip } from "../../applets/_lib/codec/gzip.ts";
import { runCodec } from "../../applets/_lib/codec/codec.ts";
import { type Case, compareAll } from "./differential.ts";
import { makeCpio } from "./make_cpio.ts";
import { makePackage, type TagValue } from "./make_rpm.ts";

const cpio = makeCpio([
  { name: "./usr/bin", mode: 0o40755 },
  { name: "./usr/bin/hello", mode: 0o100755, data: "#!/bin/sh\necho hi\n" },
  { name: "./usr/share/doc/hello.txt", data: "doc\n" },
  { name: "./etc/hello.conf", data: "new\n" },
  { name: "./usr/bin/hi", mode: 0o120777, data: "hello" },
]);
const payload = runCodec(new Gzip(), cpio);
const tags: { [tag: number]: TagValue } = {
  1000: "hello",
  1001: "1.2",
  1002: "3.el9",
  1004: { text: "A greeting" },
  1005: { text: "Says hello.\nTwice." },
  1006: 1000000000,
  1007: "build.example.org",
  1009: 1234,
  1011: "Vendor Inc",
  1014: "MIT",
  1015: "Packer <p@example.org>",
  1016: { text: "Applications/Text" },
  1020: "http://example.org/",
  1023: "echo pre $1\n",
  1024: "echo post $1\n",
  1028: [0, 18, 4, 4, 5],
  1030: [0o40755, 0o100755, 0o100644, 0o100644, 0o120777],
  1037: [0, 0, 2, 1, 0],
  1039: ["root", "root", "root", "root", "root"],
  1040: ["root", "root", "nobody", "root", "root"],
  1044: "hello-1.2-3.src.rpm",
  1098: ["/usr"],
  1116: [0, 1, 2, 3, 1],
  1117: ["bin", "hello", "hello.txt", "hello.conf", "hi"],
  1118: ["/usr/", "/usr/bin/", "/usr/share/doc/", "/etc/"],
};
const full = makePackage(tags, payload);
const { 1011: _vendor, 1020: _url, 1044: _source, 1098: _prefix, ...fewer } = tags;
const files: Record<string, Uint8Array> = {
  "a.rpm": full,
  "fewer.rpm": makePackage(fewer, payload),
  "min.rpm": makePackage({ 1000: "min", 1001: "0", 1002: "0" }, payload),
  "name.rpm": makePackage({ 1000: "x" }, new Uint8Array()),
  "source.rpm": makePackage(tags, payload, { source: true }),
  "magic.rpm": makePackage(tags, payload, { magic: "xxxx" }),
  "short.rpm": full.subarray(0, 300),
  "lead.rpm": full.subarray(0, 90),
  "empty": new Uint8Array(),
};
const queries = ["-qp", "-qpi", "-qpl", "-qpd", "-qpc", "-qpldc", "-qpli", "-qip", "-qlp"];
const cases: Case[] = [
  ...Object.keys(files).map((name) =>
    queries.map((query) => `rpm ${query} ${name}; echo $?`).join("; ")
  ),
  "rpm -qp a.rpm min.rpm; rpm -qp nofile a.rpm; echo $?; rpm -qp a.rpm nofile; rpm a.rpm -qp",
  "TZ=UTC-5 rpm -qpi a.rpm; TZ=EST5EDT rpm -qpi a.rpm",
  ...["-qp", "-q", "-p a.rpm", "a.rpm", "", "-z a.rpm", "-l a.rpm", "-qi a.rpm", "-ql a.rpm"].map(
    (words) => `rpm ${words}; echo $?`,
  ),
  ...["-pq a.rpm", "-pqi a.rpm", "-qqp a.rpm", "-pi a.rpm", "-iqp a.rpm", "-i", "-q no"].map(
    (words) => `rpm ${words}; echo $?`,
  ),
].map((script) => ({ name: script, files, script }));

compareAll("rpm queries", cases);

async function withPackages(): Promise<Sandbox> {
  const sandbox = await Sandbox.create();
  await sandbox.fs.mkdir("/tmp/w");
  for (const [name, data] of Object.entries(files)) {
    await sandbox.fs.writeFile(`/tmp/w/${name}`, data);
  }
  return sandbox;
}

Deno.test("rpm -i installs from the root, with the owners of the package, and runs no script", async () => {
  await using sandbox = await withPackages();
  const before = await sandbox.sh("ls /usr; umask 077; rpm -i a.rpm; echo $?", { cwd: "/tmp/w" });
  assertEquals(before.stdoutText.endsWith("0\n"), true, before.stderrText);
  assertEquals(before.stderrText, "");
  const listing = await sandbox.sh(
    "stat -c '%A %U:%G %s %n' /usr/bin/hello /usr/share/doc/hello.txt /etc/hello.conf; " +
      "readlink /usr/bin/hi; /usr/bin/hello; TZ=UTC date -r /etc/hello.conf +%F",
  );
  assertEquals(
    listing.stdoutText,
    "-rwxr-xr-x root:root 18 /usr/bin/hello\n" +
      "-rw-r--r-- root:nobody 4 /usr/share/doc/hello.txt\n" +
      "-rw-r--r-- root:root 4 /etc/hello.conf\nhello\nhi\n2001-02-03\n",
  );
});

Deno.test("rpm -i keeps a changed configuration, and stops at a link that is there", async () => {
  await using sandbox = await withPackages();
  const result = await sandbox.sh(
    "echo old >/etc/hello.conf; rpm -i a.rpm; rpm -i a.rpm; echo $?; cat /etc/hello.conf.rpmorig",
    { cwd: "/tmp/w" },
  );
  assertEquals(result.stdoutText, "1\nnew\n");
  assertEquals(
    result.stderrText,
    "rpm: can't create symlink './usr/bin/hi' to 'hello': File exists\n",
  );
});

Deno.test("rpm -i unpacks a package without names of files where it is called", async () => {
  await using sandbox = await withPackages();
  const result = await sandbox.sh(
    "mkdir sub; cd sub; rpm -i ../min.rpm; echo $?; find . -type f | sort; rpm -i ../name.rpm; " +
      "rpm -i ../short.rpm; rpm -i ../nofile; echo $?",
    { cwd: "/tmp/w" },
  );
  assertEquals(
    result.stdoutText,
    "0\n./etc/hello.conf\n./usr/bin/hello\n./usr/share/doc/hello.txt\n1\n",
  );
  assertEquals(
    result.stderrText,
    "rpm: short read\nrpm: short read\n" +
      "rpm: can't open 'nofile': No such file or directory\n".replace("nofile", "../nofile"),
  );
});

Deno.test("no name in a package leads out of the directory, and damage is only told", async () => {
  await using sandbox = await Sandbox.create();
  const evil = makeCpio([
    { name: "../../up", data: "x" },
    { name: "/abs", data: "x" },
    { name: "l", mode: 0o120777, data: "/etc" },
    { name: "l/passwd", data: "evil" },
  ]);
  await sandbox.fs.mkdir("/tmp/w");
  await sandbox.fs.mkdir("/tmp/w/sub");
  await sandbox.fs.writeFile(
    "/tmp/w/e.rpm",
    makePackage({ 1000: "e" }, runCodec(new Gzip(), evil)),
  );
  await sandbox.sh("rpm -i ../e.rpm", { cwd: "/tmp/w/sub" });
  const left = await sandbox.sh("ls / /tmp/w; grep -c evil /etc/passwd", { cwd: "/tmp/w" });
  assertEquals(/^(up|abs)$/m.test(left.stdoutText), false, left.stdoutText);
  assertEquals(left.stdoutText.endsWith("0\n"), true);
  // Every byte of the header in turn is damaged: an answer or a message, never a crash.
  for (let at = 96; at < 700; at += 3) {
    const damaged = full.slice();
    damaged[at] ^= 0xff;
    await sandbox.fs.writeFile("/tmp/w/d.rpm", damaged);
    const result = await sandbox.run(["rpm", "-qpil", "/tmp/w/d.rpm"]);
    assertEquals(/internal error|too deep/.test(result.stderrText), false, `${at}`);
    assertEquals(result.code <= 1, true, `${at}`);
  }
});

/** patch, getopt, du and df against native. */
import { assertEquals } from "@std/assert";
import { Sandbox } from "../../mod.ts";
import { findBusybox } from "../../reference/native.ts";
import { differences } from "./corpus.ts";

Deno.test("patch, getopt, du and df give what native gives", async () => {
  assertEquals(await differences("trees"), []);
});

/** Options of du that change what is counted, how deep, or how it is shown. */
const DU = ["", "-a", "-s", "-c", "-ac", "-d 1", "-d 0", "-ad 2", "-h", "-m", "-k", "-b", "-ab"]
  .concat(["-sb", "-l", "-al", "-x", "-sh", "-shb", "-bk", "-L", "-aL", "-H"]);

Deno.test({
  name: "du of a mounted directory is native's: directories take what the host says",
  ignore: findBusybox() === undefined,
  fn: async () => {
    const native = findBusybox()!.path;
    const root = await Deno.makeTempDir();
    try {
      await Deno.mkdir(`${root}/d/e/f`, { recursive: true });
      await Deno.writeFile(`${root}/d/big`, new Uint8Array(5000));
      await Deno.writeFile(`${root}/d/e/f/bigger`, new Uint8Array(70000));
      for (let i = 0; i < 300; i++) await Deno.writeTextFile(`${root}/d/e/file${i}`, "x".repeat(i));
      await Deno.link(`${root}/d/big`, `${root}/d/hard`);
      await Deno.symlink("big", `${root}/d/link`);
      await Deno.symlink("e", `${root}/d/directory`);
      await using sandbox = await Sandbox.create({
        mounts: [{ host: root, guest: "/w", mode: "ro" }],
      });
      const sorted = (text: string): string[] =>
        // Which name of a file or directory is met first depends on the order of the names.
        text.split("\n").map((line) => line.replace(/d\/hard|d\/big\b/, "d/big|hard"))
          .map((line) => line.replace("d/directory", "d/e")).sort();
      for (const options of DU) {
        const command = `du ${options} d; du ${options} d/e d`;
        const ours = await sandbox.sh(command, { cwd: "/w" });
        const { stdout } = await new Deno.Command(native, {
          args: ["sh", "-c", command.replaceAll("du ", `${native} du `)],
          cwd: root,
        }).output();
        assertEquals(sorted(ours.stdoutText), sorted(new TextDecoder().decode(stdout)), options);
      }
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  },
});

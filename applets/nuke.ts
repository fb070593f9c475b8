import { type ByteString, S_IFDIR } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, type Context, defineApplet } from "./contract.ts";
import { joinPath, lastComponent } from "./_lib/path_text.ts";

/** Removes directories and what is in them, without questions. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "nuke",
  usage: "DIR...",
  about: "Remove DIRs and everything in them",
  options: {},
  raw: true,
  async run(ctx) {
    for (const path of ctx.operands) {
      const turn = ctx.tick(1);
      if (turn !== undefined) await turn;
      const name = lastComponent(path);
      if (name === "." || name === ".." || name === "/") {
        // What `rm` refuses is refused here too: native removes what is in it first.
        ctx.warn(`can't remove '${path}': Invalid argument`);
        continue;
      }
      await remove(ctx, path);
    }
    return 0;
  },
});

async function remove(ctx: Context, root: ByteString): Promise<void> {
  const stack: { readonly path: ByteString; entered: boolean }[] = [{ path: root, entered: false }];
  while (stack.length > 0) {
    const item = stack[stack.length - 1];
    const pause = ctx.tick(8);
    if (pause !== undefined) await pause;
    try {
      if (item.entered) {
        stack.pop();
        ctx.fs.removeDir(item.path);
        continue;
      }
      if ((ctx.fs.lstat(item.path).mode & 0o170000) !== S_IFDIR) {
        stack.pop();
        ctx.fs.unlink(item.path);
        continue;
      }
      item.entered = true;
      for (const { name } of ctx.fs.readDir(item.path)) {
        stack.push({ path: joinPath(item.path, name), entered: false });
      }
    } catch (error) {
      if (!isVfsError(error)) throw error;
      if (stack[stack.length - 1] === item) stack.pop();
      if (error.code === "ENOENT") continue;
      const seen = ctx.fs.tryStat(item.path, { follow: false }) !== undefined;
      ctx.warn(`can't ${seen ? "remove" : "stat"} '${item.path}': ${error.reason}`);
    }
  }
}

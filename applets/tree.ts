import { type ByteString, S_IFDIR, S_IFLNK } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { fromText } from "../sandbox/bytes.ts";
import { type Applet, type Context, defineApplet } from "./contract.ts";
import { isUtf8Locale } from "./_lib/locale.ts";
import { joinPath } from "./_lib/path_text.ts";

/** Shows directories as trees. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "tree",
  usage: "[DIRECTORY]...",
  about: "Show what is in directories as a tree",
  options: {},
  async run(ctx) {
    const drawer = new Drawer(ctx);
    for (const path of ctx.operands.length === 0 ? ["."] : ctx.operands) {
      const turn = ctx.tick(1);
      if (turn !== undefined) await turn;
      await drawer.draw(path);
    }
    await ctx.out.print(`\n${drawer.directories} directories, ${drawer.files} files\n`);
  },
});

interface Level {
  readonly path: ByteString;
  readonly prefix: string;
  readonly entries: readonly { readonly name: ByteString; readonly type: number }[];
  next: number;
}

class Drawer {
  directories = 0;
  files = 0;
  readonly #line: string;
  readonly #branch: string;
  readonly #corner: string;
  readonly #space: string;

  constructor(private readonly ctx: Context) {
    const utf8 = isUtf8Locale(ctx.env);
    this.#line = utf8 ? fromText("│\u00a0\u00a0 ") : "|   ";
    this.#branch = utf8 ? fromText("├── ") : "|-- ";
    this.#corner = utf8 ? fromText("└── ") : "`-- ";
    this.#space = "    ";
  }

  async draw(root: ByteString): Promise<void> {
    const { ctx } = this;
    const first = this.#open(root, root, "");
    const stack: Level[] = first === undefined ? [] : [first];
    while (stack.length > 0) {
      const level = stack[stack.length - 1];
      if (level.next === level.entries.length) {
        stack.pop();
        continue;
      }
      const { name, type } = level.entries[level.next++];
      const last = level.next === level.entries.length;
      const path = joinPath(level.path, name);
      const head = level.prefix + (last ? this.#corner : this.#branch);
      if (type === S_IFDIR) {
        this.directories++;
        const below = level.prefix + (last ? this.#space : this.#line);
        const inner = this.#open(path, head + name, below);
        if (inner !== undefined) stack.push(inner);
      } else {
        let text = head + name;
        if (type === S_IFLNK) {
          try {
            text += ` -> ${ctx.fs.readLink(path)}`;
          } catch (error) {
            if (!isVfsError(error)) throw error;
          }
          if (((ctx.fs.tryStat(path)?.mode ?? 0) & 0o170000) === S_IFDIR) this.directories++;
          else this.files++;
        } else this.files++;
        ctx.out.print(text + "\n");
      }
      const wait = ctx.out.pending() ?? ctx.tick(8);
      if (wait !== undefined) await wait;
    }
  }

  #open(path: ByteString, shown: ByteString, prefix: string): Level | undefined {
    try {
      const entries = this.ctx.fs.readDir(path).filter(({ name }) => !name.startsWith("."))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      this.ctx.out.print(`${shown}\n`);
      return { path, prefix, entries, next: 0 };
    } catch (error) {
      if (!isVfsError(error)) throw error;
      this.ctx.out.print(`${shown} [error opening dir]\n`);
      return undefined;
    }
  }
}

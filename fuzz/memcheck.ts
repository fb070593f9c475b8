/**
 * Valgrind inside of a jail: whether native, on the way to an answer, used memory that was freed or
 * never written. Such an answer says nothing, however often native repeats it.
 *
 * @module
 */
import type { Jail } from "../tests/differential/jail.ts";

const TOOL = "/usr/libexec/valgrind";

/** The command that runs a program under valgrind; its findings go to a file. */
export const MEMCHECK = `VALGRIND_LIB=${TOOL} /bin/valgrind -q --log-file=`;

/** Puts valgrind into a jail; false where this machine has none. */
export function addMemcheck(jail: Jail): boolean {
  const copy = (from: string, to = from): void => {
    Deno.mkdirSync(jail.root + to.slice(0, to.lastIndexOf("/")), { recursive: true });
    Deno.copyFileSync(from, jail.root + to);
  };
  const copyTree = (dir: string): void => {
    for (const entry of Deno.readDirSync(dir)) {
      const path = `${dir}/${entry.name}`;
      if (entry.isDirectory) copyTree(path);
      else if (entry.isFile) copy(path);
    }
  };
  try {
    copy("/usr/bin/valgrind.bin", "/bin/valgrind");
    for (const name of Deno.readDirSync(TOOL)) {
      if (/^(memcheck|vgpreload_(core|memcheck))-|^default\.supp$/.test(name.name)) {
        copy(`${TOOL}/${name.name}`);
      }
    }
    // Without the symbols of the C library its functions cannot be replaced.
    copyTree("/usr/lib/debug/.build-id");
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return false;
  }
}

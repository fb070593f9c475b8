import { assertEquals } from "@std/assert";
import type { Stat } from "../../sandbox/types.ts";
import { ListedFacts } from "../../sandbox/vfs/listed_facts.ts";

/** Facts that are told apart by their inode number. */
function facts(ino: number): Stat {
  return { ino } as Stat;
}

Deno.test("listed facts are each taken once, in the order of the listing or any other", () => {
  for (let seed = 1; seed <= 200; seed++) {
    let state = seed;
    const next = (below: number): number => {
      state = Math.imul(state, 1103515245) + 12345 & 0x7fffffff;
      return (state >>> 8) % below;
    };
    const listed = new ListedFacts();
    const model = new Map<string, number>();
    let count = 0;
    for (let step = 0; step < 120; step++) {
      const choice = next(10);
      if (choice < 4) {
        const name = `n${count++}`;
        listed.add(name, facts(count));
        model.set(name, count);
      } else if (choice < 8) {
        // Mostly the oldest, as a walk does.
        const name = [...model.keys()][seed % 3 === 0 ? next(model.size + 1) : 0] ?? "none";
        assertEquals(listed.take(name)?.ino, model.get(name));
        model.delete(name);
        assertEquals(listed.take(name), undefined);
      } else if (choice === 8) assertEquals(listed.take("never"), undefined);
      else if (next(6) === 0) {
        listed.clear();
        model.clear();
      }
      assertEquals(listed.size, model.size);
    }
    for (const [name, ino] of model) assertEquals(listed.take(name)?.ino, ino);
    assertEquals(listed.size, 0);
  }
});

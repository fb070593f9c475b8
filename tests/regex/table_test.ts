import { assertEquals } from "@std/assert";
import { answer, readTable } from "./table.ts";

Deno.test("regex: every row of the table gives what glibc gives", () => {
  const rows = readTable();
  assertEquals(rows.length > 600, true);
  const wrong: string[] = [];
  for (const row of rows) {
    const got = answer(row);
    if (got !== row.want) {
      wrong.push(`table.txt:${row.line} ${JSON.stringify(row)} gives ${got}`);
    }
  }
  assertEquals(wrong, []);
});

import { assertEquals } from "@std/assert";
import { differences } from "./corpus.ts";

Deno.test("httpd gives what native gives", async () => {
  assertEquals(await differences("httpd"), []);
});

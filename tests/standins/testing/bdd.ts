/**
 * Stand-in for `@std/testing/bdd`, over `Deno.test` and its steps.
 *
 * @module
 */

type Body = () => void | Promise<void>;

interface Suite {
  name: string;
  before: Body[];
  after: Body[];
  beforeEach: Body[];
  afterEach: Body[];
  items: ({ name: string; body: Body; ignore: boolean } | Suite)[];
}

let current: Suite | undefined;

function newSuite(name: string): Suite {
  return { name, before: [], after: [], beforeEach: [], afterEach: [], items: [] };
}

async function runSuite(suite: Suite, t: Deno.TestContext, outer: readonly Suite[]): Promise<void> {
  const chain = [...outer, suite];
  for (const hook of suite.before) await hook();
  for (const item of suite.items) {
    if ("items" in item) {
      await t.step(item.name, (inner) => runSuite(item, inner, chain));
      continue;
    }
    const { name, body, ignore } = item;
    await t.step({
      name,
      ignore,
      fn: async () => {
        for (const { beforeEach } of chain) for (const hook of beforeEach) await hook();
        try {
          await body();
        } finally {
          for (const { afterEach } of chain.toReversed()) {
            for (const hook of afterEach) await hook();
          }
        }
      },
    });
  }
  for (const hook of suite.after) await hook();
}

/** Groups tests; a group at the top is one `Deno.test` with steps. */
export function describe(name: string, body: () => void): void {
  const suite = newSuite(name);
  const outer = current;
  current = suite;
  try {
    body();
  } finally {
    current = outer;
  }
  if (outer === undefined) Deno.test(name, (t) => runSuite(suite, t, []));
  else outer.items.push(suite);
}

function addTest(name: string, body: Body, ignore: boolean): void {
  if (current === undefined) Deno.test({ name, ignore, fn: () => body() });
  else current.items.push({ name, body, ignore });
}

/** One test. */
export function it(name: string, body: Body): void {
  addTest(name, body, false);
}

/** A test that is counted and not run. */
it.skip = (name: string, body: Body): void => addTest(name, body, true);

function hooksOf(kind: string): Suite {
  if (current === undefined) throw new Error(`${kind} outside describe is not supported here`);
  return current;
}

/** Runs once before the tests of the group. */
export function beforeAll(body: Body): void {
  hooksOf("beforeAll").before.push(body);
}

/** Runs once after the tests of the group. */
export function afterAll(body: Body): void {
  hooksOf("afterAll").after.push(body);
}

/** Runs before each test of the group. */
export function beforeEach(body: Body): void {
  hooksOf("beforeEach").beforeEach.push(body);
}

/** Runs after each test of the group. */
export function afterEach(body: Body): void {
  hooksOf("afterEach").afterEach.push(body);
}

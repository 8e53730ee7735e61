/** What goes from a schema, and what migrations written by hand hung on it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { failureOf } from "../support/migrate-project.ts";
import { withHandmade } from "./by-hand.ts";
import { filesIn, objectsIn } from "./support.ts";

test("a column that a view by hand needs is not dropped: the view is named", async (t) => {
  const p = await withHandmade(t);
  await p.edit("src/schema/users.ts", '  age: integer("age"),\n', "");
  await p.edit("src/schema/users.ts", '  check("age_is_possible", sql`${t.age} between 0 and 150`),\n', "");
  const error = await failureOf(p.generate({ name: "age" }), "MIGRATE_GENERATE_BLOCKED");
  assert.equal(error.exit, 3);
  assert.match(error.detail ?? "", /view public.grown needs column public.users.age/);
  assert.deepEqual(await filesIn(p.migrations), ["001_first.sql", "002_by_hand.sql"]);
});

test("a table of the tool goes with what hangs on it; a policy by hand on another one does not", async (t) => {
  const p = await withHandmade(t);
  await p.write({
    "003_more.sql":
      "-- Up migration\ncomment on table plan_members is 'x';\ncreate policy all_of on plan_members using (true);\n-- Down migration\n",
  });
  await p.edit("src/schema/money.ts", /export const members[^]*?\]\);\n/.exec(await p.text("src/schema/money.ts"))?.[0] ?? "?", "");
  const made = await p.generate({ name: "members" });
  assert.match(made.up ?? "", /DROP TABLE public.plan_members;/);
  assert.doesNotMatch(made.up ?? "", /policy own/i);
  assert.ok(made.findings.some(({ code }) => code === "MIGRATE_GENERATED_LOSS"));
  await p.up();
  assert.deepEqual(await objectsIn(p.session1, "policy"), ["policy public.users.own"]);
});

/** What migrations written by hand made, and the schema does not know, survives; and what only looks unknown is asked about. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { failureOf } from "../support/migrate-project.ts";
import { kinds, withHandmade } from "./by-hand.ts";
import { objectsIn } from "./support.ts";

test("nothing made by hand is dropped, and what is kept is told once", async (t) => {
  const p = await withHandmade(t);
  const before = await objectsIn(p.session1, ...kinds);
  const fingerprint = await p.fingerprint();
  const none = await p.generate({ name: "nothing" });
  assert.equal(none.up, null);
  assert.deepEqual(
    none.findings.map(({ code }) => code),
    ["MIGRATE_GENERATED_KEPT"],
  );
  assert.match(none.findings[0]?.object ?? "", /table public.app_log/);

  await p.edit("src/schema/users.ts", 'name: text("name")', 'name: text("name").notNull().default("?"),\n  phone: text("phone")');
  // A column that nobody declared could be the new one under an old name; the answer is asked for once.
  const error = await failureOf(p.generate({ name: "phone" }), "MIGRATE_RENAME_UNDECIDED");
  assert.match(error.detail ?? "", /--keep users.nick/);
  const made = await p.generate({ name: "phone", keep: ["users.nick"] });
  assert.match(
    await p.text("migrations/003_phone.sql"),
    /^-- Description: generated from drizzle \(money.ts, users.ts\); keeps users.nick$/m,
  );
  assert.doesNotMatch(made.up ?? "", /DROP|storage/i);
  await p.up();
  const after = await objectsIn(p.session1, ...kinds);
  assert.deepEqual(
    before.filter((name) => !after.includes(name)),
    [],
  );
  assert.deepEqual(
    after.filter((name) => !before.includes(name)),
    ["column public.users.phone"],
  );
  await p.it.migrate.down();
  assert.equal(await p.fingerprint(), fingerprint);

  await p.edit("src/schema/users.ts", '  phone: text("phone")', '  phone: text("phone"),\n  city: text("city")');
  assert.equal((await p.generate({ name: "city" })).up, "ALTER TABLE public.users ADD COLUMN city text;");
});

test("a renamed table keeps its policy, trigger, comment and grant; its own column is dropped only when told to", async (t) => {
  const p = await withHandmade(t);
  await p.edit("src/schema/users.ts", 'pgTable("users"', 'pgTable("people"');
  const made = await p.generate({ name: "people", rename: ["users=people"] });
  assert.doesNotMatch(made.up ?? "", /DROP/);
  await p.up();
  const now = await objectsIn(p.session1, ...kinds);
  for (const name of [
    "policy public.people.own",
    "trigger public.people.users_touch",
    "comment table public.people",
    "grant table public.people to public",
    "column public.people.nick",
  ])
    assert.ok(now.includes(name), name);
  const dropped = await p.generate({ name: "nick", drop: ["people.nick"] });
  assert.match(dropped.up ?? "", /ALTER TABLE public.people DROP COLUMN nick;/);
  await failureOf(p.generate({ name: "none", drop: ["people.nobody"] }), "MIGRATE_NOT_THERE");
});

/** What migrations written by hand made, and the schema does not know, survives; and what only looks unknown is asked about. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { failureOf } from "../support/migrate-project.ts";
import { type Declared, declared, filesIn, objectsIn, savingsClub } from "./support.ts";

const byHand = `-- Up migration
create function public.touch() returns trigger language plpgsql as $$ begin new.created_at := now(); return new; end $$;
create trigger users_touch before update on users for each row execute function public.touch();
alter table users enable row level security;
alter table users force row level security;
create policy own on users using (email = current_user);
comment on table users is 'people';
comment on column users.email is 'where letters go';
grant select on users to public;
create view grown as select id, email from users where age > 18;
create materialized view counts as select count(*) from wallets;
create index users_cover on users (email) include (age);
alter table users add column nick text collate "C";
alter table savings_plans add constraint no_overlap exclude using btree (goal with =);
alter table wallets alter constraint wallets_owner_users_id_fk deferrable initially deferred;
alter table users alter column name set storage external;
alter table users alter column name set statistics 500;
create table app_log (id int primary key, at timestamptz default now());
create table events (id int, at date) partition by range (at);
create table events_1 partition of events for values from ('2020-01-01') to ('2021-01-01');
create domain positive as int check (value > 0);
-- Down migration
`;

const kinds = [
  "function",
  "trigger",
  "policy",
  "comment",
  "grant",
  "view",
  "materialized view",
  "index",
  "constraint",
  "table",
  "domain",
  "column",
];

async function withHandmade(t: Parameters<typeof declared>[0]): Promise<Declared> {
  const p = await declared(t, savingsClub);
  await p.generate({ name: "first" });
  await p.write({ "002_by_hand.sql": byHand });
  await p.up();
  return p;
}

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

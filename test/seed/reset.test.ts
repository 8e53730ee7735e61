/** `seed reset` empties the application's tables and nothing else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { failureOf } from "../support/migrate-project.ts";
import { seedProject, stewardIn } from "../support/seed-project.ts";

const schema = `
  create table users (id serial primary key, email text unique); create table posts (id serial primary key, user_id int not null references users);
  create schema shop; create table shop."Orders" (id int); create table parted (id int) partition by list (id); create table p1 partition of parted for values in (1);
  create table _prisma_migrations (id int); create table schema_migrations (version text); create schema auth; create table auth.users (id int);
  create view v as select * from users; create schema supabase_migrations; create table supabase_migrations.schema_migrations (version text);
  insert into users (email) values ('mine'); insert into posts (user_id) values (1); insert into shop."Orders" values (1); insert into parted values (1);
  insert into _prisma_migrations values (1); insert into schema_migrations values ('1'); insert into auth.users values (1);`;
const files = {
  "001_users.ts": 'export async function seedUsers(seed) { await seed.upsert("users", [{ email: "a" }], { key: ["email"] }); }',
};
const emptied = ["users", "posts", 'shop."Orders"', "parted"] as const;
const kept = ["_prisma_migrations", "schema_migrations", "auth.users"] as const;

test("in one statement, with its sequences; histories of migrations and a platform's schemas stay", async (t) => {
  const p = await seedProject(t, schema, files);
  const { seed } = await stewardIn(p, "development");
  await seed.run();
  const dry = await seed.reset({}, { dryRun: true });
  assert.deepEqual(dry.result.tables, ["public.parted", "public.posts", "public.users", "shop.Orders"]);
  assert.equal(
    dry.plan.steps[0]?.sql,
    'truncate table "public"."parted", "public"."posts", "public"."users", "shop"."Orders" restart identity;',
  );
  assert.equal((await p.content(...emptied)).length, 5);
  await seed.reset();
  assert.deepEqual(await p.content(...emptied), []);
  assert.equal((await p.content(...kept)).length, 3);
  assert.deepEqual(
    (await seed.status()).data.seeders.map(({ state }) => state),
    ["pending"],
  );
  await p.session2.script("insert into users (email) values ('next')");
  assert.deepEqual(await p.rows("select id from users"), [{ id: 1 }]);
});

test("--run seeds again, also what would be skipped otherwise", async (t) => {
  const p = await seedProject(t, schema, { ...files, "002_more.sql": "insert into users (email) values ('b')" });
  const { seed } = await stewardIn(p, "development");
  await seed.run();
  const { result } = await seed.reset({ run: true });
  assert.deepEqual(
    result.run?.seeders.map(({ name, inserted }) => [name, inserted]),
    [
      ["001_users", 1],
      ["002_more", 1],
    ],
  );
  assert.deepEqual(await p.rows("select id, email from users order by 1"), [
    { id: 1, email: "a" },
    { id: 2, email: "b" },
  ]);
});

test("--except leaves a table, unless it refers to one that goes; a wrong name is refused", async (t) => {
  const p = await seedProject(t, schema, files);
  const { seed } = await stewardIn(p, "development");
  assert.equal((await failureOf(seed.reset({ except: ["posts"] }), "SEED_RESET_REFERENCED")).detail, "public.posts refers to public.users");
  assert.match((await failureOf(seed.reset({ except: ["pots"] }), "SEED_TABLE_UNKNOWN")).hint ?? "", /posts/);
  await seed.reset({ except: ["posts", "public.users"] });
  assert.deepEqual((await p.content("users", "posts")).length, 2);
  assert.deepEqual(await p.content("parted"), []);
});

test("says which tables have rows that migrations may have written", async (t) => {
  const p = await seedProject(t, schema, files);
  await p.write({ "001_x.sql": "insert into users (email) values ('x');\n-- Down migration\ndelete from parted;" });
  const { findings } = await (await stewardIn(p, "development")).seed.reset({}, { dryRun: true });
  assert.deepEqual(
    findings.map(({ code, object, hint }) => [code, object, hint]),
    [["SEED_RESET_MIGRATED", "public.users", "--except users keeps them"]],
  );
});

test("in production needs the database's name", async (t) => {
  const p = await seedProject(t, schema, files);
  const { seed } = await stewardIn(p, "production");
  await failureOf(seed.reset({}, { yes: true }), "GUARD_CONFIRMATION_NEEDED");
  assert.equal((await p.content("users")).length, 1);
  await seed.reset({}, { confirm: p.name });
  assert.equal((await p.content("users")).length, 0);
});

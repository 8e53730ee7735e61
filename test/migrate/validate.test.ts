/** `validate`: the live catalog against what the files make, object by object; it never proposes to start over. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { failureOf, project } from "../support/migrate-project.ts";
import { freshDatabase, onServer } from "../support/migrate-server.ts";

/** A schema with one of everything, made in every way that the room knows. */
const files = {
  "001_types.sql":
    "create type mood as enum ('ok'); create domain positive as int check (value > 0);\ncreate extension if not exists citext;",
  "002_tables.sql": `create table users (id bigint generated always as identity primary key, email citext not null unique, mood mood default 'ok');
create table posts (id bigint primary key, user_id bigint not null references users, n positive, title text);
comment on table posts is 'what users write';
alter table posts enable row level security;
create policy own on posts for all using (user_id > 0) with check (user_id > 0);
create view titles with (security_invoker = true) as select title from posts;
create function f(a int) returns int language sql immutable as $$ select a + 1 $$;
create function touch() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger touch before update on posts for each row execute function touch();
create table spare (id int);
create sequence s start 5;
create materialized view counts as select count(*) as n from posts;`,
  "003_enum.sql": "alter type mood add value 'great';\nupdate users set mood = 'great';",
  "004_indexes.sql":
    "set search_path = public;\ncreate index concurrently posts_user on posts (user_id);\ncreate index concurrently posts_title on posts (lower(title));\nvacuum posts;",
  "005_roles.sql":
    "do $$ begin if not exists (select from pg_roles where rolname = 'pgsteward_reader') then create role pgsteward_reader; end if; end $$;\ngrant select on users to pgsteward_reader;\ngrant pg_monitor to pgsteward_reader;\ncreate policy readers on posts for select to pgsteward_reader using (true);",
  "006_data.ts":
    'import assert from "node:assert/strict";\nexport async function up(session) { await session.query("alter table users add column from_script int"); assert.ok(true); }',
  "007_backfill.sql": "-- pgsteward: no-transaction\ndo $$ begin update users set from_script = 1; commit; end $$;",
  "008_parted.sql": `create table parted (id int) partition by list (id); create table parted_1 partition of parted for values in (1); create table parted_2 partition of parted for values in (2);
alter table parted detach partition parted_2 concurrently;`,
};

/** What somebody did by hand, one after the other, and the object that must be named. */
const drifts: Readonly<Record<string, readonly [sql: string, object: RegExp]>> = {
  "a new table": ["create table stray (id int)", /table public\.stray/],
  "a dropped table": ["drop table spare", /public\.spare/],
  "a dropped view": ["drop materialized view counts", /public\.counts/],
  "a new column": ["alter table users add column extra int", /public\.users\.extra/],
  "a column's type": ["alter table posts alter column id type int", /public\.posts\.id/],
  "a column's default": ["alter table users alter mood drop default", /public\.users\.mood/],
  "a missing NOT NULL": ["alter table posts alter user_id drop not null", /public\.posts/],
  "a dropped constraint": ["alter table users drop constraint users_email_key", /users_email_key/],
  "a constraint that is not valid": [
    "alter table posts drop constraint posts_user_id_fkey; alter table posts add constraint posts_user_id_fkey foreign key (user_id) references users not valid",
    /posts_user_id_fkey/,
  ],
  "a dropped index": ["drop index posts_user", /posts_user$/],
  "an index that is not valid": ["update pg_index set indisvalid = false where indexrelid = 'posts_title'::regclass", /posts_title/],
  "a policy": ["alter policy own on posts using (true)", /own/],
  "row level security switched off": ["alter table posts disable row level security", /table public\.posts/],
  "a function's body": [
    "create or replace function f(a int) returns int language sql immutable as $$ select a + 2 $$",
    /public\.f\(integer\)/,
  ],
  "a disabled trigger": ["alter table posts disable trigger touch", /touch/],
  "a view": ["create or replace view titles with (security_invoker = false) as select title from posts", /public\.titles/],
  "an enum's value": ["alter type mood add value 'bad'", /public\.mood/],
  "a domain's check": ["alter domain positive drop constraint positive_check", /public\.positive/],
  "a sequence": ["alter sequence s increment 2", /public\.s/],
  "an extension": ["create extension hstore", /hstore/],
  "a grant": ["grant delete on users to pgsteward_reader", /public\.users to pgsteward_reader/],
  "a comment": ["comment on table posts is 'otherwise'", /public\.posts/],
};

test("a database that the files made is clean, and every kind of drift is seen and named", async (t) => {
  const p = await project(t, files);
  const steward = await p.steward();
  await steward.migrate.up();
  const clean = await steward.migrate.validate();
  assert.deepEqual(clean.findings, []);
  assert.equal(clean.ok, true);
  assert.match(clean.data.catalog, /^in step \(compared on scratch .* 18/);
  await steward.close();
  const copy = await freshDatabase(t, { template: p.name });
  await onServer(copy.url, async (session) => {
    for (const [change] of Object.values(drifts)) await session.script(change);
  });
  const drifted = await p.steward({ url: copy.url });
  const { ok, findings, data } = await drifted.migrate.validate();
  await drifted.close();
  assert.equal(ok, false);
  assert.match(data.catalog, /^differs/);
  for (const [what, [, object]] of Object.entries(drifts))
    assert.ok(
      findings.some(({ code, object: named, facts }) => code === "MIGRATE_DRIFT" && object.test(`${named} ${String(facts?.["name"])}`)),
      `${what}: ${findings.map(({ object }) => object).join(", ")}`,
    );
  assert.equal(findings.length, Object.keys(drifts).length, "each once");
  assert.doesNotMatch(JSON.stringify(findings), /reset/i);
});

test("pending migrations are no drift; what was merged late is replayed in the order of application", async (t) => {
  const p = await project(t, { "001_a.sql": "create table a (id int);", "003_c.sql": "alter table a add column c int;" });
  const { migrate } = await p.steward();
  await migrate.up();
  await p.write({ "002_b.sql": "alter table a add column b int;", "004_d.sql": "create table d (id int);" });
  await migrate.up({ to: "002" });
  const { ok, data } = await migrate.validate();
  assert.deepEqual([ok, data.differences], [true, []]);
});

test("where files and history do not fit, that is said, and nothing is compared", async (t) => {
  const p = await project(t, { "001_a.sql": "create table a (id int);" });
  const { migrate } = await p.steward();
  await migrate.up();
  await p.write({ "001_a.sql": "create table a (id bigint);" });
  const { ok, findings, data } = await migrate.validate();
  assert.equal(ok, false);
  assert.deepEqual(
    findings.map(({ code }) => code),
    ["MIGRATE_CHECKSUM_CHANGED"],
  );
  assert.match(data.catalog, /^not compared: .*001_a is changed/);
});

test("files that do not run on an empty database: told with file and line, the database untouched", async (t) => {
  const p = await project(t, {
    "001_a.sql": "create table a (id int);",
    "002_b.sql": "alter table a add column b int;\nalter table by_hand add column c int;",
  });
  const session = await p.session();
  await session.query("create table by_hand (id int)");
  const { migrate } = await p.steward();
  await migrate.up();
  const error = await failureOf(migrate.validate(), "MIGRATE_SCRATCH_FAILED");
  assert.equal(error.exit, 6);
  assert.equal(error.database, "unchanged");
  assert.match(error.message, /002_b failed at .*002_b\.sql:2: relation "by_hand" does not exist/);
  assert.match(error.hint ?? "", /--no-drift/);
  assert.equal((await migrate.validate({ drift: false })).ok, true);
});

test("schemas that are not ours are left out where the configuration says so", async (t) => {
  const p = await project(t, { "001_a.sql": "create table a (id int);" });
  const session = await p.session();
  await session.script("create schema cron; create table cron.jobs (id int);");
  const { migrate } = await p.steward({ migrate: { ignoreSchemas: ["cron"] } });
  await migrate.up();
  assert.equal((await migrate.validate()).ok, true);
  const strict = await p.steward();
  assert.equal((await strict.migrate.validate()).ok, false);
});

test("what the prelude brings is the platform's: run once before the first migration, and no drift", async (t) => {
  const p = await project(t, { "001_a.sql": "create table a (id uuid default auth.uid());" });
  await p.write({
    "../prelude.sql":
      "create schema if not exists auth; create or replace function auth.uid() returns uuid language sql as $$ select null::uuid $$;",
  });
  const { migrate } = await p.steward({ environment: "development", migrate: { prelude: "prelude.sql" } });
  const { plan } = await migrate.up();
  assert.deepEqual(
    plan.steps.map(({ title }) => title),
    ["prelude", "001_a"],
  );
  assert.equal((await migrate.validate()).ok, true);
  await migrate.down().catch(() => undefined);
  await p.write({ "002_b.sql": "create table b (id int);" });
  assert.deepEqual((await migrate.up()).plan.steps.length, 1, "only before the first");
  const missing = await p.steward({ environment: "development", migrate: { prelude: "nowhere.sql" } });
  await failureOf(missing.migrate.validate(), "MIGRATE_PRELUDE_MISSING");
});

test("the prelude never runs on a database that may be the platform's own", async (t) => {
  const p = await project(t, { "001_a.sql": "create table a (id int);" });
  await p.write({ "../prelude.sql": "create schema auth;" });
  const { migrate } = await p.steward({ environment: "production", migrate: { prelude: "prelude.sql" } });
  assert.equal((await migrate.up({}, { yes: true })).plan.steps.length, 1);
});

test("validate leaves nothing behind: no scratch database, no role, no lock", async (t) => {
  const p = await project(t, {
    "001_role.sql": `create role r_${process.pid}; create table a (id int);`,
    "002_down.sql": `drop role r_${process.pid};`,
  });
  const { migrate, close } = await p.steward();
  await migrate.up();
  const before = await p.fingerprint();
  assert.equal((await migrate.validate()).ok, true);
  await close();
  const session = await p.session();
  assert.equal((await session.query("select 1 from pg_roles where rolname = $1", [`r_${process.pid}`])).rows.length, 0);
  assert.equal(await p.fingerprint(), before);
});

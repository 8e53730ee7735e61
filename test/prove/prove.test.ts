/** `migrate prove` on small folders: verdicts, findings, what is proved by default, and what rows have to do with it. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { render } from "../../src/cli/render.ts";
import { prove } from "../../src/migrate/index.ts";
import { failureOf, project } from "../support/migrate-project.ts";

const file = (up: string, down?: string): string => `-- Up migration\n${up}\n${down === undefined ? "" : `-- Down migration\n${down}\n`}`;
const users = file("create table users (id integer primary key, name text not null, nick text, last text);", "drop table users;");

test("each verdict, with its finding and its line", async (t) => {
  const p = await project(t, {
    "001_users.sql": users,
    "002_drop_nick.sql": file("alter table users drop column nick;", "alter table users add column nick text;"),
    "003_drop_name.sql": file(
      "alter table users drop column name;",
      "-- lossy: the names\nalter table users add column name text not null default 'x';\nalter table users alter column name drop default;",
    ),
    "004_index.sql": file("create index users_id on users (id);", "select 1;"),
    "005_none.sql": file("create table more (id integer);"),
    "006_script.ts": `export async function up(session) { await session.query("insert into users (id, last) values (77, 'seven')"); }
export async function down(session) { await session.query("delete from users where id = 77"); }`,
  });
  const { migrate } = await p.steward();
  const report = await migrate.prove();
  assert.equal(report.ok, false);
  assert.deepEqual(
    report.data.files.map(({ name, verdict }) => `${name} ${verdict}`),
    ["001_users proved", "002_drop_nick lossy", "003_drop_name lossy", "004_index not proved", "005_none no down", "006_script proved"],
  );
  assert.deepEqual(report.data.files[1]?.losses, [{ table: "public.users", column: "nick", kind: "gone", rows: 2, of: 3 }]);
  assert.deepEqual(report.data.files[1]?.lost, ["the values of public.users.nick are lost in 2 of 3 rows"]);
  assert.deepEqual(report.data.files[0]?.reordered, []);
  assert.deepEqual(report.data.files[1]?.reordered, ["public.users"], "nick comes back behind last");
  assert.match(report.data.files[3]?.problems[0] ?? "", /^after down: table public\.users: index public.users_id is unexpected/);
  assert.deepEqual(report.data.chain, { verdict: "cannot be proved", problems: [], reason: "005_none: it has no down section" });
  const codes = report.findings.map(({ code, object, severity }) => `${severity} ${code} ${object}`);
  assert.deepEqual(codes, [
    "warning MIGRATE_LOSSY 002_drop_nick",
    "info MIGRATE_COLUMN_ORDER 002_drop_nick",
    "info MIGRATE_COLUMN_ORDER 003_drop_name",
    "error MIGRATE_NOT_PROVED 004_index",
    "info MIGRATE_NO_DOWN 005_none",
  ]);
  const text = render(prove, report, { dryRun: false } as never, (_, word) => word);
  assert.match(text, /^✓ 001_users {6}proved$/m);
  assert.match(text, /^✓ 002_drop_nick {2}proved but lossy {2}the values of public\.users\.nick are lost in 2 of 3 rows$/m);
  assert.match(text, /^✗ 004_index {6}not proved {8}after down: table public\.users: index public.users_id is unexpected$/m);
  assert.match(text, /^· 005_none {7}no down {11}it has no down section$/m);
  assert.match(text, /all up, all down, all up: cannot be proved \(005_none: it has no down section\), on scratch postgres \d+\.\d+$/);
});

test("by default the pending ones, or all where none is; by name, or all", async (t) => {
  const p = await project(t, { "001_users.sql": users, "002_b.sql": file("create table b (id integer);", "drop table b;") });
  const { migrate } = await p.steward();
  const names = async (options?: Parameters<typeof migrate.prove>[0]): Promise<string[]> =>
    (await migrate.prove(options)).data.files.map(({ name }) => name);
  await migrate.up({ to: "001" });
  assert.deepEqual(await names(), ["002_b"]);
  assert.deepEqual(await names({ all: true }), ["001_users", "002_b"]);
  assert.deepEqual(await names({ names: ["1"] }), ["001_users"]);
  await migrate.up();
  assert.deepEqual(await names(), ["001_users", "002_b"]);
  await failureOf(migrate.prove({ names: ["9"] }), "MIGRATE_UNKNOWN_VERSION");
  await failureOf(migrate.prove({ rows: -1 }), "INPUT_INVALID");
  assert.deepEqual((await migrate.prove({ rows: 0 })).data.chain.verdict, "proved");
});

test("a file that does not run on the rows is proved on those that it runs on, and that is said", async (t) => {
  const p = await project(t, {
    "001_users.sql": users,
    "002_required.sql": file("alter table users add column mail text not null;", "alter table users drop column mail;"),
    "003_nick.sql": file("alter table users alter column nick set not null;", "alter table users alter column nick drop not null;"),
    "004_short.sql": file("alter table users alter column nick type varchar(20);", "alter table users alter column nick type text;"),
    "005_number.sql": file(
      "alter table users alter column nick type integer using nick::integer;",
      "alter table users alter column nick type varchar(20);",
    ),
  });
  const { migrate } = await p.steward();
  const { data, findings, ok } = await migrate.prove();
  assert.equal(ok, true);
  assert.deepEqual(
    data.files.map(({ verdict }) => verdict),
    ["proved", "proved", "proved", "proved", "proved"],
  );
  assert.deepEqual(
    data.files.map(({ emptied }) => emptied.map(({ table }) => table)),
    [[], ["public.users"], [], [], []],
  );
  const [refused] = findings;
  assert.equal(refused?.code, "MIGRATE_ROWS_REFUSED");
  assert.match(refused?.message ?? "", /does not run with the rows that were tried in public\.users: .*contains null values/);
});

test("a down that fails where there are rows is not proved", async (t) => {
  const p = await project(t, {
    "001_users.sql": users,
    "002_name.sql": file("alter table users drop column name;", "alter table users add column name text not null;"),
  });
  const { data } = await (await p.steward()).migrate.prove();
  assert.equal(data.files[1]?.verdict, "not proved");
  assert.match(data.files[1]?.problems[0] ?? "", /^down fails: .*002_name\.sql:4: column "name" of relation "users" contains null values/);
});

test("what the engine lacks cannot be proved, nor what builds on it", async (t) => {
  const p = await project(t, {
    "001_users.sql": users,
    "002_gis.sql": file("create extension postgis_of_mars;", "drop extension postgis_of_mars;"),
    "003_more.sql": file("create table more (id integer);", "drop table more;"),
  });
  const { ok, data, findings } = await (await p.steward()).migrate.prove();
  assert.equal(ok, true, "bad news of the engine is no verdict on the file");
  assert.deepEqual(
    data.files.map(({ verdict }) => verdict),
    ["proved", "cannot be proved", "cannot be proved"],
  );
  assert.equal(data.files[1]?.reason, "no engine here offers the extension postgis_of_mars");
  assert.match(data.files[2]?.reason ?? "", /^it builds on 002_gis, which fails here/);
  assert.deepEqual(
    findings.map(({ code }) => code),
    ["MIGRATE_UNPROVABLE", "MIGRATE_UNPROVABLE"],
  );
});

test("a table without rows is named once", async (t) => {
  const p = await project(t, {
    "001_never.sql": file("create table never (id integer check (false));", "drop table never;"),
    "002_a.sql": file("create table a (id integer);", "drop table a;"),
    "003_b.sql": file("create table b (id integer);", "drop table b;"),
  });
  const { findings, ok } = await (await p.steward()).migrate.prove();
  assert.equal(ok, true);
  assert.deepEqual(
    findings.map(({ code, object }) => `${code} ${object}`),
    ["MIGRATE_ROWS_MISSING public.never"],
  );
});

test("what runs outside a transaction, roles, temporary tables and settings do not disturb the proof", async (t) => {
  const role = `prove_role_${process.pid}`;
  const p = await project(t, {
    "001_users.sql": users,
    "002_concurrently.sql": file("create index concurrently users_nick on users (nick);", "drop index concurrently users_nick;"),
    "003_role.sql": file(
      `create role ${role}; grant select on users to ${role};`,
      `revoke select on users from ${role}; drop role ${role};`,
    ),
    "004_temporary.sql": file("create temporary table t (id integer); insert into t values (1);", "select 1;"),
    "005_settings.sql": file(
      "set search_path = pg_temp, public; create table s (id integer);",
      "drop table public.s; deallocate all;",
    ).replace("pg_temp, ", ""),
    "006_enum.sql": file(
      "create type mood as enum ('a'); alter type mood add value 'b'; create table m (m mood default 'b');",
      "drop table m; drop type mood;",
    ),
    "007_value.sql": file(
      "alter type mood add value 'c';",
      "alter type mood rename to old; create type mood as enum ('a', 'b'); alter table m alter m drop default; alter table m alter m type mood using m::text::mood; alter table m alter m set default 'b'; drop type old;",
    ),
    "008_value_used.sql": file(
      "alter table m alter m set default 'c'; create index on m (m) where m > 'b';",
      "drop index m_m_idx; alter table m alter m set default 'b';",
    ),
  });
  const steward = await p.steward();
  const { data } = await steward.migrate.prove();
  assert.deepEqual(
    data.files.map(({ verdict, problems, reason }) => [verdict, ...problems, ...(reason === null ? [] : [reason])].join()),
    Array.from({ length: 8 }, () => "proved"),
  );
  assert.deepEqual(data.chain.problems, []);
  const session = await p.session();
  const { rows } = await session.query(`select rolname from pg_roles where rolname = '${role}'`);
  assert.deepEqual(rows, [], "everything was taken back");
});

test("a role of the live server is neither made nor dropped by the proof", async (t) => {
  const role = `prove_live_${process.pid}`;
  const p = await project(t, { "001_role.sql": file(`create role ${role};`, `drop role ${role};`) });
  const { migrate } = await p.steward();
  await migrate.up();
  assert.equal((await migrate.prove({ all: true })).data.files[0]?.verdict, "proved");
  await migrate.down();
});

test("a chain that its files do not show is found", async (t) => {
  const p = await project(t, {
    "001_a.sql": file("create table if not exists a (id integer);", "drop table if exists a;"),
    "002_b.sql": file("create table b (id integer);", "drop table b;"),
  });
  const { data } = await (await p.steward()).migrate.prove();
  assert.deepEqual(data.chain, { verdict: "proved", problems: [], reason: null });
});

test("what a migration does to the platform's own schemas has to be undone too", async (t) => {
  const trigger = "create trigger on_signup after insert on auth.users for each row execute function welcome();";
  const up = `create function welcome() returns trigger language plpgsql as $$ begin return new; end $$; ${trigger}`;
  const p = await project(t, {
    "001_right.sql": file(up, "drop trigger on_signup on auth.users; drop function welcome();"),
    "002_wrong.sql": file("alter table auth.users enable row level security;", "select 1;"),
  });
  await writeFile(
    join(p.dir, "prelude.sql"),
    "create schema if not exists auth; create table if not exists auth.users (id uuid primary key);",
  );
  const { data } = await (await p.steward({ migrate: { prelude: "prelude.sql" } })).migrate.prove();
  assert.deepEqual(
    data.files.map(({ verdict }) => verdict),
    ["proved", "not proved"],
  );
  assert.match(data.files[1]?.problems[0] ?? "", /auth\.users/);
});

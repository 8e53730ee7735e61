/** What cannot run in a transaction: recognised, run as a step of its own, recorded. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { project } from "../support/migrate-project.ts";

const base = "create table a (id int, name text); insert into a select i, 'n' || i from generate_series(1, 100) i;";

/** The statement alone in a file after `base`, with what must hold afterwards. */
const statements: Readonly<Record<string, readonly [sql: string, holds: string]>> = {
  "CREATE INDEX CONCURRENTLY": [
    "create index concurrently a_id on a (id);",
    "select indisvalid from pg_index where indexrelid = 'a_id'::regclass",
  ],
  "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS": [
    'create unique index concurrently if not exists "A id" on only public.a using btree (id);',
    `select indisvalid from pg_index where indexrelid = '"A id"'::regclass`,
  ],
  "an index without a name": [
    "create index concurrently on a (name);",
    "select indisvalid from pg_index where indexrelid = 'a_name_idx'::regclass",
  ],
  "DROP INDEX CONCURRENTLY": [
    "create index a_id on a (id);\ndrop index concurrently if exists a_id;",
    "select to_regclass('a_id') is null",
  ],
  "REINDEX INDEX CONCURRENTLY": [
    "create index a_id on a (id);\nreindex index concurrently a_id;",
    "select count(*) = 1 from pg_index where indrelid = 'a'::regclass",
  ],
  "REINDEX (CONCURRENTLY) TABLE": [
    "create index a_id on a (id);\nreindex (concurrently) table a;",
    "select count(*) = 1 from pg_index where indrelid = 'a'::regclass",
  ],
  "REINDEX SCHEMA": ["reindex schema public;", "select true"],
  VACUUM: ["vacuum (analyze) a;", "select reltuples = 100 from pg_class where oid = 'a'::regclass"],
  "VACUUM of everything": ["vacuum;", "select true"],
  "ALTER TYPE … ADD VALUE used at once": [
    "create type unrelated as enum ('x');\nalter type mood add value 'great' after 'ok';\ninsert into moods values ('great');",
    "select count(*) = 1 from moods where mood = 'great'",
  ],
  "ALTER TYPE … ADD VALUE used in a default and a function": [
    "alter type mood add value if not exists 'great';\nalter table moods alter mood set default 'great';\ncreate function f() returns mood language sql as $$ select 'great'::mood $$;",
    "select f() = 'great'",
  ],
  "ALTER TYPE … ADD VALUE not used": [
    "alter type mood add value 'bad';",
    "select count(*) = 2 from pg_enum where enumtypid = 'mood'::regtype",
  ],
  "DETACH PARTITION CONCURRENTLY": [
    "alter table parted detach partition parted_1 concurrently;",
    "select not exists (select 1 from pg_inherits where inhrelid = 'parted_1'::regclass)",
  ],
  CLUSTER: ["cluster;", "select true"],
  "CALL that commits, asked for": [
    "-- pgsteward: no-transaction\ncreate procedure p() language plpgsql as $$ begin insert into a values (101, 'p'); commit; insert into a values (102, 'p'); commit; end $$;\ncall p();",
    "select count(*) = 102 from a",
  ],
  "DO that commits, asked for": [
    "-- pgsteward: no-transaction\ndo $$ begin for i in 1..3 loop insert into a values (200 + i, 'd'); commit; end loop; end $$;",
    "select count(*) = 103 from a",
  ],
  "a mixed file": [
    "alter table a add column extra int;\ncreate index concurrently a_extra on a (extra);\ninsert into a (id) values (500);\nvacuum a;\nalter table a add constraint extra_positive check (extra > 0);",
    "select count(*) = 101 from a",
  ],
  "BEGIN and COMMIT in a file": [
    "begin;\ninsert into a (id) values (501);\ncommit;\nstart transaction;\ninsert into a (id) values (502);\nend;\ninsert into a (id) values (503);",
    "select count(*) = 103 from a",
  ],
  "comments between": [
    "-- a comment; with a semicolon\ncreate /* inner */ index -- outer\n  concurrently a_id on a (id) /* tail */;\n-- end",
    "select indisvalid from pg_index where indexrelid = 'a_id'::regclass",
  ],
};

const before = `${base}
create type mood as enum ('ok'); create table moods (mood mood);
create table parted (id int) partition by list (id); create table parted_1 partition of parted for values in (1);`;

test("each kind of statement", async (t) => {
  const p = await project(t);
  const { migrate } = await p.steward();
  const session = await p.session();
  for (const [i, [what, [text, holds]]] of Object.entries(statements).entries()) {
    await t.test(what, async () => {
      await session.script(`drop schema public cascade; create schema public; ${before}`);
      const name = `${String(i + 1).padStart(3, "0")}_it`;
      await p.write({ [`${name}.sql`]: text });
      assert.deepEqual((await migrate.up()).result.applied, [name]);
      const { rows } = await session.query(holds);
      assert.equal(Object.values(rows[0] ?? {})[0], true);
      assert.equal((await migrate.status()).ok, true);
    });
  }
  const { rows: left } = await session.query(
    "select state, step_open from pgsteward.migration where state <> 'applied' or step_open is not null",
  );
  assert.deepEqual(left, []);
});

test("CREATE DATABASE, and its DROP in the down", async (t) => {
  const p = await project(t);
  const other = `${p.name}_other`;
  await p.write({ "001_other.sql": `create database ${other};\n-- Down migration\ndrop database ${other};` });
  const { migrate } = await p.steward();
  const session = await p.session();
  const there = async (): Promise<number> => (await session.query("select 1 from pg_database where datname = $1", [other])).rows.length;
  await migrate.up();
  assert.equal(await there(), 1);
  await migrate.down();
  assert.equal(await there(), 0);
});

test("a down outside a transaction: undone step by step, and applied again", async (t) => {
  const p = await project(t, {
    "001_a.sql": `${base}\ncreate index concurrently a_id on a (id);\n-- Down migration\ndrop index concurrently a_id;\nvacuum a;\ndrop table a;`,
  });
  const { migrate } = await p.steward();
  const empty = await p.fingerprint();
  await migrate.up();
  const full = await p.fingerprint();
  const { plan } = await migrate.down();
  assert.deepEqual(
    plan.steps.map(({ title, transaction }) => [title, transaction]),
    [
      ["undo 001_a (1/3)", "none"],
      ["undo 001_a (2/3)", "none"],
      ["undo 001_a (3/3)", "own"],
    ],
  );
  assert.equal(await p.fingerprint(), empty);
  await migrate.up();
  assert.equal(await p.fingerprint(), full);
});

/** What a migration file may look like: markers of every style, pairs, headers, empty sections, line ends, scripts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { failureOf, project, toCrlf } from "../support/migrate-project.ts";

/** Files that create a table m and drop it again. */
const styles: Readonly<Record<string, string>> = {
  "the reference documents'": "-- Up migration\ncreate table m (id int);\n-- Down migration\ndrop table m;\n",
  "with a title above":
    "-- Migration: m\n-- Description: d\n\n-- Up Migration\ncreate table m (id int);\n\n-- Down Migration\ndrop table m;\n",
  loud: "-- UP MIGRATION\ncreate table m (id int);\n-- DOWN MIGRATION\ndrop table m;\n",
  "with dashes": "---- Up migration ----\ncreate table m (id int);\n---- Down migration ----\ndrop table m;\n",
  tight: "--up migration\ncreate table m (id int);\n--down migration\ndrop table m;",
  indented: "  -- Up migration\n  create table m (id int);\n  -- Down migration\n  drop table m;\n",
  "only the down": "create table m (id int);\n-- Down migration\ndrop table m;\n",
  rollback: "create table m (id int);\n-- Rollback migration\ndrop table m;\n",
  "dbmate's": "-- migrate:up\ncreate table m (id int);\n\n-- migrate:down\ndrop table m;\n",
  "goose's": "-- +goose Up\ncreate table m (id int);\n\n-- +goose Down\ndrop table m;\n",
};

test("markers of every style, with LF and with CRLF", async (t) => {
  const p = await project(t);
  const { migrate } = await p.steward();
  const empty = await p.fingerprint();
  for (const [style, text] of Object.entries(styles)) {
    for (const [ends, files] of Object.entries({ LF: { "001_m.sql": text }, CRLF: toCrlf({ "001_m.sql": text }) })) {
      await t.test(`${style}, ${ends}`, async () => {
        await p.write(files);
        await migrate.up();
        assert.notEqual(await p.fingerprint(), empty);
        assert.equal((await migrate.status()).data.migrations[0]?.reversible, true);
        await migrate.down();
        assert.equal(await p.fingerprint(), empty);
      });
    }
  }
});

test("words that only look like markers are text", async (t) => {
  const text = "-- This is an up migration of sorts\n-- Down migrations are for cowards: none here\ncreate table m (id int);\n";
  const p = await project(t, { "001_m.sql": text });
  const { migrate } = await p.steward();
  await migrate.up();
  assert.equal((await migrate.status()).data.migrations[0]?.reversible, false);
});

test("a marker inside a function's body or a string is no marker", async (t) => {
  const body = "create function f() returns text language sql as $$\nselect 'x'\n-- Down migration notes stay in the body\n$$;\n";
  const p = await project(t, { "001_m.sql": `${body}-- Down migration\ndrop function f();\n` });
  const { migrate } = await p.steward();
  await failureOf(migrate.up(), "MIGRATE_MARKERS");
});

for (const text of [
  "-- Up migration\nselect 1;\n-- Up migration\nselect 2;\n",
  "-- Down migration\nselect 1;\n-- Up migration\nselect 2;\n",
  "-- Up migration\n-- Down migration\n-- Down migration\n",
]) {
  test(`markers that cannot be told apart are refused: ${text.replaceAll("\n", " ")}`, async (t) => {
    const p = await project(t, { "001_m.sql": text });
    const { migrate } = await p.steward();
    const error = await failureOf(migrate.up(), "MIGRATE_MARKERS");
    assert.equal(error.exit, 2);
    assert.match(error.message, /001_m\.sql:\d/);
  });
}

test("a migration in two files, .up.sql and .down.sql", async (t) => {
  const p = await project(t, {
    "001_m.up.sql": "create table m (id int);",
    "001_m.down.sql": "drop table m;",
    "002_n.up.sql": "create table n ();",
  });
  const { migrate } = await p.steward();
  assert.deepEqual((await migrate.up()).result.applied, ["001_m", "002_n"]);
  const { migrations } = (await migrate.status()).data;
  assert.deepEqual(
    migrations.map(({ name, reversible }) => [name, reversible]),
    [
      ["001_m", true],
      ["002_n", false],
    ],
  );
  await failureOf(migrate.down(), "MIGRATE_DOWN_MISSING");
  await p.write({ "002_n.down.sql": "drop table n;" });
  assert.deepEqual((await migrate.down({ steps: 2 })).result.reverted, ["002_n", "001_m"]);
});

test("a .down.sql without its .up.sql is not lost silently", async (t) => {
  const p = await project(t, { "001_m.up.sql": "create table m (id int);", "002_n.down.sql": "drop table n;" });
  const { migrate } = await p.steward();
  await failureOf(migrate.up(), "MIGRATE_DOWN_ALONE");
});

test("the header's title and description go into status and history", async (t) => {
  const text = "-- Migration: make the first table\n-- Description: because   we need one\n-- Author: me\n\ncreate table m (id int);";
  const p = await project(t, { "001_m.sql": text });
  const { migrate } = await p.steward();
  assert.equal((await migrate.status()).data.migrations[0]?.title, "make the first table");
  await migrate.up();
  const session = await p.session();
  const { rows } = await session.query("select title, description from pgsteward.migration");
  assert.deepEqual(rows, [{ title: "make the first table", description: "because   we need one" }]);
});

test("a header is read from the top of the file only, with CRLF too", async (t) => {
  const p = await project(t, {
    "001_m.sql": "-- Migration: top\r\n\r\n-- Up migration\r\nselect 1;\r\n",
    "002_n.sql": "select 1;\n-- Migration: not a header\n",
    "003_o.sql": "-- Up migration\n-- Migration: below the marker\nselect 1;",
  });
  const { migrate } = await p.steward();
  assert.deepEqual(
    (await migrate.status()).data.migrations.map(({ title }) => title),
    ["top", null, "below the marker"],
  );
});

test("empty sections are applied and undone like any other", async (t) => {
  const files = {
    "001_a.sql": "",
    "002_b.sql": "-- Up migration\n\n-- Down migration\n",
    "003_c.sql": "-- only words\n/* and more */\n;;\n",
  };
  const p = await project(t, files);
  const { migrate } = await p.steward();
  assert.deepEqual((await migrate.up()).result.applied, ["001_a", "002_b", "003_c"]);
  assert.equal((await migrate.status()).ok, true);
  await p.remove("003_c.sql");
  await migrate.repair();
  assert.deepEqual((await migrate.down()).result.reverted, ["002_b"]);
  await failureOf(migrate.down(), "MIGRATE_DOWN_MISSING");
});

test("a file may end in a comment, without a semicolon, with a byte order mark", async (t) => {
  const p = await project(t, {
    "001_a.sql": "create table a (id int) -- no end",
    "002_b.sql": "\ufeff-- Up migration\ncreate table b (id int);\n/* the end */ -- really",
    "003_c.sql": "create table c (id int);\n-- Down migration\ndrop table c -- gone",
  });
  const { migrate } = await p.steward();
  assert.equal((await migrate.up()).result.applied.length, 3);
  assert.deepEqual((await migrate.down()).result.reverted, ["003_c"]);
});

test("what a file sets for its session does not reach the next one", async (t) => {
  const p = await project(t, {
    "001_a.sql": "create schema other; set search_path = other; set role pg_monitor; reset role; set standard_conforming_strings = off;",
    "002_b.sql": "create table b (id int, c text default 'a\\b');",
    "003_c.sql": "select pg_catalog.set_config('search_path', 'other', false);",
    "004_d.sql": "create table d (id int);",
    "005_e.sql": "do $$ begin perform set_config('search_path', 'other', false); end $$;",
    "006_f.sql": "create table f (id int);",
    "007_g.ts": 'export async function up(session) { await session.query("set search_path = other"); }',
    "008_h.sql": "create table h (id int);",
  });
  const { migrate } = await p.steward();
  await migrate.up();
  const session = await p.session();
  const { rows } = await session.query(
    "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1",
  );
  assert.deepEqual(
    rows.map(({ name }) => name as string),
    ["b", "d", "f", "h"],
  );
  const { rows: defaults } = await session.query("select column_default as value from information_schema.columns where column_name = 'c'");
  assert.equal(defaults[0]?.["value"], "'a\\b'::text");
});

test("our own session settings outlive a file that resets its session", async (t) => {
  const p = await project(t, {
    "001_a.sql": "set local work_mem = '8MB'; create table a (id int);",
    "002_b.sql": "create table b (id int);",
  });
  const session = await p.session();
  await session.script(`alter database ${p.name} set datestyle = 'SQL, DMY'; alter database ${p.name} set intervalstyle = 'iso_8601'`);
  const { migrate } = await p.steward();
  await migrate.up();
  const { data } = await migrate.status();
  assert.equal(data.migrations[0]?.appliedAt?.slice(0, 2), "20", "timestamps are still read");
  const { events } = (await migrate.history()).data;
  assert.ok(events.every(({ at }) => !Number.isNaN(at.getTime())));
});

test("quotes, backslashes, umlauts and emoji in files, names and headers arrive as they are", async (t) => {
  const text =
    "-- Migration: it's \\ 'fine' – ünï 🐘\ncreate table \"ta'ble\" (c text default 'a\\b'' 🐘');\n-- Down migration\ndrop table \"ta'ble\";";
  const p = await project(t, { "001_it's_ünï.sql": text });
  const { migrate } = await p.steward();
  await migrate.up();
  const session = await p.session();
  const { rows } = await session.query("select name, title, down_sql from pgsteward.migration");
  assert.deepEqual(rows, [{ name: "001_it's_ünï", title: "it's \\ 'fine' – ünï 🐘", down_sql: 'drop table "ta\'ble";' }]);
  const { rows: defaults } = await session.query("select column_default as value from information_schema.columns where column_name = 'c'");
  assert.equal(defaults[0]?.["value"], "'a\\b'' 🐘'::text");
  assert.deepEqual((await migrate.down()).result.reverted, ["001_it's_ünï"]);
});

test("what is no migration is left alone", async (t) => {
  const p = await project(t, {
    "001_a.sql": "create table a (id int);",
    "README.md": "",
    ".002_hidden.sql": "broken",
    "_draft.sql": "broken",
    "types.d.ts": "broken",
    "001_a.test.ts": "broken",
    "schema.json": "{}",
  });
  const { migrate } = await p.steward();
  assert.deepEqual((await migrate.up()).result.applied, ["001_a"]);
});

test("psql's commands, a ROLLBACK and COPY data are refused with file and line", async (t) => {
  const p = await project(t);
  const { migrate } = await p.steward();
  for (const [text, code] of [
    ["create table a (id int);\n\\i other.sql\n", "MIGRATE_PSQL_COMMAND"],
    ["begin;\nrollback;\n", "MIGRATE_ROLLBACK_IN_FILE"],
    ["create table a (id int);\ncopy a from stdin;\n1\n\\.\n", "MIGRATE_COPY_STDIN"],
  ] as const) {
    await p.write({ "001_a.sql": text });
    const error = await failureOf(migrate.up(), code);
    assert.match(error.message, /001_a\.sql:2/);
    assert.equal(error.exit, 2);
  }
  await p.write({ "001_a.sql": "\\restrict abc\ncreate table a (id int);\nsavepoint s; rollback to s;\n\\unrestrict abc\n" });
  assert.deepEqual((await migrate.up()).result.applied, ["001_a"]);
});

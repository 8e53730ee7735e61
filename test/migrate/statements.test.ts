/** What cannot run in a transaction: the server is asked, and the tokenizer has to know the same. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sqlstate } from "../../src/core/errors.ts";
import { splitStatements, type Statement } from "../../src/core/sql-text.ts";
import { segmentsOf } from "../../src/migrate/segments.ts";
import { changesSettings } from "../../src/migrate/settings.ts";
import { addedEnumValue, bareKind, enumValuesUsedAtOnce, transactionControl, wantedExtensions } from "../../src/migrate/statements.ts";
import { freshDatabase } from "../support/migrate-server.ts";

const one = (text: string): Statement => {
  const [statement] = splitStatements(text);
  assert.ok(statement);
  return statement;
};

/** Statements of every kind, those that a transaction takes and those that it does not. */
const corpus = `create index concurrently i on a (id);
create unique index concurrently if not exists "I" on a (id);
create index i2 on a (id);
create index "concurrently" on a (id);
drop index concurrently i2;
drop index if exists i2;
reindex table a;
reindex table concurrently a;
reindex (verbose, concurrently) table a;
reindex index concurrently i0;
reindex index i0;
reindex schema public;
reindex database postgres;
reindex system postgres;
vacuum;
vacuum full a;
vacuum (analyze) a;
analyze a;
cluster;
cluster a using i0;
create database x_nothing;
drop database if exists x_nothing;
alter database x_nothing set tablespace pg_default;
alter system set work_mem = '4MB';
alter system reset work_mem;
create tablespace t location '/nonexistent';
drop tablespace if exists t;
create subscription s connection 'dbname=nowhere' publication p with (connect = true);
alter table parted detach partition parted_1 concurrently;
alter table parted detach partition parted_1;
refresh materialized view concurrently m;
refresh materialized view m;
alter type mood add value 'x';
alter type mood rename value 'ok' to 'fine';
create table b (id int);
create table concurrently (id int);
drop table if exists b;
truncate a;
lock table a;
comment on table a is 'vacuum; create index concurrently';
do $$ begin perform 1; end $$;
call p();
create extension if not exists hstore;
create publication p2;
checkpoint;
notify x;
listen x;
set work_mem = '4MB';
select pg_sleep(0);
select 'create index concurrently';
insert into a values (1);
create view v as select 1 as vacuum;
create function g() returns int language sql begin atomic select 1; end;`;

test("the tokenizer says `outside a transaction` where the server does, and nowhere else", async (t) => {
  const session = await (await freshDatabase(t)).session();
  await session.script(`create table a (id int); create index i0 on a (id); create type mood as enum ('ok');
    create table parted (id int) partition by list (id); create table parted_1 partition of parted for values in (1);
    create materialized view m as select 1 as one; create unique index on m (one);
    create procedure p() language sql as 'select 1';`);
  for (const statement of splitStatements(corpus)) {
    await session.script("begin");
    const refused: unknown = await session.script(statement.text).catch((error: unknown) => error);
    await session.script("rollback");
    // 25001: … cannot run inside a transaction block; DETACH says it with 0A000 where there is a default partition only.
    assert.equal(bareKind(statement) !== undefined, sqlstate(refused) === "25001", `${statement.text}: ${String(refused)}`);
  }
});

test("what begins, ends and takes back a transaction", () => {
  for (const [text, control] of [
    ["begin", "begin"],
    ["BEGIN TRANSACTION ISOLATION LEVEL SERIALIZABLE", "begin"],
    ["start transaction", "begin"],
    ["commit", "commit"],
    ["commit work", "commit"],
    ["end", "commit"],
    ["rollback", "rollback"],
    ["rollback work", "rollback"],
    ["abort", "rollback"],
    ["savepoint s", undefined],
    ["rollback to s", undefined],
    ["rollback work to savepoint s", undefined],
    ["release s", undefined],
    ["commit prepared 'x'", undefined],
    ["select 'commit'", undefined],
    ['create table "begin" ()', undefined],
  ] as const)
    assert.equal(transactionControl(one(text)), control, text);
});

test("an enum value that is used at once, wherever it is used", () => {
  const used = (text: string): string[] =>
    [...enumValuesUsedAtOnce(splitStatements(text))].map((statement) => addedEnumValue(statement)?.value ?? "");
  assert.deepEqual(used("alter type mood add value 'x'; insert into a values ('x');"), ["x"]);
  assert.deepEqual(
    used(
      "alter type public.\"Mood\" add value if not exists 'it''s' before 'ok'; create function f() returns mood language sql as $$ select 'it''s'::mood $$;",
    ),
    ["it's"],
  );
  assert.deepEqual(used("alter type mood add value 'x'; alter type mood add value 'y'; alter table a alter b set default 'y';"), ["y"]);
  assert.deepEqual(used("alter type mood add value 'x'; select 'xy';"), []);
  assert.deepEqual(used("insert into a values ('x'); alter type mood add value 'x';"), []);
  assert.deepEqual(used("create type mood as enum ('ok'); alter type mood add value 'x'; insert into a values ('x');"), []);
  assert.deepEqual(used("alter type mood add value 'x'; -- insert into a values ('x')"), []);
});

test("settings that outlive a statement", () => {
  for (const text of [
    "set search_path = x",
    "reset all",
    "discard plans",
    "set role x",
    "select set_config('a', 'b', false)",
    "select pg_catalog.set_config('a', 'b', false)",
    "do $$ begin perform set_config('a', 'b', false); end $$",
    "do $$ begin set local x.y = 1; end $$",
  ])
    assert.equal(changesSettings(one(text)), true, text);
  for (const text of [
    "update a set b = 1",
    "insert into a values (1) on conflict (id) do update set b = 2",
    "select 1",
    "alter table a alter b set default 1",
  ])
    assert.equal(changesSettings(one(text)), false, text);
});

test("extensions that are asked for", () => {
  assert.deepEqual(
    wantedExtensions(
      splitStatements(
        "create extension a; CREATE EXTENSION IF NOT EXISTS \"uuid-ossp\" with schema x; create extension B; select 'create extension c'; -- create extension d",
      ),
    ),
    ["a", "uuid-ossp", "b"],
  );
});

const shape = (text: string, transaction = true): string[] =>
  segmentsOf({ path: "x.sql", line: 1, text }, transaction).map(({ bare, statements }) => `${bare ?? "transaction"} ${statements.length}`);

test("a section is cut where it must be, and nowhere else", () => {
  assert.deepEqual(shape("create table a (); create table b ();"), ["transaction 2"]);
  assert.deepEqual(shape(""), []);
  assert.deepEqual(shape("create table a (); vacuum a; create table b (); create table c ();"), [
    "transaction 1",
    "repeatable 1",
    "transaction 2",
  ]);
  assert.deepEqual(shape("begin; create table a (); commit; create table b ();"), ["transaction 1", "transaction 1"]);
  assert.deepEqual(shape("create table a (); do $$ begin end $$; call p();"), ["transaction 3"]);
  assert.deepEqual(shape("create table a (); do $$ begin end $$; reindex table a;", false), ["transaction 1", "unknown 1", "reindex 1"]);
  assert.deepEqual(shape("begin; insert into a values (1); call p(); commit; insert into a values (2);", false), [
    "transaction 2",
    "transaction 1",
  ]);
});

test("the text that runs is the text that was written: comments inside stay, positions stay", () => {
  const text = "-- head\ncreate table a (\n  id int -- the id\n);\n/* between */\nvacuum a; -- tail\n";
  const segments = segmentsOf({ path: "x.sql", line: 1, text }, true);
  for (const { text: own, offset } of segments) assert.equal(text.slice(offset, offset + own.length), own);
  assert.deepEqual(
    segments.map((segment) => segment.text),
    ["create table a (\n  id int -- the id\n)", "vacuum a"],
  );
  const whole = segmentsOf({ path: "x.sql", line: 1, text: "-- all\nselect 1; -- end" }, true);
  assert.equal(whole[0]?.text, "-- all\nselect 1; -- end");
});

/** `migrate generate` from a plain schema.sql, which declares everything that there shall be. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { failureOf } from "../support/migrate-project.ts";
import { declared, filesIn, fingerprintOf, objectsIn } from "./support.ts";

const schema = `create type mood as enum ('sad', 'ok');
create table authors (id bigint generated always as identity primary key, name text not null, mood mood not null default 'ok');
create table books (id int primary key, author bigint not null references authors, title text, price numeric(8, 2) check (price > 0));
create index books_author on books (author);
create function shout(text) returns text language sql immutable as $$ select upper($1) $$;
create view cheap as select id, title from books where price < 10;
alter table books enable row level security;
create policy mine on books for select using (author = 1);
comment on table books is 'on paper';
grant select on cheap to public;
`;

test("files follow schema.sql, object by object, policies, functions, comments and grants too", async (t) => {
  const p = await declared(t, { "schema.sql": schema }, { modules: null });
  const first = await p.generate({ name: "first" });
  assert.equal(first.source, "schema");
  assert.equal(first.down.verdict, "proved");
  assert.match(await p.text("migrations/001_first.sql"), /^-- Description: generated from schema.sql$/m);
  await p.up();
  assert.equal(await p.fingerprint(), await fingerprintOf(t, schema));
  assert.equal((await p.generate({ name: "again" })).up, null);

  const changed = schema
    .replace("create policy mine on books for select using (author = 1);", "")
    .replace("'on paper'", "'printed'")
    .replace("price < 10", "price < 20")
    .replace("title text", "title text not null default ''")
    .replace("select upper($1)", "select upper($1) || '!'");
  await p.put({ "schema.sql": changed });
  const second = await p.generate({ name: "second" });
  assert.match(second.up ?? "", /DROP POLICY mine ON public.books;/);
  assert.equal(second.down.verdict, "proved");
  await p.up();
  assert.equal(await p.fingerprint(), await fingerprintOf(t, changed));
  await p.it.migrate.down();
  assert.equal(await p.fingerprint(), await fingerprintOf(t, schema));
});

test("a rename is asked for here too, and what schema.sql does not have goes, by hand or not", async (t) => {
  const p = await declared(t, { "db/schema.sql": schema }, { modules: null });
  await p.write({
    "001_hand.sql":
      "-- Up migration\ncreate table authors (id bigint generated always as identity primary key, full_name text not null);\ncreate table extra (id int);\n-- Down migration\n",
  });
  const options = { name: "rest", schema: "db/schema.sql" };
  const error = await failureOf(p.generate(options), "MIGRATE_RENAME_UNDECIDED");
  assert.match(error.hint ?? "", /migrate generate rest --schema db\/schema.sql --rename authors.full_name=name/);
  const made = await p.generate({ ...options, rename: ["authors.full_name=name"] });
  assert.match(made.up ?? "", /ALTER TABLE public.authors RENAME COLUMN full_name TO name;/);
  assert.match(made.up ?? "", /DROP TABLE public.extra;/);
  await p.up();
  assert.equal(await p.fingerprint(), await fingerprintOf(t, schema));
});

test("functions that name each other are written so that a real run takes them", async (t) => {
  const circle = `create function even(n int) returns boolean language sql as $$ select n = 0 or odd(n - 1) $$;
create function odd(n int) returns boolean language sql as $$ select n > 0 and even(n - 1) $$;
`;
  const p = await declared(t, { "schema.sql": circle }, { modules: null });
  const made = await p.generate({ name: "circle" });
  assert.match(made.up ?? "", /^SET LOCAL check_function_bodies = off;/);
  assert.equal(made.down.verdict, "proved");
  await p.up();
  assert.deepEqual((await p.session1.query("select even(4) as yes")).rows, [{ yes: true }]);
});

test("--keep lets something stand beside schema.sql", async (t) => {
  const p = await declared(t, { "schema.sql": "create table a (id int);" }, { modules: null });
  await p.write({ "001_hand.sql": "-- Up migration\ncreate table a (id int);\ncreate table b (id int, at date);\n-- Down migration\n" });
  assert.match((await p.generate({ name: "x", write: false })).up ?? "", /DROP TABLE public.b;/);
  assert.equal((await p.generate({ name: "x", keep: ["b"], write: false })).up, null);
});

test("what is only printed is judged too, and so is one in a project without a folder", async (t) => {
  const p = await declared(t, { "schema.sql": "create table a (id int, at timestamp);" }, { modules: null });
  const codes = async (): Promise<string[]> => (await p.generate({ name: "x", write: false })).findings.map(({ code }) => code);
  assert.deepEqual(await codes(), ["LINT_TIMESTAMP"]);
  await p.write({ "001_hand.sql": "-- Up migration\ncreate table a (id int, at timestamp);\n-- Down migration\n" });
  await p.up();
  await p.put({ "schema.sql": "create table a (id int, at timestamp); create index on a (id);" });
  assert.deepEqual(await codes(), ["LINT_INDEX_BUILD"]);
  assert.deepEqual(await filesIn(p.migrations), ["001_hand.sql"]);
});

test("a schema.sql that does not run is an error with its place, and nothing is written", async (t) => {
  const p = await declared(t, { "schema.sql": "create table a (id int);\ncreate table b (id nosuchtype);\n" }, { modules: null });
  const error = await failureOf(p.generate({ name: "x" }), "MIGRATE_DECLARED_SQL_FAILED");
  assert.match(error.message, /nosuchtype/);
  assert.match(error.message, /schema.sql/);
  assert.deepEqual(await filesIn(p.migrations), []);
});

test("pairs of files stay pairs, and other layouts get their files", async (t) => {
  const p = await declared(t, { "schema.sql": "create table a (id int);\ncreate table b (id int);\n" }, { modules: null });
  await p.write({ "001_a.up.sql": "create table a (id int);\n", "001_a.down.sql": "drop table a;\n" });
  await p.generate({ name: "b" });
  assert.deepEqual(await filesIn(p.migrations), ["001_a.down.sql", "001_a.up.sql", "002_b.down.sql", "002_b.up.sql"]);
  assert.match(await p.text("migrations/002_b.up.sql"), /CREATE TABLE public.b/);
  assert.equal(await p.text("migrations/002_b.down.sql"), "DROP TABLE public.b;\n");
  await p.up();
  assert.deepEqual(await objectsIn(p.session1, "table"), ["table public.a", "table public.b"]);
});

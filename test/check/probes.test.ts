/** Rules that ask the server, or its statistics: corruption, bloat, slow queries, unused indexes, dead rows, drift. */
import assert from "node:assert/strict";
import test from "node:test";
import { collationDrift } from "../../src/check/rules/corruption.ts";
import { unusedIndexes } from "../../src/check/rules/indexes.ts";
import { deadRowsRule, largeTables } from "../../src/check/rules/tables.ts";
import { readSchema, type Index, type Schema, type Table } from "../../src/check/schema.ts";
import { openNative } from "../../src/engines/native.ts";
import { createSteward } from "../../src/steward.ts";
import { testProject } from "../support/project.ts";
import { testDatabase } from "../support/testDatabase.ts";
import { native, said } from "./places.ts";

const ofCorruption = ({ code }: { code: string }): boolean => /CORRUPT/.test(code);

test("amcheck finds an index that its function has left, and nothing in a good one", async (t) => {
  const { steward, run } = await native.open(t);
  await run(`create extension amcheck; create function f(int) returns int immutable language plpgsql as 'begin return $1; end';
    create table a (id int primary key); create index on a (f(id)); insert into a select generate_series(1, 100);`);
  const good = await steward.check.run({ deep: true, only: ["corruption"] });
  assert.deepEqual([good.ok, good.data.skipped], [true, []]);
  await run("create or replace function f(int) returns int immutable language plpgsql as 'begin return -$1; end'");
  const bad = await steward.check.run({ deep: true, only: ["corruption"] });
  assert.deepEqual(bad.findings.map(said), ["error CHECK_INDEX_CORRUPT public.a_f_idx"]);
  assert.match(bad.findings[0]?.message ?? "", /heap tuple .* lacks matching index tuple/);
});

test("amcheck finds rows that are older than their table can be", async (t) => {
  const { steward, run } = await native.open(t);
  await run("create extension amcheck; create table a (id int primary key); insert into a values (1);");
  await run(
    "update pg_class set relfrozenxid = (select (max(relfrozenxid::text::bigint) + 100)::text::xid from pg_class) where relname = 'a'; ",
  );
  const { findings } = await steward.check.run({ deep: true, only: ["corruption"] });
  assert.deepEqual(findings.filter(ofCorruption).map(said), ["error CHECK_TABLE_CORRUPT public.a"]);
});

test("a deep run has a fingerprint of each table, whatever the order and the types", async (t) => {
  const { steward, run } = await native.open(t);
  const made = "(id int primary key, x text, j json)";
  await run(`create table a ${made}; create table b ${made}; create table c (id int, x text); create table d (id int, x text);
    insert into a values (1, 'x', '{"a": 1}'), (2, null, null); insert into b values (2, null, null), (1, 'x', '{"a": 1}');
    insert into c values (1, 'x'), (1, 'x'); insert into d values (1, 'x');`);
  const { fingerprints, skipped } = (await steward.check.run({ deep: true })).data;
  const [a, b, c, d] = fingerprints.toSorted((one, two) => (one.table < two.table ? -1 : 1)).map(({ fingerprint }) => fingerprint);
  assert.equal(a, b);
  assert.notEqual(c, d);
  assert.deepEqual(
    skipped.map(({ rule }) => rule),
    ["bloat", "slow queries", "amcheck of indexes", "amcheck of tables"],
  );
  await run("update b set x = 'y' where id = 1");
  const after = (await steward.check.run({ deep: true })).data.fingerprints;
  assert.notEqual(after.find(({ table }) => table === "public.b")?.fingerprint, b);
});

test("bloat: free space that a vacuum leaves in a table", async (t) => {
  const { steward, run } = await native.open(t);
  await run(`create extension pgstattuple; create table a (id int, x text) with (autovacuum_enabled = off); create table b (id int, x text);
    insert into a select i, repeat('x', 500) from generate_series(1, 30000) i; insert into b select * from a; delete from a where id % 10 > 0;`);
  await run("vacuum a");
  const { findings } = await steward.check.run({ deep: true, only: ["performance"] });
  assert.deepEqual(findings.filter(({ code }) => code === "CHECK_BLOAT").map(said), ["warning CHECK_BLOAT public.a"]);
});

test("slow queries, where the server keeps their statistics", async (t) => {
  const config = testProject(t, { engine: "native" });
  const engine = await openNative({ config, settings: { shared_preload_libraries: "pg_stat_statements" } });
  t.after(() => engine.close());
  const session = await engine.session();
  await session.script("create extension pg_stat_statements");
  const sleeps = Array.from({ length: 10 }, async () => {
    const one = await engine.session();
    await one.query("select pg_sleep($1)", [0.55]);
    await one.query("select 1");
    await one.close();
  });
  await Promise.all(sleeps);
  await session.close();
  const steward = await createSteward({ cwd: config.root, env: {}, config: { url: engine.url() ?? "" } });
  t.after(() => steward.close());
  const { findings } = await steward.check.run({ quick: true });
  assert.deepEqual(
    findings.map(({ code, object }) => `${code} ${object}`),
    ["CHECK_SLOW_QUERY select pg_sleep($1)"],
  );
  assert.match(findings[0]?.message ?? "", /^takes 0\.\d\d s in the mean of 10 calls$/);

  const admin = await engine.session();
  await admin.script("create role reader login");
  await admin.close();
  const asReader = new URL(engine.url() ?? "");
  asReader.username = "reader";
  asReader.password = "";
  const reader = await createSteward({ cwd: config.root, env: {}, config: { url: asReader.href } });
  t.after(() => reader.close());
  const { findings: seen } = await reader.check.run({ quick: true });
  assert.deepEqual(
    seen.map(({ code, message, hint }) => [code, message, hint]),
    [["CHECK_SLOW_QUERIES_UNSEEN", "hides the text of 1 slow statement of other roles from reader", 'grant pg_read_all_stats to "reader"']],
  );
});

const { session } = await testDatabase();

async function schemaWith(sql: string): Promise<Schema> {
  await session.script(`drop schema public cascade; create schema public; ${sql}`);
  return readSchema(session);
}

const withIndex = (schema: Schema, change: (index: Index) => Partial<Index>): Schema => {
  const indexes = schema.indexes.map((index) => ({ ...index, ...change(index) }));
  return { ...schema, indexes, indexesOf: ({ oid }) => indexes.filter(({ table }) => table === oid) };
};

test("an index that nobody read: never one that works without being read, and not before a week", async () => {
  const read =
    await schemaWith(`create table p (id int primary key); create table a (id int primary key, x int unique, y int, z int, p int references p, r int not null);
    create index on a (y); create index on a (z); create index on a (p); create unique index on a (r); create unique index only_key on a (r, y);
    alter table a replica identity using index a_r_idx`);
  const used = { ...read, statisticsDays: 30, table: (oid: number) => ({ ...read.table(oid), scans: 5 }) as Table };
  const large = withIndex(used, ({ name }) => ({ sizeBytes: 5_000_000, scans: name === "a_z_idx" ? 3 : 0 }));
  const objects = (schema: Schema): unknown[] => unusedIndexes.judge(schema).map(({ object }) => object);
  assert.deepEqual(objects(large), ["public.a_y_idx"]);
  assert.deepEqual(objects({ ...large, statisticsDays: 6.9 }), []);
  assert.deepEqual(objects({ ...large, table: (oid) => ({ ...read.table(oid), scans: 0 }) as Table }), [], "nobody read the table either");
  assert.deepEqual(objects(withIndex(large, () => ({ sizeBytes: 8192 }))), []);
});

test("dead rows and large tables, by what the statistics say", async () => {
  const schema = await schemaWith("create table a (id int)");
  const table = (facts: Partial<Table>): Schema => ({ ...schema, tables: schema.tables.map((one) => ({ ...one, ...facts })) });
  const dead = (deadRows: number, liveRows: number): string[] => deadRowsRule.judge(table({ deadRows, liveRows })).map(said);
  assert.deepEqual(dead(50_000, 100_000), ["warning CHECK_DEAD_ROWS public.a"]);
  assert.deepEqual([...dead(50_000, 1_000_000), ...dead(500, 10)], []);
  const large = (facts: Partial<Table>): string[] =>
    largeTables(1_000)
      .judge(table({ sizeBytes: 1_000, ...facts }))
      .map(said);
  assert.deepEqual(large({}), ["info CHECK_LARGE_TABLE public.a"]);
  assert.deepEqual(large({ changedSinceAnalyze: 20_000, liveRows: 100, analyzedDays: 8 }), ["warning CHECK_LARGE_TABLE public.a"]);
  assert.deepEqual(large({ sizeBytes: 999 }), []);
});

test("collations that sort otherwise than when they were written", async () => {
  const schema = await schemaWith("create table a (id int)");
  assert.deepEqual(collationDrift.judge(schema), []);
  await session.script(`create collation old (provider = icu, locale = 'de'); create table b (x text collate old primary key);
    update pg_collation set collversion = '1.0' where collname = 'old'`);
  const [found] = collationDrift.judge(await readSchema(session));
  assert.equal(found && said(found), "error CHECK_COLLATION_DRIFT public.old");
  assert.match(found?.hint ?? "", /alter collation public\.old refresh version$/);
});

/** What indexes tell about orphans is what the rows tell. */
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { danglingValues } from "../../src/check/dangling.ts";
import { referencesOf } from "../../src/check/references.ts";
import { orphans } from "../../src/check/rules/orphans.ts";
import { findBad } from "../../src/check/scan.ts";
import { readSchema } from "../../src/check/schema.ts";
import type { Session } from "../../src/core/engine.ts";
import { testDatabase } from "../support/testDatabase.ts";

const { session } = await testDatabase();

const edges = ["-9223372036854775808", "9223372036854775807", "0"];
const key = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -6, max: 6 }).map(String) },
  { weight: 1, arbitrary: fc.constantFrom(...edges) },
);
const keys = fc.uniqueArray(key, { maxLength: 8 });
const children = fc.array(fc.option(key), { maxLength: 12 });

/** Fills parent and child and asks both ways. `VACUUM` makes the child's index cover its rows. */
async function both(of: Session, parents: readonly string[], given: readonly (string | null)[], type: string): Promise<void> {
  await of.script(`drop table if exists children, parents; create table parents (id ${type} primary key);
    create table children (id int primary key, parent_id ${type}); create index on children (parent_id)`);
  await of.query(`insert into parents select unnest($1::${type}[])`, [parents]);
  await of.query(`insert into children select i, v from unnest($1::${type}[]) with ordinality as u (v, i)`, [given]);
  await of.query("vacuum (freeze) children");
  const schema = await readSchema(of);
  const [rule] = orphans(schema, referencesOf(schema));
  const table = schema.tables.find((one) => one.table === "children");
  assert.ok(rule?.indexed && table);
  const expected = given.flatMap((value) => (value === null || parents.includes(value) ? [] : [value]));
  await of.transaction(async (inner) => {
    const dangling = await danglingValues(inner, table, rule, { ...rule.indexed, covering: true } as NonNullable<typeof rule.indexed>);
    assert.deepEqual(new Set(dangling?.map(([value]) => value)), new Set(expected));
    const byIndex = await findBad(inner, schema, table, rule, { level: "default", scope: undefined, tenant: undefined });
    const byRows = await findBad(inner, schema, table, rule, { level: "deep", scope: undefined, tenant: undefined });
    assert.deepEqual([byIndex.count, byRows.count], [expected.length, expected.length]);
  });
}

test("numbers: in the gaps, before the first and behind the last", async () => {
  await fc.assert(
    fc.asyncProperty(keys, children, (parents, given) => both(session, parents, given, "bigint")),
    { numRuns: 60 },
  );
});

test("what is no number is merged", async () => {
  await fc.assert(
    fc.asyncProperty(keys, children, (parents, given) => both(session, parents, given, "text")),
    { numRuns: 30 },
  );
});

test("more values than are handed back, and more gaps than are looked into, are asked of the rows", async () => {
  await session.script(`drop table if exists children, parents; create table parents (id int primary key); insert into parents select i * 2 from generate_series(1, 110000) i;
    create table children (id int primary key, parent_id int); create index on children (parent_id);
    insert into children select i, 2 * i from generate_series(1, 100) i; insert into children select i, -i from generate_series(101, 10200) i; analyze`);
  await session.query("vacuum children");
  const schema = await readSchema(session);
  const [rule] = orphans(schema, referencesOf(schema));
  const table = schema.tables.find((one) => one.table === "children");
  assert.ok(rule?.indexed && table);
  const options = { level: "default", scope: undefined, tenant: undefined } as const;
  const ask = (): Promise<number> => session.transaction(async (inner) => (await findBad(inner, schema, table, rule, options)).count);
  assert.equal(await ask(), 10_100);
  await session.query("delete from children where id > 150");
  assert.equal(await ask(), 50);
});

test("a sample of a large table tells what it saw", async () => {
  await session.script(`drop table if exists children, parents; create table parents (id int primary key); create table children (id int primary key, parent_id int);
    insert into children select i, case when i % 2 = 0 then 1 end from generate_series(1, 210000) i; analyze`);
  const schema = await readSchema(session);
  const [rule] = orphans(schema, referencesOf(schema));
  const table = schema.tables.find((one) => one.table === "children");
  assert.ok(rule && table);
  const found = await session.transaction((inner) =>
    findBad(inner, schema, table, rule, { level: "quick", scope: undefined, tenant: undefined }),
  );
  assert.deepEqual([found.sampled, found.count, found.examples.length], [true, 1_000, 5]);
});

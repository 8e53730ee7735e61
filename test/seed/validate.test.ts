/** `seed run --validate`: rows, foreign keys by a scan, and what seeders check themselves. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { seedProject } from "../support/seed-project.ts";

const schema = "create table a (id int primary key); create table b (id int primary key, a int references a);";

test("is content with what holds, and names what does not", async (t) => {
  const p = await seedProject(t, schema, {
    "001_a.ts": 'export async function seedA(seed) { await seed.upsert("a", [{ id: 1 }, { id: 2 }], { key: ["id"] }); }',
    "002_b.ts": 'export async function seedB(seed) { await seed.upsert("b", [{ id: 1, a: 1 }], { key: ["id"] }); }',
  });
  const { seed } = await p.steward();
  assert.deepEqual((await seed.run({ validate: true })).findings, []);
  await p.session2.script(
    "set session_replication_role = replica; delete from a where id = 2; insert into b values (9, 99); reset session_replication_role",
  );
  const { findings } = await seed.run({ only: ["002"], validate: true });
  assert.deepEqual(
    findings.map(({ severity, code, object, message }) => [severity, code, object, message]),
    [["error", "SEED_ORPHANS", "public.b", "has 1 row whose a is not in public.a (b_a_fkey)"]],
  );
});

test("misses rows that a seeder of SQL made once and that are gone", async (t) => {
  const p = await seedProject(t, schema, { "001_a.sql": "insert into a values (1), (2), (3)" });
  const { seed } = await p.steward();
  await seed.run();
  await p.session2.script("delete from a where id in (2, 3)");
  const { findings } = await seed.run({ validate: true });
  assert.deepEqual(
    findings.map(({ code, message }) => [code, message]),
    [["SEED_ROW_MISSING", "lacks 2 rows that the seeders made, id 2 among them"]],
  );
});

test("asks the seeders themselves, and whatever they do there changes nothing", async (t) => {
  const p = await seedProject(t, schema, {
    "001_a.ts": `export async function seedA(seed) { await seed.upsert("a", [{ id: 1 }], { key: ["id"] }); }
      export async function validate({ session, environment }) { await session.query("delete from a"); return [environment, "second"]; }`,
    "002_b.ts": "export async function seedB() {} export async function validate() { throw new Error('broke'); }",
  });
  const { findings } = await (await p.steward({ environment: "demo" })).seed.run({ validate: true });
  assert.deepEqual(
    findings.map(({ object, message }) => [object, message]),
    [
      ["001_a", "demo"],
      ["001_a", "second"],
      ["002_b", "its validate() failed: broke"],
    ],
  );
  assert.equal((await p.content("a")).length, 1);
});

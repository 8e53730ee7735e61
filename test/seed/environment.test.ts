/** The database carries its environment: a wrong URL cannot make production look like development. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { failureOf } from "../support/migrate-project.ts";
import { notes, seedProject, stewardIn } from "../support/seed-project.ts";

const files = {
  "001_a.ts":
    'export const productionSafe = true; export async function seedA(seed) { await seed.upsert("a", [{ id: 1 }], { key: ["id"] }); }',
};
const schema = "create table a (id int primary key);";
const marks = "select environment, database_name from pgsteward.database_environment";

test("the first run marks it, as what it is, not as the profile that ran", async (t) => {
  const p = await seedProject(t, schema, files);
  const { seed } = await stewardIn(p, "development");
  const { plan } = await seed.run({ profile: "production" });
  assert.deepEqual(
    plan.steps.map(({ title }) => title),
    ["mark the database as development", "001_a"],
  );
  assert.deepEqual(await p.rows(marks), [{ environment: "development", database_name: p.name }]);
  assert.equal((await seed.run()).plan.steps.length, 1);
});

test("a configuration that understates it is refused by every change, and told the way out", async (t) => {
  const p = await seedProject(t, schema, files);
  await (await stewardIn(p, "production")).seed.run({}, { yes: true });
  await p.write({ "001_b.sql": "create table b (id int);" });
  const wrong = await stewardIn(p, "development");
  for (const work of [() => wrong.seed.run(), () => wrong.seed.reset({}, { confirm: p.name }), () => wrong.migrate.up()]) {
    const error = await failureOf(work(), "GUARD_ENVIRONMENT_MISMATCH");
    assert.match(error.message, /for development .* but the database itself says that it is production$/);
    assert.match(error.hint ?? "", /--environment production; .*: pgsteward seed mark development --environment production --confirm app_/);
    assert.deepEqual([error.exit, error.database], [3, "unchanged"]);
  }
  assert.equal((await p.content("a")).length, 1);
  assert.equal((await wrong.seed.run({}, { dryRun: true })).applied, false);
  await (await stewardIn(p, "production")).migrate.up({}, { yes: true });
});

test("staging protects itself from development; production may always be said of a database", async (t) => {
  const p = await seedProject(t, schema, files);
  await (await stewardIn(p, "staging")).seed.run({}, { yes: true });
  await failureOf((await stewardIn(p, "development")).seed.run(), "GUARD_ENVIRONMENT_MISMATCH");
  await (await stewardIn(p, "production")).seed.run({}, { yes: true });
});

test("the mark is changed deliberately: towards production with a yes, away from it with the database's name", async (t) => {
  const p = await seedProject(t, schema, files);
  const dev = await stewardIn(p, "development");
  assert.deepEqual((await dev.seed.mark({ environment: "production" })).result, { environment: "production", before: null });
  await failureOf(dev.seed.mark({ environment: "development" }), "GUARD_ENVIRONMENT_MISMATCH");
  const production = await stewardIn(p, "production");
  await failureOf(production.seed.mark({ environment: "development" }, { yes: true }), "GUARD_CONFIRMATION_NEEDED");
  await production.seed.mark({ environment: "development" }, { confirm: p.name });
  assert.equal((await dev.seed.mark({ environment: "development" })).applied, false);
  await dev.seed.run();
});

test("a copy elsewhere is not bound, says so, and is marked anew by its first run", async (t) => {
  const p = await seedProject(t, schema, files);
  await (await stewardIn(p, "production")).seed.run({}, { yes: true });
  await p.session2.script("update pgsteward.database_environment set system_identifier = '1'");
  await (await stewardIn(p, "development")).seed.run();
  assert.deepEqual(
    notes(p).filter((note) => note.includes("mark")),
    [`a mark says production, but it was written for the database ${p.name} elsewhere: it does not bind this one`],
  );
  assert.deepEqual(await p.rows(marks), [{ environment: "development", database_name: p.name }]);
});

/** What `seed run` chooses, in which order, and what a second run does. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { failureOf } from "../support/migrate-project.ts";
import { notes, seedProject, stewardIn } from "../support/seed-project.ts";

const log = "create table log (name text primary key);";
/** A seeder that writes its name. */
const writes = (name: string, constants = ""): string =>
  `${constants}\nexport async function seedIt(seed) { await seed.upsert("log", [{ name: "${name}" }], { key: ["name"] }); }\n`;
const names = (result: { readonly seeders: readonly { readonly name: string }[] }): string[] => result.seeders.map(({ name }) => name);

describe("what runs", () => {
  const files = {
    "001_admin.ts": writes("admin", "export const productionSafe = true;"),
    "002_plans.ts": writes("plans", 'export const productionSafe = true, essential = false, category = "billing";'),
    "003_samples.ts": writes("samples", 'export const environments = ["development", "demo"], category = "samples";'),
    "004_invoices.ts": writes("invoices", 'export const category = "billing", environments = ["development"];'),
  };

  test("the profile of the database's environment, unless another one is asked for", async (t) => {
    const p = await seedProject(t, log, files);
    const { seed } = await stewardIn(p, "development");
    assert.deepEqual(names((await seed.run()).result), ["001_admin", "002_plans", "003_samples", "004_invoices"]);
    assert.deepEqual(names((await seed.run({ profile: "demo" })).result), ["001_admin", "002_plans", "003_samples"]);
    assert.deepEqual(names((await seed.run({ profile: "production" })).result), ["001_admin", "002_plans"]);
    assert.deepEqual(names((await seed.run({ profile: "prod" })).result), ["001_admin", "002_plans"]);
  });

  test("a word that is no profile is a category or a seeder, and --minimal is what is essential", async (t) => {
    const p = await seedProject(t, log, files);
    const { seed } = await stewardIn(p, "development");
    assert.deepEqual(names((await seed.run({ profile: "billing" })).result), ["002_plans", "004_invoices"]);
    assert.deepEqual(names((await seed.run({ profile: "demo", only: ["billing", "003"] })).result), ["002_plans", "003_samples"]);
    assert.deepEqual(names((await seed.run({ only: ["admin"] })).result), ["001_admin"]);
    assert.deepEqual(names((await seed.run({ minimal: true })).result), ["001_admin"]);
  });

  test("an unknown word names the profiles, the categories, and what was probably meant", async (t) => {
    const p = await seedProject(t, log, files);
    const { seed } = await stewardIn(p, "development");
    const { message, hint } = await failureOf(seed.run({ profile: "biling" }), "SEED_WORD_UNKNOWN");
    assert.equal(message, "biling is no profile, no category and no seeder");
    assert.match(hint ?? "", /^did you mean billing\? the profiles are development, .*; the categories are admin, billing, samples$/);
  });

  test("production takes only its own profile, and of it only what is production-safe", async (t) => {
    const p = await seedProject(t, log, files);
    const { seed } = await stewardIn(p, "production");
    assert.deepEqual(names((await seed.run({}, { yes: true })).result), ["001_admin", "002_plans"]);
    assert.equal((await failureOf(seed.run({ profile: "development" }, { yes: true }), "SEED_PROFILE_REFUSED")).exit, 3);
    await p.seeders({ "005_bad.ts": writes("bad", 'export const environments = ["production"];') });
    const { message } = await failureOf(seed.run({}, { yes: true }), "SEED_NOT_PRODUCTION_SAFE");
    assert.match(message, /^005_bad may not run in production/);
    assert.deepEqual(await p.rows("select name from log order by 1"), [{ name: "admin" }, { name: "plans" }]);
  });
});

describe("the order", () => {
  test("is by number, whatever the width, and after what a seeder names", async (t) => {
    const p = await seedProject(t, log, {
      "2_b.ts": writes("b"),
      "10_c.ts": writes("c"),
      "1_a.ts": writes("a", 'export const after = ["10_c"];'),
      "last.ts": writes("last"),
    });
    const { seed } = await p.steward();
    assert.deepEqual(names((await seed.run()).result), ["10_c", "1_a", "2_b", "last"]);
    assert.deepEqual(names((await seed.run({ only: ["a"] })).result), ["10_c", "1_a"]);
  });

  test("cannot be a circle, name what is not there, or need what does not run here", async (t) => {
    const p = await seedProject(t, log, {
      "1_a.ts": writes("a", 'export const after = ["b"];'),
      "2_b.ts": writes("b", 'export const after = ["a"];'),
    });
    const { seed } = await p.steward();
    assert.match((await failureOf(seed.run(), "SEED_DEPENDENCY_CYCLE")).message, /1_a → 2_b → 1_a$/);
    await p.seeders({ "2_b.ts": writes("b", 'export const after = ["2_c"];') });
    assert.match((await failureOf(seed.run(), "SEED_DEPENDENCY_UNKNOWN")).message, /2_b runs after 2_c/);
    await p.seeders({ "2_b.ts": writes("b", 'export const environments = ["demo"];') });
    assert.match((await failureOf(seed.run(), "SEED_DEPENDENCY_ELSEWHERE")).message, /1_a runs after 2_b, which does not run in testing/);
  });
});

describe("a second run", () => {
  const schema = `
    create table plans (id bigint generated always as identity primary key, code text unique not null, price numeric(6,2), features jsonb);
    create table prices (plan_id bigint references plans, region text, cents int, primary key (plan_id, region));`;
  const seeder = `export async function seedPlans(seed) {
    const plans = await seed.upsert("plans", [
      { code: "free", price: 0, features: ["a", { b: null }] }, { code: "pro", price: "9.994", features: {} }], { key: ["code"] });
    await seed.upsert("prices", plans.map(({ id }) => ({ plan_id: id, region: "eu", cents: 5 })), { key: ["plan_id", "region"] });
  }`;

  test("changes no row: not its content, not its version, no sequence", async (t) => {
    const p = await seedProject(t, schema, { "001_plans.ts": seeder });
    const { seed } = await p.steward();
    assert.deepEqual((await seed.run()).result.seeders, [{ name: "001_plans", inserted: 4, updated: 0, unchanged: 0, unrecorded: [] }]);
    const before = await p.versions("plans", "prices");
    const sequence = await p.rows("select last_value, is_called from plans_id_seq");
    assert.deepEqual((await seed.run()).result.seeders, [{ name: "001_plans", inserted: 0, updated: 0, unchanged: 4, unrecorded: [] }]);
    assert.deepEqual(await p.versions("plans", "prices"), before);
    assert.deepEqual(await p.rows("select last_value, is_called from plans_id_seq"), sequence);
  });

  test("puts back what somebody changed or deleted, and touches nothing else", async (t) => {
    const p = await seedProject(t, schema, { "001_plans.ts": seeder });
    const { seed } = await p.steward();
    await seed.run();
    const before = await p.versions("plans");
    await p.session2.script("update plans set price = 1 where code = 'pro'; delete from prices where plan_id = 1");
    const { result } = await seed.run();
    assert.deepEqual(result.seeders, [{ name: "001_plans", inserted: 1, updated: 1, unchanged: 2, unrecorded: [] }]);
    const after = await p.versions("plans");
    assert.equal(after.filter((row) => before.includes(row)).length, 1);
    assert.deepEqual(await p.rows("select code, price from plans order by 1"), [
      { code: "free", price: "0.00" },
      { code: "pro", price: "9.99" },
    ]);
  });

  test("runs SQL of a seeder's own only when its file changed, and says so", async (t) => {
    const p = await seedProject(t, log, { "001_a.sql": "insert into log values ('a');" });
    const { seed } = await p.steward();
    await seed.run();
    const again = await seed.run();
    assert.equal(again.applied, false);
    assert.deepEqual(again.result.skipped, ["001_a"]);
    await p.seeders({ "001_a.sql": "insert into log values ('b');" });
    const { findings, result } = await seed.run();
    assert.deepEqual(
      findings.map(({ code }) => code),
      ["SEED_SQL_AGAIN"],
    );
    assert.equal(result.seeders[0]?.inserted, 1);
  });
});

describe("while it runs", () => {
  test("a seeder knows the profile and whether only the minimum is wanted, and tells when it is done", async (t) => {
    const p = await seedProject(t, log, {
      "001_a.ts":
        "export const productionSafe = true; export async function seedA(seed) { seed.tell(`${seed.environment} ${seed.minimal}`); }",
      "002_b.ts": "export async function seedB(seed) { seed.tell('never'); throw new Error('no'); }",
    });
    const { seed } = await p.steward();
    await seed.run({ profile: "staging", minimal: true });
    assert.deepEqual(notes(p), ["staging true"]);
    await failureOf(seed.run(), "SEED_FAILED");
    assert.deepEqual(notes(p), ["staging true", "testing false"]);
  });

  test("one that throws is rolled back with its record; those before it stay, and the error says where", async (t) => {
    const p = await seedProject(t, log, {
      "001_a.ts": writes("a"),
      "002_b.ts": `export async function seedB(seed) {
        await seed.upsert("log", [{ name: "b" }], { key: ["name"] });
        await seed.session.query("insert into log values ('a')");
      }`,
      "003_c.ts": writes("c"),
    });
    const { seed } = await p.steward();
    const error = await failureOf(seed.run(), "SEED_FAILED");
    assert.equal(error.message, '002_b failed at seeders/002_b.ts:3: duplicate key value violates unique constraint "log_pkey"');
    assert.equal(error.detail, "Key (name)=(a) already exists.\n2 of 4 steps were applied before it");
    assert.equal(error.database, "rolled back");
    assert.equal(error.exit, 6);
    assert.equal(error.data["sqlstate"], "23505");
    assert.deepEqual(await p.rows("select name from log"), [{ name: "a" }]);
    assert.deepEqual(await p.rows("select seeder from pgsteward.seed_run"), [{ seeder: "001_a" }]);
  });

  test("what a seeder sets for its session does not reach the next one", async (t) => {
    const p = await seedProject(t, log, {
      "001_a.ts": `export async function seedA(seed) { await seed.session.script("set search_path = pg_catalog; set work_mem = '1MB'"); }`,
      "002_b.ts": `export async function seedB(seed) {
        const { rows } = await seed.session.query("select current_setting('search_path') as path, current_setting('work_mem') as mem");
        seed.tell(JSON.stringify(rows[0]));
      }`,
    });
    await (await p.steward()).seed.run();
    const [fresh] = await p.rows("select current_setting('search_path') as path, current_setting('work_mem') as mem");
    assert.deepEqual(notes(p), [JSON.stringify(fresh)]);
  });

  test("a deferred constraint speaks in the seeder that breaks it", async (t) => {
    const schema = "create table a (id int primary key, next int references a deferrable initially deferred);";
    const p = await seedProject(t, schema, {
      "001_a.ts": 'export async function seedA(seed) { await seed.upsert("a", [{ id: 1, next: 2 }], { key: ["id"] }); }',
    });
    const error = await failureOf((await p.steward()).seed.run(), "SEED_FAILED");
    assert.match(error.message, /violates foreign key constraint/);
    assert.deepEqual(await p.rows("select * from a"), []);
  });
});

describe("files that are no seeders", () => {
  const cases: readonly (readonly [name: string, text: string, problem: RegExp])[] = [
    ["001_none.ts", "export const x = 1;", /001_none\.ts is no seeder: it exports no seeder/],
    ["001_two.ts", "export function seedA() {} export function seedB() {}", /it exports seedA and seedB/],
    ["001_norun.ts", "export default { category: 'x' };", /its default export has no run\(\)/],
    ["001_key.ts", "export default { categroy: 'x', run() {} };", /a seeder declares no categroy/],
    ["001_env.ts", "export const environments = ['moon']; export function seedEnv() {}", /there is no environment moon/],
    ["001_syntax.ts", "export default {", /Unexpected|Expected|Expression/],
  ];
  for (const [name, text, problem] of cases) {
    test(name, async (t) => {
      const p = await seedProject(t, log, { [name]: text });
      assert.match((await failureOf((await p.steward()).seed.run(), "SEED_FILE_INVALID")).message, problem);
    });
  }

  test("no folder, and two files of one name", async (t) => {
    const p = await seedProject(t, log);
    const { seed } = await p.steward();
    assert.match((await failureOf(seed.run(), "SEED_NO_FOLDER")).hint ?? "", /seed new/);
    await p.seeders({ "001_a.ts": writes("a"), "001_a.sql": "select 1", "001_a.test.ts": "", "_shared.ts": "" });
    assert.match((await failureOf(seed.run(), "SEED_DUPLICATE")).message, /001_a\.sql, 001_a\.ts$/);
  });
});

/** Late-merged migrations, the out-of-order policy, repeatables, duplicates. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { failureOf, project } from "../support/migrate-project.ts";

const table = (name: string): string => `create table ${name} (id int);\n-- Down migration\ndrop table ${name};\n`;

test("a migration merged late is applied, and said", async (t) => {
  const p = await project(t, { "001_a.sql": table("a"), "003_c.sql": table("c") });
  const { migrate } = await p.steward();
  await migrate.up();
  await p.write({ "002_b.sql": table("b"), "004_d.sql": table("d") });
  const status = await migrate.status();
  assert.deepEqual(
    status.findings.map(({ severity, code, object }) => [severity, code, object]),
    [["warning", "MIGRATE_OUT_OF_ORDER", "002_b"]],
  );
  const { result, findings } = await migrate.up();
  assert.deepEqual(result.applied, ["002_b", "004_d"]);
  assert.deepEqual(
    findings.map(({ code, object }) => [code, object]),
    [["MIGRATE_OUT_OF_ORDER", "002_b"]],
  );
  assert.deepEqual(await p.applied(), ["001_a", "003_c", "002_b", "004_d"]);
});

test("the three policies: strict refuses, warn says, allow is silent; a flag wins over the configuration", async (t) => {
  const p = await project(t, { "001_a.sql": table("a"), "003_c.sql": table("c") });
  const strict = await p.steward({ migrate: { outOfOrder: "strict" } });
  await strict.migrate.up();
  await p.write({ "002_b.sql": table("b"), "004_d.sql": table("d") });
  const error = await failureOf(strict.migrate.up(), "MIGRATE_OUT_OF_ORDER");
  assert.equal(error.exit, 3);
  assert.match(error.message, /^002_b would run after/);
  assert.equal((await strict.migrate.status()).ok, false);
  assert.deepEqual(await p.applied(), ["001_a", "003_c"], "004_d is not applied past it");
  assert.equal((await strict.migrate.plan({ outOfOrder: "warn" })).findings.length, 1);
  const { result, findings } = await strict.migrate.up({ outOfOrder: "allow" });
  assert.deepEqual(result.applied, ["002_b", "004_d"]);
  assert.deepEqual(findings, []);
});

test("what is new and sorts behind everything is never late", async (t) => {
  const p = await project(t, { "001_a.sql": table("a") });
  const { migrate } = await p.steward({ migrate: { outOfOrder: "strict" } });
  await migrate.up();
  await p.write({ "002_b.sql": table("b") });
  assert.deepEqual((await migrate.up()).result.applied, ["002_b"]);
});

test("repeatables run after the versions, again whenever their content changes, and never late", async (t) => {
  const view = (column: string): string => `create or replace view v as select (${column})::text as c from a;`;
  const p = await project(t, { "V1__a.sql": "create table a (id int);", "R__view.sql": view("id"), "R__also.sql": "select 1;" });
  const { migrate } = await p.steward({ migrate: { format: "flyway", outOfOrder: "strict" } });
  assert.deepEqual((await migrate.up()).result.applied, ["V1__a", "R__also", "R__view"]);
  assert.equal((await migrate.up()).applied, false);
  await p.write({ "V2__b.sql": "create table b (id int);", "R__view.sql": view("id + 1") });
  const status = await migrate.status();
  assert.deepEqual(status.findings, []);
  assert.deepEqual((await migrate.up()).result.applied, ["V2__b", "R__view"]);
  assert.equal((await migrate.status()).ok, true);
  const session = await p.session();
  const { rows } = await session.query("select count(*)::int as n from pgsteward.migration where name = 'R__view'");
  assert.equal(rows[0]?.["n"], 1);
});

test("a repeatable that fails keeps the version in force, and runs again once it is mended", async (t) => {
  const p = await project(t, { "V1__a.sql": "create table a (id int);", "R__view.sql": "create or replace view v as select id from a;" });
  const { migrate } = await p.steward({ migrate: { format: "flyway" } });
  await migrate.up();
  await p.write({ "R__view.sql": "create or replace view v as select missing from a;" });
  await failureOf(migrate.up(), "MIGRATE_FAILED");
  const { migrations } = (await migrate.status()).data;
  assert.equal(migrations.find(({ name }) => name === "R__view")?.state, "pending");
  await p.write({ "R__view.sql": "create or replace view v as select id, 1 as one from a;" });
  assert.deepEqual((await migrate.up()).result.applied, ["R__view"]);
});

for (const [what, files] of [
  ["version 001", { "001_a.sql": "", "001_b.sql": "" }],
  ["version 1", { "1_a.sql": "", "001_b.sql": "" }],
  ["name 001_a", { "001_a.sql": "", "001_a.ts": "" }],
] as const) {
  test(`two files of one ${what} are refused`, async (t) => {
    const p = await project(t, files);
    const { migrate } = await p.steward();
    const error = await failureOf(migrate.up(), "MIGRATE_DUPLICATE");
    assert.equal(error.exit, 2);
    for (const name of Object.keys(files)) assert.ok(error.message.includes(name), error.message);
    assert.match(error.hint ?? "", /renumber/);
  });
}

test("a repeatable that fails outside a transaction is not taken for applied, new or changed", async (t) => {
  const p = await project(t, {
    "V1__a.sql": "create table a (id int); insert into a values (1), (1);",
    "R__i.sql": "create unique index concurrently a_id on a (id);",
  });
  const { migrate } = await p.steward({ migrate: { format: "flyway" } });
  const state = async (): Promise<string | undefined> =>
    (await migrate.status()).data.migrations.find(({ name }) => name === "R__i")?.state;
  await failureOf(migrate.up(), "MIGRATE_FAILED");
  assert.notEqual(await state(), "applied");
  const session = await p.session();
  await session.query("delete from a");
  assert.deepEqual((await migrate.up()).result.applied, ["R__i"]);
  assert.equal(await state(), "applied");
  await p.write({ "R__i.sql": "create unique index concurrently a_id on a (id);\n-- again" });
  await failureOf(migrate.up(), "MIGRATE_FAILED");
  assert.notEqual(await state(), "applied");
  await p.write({ "R__i.sql": "create index concurrently if not exists a_id on a (id);" });
  assert.deepEqual((await migrate.up()).result.applied, ["R__i"]);
});

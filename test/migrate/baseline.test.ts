/** baseline and adopt: record what a database has already, after comparing the catalog. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { failureOf, project } from "../support/migrate-project.ts";

const files = {
  "001_a.sql": "create table a (id int primary key);\n-- Down migration\ndrop table a;",
  "002_b.sql": "create table b (id int primary key);\ncreate index b_id on b (id);\n-- Down migration\ndrop table b;",
  "003_c.sql": "create table c (id int primary key);\n-- Down migration\ndrop table c;",
};
const upTo2 = "create table a (id int primary key); create table b (id int primary key); create index b_id on b (id);";

test("a database that has what the files make is recorded, and nothing runs", async (t) => {
  const p = await project(t, files);
  const session = await p.session();
  await session.script(upTo2);
  const { migrate } = await p.steward();
  const before = await p.fingerprint();
  const dry = await migrate.baseline({ version: "2" }, { dryRun: true });
  assert.equal((await migrate.status()).data.pending, 3);
  const { plan, result } = await migrate.baseline({ version: "2" });
  assert.equal(plan.hash, dry.plan.hash);
  assert.deepEqual(result.recorded, ["001_a", "002_b"]);
  assert.match(result.catalog, /^equal to what the files make \(compared on scratch/);
  assert.equal(await p.fingerprint(), before);
  const status = await migrate.status();
  assert.deepEqual(
    status.data.migrations.map(({ state, origin }) => [state, origin]),
    [
      ["applied", "baseline"],
      ["applied", "baseline"],
      ["pending", null],
    ],
  );
  assert.deepEqual((await migrate.up()).result.applied, ["003_c"]);
  assert.equal((await migrate.validate()).ok, true);
  assert.deepEqual((await migrate.rollback({ version: "002" })).result.reverted, ["003_c", "002_b"], "what was recorded can be undone");
  const { events } = (await migrate.history()).data;
  assert.deepEqual(
    events.filter(({ action }) => action === "baseline").map(({ name }) => name),
    ["001_a", "002_b"],
  );
});

test("a database that differs is refused with the differences; --force records it, --no-verify does not look", async (t) => {
  const p = await project(t, files);
  const session = await p.session();
  await session.script("create table a (id bigint primary key); create table b (id int primary key);");
  const { migrate } = await p.steward();
  const error = await failureOf(migrate.baseline({ version: "2" }), "MIGRATE_SCHEMA_DIFFERS");
  assert.equal(error.exit, 3);
  assert.match(error.detail ?? "", /a/);
  assert.match(error.detail ?? "", /b_id/);
  assert.equal((error.data["differences"] as unknown[]).length, 2);
  assert.match(error.hint ?? "", /--force/);
  assert.doesNotMatch(`${error.message} ${error.hint}`, /reset/i);
  assert.equal((await migrate.status()).data.applied, 0);
  const forced = await migrate.baseline({ version: "1", force: true });
  assert.match(forced.result.catalog, /^differs/);
  assert.ok(forced.findings.some(({ code }) => code === "MIGRATE_DRIFT"));
  const unseen = await migrate.baseline({ version: "2", verify: false });
  assert.deepEqual(unseen.result, { recorded: ["002_b"], catalog: "not compared" });
  assert.equal((await migrate.baseline({ version: "2" })).applied, false);
});

test("without a version all of it is recorded; an unknown one is refused", async (t) => {
  const p = await project(t, files);
  const session = await p.session();
  await session.script(`${upTo2} create table c (id int primary key);`);
  const { migrate } = await p.steward();
  await failureOf(migrate.baseline({ version: "9" }), "MIGRATE_UNKNOWN_VERSION");
  assert.equal((await migrate.baseline()).result.recorded.length, 3);
  assert.equal((await migrate.status()).ok, true);
});

test("adopt takes over another tool's history after comparing the catalog", async (t) => {
  const dbmate = Object.fromEntries(
    Object.entries(files).map(([name, text]) => [
      `2026010100000${name}`,
      `-- migrate:up\n${text.replace("-- Down migration", "-- migrate:down")}`,
    ]),
  );
  const p = await project(t, dbmate);
  const session = await p.session();
  await session.script(
    `${upTo2} create table schema_migrations (version varchar primary key); insert into schema_migrations values ('2026010100000001'), ('2026010100000002');`,
  );
  const { migrate } = await p.steward();
  const { result } = await migrate.adopt();
  assert.deepEqual(result.recorded, ["2026010100000001_a", "2026010100000002_b"]);
  assert.match(result.catalog, /^equal/, "the other tool's own table is no difference");
  assert.equal((await migrate.status()).data.migrations[0]?.origin, "adopt:dbmate");
  assert.deepEqual((await migrate.up()).result.applied, ["2026010100000003_c"]);
  await failureOf(migrate.adopt(), "MIGRATE_HISTORY_NOT_EMPTY");
});

test("adopt refuses a catalog that the history does not explain; --force records it and says so", async (t) => {
  const p = await project(t, { "20260101000000_a.sql": "-- migrate:up\ncreate table a (id int);\n-- migrate:down\ndrop table a;\n" });
  const session = await p.session();
  await session.script(
    "create table schema_migrations (version varchar primary key); insert into schema_migrations values ('20260101000000');",
  );
  const { migrate } = await p.steward();
  const error = await failureOf(migrate.adopt(), "MIGRATE_SCHEMA_DIFFERS");
  assert.equal(error.exit, 3);
  const { findings, result } = await migrate.adopt({ force: true });
  assert.ok(findings.some(({ code, object }) => code === "MIGRATE_DRIFT" && object === "table public.a"));
  assert.deepEqual(result.recorded, ["20260101000000_a"]);
});

test("with nothing to adopt that is said, with the tables that were looked for", async (t) => {
  const p = await project(t, files);
  const { migrate } = await p.steward();
  const error = await failureOf(migrate.adopt(), "MIGRATE_NOTHING_TO_ADOPT");
  assert.equal(error.exit, 2);
  assert.match(error.hint ?? "", /_prisma_migrations.*baseline/);
});

test("an extension that no engine offers: said, not passed over", async (t) => {
  const p = await project(t, { "001_a.sql": "create extension if not exists no_such_extension;" });
  const { migrate } = await p.steward();
  const { findings, result } = await migrate.baseline();
  assert.match(result.catalog, /^not compared: no no_such_extension/);
  assert.deepEqual(
    findings.map(({ code, severity }) => [code, severity]),
    [["MIGRATE_DRIFT_UNSEEN", "warning"]],
  );
  const validated = await migrate.validate();
  assert.match(validated.data.catalog, /^not compared: no no_such_extension/);
  assert.ok(validated.findings.some(({ code }) => code === "MIGRATE_DRIFT_UNSEEN"));
});

/** A dry run shows the very plan that runs, changes nothing, and an approved hash runs nothing else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Plan } from "../../src/core/plan.ts";
import { failureOf, project } from "../support/migrate-project.ts";

const table = (name: string): string => `create table ${name} (id int);\n-- Down migration\ndrop table ${name};\n`;
const mixed = {
  "001_a.sql": table("a"),
  "002_b.sql":
    "insert into a values (1);\ncreate index concurrently a_id on a (id);\n-- Down migration\ndrop index concurrently a_id;\ndelete from a;",
  "003_c.ts": "export async function up(session) { await session.query('insert into a values (2)'); }\nexport async function down() {}",
  "004_d.sql": "set search_path = public; alter table a add column b int; vacuum a; alter table a add column c int;",
};

/** What a plan shows of itself. */
const shown = ({ title, hash, steps }: Pick<Plan, "title" | "hash" | "steps">): unknown => ({
  title,
  hash,
  steps: steps.map(({ title, sql, transaction }) => ({ title, sql, transaction })),
});

test("a dry run is dry: no object, no ledger, no lock", async (t) => {
  const p = await project(t, mixed);
  const { migrate } = await p.steward();
  const before = await p.fingerprint();
  const outcome = await migrate.up({}, { dryRun: true });
  assert.equal(outcome.applied, false);
  assert.deepEqual(outcome.result.applied, ["001_a", "002_b", "003_c", "004_d"]);
  assert.equal(await p.fingerprint(), before);
  const session = await p.session();
  assert.equal((await session.query("select 1 from pg_namespace where nspname = 'pgsteward'")).rows.length, 0);
  assert.equal(
    (
      await session.query(
        "select 1 from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
      )
    ).rows.length,
    0,
  );
  assert.equal((await migrate.status()).data.pending, 4);
});

test("the dry run, `plan` and the run have the same steps and the same hash; the events name the same steps", async (t) => {
  const p = await project(t, mixed);
  const { migrate } = await p.steward();
  const dry = await migrate.up({}, { dryRun: true });
  const { title, hash, steps } = (await migrate.plan()).data;
  assert.deepEqual({ title, hash, steps }, shown(dry.plan));
  const { plan } = await migrate.up();
  assert.deepEqual(shown(plan), shown(dry.plan));
  const done = p.events.flatMap((event) => (event.type === "step" && event.phase === "done" ? [event.title] : []));
  assert.deepEqual(
    done,
    dry.plan.steps.map(({ title }) => title),
  );
  assert.deepEqual(done, ["001_a", "002_b (1/2)", "002_b (2/2)", "003_c", "004_d (1/3)", "004_d (2/3)", "004_d (3/3)"]);
  assert.deepEqual(
    plan.steps.map(({ transaction }) => transaction),
    ["own", "own", "none", "own", "own", "none", "own"],
  );
  const session = await p.session();
  assert.equal((await session.query("select plan_hash from pgsteward.run")).rows[0]?.["plan_hash"], hash);
});

for (const verb of ["down", "redo", "rollback"] as const) {
  test(`a dry run of ${verb} shows its plan and undoes nothing`, async (t) => {
    const p = await project(t, { "001_a.sql": mixed["001_a.sql"], "002_b.sql": mixed["002_b.sql"] });
    const { migrate } = await p.steward();
    await migrate.up();
    const before = await p.fingerprint();
    const dry = await migrate[verb]({}, { dryRun: true });
    assert.equal(await p.fingerprint(), before);
    assert.equal((await p.applied()).length, 2);
    assert.deepEqual(shown((await migrate[verb]()).plan), shown(dry.plan));
  });
}

test("what runs is what is printed: a later part of a file shows the settings that it runs under", async (t) => {
  const p = await project(t, {
    "001_a.sql": "create schema s; set search_path = s; create table a (id int);\ncreate index concurrently a_id on a (id);",
  });
  const { migrate } = await p.steward();
  const { steps } = (await migrate.up({}, { dryRun: true })).plan;
  assert.equal(steps[1]?.sql, "set search_path = s;\ncreate index concurrently a_id on a (id)");
  await migrate.up();
  const session = await p.session();
  assert.equal((await session.query("select to_regclass('s.a_id') is not null as there")).rows[0]?.["there"], true);
});

test("an approved plan runs; any other one is refused, and nothing changes", async (t) => {
  const p = await project(t, { "001_a.sql": table("a") });
  const { migrate } = await p.steward();
  const { hash } = (await migrate.plan()).data;
  await p.write({ "002_b.sql": table("b") });
  const error = await failureOf(migrate.up({}, { plan: hash }), "GUARD_PLAN_CHANGED");
  assert.equal(error.exit, 3);
  assert.ok(error.message.includes(hash));
  const now = (await migrate.plan()).data.hash;
  assert.ok(error.hint?.includes(`--plan ${now}`));
  assert.equal(error.database, "unchanged");
  assert.deepEqual((await migrate.up({}, { plan: now })).result.applied, ["001_a", "002_b"]);
});

test("every change of what would run changes the hash", async (t) => {
  const p = await project(t, { "001_a.sql": table("a"), "002_b.ts": "export async function up() {}" });
  const { migrate } = await p.steward();
  const hash = async (): Promise<string> => (await migrate.plan()).data.hash;
  const seen = [await hash()];
  for (const files of [
    { "001_a.sql": table("a").replace("int", "bigint") },
    { "002_b.ts": "export async function up() { /* otherwise */ }" },
    { "003_c.sql": "" },
    { "003_c.sql": "select 1;" },
  ]) {
    await p.write(files);
    seen.push(await hash());
  }
  assert.equal(new Set(seen).size, seen.length);
  await p.write({ "001_a.sql": table("a").replace("int", "bigint").replace("drop table", "drop table if exists") });
  assert.equal(await hash(), seen.at(-1), "a down is no part of an up");
});

test("what somebody else did while we waited for the lock is left out; the rest runs as read", async (t) => {
  const p = await project(t, { "001_a.sql": table("a"), "002_b.sql": table("b") });
  const [one, two] = [await p.steward(), await p.steward()];
  const [first, second] = await Promise.all([one.migrate.up(), two.migrate.up()]);
  const applied = [first, second].map(({ result }) => result.applied.length).toSorted((a, b) => a - b);
  assert.deepEqual(applied, [0, 2]);
  assert.deepEqual(await p.applied(), ["001_a", "002_b"]);
});

test("a file edited between the plan and the lock does not run unread", async (t) => {
  const p = await project(t, { "001_a.sql": table("a") });
  const holder = await p.steward();
  const held = Promise.withResolvers<void>();
  const holding = Promise.withResolvers<void>();
  await p.write({ "000_first.sql": "create table first (id int);" });
  const other = holder.migrate.up({ to: "0" }, { afterStep: () => (holding.resolve(), held.promise) });
  await holding.promise;
  const waiting = Promise.withResolvers<void>();
  const late = await p.steward({}, { onEvent: (event) => event.type === "wait" && waiting.resolve() });
  const run = late.migrate.up();
  await waiting.promise;
  await p.write({ "001_a.sql": table("a").replace("id int", "id bigint") });
  held.resolve();
  await other;
  await failureOf(run, "GUARD_PLAN_CHANGED");
  assert.deepEqual(await p.applied(), ["000_first"]);
});

test("the plan says what the server lacks before anything runs", async (t) => {
  const p = await project(t, { "001_a.sql": table("a"), "002_b.sql": "create extension if not exists no_such_extension;" });
  const { migrate } = await p.steward();
  const error = await failureOf(migrate.up(), "MIGRATE_EXTENSION_UNAVAILABLE");
  assert.equal(error.exit, 2);
  assert.match(error.message, /extension no_such_extension is not available/);
  assert.equal((await migrate.status()).data.pending, 2);
});

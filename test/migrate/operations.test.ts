/** The verbs on a small folder, through the library: up, down, to, redo, rollback, status, history. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { failureOf, project } from "../support/migrate-project.ts";

const table = (name: string): string =>
  `-- Up migration\ncreate table ${name} (id int primary key);\n-- Down migration\ndrop table ${name};\n`;
const three = { "001_a.sql": table("a"), "002_b.sql": table("b"), "003_c.sql": table("c") };

test("up applies what is pending, in order, once", async (t) => {
  const p = await project(t, three);
  const { migrate } = await p.steward();
  const first = await migrate.up();
  assert.equal(first.applied, true);
  assert.deepEqual(first.result, { applied: ["001_a", "002_b", "003_c"], rebaselined: [], remaining: 0 });
  assert.deepEqual(await p.applied(), ["001_a", "002_b", "003_c"]);
  const again = await migrate.up();
  assert.equal(again.applied, false);
  assert.deepEqual(again.result.applied, []);
  await p.write({ "004_d.sql": table("d") });
  assert.deepEqual((await migrate.up()).result.applied, ["004_d"]);
  const session = await p.session();
  const { rows } = await session.query("select operation, result, steps_total, steps_done, actor from pgsteward.run order by id");
  assert.deepEqual(rows, [
    { operation: "migrate up", result: "done", steps_total: 3, steps_done: 3, actor: "tester" },
    { operation: "migrate up", result: "done", steps_total: 1, steps_done: 1, actor: "tester" },
  ]);
});

test("up --to stops after a version, named in any usual way", async (t) => {
  const p = await project(t, three);
  const { migrate } = await p.steward();
  assert.deepEqual((await migrate.up({ to: "1" })).result, { applied: ["001_a"], rebaselined: [], remaining: 2 });
  assert.deepEqual((await migrate.up({ to: "002_b.sql" })).result, { applied: ["002_b"], rebaselined: [], remaining: 1 });
  assert.deepEqual((await migrate.up({ to: "001" })).applied, false, "what is applied already stays");
  const error = await failureOf(migrate.up({ to: "4" }), "MIGRATE_UNKNOWN_VERSION");
  assert.equal(error.exit, 2);
  assert.match(error.hint ?? "", /001, 002, 003/);
  assert.deepEqual((await migrate.up({ to: "003_c" })).result.applied, ["003_c"]);
});

test("down undoes the last one, or as many as asked for, newest first", async (t) => {
  const p = await project(t, three);
  const { migrate } = await p.steward();
  const empty = await p.fingerprint();
  await migrate.up();
  assert.deepEqual((await migrate.down()).result, { reverted: ["003_c"], applied: [] });
  assert.deepEqual((await migrate.down({ steps: 5 })).result.reverted, ["002_b", "001_a"]);
  assert.equal(await p.fingerprint(), empty);
  assert.equal((await migrate.down()).applied, false);
});

test("rollback undoes a version and everything after it", async (t) => {
  const p = await project(t, three);
  const { migrate } = await p.steward();
  await migrate.up();
  assert.deepEqual((await migrate.rollback({ version: "002" })).result.reverted, ["003_c", "002_b"]);
  assert.deepEqual((await migrate.rollback()).result.reverted, ["001_a"]);
  assert.equal((await migrate.rollback({ version: "002" })).applied, false, "it is not applied");
  await failureOf(migrate.rollback({ version: "9" }), "MIGRATE_UNKNOWN_VERSION");
});

test("rollback follows the order of application, not the names", async (t) => {
  const p = await project(t, { "002_b.sql": table("b") });
  const { migrate } = await p.steward();
  await migrate.up();
  await p.write({ "001_a.sql": table("a") });
  await migrate.up();
  assert.deepEqual((await migrate.down()).result.reverted, ["001_a"]);
});

test("to goes either way, and to 0 undoes everything", async (t) => {
  const p = await project(t, three);
  const { migrate } = await p.steward();
  assert.deepEqual((await migrate.to({ version: "002" })).result, { reverted: [], applied: ["001_a", "002_b"] });
  assert.deepEqual((await migrate.to({ version: "3" })).result, { reverted: [], applied: ["003_c"] });
  assert.deepEqual((await migrate.to({ version: "001" })).result, { reverted: ["003_c", "002_b"], applied: [] });
  assert.equal((await migrate.to({ version: "001" })).applied, false);
  assert.deepEqual((await migrate.to({ version: "0" })).result.reverted, ["001_a"]);
  assert.deepEqual((await migrate.to({ version: "0" })).applied, false, "nothing is left, and nothing is applied");
  assert.deepEqual(await p.applied(), []);
});

test("a migration numbered 0 is a version like any other", async (t) => {
  const p = await project(t, { "000_zero.sql": table("zero"), "001_a.sql": table("a") });
  const { migrate } = await p.steward();
  assert.deepEqual((await migrate.to({ version: "0" })).result.applied, ["000_zero"]);
  await migrate.up();
  assert.deepEqual((await migrate.to({ version: "0" })).result.reverted, ["001_a"]);
});

test("redo undoes and applies again", async (t) => {
  const p = await project(t, three);
  const { migrate } = await p.steward();
  await migrate.up();
  const before = await p.fingerprint();
  assert.deepEqual((await migrate.redo()).result, { reverted: ["003_c"], applied: ["003_c"] });
  assert.deepEqual((await migrate.redo({ steps: 2 })).result, { reverted: ["003_c", "002_b"], applied: ["002_b", "003_c"] });
  assert.deepEqual(await p.applied(), ["001_a", "002_b", "003_c"]);
  assert.equal(await p.fingerprint(), before);
});

test("redo is how an edited migration is tried again", async (t) => {
  const p = await project(t, three);
  const { migrate } = await p.steward();
  await migrate.up();
  await p.write({ "003_c.sql": table("c").replace("id int", "id bigint") });
  await migrate.redo();
  const session = await p.session();
  const { rows } = await session.query(
    "select format_type(atttypid, null) as type from pg_attribute where attrelid = 'c'::regclass and attname = 'id'",
  );
  assert.equal(rows[0]?.["type"], "bigint");
  assert.equal((await migrate.status()).ok, true);
});

test("a missing down is refused before anything is undone", async (t) => {
  const p = await project(t, { ...three, "002_b.sql": "create table b (id int);" });
  const { migrate } = await p.steward();
  await migrate.up();
  const error = await failureOf(migrate.rollback({ version: "001" }), "MIGRATE_DOWN_MISSING");
  assert.equal(error.exit, 2);
  assert.match(error.message, /002_b cannot be undone/);
  assert.equal(error.database, "unchanged");
  assert.deepEqual(await p.applied(), ["001_a", "002_b", "003_c"]);
});

test("status tells what is applied and what is pending, and says yes only when nothing is left to do", async (t) => {
  const p = await project(t, three);
  const { migrate } = await p.steward();
  const before = await migrate.status();
  assert.equal(before.ok, false);
  assert.deepEqual([before.data.applied, before.data.pending], [0, 3]);
  const session = await p.session();
  const { rows } = await session.query("select 1 from pg_namespace where nspname = 'pgsteward'");
  assert.equal(rows.length, 0, "status installs no ledger");
  await migrate.up({ to: "2" });
  const { ok, data } = await migrate.status();
  assert.equal(ok, false);
  assert.deepEqual(
    data.migrations.map(({ name, state, reversible, origin }) => [name, state, reversible, origin]),
    [
      ["001_a", "applied", true, "up"],
      ["002_b", "applied", true, "up"],
      ["003_c", "pending", true, null],
    ],
  );
  await migrate.up();
  assert.equal((await migrate.status()).ok, true);
});

test("history tells everything that ever happened, oldest first, and by whom", async (t) => {
  const p = await project(t, { ...three, "003_c.sql": "create table c (id int); select 1/0;" });
  const { migrate } = await p.steward();
  assert.deepEqual((await migrate.history()).data.events, []);
  await failureOf(migrate.up(), "MIGRATE_FAILED");
  await p.write({ "003_c.sql": table("c") });
  await migrate.up();
  await migrate.down();
  const { events } = (await migrate.history()).data;
  assert.deepEqual(
    events.map(({ action, name }) => `${action} ${name}`),
    ["up 001_a", "up 002_b", "failed 003_c", "up 003_c", "down 003_c"],
  );
  assert.ok(events.every(({ by }) => by?.startsWith("tester@")));
  assert.ok(events.every(({ at }) => at instanceof Date && !Number.isNaN(at.getTime())));
  assert.match(String(events[2]?.detail?.["message"]), /division by zero/);
});

test("a folder without migrations is up to date", async (t) => {
  const p = await project(t);
  const { migrate } = await p.steward();
  assert.equal((await migrate.up()).applied, false);
  assert.equal((await migrate.status()).ok, true);
  assert.equal((await migrate.down()).applied, false);
});

test("versions are compared as numbers, whatever their width", async (t) => {
  const p = await project(t, { "10_j.sql": table("j"), "9_i.sql": table("i"), "1_a.sql": table("a"), "20260102030405_z.sql": table("z") });
  const { migrate } = await p.steward();
  assert.deepEqual((await migrate.up()).result.applied, ["1_a", "9_i", "10_j", "20260102030405_z"]);
});

test("a steward goes on after a failure, on the same session", async (t) => {
  const p = await project(t, { "001_a.sql": table("a"), "002_b.sql": "selec 1;" });
  const { migrate } = await p.steward();
  await failureOf(migrate.up(), "MIGRATE_FAILED");
  await p.write({ "002_b.sql": table("b") });
  assert.deepEqual((await migrate.up()).result.applied, ["002_b"]);
});

/** One at a time; a lock that is not free is tried again with jitter, and nobody queues up behind us. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Clock, systemClock } from "../../src/core/clock.ts";
import { failureOf, project } from "../support/migrate-project.ts";
import { until } from "../support/migrate-server.ts";

const table = (name: string): string => `create table ${name} (id int);\n-- Down migration\ndrop table ${name};\n`;

test("another pgsteward at work is waited for, and named when the wait is over", async (t) => {
  const p = await project(t, { "001_a.sql": table("a"), "002_b.sql": table("b") });
  const first = await p.steward();
  const [holding, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const run = first.migrate.up({ to: "1" }, { afterStep: () => (holding.resolve(), released.promise) });
  await holding.promise;
  const second = await p.steward({ lockWait: 300 });
  const error = await failureOf(second.migrate.up(), "LOCK_HELD");
  assert.equal(error.exit, 5);
  assert.equal(error.database, "unchanged");
  assert.match(error.message, /another pgsteward is at work on this database: pid \d+ \(pgsteward\/migrate, postgres.*\), \w+.* for \d+ s/);
  assert.match(error.hint ?? "", /--lock-wait/);
  assert.ok(p.events.some((event) => event.type === "wait" && /waiting for pid \d+ \(pgsteward\/migrate/.test(event.message)));
  assert.equal((await second.migrate.status()).data.pending, 1, "what only reads needs no lock");
  released.resolve();
  await run;
  assert.deepEqual((await second.migrate.up()).result.applied, ["002_b"]);
});

test("the lock is of one database: another one's migrations do not wait", async (t) => {
  const [p, q] = [await project(t, { "001_a.sql": table("a") }), await project(t, { "001_a.sql": table("a") })];
  const [holding, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const run = (await p.steward()).migrate.up({}, { afterStep: () => (holding.resolve(), released.promise) });
  await holding.promise;
  await (await q.steward({ lockWait: 0 })).migrate.up();
  released.resolve();
  await run;
});

test("the lock is free again after a success, after a failure and after a refusal", async (t) => {
  const p = await project(t, { "001_a.sql": "select 1/0;" });
  const one = await p.steward();
  const other = await p.steward({ lockWait: 0 });
  await failureOf(one.migrate.up(), "MIGRATE_FAILED");
  await failureOf(other.migrate.up(), "MIGRATE_FAILED");
  await p.write({ "001_a.sql": table("a") });
  await one.migrate.up();
  await other.migrate.down();
});

test("a long reader blocks an ALTER: it is tried again, readers pass, and it succeeds when the reader ends", async (t) => {
  const p = await project(t, { "001_a.sql": "create table a (id int);", "002_b.sql": "alter table a add column b int;" });
  const waits = [Promise.withResolvers<void>(), Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let told = 0;
  const { migrate } = await p.steward(
    { lockTimeout: 100, lockRetries: 100 },
    { onEvent: (event) => event.type === "wait" && waits[told++]?.resolve() },
  );
  await migrate.up({ to: "1" });
  const [reader, other] = [await p.session(), await p.session()];
  await reader.script("begin; select * from a;");
  let done = false;
  const run = migrate.up().finally(() => (done = true));
  for (const wait of waits) {
    await wait.promise;
    await other.query("select * from a");
    assert.equal(done, false, "the reader beside us was answered while the long one still holds its lock");
  }
  await reader.script("commit");
  assert.deepEqual((await run).result.applied, ["002_b"]);
});

test("it gives up after its tries, says who held the lock, and has applied nothing of the file", async (t) => {
  const p = await project(t, {
    "001_a.sql": "create table a (id int);",
    "002_b.sql": table("b"),
    "003_c.sql": "create table c (id int);\nalter table a add column b int;",
  });
  const slept: number[] = [];
  const clock: Clock = {
    ...systemClock,
    random: () => 0.25,
    sleep: (ms, signal) => (slept.push(ms), systemClock.sleep(Math.min(ms, 20), signal)),
  };
  const { migrate } = await p.steward({ lockTimeout: 300, lockRetries: 3 }, { clock });
  await migrate.up({ to: "1" });
  const reader = await p.session();
  await reader.script("set application_name = 'nightly report'; begin; select count(*) from a;");
  slept.length = 0;
  const error = await failureOf(migrate.up(), "MIGRATE_LOCK_TIMEOUT");
  assert.equal(error.exit, 5);
  assert.equal(error.database, "rolled back");
  assert.match(error.message, /^003_c did not get a lock in 4 tries/);
  assert.match(error.detail ?? "", new RegExp(`held by pid ${reader.pid} \\(nightly report, postgres\\), idle in transaction`));
  assert.deepEqual(await p.applied(), ["001_a", "002_b"], "the file before it in the same message stays");
  const backoff = slept.filter((ms) => ms !== 200);
  assert.deepEqual(backoff, [150, 300, 600], "doubled, times 0.5 + chance");
  const session = await p.session();
  assert.equal((await session.query("select to_regclass('c') is null as gone")).rows[0]?.["gone"], true);
  await reader.script("rollback");
  assert.deepEqual((await migrate.up()).result.applied, ["003_c"]);
});

test("--lock-retries 0 tries once", async (t) => {
  const p = await project(t, { "001_a.sql": "create table a (id int);", "002_b.sql": "alter table a add column b int;" });
  const { migrate } = await p.steward({ lockTimeout: 50, lockRetries: 0 });
  await migrate.up({ to: "1" });
  const reader = await p.session();
  await reader.script("begin; select * from a;");
  assert.match((await failureOf(migrate.up(), "MIGRATE_LOCK_TIMEOUT")).message, /in 1 try:/);
});

test("a deadlock is tried again", async (t) => {
  const p = await project(t, {
    "001_ab.sql": "create table a (id int); create table b (id int);",
    "002_both.sql":
      "set local deadlock_timeout = '1s';\nlock table a in share row exclusive mode;\nlock table b in share row exclusive mode;",
  });
  const waiting = Promise.withResolvers<string>();
  const { migrate } = await p.steward(
    { lockTimeout: "20s" },
    { onEvent: (event) => event.type === "wait" && waiting.resolve(event.message) },
  );
  await migrate.up({ to: "1" });
  const [other, watcher] = [await p.session(), await p.session()];
  await other.script("set deadlock_timeout = '1h'; begin; lock table b in share row exclusive mode;");
  // Ours holds a and waits for b; the other one then waits for a, and ours is the one that looks for deadlocks.
  const run = migrate.up();
  await until(watcher, "select 1 from pg_locks where not granted and relation = 'b'::regclass");
  const theirs = other.script("lock table a in share row exclusive mode; commit;");
  await theirs.catch(() => undefined);
  assert.deepEqual((await run).result.applied, ["002_both"]);
  await other.script("rollback").catch(() => undefined);
  assert.match(await waiting.promise, /trying again after a deadlock/);
});

test("a file may choose its own lock timeout", async (t) => {
  const p = await project(t, {
    "001_a.sql": "create table a (id int);",
    "002_b.sql": "set local lock_timeout = 0;\nalter table a add column b int;",
  });
  const { migrate } = await p.steward({ lockTimeout: 20, lockRetries: 0 });
  await migrate.up({ to: "1" });
  const [reader, watcher] = [await p.session(), await p.session()];
  await reader.script("begin; select * from a;");
  const run = migrate.up();
  const longer =
    "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%add column b%' and clock_timestamp() - query_start > '200 ms'";
  await until(watcher, longer);
  await reader.script("commit");
  assert.deepEqual((await run).result.applied, ["002_b"]);
});

test("statement_timeout is off unless asked for", async (t) => {
  const p = await project(t, { "001_a.sql": "select pg_sleep(0.3);" });
  const session = await p.session();
  await session.script(`alter database ${p.name} set statement_timeout = '100ms'`);
  const cautious = await p.steward({ statementTimeout: 100 });
  const error = await failureOf(cautious.migrate.up(), "MIGRATE_FAILED");
  assert.equal(error.data["sqlstate"], "57014");
  const { migrate } = await p.steward();
  assert.deepEqual((await migrate.up()).result.applied, ["001_a"]);
});

test("several runs at once on one steward take turns", async (t) => {
  const p = await project(t, {
    "001_a.sql": table("a"),
    "002_b.ts": 'export async function up(session) { await session.query("create table b (id int)"); }',
    "003_c.sql": table("c"),
  });
  const { migrate } = await p.steward();
  const outcomes = await Promise.all([migrate.up(), migrate.up(), migrate.up()]);
  assert.deepEqual(
    outcomes.map(({ result }) => result.applied.length).toSorted((a, b) => a - b),
    [0, 0, 3],
  );
  assert.deepEqual(await p.applied(), ["001_a", "002_b", "003_c"]);
});

/** One instant for the whole run: what others write meanwhile raises no false alarm, on however many sessions. */
import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { native } from "./places.ts";
import { openSession } from "../../src/engines/session.ts";
import { failureOf } from "../support/migrate-project.ts";
import { defer } from "../support/migrate-server.ts";

const bank = `create table accounts (id int primary key, total int not null); create table entries (id int generated always as identity primary key, account_id int not null references accounts, amount int not null);
  create index on entries (account_id);
  insert into accounts select i, 0 from generate_series(1, 20) i; create table events (id bigint generated always as identity primary key);`;

const checks = {
  "total.ts": `export default { name: "total", aggregate: { table: "accounts", column: "total",
    equals: "select coalesce(sum(e.amount), 0) from entries e where e.account_id = t.id" } };`,
  "sum.sql": "select sum(total) from accounts having sum(total) <> 0",
  "one.sql": "-- pgsteward: check name=one\nselect * from events",
  "two.sql": "-- pgsteward: check name=two category=consistency\nselect * from events where md5(id::text) <> ''",
};

/** Moves money and opens and closes accounts until it is told to stop; resolves to the number of transactions. */
async function busy(t: TestContext, url: string, stop: AbortSignal): Promise<number> {
  const session = await openSession({ url });
  defer(t, () => session.close());
  let done = 0;
  for (; !stop.aborted; done++) {
    const [from, to] = [1 + (done % 20), 1 + ((done * 7 + 3) % 20)];
    await session.script(`begin; insert into events default values;
      insert into entries (account_id, amount) values (${from}, -1), (${to}, 1);
      update accounts set total = total - 1 where id = ${from}; update accounts set total = total + 1 where id = ${to};
      insert into accounts values (${1000 + done}, 0); commit;
      begin; delete from accounts where id = ${1000 + done}; commit;`);
  }
  return done;
}

test("a writer at work raises no false alarm, and all sessions see the same rows", async (t) => {
  const { steward, run, url = "" } = await native.open(t, checks);
  await run(bank);
  const stop = new AbortController();
  const writer = busy(t, url, stop.signal);
  const counts: (number | undefined)[][] = [];
  try {
    for (let i = 0; i < 6; i++) {
      const { findings, data } = await steward.check.run({ sessions: 3, only: ["orphans", "rules", "consistency"] });
      assert.deepEqual(
        findings.filter(({ code }) => code !== "CHECK_QUERY"),
        [],
      );
      assert.ok(!findings.some(({ object }) => object === "sum"));
      counts.push(["one", "two"].map((name) => data.rules.find(({ rule }) => rule === name)?.violations));
    }
  } finally {
    stop.abort();
  }
  assert.ok((await writer) > 0);
  for (const [one, two] of counts) assert.equal(one, two);
  assert.ok(new Set(counts.map(([one]) => one)).size > 1, "nothing was written meanwhile");
});

test("an interrupted run ends at once, and leaves no session behind", async (t) => {
  const { steward, run, url = "" } = await native.open(t, { "slow.sql": "select pg_sleep(600)" });
  await run("create table a (id int)");
  const stop = new AbortController();
  const { createSteward } = await import("../../src/steward.ts");
  const interrupted = await createSteward({ cwd: steward.config.root, env: {}, config: { url }, signal: stop.signal });
  defer(t, () => interrupted.close());
  const running = interrupted.check.run();
  const beside = await openSession({ url });
  defer(t, () => beside.close());
  const sleeping = "select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'";
  const count = async (): Promise<number> => (await beside.query<{ n: number }>(sleeping)).rows[0]?.n ?? 0;
  while ((await count()) === 0);
  stop.abort(new Error("enough"));
  await assert.rejects(running, /enough/);
  assert.equal(await count(), 0);
});

test("a table under a migration is not waited for, so that nothing queues up behind the check", async (t) => {
  const { steward, run, url = "" } = await native.open(t, {}, { lockTimeout: 50 });
  await run("create table a (id int primary key); create table b (id int primary key, a int references a)");
  const migration = await openSession({ url });
  defer(t, () => migration.close());
  await migration.script("begin; lock table a in access exclusive mode");
  const error = await failureOf(steward.check.run(), "CHECK_LOCKED");
  assert.deepEqual([error.exit, error.database], [5, "unchanged"]);
  await migration.script("rollback");
  assert.equal((await steward.check.run()).ok, true);
});

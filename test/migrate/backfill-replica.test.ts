/** A backfill slows down while a replica, a real one, does not keep up, and goes on at full speed when it has. */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Clock, systemClock } from "../../src/core/clock.ts";
import type { Session } from "../../src/core/engine.ts";
import { createSteward } from "../../src/steward.ts";
import { temporary, writeFiles } from "../support/migrate-project.ts";
import { until } from "../support/project.ts";
import { replicated } from "../support/replica.ts";

const say = (session: Session, messages: number): Promise<unknown> =>
  session.query("select pg_logical_emit_message(true, 'test', repeat('x', 1000000)) from generate_series(1, $1)", [messages]);

/** Small WAL until the replica has told that it keeps up. */
async function caughtUp(primary: Session): Promise<boolean> {
  await primary.query("select pg_logical_emit_message(true, 'test', 'x')");
  const { rows } = await primary.query(
    "select from pg_stat_replication where coalesce(replay_lag < '1 s', true) and pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) < 1000000",
  );
  return rows.length === 1;
}

test("replay stands still for three chunks", async (t) => {
  const { url, primary, replica } = await replicated(t);
  const dir = await temporary(t);
  mkdirSync(join(dir, "migrations"));
  await writeFiles(join(dir, "migrations"), {
    "001_a.sql": "create table users (id int primary key, name text); insert into users select generate_series(1, 50);",
  });
  const [pauses, told]: [number[], string[]] = [[], []];
  const sleep = async (ms: number): Promise<void> => {
    pauses.push(ms);
    if (pauses.length < 3) return;
    await replica.query("select pg_wal_replay_resume()");
    await until(() => caughtUp(primary));
  };
  const clock: Clock = { ...systemClock, sleep };
  const onEvent: Parameters<typeof createSteward>[0] = { onEvent: (event) => void (event.type === "wait" && told.push(event.message)) };
  const steward = await createSteward({ cwd: dir, env: { USER: "tester" }, config: { url }, clock, ...onEvent });
  await steward.migrate.up();
  await writeFiles(join(dir, "migrations"), {
    "002_b.sql": "-- pgsteward: backfill table=users batch=10\nupdate users set name = 'n' || id;",
  });
  await replica.query("select pg_wal_replay_pause()");
  await until(async () => (await replica.query("select from pg_get_wal_replay_pause_state() s where s = 'paused'")).rows.length === 1);
  await say(primary, 70);
  await steward.migrate.up();
  await steward.close();
  assert.deepEqual(pauses, [100, 200, 400]);
  assert.equal(told.length, 3);
  assert.match(told[0] ?? "", /^002_b: a replica is \d+ MB of WAL behind: pausing 100 ms between chunks$/);
  await until(async () => (await replica.query("select from users where name is not null")).rows.length === 50);
});

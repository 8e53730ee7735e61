/** The lock of the ledger: one at a time, polled with jitter, given back whatever happens. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { type Clock, systemClock } from "../../src/core/clock.ts";
import { StewardError } from "../../src/core/errors.ts";
import type { StewardEvent } from "../../src/core/events.ts";
import { lockKey, type LockOptions, withLock } from "../../src/core/lock.ts";
import { freshDatabase } from "../support/migrate-server.ts";

const options = (more: Partial<LockOptions> = {}): LockOptions => ({ waitMs: 0, clock: systemClock, events: () => undefined, ...more });
const nothing = (): Promise<void> => Promise.resolve();

/** A clock that passes when somebody sleeps. */
function fastClock(slept: number[]): Clock {
  let now = 0;
  return { now: () => now, random: () => 0.5, sleep: (ms) => (slept.push(ms), (now += ms), Promise.resolve()) };
}

async function held(t: TestContext): Promise<{
  other: Awaited<ReturnType<Awaited<ReturnType<typeof freshDatabase>>["session"]>>;
  release: () => void;
  done: Promise<void>;
  pid: number;
}> {
  const database = await freshDatabase(t);
  const [holder, other] = [await database.session(), await database.session()];
  const released = Promise.withResolvers<void>();
  const holding = Promise.withResolvers<void>();
  const done = withLock(holder, "schema", options(), () => (holding.resolve(), released.promise));
  await holding.promise;
  return { other, release: released.resolve, done, pid: holder.pid };
}

test("while it is held nobody else gets it, and then somebody does", async (t) => {
  const { other, release, done, pid } = await held(t);
  const error: unknown = await withLock(other, "schema", options(), nothing).catch((thrown: unknown) => thrown);
  assert.ok(StewardError.is(error));
  assert.deepEqual([error.code, error.exit], ["LOCK_HELD", 5]);
  assert.match(error.message, new RegExp(`pid ${pid} \\(pgsteward, postgres\\), idle for \\d+ s`));
  await withLock(other, "another name", options(), nothing);
  release();
  await done;
  await withLock(other, "schema", options(), nothing);
});

test("waiting polls, ever slower, with jitter, and tells whom it waits for once", async (t) => {
  const { other, release, done } = await held(t);
  const slept: number[] = [];
  const events: StewardEvent[] = [];
  const clock = fastClock(slept);
  await assert.rejects(async () =>
    withLock(other, "schema", options({ waitMs: 10_000, clock, events: (event) => void events.push(event) }), nothing),
  );
  assert.ok(slept.length > 10 && slept.every((ms, i) => ms <= 1000 && ms >= (slept[i - 1] ?? 0)), slept.join());
  assert.equal(slept[0], 25);
  assert.equal(slept.at(-1), 1000);
  assert.equal(events.length, 1, JSON.stringify(events));
  release();
  await done;
});

test("a poller holds no snapshot between its tries: CREATE INDEX CONCURRENTLY in the holder ends", async (t) => {
  const database = await freshDatabase(t);
  const [holder, other] = [await database.session(), await database.session()];
  await holder.query("create table a (id int)");
  const waiting = Promise.withResolvers<void>();
  let second: Promise<void> | undefined;
  await withLock(holder, "schema", options(), async () => {
    second = withLock(other, "schema", options({ waitMs: 30_000, events: () => waiting.resolve() }), nothing);
    await waiting.promise;
    await holder.query("create index concurrently a_id on a (id)");
  });
  await second;
});

test("it is given back when the body throws, and what it threw is thrown", async (t) => {
  const database = await freshDatabase(t);
  const [session, other] = [await database.session(), await database.session()];
  await assert.rejects(
    withLock(session, "schema", options(), () => Promise.reject(new Error("inside"))),
    /inside/,
  );
  await withLock(other, "schema", options(), nothing);
});

test("it is free when the session that held it is gone", async (t) => {
  const { other, release, done, pid } = await held(t);
  await other.query("select pg_terminate_backend($1, 10000)", [pid]);
  await withLock(other, "schema", options(), nothing);
  release();
  await done;
});

test("an abort ends the wait with its reason", async (t) => {
  const { other, release, done } = await held(t);
  const abort = new AbortController();
  const run = withLock(
    other,
    "schema",
    options({ waitMs: 60_000, signal: abort.signal, events: () => abort.abort(new Error("enough")) }),
    nothing,
  );
  await assert.rejects(run, /enough/);
  release();
  await done;
});

test("a name's key is stable and an int4", () => {
  assert.equal(lockKey("schema"), lockKey("schema"));
  assert.notEqual(lockKey("schema"), lockKey("backup"));
  for (const name of ["schema", "", "ü"]) assert.ok(Math.abs(lockKey(name)) <= 2 ** 31);
});

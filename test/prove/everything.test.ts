/** The catalog's own corpus: a schema with objects of every kind, dropped as a whole, comes back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ownedCatalog } from "../../src/migrate/prove/bench.ts";
import { derive } from "../../src/migrate/prove/derive/derive.ts";
import { buildCorpus } from "./mutations.ts";
import { migration, onBench } from "./support.ts";

/** What lives in C, or what no statement of derive-down makes. */
const without =
  /^(?:aggregate|conversion|operator|operator class|operator family|text search parser|text search template|transform|type app\.half|type app\.shell)\b/;

test("a schema that was dropped with all that it held comes back, but for what has no statement here", async (t) => {
  await onBench(t, "select 1", async (bench) => {
    await buildCorpus(bench);
    const { undos, refused } = await derive(bench, migration("drop schema app cascade"), await ownedCatalog(bench));
    const left = refused.flatMap(({ reason }) => reason.split("; ")).filter((line) => /is missing|differs|is unexpected/.test(line));
    assert.deepEqual(
      left.filter((line) => !without.test(line)),
      [],
    );
    assert.ok(left.length > 0 && left.length < 20, left.join("\n"));
    assert.ok(undos.length > 100);
  });
});

/** The catalog's own corpus: a schema with objects of every kind, dropped as a whole, comes back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ownedCatalog } from "../../src/migrate/prove/bench.ts";
import { derive } from "../../src/migrate/prove/derive/derive.ts";
import { buildCorpus } from "./mutations.ts";
import { migration, onBench } from "./support.ts";

test("a schema that was dropped with all that it held comes back", async (t) => {
  await onBench(t, "select 1", async (bench) => {
    await buildCorpus(bench);
    const { undos, refused } = await derive(bench, migration("drop schema app cascade"), await ownedCatalog(bench));
    assert.deepEqual(refused, []);
    assert.ok(undos.length > 100);
  });
});

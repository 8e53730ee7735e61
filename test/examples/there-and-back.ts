/** Up, all the way down, and up again: every down restores the catalog before its up, and the second up makes the same catalog. */
import assert from "node:assert/strict";
import { type Catalog, readCatalog } from "../../src/core/catalog.ts";
import { describeDifference, diffCatalogs } from "../../src/core/schema-diff.ts";
import type { Steward } from "../../src/steward.ts";

/** Leaves the database with every migration applied; returns its catalog. */
export async function thereAndBack(steward: Steward, names: readonly string[]): Promise<Catalog> {
  const { migrate } = steward;
  const before: Catalog[] = [];
  for (const name of names) {
    before.push(await catalogOf(steward));
    assert.deepEqual((await migrate.up({ to: name })).result.applied, [name]);
  }
  const there = await catalogOf(steward);
  for (const [i, name] of [...names.entries()].toReversed()) {
    assert.deepEqual((await migrate.down()).result.reverted, [name]);
    same(before[i] as Catalog, await catalogOf(steward), `down of ${name}`);
  }
  assert.deepEqual((await migrate.up()).result.applied, names);
  const again = await catalogOf(steward);
  same(there, again, "up again");
  return again;
}

export async function catalogOf(steward: Steward): Promise<Catalog> {
  const session = await steward.session();
  try {
    return await readCatalog(session, { owners: true });
  } finally {
    await session.close();
  }
}

function same(expected: Catalog, actual: Catalog, what: string): void {
  assert.deepEqual(diffCatalogs(expected, actual).map(describeDifference), [], what);
  assert.equal(actual.fingerprint, expected.fingerprint, what);
}

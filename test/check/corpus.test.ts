/** What the built-in rules find in small schemas, on every engine. */
import assert from "node:assert/strict";
import test from "node:test";
import { type Case, corpus } from "./corpus.ts";
import { places, said, type Site } from "./places.ts";

const majorOf = async ({ steward }: Site): Promise<number> => {
  const session = await steward.session();
  const { rows } = await session.query<{ version: number }>("select current_setting('server_version_num')::int as version");
  await session.close();
  return Math.floor((rows[0]?.version ?? 0) / 10_000);
};

async function findings(site: Site, { sql, level, remarks = false }: Case, space: string): Promise<readonly string[]> {
  await site.run(`begin; create schema ${space}; set local search_path = ${space}; ${sql}; commit`);
  const { findings } = await site.steward.check.run({ schema: [space], level });
  return findings.filter(({ severity }) => remarks || severity !== "info").map((found) => said(found).replace(`${space}.`, ""));
}

for (const place of await places()) {
  test(`what the rules find on ${place.name}`, async (t) => {
    const site = await place.open(t);
    const major = await majorOf(site);
    for (const [i, one] of corpus.entries()) {
      if ((one.since ?? 0) > major) continue;
      await t.test(one.name, async () => assert.deepEqual([...(await findings(site, one, `case_${i}`))].sort(), [...one.finds].sort()));
    }
  });
}

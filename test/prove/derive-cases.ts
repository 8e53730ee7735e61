/** Every case of a corpus as a test of its own, on one bench. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { derivedDown } from "../../src/migrate/prove/derive/derived-down.ts";
import { base } from "./base.ts";
import type { Case } from "./corpus.ts";
import { migration, onBench } from "./support.ts";

export function testCases(name: string, cases: readonly Case[]): void {
  test(name, async (t) => {
    await onBench(t, base, async (bench) => {
      const making = { rows: 3, solved: new Map() };
      for (const { up, expected, says, since = 0 } of cases) {
        await t.test(up, { skip: bench.version < since * 10_000 }, async () => {
          const { verdict, sql, refused, problems } = await derivedDown(bench, migration(up), making);
          const reasons = [...refused.map(({ reason }) => reason), ...problems].join("\n");
          assert.equal(verdict === "not proved" ? "refused" : verdict, expected, `${sql}\n${reasons}`);
          if (says) assert.match(expected === "refused" ? reasons : sql, says);
        });
      }
    });
  });
}

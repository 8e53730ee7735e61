/** The mutations of the catalog's suite: every single change is undone from the catalog, or refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ownedCatalog } from "../../src/migrate/prove/bench.ts";
import { derive } from "../../src/migrate/prove/derive/derive.ts";
import type { Bench } from "../../src/migrate/replay.ts";
import { corpus } from "../core/catalog-corpus.ts";
import { roles } from "../core/catalog-databases.ts";
import { mutations } from "../core/catalog-mutations.ts";
import { migration, onBench } from "./support.ts";

export async function buildCorpus({ session, version }: Bench): Promise<void> {
  for (const role of Object.values(roles)) await session.script(`create role ${role}`);
  for (const statement of corpus(roles, version)) await session.script(statement);
}

/** Half of them, so that two files share the time: those whose place leaves `rest` when divided by two. */
export function testMutations(rest: 0 | 1, least: number): void {
  test("every mutation of the catalog's suite is undone or refused, most are undone", async (t) => {
    await onBench(t, "select 1", async (bench) => {
      await buildCorpus(bench);
      const before = await ownedCatalog(bench);
      const [undone, refused]: [string[], string[]] = [[], []];
      for (const { run } of mutations().filter(({ from }, i) => bench.version >= from && i % 2 === rest)) {
        const derived = await derive(bench, migration(run), before);
        (derived.refused.length === 0 ? undone : refused).push(run);
      }
      t.diagnostic(`${undone.length} undone, ${refused.length} refused`);
      assert.ok(undone.length >= least, refused.join("\n"));
      assert.equal((await ownedCatalog(bench)).fingerprint, before.fingerprint, "the bench stands where it stood");
    });
  });
}

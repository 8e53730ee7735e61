/** The promise of `proved`: no down that leaves anything otherwise is called so. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ownedCatalog } from "../../src/migrate/prove/bench.ts";
import { experiment } from "../../src/migrate/prove/experiment.ts";
import { base } from "./base.ts";
import { migration, onBench } from "./support.ts";
import { structure, type WrongDown } from "./wrong.ts";
import { data } from "./wrong-data.ts";

function testWrong(name: string, cases: readonly WrongDown[]): void {
  test(name, async (t) => {
    await onBench(t, base, async (bench) => {
      const before = await ownedCatalog(bench);
      const making = { rows: 3, solved: new Map() };
      for (const { flaw, up, down, verdict, names } of cases) {
        await t.test(flaw, async () => {
          const { proof } = await experiment(bench, migration(up, down), making, before);
          assert.equal(proof.verdict, verdict, proof.reason ?? "");
          assert.match([...proof.problems, ...proof.lost].join("\n"), names);
        });
      }
      assert.equal((await ownedCatalog(bench)).fingerprint, before.fingerprint, "the bench stands where it stood");
    });
  });
}

testWrong("a down that does not bring back the schema is not proved", structure);
testWrong("a down that does not bring back the data is not proved, or lossy", data);

/** The law of `migrate diff` over schemas at random: the statements between two schemas lead from the one to the other. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import { statementsBetween } from "../../src/migrate/diff/statements.ts";
import { type Bench, made, openBench, pass, roles, told } from "./bench.ts";
import { model, statementsOf } from "./schemas.ts";

/** `seeds`: the same schemas in every run of CI; PGSTEWARD_TEST_SEED hunts with another one alone. */
export function describeLaws(runs: number, seeds: readonly number[]): void {
  const wanted = process.env["PGSTEWARD_TEST_SEED"];
  describe("schemas at random", () => {
    let bench: Bench;
    before(async () => {
      bench = await openBench();
    });
    after(() => bench.close());

    for (const seed of wanted === undefined ? seeds : [Number(wanted)])
      it(`diff(a, a) is empty, and apply(diff(a, b), a) = b: seed ${seed}`, async () => {
        await fc.assert(
          fc.asyncProperty(model, model, async (a, b) => {
            const [from, to] = [a, b].map((each) => statementsOf(each, roles).join(";\n"));
            const [first, second] = [await made(bench, from ?? ""), await made(bench, to ?? "")];
            assert.deepEqual(statementsBetween(first.schema, first.schema), []);
            const passage = await pass(bench, from ?? "", first, second);
            assert.deepEqual(passage.left, [], `${from};\n-- to\n${to};\n-- by\n${told(passage)}`);
            assert.equal(passage.changes.length === 0, first.catalog.fingerprint === second.catalog.fingerprint);
          }),
          { numRuns: runs, endOnFailure: false, seed },
        );
      });
  });
}

/**
 * The corpus: what each statement locks, rewrites, reads and builds. On empty tables, as lint executes it, every place says
 * exactly what is expected; on tables with rows, which is the truth, the servers say it too. No miss, no false alarm.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { type Case, expected } from "./corpus/case.ts";
import { answers, corpus, verdictOf, writtenOut } from "./corpus/corpus.ts";
import { places, type Place } from "./stages.ts";

async function differences(place: Place, filled: boolean): Promise<readonly string[]> {
  const cases = corpus.filter((one) => expected(one, place.version) !== undefined);
  const traces = await place.use([], (session) => answers(session, place.version, cases, filled));
  return cases.flatMap((one, i) => {
    const trace = traces[i];
    const found = trace?.error ? [`error: ${trace.error.message}`] : trace === undefined ? ["no statement"] : verdictOf(trace);
    return differenceOf(one, found, writtenOut(expected(one, place.version, filled) ?? []));
  });
}

function differenceOf({ sql }: Case, found: readonly string[], wanted: readonly string[]): readonly string[] {
  const [missed, alarms] = [wanted.filter((item) => !found.includes(item)), found.filter((item) => !wanted.includes(item))];
  return missed.length + alarms.length === 0 ? [] : [`${sql}\n    missed: ${missed.join("; ")}\n    false: ${alarms.join("; ")}`];
}

test("the corpus is big enough, and says each statement once", () => {
  assert.ok(corpus.length >= 150, `${corpus.length} statements`);
  const keys = corpus.map(({ sql, before }) => `${before}\n${sql}`);
  assert.deepEqual(
    keys.filter((key, i) => keys.indexOf(key) < i),
    [],
  );
});

for (const place of await places()) {
  test(`on empty tables, as lint executes them: ${place.name}`, async () => assert.deepEqual(await differences(place, false), []));
  if (place.name === "PGlite") continue;
  test(`on tables with rows: ${place.name}`, async () => assert.deepEqual(await differences(place, true), []));
}

/** The single changes of test/core/catalog-mutations.sql on a schema of every kind of object: each is written, and so is the way back. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { statementsBetween } from "../../src/migrate/diff/statements.ts";
import { corpus } from "../core/catalog-corpus.ts";
import { roles as namesThere } from "../core/catalog-databases.ts";
import { mutations } from "../core/catalog-mutations.ts";
import { type Bench, look, openBench, outcome, roles, type Sight, told } from "./bench.ts";

/** What no statement can make: it is named where it comes up, and the proof would say so. Direction, then what is run. */
const unwritten: readonly (readonly [direction: "forth" | "back", run: RegExp, note: RegExp | undefined])[] = [
  ["forth", /^update pg_index set indisvalid = false/, /is not valid|are switched/],
  ["forth", /disable trigger all/, /are switched/],
  ["back", /disable trigger all/, /are switched/],
  // The index ON ONLY its table is there already, so that the partition gets one when it is attached.
  ["back", /^alter table app.hashed detach partition/, undefined],
];

export function describeMutations(start: number, of: number): void {
  describe("single changes", () => {
    let bench: Bench;
    let original: Sight;
    before(async () => {
      bench = await openBench();
      await bench.session.script(`begin; create role ${roles.reader}; create role ${roles.writer}`);
      for (const statement of corpus(roles, bench.version)) await bench.session.script(statement);
      original = await look(bench.session);
    });
    after(() => bench.close());

    for (const { run, shows } of mutations().filter((_, i) => i % of === start)) {
      it(run.replaceAll("\n", " "), async () => {
        const mutated = await undoing(bench, async () => {
          await bench.session.script(named(run));
          const seen = await look(bench.session);
          await passes(bench, "back", run, seen, original);
          return seen;
        });
        if (shows.length === 0) assert.deepEqual(statementsBetween(original.schema, mutated.schema), []);
        else await undoing(bench, () => passes(bench, "forth", run, original, mutated));
      });
    }
  });
}

async function undoing<T>({ session }: Bench, body: () => Promise<T>): Promise<T> {
  await session.script("savepoint mutation");
  try {
    return await body();
  } finally {
    await session.script("rollback to savepoint mutation; release savepoint mutation");
  }
}

async function passes({ session }: Bench, direction: "forth" | "back", run: string, from: Sight, to: Sight): Promise<void> {
  const changes = statementsBetween(from.schema, to.schema);
  const left = await outcome(session, changes, to.catalog);
  const known = unwritten.find(([way, pattern]) => way === direction && pattern.test(run));
  if (!known) return assert.deepEqual(left, [], told({ changes, left }));
  assert.notDeepEqual(left, [], "it can be written by now");
  const notes = changes.map(({ note }) => (note?.kind === "left out" ? note.text : "")).join("\n");
  if (known[2]) assert.match(notes, known[2]);
}

const named = (text: string): string => text.replaceAll(namesThere.reader, roles.reader).replaceAll(namesThere.writer, roles.writer);

/** undo(fix(x)) = x: over random schemas of all types with random corruption; and a fix takes exactly the rows that it must. */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import fc from "fast-check";
import { sql } from "../../../src/core/sql.ts";
import { type Bench, bench, rule } from "./fixing.ts";
import { expectedOf, type Model, models, statementsOf } from "./schemas.ts";
import { offered, ownTypes } from "./types.ts";

/** A database that writes dates, numbers and intervals in its own way: the quarantine must not. */
const peculiar = `
  do $$ begin execute format('alter database %I set timezone = ''Asia/Kathmandu''', current_database());
    execute format('alter database %I set datestyle = ''SQL, DMY''', current_database());
    execute format('alter database %I set intervalstyle = ''sql_standard''', current_database());
    execute format('alter database %I set extra_float_digits = -10', current_database());
    execute format('alter database %I set bytea_output = ''escape''', current_database()); end $$;`;

export async function undoIsExact(t: TestContext, { server, runs, seed }: { server?: string; runs: number; seed: number }): Promise<void> {
  const b = await bench(t, `${peculiar} ${ownTypes}`, server === undefined ? {} : { server });
  const types = await offered(b.db);
  assert.ok(types.length > 50, String(types.length));
  const property = fc.asyncProperty(models(types), async (model) => {
    await b.db.script("drop table if exists t0, t1, t2 cascade");
    await b.db.script(statementsOf(model));
    await holdsFor(b, model);
  });
  await fc.assert(property, { numRuns: runs, seed, endOnFailure: false });
}

async function holdsFor(b: Bench, model: Model): Promise<void> {
  const before = await b.contents();
  const rules = model.map((table, i) => rule(`t${i}.bad`, `t${i}`, sql`bad`, table.fix === "set" ? { bad: sql`false` } : "remove"));
  const { result, applied } = await b.fix(rules);
  const { removed, changed } = expectedOf(model);
  assert.equal(applied, removed.size + changed.size > 0);
  if (result.run === null) return;
  assert.deepEqual(await quarantined(b, result.run), { removed: [...removed].sort(), changed: [...changed].sort() });
  const counted = (action: string): number => result.rows.filter((one) => one.action === action).reduce((sum, { rows }) => sum + rows, 0);
  assert.deepEqual([counted("removed"), counted("changed")], [removed.size, changed.size]);
  const after = await b.contents();
  assert.deepEqual(untouched(before, after), { gone: removed.size + changed.size, come: changed.size });
  await b.undo(result.run);
  assert.deepEqual(await b.contents(), before);
  assert.equal((await b.undo(result.run)).applied, false);
}

async function quarantined(b: Bench, run: number): Promise<unknown> {
  const { rows } = await b.db.query<{ action: string; row: string }>(
    `select action, table_name || ' ' || column_values[array_position(column_names, 'uid')] as row
     from pgsteward.quarantine where run_id = $1 order by row`,
    [run],
  );
  const of = (wanted: string): readonly string[] => rows.filter(({ action }) => action === wanted).map(({ row }) => row);
  return { removed: of("removed"), changed: of("changed") };
}

type Contents = Readonly<Record<string, readonly string[]>>;

/** How many rows are only in one of two states. */
function untouched(before: Contents, after: Contents): { readonly gone: number; readonly come: number } {
  const only = (a: Contents, b: Contents): number =>
    Object.entries(a).reduce((sum, [name, rows]) => {
      const rest = [...(b[name] ?? [])];
      return sum + rows.filter((row) => !(rest.includes(row) && rest.splice(rest.indexOf(row), 1))).length;
    }, 0);
  return { gone: only(before, after), come: only(after, before) };
}

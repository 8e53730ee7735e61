/** Loading the tables of a filling, lane by lane; the transaction is the caller's. */
import type { Session } from "../../core/engine.ts";
import { failure } from "../../core/errors.ts";
import type { Progress } from "../../core/events.ts";
import { literal, quoteIdentifier } from "../../core/sql.ts";
import type { Types } from "../../core/type-shapes.ts";
import { seedErrors } from "../errors.ts";
import { type ArraySource, fillLateArrays, loadArrays } from "../load/arrays.ts";
import { onBareTables } from "../load/bare.ts";
import { copyInto } from "../load/copy.ts";
import { fillLate, loadStaged } from "../load/staging.ts";
import type { Lane } from "../load/lane.ts";
import { rowsOf, textsOf } from "./rows.ts";
import type { ForeignKeyShape, TableShape } from "./shape.ts";
import type { FilledTable } from "./table.ts";

/** A table on its way in. */
export interface Loading {
  readonly table: FilledTable;
  readonly lane: Lane;
  /** Keys to tables of the same step that come later; their columns are set when those are there. */
  readonly late: readonly ForeignKeyShape[];
}

export interface LoadOptions {
  readonly types: Types;
  readonly triggers: "fire" | "off";
  /** The same filling was begun before: rows that are there are its own. */
  readonly again: boolean;
  readonly progress: Progress;
}

/** Resolves to the number of rows that were not there before. */
export async function loadTables(session: Session, loadings: readonly Loading[], options: LoadOptions): Promise<number> {
  const tables = loadings.map(({ table }) => table.shape);
  await switchTriggers(session, tables, options, false);
  const bare = loadings.filter(({ lane }) => lane === "bare");
  let inserted = 0;
  const counted = counter(loadings, options.progress);
  if (bare.length > 0) {
    await onBareTables(
      session,
      bare.map(({ table }) => table.shape.id),
      async (fresh) => {
        for (const { table } of bare) {
          inserted += await copyInto(session, rowsOf(table, { made: counted(table) }), { freeze: fresh.has(table.shape.id) });
        }
      },
    );
  }
  const beside = loadings.filter(({ lane }) => lane !== "bare");
  if (beside.some(({ late }) => late.some(({ deferrable }) => deferrable))) await session.script("set constraints all deferred");
  for (const loading of beside) inserted += await loadBeside(session, loading, options, counted(loading.table));
  for (const loading of beside) await setLate(session, loading, options);
  await advanceSequences(session, loadings);
  await switchTriggers(session, tables, options, true);
  await session.script(`analyze ${tables.map(({ id }) => id).join(", ")}`);
  return inserted;
}

function counter(loadings: readonly Loading[], progress: Progress): (table: FilledTable) => (rows: number) => void {
  const total = loadings.reduce((sum, { table }) => sum + table.rows, 0);
  const made = new Map<FilledTable, number>();
  return (table) => (rows) => {
    made.set(table, rows);
    progress(
      [...made.values()].reduce((sum, each) => sum + each, 0),
      total,
      "rows",
    );
  };
}

async function loadBeside(
  session: Session,
  { table, lane, late }: Loading,
  { types, again }: LoadOptions,
  made: (rows: number) => void,
): Promise<number> {
  const columns = lateColumns(table.shape, late);
  const inserted =
    lane === "staging"
      ? (await loadStaged(session, rowsOf(table, { made }), columns)).inserted
      : await loadArrays(session, arraysOf(table, types), columns, made);
  if (inserted < table.rows && !again) {
    const { schema, name } = table.shape;
    throw failure(seedErrors, "SEED_FILL_CONFLICT", { table: `${schema}.${name}`, conflicts: table.rows - inserted, rows: table.rows });
  }
  return inserted;
}

async function setLate(session: Session, { table, lane, late }: Loading, { types }: LoadOptions): Promise<void> {
  const columns = lateColumns(table.shape, late);
  const key = table.shape.uniques.find(({ predicate, columns: own }) => predicate === null && !own.includes(null))?.columns as
    | readonly string[]
    | undefined;
  if (columns.length === 0 || !key) return;
  if (lane === "staging") await fillLate(session, rowsOf(table), key, columns);
  else await fillLateArrays(session, arraysOf(table, types), key, columns);
}

/** Those of the late keys that take a null; where none does, the key is deferred. */
export function lateColumns({ columns }: TableShape, late: readonly ForeignKeyShape[]): readonly string[] {
  return late.flatMap((key) => key.columns.filter((name) => columns.some((column) => column.name === name && !column.notNull)));
}

function arraysOf(table: FilledTable, types: Types): ArraySource {
  const places = table.columns.map((_, i) => i);
  return {
    schema: table.shape.schema,
    table: table.shape.name,
    columns: table.columns.map(({ shape }) => ({ name: shape.name, type: types.get(shape.type)?.sql ?? "text" })),
    rows: table.rows,
    row: (row) => textsOf(table, places, row),
  };
}

async function switchTriggers(session: Session, tables: readonly TableShape[], { triggers }: LoadOptions, on: boolean): Promise<void> {
  if (triggers === "fire") return;
  const statements = tables.flatMap(({ id, triggers: all }) =>
    all.map(
      ({ name, always }) => `alter table ${id} ${on ? (always ? "enable always" : "enable") : "disable"} trigger ${quoteIdentifier(name)}`,
    ),
  );
  if (statements.length > 0) await session.script(statements.join(";\n"));
}

/** The next value of each sequence is behind the generated ones. */
async function advanceSequences(session: Session, loadings: readonly Loading[]): Promise<void> {
  const statements = loadings.flatMap(({ table }) =>
    table.columns.flatMap(({ shape }) =>
      shape.sequence === null
        ? []
        : [
            `select pg_catalog.setval(${literal(shape.sequence)}, greatest(m.most, s.last_value))
             from ${shape.sequence} s, (select max(${quoteIdentifier(shape.name)}) as most from ${table.shape.id}) m where m.most is not null`,
          ],
    ),
  );
  if (statements.length > 0) await session.script(statements.join(";\n"));
}

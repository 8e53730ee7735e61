/** Taking a filling back: its rows are computed again, and those with their keys are deleted. */
import type { Session } from "../../core/engine.ts";
import { failure } from "../../core/errors.ts";
import { quoteIdentifier } from "../../core/sql.ts";
import { seedErrors } from "../errors.ts";
import { copyInto } from "../load/copy.ts";
import { modelOf } from "./model.ts";
import { parserFor } from "./parse.ts";
import { wantedOf } from "./plan.ts";
import { type Filling, keysHash } from "./record.ts";
import { refuseReferring } from "./referring.ts";
import { rowsOf } from "./rows.ts";
import { readShape } from "./shape.ts";
import type { FilledTable } from "./table.ts";
import { generatorVersion } from "./version.ts";

/**
 * Deletes exactly the rows of a filling, children before parents, in the open transaction; `spec` is what
 * `pgsteward.seed_run` keeps of it. Resolves to the number of deleted rows.
 * Errors: SEED_FILL_UNDO_UNKNOWN, SEED_ROWS_REFERENCED.
 */
export async function undoFill(session: Session, spec: unknown): Promise<number> {
  const filling = spec as Filling;
  if (filling.generatorVersion !== generatorVersion)
    throw failure(seedErrors, "SEED_FILL_UNDO_UNKNOWN", {
      problem: `version ${filling.generatorVersion} of the generator made them, this is ${generatorVersion}`,
    });
  const shape = await readShape(session);
  if (keysHash(shape, Object.keys(filling.rows)) !== filling.keysHash)
    throw failure(seedErrors, "SEED_FILL_UNDO_UNKNOWN", { problem: "columns, keys or checks of its tables have changed since" });
  const { tables } = modelOf(shape, wantedOf(filling), await parserFor(shape));
  const circular = tables.some((table, i) =>
    table.shape.keys.some((key) => tables.slice(i + 1).some((later) => later.shape.id === key.table)),
  );
  for (const table of circular ? tables : []) await unlink(session, table, tables);
  let deleted = 0;
  for (const [i, table] of [...tables.entries()].toReversed()) {
    const later = circular ? tables.slice(0, i).map(({ shape: { id } }) => id) : [];
    deleted += await deleteRows(session, table, later);
  }
  return deleted;
}

/** The columns that tell a row of a table from all others. */
function keyOf({ shape }: FilledTable): readonly string[] {
  const key = shape.uniques.find(({ columns, predicate }) => predicate === null && !columns.includes(null));
  if (!key) throw failure(seedErrors, "SEED_FILL_UNDO_UNKNOWN", { problem: `${shape.schema}.${shape.name} has no key` });
  return key.columns as readonly string[];
}

async function stage(session: Session, table: FilledTable): Promise<{ name: string; same: string }> {
  const key = keyOf(table);
  const columns = key.map(quoteIdentifier);
  const name = "pg_temp.pgsteward_undo";
  await session.script(
    `create temporary table pgsteward_undo on commit drop as select ${columns.join(", ")} from ${table.shape.id} with no data`,
  );
  await copyInto(session, rowsOf(table, { columns: key }), { into: name });
  await session.script(`analyze ${name}`);
  return { name, same: columns.map((column) => `t.${column} = s.${column}`).join(" and ") };
}

async function deleteRows(session: Session, table: FilledTable, later: readonly string[]): Promise<number> {
  if (table.rows === 0) return 0;
  const { name, same } = await stage(session, table);
  await refuseReferring(session, { table: table.shape.id, staged: name, key: keyOf(table), later });
  const { count } = await session.query(`delete from ${table.shape.id} t using ${name} s where ${same}`);
  await session.script(`drop table ${name}`);
  return count;
}

/** In a circle the keys that can be null are set to null first. */
async function unlink(session: Session, table: FilledTable, tables: readonly FilledTable[]): Promise<void> {
  const later = new Set(tables.slice(tables.indexOf(table) + 1).map(({ shape }) => shape.id));
  const columns = table.shape.keys
    .filter((key) => later.has(key.table))
    .flatMap((key) => key.columns.filter((name) => table.shape.columns.some((column) => column.name === name && !column.notNull)));
  if (columns.length === 0) return;
  const { name, same } = await stage(session, table);
  await session.script(
    `update ${table.shape.id} t set ${columns.map((column) => `${quoteIdentifier(column)} = null`).join(", ")} from ${name} s where ${same}; drop table ${name}`,
  );
}

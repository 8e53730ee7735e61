/** The rows of every table as text, to compare what was with what is after an up and a down. */
import type { Session } from "../../../core/engine.ts";
import { quoteIdentifier } from "../../../core/sql.ts";
import type { Shape, TableShape } from "./shape.ts";

export interface TableRows {
  readonly table: string;
  readonly columns: readonly string[];
  /** Of these columns, in order. */
  readonly rows: readonly (readonly (string | null)[])[];
}

/** Every row of the tables of `shape`, columns by name, in one round trip; a table counts without those that inherit from it. */
export async function readRows(session: Session, shape: Shape): Promise<TableRows[]> {
  if (shape.tables.length === 0) return [];
  const results = await session.script(shape.tables.map(rowsQuery).join(";\n"));
  return shape.tables.map((table, i) => {
    const rows = (results[i]?.rows ?? []).map((row) => row["row"] as (string | null)[]);
    return { table: table.name, columns: columnsOf(table), rows };
  });
}

/** In the order of their names: where a column stands in its table is no fact of its rows. */
function columnsOf({ columns }: TableShape): string[] {
  return columns.map(({ name }) => name).sort();
}

function rowsQuery(table: TableShape): string {
  const texts = columnsOf(table).map((name) => `t.${quoteIdentifier(name)}::pg_catalog.text`);
  return `select array[${texts.join(", ")}]::pg_catalog.text[] as row from ${table.partitioned ? "" : "only "}${table.name} t`;
}

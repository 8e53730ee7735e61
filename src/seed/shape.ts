/** The shape of the tables that a seeder fills, as it was when the seeder ran, and what has changed since. */
import type { Session } from "../core/engine.ts";
import { sql } from "../core/sql.ts";
import { nameOf, type Table } from "./table.ts";

/** By `schema.table`. */
export type Shape = Readonly<Record<string, TableShape>>;

export interface TableShape {
  readonly columns: readonly string[];
  /** Columns that the seeder gives values; null where only its own SQL knows. */
  readonly filled: readonly string[] | null;
}

export function shapeOf(tables: readonly { readonly table: Table; readonly filled: readonly string[] | null }[]): Shape {
  return Object.fromEntries(tables.map(({ table, filled }) => [nameOf(table), { columns: table.columns.map(({ name }) => name), filled }]));
}

interface LiveColumn {
  readonly table: string;
  readonly column: string;
  readonly mustBeFilled: boolean;
}

/** Why what a seeder wrote no longer fits, one sentence each; for many seeders at once. */
export async function driftOf(session: Session, shapes: readonly Shape[]): Promise<readonly (readonly string[])[]> {
  const names = [...new Set(shapes.flatMap((shape) => Object.keys(shape)))];
  if (names.length === 0) return shapes.map(() => []);
  const { rows } = await session.query<LiveColumn>(sql`
    select n.nspname || '.' || c.relname as table, a.attname as column,
      a.attnotnull and not a.atthasdef and a.attidentity = '' and not (t.typtype = 'd' and t.typdefault is not null) as "mustBeFilled"
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_catalog.pg_type t on t.oid = a.atttypid
    where c.relkind in ('r', 'p') and n.nspname || '.' || c.relname = any (${names})
    order by a.attrelid, a.attnum`);
  const live = Map.groupBy(rows, ({ table }) => table);
  return shapes.map((shape) => Object.entries(shape).flatMap(([name, then]) => driftOfTable(name, then, live.get(name))));
}

function driftOfTable(name: string, { columns, filled }: TableShape, live: readonly LiveColumn[] | undefined): readonly string[] {
  if (!live) return [`the table ${name} is gone`];
  const there = new Set(live.map(({ column }) => column));
  return [
    ...(filled ?? []).filter((column) => !there.has(column)).map((column) => `the column ${name}.${column} is gone`),
    ...live
      .filter(({ column, mustBeFilled }) => mustBeFilled && !columns.includes(column))
      .map(({ column }) => `the new column ${name}.${column} must be filled: it is NOT NULL and has no default`),
  ];
}

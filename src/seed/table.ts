/** What has to be known of a table before rows are written to it. */
import type { Session } from "../core/engine.ts";
import { failure } from "../core/errors.ts";
import { closest } from "../core/spelling.ts";
import { id, type Raw, sql } from "../core/sql.ts";
import { seedErrors } from "./errors.ts";

export interface Column {
  readonly name: string;
  /** As a column definition needs it: `numeric(3,2)`. */
  readonly type: string;
  readonly json: boolean;
  readonly notNull: boolean;
  /** It gets a value without being given one: a default, an identity, a generated column. */
  readonly filledByItself: boolean;
  readonly identityAlways: boolean;
  readonly generated: boolean;
}

export interface UniqueKey {
  readonly name: string;
  /** Every column that it is made of, those within expressions too. */
  readonly columns: readonly string[];
}

export interface Table {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly Column[];
  readonly primaryKey: readonly string[];
  readonly uniqueKeys: readonly UniqueKey[];
  /** Row level security applies to this role: there may be rows that it does not see. */
  readonly rowsHidden: boolean;
}

interface TableRow extends Omit<Table, "uniqueKeys"> {
  readonly indexes: readonly { readonly name: string; readonly columns: readonly string[]; readonly expressions: readonly string[] }[];
}

export const nameOf = ({ schema, name }: Pick<Table, "schema" | "name">): string => `${schema}.${name}`;
export const identifierOf = ({ schema, name }: Pick<Table, "schema" | "name">): Raw => id(schema, name);

/** The table of that name, by the search path where it has no schema. Errors: SEED_TABLE_UNKNOWN with the nearest name. */
export async function describeTable(session: Session, name: string): Promise<Table> {
  const dot = name.indexOf(".");
  const quoted = dot < 0 ? id(name).text : id(name.slice(0, dot), name.slice(dot + 1)).text;
  const { rows } = await session.query<TableRow>(sql`
    select c.oid, n.nspname as schema, c.relname as name, pg_catalog.row_security_active(c.oid) as "rowsHidden",
      (select pg_catalog.json_agg(pg_catalog.json_build_object(
          'name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod), 'json', b.typname in ('json', 'jsonb'),
          'notNull', a.attnotnull, 'filledByItself', a.atthasdef or a.attidentity <> '' or (t.typtype = 'd' and t.typdefault is not null),
          'identityAlways', a.attidentity = 'a', 'generated', a.attgenerated <> '') order by a.attnum)
        from pg_catalog.pg_attribute a
        join pg_catalog.pg_type t on t.oid = a.atttypid
        join pg_catalog.pg_type b on b.oid = case t.typtype when 'd' then t.typbasetype else t.oid end
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
      coalesce((select pg_catalog.json_agg(a.attname order by k.n)
        from pg_catalog.pg_index i
        cross join pg_catalog.unnest(i.indkey::int2[]) with ordinality k(attnum, n)
        join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
        where i.indrelid = c.oid and i.indisprimary and k.n <= i.indnkeyatts), '[]') as "primaryKey",
      coalesce((select pg_catalog.json_agg(pg_catalog.json_build_object('name', x.relname,
          'columns', (select coalesce(pg_catalog.json_agg(a.attname), '[]')
            from pg_catalog.unnest(i.indkey::int2[]) with ordinality k(attnum, n)
            join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum where k.n <= i.indnkeyatts),
          'expressions', (select coalesce(pg_catalog.json_agg(pg_catalog.pg_get_indexdef(i.indexrelid, k.n::int, true)), '[]')
            from pg_catalog.unnest(i.indkey::int2[]) with ordinality k(attnum, n) where k.attnum = 0 and k.n <= i.indnkeyatts))
          order by i.indisprimary desc, x.relname)
        from pg_catalog.pg_index i join pg_catalog.pg_class x on x.oid = i.indexrelid
        where i.indrelid = c.oid and i.indisunique and i.indisvalid), '[]') as indexes
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.oid = pg_catalog.to_regclass(${quoted}) and c.relkind in ('r', 'p')`);
  const found = rows[0];
  if (!found) throw await unknownTable(session, name);
  const { indexes, ...table } = found;
  return { ...table, uniqueKeys: indexes.map(({ name, ...parts }) => ({ name, columns: columnsOf(parts, table.columns) })) };
}

function columnsOf(index: Omit<TableRow["indexes"][number], "name">, columns: readonly Column[]): readonly string[] {
  const within = columns.filter(({ name }) => index.expressions.some((text) => text.split(/[^\w$]+/).includes(name)));
  return [...new Set([...index.columns, ...within.map(({ name }) => name)])];
}

async function unknownTable(session: Session, table: string): Promise<Error> {
  const { rows } = await session.query<{ schema: string; name: string }>(`
    select n.nspname as schema, c.relname as name from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'pgsteward') order by 1, 2`);
  const near = closest(
    table,
    rows.flatMap(({ schema, name }) => [name, `${schema}.${name}`]),
  );
  const hint = near === undefined ? "apply the migration that creates it: pgsteward migrate up" : `did you mean ${near}?`;
  return failure(seedErrors, "SEED_TABLE_UNKNOWN", { table }, { hint });
}

/** The columns of these names. Errors: SEED_COLUMN_UNKNOWN with the nearest name. */
export function columnsNamed(table: Table, names: readonly string[]): readonly Column[] {
  const known = new Map(table.columns.map((column) => [column.name, column]));
  return names.map((name) => {
    const column = known.get(name);
    if (column) return column;
    const near = closest(name, [...known.keys()]);
    const hint = near === undefined ? `its columns are: ${[...known.keys()].join(", ")}` : `did you mean ${near}?`;
    throw failure(seedErrors, "SEED_COLUMN_UNKNOWN", { table: nameOf(table), column: name }, { hint });
  });
}

/** Refuses a key that no unique index backs: which row is meant must never depend on chance. */
export function refuseAmbiguousKey(table: Table, key: readonly string[]): void {
  columnsNamed(table, key);
  const { uniqueKeys } = table;
  if (key.length > 0 && uniqueKeys.some(({ columns }) => columns.length > 0 && columns.every((column) => key.includes(column)))) return;
  const known = uniqueKeys.map(({ columns }) => `(${columns.join(", ")})`).join(", ");
  const detail = known === "" ? `${nameOf(table)} has no unique index` : `its unique keys are ${known}`;
  const create = `create unique index on ${identifierOf(table).text} (${key.map((name) => id(name).text).join(", ")})`;
  const hint = key.length === 0 ? "name the columns of a unique index as key" : `use one of them, or add one by a migration: ${create}`;
  throw failure(seedErrors, "SEED_KEY_NOT_UNIQUE", { table: nameOf(table), key: key.join(", ") }, { detail, hint });
}

/** Refuses to write where row level security may hide the row that is meant: it would be inserted twice. */
export function refuseHidden(table: Table): void {
  if (table.rowsHidden) throw failure(seedErrors, "SEED_ROWS_HIDDEN", { table: nameOf(table) });
}

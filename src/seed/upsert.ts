/**
 * Upsert: many rows by their natural key, in one statement. The rows travel as one JSON parameter and are read by
 * PostgreSQL itself as values of the column types, length and precision included, so that a value is compared as it
 * would be stored.
 *
 * It is no INSERT … ON CONFLICT: that needs an index that matches the key exactly, takes a value from the sequence for
 * every row that is there already, knows no NULL in a key, and forgets what was there before.
 */
import type { Row, Session } from "../core/engine.ts";
import { failure } from "../core/errors.ts";
import { literal, quoteIdentifier } from "../core/sql.ts";
import { encode, Json } from "../core/types.ts";
import { seedErrors } from "./errors.ts";
import type { UpsertOptions } from "./seeder.ts";
import { type Column, columnsNamed, identifierOf, nameOf, refuseAmbiguousKey, refuseHidden, type Table } from "./table.ts";

/** What a row turned out to be. */
export type RowState = "inserted" | "updated" | "unchanged";

export interface Upserted {
  readonly rows: readonly Row[];
  readonly counts: Readonly<Record<RowState, number>>;
}

/** Where the rows come from: a relation with the columns `n` (which row) and `c1`, `c2`, … */
export interface Given {
  readonly columns: readonly Column[];
  readonly relation: string;
  readonly values: readonly unknown[];
}

const batchRows = 1_000;

/** Writes rows; `record` is the run whose record they go into, or undefined where a trigger records them. */
export async function upsertRows(
  session: Session,
  table: Table,
  rows: readonly Row[],
  options: UpsertOptions,
  record: bigint | undefined,
): Promise<Upserted> {
  refuseHidden(table);
  refuseAmbiguousKey(table, options.key);
  const encoded = rows.map((row, i) => encodeRow(table, row, i, options.key));
  refuseRepeated(table, encoded, options.key);
  const answer: Row[] = [];
  const counts = { inserted: 0, updated: 0, unchanged: 0 };
  for (const batch of batchesOf(encoded)) {
    const given = jsonRelation(columnsNamed(table, Object.keys(batch[0]?.values ?? {})), batch);
    for (const { n, state, row } of await write(session, table, given, options, record)) {
      if (n in answer) throw ambiguous(table, options.key, rows[n] ?? {});
      answer[n] = row;
      counts[state]++;
    }
    const lost = batch.find(({ n }) => !(n in answer));
    if (lost) throw failure(seedErrors, "SEED_KEY_ALTERED", { table: nameOf(table), key: keyText(options.key, rows[lost.n] ?? {}) });
  }
  return { rows: answer, counts };
}

interface EncodedRow {
  readonly n: number;
  readonly values: Readonly<Record<string, unknown>>;
}

function encodeRow(table: Table, row: Row, n: number, key: readonly string[]): EncodedRow {
  const columns = columnsNamed(table, Object.keys(row));
  const invalid = (problem: string): Error => failure(seedErrors, "SEED_ROW_INVALID", { table: nameOf(table), row: n + 1, problem });
  const missing = key.find((name) => !(name in row));
  if (missing !== undefined) throw invalid(`it has no ${missing}, which is part of the key`);
  const values = columns.map((column) => {
    const { name } = column;
    if (row[name] === undefined) throw invalid(`${name} is undefined: use null, or leave it out`);
    if (column.generated) throw invalid(`${name} is a generated column: leave it out`);
    if (column.identityAlways && !key.includes(name))
      throw invalid(`${name} is GENERATED ALWAYS AS IDENTITY: leave it out, or make it the key`);
    return [name, column.json ? plain(row[name]) : scalar(row[name])] as const;
  });
  return { n, values: Object.fromEntries(values) };
}

/** A value as json_to_recordset() reads it into a column that is not JSON. */
function scalar(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(scalar);
  if (value instanceof Date || value instanceof Uint8Array) return encode(value);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return [...(value as unknown as Iterable<number>)];
  if (value instanceof Json) return scalar(value.value);
  if (typeof value === "bigint") return String(value);
  // JSON has no NaN and no infinity; PostgreSQL has.
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

/** A value for a JSON column, as JSON.stringify() may have it. */
function plain(value: unknown): unknown {
  return value instanceof Json ? value.value : value;
}

const bigintAsNumber = (_: string, value: unknown): unknown => (typeof value === "bigint" ? Number(value) : value);

/** Rows that fill the same columns go together, not too many at once. */
function batchesOf(rows: readonly EncodedRow[]): readonly (readonly EncodedRow[])[] {
  const groups = Map.groupBy(rows, ({ values }) => Object.keys(values).toSorted().join("\0"));
  return [...groups.values()].flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / batchRows) }, (_, i) => group.slice(i * batchRows, (i + 1) * batchRows)),
  );
}

function jsonRelation(columns: readonly Column[], rows: readonly EncodedRow[]): Given {
  const objects = rows.map(({ n, values }) => ({ n, ...Object.fromEntries(columns.map(({ name }, i) => [`c${i + 1}`, values[name]])) }));
  const definition = ["n int4", ...columns.map(({ type }, i) => `c${i + 1} ${type}`)].join(", ");
  return {
    columns,
    relation: `pg_catalog.json_to_recordset($1) as given_row(${definition})`,
    values: [JSON.stringify(objects, bigintAsNumber)],
  };
}

interface Written {
  readonly n: number;
  readonly state: RowState;
  readonly row: Row;
}

async function write(
  session: Session,
  table: Table,
  given: Given,
  options: UpsertOptions,
  record: bigint | undefined,
): Promise<readonly Written[]> {
  const { rows } = await session.query(upsertStatement(table, given, options, record, "rows"), given.values);
  return rows.map(({ "pgsteward n": n, "pgsteward state": state, ...row }) => ({ n: n as number, state: state as RowState, row }));
}

/** No column is called so: an alias that is a column's name too would mean the column. */
const target = "pgsteward_row";

/** What the statement answers with: the rows, with `pgsteward n` and `pgsteward state`, or only how many there are of each state. */
const answers = {
  rows: `select n as "pgsteward n", state as "pgsteward state", (made).* from written`,
  counts: "select state, count(*)::int as rows, count(distinct n)::int as given from written group by state",
} as const;

export function upsertStatement(
  table: Table,
  given: Given,
  { key, update = true }: UpsertOptions,
  record: bigint | undefined,
  answer: keyof typeof answers,
): string {
  const relation = identifierOf(table).text;
  const valueOf = (name: string): string => `g.c${given.columns.findIndex((column) => column.name === name) + 1}`;
  const keys = columnsNamed(table, key);
  const matches = (row: string): string => keys.map((column) => same(row, column, valueOf(column.name))).join(" and ");
  const names = given.columns.map(({ name }) => name);
  // An identity that is always generated is given to a new row and never changed: PostgreSQL takes DEFAULT alone.
  const changeable = given.columns.filter(({ name, identityAlways }) => !identityAlways && !key.includes(name));
  const settable = update ? changeable.map(({ name }) => name) : [];
  const list = (made: (name: string) => string): string => settable.map(made).join(", ");
  // `*<>` compares what is stored, also of types that have no equality.
  const differs =
    settable.length === 0
      ? "false"
      : `row(${list((name) => `${target}.${quoteIdentifier(name)}`)})::record operator(pg_catalog.*<>) row(${list(valueOf)})::record`;
  return `with given as materialized (select * from ${given.relation}),
differing as materialized (
  select g.n, ${target} as before from given g join ${relation} ${target} on ${matches(target)} where ${differs} for update of ${target}
), inserted as (
  insert into ${relation} as ${target} (${names.map(quoteIdentifier).join(", ")}) ${overridingOf(given.columns)}
  select ${names.map(valueOf).join(", ")} from given g
  where not exists (select from ${relation} ${target} where ${matches(target)}) order by g.n
  returning ${target} as made
), updated as (
  ${
    settable.length === 0
      ? "select d.n, d.before as made from differing d where false"
      : `update ${relation} ${target} set ${list((name) => `${quoteIdentifier(name)} = ${valueOf(name)}`)}
  from given g join differing d on d.n = g.n where ${matches(target)} returning g.n, ${target} as made`
  }
), recorded as (
  ${record === undefined ? "select" : recordOf(table, key, record)}
), written as (
  select g.n, 'inserted' as state, i.made from inserted i join given g on ${matches("(i.made)")}
  union all select u.n, 'updated', u.made from updated u
  union all select g.n, 'unchanged', ${target} from given g join ${relation} ${target} on ${matches(target)} where not ${differs}
)
${answers[answer]}`;
}

/** What an INSERT says where it gives values to a column that is GENERATED ALWAYS AS IDENTITY. */
export function overridingOf(columns: readonly Column[]): string {
  return columns.some(({ identityAlways }) => identityAlways) ? "overriding system value" : "";
}

function same(row: string, { name, notNull }: Column, value: string): string {
  const column = `${row}.${quoteIdentifier(name)}`;
  return notNull ? `${column} = ${value}` : `(${column} = ${value} or (${column} is null and ${value} is null))`;
}

/** The rows that were made, and of those that were changed the values before. */
function recordOf(table: Table, key: readonly string[], record: bigint): string {
  const identity = identityOf(table, key);
  const texts = (row: string, names: readonly string[]): string =>
    `array[${names.map((name) => `(${row}).${quoteIdentifier(name)}::text`).join(", ")}]`;
  const names = table.columns.filter(({ generated }) => !generated).map(({ name }) => name);
  const head = `${record}, ${literal(table.schema)}, ${literal(table.name)}`;
  const keys = `array[${identity.map(literal).join(", ")}]::text[]`;
  return `insert into pgsteward.seed_row (seed_run_id, schema_name, table_name, action, key_columns, key_values, column_names, column_values)
  select ${head}, 'inserted', ${keys}, ${texts("i.made", identity)}, null, null from inserted i
  union all
  select ${head}, 'updated', ${keys}, ${texts("u.made", identity)}, c.names, c.was
  from updated u join differing d using (n)
  cross join lateral (
    select pg_catalog.array_agg(v.name) as names, pg_catalog.array_agg(v.was) as was
    from rows from (pg_catalog.unnest(array[${names.map(literal).join(", ")}]::text[]), pg_catalog.unnest(${texts("d.before", names)}), pg_catalog.unnest(${texts("u.made", names)})) v(name, was, becomes)
    where v.was is distinct from v.becomes) c`;
}

/** What a row is found by again: the primary key; a natural key may be edited. */
export function identityOf(table: Table, key: readonly string[] = []): readonly string[] {
  return table.primaryKey.length > 0 ? table.primaryKey : key;
}

function refuseRepeated(table: Table, rows: readonly EncodedRow[], key: readonly string[]): void {
  const seen = new Map<string, number>();
  for (const { n, values } of rows) {
    const text = JSON.stringify(
      key.map((name) => values[name]),
      bigintAsNumber,
    );
    const other = seen.get(text);
    if (other !== undefined) {
      const problem = `it has the same ${key.join(", ")} as row ${other + 1}`;
      throw failure(seedErrors, "SEED_ROW_INVALID", { table: nameOf(table), row: n + 1, problem });
    }
    seen.set(text, n);
  }
}

function ambiguous(table: Table, key: readonly string[], row: Row): Error {
  return failure(seedErrors, "SEED_KEY_AMBIGUOUS", { table: nameOf(table), key: keyText(key, row) });
}

function keyText(key: readonly string[], row: Row): string {
  return key.map((name) => `${name} = ${String(row[name])}`).join(", ");
}

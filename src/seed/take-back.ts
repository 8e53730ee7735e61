/**
 * Taking back what seeders made: inserted rows are deleted, updated ones get back the values that they had. All of it is
 * one transaction, and nothing goes that somebody else has come to rely on: rows that were changed since, rows that a
 * seeder which stays has changed, rows that others refer to.
 */
import type { Session } from "../core/engine.ts";
import { failure } from "../core/errors.ts";
import { id, literal, quoteIdentifier, sql } from "../core/sql.ts";
import { seedErrors } from "./errors.ts";
import { hashOfRow, keyMatches } from "./keys.ts";
import { type Column, columnsNamed, describeTable, identifierOf, nameOf, refuseHidden, type Table } from "./table.ts";
import { count } from "./words.ts";

/** The recorded rows of one table, as these runs left them. */
export interface TakenTable {
  readonly table: Table;
  readonly key: readonly Column[];
  /** Columns that get back earlier values. */
  readonly restored: readonly string[];
  /** By list of columns, the runs whose hashes are over it. */
  readonly hashed: readonly { readonly columns: readonly string[]; readonly runs: readonly bigint[] }[];
}

/** What taking back would do, by table. */
export interface TakenCounts {
  readonly table: string;
  readonly deleted: number;
  readonly restored: number;
  /** Rows that are not there any more. */
  readonly gone: number;
  /** Rows that are not as the seeder left them. */
  readonly changed: number;
}

/** The tables in which these runs have rows; one that is gone has taken them with it. */
export async function tablesOf(session: Session, runs: readonly bigint[]): Promise<readonly TakenTable[]> {
  const { rows } = await session.query<{ schema: string; name: string; keys: string[]; restored: string[]; there: boolean }>(sql`
    select r.schema_name as schema, r.table_name as name, r.key_columns as keys,
      coalesce(array_agg(distinct c.name) filter (where c.name is not null), '{}') as restored,
      pg_catalog.to_regclass(pg_catalog.format('%I.%I', r.schema_name, r.table_name)) is not null as there
    from pgsteward.seed_row r left join lateral pg_catalog.unnest(r.column_names) c(name) on true
    where r.seed_run_id = any (${runs}) group by 1, 2, 3 order by 1, 2, 3`);
  const found = rows.filter(({ there }) => there);
  return Promise.all(
    found.map(async ({ schema, name, keys, restored }) => {
      const table = await describeTable(session, `${schema}.${name}`);
      refuseHidden(table);
      return { table, key: columnsNamed(table, keys), restored, hashed: await hashedColumns(session, runs, table) };
    }),
  );
}

async function hashedColumns(session: Session, runs: readonly bigint[], table: Table): Promise<TakenTable["hashed"]> {
  const { rows } = await session.query<{ columns: string[]; runs: bigint[] }>(sql`
    select s.shape -> ${nameOf(table)} -> 'columns' as columns, array_agg(s.id) as runs from pgsteward.seed_run s
    where s.id = any (${runs}) and s.shape ? ${nameOf(table)} group by 1`);
  const there = new Set(table.columns.map(({ name }) => name));
  return rows.filter(({ columns }) => columns.every((name) => there.has(name)));
}

/** CTE: every row of the table that the runs recorded, once, with what is to become of it. `$1` holds the runs. */
export function takenRows({ table, key }: Pick<TakenTable, "table" | "key">): string {
  return `select r.key_values,
    bool_or(r.action = 'inserted') filter (where r.seed_run_id = any ($1)) as made,
    min(r.id) filter (where r.seed_run_id = any ($1)) < max(r.id) filter (where r.seed_run_id <> all ($1)) as shared,
    (array_agg(s.seeder order by r.id desc) filter (where r.seed_run_id <> all ($1)))[1] as sharer,
    (array_agg(r.row_hash order by r.id desc))[1] as row_hash,
    (array_agg(r.seed_run_id order by r.id desc))[1] as newest
  from pgsteward.seed_row r join pgsteward.seed_run s on s.id = r.seed_run_id
  where s.state = 'applied' and r.schema_name = ${literal(table.schema)} and r.table_name = ${literal(table.name)}
    and r.key_columns = array[${key.map(({ name }) => literal(name)).join(", ")}]::text[]
  group by r.key_values having bool_or(r.seed_run_id = any ($1))`;
}

/**
 * Looks at every row and counts. Errors: SEED_ROWS_SHARED, SEED_ROWS_REFERENCED and, without `force`, SEED_ROWS_CHANGED.
 * Within a transaction whose time zone is UTC.
 */
export async function inspect(
  session: Session,
  tables: readonly TakenTable[],
  runs: readonly bigint[],
  force: boolean,
): Promise<readonly TakenCounts[]> {
  const counts: TakenCounts[] = [];
  for (const taken of tables) counts.push(await inspectTable(session, taken, runs));
  const changed = counts.filter((table) => table.changed > 0);
  if (changed.length > 0 && !force) {
    const rows = changed.map(({ table, changed }) => `${count(changed, "row")} of ${table}`).join(", ");
    throw failure(seedErrors, "SEED_ROWS_CHANGED", { rows });
  }
  await refuseReferenced(session, tables, runs, false);
  return counts;
}

async function inspectTable(session: Session, taken: TakenTable, runs: readonly bigint[]): Promise<TakenCounts> {
  const { table, key, hashed } = taken;
  const cases = hashed.map(
    ({ columns, runs }) => `when p.newest = any (array[${runs.join(", ")}]::bigint[]) then ${hashOfRow("t", columns)}`,
  );
  const hash = cases.length === 0 ? "null" : `case ${cases.join(" ")} end`;
  const { rows } = await session.query<TakenCounts & { shared: number; sharer: string | null; sample: string | null }>(
    `with p as (${takenRows(taken)})
     select count(*) filter (where t.ctid is not null and p.made)::int as deleted, count(*) filter (where t.ctid is not null and not p.made)::int as restored,
       count(*) filter (where t.ctid is null)::int as gone,
       count(*) filter (where t.ctid is not null and ${hash} is distinct from p.row_hash)::int as changed,
       count(*) filter (where t.ctid is not null and p.shared)::int as shared, min(p.sharer) filter (where p.shared) as sharer,
       min(array_to_string(p.key_values, ', ')) filter (where p.shared) as sample
     from p left join ${identifierOf(table).text} t on ${keyMatches("t", key, "p.key_values")}`,
    [runs],
  );
  const { deleted = 0, restored = 0, gone = 0, changed = 0, shared = 0, sharer = null } = rows[0] ?? {};
  if (shared > 0) throw failure(seedErrors, "SEED_ROWS_SHARED", { rows: count(shared, "row"), table: nameOf(table), seeder: sharer });
  return { table: nameOf(table), deleted, restored, gone, changed };
}

interface Reference {
  readonly name: string;
  readonly oid: number;
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly target: number;
  readonly targetColumns: readonly string[];
}

async function referencesTo(session: Session, tables: readonly TakenTable[]): Promise<readonly Reference[]> {
  const { rows } = await session.query<Reference>(sql`
    select k.conname as name, k.conrelid as oid, n.nspname as schema, c.relname as table, k.confrelid as target,
      (select array_agg(a.attname::text order by u.n) from pg_catalog.unnest(k.conkey) with ordinality u(attnum, n)
        join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.attnum) as columns,
      (select array_agg(a.attname::text order by u.n) from pg_catalog.unnest(k.confkey) with ordinality u(attnum, n)
        join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.attnum) as "targetColumns"
    from pg_catalog.pg_constraint k
    join pg_catalog.pg_class c on c.oid = k.conrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where k.contype = 'f' and k.conparentid = 0 and k.confrelid = any (${tables.map(({ table }) => table.oid)}::oid[])
    order by n.nspname, c.relname, k.conname`);
  return rows;
}

/** Rows that stay and refer to rows that would go: a cascade would take them, or set them to null. */
async function refuseReferenced(
  session: Session,
  tables: readonly TakenTable[],
  runs: readonly bigint[],
  restored: boolean,
): Promise<void> {
  const lines: string[] = [];
  for (const reference of await referencesTo(session, tables)) {
    const rows = await countReferring(session, reference, tables, runs, restored);
    if (rows > 0)
      lines.push(`${count(rows, "row")} of ${reference.schema}.${reference.table} by ${reference.columns.join(", ")} (${reference.name})`);
  }
  if (lines.length > 0) throw failure(seedErrors, "SEED_ROWS_REFERENCED", { count: lines.length }, { detail: lines.join("\n") });
}

async function countReferring(
  session: Session,
  { oid, schema, table, columns, target, targetColumns }: Reference,
  tables: readonly TakenTable[],
  runs: readonly bigint[],
  restored: boolean,
): Promise<number> {
  const targets = tables.filter((taken) => taken.table.oid === target);
  const own = tables.filter((taken) => taken.table.oid === oid);
  const matches = columns.map((name, i) => `u.${quoteIdentifier(name)} = t.${quoteIdentifier(targetColumns[i] ?? "")}`).join(" and ");
  const doomed = targets.map(
    (taken) =>
      `select t.* from ${identifierOf(taken.table).text} t join (${takenRows(taken)}) p on p.made and ${keyMatches("t", taken.key, "p.key_values")}`,
  );
  const leaving = restored ? "p.made and " : "";
  const taken = own.map(
    (one) => `and not exists (select from (${takenRows(one)}) p where ${leaving}${keyMatches("u", one.key, "p.key_values")})`,
  );
  const { rows } = await session.query<{ rows: number }>(
    `with t as materialized (${doomed.join(" union all ")})
     select count(*)::int as rows from ${id(schema, table).text} u where exists (select from t where ${matches}) ${taken.join(" ")}`,
    [runs],
  );
  return rows[0]?.rows ?? 0;
}

/** Takes the rows back, in the caller's transaction; answers with the columns that triggers then set to something else. */
export async function takeBack(session: Session, runs: readonly bigint[], force: boolean): Promise<readonly string[]> {
  await session.query("set local timezone to 'UTC'");
  const tables = await tablesOf(session, runs);
  for (const taken of tables) await lockRows(session, taken, runs);
  await inspect(session, tables, runs, force);
  const differing: string[] = [];
  for (const taken of tables) differing.push(...(await restore(session, taken, runs)));
  // Restored rows may still refer to rows that go: only now that they have their old values can it be told.
  await refuseReferenced(session, tables, runs, true);
  await deleteRows(session, tables, runs);
  await session.query("set constraints all immediate");
  await session.query(sql`
    with gone as (delete from pgsteward.seed_row where seed_run_id = any (${runs}))
    update pgsteward.seed_run set state = 'undone', undone_at = clock_timestamp() where id = any (${runs})`);
  return differing;
}

/** From here on nobody can refer to them, or change them. */
async function lockRows(session: Session, taken: TakenTable, runs: readonly bigint[]): Promise<void> {
  await session.query(
    `with p as (${takenRows(taken)}), locked as (
       select t.ctid from ${identifierOf(taken.table).text} t join p on ${keyMatches("t", taken.key, "p.key_values")} for update of t)
     select count(*) from locked`,
    [runs],
  );
}

async function restore(session: Session, taken: TakenTable, runs: readonly bigint[]): Promise<readonly string[]> {
  const { table, key } = taken;
  const there = new Map(table.columns.map((column) => [column.name, column]));
  const columns = taken.restored.flatMap((name) => there.get(name) ?? []);
  if (columns.length === 0) return [];
  const old = `select r.key_values, pg_catalog.jsonb_object_agg(r.name, r.was) as old from (
      select distinct on (r.key_values, c.name) r.key_values, c.name, c.was
      from (${takenRows(taken)}) p join pgsteward.seed_row r on r.key_values = p.key_values and not p.made
      cross join lateral rows from (pg_catalog.unnest(r.column_names), pg_catalog.unnest(r.column_values)) c(name, was)
      where r.seed_run_id = any ($1) and r.schema_name = ${literal(table.schema)} and r.table_name = ${literal(table.name)} and c.name is not null
      order by r.key_values, c.name, r.id) r group by r.key_values`;
  const set = columns.map(({ name, type }) => {
    const [column, field] = [quoteIdentifier(name), literal(name)];
    return `${column} = case when o.old ? ${field} then (o.old ->> ${field})::${type} else t.${column} end`;
  });
  const differs = columns.map(({ name }) => {
    const [column, field] = [quoteIdentifier(name), literal(name)];
    return `case when o.old ? ${field} and t.${column}::text is distinct from o.old ->> ${field} then ${field} end`;
  });
  await session.query(
    `update ${identifierOf(table).text} t set ${set.join(", ")} from (${old}) o where ${keyMatches("t", key, "o.key_values")}`,
    [runs],
  );
  const { rows } = await session.query<{ name: string }>(
    `select distinct d.name from ${identifierOf(table).text} t join (${old}) o on ${keyMatches("t", key, "o.key_values")}
     cross join lateral pg_catalog.unnest(array[${differs.join(", ")}]::text[]) d(name) where d.name is not null order by 1`,
    [runs],
  );
  return rows.map(({ name }) => `${nameOf(table)}.${name}`);
}

/** One statement for all tables: foreign keys between them are looked at when all rows are gone, whatever the order. */
async function deleteRows(session: Session, tables: readonly TakenTable[], runs: readonly bigint[]): Promise<void> {
  if (tables.length === 0) return;
  const parts = tables.map(
    (taken, i) => `d${i} as (
      delete from ${identifierOf(taken.table).text} t using (${takenRows(taken)}) p where p.made and ${keyMatches("t", taken.key, "p.key_values")})`,
  );
  await session.query(`with ${parts.join(",\n")} select`, [runs]);
}

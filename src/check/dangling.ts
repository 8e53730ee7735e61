/**
 * What orphans refer to, told by indexes alone. Asking the rows themselves costs a look into the table for each of them, good
 * or bad: 54 s instead of 1.4 s for 10 million rows.
 */
import type { Session } from "../core/engine.ts";
import { Raw, type Sql, sql } from "../core/sql.ts";
import type { IndexedReference, RowRule, TableName } from "./rule.ts";
import type { Column } from "./schema.ts";
import { conditionOf, joined, without } from "./statement.ts";
import { qualified, quoteTable, text } from "./words.ts";

type Values = readonly (readonly string[])[];

/** More than that are not handed back to the server. */
const manyValues = 10_000;

/** The values that have no parent; undefined where there are too many, or where indexes would not be faster. */
export async function danglingValues(
  session: Session,
  table: TableName,
  rule: RowRule,
  indexed: IndexedReference,
): Promise<Values | undefined> {
  const values = (await inGaps(session, table, indexed)) ?? (indexed.covering ? await byMerge(session, table, rule, indexed) : undefined);
  return values === undefined || values.length > manyValues ? undefined : values;
}

const integers = ["int2", "int4", "int8"];
/** Each is a look into the child's index. */
const manyGaps = 100_000;

/**
 * Numbers that parents leave out: between two neighbours, before the first, behind the last. The parent's index is read, the
 * child's only in the gaps: faster than counting the child. Undefined where there are no numbers, no parents, or many gaps.
 */
async function inGaps(
  session: Session,
  table: TableName,
  { columns, parent, parentColumns }: IndexedReference,
): Promise<Values | undefined> {
  const [column, more] = columns;
  const [key] = parentColumns;
  if (!column || !key || more || !integers.includes(column.base) || !integers.includes(key.base)) return undefined;
  const [t, p, child, parents] = [qualified("t", column), qualified("p", key), quoteTable(table), quoteTable(parent)].map(text) as [
    Sql,
    Sql,
    Sql,
    Sql,
  ];
  return without(session, ["enable_seqscan", "enable_bitmapscan", "enable_material"], async () => {
    const { rows } = await session.query<{ gaps: number; empty: boolean; dangling: readonly string[] }>(sql`
      with gaps as materialized (
        select g.before, g.after from (select lag(${p}) over (order by ${p}) as before, ${p} as after from ${parents} as p) g
        where g.before + 1 < g.after limit ${new Raw(String(manyGaps + 1))})
      select (select count(*)::pg_catalog.int4 from gaps) as gaps, (select min(${p}) from ${parents} as p) is null as empty,
        array(select distinct d.v::pg_catalog.text from (
          select ${t} as v from gaps g join ${child} as t on ${t} > g.before and ${t} < g.after
            where (select count(*) from gaps) <= ${new Raw(String(manyGaps))}
          union all select ${t} from ${child} as t where ${t} < (select min(${p}) from ${parents} as p)
          union all select ${t} from ${child} as t where ${t} > (select max(${p}) from ${parents} as p)) d
          limit ${new Raw(String(manyValues + 1))}) as dangling`);
    const [{ gaps, empty, dangling } = { gaps: 0, empty: true, dangling: [] }] = rows;
    return empty || gaps > manyGaps ? undefined : dangling.map((value) => [value]);
  });
}

/** Two indexes in the same order, merged: half of the time of the hash join that the planner prefers. */
function byMerge(session: Session, table: TableName, rule: RowRule, { columns }: IndexedReference): Promise<Values> {
  const values = columns.map((column, i) => text(`${qualified("t", column)} as v${i}`));
  const names = columns.map((_, i) => text(`v${i}::pg_catalog.text as v${i}`));
  return without(session, ["enable_hashjoin", "enable_nestloop"], async () => {
    const { rows } = await session.query<Record<string, string>>(sql`
      select ${joined(names, ", ")} from (
        select distinct ${joined(values, ", ")} from ${new Raw(quoteTable(table))} as t where ${conditionOf(rule)}) as dangling
      limit ${new Raw(String(manyValues + 1))}`);
    return rows.map((row) => columns.map((_, i) => row[`v${i}`] ?? ""));
  });
}

/** `(t."a", t."b") in (select * from unnest($1::int4[], $2::text[]))` */
export function refersTo({ columns }: IndexedReference, values: Values): Sql {
  const lists = columns.map(({ type }: Column, i) => sql`${values.map((value) => value[i])}::${new Raw(type)}[]`);
  return sql`(${new Raw(columns.map((column) => qualified("t", column)).join(", "))}) in (select * from unnest(${joined(lists, ", ")}))`;
}

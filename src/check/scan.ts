/**
 * Row rules over their tables. Plain conditions on one table share one pass: measured on 3 million rows, 40 of them cost
 * 0.4 of 40 queries (bench/check.ts). What looks into other tables has a query of its own, which the planner can join.
 */
import type { Session } from "../core/engine.ts";
import { id, Raw, type Sql, sql } from "../core/sql.ts";
import { splitStatements } from "../core/sql-text.ts";
import type { Level, RowRule } from "./rule.ts";
import { type Column, primaryKeyOf, type Schema, type Table } from "./schema.ts";
import { danglingValues, refersTo } from "./dangling.ts";
import { conditionOf, joined, without } from "./statement.ts";
import { qualified, quoteTable, text } from "./words.ts";

export interface Found {
  /** Bad rows; of a sample, at least so many. */
  readonly count: number;
  /** Keys of the first ones, by column, as text. */
  readonly examples: readonly Readonly<Record<string, string | null>>[];
  /** Bad rows by tenant, most first; undefined where the table has none. */
  readonly tenants: Readonly<Record<string, number>> | undefined;
  /** Only a part of the table was looked at. */
  readonly sampled: boolean;
  /** The planner's estimate; 0 where it has none. */
  readonly tableRows: number;
}

export interface ScanOptions {
  readonly level: Level;
  /** Whose rows are looked at: a condition over `t`. */
  readonly scope: Sql | undefined;
  readonly tenant: Column | undefined;
}

/** Rules that are asked in one query. */
export interface Pass {
  readonly table: Table;
  readonly rules: readonly RowRule[];
}

/** A list of this many conditions is one expression to the server; PostgreSQL takes 1,664 columns. */
const rulesInPass = 100;

/** Groups rules by table, those that can share a pass together. */
export function passesOf(rules: readonly RowRule[], tableOf: (rule: RowRule) => Table): readonly Pass[] {
  const plain = Map.groupBy(rules.filter(isPlain), tableOf);
  const shared = [...plain].flatMap(([table, own]) => chunks(own, rulesInPass).map((part) => ({ table, rules: part })));
  return [...shared, ...rules.filter((rule) => !isPlain(rule)).map((rule) => ({ table: tableOf(rule), rules: [rule] }))];
}

/** Without a subquery: nothing that a join would answer faster. */
function isPlain({ where }: RowRule): boolean {
  return !splitStatements(where.text).some(({ tokens }) => tokens.some(({ kind, value }) => kind === "word" && value === "SELECT"));
}

function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

/** Counts the bad rows of rules that share a pass. */
export async function countBad(session: Session, { table, rules }: Pass, options: ScanOptions): Promise<readonly number[]> {
  const conditions = rules.map(conditionOf);
  // A good row ends at the WHERE, which is one expression; the counting, which costs more, sees the bad ones only.
  const counts = conditions.map((condition, i) => sql`count(*) filter (where ${condition})::pg_catalog.float8 as ${id(`n${i}`)}`);
  const { rows } = await session.query<Record<string, number>>(
    sql`select ${joined(counts, ", ")} from ${new Raw(quoteTable(table))} as t where (${joined(conditions, " or ")})${scoped(options)}`,
  );
  return rules.map((_, i) => rows[0]?.[`n${i}`] ?? 0);
}

/** A table of more rows than the first is sampled down to about the second by `--quick`. */
const [largeRows, sampleRows] = [200_000, 50_000];
/** So many bad rows are kept by the server to be told apart; a sample that holds so many has said what it can. */
const [kept, enough] = [1_000_000, 1_000];

/** The bad rows of one rule: how many, the first ones, whose they are. One query: each of the three alone would read the table again. */
export async function findBad(session: Session, schema: Schema, table: Table, rule: RowRule, options: ScanOptions): Promise<Found> {
  const sampled = isSampled(table, rule, options);
  const limit = sampled ? enough : kept;
  const byIndex = options.scope === undefined && options.level === "default";
  const dangling = byIndex && rule.indexed ? await danglingValues(session, table, rule, rule.indexed) : undefined;
  if (dangling?.length === 0) return { count: 0, examples: [], tenants: undefined, sampled, tableRows: table.rows };
  const where = dangling && rule.indexed ? refersTo(rule.indexed, dangling) : rule.where;
  const off = options.level === "deep" && rule.family === "orphans" ? indexScans : [];
  const found = await without(session, off, async () => {
    const { rows } = await session.query<Nullable<Found>>(detailed(schema, table, { ...rule, where }, options, limit));
    const count = rows[0]?.count ?? 0;
    return { ...rows[0], count: sampled || count < limit ? count : await countAll(session, table, rule, options) };
  });
  return { count: found.count, examples: found.examples ?? [], tenants: found.tenants ?? undefined, sampled, tableRows: table.rows };
}

type Nullable<T> = { readonly [K in keyof T]: T[K] | null };

/** A deep run asks the tables themselves: a broken index hides orphans. */
const indexScans = ["enable_indexscan", "enable_indexonlyscan", "enable_bitmapscan"] as const;

function detailed(schema: Schema, table: Table, rule: RowRule, options: ScanOptions, limit: number): Sql {
  const key = primaryKeyOf(schema, table);
  const columns = key.length === 0 ? [text("ctid")] : key.map(({ name }) => text(id(name).text));
  const keys = columns.map((column) => sql`t.${column}::pg_catalog.text as ${column}`);
  const tenant = options.tenant ? `coalesce(${qualified("t", options.tenant)}::pg_catalog.text, 'none')` : "null";
  return sql`
    with bad as materialized (
      select ${joined(keys, ", ")}, ${new Raw(tenant)} as "whose it is" ${fromOf(table, rule, options)}
      where ${conditionOf(rule)}${scoped(options)} limit ${new Raw(String(limit))})
    select count(*)::pg_catalog.float8 as count,
      (select pg_catalog.json_agg("bad row") from (select ${joined(columns, ", ")} from bad limit 5) as "bad row") as examples,
      (select pg_catalog.json_object_agg(g.whose, g.n) from (
        select "whose it is" as whose, count(*) as n from bad where "whose it is" is not null group by 1 order by 2 desc, 1 limit 20) g) as tenants
    from bad`;
}

async function countAll(session: Session, table: Table, rule: RowRule, options: ScanOptions): Promise<number> {
  const { rows } = await session.query<{ count: number }>(
    sql`select count(*)::pg_catalog.float8 as count ${fromOf(table, rule, options)} where ${conditionOf(rule)}${scoped(options)}`,
  );
  return rows[0]?.count ?? 0;
}

function isSampled({ rows }: Table, { sampled }: RowRule, { level }: ScanOptions): boolean {
  return level === "quick" && sampled === true && rows > largeRows;
}

/** Pages are drawn the same way each time: what a run finds, the next one finds too. */
function fromOf(table: Table, rule: RowRule, options: ScanOptions): Sql {
  const percent = Math.max(0.001, (100 * sampleRows) / table.rows).toFixed(4);
  const sample = isSampled(table, rule, options) ? ` tablesample system (${percent}) repeatable (1)` : "";
  return text(`from ${quoteTable(table)} as t${sample}`);
}

function scoped({ scope }: ScanOptions): Sql {
  return scope === undefined ? text("") : sql` and ${scope}`;
}

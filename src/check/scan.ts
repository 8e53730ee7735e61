/**
 * Row rules over their tables. Plain conditions on one table share one pass: measured on 3 million rows, 40 of them cost
 * <MEASURE> of 40 queries (bench/check.ts). What looks into other tables has a query of its own, which the planner can join.
 */
import type { Session } from "../core/engine.ts";
import { id, Raw, type Sql, sql } from "../core/sql.ts";
import { splitStatements } from "../core/sql-text.ts";
import type { Level, RowRule } from "./rule.ts";
import { type Column, primaryKeyOf, type Schema, type Table } from "./schema.ts";
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

/** Counts the bad rows of each rule of a pass. */
export async function countBad(session: Session, { table, rules }: Pass, options: ScanOptions): Promise<readonly number[]> {
  const [only] = rules;
  if (rules.length === 1 && only) return [await countOne(session, table, only, options)];
  const conditions = rules.map(conditionOf);
  // Rows that break no rule end at the first line; the counting, which costs more, sees the others only.
  const counts = conditions.map((condition, i) => sql`count(*) filter (where ${condition})::pg_catalog.float8 as ${id(`n${i}`)}`);
  const { rows } = await session.query<Record<string, number>>(
    sql`select ${joined(counts, ", ")} from ${new Raw(quoteTable(table))} as t where (${joined(conditions, " or ")})${scoped(options)}`,
  );
  return rules.map((_, i) => rows[0]?.[`n${i}`] ?? 0);
}

async function countOne(session: Session, table: Table, rule: RowRule, options: ScanOptions): Promise<number> {
  const hints = hintsFor(rule, options);
  if (hints.length > 0) await session.script(hints.map((name) => `set local ${name} = off`).join("; "));
  const from = fromOf(table, rule, options);
  const bad = sql`${from} where ${conditionOf(rule)}${scoped(options)}`;
  const { rows } = await session.query<{ n: number }>(
    isSampled(table, rule, options)
      ? sql`select count(*)::pg_catalog.float8 as n from (select ${bad} limit ${enough}) bad`
      : sql`select count(*)::pg_catalog.float8 as n ${bad}`,
  );
  if (hints.length > 0) await session.script(hints.map((name) => `set local ${name} to default`).join("; "));
  return rows[0]?.n ?? 0;
}

/**
 * Where both sides are in order, a merge anti-join reads two indexes and no table: 0.74 s for 10 million rows where the
 * hash join that the planner prefers takes 1.1 s. A deep run asks the tables themselves: a broken index hides orphans.
 */
function hintsFor({ family, ordered }: RowRule, { level, scope }: ScanOptions): readonly string[] {
  if (family !== "orphans") return [];
  if (level === "deep") return ["enable_indexscan", "enable_indexonlyscan", "enable_bitmapscan"];
  return ordered && scope === undefined && level !== "quick" ? ["enable_hashjoin", "enable_nestloop"] : [];
}

/** A table of more rows than the first is sampled down to about the second by `--quick`. */
const [largeRows, sampleRows] = [200_000, 50_000];
/** A sample that holds so many bad rows has said what it can. */
const enough = 1_000;

export function isSampled({ rows }: Table, { sampled }: RowRule, { level }: ScanOptions): boolean {
  return level === "quick" && sampled === true && rows > largeRows;
}

/** Pages are drawn the same way each time, so that examples come from what was counted. */
function fromOf(table: Table, rule: RowRule, options: ScanOptions): Sql {
  const percent = Math.max(0.001, (100 * sampleRows) / table.rows).toFixed(4);
  const sample = isSampled(table, rule, options) ? ` tablesample system (${percent}) repeatable (1)` : "";
  return text(`from ${quoteTable(table)} as t${sample}`);
}

/** Keys and tenants of the bad rows of one rule. */
export async function describeBad(
  session: Session,
  schema: Schema,
  table: Table,
  rule: RowRule,
  options: ScanOptions,
): Promise<Pick<Found, "examples" | "tenants">> {
  const key = primaryKeyOf(schema, table);
  const shown =
    key.length === 0
      ? "t.ctid::text as ctid"
      : key.map((column) => `${qualified("t", column)}::text as ${id(column.name).text}`).join(", ");
  const bad = sql`${fromOf(table, rule, options)} where ${conditionOf(rule)}${scoped(options)}`;
  const { rows: examples } = await session.query<Record<string, string>>(sql`select ${new Raw(shown)} ${bad} limit 5`);
  if (!options.tenant) return { examples, tenants: undefined };
  const { rows } = await session.query<{ tenant: string | null; n: number }>(sql`
    select ${new Raw(qualified("t", options.tenant))}::text as tenant, count(*)::pg_catalog.float8 as n ${bad}
    group by 1 order by 2 desc, 1 limit 20`);
  return { examples, tenants: Object.fromEntries(rows.map(({ tenant, n }) => [tenant ?? "none", n])) };
}

/** A line comment at the end of a condition must not hide the bracket. */
export function conditionOf({ where }: Pick<RowRule, "where">): Sql {
  return sql`(${where}\n)`;
}

function scoped({ scope }: ScanOptions): Sql {
  return scope === undefined ? text("") : sql` and ${scope}`;
}

function joined(parts: readonly Sql[], separator: string): Sql {
  return parts.reduce((all, part) => sql`${all}${new Raw(separator)}${part}`);
}

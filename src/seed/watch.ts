/**
 * Rows that a seeder writes with SQL of its own. Statement triggers on the tables that its statements name record them,
 * with the values before; what else was changed, by triggers or functions, is counted and told.
 *
 * Not by xmin: an updated row has the same as an inserted one, and what was there before would be lost.
 */
import type { Session } from "../core/engine.ts";
import { sql } from "../core/sql.ts";
import { splitStatements, type Token } from "../core/sql-text.ts";
import { describeTable, identifierOf, type Table } from "./table.ts";
import { identityOf } from "./upsert.ts";

/** Rows of one table that were changed and not recorded: undo leaves them. */
export interface Unrecorded {
  readonly table: string;
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
}

/** The tables that the statements of a text write to, as they are written there: `users`, `public.users`. DO blocks are looked into. */
export function targetsOf(text: string): readonly string[] {
  return [...new Set(splitStatements(text).flatMap(({ tokens }) => targetsOfTokens(tokens)))];
}

function targetsOfTokens(tokens: readonly Token[]): readonly string[] {
  return tokens.flatMap((token, i) => {
    const block = token.kind === "text" && tokens.some(({ kind, value }) => kind === "word" && value === "DO");
    if (block) return targetsOf(token.value);
    const start = targetStart(tokens, i);
    return start === undefined ? [] : nameAt(tokens, start);
  });
}

const word = (token: Token | undefined, ...values: readonly string[]): boolean => token?.kind === "word" && values.includes(token.value);

/** Where the name begins, if a writing command begins at `i`. */
function targetStart(tokens: readonly Token[], i: number): number | undefined {
  const [first, second] = [tokens[i], tokens[i + 1]];
  if (word(first, "INSERT", "MERGE") && word(second, "INTO")) return i + 2;
  if (word(first, "DELETE") && word(second, "FROM")) return word(tokens[i + 2], "ONLY") ? i + 3 : i + 2;
  if (word(first, "COPY") && !tokens.slice(i, i + 40).some((token) => word(token, "TO"))) return i + 1;
  // FOR UPDATE and DO UPDATE name no table.
  if (word(first, "UPDATE") && !word(tokens[i - 1], "FOR", "DO", "ON", "KEY")) return word(second, "ONLY") ? i + 2 : i + 1;
  return undefined;
}

function nameAt(tokens: readonly Token[], at: number): readonly string[] {
  const part = (token: Token | undefined): string | undefined =>
    token?.kind === "name" ? token.value : token?.kind === "word" ? token.value.toLowerCase() : undefined;
  const [first, second] = [part(tokens[at]), part(tokens[at + 2])];
  if (first === undefined) return [];
  const dot = tokens[at + 1];
  return [dot?.kind === "symbol" && dot.value === "." && second !== undefined ? `${first}.${second}` : first];
}

const triggers = [
  ["pgsteward_seed_insert", "insert", "referencing new table as seed_new"],
  ["pgsteward_seed_update", "update", "referencing old table as seed_old new table as seed_new"],
] as const;

/** Records what is written to the table from now on. False where it has no key by which a row could be found again. */
export async function watch(session: Session, table: Table): Promise<boolean> {
  const key = identityOf(table, table.uniqueKeys.find(({ columns }) => isPlainKey(table, columns))?.columns);
  if (key.length === 0) return false;
  const list = key.map((name) => `'${name.replaceAll("'", "''")}'`).join(", ");
  const make = triggers.map(
    ([name, event, transition]) =>
      `create trigger ${name} after ${event} on ${identifierOf(table).text} ${transition} for each statement execute function pgsteward.record_seed_rows(${list});`,
  );
  await session.script(make.join("\n"));
  return true;
}

function isPlainKey({ columns }: Table, key: readonly string[]): boolean {
  return key.length > 0 && key.every((name) => columns.find((column) => column.name === name)?.notNull);
}

export async function unwatch(session: Session, tables: readonly Table[]): Promise<void> {
  const drop = tables.flatMap((table) => triggers.map(([name]) => `drop trigger ${name} on ${identifierOf(table).text};`));
  if (drop.length > 0) await session.script(drop.join("\n"));
}

/** The table, undefined where the name is none of an ordinary table: a temporary one, a view, a CTE. */
export async function watchable(session: Session, name: string): Promise<Table | undefined> {
  const { rows } = await session.query<{ persistence: string; kind: string; schema: string }>(sql`
    select c.relpersistence as persistence, c.relkind as kind, n.nspname as schema
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.oid = pg_catalog.to_regclass(${name
      .split(".")
      .map((part) => `"${part.replaceAll('"', '""')}"`)
      .join(".")})`);
  const [found] = rows;
  const ordinary = found && found.persistence !== "t" && ["r", "p"].includes(found.kind) && found.schema !== "pgsteward";
  return ordinary ? describeTable(session, name) : undefined;
}

/** How many rows this transaction has changed so far, by table; partitions count for their table. */
export async function readCounters(session: Session): Promise<ReadonlyMap<string, Unrecorded>> {
  const { rows } = await session.query<Unrecorded>(sql`
    select n.nspname || '.' || c.relname as table,
      sum(s.n_tup_ins)::int as inserted, sum(s.n_tup_upd)::int as updated, sum(s.n_tup_del)::int as deleted
    from pg_catalog.pg_stat_xact_user_tables s
    join pg_catalog.pg_class c on c.oid = coalesce(pg_catalog.pg_partition_root(s.relid), s.relid)
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname <> 'pgsteward' and c.relpersistence <> 't' and s.n_tup_ins + s.n_tup_upd + s.n_tup_del > 0
    group by 1`);
  return new Map(rows.map((row) => [row.table, row]));
}

/** What the run has recorded, in the same way. */
export async function readRecorded(session: Session, id: bigint): Promise<ReadonlyMap<string, Unrecorded>> {
  const { rows } = await session.query<Unrecorded>(sql`
    select n.nspname || '.' || c.relname as table,
      count(*) filter (where r.action = 'inserted')::int as inserted, count(*) filter (where r.action = 'updated')::int as updated, 0 as deleted
    from pgsteward.seed_row r
    join pg_catalog.pg_class o on o.oid = pg_catalog.to_regclass(pg_catalog.format('%I.%I', r.schema_name, r.table_name))
    join pg_catalog.pg_class c on c.oid = coalesce(pg_catalog.pg_partition_root(o.oid), o.oid)
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where r.seed_run_id = ${id}
    group by 1`);
  return new Map(rows.map((row) => [row.table, row]));
}

/** What was changed between two readings, was not recorded, and stayed. */
export function unrecordedOf(
  before: ReadonlyMap<string, Unrecorded>,
  after: ReadonlyMap<string, Unrecorded>,
  recorded: ReadonlyMap<string, Unrecorded>,
  rolledBack: readonly Unrecorded[] = [],
): readonly Unrecorded[] {
  const left = ({ table, ...now }: Unrecorded, what: "inserted" | "updated" | "deleted"): number => {
    const known = [before.get(table), recorded.get(table), ...rolledBack.filter((one) => one.table === table)];
    return Math.max(
      0,
      known.reduce((rest, one) => rest - (one?.[what] ?? 0), now[what]),
    );
  };
  return [...after.values()]
    .map((now) => ({ table: now.table, inserted: left(now, "inserted"), updated: left(now, "updated"), deleted: left(now, "deleted") }))
    .filter(({ inserted, updated, deleted }) => inserted + updated + deleted > 0)
    .sort((a, b) => (a.table < b.table ? -1 : 1));
}

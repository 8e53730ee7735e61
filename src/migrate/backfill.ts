/**
 * Backfills: an UPDATE or DELETE over a big table in chunks by primary key, each chunk a transaction of its own that also
 * records how far it came, so that a killed run continues behind the last chunk. It gives way to others: the pause grows
 * while somebody waits for a lock of ours or a replica falls behind.
 */
import type { Clock } from "../core/clock.ts";
import type { Session } from "../core/engine.ts";
import { failure } from "../core/errors.ts";
import type { Progress } from "../core/events.ts";
import { id, literal } from "../core/sql.ts";
import type { Statement, Token } from "../core/sql-text.ts";
import { parseDuration } from "../core/config.ts";
import { migrateErrors } from "./errors.ts";
import { nameOf } from "./statements.ts";

/** `-- pgsteward: backfill table=public.users batch=1000 pause=50ms`, right above the statement. */
export interface Backfill {
  readonly table: string;
  /** Rows a chunk. Default 1,000. */
  readonly batch: number;
  /** Rest between two chunks. Default 0. */
  readonly pauseMs: number;
}

const directive = /^--\s*pgsteward:\s*backfill\b(.*)$/im;

/** The directive in the comments above a statement. Errors: MIGRATE_BACKFILL_INVALID. */
export function backfillIn(comments: string, path: string): Backfill | undefined {
  const options = directive.exec(comments)?.[1];
  if (options === undefined) return undefined;
  const given = new Map([...options.matchAll(/(\w+)=((?:"[^"]*"|[^\s"])+)/g)].map(([, key = "", value = ""]) => [key, value]));
  const [table, batch, pauseMs] = [given.get("table"), Number(given.get("batch") ?? 1000), parseDuration(given.get("pause") ?? 0)];
  const unknown = [...given.keys()].find((key) => !["table", "batch", "pause"].includes(key));
  if (table === undefined || unknown !== undefined || !Number.isInteger(batch) || batch < 1 || pauseMs === undefined) {
    throw failure(migrateErrors, "MIGRATE_BACKFILL_INVALID", {
      path,
      problem: unknown === undefined ? "it takes table=<name> batch=<rows> pause=<duration>" : `it does not know ${unknown}`,
    });
  }
  return { table, batch, pauseMs };
}

export interface BackfillRun {
  readonly backfill: Backfill;
  readonly statement: Statement;
  readonly path: string;
  /** The last key that an earlier run came to, as the texts of its columns. */
  readonly after: readonly string[] | undefined;
  /** SQL that records, in the chunk's transaction, how far it came. */
  record(after: readonly string[]): string;
  /** What a chunk's transaction begins with: timeouts. */
  readonly settings: string;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  readonly progress: Progress;
}

/** Runs what is left of a backfill. Each chunk is one message and one transaction. */
export async function runBackfill(session: Session, run: BackfillRun): Promise<void> {
  const { backfill, statement, path } = run;
  const target = updateTarget(statement, path);
  const key = await primaryKey(session, backfill.table, path);
  const total = await estimatedRows(session, backfill.table);
  let after = run.after;
  let done = 0;
  for (let pauseMs = backfill.pauseMs; ; ) {
    const upTo = await chunkEnd(session, backfill, key, after);
    const range = [...(after ? [rangeOf(target.alias, key, ">", after)] : []), ...(upTo ? [rangeOf(target.alias, key, "<=", upTo)] : [])];
    const chunk = range.length === 0 ? statement.text : target.within(range.join(" and "));
    const record = upTo ? run.record(upTo) : "";
    await transact(session, `begin; ${run.settings}\n${chunk}\n;\n${record}\ncommit;`);
    if (!upTo) return;
    after = upTo;
    done += backfill.batch;
    run.progress(done, Math.max(done, total), "rows");
    pauseMs = await patience(session, pauseMs, backfill.pauseMs);
    run.signal?.throwIfAborted();
    if (pauseMs > 0) await run.clock.sleep(pauseMs, run.signal);
  }
}

async function transact(session: Session, message: string): Promise<void> {
  try {
    await session.script(message);
  } catch (error) {
    await session.script("rollback").catch(() => undefined);
    throw error;
  }
}

interface KeyColumn {
  readonly name: string;
  readonly type: string;
}

async function primaryKey(session: Session, table: string, path: string): Promise<readonly KeyColumn[]> {
  const { rows } = await session.query<KeyColumn>(
    `select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type
     from pg_catalog.pg_index i
     cross join lateral unnest(i.indkey) with ordinality k (attnum, position)
     join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
     where i.indrelid = pg_catalog.to_regclass($1) and i.indisprimary order by k.position`,
    [table],
  );
  if (rows.length === 0)
    throw failure(migrateErrors, "MIGRATE_BACKFILL_INVALID", { path, problem: `there is no table ${table} with a primary key` });
  return rows;
}

async function estimatedRows(session: Session, table: string): Promise<number> {
  const { rows } = await session.query<{ estimate: number }>(
    "select greatest(c.reltuples, 0)::float8 as estimate from pg_catalog.pg_class c where c.oid = pg_catalog.to_regclass($1)",
    [table],
  );
  return Math.round(rows[0]?.estimate ?? 0);
}

/** The key of the chunk's last row; undefined for the last chunk, which takes everything behind, rows that came meanwhile too. */
async function chunkEnd(
  session: Session,
  { table, batch }: Backfill,
  key: readonly KeyColumn[],
  after: readonly string[] | undefined,
): Promise<readonly string[] | undefined> {
  const columns = key.map(({ name }) => id(name).text);
  const behind = after ? `where ${rangeOf(undefined, key, ">", after)}` : "";
  const { rows } = await session.query<{ key: string[] }>(`
    select array[${columns.map((column) => `t.${column}::text`).join(", ")}] as key
    from (select ${columns.join(", ")} from ${table} ${behind} order by ${columns.join(", ")} limit ${batch + 1}) t
    order by ${columns.map((column) => `t.${column}`).join(", ")} offset ${batch - 1} limit 2`);
  return rows.length === 2 ? rows[0]?.key : undefined;
}

function rangeOf(alias: string | undefined, key: readonly KeyColumn[], operator: ">" | "<=", values: readonly string[]): string {
  const columns = key.map(({ name }) => (alias === undefined ? id(name).text : `${alias}.${id(name).text}`));
  return `(${columns.join(", ")}) ${operator} (${key.map(({ type }, i) => `${literal(values[i] ?? "")}::${type}`).join(", ")})`;
}

export interface UpdateTarget {
  /** How the statement calls the table. */
  readonly alias: string;
  /** The statement, restricted by one more condition. */
  within(condition: string): string;
}

/** UPDATE or DELETE, taken apart as far as is needed to add a condition to it. Errors: MIGRATE_BACKFILL_INVALID. */
export function updateTarget({ text, tokens, start }: Statement, path: string): UpdateTarget {
  const verb = tokens[0]?.value;
  const first = verb === "DELETE" ? 2 : 1;
  const refuse = (problem: string): never => {
    throw failure(migrateErrors, "MIGRATE_BACKFILL_INVALID", { path, problem });
  };
  if (verb !== "UPDATE" && verb !== "DELETE") return refuse("the statement below it is neither UPDATE nor DELETE");
  if (topLevel(tokens, "RETURNING") !== undefined) return refuse("the statement has RETURNING");
  const name = tokens[first]?.value === "ONLY" ? first + 1 : first;
  const last = tokens[name + 1]?.value === "." ? name + 2 : name;
  const next = tokens[last + 1]?.value === "AS" ? tokens[last + 2] : tokens[last + 1];
  const named = next?.kind === "name" || (next?.kind === "word" && !["SET", "USING", "WHERE", "FROM"].includes(next.value));
  const alias = named && next ? next : tokens[last];
  const where = topLevel(tokens, "WHERE");
  const head = where === undefined ? text : text.slice(0, where.start - start);
  const old = where === undefined ? "true" : text.slice(where.start - start + "where".length);
  return { alias: id(alias ? nameOf(alias) : "").text, within: (condition) => `${head} where (${old}\n) and ${condition}` };
}

function topLevel(tokens: readonly Token[], word: string): Token | undefined {
  let depth = 0;
  return tokens.find(({ kind, value }) => {
    if (kind === "symbol" && value === "(") depth++;
    if (kind === "symbol" && value === ")") depth--;
    return depth === 0 && kind === "word" && value === word;
  });
}

const longestPauseMs = 10_000;

/** The next pause: twice as long, from 100 ms, while a replica lags by more than 5 s or somebody waits for us; else back to what was asked for. */
async function patience(session: Session, currentMs: number, wantedMs: number): Promise<number> {
  const { rows } = await session.query<{ busy: boolean }>(`
    select exists (select from pg_catalog.pg_stat_replication r where r.replay_lag > interval '5 s')
      or exists (select from pg_catalog.pg_locks l where not l.granted and pg_catalog.pg_backend_pid() = any (pg_catalog.pg_blocking_pids(l.pid))) as busy`);
  return rows[0]?.busy ? Math.min(longestPauseMs, Math.max(100, currentMs * 2)) : wantedMs;
}

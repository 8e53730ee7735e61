/**
 * Backfills: work over a big table in chunks by primary key, each chunk a transaction of its own that also records how
 * far it came, so that a killed run continues behind the last chunk and no chunk is committed twice. It gives way to
 * others: the pause grows while somebody waits for a lock of ours or a replica falls behind.
 */
import type { Clock } from "../core/clock.ts";
import type { Session } from "../core/engine.ts";
import { failure } from "../core/errors.ts";
import type { Progress } from "../core/events.ts";
import { id, literal } from "../core/sql.ts";
import { migrateErrors } from "./errors.ts";
import { count } from "./words.ts";

export interface Backfill {
  /** As SQL names it: `public.users`. */
  readonly table: string;
  /** Rows a chunk. Default 1,000. */
  readonly batch: number;
  /** Rest between two chunks. Default 0. */
  readonly pauseMs: number;
}

/** How far a backfill came. */
export interface Reached {
  /** Rows of the table that it has passed. */
  readonly rows: number;
  /** The last key, as the texts of its columns. */
  readonly key: readonly string[];
}

export interface Chunk {
  /** The condition that chooses its rows of the table, which the statement calls `alias`. */
  within(alias: string): string;
  /** Where it ends; undefined for the last one, which takes everything behind, rows that came meanwhile too. */
  readonly reached: Reached | undefined;
}

/** Who stood in whose way when a chunk was about to commit. */
export interface Observed {
  /** Sessions that waited for a lock of ours. */
  readonly waiting: number;
  /** What the slowest replica says of itself. A replica that stands still says what it said last. */
  readonly lagMs: number;
  /** WAL that the slowest replica has not replayed. */
  readonly behindBytes: number;
}

export interface BackfillRun {
  readonly backfill: Backfill;
  readonly path: string;
  /** Where an earlier run ended. */
  readonly from: Reached | undefined;
  /** Works on a chunk, records where it ends and, last of all, looks around (`observe`): one transaction. */
  work(chunk: Chunk): Promise<Observed>;
  readonly progress: Progress;
  /** Told when a pause grows, and why. */
  slower(why: string): void;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

/** Runs what is left of a backfill. Errors: MIGRATE_BACKFILL_INVALID. */
export async function runBackfill(session: Session, run: BackfillRun): Promise<void> {
  const { backfill, clock, signal } = run;
  const key = await primaryKey(session, backfill.table, run.path);
  const total = await estimatedRows(session, backfill.table);
  let { from, pauseMs } = { from: run.from, pauseMs: backfill.pauseMs };
  for (;;) {
    const chunk = await nextChunk(session, backfill, key, from);
    const seen = await run.work(chunk);
    if (!chunk.reached) return;
    from = chunk.reached;
    run.progress(from.rows, Math.max(from.rows, total), "rows");
    const next = nextPause(seen, pauseMs, backfill.pauseMs);
    if (next > pauseMs) run.slower(`${whyBusy(seen)}: pausing ${next} ms between chunks`);
    pauseMs = next;
    signal?.throwIfAborted();
    if (pauseMs > 0) await clock.sleep(pauseMs, signal);
  }
}

interface KeyColumn {
  readonly name: string;
  readonly type: string;
}

/** Its key columns; those that the index merely INCLUDEs may be null. */
async function primaryKey(session: Session, table: string, path: string): Promise<readonly KeyColumn[]> {
  const { rows } = await session.query<KeyColumn>(
    `select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type
     from pg_catalog.pg_index i
     cross join lateral unnest(i.indkey) with ordinality k (attnum, position)
     join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
     where i.indrelid = pg_catalog.to_regclass($1) and i.indisprimary and k.position <= i.indnkeyatts order by k.position`,
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

async function nextChunk(session: Session, backfill: Backfill, key: readonly KeyColumn[], from: Reached | undefined): Promise<Chunk> {
  const end = await chunkEnd(session, backfill, key, from?.key);
  return {
    within: (alias) => [...bound(alias, key, ">", from?.key), ...bound(alias, key, "<=", end)].join(" and ") || "true",
    reached: end && { rows: (from?.rows ?? 0) + backfill.batch, key: end },
  };
}

/** The key of the chunk's last row; undefined where no row is left behind it. */
async function chunkEnd(
  session: Session,
  { table, batch }: Backfill,
  key: readonly KeyColumn[],
  after: readonly string[] | undefined,
): Promise<readonly string[] | undefined> {
  const columns = key.map(({ name }) => `t.${id(name).text}`);
  const [behind = "true"] = bound("t", key, ">", after);
  const { rows } = await session.query<{ key: string[] }>(`
    select array[${columns.map((column) => `${column}::text`).join(", ")}] as key
    from (select ${columns.join(", ")} from ${table} t where ${behind} order by ${columns.join(", ")} limit ${batch + 1}) t
    order by ${columns.join(", ")} offset ${batch - 1} limit 2`);
  return rows.length === 2 ? rows[0]?.key : undefined;
}

function bound(alias: string, key: readonly KeyColumn[], operator: ">" | "<=", values: readonly string[] | undefined): readonly string[] {
  if (!values) return [];
  const columns = key.map(({ name }) => `${alias}.${id(name).text}`);
  return [`(${columns.join(", ")}) ${operator} (${key.map(({ type }, i) => `${literal(values[i] ?? "")}::${type}`).join(", ")})`];
}

/**
 * One row, `Observed`. Asked at the end of a chunk's transaction: behind its COMMIT nobody waits for us any more.
 * `replay_lag` alone would not do: it stays what it was while a replica replays nothing.
 */
export const observe = `select
  (select count(*)::int4 from pg_catalog.pg_locks l
   where not l.granted and pg_catalog.pg_backend_pid() = any (pg_catalog.pg_blocking_pids(l.pid))) as waiting,
  coalesce(max(extract(epoch from r.replay_lag)), 0)::float8 * 1000 as "lagMs",
  coalesce(max(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), r.replay_lsn)), 0)::float8 as "behindBytes"
from pg_catalog.pg_stat_replication r;`;

const longestPauseMs = 10_000;
const mostLagMs = 5_000;
/** Four segments of WAL. */
const mostBehindBytes = 64 * 2 ** 20;

/** Twice as long, from 100 ms to 10 s, while a replica falls behind or somebody waits for us; else what was asked for. */
export function nextPause(seen: Observed, currentMs: number, wantedMs: number): number {
  if (whyBusy(seen) === undefined) return wantedMs;
  return Math.max(wantedMs, Math.min(longestPauseMs, Math.max(100, currentMs * 2)));
}

function whyBusy({ waiting, lagMs, behindBytes }: Observed): string | undefined {
  if (waiting > 0) return `${count(waiting, "session")} waited for its locks`;
  if (lagMs > mostLagMs) return `a replica lags by ${Math.round(lagMs / 1000)} s`;
  return behindBytes > mostBehindBytes ? `a replica is ${Math.round(behindBytes / 2 ** 20)} MB of WAL behind` : undefined;
}

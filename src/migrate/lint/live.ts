/** What the target knows of its tables: sizes and how busy they are. One query, which reads statistics only. */
import type { Session } from "../../core/engine.ts";

export interface LiveTable {
  readonly name: string;
  /** The planner's estimate. */
  readonly rows: number;
  /** The rows alone. */
  readonly heapBytes: number;
  /** With indexes and TOAST. */
  readonly totalBytes: number;
  /** Inserts, updates and deletes since the statistics began. */
  readonly writesPerSecond: number;
}

export interface Live {
  readonly tables: ReadonlyMap<string, LiveTable>;
  /** Relations that one transaction can lock before the lock table is full: max_locks_per_transaction × all who could lock. */
  readonly lockSlots: number;
  /** What timestamps are converted by, and with it whether a timestamp that becomes a timestamptz is rewritten. */
  readonly timeZone: string;
}

const query = `
  select pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) as name,
    greatest(c.reltuples, 0)::float8 as rows,
    pg_catalog.pg_relation_size(c.oid)::float8 as "heapBytes",
    pg_catalog.pg_total_relation_size(c.oid)::float8 as "totalBytes",
    ((coalesce(s.n_tup_ins, 0) + coalesce(s.n_tup_upd, 0) + coalesce(s.n_tup_del, 0))
      / greatest(extract(epoch from pg_catalog.now() - coalesce(d.stats_reset, pg_catalog.pg_postmaster_start_time())), 1))::float8 as "writesPerSecond"
  from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    left join pg_catalog.pg_stat_user_tables s on s.relid = c.oid
    left join pg_catalog.pg_stat_database d on d.datname = pg_catalog.current_database()
  where c.relkind in ('r', 'm', 'p') and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'pgsteward');
  select (current_setting('max_locks_per_transaction')::int4
    * (current_setting('max_connections')::int4 + current_setting('max_prepared_transactions')::int4)) as slots,
    current_setting('TimeZone') as "timeZone"`;

export async function readLive(session: Session): Promise<Live> {
  const [tables, settings] = await session.script(query);
  const rows = (tables?.rows ?? []) as LiveTable[];
  const { slots, timeZone } = (settings?.rows[0] ?? {}) as { slots: number; timeZone: string };
  return {
    tables: new Map(rows.map((table) => [table.name, table])),
    lockSlots: slots,
    timeZone,
  };
}

/** 64 × 100, PostgreSQL's defaults. Measured: one transaction died at its 7,306th CREATE TABLE with a key. */
export const defaultLockSlots: number = 64 * 100;

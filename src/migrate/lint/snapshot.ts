/**
 * What can be seen of relations from inside a transaction, without touching them: locks of the own backend, the file that
 * holds the rows (another one after a rewrite), scan and row counters of this transaction (they count empty tables too).
 */
import type { LockMode } from "./lock-mode.ts";

export const relationKinds = {
  r: "table",
  p: "partitioned table",
  i: "index",
  I: "partitioned index",
  m: "materialized view",
  v: "view",
  S: "sequence",
  f: "foreign table",
  c: "type",
} as const;

export type RelationKind = (typeof relationKinds)[keyof typeof relationKinds];

/** One relation at one moment. */
export interface Sighting {
  readonly id: number;
  /** `public.users`; null where it was dropped in this transaction. */
  readonly name: string | null;
  readonly kind: keyof typeof relationKinds;
  /** Of an index. */
  readonly table: number | null;
  readonly file: number | null;
  readonly scans: number;
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
  /** Its validated foreign keys: `oid of the constraint>oid of the table it points to`. */
  readonly references: readonly `${number}>${number}`[];
  /** Of the own backend: `AccessShareLock`. */
  readonly locks: readonly `${LockMode}Lock`[];
}

const held = `select l.relation, pg_catalog.array_agg(l.mode) as modes
    from pg_catalog.pg_locks l
    where l.pid = pg_catalog.pg_backend_pid() and l.locktype = 'relation' and l.granted
      and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
    group by l.relation`;

const columns = `pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) as name, c.relkind::text as kind, i.indrelid as table,
    case when c.relkind in ('r', 'm', 'i') then pg_catalog.pg_relation_filenode(c.oid) end as file,
    pg_catalog.pg_stat_get_xact_numscans(c.oid)::int4 as scans,
    pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid)::int4 as inserted,
    pg_catalog.pg_stat_get_xact_tuples_updated(c.oid)::int4 as updated,
    pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid)::int4 as deleted,
    array(select f.oid || '>' || f.confrelid from pg_catalog.pg_constraint f where f.conrelid = c.oid and f.contype = 'f' and f.convalidated) as references,
    coalesce(h.modes, '{}'::text[]) as locks`;

const ours = `n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'pgsteward')`;

/** Every relation of the user's. */
export const everything: string = `select c.oid as id, ${columns}
  from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    left join pg_catalog.pg_index i on i.indexrelid = c.oid
    left join (${held}) h on h.relation = c.oid
  where ${ours}`;

/** Those that this transaction holds a lock on: nothing happens to any other. */
export const locked: string = `select h.relation as id, ${columns}
  from (${held}) h
    left join pg_catalog.pg_class c on c.oid = h.relation
    left join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    left join pg_catalog.pg_index i on i.indexrelid = c.oid
  where c.oid is null or ${ours}`;

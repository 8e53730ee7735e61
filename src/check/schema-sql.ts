/** The statements behind `readSchema`; a row has the shape of the interface it fills. */

/** Not ours, not the user's: system schemas, temporary tables, the ledger, what an extension brought. */
const own = `n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'pgsteward')
      and not exists (
        select from pg_catalog.pg_depend e
        where e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and e.objid = c.oid and e.deptype = 'e')`;

export function statements(version: number): readonly string[] {
  return [facts, tables, columns, constraints, indexes, sequences, collations(version), extensions];
}

/** Statistics do not outlive a crash, and some servers never say when they were reset: counted from whatever was later. */
const facts = `
  select current_user as role, current_database() as database, pg_catalog.now() as at,
    pg_catalog.current_schemas(false) as "searchPath",
    (extract(epoch from pg_catalog.clock_timestamp() - greatest(
      (select d.stats_reset from pg_catalog.pg_stat_database d where d.datname = current_database()),
      pg_catalog.pg_postmaster_start_time())) / 86400)::pg_catalog.float8 as "statisticsDays"`;

const tables = `
  select c.oid, n.nspname as schema, c.relname as table, c.relkind as kind, c.relispartition as "isPartition",
    greatest(case when c.relkind = 'p' then (
      select sum(greatest(pc.reltuples, 0)) from pg_catalog.pg_partition_tree(c.oid) p
        join pg_catalog.pg_class pc on pc.oid = p.relid where p.isleaf) else c.reltuples end, 0)::pg_catalog.float8 as rows,
    pg_catalog.pg_total_relation_size(c.oid)::pg_catalog.float8 as "sizeBytes",
    case when c.relpages > 0 then c.relallvisible / c.relpages::pg_catalog.float8 else 0 end as "allVisible",
    c.relrowsecurity as rls,
    (select count(*)::pg_catalog.int4 from pg_catalog.pg_policy p where p.polrelid = c.oid) as policies,
    pg_catalog.row_security_active(c.oid) as hidden,
    pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_table_privilege(c.oid, 'select') as readable,
    coalesce(s.n_dead_tup, 0)::pg_catalog.float8 as "deadRows", coalesce(s.n_live_tup, 0)::pg_catalog.float8 as "liveRows",
    (coalesce(s.seq_scan, 0) + coalesce(s.idx_scan, 0))::pg_catalog.float8 as scans,
    coalesce(s.n_mod_since_analyze, 0)::pg_catalog.float8 as "changedSinceAnalyze",
    (extract(epoch from pg_catalog.clock_timestamp() - greatest(s.last_vacuum, s.last_autovacuum)) / 86400)::pg_catalog.float8 as "vacuumedDays",
    (extract(epoch from pg_catalog.clock_timestamp() - greatest(s.last_analyze, s.last_autoanalyze)) / 86400)::pg_catalog.float8 as "analyzedDays"
  from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    left join pg_catalog.pg_stat_all_tables s on s.relid = c.oid
  where c.relkind in ('r', 'p', 'f') and c.relpersistence <> 't' and ${own}
  order by n.nspname, c.relname`;

const columns = `
  select a.attrelid as table, a.attnum as number, a.attname as name, a.attnotnull as "notNull",
    pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
    coalesce(b.typname, t.typname) as base, coalesce(l.collisdeterministic, true) as deterministic
  from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = a.attrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_type t on t.oid = a.atttypid
    left join pg_catalog.pg_type b on t.typtype = 'd' and b.oid = t.typbasetype
    left join pg_catalog.pg_collation l on l.oid = a.attcollation
  where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'f') and c.relpersistence <> 't' and ${own}
  order by a.attrelid, a.attnum`;

/** PostgreSQL 18 has constraints that are not enforced; before, the column is not there. */
const constraints = `
  select k.conname as name, k.conrelid as table, k.contype as type, coalesce(k.conkey, '{}') as columns,
    k.confrelid as parent, coalesce(k.confkey, '{}') as "parentColumns", k.convalidated as validated,
    coalesce((pg_catalog.to_jsonb(k) ->> 'conenforced')::pg_catalog.bool, true) as enforced,
    k.confdeltype as "onDelete", k.conparentid <> 0 as inherited
  from pg_catalog.pg_constraint k
    join pg_catalog.pg_class c on c.oid = k.conrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where k.contype in ('p', 'u', 'f', 'c', 'x') and ${own}
  order by n.nspname, c.relname, k.conname`;

const indexes = `
  select i.indexrelid as oid, n.nspname as schema, ic.relname as name, i.indrelid as table, m.amname as method,
    (i.indkey::pg_catalog.int2[])[0:i.indnkeyatts - 1] as columns,
    pg_catalog.concat_ws(' ', m.amname, i.indkey::pg_catalog.text, i.indclass::pg_catalog.text,
      i.indcollation::pg_catalog.text, i.indoption::pg_catalog.text, i.indnkeyatts) as signature,
    pg_catalog.pg_get_expr(i.indpred, i.indrelid) as predicate, pg_catalog.pg_get_expr(i.indexprs, i.indrelid) as expressions,
    i.indisunique as unique, i.indisprimary as primary, i.indisvalid and i.indisready as valid,
    exists (select from pg_catalog.pg_constraint k where k.conindid = i.indexrelid) as constrains,
    i.indisreplident as "replicaIdentity", ic.relispartition as inherited,
    pg_catalog.pg_relation_size(i.indexrelid)::pg_catalog.float8 as "sizeBytes",
    coalesce(pg_catalog.pg_stat_get_numscans(i.indexrelid), 0)::pg_catalog.float8 as scans,
    i.indcollation::pg_catalog.oid[] as collations
  from pg_catalog.pg_index i
    join pg_catalog.pg_class ic on ic.oid = i.indexrelid
    join pg_catalog.pg_am m on m.oid = ic.relam
    join pg_catalog.pg_class c on c.oid = i.indrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and c.relpersistence <> 't' and ${own}
  order by n.nspname, ic.relname`;

const sequences = `
  select n.nspname as schema, c.relname as name, v.last_value::pg_catalog.float8 as last, q.seqmax::pg_catalog.float8 as max,
    q.seqincrement::pg_catalog.float8 as increment, pg_catalog.has_sequence_privilege(c.oid, 'select, usage') as readable, d.refobjid as table, d.refobjsubid as column
  from pg_catalog.pg_sequence q
    join pg_catalog.pg_class c on c.oid = q.seqrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_sequences v on v.schemaname = n.nspname and v.sequencename = c.relname
    left join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid
      and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.deptype in ('a', 'i') and d.refobjsubid > 0
  where not q.seqcycle and ${own}
  order by n.nspname, c.relname`;

/** oid 0 is the database itself, whose default collation has a version since PostgreSQL 15. */
const collations = (version: number): string => `
  select l.oid, pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(l.collname) as name,
    l.collversion as recorded, pg_catalog.pg_collation_actual_version(l.oid) as actual
  from pg_catalog.pg_collation l
    join pg_catalog.pg_namespace n on n.oid = l.collnamespace
  where l.collversion <> pg_catalog.pg_collation_actual_version(l.oid)
    and exists (select from pg_catalog.pg_index i where l.oid = any (i.indcollation::pg_catalog.oid[]))
  ${
    version < 150_000
      ? ""
      : `union all
  select 0, pg_catalog.quote_ident(d.datname), d.datcollversion, pg_catalog.pg_database_collation_actual_version(d.oid)
  from pg_catalog.pg_database d
  where d.datname = current_database() and d.datcollversion <> pg_catalog.pg_database_collation_actual_version(d.oid)`
  }`;

const extensions = `
  select e.extname as name, n.nspname as schema
  from pg_catalog.pg_extension e
    join pg_catalog.pg_namespace n on n.oid = e.extnamespace`;

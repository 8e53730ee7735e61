/** The statements that read relations: tables, views, columns, sequences. */
import { comment, grants, independent, optionList, type Reading, visible } from "./catalog-sql.ts";

export function relationStatements(reading: Reading): string[] {
  return [relations(reading), columns(reading), otherColumns(reading), sequences(reading)];
}

function relations(reading: Reading): string {
  return `
    select
      case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' else 'table' end as kind,
      pg_catalog.format('%I.%I', n.nspname, c.relname) as name,
      pg_catalog.quote_ident(n.nspname) as parent,
      pg_catalog.concat_ws('\n',
        case c.relpersistence when 'u' then 'unlogged ' else '' end || case c.relkind
          when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' when 'r' then 'table'
          else 'table partitioned by ' || pg_catalog.pg_get_partkeydef(c.oid) end,
        'of ' || pg_catalog.format_type(nullif(c.reloftype, 0), null),
        case when c.relispartition then 'partition of ' || ancestors.names || ' ' || pg_catalog.pg_get_expr(c.relpartbound, c.oid)
          else 'inherits ' || ancestors.names end,
        case when am.amname <> 'heap' then 'using ' || pg_catalog.quote_ident(am.amname) end,
        'with (' || ${optionList("c.reloptions")} || ')',
        'with toast (' || ${optionList("toast.reloptions")} || ')',
        case when c.relrowsecurity then 'row level security enabled' end,
        case when c.relforcerowsecurity then 'row level security forced' end,
        ${replicaIdentity},
        ${foreignServer},
        ${viewColumns}
      ) as definition,
      case when c.relkind in ('v', 'm') then pg_catalog.pg_get_viewdef(c.oid) end as query,
      case when c.relkind in ('r', 'p', 'f') then (
        select pg_catalog.array_agg(a.attname::pg_catalog.text order by a.attnum)
        from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) end as columns,
      d.description as comment,
      ${grants("r", "c.relacl", "c.relowner")}
    from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      left join pg_catalog.pg_am am on am.oid = c.relam
      left join pg_catalog.pg_class toast on toast.oid = c.reltoastrelid and c.reltoastrelid <> 0
      ${ancestors}
      ${comment("pg_class", "c.oid")}
    where c.relkind in ('r', 'p', 'v', 'm', 'f') and ${visible(reading, "n")} and ${independent("pg_class", "c.oid")}`;
}

/** Join: the tables that the relation is a partition of or inherits from, as `ancestors.names`. */
const ancestors = `left join lateral (
        select pg_catalog.string_agg(
          pg_catalog.format('%I.%I', pn.nspname, p.relname) || case when i.inhdetachpending then ' (detach pending)' else '' end,
          ', ' order by i.inhseqno) as names
        from pg_catalog.pg_inherits i
          join pg_catalog.pg_class p on p.oid = i.inhparent
          join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace
        where i.inhrelid = c.oid) ancestors on true`;

const replicaIdentity = `case when c.relkind in ('r', 'p', 'm') then case c.relreplident
          when 'f' then 'replica identity full' when 'n' then 'replica identity nothing'
          when 'i' then 'replica identity using index ' || (
            select pg_catalog.quote_ident(i.relname)
            from pg_catalog.pg_index x join pg_catalog.pg_class i on i.oid = x.indexrelid
            where x.indrelid = c.oid and x.indisreplident) end end`;

const foreignServer = `(
          select 'server ' || pg_catalog.quote_ident(s.srvname) || coalesce(' options (' || ${optionList("ft.ftoptions")} || ')', '')
          from pg_catalog.pg_foreign_table ft join pg_catalog.pg_foreign_server s on s.oid = ft.ftserver where ft.ftrelid = c.oid)`;

/** How values of a column are stored and counted, where that is not the default: a list of texts. */
const columnStorage = `case when a.attstorage <> t.typstorage then 'storage ' || case a.attstorage
          when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' else 'extended' end end,
        case a.attcompression when 'p' then 'compression pglz' when 'l' then 'compression lz4' end,
        'statistics ' || nullif(a.attstattarget, -1),
        'with (' || ${optionList("a.attoptions")} || ')'`;

/** The types of a view's columns follow from its query; what follows from nothing else stands in its definition. */
const viewColumns = `case when c.relkind in ('v', 'm') then (
          select pg_catalog.string_agg(pg_catalog.format('column %I %s', a.attname, more.facts), '\n' order by a.attname collate "C")
          from pg_catalog.pg_attribute a
            join pg_catalog.pg_type t on t.oid = a.atttypid
            left join pg_catalog.pg_attrdef ad on ad.adrelid = a.attrelid and ad.adnum = a.attnum
            cross join lateral (
              select nullif(pg_catalog.concat_ws(', ', 'default ' || pg_catalog.pg_get_expr(ad.adbin, ad.adrelid), ${columnStorage}), '') as facts
            ) more
          where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and more.facts is not null) end`;

/** From PostgreSQL 18 on NOT NULL has a constraint; it counts as the fact of the column that it is before, with what only a constraint can say. */
function notNull({ version }: Reading): { text: string; join: string } {
  if (version < 180_000) return { text: "case when a.attnotnull then 'not null' end", join: "" };
  return {
    text: `case when a.attnotnull then 'not null'
          || case when not nn.convalidated then ' not valid' else '' end || case when nn.connoinherit then ' no inherit' else '' end end`,
    join: `left join pg_catalog.pg_constraint nn
        on a.attnotnull and nn.conrelid = a.attrelid and nn.contype = 'n' and nn.conkey[1] = a.attnum`,
  };
}

function columns(reading: Reading): string {
  const { text, join } = notNull(reading);
  return `
    select 'column' as kind,
      pg_catalog.format('%I.%I.%I', n.nspname, c.relname, a.attname) as name,
      pg_catalog.format('%I.%I', n.nspname, c.relname) as parent,
      pg_catalog.concat_ws('\n',
        'type ' || pg_catalog.format_type(a.atttypid, a.atttypmod),
        case when a.attcollation <> t.typcollation then 'collate ' || (
          select pg_catalog.format('%I.%I', ln.nspname, l.collname)
          from pg_catalog.pg_collation l join pg_catalog.pg_namespace ln on ln.oid = l.collnamespace where l.oid = a.attcollation) end,
        ${text},
        case a.attidentity when 'a' then 'identity always' when 'd' then 'identity by default' end,
        case a.attgenerated when 's' then 'generated stored ' when 'v' then 'generated virtual ' else 'default ' end
          || pg_catalog.pg_get_expr(ad.adbin, ad.adrelid),
        ${columnStorage},
        'options (' || ${optionList("a.attfdwoptions")} || ')',
        case when not a.attislocal then 'inherited' when a.attinhcount > 0 then 'local and inherited' end
      ) as definition,
      d.description as comment, a.attacl::pg_catalog.text[] as acl, 'c' as acltype, pg_catalog.pg_get_userbyid(c.relowner) as owner
    from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      join pg_catalog.pg_type t on t.oid = a.atttypid
      left join pg_catalog.pg_attrdef ad on ad.adrelid = a.attrelid and ad.adnum = a.attnum
      ${join}
      ${comment("pg_class", "c.oid", "a.attnum")}
    where c.relkind in ('r', 'p', 'f') and ${visible(reading, "n")} and ${independent("pg_class", "c.oid")}`;
}

/** Comments and grants of columns that are no objects of their own: those of views and of composite types. */
function otherColumns(reading: Reading): string {
  return `
    select 'column' as kind,
      pg_catalog.format('%I.%I.%I', n.nspname, c.relname, a.attname) as name,
      pg_catalog.format('%I.%I', n.nspname, c.relname) as parent,
      d.description as comment, a.attacl::pg_catalog.text[] as acl, 'c' as acltype, pg_catalog.pg_get_userbyid(c.relowner) as owner
    from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      ${comment("pg_class", "c.oid", "a.attnum")}
    where c.relkind in ('v', 'm', 'c') and (d.description is not null or a.attacl is not null)
      and ${visible(reading, "n")} and ${independent("pg_class", "c.oid")}`;
}

/** A sequence of a column follows its table in persistence from PostgreSQL 15 on, so that it says nothing of its own. */
function sequences(reading: Reading): string {
  return `
    select 'sequence' as kind,
      pg_catalog.format('%I.%I', n.nspname, c.relname) as name,
      coalesce(o.name, pg_catalog.quote_ident(n.nspname)) as parent,
      pg_catalog.concat_ws('\n',
        case when c.relpersistence = 'u' and o.name is null then 'unlogged' end,
        'as ' || pg_catalog.format_type(s.seqtypid, null),
        'start ' || s.seqstart, 'increment ' || s.seqincrement, 'minimum ' || s.seqmin, 'maximum ' || s.seqmax,
        case when s.seqcache <> 1 then 'cache ' || s.seqcache end,
        case when s.seqcycle then 'cycle' end,
        case o.deptype when 'i' then 'identity of ' else 'owned by ' end || o.name
      ) as definition,
      d.description as comment,
      ${grants("s", "c.relacl", "c.relowner")}
    from pg_catalog.pg_sequence s
      join pg_catalog.pg_class c on c.oid = s.seqrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      left join lateral (
        select pg_catalog.format('%I.%I.%I', tn.nspname, t.relname, a.attname) as name, e.deptype
        from pg_catalog.pg_depend e
          join pg_catalog.pg_class t on t.oid = e.refobjid
          join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
          join pg_catalog.pg_attribute a on a.attrelid = e.refobjid and a.attnum = e.refobjsubid
        where e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and e.objid = c.oid and e.objsubid = 0
          and e.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and e.refobjsubid > 0 and e.deptype in ('a', 'i')) o on true
      ${comment("pg_class", "c.oid")}
    where ${visible(reading, "n")} and ${independent("pg_class", "c.oid")}`;
}

/** What a server holds, told by other means than those of the catalog, for the test that nothing is invisible. */
import type { CatalogKind } from "../../src/core/catalog.ts";

/** One object that users made: the letter of its kind in the system catalogs, and what a catalog has to show it as. */
export interface Visible {
  readonly letter: string;
  readonly kind: CatalogKind;
  readonly name: string;
}

const users = `n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`;
function free(catalog: string, oid: string, types = "'e', 'i'"): string {
  return `not exists (select from pg_depend d where d.classid = '${catalog}'::regclass and d.objid = ${oid} and d.deptype in (${types}))`;
}

/** Queries for every such object, and the letters that the corpus must have. */
export const queries: Readonly<Record<string, { readonly letters: string; readonly query: string }>> = {
  relation: {
    letters: "rpvmfSciI",
    query: `
      select c.relkind::text as letter,
        case when k.oid is not null then 'constraint' else case c.relkind when 'r' then 'table' when 'p' then 'table' when 'v' then 'view'
          when 'm' then 'materialized view' when 'f' then 'foreign table' when 'S' then 'sequence' when 'c' then 'type' else 'index' end end as kind,
        case when k.oid is not null then format('%I.%I.%I', n.nspname, t.relname, k.conname) else format('%I.%I', n.nspname, c.relname) end as name
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
        left join pg_constraint k on k.conindid = c.oid and k.contype in ('p', 'u', 'x') left join pg_class t on t.oid = k.conrelid
      where ${users} and ${free("pg_class", "c.oid", "'e'")} and c.relkind <> 't'`,
  },
  routine: {
    letters: "fpaw",
    query: `
      select p.prokind::text as letter, case p.prokind when 'a' then 'aggregate' else 'function' end as kind,
        format('%I.%I(%s)', n.nspname, p.proname, (
          select string_agg(format_type(a, null), ', ' order by o) from unnest(p.proargtypes) with ordinality as args (a, o))) as name
      from (select set_config('search_path', 'pg_catalog', true)) s, pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where ${users} and ${free("pg_proc", "p.oid")}`,
  },
  type: {
    letters: "bcdepr",
    query: `
      select t.typtype::text as letter, case t.typtype when 'd' then 'domain' else 'type' end as kind, format('%I.%I', n.nspname, t.typname) as name
      from pg_type t join pg_namespace n on n.oid = t.typnamespace
      where ${users} and ${free("pg_type", "t.oid", "'e'")} and t.typtype <> 'm' and t.typcategory <> 'A'
        and (t.typrelid = 0 or (select relkind from pg_class where oid = t.typrelid) = 'c')`,
  },
  constraint: {
    letters: "cfpux",
    query: `
      select k.contype::text as letter, 'constraint' as kind, format('%I.%I.%I', n.nspname, coalesce(c.relname, t.typname), k.conname) as name
      from pg_constraint k join pg_namespace n on n.oid = k.connamespace
        left join pg_class c on c.oid = k.conrelid left join pg_type t on t.oid = k.contypid
      where ${users} and k.contype not in ('n', 't') and not (k.contype = 'f' and k.conparentid <> 0) and ${free("pg_class", "c.oid", "'e'")}`,
  },
  column: {
    letters: "",
    query: `
      select '' as letter, 'column' as kind, format('%I.%I.%I', n.nspname, c.relname, a.attname) as name
      from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
      where ${users} and c.relkind in ('r', 'p', 'f') and a.attnum > 0 and not a.attisdropped`,
  },
  "policy, rule, statistics object and trigger": {
    letters: "prst",
    query: `
      select letter, kind, name from pg_class c join pg_namespace n on n.oid = c.relnamespace, lateral (
        select 'p' as letter, 'policy' as kind, format('%I.%I.%I', n.nspname, c.relname, p.polname) as name from pg_policy p where p.polrelid = c.oid
        union all
        select 'r', 'rule', format('%I.%I.%I', n.nspname, c.relname, r.rulename) from pg_rewrite r where r.ev_class = c.oid and ${free("pg_rewrite", "r.oid")}
        union all
        select 't', 'trigger', format('%I.%I.%I', n.nspname, c.relname, t.tgname) from pg_trigger t
          where t.tgrelid = c.oid and not t.tgisinternal and ${free("pg_trigger", "t.oid", "'P'")}
        union all
        select 's', 'statistics', format('%I.%I', n.nspname, s.stxname) from pg_statistic_ext s where s.stxrelid = c.oid) o
      where ${users}`,
  },
  "other object": {
    letters: "",
    query: `
      select '' as letter, 'schema' as kind, quote_ident(n.nspname) as name from pg_namespace n where ${users}
      union all select '', 'extension', quote_ident(extname) from pg_extension
      union all select '', 'language', quote_ident(lanname) from pg_language where oid >= 16384
      union all select '', 'access method', quote_ident(amname) from pg_am where oid >= 16384
      union all select '', 'foreign data wrapper', quote_ident(fdwname) from pg_foreign_data_wrapper
      union all select '', 'foreign server', quote_ident(srvname) from pg_foreign_server
      union all select '', 'publication', quote_ident(pubname) from pg_publication
      union all select '', 'event trigger', quote_ident(evtname) from pg_event_trigger
      union all select '', 'collation', format('%I.%I', nspname, collname) from pg_collation join pg_namespace n on n.oid = collnamespace where ${users}
      union all select '', 'conversion', format('%I.%I', nspname, conname) from pg_conversion join pg_namespace n on n.oid = connamespace where ${users}
      union all select '', 'text search configuration', format('%I.%I', nspname, cfgname) from pg_ts_config join pg_namespace n on n.oid = cfgnamespace where ${users}
      union all select '', 'text search dictionary', format('%I.%I', nspname, dictname) from pg_ts_dict join pg_namespace n on n.oid = dictnamespace where ${users}
      union all select '', 'text search parser', format('%I.%I', nspname, prsname) from pg_ts_parser join pg_namespace n on n.oid = prsnamespace where ${users}
      union all select '', 'text search template', format('%I.%I', nspname, tmplname) from pg_ts_template join pg_namespace n on n.oid = tmplnamespace where ${users}
      union all select '', 'operator class', format('%I.%I using %I', nspname, opcname, amname)
        from pg_opclass join pg_namespace n on n.oid = opcnamespace join pg_am m on m.oid = opcmethod where ${users} and ${free("pg_opclass", "pg_opclass.oid", "'e'")}
      union all select '', 'operator family', format('%I.%I using %I', nspname, opfname, amname)
        from pg_opfamily join pg_namespace n on n.oid = opfnamespace join pg_am m on m.oid = opfmethod where ${users} and ${free("pg_opfamily", "pg_opfamily.oid", "'e'")}`,
  },
};

/** Every system catalog that is a table: in which kinds of a catalog it shows, or why it does not. A new one has to be put here. */
export const systemCatalogs: Readonly<Record<string, string>> = {
  pg_aggregate: "aggregate",
  pg_am: "access method",
  pg_amop: "operator family",
  pg_amproc: "operator family",
  pg_attrdef: "column",
  pg_attribute: "column",
  pg_cast: "cast",
  pg_class: "table, view, index, …",
  pg_collation: "collation",
  pg_constraint: "constraint",
  pg_conversion: "conversion",
  pg_database: "grant, comment",
  pg_default_acl: "default privilege",
  pg_depend: "sequence, extension",
  pg_description: "comment",
  pg_enum: "type",
  pg_event_trigger: "event trigger",
  pg_extension: "extension",
  pg_foreign_data_wrapper: "foreign data wrapper",
  pg_foreign_server: "foreign server",
  pg_foreign_table: "foreign table",
  pg_index: "index, constraint",
  pg_inherits: "table, index",
  pg_language: "language",
  pg_namespace: "schema",
  pg_opclass: "operator class",
  pg_operator: "operator",
  pg_opfamily: "operator family",
  pg_partitioned_table: "table",
  pg_policy: "policy",
  pg_proc: "function, aggregate",
  pg_publication: "publication",
  pg_publication_namespace: "publication",
  pg_publication_rel: "publication",
  pg_range: "type",
  pg_rewrite: "view, rule",
  pg_sequence: "sequence",
  pg_shdescription: "comment",
  pg_statistic_ext: "statistics",
  pg_subscription: "subscription",
  pg_transform: "transform",
  pg_trigger: "trigger",
  pg_ts_config: "text search configuration",
  pg_ts_config_map: "text search configuration",
  pg_ts_dict: "text search dictionary",
  pg_ts_parser: "text search parser",
  pg_ts_template: "text search template",
  pg_type: "type, domain",
  pg_auth_members: "not shown: roles belong to the server",
  pg_authid: "not shown: roles belong to the server",
  pg_db_role_setting: "not shown: settings belong to the server",
  pg_init_privs: "not shown: what grants were at first",
  pg_largeobject: "not shown: data",
  pg_largeobject_metadata: "not shown: data",
  pg_parameter_acl: "not shown: settings belong to the server",
  pg_replication_origin: "not shown: the state of replication",
  pg_seclabel: "not shown: labels need a provider that the server loads",
  pg_shdepend: "not shown: owners and roles",
  pg_shseclabel: "not shown: labels need a provider that the server loads",
  pg_statistic: "not shown: data",
  pg_statistic_ext_data: "not shown: data",
  pg_subscription_rel: "not shown: the state of replication",
  pg_tablespace: "not shown: tablespaces belong to the server",
  pg_user_mapping: "not shown: passwords",
};

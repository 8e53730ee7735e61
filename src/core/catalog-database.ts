/** The statements that read what has no schema: schemas themselves, extensions, languages, foreign servers, publications, default privileges. */
import { comment, grants, independent, optionList, type Reading, routine, visible } from "./catalog-sql.ts";

export function databaseStatements(reading: Reading): string[] {
  return [
    database,
    schemas(reading),
    extensions,
    languages,
    accessMethods,
    foreignDataWrappers,
    foreignServers,
    eventTriggers,
    publications(reading),
    subscriptions,
    defaultPrivileges(reading),
  ];
}

/** Of the database itself only its grants and its comment; its name is another one in every copy. */
const database = `
    select 'database' as kind, '' as name, d.description as comment,
      ${grants("d", "b.datacl", "b.datdba")}
    from pg_catalog.pg_database b
      left join pg_catalog.pg_shdescription d
        on d.objoid = b.oid and d.classoid = 'pg_catalog.pg_database'::pg_catalog.regclass
          and d.description <> 'default administrative connection database'
    where b.datname = pg_catalog.current_database()`;

/**
 * The schema public comes with every database: its first comment says nothing. Before PostgreSQL 15 it also came with CREATE for
 * everyone; there that grant cannot be told from the default of later versions and is left out.
 */
function schemas(reading: Reading): string {
  const acl = "coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))::pg_catalog.text[]";
  const shown =
    reading.version >= 150_000
      ? acl
      : `case n.nspname when 'public' then (
          select pg_catalog.array_agg(pg_catalog.regexp_replace(item, '^=(U?)C/', '=\\1/')) from pg_catalog.unnest(${acl}) item) else ${acl} end`;
  return `
    select 'schema' as kind, pg_catalog.quote_ident(n.nspname) as name, 'schema' as definition,
      case when n.nspname <> 'public' or d.description <> 'standard public schema' then d.description end as comment,
      ${shown} as acl, 'n' as acltype, pg_catalog.pg_get_userbyid(n.nspowner) as owner
    from pg_catalog.pg_namespace n
      ${comment("pg_namespace", "n.oid")}
    where ${visible(reading, "n")} and ${independent("pg_namespace", "n.oid")}`;
}

/** The version, and the comment that comes with it, differ between servers. */
const extensions = `
    select 'extension' as kind, pg_catalog.quote_ident(e.extname) as name, 'in schema ' || pg_catalog.quote_ident(n.nspname) as definition,
      pg_catalog.pg_get_userbyid(e.extowner) as owner
    from pg_catalog.pg_extension e
      join pg_catalog.pg_namespace n on n.oid = e.extnamespace`;

const languages = `
    select 'language' as kind, pg_catalog.quote_ident(l.lanname) as name,
      pg_catalog.concat_ws('\n',
        case when l.lanpltrusted then 'trusted' else 'untrusted' end,
        'handler ' || ${routine("l.lanplcallfoid")},
        'inline ' || ${routine("l.laninline")},
        'validator ' || ${routine("l.lanvalidator")}
      ) as definition,
      d.description as comment,
      ${grants("l", "l.lanacl", "l.lanowner")}
    from pg_catalog.pg_language l
      ${comment("pg_language", "l.oid")}
    where l.oid >= 16384 and ${independent("pg_language", "l.oid")}`;

const accessMethods = `
    select 'access method' as kind, pg_catalog.quote_ident(m.amname) as name,
      case m.amtype when 't' then 'table' else 'index' end || ' handler ' || ${routine("m.amhandler")} as definition,
      d.description as comment
    from pg_catalog.pg_am m
      ${comment("pg_am", "m.oid")}
    where m.oid >= 16384 and ${independent("pg_am", "m.oid")}`;

const foreignDataWrappers = `
    select 'foreign data wrapper' as kind, pg_catalog.quote_ident(w.fdwname) as name,
      pg_catalog.concat_ws('\n', 'foreign data wrapper',
        'handler ' || ${routine("w.fdwhandler")},
        'validator ' || ${routine("w.fdwvalidator")},
        'options (' || ${optionList("w.fdwoptions")} || ')'
      ) as definition,
      d.description as comment,
      ${grants("F", "w.fdwacl", "w.fdwowner")}
    from pg_catalog.pg_foreign_data_wrapper w
      ${comment("pg_foreign_data_wrapper", "w.oid")}
    where ${independent("pg_foreign_data_wrapper", "w.oid")}`;

const foreignServers = `
    select 'foreign server' as kind, pg_catalog.quote_ident(s.srvname) as name,
      pg_catalog.concat_ws('\n',
        'wrapper ' || pg_catalog.quote_ident(w.fdwname),
        'type ' || pg_catalog.quote_literal(s.srvtype),
        'version ' || pg_catalog.quote_literal(s.srvversion),
        'options (' || ${optionList("s.srvoptions")} || ')'
      ) as definition,
      d.description as comment,
      ${grants("S", "s.srvacl", "s.srvowner")}
    from pg_catalog.pg_foreign_server s
      join pg_catalog.pg_foreign_data_wrapper w on w.oid = s.srvfdw
      ${comment("pg_foreign_server", "s.oid")}
    where ${independent("pg_foreign_server", "s.oid")}`;

const eventTriggers = `
    select 'event trigger' as kind, pg_catalog.quote_ident(t.evtname) as name,
      pg_catalog.concat_ws('\n',
        'on ' || t.evtevent,
        'tags ' || (select pg_catalog.string_agg(tag, ', ' order by tag collate "C") from pg_catalog.unnest(t.evttags) tag),
        'function ' || ${routine("t.evtfoid")},
        case t.evtenabled when 'D' then 'disabled' when 'R' then 'enabled replica' when 'A' then 'enabled always' end
      ) as definition,
      d.description as comment, pg_catalog.pg_get_userbyid(t.evtowner) as owner
    from pg_catalog.pg_event_trigger t
      ${comment("pg_event_trigger", "t.oid")}
    where ${independent("pg_event_trigger", "t.oid")}`;

/** Lists of columns, filters and whole schemas came with PostgreSQL 15, generated columns with 18. */
function publications({ version }: Reading): string {
  const columns = `(select ' (' || pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by a.attname collate "C") || ')'
            from pg_catalog.pg_attribute a where a.attrelid = r.prrelid and a.attnum = any (r.prattrs))`;
  const details = `coalesce(${columns}, '') || coalesce(' where ' || pg_catalog.pg_get_expr(r.prqual, r.prrelid), '')`;
  const wholeSchemas = `(select pg_catalog.string_agg('tables in schema ' || pg_catalog.quote_ident(n.nspname), '\n' order by n.nspname collate "C")
          from pg_catalog.pg_publication_namespace s join pg_catalog.pg_namespace n on n.oid = s.pnnspid where s.pnpubid = p.oid)`;
  return `
    select 'publication' as kind, pg_catalog.quote_ident(p.pubname) as name,
      pg_catalog.concat_ws('\n',
        'publish ' || pg_catalog.concat_ws(', ', case when p.pubinsert then 'insert' end, case when p.pubupdate then 'update' end,
          case when p.pubdelete then 'delete' end, case when p.pubtruncate then 'truncate' end),
        case when p.pubviaroot then 'via partition root' end,
        ${version >= 180_000 ? "case p.pubgencols when 's' then 'generated columns stored' end," : ""}
        case when p.puballtables then 'all tables' end,
        ${version >= 150_000 ? `${wholeSchemas},` : ""}
        (select pg_catalog.string_agg(
            pg_catalog.format('table %I.%I', n.nspname, c.relname) || ${version >= 150_000 ? details : "''"},
            '\n' order by n.nspname collate "C", c.relname collate "C")
          from pg_catalog.pg_publication_rel r
            join pg_catalog.pg_class c on c.oid = r.prrelid
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
          where r.prpubid = p.oid)
      ) as definition,
      d.description as comment, pg_catalog.pg_get_userbyid(p.pubowner) as owner
    from pg_catalog.pg_publication p
      ${comment("pg_publication", "p.oid")}
    where ${independent("pg_publication", "p.oid")}`;
}

/** The connection string is not readable for everyone, and holds secrets. */
const subscriptions = `
    select 'subscription' as kind, pg_catalog.quote_ident(s.subname) as name,
      pg_catalog.concat_ws('\n',
        'publications ' || (select pg_catalog.string_agg(pg_catalog.quote_ident(p), ', ' order by p collate "C")
          from pg_catalog.unnest(s.subpublications) p),
        case when not s.subenabled then 'disabled' end
      ) as definition,
      d.description as comment
    from pg_catalog.pg_subscription s
      ${comment("pg_subscription", "s.oid")}
    where s.subdbid = (select b.oid from pg_catalog.pg_database b where b.datname = pg_catalog.current_database())`;

/** The role that owns the database counts as the owner of what it will make. */
function defaultPrivileges(reading: Reading): string {
  return `
    select 'default privilege' as kind,
      pg_catalog.concat_ws(' ',
        case p.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types'
          when 'n' then 'schemas' else 'large objects' end,
        'in schema ' || pg_catalog.quote_ident(n.nspname),
        case when b.oid is null then 'of role ' || pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(p.defaclrole)) else 'of owner' end
      ) as name,
      pg_catalog.quote_ident(n.nspname) as parent,
      p.defaclacl::pg_catalog.text[] as acl,
      case p.defaclobjtype when 'S' then 's' else p.defaclobjtype end as acltype,
      pg_catalog.pg_get_userbyid(p.defaclrole) as owner
    from pg_catalog.pg_default_acl p
      left join pg_catalog.pg_namespace n on n.oid = p.defaclnamespace
      left join pg_catalog.pg_database b on b.datname = pg_catalog.current_database() and b.datdba = p.defaclrole
    where (n.oid is null or ${visible(reading, "n")}) and ${independent("pg_default_acl", "p.oid")}`;
}

/** The statements that read types, domains, collations, conversions and text search. */
import { comment, grants, independent, type Reading, routine, visible } from "./catalog-sql.ts";

export function typeStatements(reading: Reading): string[] {
  return [
    types(reading),
    collations(reading),
    conversions(reading),
    searchConfigurations(reading),
    searchDictionaries(reading),
    searchParsers(reading),
    searchTemplates(reading),
  ];
}

/** Left out are the types that others bring with them: rows of relations, arrays, the multirange of a range. */
function types(reading: Reading): string {
  return `
    select case t.typtype when 'd' then 'domain' else 'type' end as kind,
      pg_catalog.format('%I.%I', n.nspname, t.typname) as name,
      pg_catalog.quote_ident(n.nspname) as parent,
      case t.typtype when 'd' then ${domain} when 'e' then ${enumeration} when 'c' then ${composite} when 'r' then ${range}
        else ${base} end as definition,
      d.description as comment,
      ${grants("T", "t.typacl", "t.typowner")}
    from pg_catalog.pg_type t
      join pg_catalog.pg_namespace n on n.oid = t.typnamespace
      left join pg_catalog.pg_class c on c.oid = t.typrelid
      ${comment("pg_type", "t.oid")}
    where t.typtype <> 'm' and (t.typrelid = 0 or c.relkind = 'c')
      and not exists (select from pg_catalog.pg_type e where e.oid = t.typelem and e.typarray = t.oid)
      and ${visible(reading, "n")} and ${independent("pg_type", "t.oid")}`;
}

const domain = `pg_catalog.concat_ws('\n',
        'as ' || pg_catalog.format_type(t.typbasetype, t.typtypmod),
        (select 'collate ' || pg_catalog.format('%I.%I', ln.nspname, l.collname)
          from pg_catalog.pg_type b, pg_catalog.pg_collation l join pg_catalog.pg_namespace ln on ln.oid = l.collnamespace
          where b.oid = t.typbasetype and b.typcollation <> t.typcollation and l.oid = t.typcollation),
        case when t.typnotnull then 'not null' end,
        'default ' || pg_catalog.pg_get_expr(t.typdefaultbin, 0))`;

const enumeration = `pg_catalog.concat_ws('\n', 'enum',
        (select pg_catalog.string_agg(pg_catalog.quote_literal(v.enumlabel), '\n' order by v.enumsortorder)
          from pg_catalog.pg_enum v where v.enumtypid = t.oid))`;

const composite = `pg_catalog.concat_ws('\n', 'composite',
        (select pg_catalog.string_agg(
            pg_catalog.format('%I %s', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)) || coalesce((
              select pg_catalog.format(' collate %I.%I', ln.nspname, l.collname)
              from pg_catalog.pg_type at, pg_catalog.pg_collation l join pg_catalog.pg_namespace ln on ln.oid = l.collnamespace
              where at.oid = a.atttypid and at.typcollation <> a.attcollation and l.oid = a.attcollation), ''),
            '\n' order by a.attnum)
          from pg_catalog.pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped))`;

const range = `(select pg_catalog.concat_ws('\n', 'range',
          'subtype ' || pg_catalog.format_type(r.rngsubtype, null),
          case when not o.opcdefault then 'operator class ' || pg_catalog.format('%I.%I', tn.nspname, o.opcname) end,
          (select 'collate ' || pg_catalog.format('%I.%I', ln.nspname, l.collname)
            from pg_catalog.pg_type b, pg_catalog.pg_collation l join pg_catalog.pg_namespace ln on ln.oid = l.collnamespace
            where b.oid = r.rngsubtype and b.typcollation <> r.rngcollation and l.oid = r.rngcollation),
          'canonical ' || ${routine("r.rngcanonical")},
          'difference ' || ${routine("r.rngsubdiff")},
          'multirange ' || pg_catalog.format_type(r.rngmultitypid, null))
        from pg_catalog.pg_range r
          join pg_catalog.pg_opclass o on o.oid = r.rngsubopc
          join pg_catalog.pg_namespace tn on tn.oid = o.opcnamespace
        where r.rngtypid = t.oid)`;

const base = `case when not t.typisdefined then 'shell' else pg_catalog.concat_ws('\n', 'base',
          'input ' || ${routine("t.typinput")},
          'output ' || ${routine("t.typoutput")},
          'receive ' || ${routine("t.typreceive")},
          'send ' || ${routine("t.typsend")},
          'modifier input ' || ${routine("t.typmodin")},
          'modifier output ' || ${routine("t.typmodout")},
          'analyze ' || ${routine("t.typanalyze")},
          'subscript ' || ${routine("t.typsubscript")},
          pg_catalog.concat('length ', t.typlen, case when t.typbyval then ' by value' end),
          pg_catalog.concat('alignment ', t.typalign, ' storage ', t.typstorage),
          pg_catalog.concat('category ', t.typcategory, case when t.typispreferred then ' preferred' end),
          pg_catalog.concat('delimiter ', t.typdelim),
          'element ' || pg_catalog.format_type(nullif(t.typelem, 0), null),
          'default ' || pg_catalog.quote_literal(t.typdefault),
          case when t.typcollation <> 0 then 'collatable' end) end`;

/** ICU's locale stands in collcollate up to 14, in colliculocale up to 16, in colllocale since. */
function collations(reading: Reading): string {
  const { version } = reading;
  const locale = version < 150_000 ? "case l.collprovider when 'i' then l.collcollate end" : "l.colliculocale";
  return `
    select 'collation' as kind,
      pg_catalog.format('%I.%I', n.nspname, l.collname) as name,
      pg_catalog.quote_ident(n.nspname) as parent,
      pg_catalog.concat_ws('\n',
        'provider ' || case l.collprovider when 'c' then 'libc' when 'i' then 'icu' when 'b' then 'builtin' else 'default' end,
        case when l.collprovider = 'c' then 'collate ' || pg_catalog.quote_literal(l.collcollate) end,
        case when l.collprovider = 'c' then 'ctype ' || pg_catalog.quote_literal(l.collctype) end,
        'locale ' || pg_catalog.quote_literal(${version >= 170_000 ? "l.colllocale" : locale}),
        ${version >= 160_000 ? "'rules ' || pg_catalog.quote_literal(l.collicurules)," : ""}
        case when not l.collisdeterministic then 'not deterministic' end
      ) as definition,
      d.description as comment, pg_catalog.pg_get_userbyid(l.collowner) as owner
    from pg_catalog.pg_collation l
      join pg_catalog.pg_namespace n on n.oid = l.collnamespace
      ${comment("pg_collation", "l.oid")}
    where ${visible(reading, "n")} and ${independent("pg_collation", "l.oid")}`;
}

function conversions(reading: Reading): string {
  return `
    select 'conversion' as kind,
      pg_catalog.format('%I.%I', n.nspname, k.conname) as name,
      pg_catalog.quote_ident(n.nspname) as parent,
      pg_catalog.concat_ws('\n',
        'from ' || pg_catalog.pg_encoding_to_char(k.conforencoding) || ' to ' || pg_catalog.pg_encoding_to_char(k.contoencoding),
        'function ' || ${routine("k.conproc")},
        case when k.condefault then 'default' end
      ) as definition,
      d.description as comment, pg_catalog.pg_get_userbyid(k.conowner) as owner
    from pg_catalog.pg_conversion k
      join pg_catalog.pg_namespace n on n.oid = k.connamespace
      ${comment("pg_conversion", "k.oid")}
    where ${visible(reading, "n")} and ${independent("pg_conversion", "k.oid")}`;
}

function searchConfigurations(reading: Reading): string {
  return `
    select 'text search configuration' as kind,
      pg_catalog.format('%I.%I', n.nspname, g.cfgname) as name,
      pg_catalog.quote_ident(n.nspname) as parent,
      pg_catalog.concat_ws('\n',
        'parser ' || (select pg_catalog.format('%I.%I', pn.nspname, p.prsname)
          from pg_catalog.pg_ts_parser p join pg_catalog.pg_namespace pn on pn.oid = p.prsnamespace where p.oid = g.cfgparser),
        (select pg_catalog.string_agg(m.alias || ' with ' || m.names, '\n' order by m.alias collate "C")
          from (
            select k.alias, pg_catalog.string_agg(m.mapdict::pg_catalog.regdictionary::pg_catalog.text, ', ' order by m.mapseqno) as names
            from pg_catalog.pg_ts_config_map m join pg_catalog.ts_token_type(g.cfgparser) k on k.tokid = m.maptokentype
            where m.mapcfg = g.oid
            group by k.alias) m)
      ) as definition,
      d.description as comment, pg_catalog.pg_get_userbyid(g.cfgowner) as owner
    from pg_catalog.pg_ts_config g
      join pg_catalog.pg_namespace n on n.oid = g.cfgnamespace
      ${comment("pg_ts_config", "g.oid")}
    where ${visible(reading, "n")} and ${independent("pg_ts_config", "g.oid")}`;
}

/** The server keeps options in the order in which they were set. */
function searchDictionaries(reading: Reading): string {
  return `
    select 'text search dictionary' as kind,
      pg_catalog.format('%I.%I', n.nspname, g.dictname) as name,
      pg_catalog.quote_ident(n.nspname) as parent,
      pg_catalog.concat_ws('\n',
        'template ' || (select pg_catalog.format('%I.%I', tn.nspname, t.tmplname)
          from pg_catalog.pg_ts_template t join pg_catalog.pg_namespace tn on tn.oid = t.tmplnamespace where t.oid = g.dicttemplate),
        (select pg_catalog.string_agg(o[1], ', ' order by o[1] collate "C")
          from pg_catalog.regexp_matches(g.dictinitoption, '(("[^"]*"|[^ ,=]+) = (E?''([^'']|'''')*''|[^ ,]+))', 'g') o)
      ) as definition,
      d.description as comment, pg_catalog.pg_get_userbyid(g.dictowner) as owner
    from pg_catalog.pg_ts_dict g
      join pg_catalog.pg_namespace n on n.oid = g.dictnamespace
      ${comment("pg_ts_dict", "g.oid")}
    where ${visible(reading, "n")} and ${independent("pg_ts_dict", "g.oid")}`;
}

function searchParsers(reading: Reading): string {
  return `
    select 'text search parser' as kind,
      pg_catalog.format('%I.%I', n.nspname, g.prsname) as name,
      pg_catalog.quote_ident(n.nspname) as parent,
      pg_catalog.concat_ws('\n',
        'start ' || ${routine("g.prsstart")},
        'token ' || ${routine("g.prstoken")},
        'end ' || ${routine("g.prsend")},
        'types ' || ${routine("g.prslextype")},
        'headline ' || ${routine("g.prsheadline")}
      ) as definition,
      d.description as comment
    from pg_catalog.pg_ts_parser g
      join pg_catalog.pg_namespace n on n.oid = g.prsnamespace
      ${comment("pg_ts_parser", "g.oid")}
    where ${visible(reading, "n")} and ${independent("pg_ts_parser", "g.oid")}`;
}

function searchTemplates(reading: Reading): string {
  return `
    select 'text search template' as kind,
      pg_catalog.format('%I.%I', n.nspname, g.tmplname) as name,
      pg_catalog.quote_ident(n.nspname) as parent,
      pg_catalog.concat_ws('\n', 'init ' || ${routine("g.tmplinit")}, 'lexize ' || ${routine("g.tmpllexize")}) as definition,
      d.description as comment
    from pg_catalog.pg_ts_template g
      join pg_catalog.pg_namespace n on n.oid = g.tmplnamespace
      ${comment("pg_ts_template", "g.oid")}
    where ${visible(reading, "n")} and ${independent("pg_ts_template", "g.oid")}`;
}

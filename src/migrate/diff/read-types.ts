/** The statements that read types, domains, collations, conversions and text search. */
import { collation, flag, independent, procedure, type Reading, schemaName, statement, visible } from "./read-sql.ts";

export function typeStatements(reading: Reading): string[] {
  const parts = [types, collations, conversions, searchConfigurations, searchDictionaries, searchParsers, searchTemplates];
  return parts.map((part) => part(reading));
}

const named = (name: string): string => `format('%I.%I', n.nspname, ${name})`;

/** Left out are the types that others bring with them: rows of relations, arrays, the multirange of a range. */
function types(reading: Reading): string {
  const name = named("t.typname");
  return statement({
    kind: "case t.typtype when 'd' then 'domain' else 'type' end",
    name,
    facts: {
      form: "case t.typtype when 'd' then 'domain' when 'e' then 'enum' when 'c' then 'composite' when 'r' then 'range' else case when t.typisdefined then 'base' else 'shell' end end",
      ...domain,
      labels: "(select json_agg(v.enumlabel order by v.enumsortorder) from pg_enum v where v.enumtypid = t.oid)",
      attributes: `case t.typtype when 'c' then (
        select json_agg(json_strip_nulls(json_build_object('name', quote_ident(a.attname), 'type', format_type(a.atttypid, a.atttypmod),
          'collation', ${collation("a.attcollation", "a.atttypid")})) order by a.attnum)
        from pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped) end`,
      range: `(select json_strip_nulls(json_build_object(
          'subtype', format_type(r.rngsubtype, null),
          'opclass', case when not o.opcdefault then format('%I.%I', tn.nspname, o.opcname) end,
          'collation', ${collation("r.rngcollation", "r.rngsubtype")},
          'canonical', ${procedure("r.rngcanonical")},
          'difference', ${procedure("r.rngsubdiff")},
          'multirange', format_type(r.rngmultitypid, null)))
        from pg_range r join pg_opclass o on o.oid = r.rngsubopc join pg_namespace tn on tn.oid = o.opcnamespace where r.rngtypid = t.oid)`,
      base: `case when t.typtype = 'b' and t.typisdefined then ${base} end`,
    },
    extra: { ref: name, schema: schemaName, bare: "t.typname" },
    target: `case t.typtype when 'd' then 'DOMAIN ' else 'TYPE ' end || ${name}`,
    address: ["pg_type", "t.oid"],
    acl: ["T", "t.typacl", "t.typowner"],
    from: "from pg_type t join pg_namespace n on n.oid = t.typnamespace left join pg_class c on c.oid = t.typrelid",
    where: `t.typtype <> 'm' and (t.typrelid = 0 or c.relkind = 'c')
      and not exists (select from pg_type e where e.oid = t.typelem and e.typarray = t.oid)
      and ${visible(reading, "n")} and ${independent("pg_type", "t.oid")}`,
  });
}

const domain = {
  type: "case t.typtype when 'd' then format_type(t.typbasetype, t.typtypmod) end",
  collation: `case t.typtype when 'd' then ${collation("t.typcollation", "t.typbasetype")} end`,
  notNull: flag("t.typtype = 'd' and t.typnotnull"),
  default: "case t.typtype when 'd' then pg_get_expr(t.typdefaultbin, 0) end",
};

const base = `json_strip_nulls(json_build_object(
        'INPUT', ${procedure("t.typinput")}, 'OUTPUT', ${procedure("t.typoutput")},
        'RECEIVE', ${procedure("t.typreceive")}, 'SEND', ${procedure("t.typsend")},
        'TYPMOD_IN', ${procedure("t.typmodin")}, 'TYPMOD_OUT', ${procedure("t.typmodout")},
        'ANALYZE', ${procedure("t.typanalyze")}, 'SUBSCRIPT', ${procedure("t.typsubscript")},
        'INTERNALLENGTH', case when t.typlen < 0 then 'VARIABLE' else t.typlen::text end,
        'PASSEDBYVALUE', ${flag("t.typbyval")},
        'ALIGNMENT', case t.typalign when 'c' then 'char' when 's' then 'int2' when 'i' then 'int4' else 'double' end,
        'STORAGE', case t.typstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' else 'extended' end,
        'CATEGORY', quote_literal(t.typcategory::text), 'PREFERRED', ${flag("t.typispreferred")},
        'DEFAULT', quote_literal(t.typdefault), 'ELEMENT', format_type(nullif(t.typelem, 0), null),
        'DELIMITER', quote_literal(t.typdelim::text), 'COLLATABLE', ${flag("t.typcollation <> 0")}))`;

/** ICU's locale stands in collcollate up to 14, in colliculocale up to 16, in colllocale since. */
function collations(reading: Reading): string {
  const { version } = reading;
  const locale = version < 150_000 ? "case l.collprovider when 'i' then l.collcollate end" : "l.colliculocale";
  return statement({
    kind: "'collation'",
    name: named("l.collname"),
    facts: {
      provider: "case l.collprovider when 'c' then 'libc' when 'i' then 'icu' when 'b' then 'builtin' else 'default' end",
      collate: "case when l.collprovider = 'c' then quote_literal(l.collcollate) end",
      ctype: "case when l.collprovider = 'c' then quote_literal(l.collctype) end",
      locale: `quote_literal(${version >= 170_000 ? "l.colllocale" : locale})`,
      rules: version >= 160_000 ? "quote_literal(l.collicurules)" : "null",
      nondeterministic: flag("not l.collisdeterministic"),
    },
    extra: { ref: named("l.collname"), schema: schemaName, bare: "l.collname" },
    target: `'COLLATION ' || ${named("l.collname")}`,
    address: ["pg_collation", "l.oid"],
    from: "from pg_collation l join pg_namespace n on n.oid = l.collnamespace",
    where: `${visible(reading, "n")} and ${independent("pg_collation", "l.oid")}`,
  });
}

function conversions(reading: Reading): string {
  return statement({
    kind: "'conversion'",
    name: named("k.conname"),
    facts: {
      from: "pg_encoding_to_char(k.conforencoding)",
      to: "pg_encoding_to_char(k.contoencoding)",
      function: procedure("k.conproc"),
      default: flag("k.condefault"),
    },
    target: `'CONVERSION ' || ${named("k.conname")}`,
    address: ["pg_conversion", "k.oid"],
    from: "from pg_conversion k join pg_namespace n on n.oid = k.connamespace",
    where: `${visible(reading, "n")} and ${independent("pg_conversion", "k.oid")}`,
  });
}

function searchConfigurations(reading: Reading): string {
  return statement({
    kind: "'text search configuration'",
    name: named("g.cfgname"),
    facts: {
      parser:
        "(select format('%I.%I', pn.nspname, p.prsname) from pg_ts_parser p join pg_namespace pn on pn.oid = p.prsnamespace where p.oid = g.cfgparser)",
      mappings: `(select json_agg(json_build_array(m.alias, m.names) order by m.alias collate "C") from (
        select k.alias, string_agg(m.mapdict::regdictionary::text, ', ' order by m.mapseqno) as names
        from pg_ts_config_map m join ts_token_type(g.cfgparser) k on k.tokid = m.maptokentype
        where m.mapcfg = g.oid group by k.alias) m)`,
    },
    target: `'TEXT SEARCH CONFIGURATION ' || ${named("g.cfgname")}`,
    address: ["pg_ts_config", "g.oid"],
    from: "from pg_ts_config g join pg_namespace n on n.oid = g.cfgnamespace",
    where: `${visible(reading, "n")} and ${independent("pg_ts_config", "g.oid")}`,
  });
}

/** The server keeps options in the order in which they were set. */
function searchDictionaries(reading: Reading): string {
  return statement({
    kind: "'text search dictionary'",
    name: named("g.dictname"),
    facts: {
      template:
        "(select format('%I.%I', tn.nspname, t.tmplname) from pg_ts_template t join pg_namespace tn on tn.oid = t.tmplnamespace where t.oid = g.dicttemplate)",
      options: `(select json_agg(json_build_array(o[2], o[3]) order by o[1] collate "C")
        from regexp_matches(g.dictinitoption, '(("[^"]*"|[^ ,=]+) = (E?''(?:[^'']|'''')*''|[^ ,]+))', 'g') o)`,
    },
    target: `'TEXT SEARCH DICTIONARY ' || ${named("g.dictname")}`,
    address: ["pg_ts_dict", "g.oid"],
    from: "from pg_ts_dict g join pg_namespace n on n.oid = g.dictnamespace",
    where: `${visible(reading, "n")} and ${independent("pg_ts_dict", "g.oid")}`,
  });
}

function searchParsers(reading: Reading): string {
  return statement({
    kind: "'text search parser'",
    name: named("g.prsname"),
    facts: {
      START: procedure("g.prsstart"),
      GETTOKEN: procedure("g.prstoken"),
      END: procedure("g.prsend"),
      LEXTYPES: procedure("g.prslextype"),
      HEADLINE: procedure("g.prsheadline"),
    },
    target: `'TEXT SEARCH PARSER ' || ${named("g.prsname")}`,
    address: ["pg_ts_parser", "g.oid"],
    from: "from pg_ts_parser g join pg_namespace n on n.oid = g.prsnamespace",
    where: `${visible(reading, "n")} and ${independent("pg_ts_parser", "g.oid")}`,
  });
}

function searchTemplates(reading: Reading): string {
  return statement({
    kind: "'text search template'",
    name: named("g.tmplname"),
    facts: { INIT: procedure("g.tmplinit"), LEXIZE: procedure("g.tmpllexize") },
    target: `'TEXT SEARCH TEMPLATE ' || ${named("g.tmplname")}`,
    address: ["pg_ts_template", "g.oid"],
    from: "from pg_ts_template g join pg_namespace n on n.oid = g.tmplnamespace",
    where: `${visible(reading, "n")} and ${independent("pg_ts_template", "g.oid")}`,
  });
}

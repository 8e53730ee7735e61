/** The statements that read relations: tables, views, columns, defaults, sequences, and how partitions hang together. */
import {
  collation,
  flag,
  fromRelation,
  independent,
  options,
  type Reading,
  ref,
  relation,
  relationKeyword,
  schemaName,
  statement,
  visible,
} from "./read-sql.ts";

export function relationStatements(reading: Reading): string[] {
  const parts = [
    relations,
    columns,
    otherColumns,
    defaults,
    sequences,
    ownerships,
    inheritance,
    partitions,
    typings,
    toastOptions,
    replicaIdentities,
    clusterings,
    indexAttachments,
  ];
  return parts.map((part) => part(reading));
}

const ofRelation = (reading: Reading): string => `${visible(reading, "n")} and ${independent("pg_class", "c.oid")}`;

function relations(reading: Reading): string {
  return statement({
    kind: "case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' else 'table' end",
    name: relation,
    facts: {
      unlogged: flag("c.relpersistence = 'u'"),
      partitionKey: "case c.relkind when 'p' then pg_get_partkeydef(c.oid) end",
      method: "case when am.amname <> 'heap' then quote_ident(am.amname) end",
      options: options("c.reloptions"),
      rowSecurity: flag("c.relrowsecurity"),
      forcedRowSecurity: flag("c.relforcerowsecurity"),
      server:
        "(select quote_ident(s.srvname) from pg_foreign_table f join pg_foreign_server s on s.oid = f.ftserver where f.ftrelid = c.oid)",
      serverOptions: `(select ${options("f.ftoptions")} from pg_foreign_table f where f.ftrelid = c.oid)`,
      query: "case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end",
      columns: `case c.relkind when 'm' then (select json_agg(x.facts order by x.attname) from (${viewColumns}) x where json_array_length(x.facts) > 1) end`,
    },
    extra: {
      ref: relation,
      schema: schemaName,
      bare: "c.relname",
      populated: "case c.relkind when 'm' then c.relispopulated end",
      columns: `case when c.relkind in ('v', 'm') then (
        select json_agg(json_build_array(quote_ident(a.attname), format_type(a.atttypid, a.atttypmod), a.attcollation::regcollation::text) order by a.attnum)
        from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) end`,
    },
    target: `${relationKeyword} || ' ' || ${relation}`,
    address: ["pg_class", "c.oid"],
    acl: ["r", "c.relacl", "c.relowner"],
    from: `${fromRelation}
      left join pg_am am on am.oid = c.relam`,
    where: `c.relkind in ('r', 'p', 'v', 'm', 'f') and ${ofRelation(reading)}`,
  });
}

/** What of a materialized view's columns does not follow from its query: name, then settings as ALTER COLUMN takes them. */
const viewColumns = `
  select a.attname, (
    select json_agg(part order by place) from (values
      (0, quote_ident(a.attname)),
      (1, case when a.attstorage <> t.typstorage then 'SET STORAGE ' || case a.attstorage
        when 'p' then 'PLAIN' when 'e' then 'EXTERNAL' when 'm' then 'MAIN' else 'EXTENDED' end end),
      (2, case a.attcompression when 'p' then 'SET COMPRESSION pglz' when 'l' then 'SET COMPRESSION lz4' end),
      (3, 'SET STATISTICS ' || nullif(a.attstattarget, -1)),
      (4, 'SET (' || (select string_agg(o, ', ' order by o collate "C") from unnest(a.attoptions) o where o !~ '^pg_attver=') || ')')) p (place, part)
    where part is not null) as facts
  from pg_attribute a join pg_type t on t.oid = a.atttypid
  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped`;

const storage = (letter: string): string =>
  `case ${letter} when 'p' then 'PLAIN' when 'e' then 'EXTERNAL' when 'm' then 'MAIN' else 'EXTENDED' end`;

function columns(reading: Reading): string {
  const named = reading.version >= 180_000;
  return statement({
    kind: "'column'",
    name: "format('%I.%I.%I', n.nspname, c.relname, a.attname)",
    facts: {
      type: "format_type(a.atttypid, a.atttypmod)",
      collation: collation("a.attcollation", "a.atttypid"),
      notNull: `case when a.attnotnull then 'NOT NULL'${
        named
          ? " || case when not nn.convalidated then ' NOT VALID' else '' end || case when nn.connoinherit then ' NO INHERIT' else '' end"
          : ""
      } end`,
      identity: "case a.attidentity when 'a' then 'ALWAYS' when 'd' then 'BY DEFAULT' end",
      generated: "case a.attgenerated when 's' then 'STORED' when 'v' then 'VIRTUAL' end",
      expression: "case when a.attgenerated <> '' then pg_get_expr(ad.adbin, ad.adrelid) end",
      storage: `case when a.attstorage <> t.typstorage then ${storage("a.attstorage")} end`,
      compression: "case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end",
      statistics: "nullif(a.attstattarget, -1)",
      options: options("a.attoptions"),
      serverOptions: options("a.attfdwoptions"),
    },
    extra: {
      table: relation,
      keyword: relationKeyword,
      column: "quote_ident(a.attname)",
      attname: "a.attname",
      place: "a.attnum",
      partitioned: flag("c.relkind = 'p'"),
      // A composite type's attributes, where the table is one of it.
      typed: flag("c.reloftype <> 0"),
      inherited: "case when not a.attislocal then 'only' when a.attinhcount > 0 then 'too' end",
      typeStorage: storage("t.typstorage"),
      typeName: "format_type(a.atttypid, null)",
      // What a domain is made of, for casts.
      baseType: `(with recursive base as (
          select t.oid, t.typtype, t.typbasetype union all
          select b.oid, b.typtype, b.typbasetype from base join pg_type b on base.typtype = 'd' and b.oid = base.typbasetype)
        select format_type(oid, null) from base where typtype <> 'd')`,
      notNullName: named ? "quote_ident(nn.conname)" : "null",
    },
    target: "format('COLUMN %I.%I.%I', n.nspname, c.relname, a.attname)",
    address: ["pg_class", "c.oid", "a.attnum"],
    refs: [ref("pg_class", "c.oid", "a")],
    acl: ["c", "a.attacl", "c.relowner"],
    from: `${fromRelation}
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      join pg_type t on t.oid = a.atttypid
      left join pg_attrdef ad on ad.adrelid = a.attrelid and ad.adnum = a.attnum
      ${named ? "left join pg_constraint nn on a.attnotnull and nn.conrelid = a.attrelid and nn.contype = 'n' and nn.conkey[1] = a.attnum" : ""}`,
    where: `c.relkind in ('r', 'p', 'f') and ${ofRelation(reading)}`,
  });
}

/** Comments and grants of columns that are no objects of their own. */
function otherColumns(reading: Reading): string {
  return statement({
    kind: "'column'",
    name: "format('%I.%I.%I', n.nspname, c.relname, a.attname)",
    extra: { table: relation, column: "quote_ident(a.attname)" },
    target: "format('COLUMN %I.%I.%I', n.nspname, c.relname, a.attname)",
    comment: ["pg_class", "c.oid", "a.attnum"],
    refs: [ref("pg_class", "c.oid", "a")],
    acl: ["c", "a.attacl", "c.relowner"],
    from: `${fromRelation} join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped`,
    where: `c.relkind in ('v', 'm', 'c') and ${ofRelation(reading)}`,
  });
}

/** Of views too. The expression of a generated column is a fact of the column. */
function defaults(reading: Reading): string {
  return statement({
    kind: "'default'",
    name: "format('%I.%I.%I', n.nspname, c.relname, a.attname)",
    facts: { expression: "pg_get_expr(ad.adbin, ad.adrelid)" },
    extra: {
      table: relation,
      keyword: relationKeyword,
      column: "quote_ident(a.attname)",
      inherited: "case when not a.attislocal then 'only' when a.attinhcount > 0 then 'too' end",
    },
    address: ["pg_attrdef", "ad.oid"],
    comment: false,
    refs: [ref("pg_class", "c.oid", "a", "a.attnum")],
    from: `${fromRelation}
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      join pg_attrdef ad on ad.adrelid = a.attrelid and ad.adnum = a.attnum`,
    where: `a.attgenerated = '' and c.relkind in ('r', 'p', 'f', 'v', 'm') and ${ofRelation(reading)}`,
  });
}

/** Join: the column that a sequence belongs to, as its identity (`i`) or because it was said so (`a`). */
const owningColumn = `join pg_depend o on o.classid = 'pg_class'::regclass and o.objid = c.oid and o.objsubid = 0
        and o.refclassid = 'pg_class'::regclass and o.refobjsubid > 0 and o.deptype in ('a', 'i')`;

function sequences(reading: Reading): string {
  return statement({
    kind: "'sequence'",
    name: relation,
    facts: {
      unlogged: flag("c.relpersistence = 'u' and o.objid is null"),
      identity: flag("o.deptype = 'i'"),
      type: "format_type(s.seqtypid, null)",
      // As text: JavaScript's numbers end before bigint does.
      start: "s.seqstart::text",
      increment: "s.seqincrement::text",
      minimum: "s.seqmin::text",
      maximum: "s.seqmax::text",
      cache: "s.seqcache::text",
      cycle: flag("s.seqcycle"),
    },
    extra: { ref: relation, schema: schemaName, bare: "c.relname" },
    target: `'SEQUENCE ' || ${relation}`,
    address: ["pg_class", "c.oid"],
    refs: [`case when o.deptype is not null then ${ref("pg_class", "o.refobjid", "a", "o.refobjsubid")} end`],
    acl: ["s", "c.relacl", "c.relowner"],
    from: `${fromRelation} join pg_sequence s on s.seqrelid = c.oid left ${owningColumn}`,
    where: ofRelation(reading),
  });
}

function ownerships(reading: Reading): string {
  return statement({
    kind: "'ownership'",
    name: relation,
    facts: { column: "format('%I.%I.%I', tn.nspname, t.relname, a.attname)" },
    extra: { ref: relation, table: "format('%I.%I', tn.nspname, t.relname)", column: "quote_ident(a.attname)" },
    refs: [ref("pg_class", "c.oid", "a"), ref("pg_class", "o.refobjid", "n", "o.refobjsubid")],
    from: `${fromRelation} join pg_sequence s on s.seqrelid = c.oid ${owningColumn} and o.deptype = 'a'
      join pg_class t on t.oid = o.refobjid
      join pg_namespace tn on tn.oid = t.relnamespace
      join pg_attribute a on a.attrelid = t.oid and a.attnum = o.refobjsubid`,
    where: ofRelation(reading),
  });
}

const ancestors = `${fromRelation}
      join pg_inherits i on i.inhrelid = c.oid
      join pg_class p on p.oid = i.inhparent
      join pg_namespace pn on pn.oid = p.relnamespace`;
const ancestor = "format('%I.%I', pn.nspname, p.relname)";

function inheritance(reading: Reading): string {
  return statement({
    kind: "'inheritance'",
    name: `${relation} || ' from ' || ${ancestor}`,
    facts: { place: "i.inhseqno" },
    extra: { table: relation, keyword: relationKeyword, parent: ancestor },
    refs: [ref("pg_class", "c.oid", "a"), ref("pg_class", "p.oid", "n")],
    from: ancestors,
    where: `c.relkind in ('r', 'f') and not c.relispartition and ${ofRelation(reading)}`,
  });
}

function partitions(reading: Reading): string {
  return statement({
    kind: "'partition'",
    name: relation,
    facts: {
      parent: ancestor,
      bound: "pg_get_expr(c.relpartbound, c.oid)",
      ...(reading.version >= 140_000 ? { pending: flag("i.inhdetachpending") } : {}),
    },
    extra: { table: relation, parent: ancestor },
    refs: [ref("pg_class", "c.oid", "a"), ref("pg_class", "p.oid", "n")],
    from: ancestors,
    where: `c.relispartition and c.relkind in ('r', 'p', 'f') and ${ofRelation(reading)}`,
  });
}

function typings(reading: Reading): string {
  return statement({
    kind: "'typing'",
    name: relation,
    facts: { of: "format_type(c.reloftype, null)" },
    extra: { table: relation },
    refs: [ref("pg_class", "c.oid", "a"), ref("pg_type", "c.reloftype", "n")],
    from: fromRelation,
    where: `c.reloftype <> 0 and c.relkind in ('r', 'p', 'f') and ${ofRelation(reading)}`,
  });
}

function toastOptions(reading: Reading): string {
  return statement({
    kind: "'toast options'",
    name: relation,
    facts: { options: options("toast.reloptions") },
    extra: { table: relation, keyword: relationKeyword },
    refs: [ref("pg_class", "c.oid", "a")],
    from: `${fromRelation} join pg_class toast on toast.oid = c.reltoastrelid`,
    where: `toast.reloptions is not null and ${ofRelation(reading)}`,
  });
}

function replicaIdentities(reading: Reading): string {
  return statement({
    kind: "'replica identity'",
    name: relation,
    facts: {
      identity: "case c.relreplident when 'f' then 'FULL' when 'n' then 'NOTHING' else 'USING INDEX ' || quote_ident(ic.relname) end",
    },
    extra: { table: relation, keyword: relationKeyword },
    refs: [ref("pg_class", "c.oid", "a"), `case when ic.oid is not null then ${ref("pg_class", "ic.oid", "n")} end`],
    from: `${fromRelation}
      left join pg_index i on i.indrelid = c.oid and i.indisreplident and c.relreplident = 'i'
      left join pg_class ic on ic.oid = i.indexrelid`,
    where: `c.relkind in ('r', 'p', 'm') and (c.relreplident in ('f', 'n') or ic.oid is not null) and ${ofRelation(reading)}`,
  });
}

/** By which index a table is clustered: a mark that CLUSTER leaves. */
function clusterings(reading: Reading): string {
  return statement({
    kind: "'clustering'",
    name: relation,
    facts: { index: "quote_ident(ic.relname)" },
    extra: { table: relation, keyword: relationKeyword },
    refs: [ref("pg_class", "c.oid", "a"), ref("pg_class", "ic.oid", "a")],
    from: `${fromRelation} join pg_index i on i.indrelid = c.oid and i.indisclustered join pg_class ic on ic.oid = i.indexrelid`,
    where: ofRelation(reading),
  });
}

/** A partition's index is a part of its table's, whether a constraint made them or not. */
function indexAttachments(reading: Reading): string {
  return statement({
    kind: "'index attachment'",
    name: relation,
    facts: { parent: ancestor },
    extra: { index: relation, parent: ancestor, table: "x.indrelid::regclass::text" },
    refs: [ref("pg_class", "c.oid", "a"), ref("pg_class", "p.oid", "a"), ref("partition", "x.indrelid", "a")],
    from: `${ancestors} join pg_index x on x.indexrelid = c.oid`,
    where: `c.relkind in ('i', 'I') and ${visible(reading, "n")} and ${independent("pg_class", "x.indrelid")}`,
  });
}

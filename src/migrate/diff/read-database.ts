/** The statements that read what has no schema: schemas themselves, extensions, languages, foreign servers, publications, default privileges. */
import { flag, independent, options, procedure, type Reading, ref, statement, visible } from "./read-sql.ts";

export function databaseStatements(reading: Reading): string[] {
  const parts = [
    database,
    schemas,
    extensions,
    languages,
    accessMethods,
    foreignDataWrappers,
    foreignServers,
    eventTriggers,
    publications,
    publicationTables,
    ...(reading.version >= 150_000 ? [publicationSchemas] : []),
    subscriptions,
    defaultPrivileges,
  ];
  return parts.map((part) => part(reading));
}

/** Of the database itself only its grants and its comment; its name is another one in every copy. */
function database(): string {
  return statement({
    kind: "'database'",
    name: "''",
    target: "'DATABASE'",
    acl: ["d", "b.datacl", "b.datdba"],
    commentText: "s.description",
    from: `from pg_database b left join pg_shdescription s on s.objoid = b.oid and s.classoid = 'pg_database'::regclass
        and s.description <> 'default administrative connection database'`,
    where: "b.datname = current_database()",
  });
}

/** As the catalog has it: the first comment of the schema public, and the CREATE for everyone that it had before 15, say nothing. */
function schemas(reading: Reading): string {
  const acl = "coalesce(n.nspacl, acldefault('n', n.nspowner))::text[]";
  const shown = `case n.nspname when 'public' then (select array_agg(regexp_replace(item, '^=(U?)C/', '=\\1/')) from unnest(${acl}) item) else ${acl} end::aclitem[]`;
  return statement({
    kind: "'schema'",
    name: "quote_ident(n.nspname)",
    facts: {},
    target: "'SCHEMA ' || quote_ident(n.nspname)",
    address: ["pg_namespace", "n.oid"],
    acl: ["n", reading.version >= 150_000 ? "n.nspacl" : shown, "n.nspowner"],
    commentText: "case when n.nspname <> 'public' or d.description <> 'standard public schema' then d.description end",
    from: "from pg_namespace n",
    where: `${visible(reading, "n")} and ${independent("pg_namespace", "n.oid")}`,
  });
}

function extensions(): string {
  return statement({
    kind: "'extension'",
    name: "quote_ident(e.extname)",
    facts: { schema: "quote_ident(n.nspname)" },
    extra: { relocatable: "e.extrelocatable", name: "e.extname" },
    address: ["pg_extension", "e.oid"],
    comment: false,
    from: "from pg_extension e join pg_namespace n on n.oid = e.extnamespace",
    where: "true",
  });
}

function languages(): string {
  return statement({
    kind: "'language'",
    name: "quote_ident(l.lanname)",
    facts: {
      trusted: flag("l.lanpltrusted"),
      HANDLER: procedure("l.lanplcallfoid"),
      INLINE: procedure("l.laninline"),
      VALIDATOR: procedure("l.lanvalidator"),
    },
    target: "'LANGUAGE ' || quote_ident(l.lanname)",
    address: ["pg_language", "l.oid"],
    acl: ["l", "l.lanacl", "l.lanowner"],
    from: "from pg_language l",
    where: `l.oid >= 16384 and ${independent("pg_language", "l.oid")}`,
  });
}

function accessMethods(): string {
  return statement({
    kind: "'access method'",
    name: "quote_ident(m.amname)",
    facts: { type: "case m.amtype when 't' then 'TABLE' else 'INDEX' end", handler: procedure("m.amhandler") },
    target: "'ACCESS METHOD ' || quote_ident(m.amname)",
    address: ["pg_am", "m.oid"],
    from: "from pg_am m",
    where: `m.oid >= 16384 and ${independent("pg_am", "m.oid")}`,
  });
}

function foreignDataWrappers(): string {
  return statement({
    kind: "'foreign data wrapper'",
    name: "quote_ident(w.fdwname)",
    facts: { handler: procedure("w.fdwhandler"), validator: procedure("w.fdwvalidator"), options: options("w.fdwoptions") },
    target: "'FOREIGN DATA WRAPPER ' || quote_ident(w.fdwname)",
    address: ["pg_foreign_data_wrapper", "w.oid"],
    acl: ["F", "w.fdwacl", "w.fdwowner"],
    from: "from pg_foreign_data_wrapper w",
    where: independent("pg_foreign_data_wrapper", "w.oid"),
  });
}

function foreignServers(): string {
  return statement({
    kind: "'foreign server'",
    name: "quote_ident(s.srvname)",
    facts: {
      wrapper: "quote_ident(w.fdwname)",
      type: "quote_literal(s.srvtype)",
      version: "quote_literal(s.srvversion)",
      options: options("s.srvoptions"),
    },
    // Theirs are secrets: seen only to be taken away with the server.
    extra: {
      users:
        "(select json_agg(case u.umuser when 0 then 'PUBLIC' else quote_ident(u.usename) end) from pg_user_mappings u where u.srvid = s.oid)",
    },
    target: "'SERVER ' || quote_ident(s.srvname)",
    address: ["pg_foreign_server", "s.oid"],
    acl: ["S", "s.srvacl", "s.srvowner"],
    from: "from pg_foreign_server s join pg_foreign_data_wrapper w on w.oid = s.srvfdw",
    where: independent("pg_foreign_server", "s.oid"),
  });
}

function eventTriggers(): string {
  return statement({
    kind: "'event trigger'",
    name: "quote_ident(t.evtname)",
    facts: {
      event: "t.evtevent",
      tags: `(select json_agg(quote_literal(tag) order by tag collate "C") from unnest(t.evttags) tag)`,
      function: procedure("t.evtfoid"),
      enabled: "case t.evtenabled when 'D' then 'DISABLE' when 'R' then 'ENABLE REPLICA' when 'A' then 'ENABLE ALWAYS' end",
    },
    target: "'EVENT TRIGGER ' || quote_ident(t.evtname)",
    address: ["pg_event_trigger", "t.oid"],
    from: "from pg_event_trigger t",
    where: independent("pg_event_trigger", "t.oid"),
  });
}

function publications({ version }: Reading): string {
  return statement({
    kind: "'publication'",
    name: "quote_ident(p.pubname)",
    facts: {
      publish:
        "concat_ws(', ', case when p.pubinsert then 'insert' end, case when p.pubupdate then 'update' end, case when p.pubdelete then 'delete' end, case when p.pubtruncate then 'truncate' end)",
      viaRoot: flag("p.pubviaroot"),
      generated: version >= 180_000 ? "case p.pubgencols when 's' then 'stored' end" : "null",
      allTables: flag("p.puballtables"),
    },
    target: "'PUBLICATION ' || quote_ident(p.pubname)",
    address: ["pg_publication", "p.oid"],
    from: "from pg_publication p",
    where: independent("pg_publication", "p.oid"),
  });
}

/** Lists of columns, filters and whole schemas came with PostgreSQL 15. */
function publicationTables({ version }: Reading): string {
  const columns = `(select json_agg(quote_ident(a.attname) order by a.attname collate "C")
      from pg_attribute a where a.attrelid = r.prrelid and a.attnum = any (r.prattrs))`;
  return statement({
    kind: "'publication member'",
    name: "format('%I table %I.%I', p.pubname, n.nspname, c.relname)",
    facts: version >= 150_000 ? { columns, filter: "pg_get_expr(r.prqual, r.prrelid)" } : {},
    extra: { publication: "quote_ident(p.pubname)", member: "format('TABLE %I.%I', n.nspname, c.relname)" },
    address: ["pg_publication_rel", "r.oid"],
    comment: false,
    refs: [ref("pg_publication", "p.oid", "a"), ref("pg_class", "c.oid", "a")],
    from: `from pg_publication_rel r join pg_publication p on p.oid = r.prpubid
      join pg_class c on c.oid = r.prrelid join pg_namespace n on n.oid = c.relnamespace`,
    where: independent("pg_publication", "p.oid"),
  });
}

function publicationSchemas(): string {
  return statement({
    kind: "'publication member'",
    name: "format('%I schema %I', p.pubname, n.nspname)",
    facts: {},
    extra: { publication: "quote_ident(p.pubname)", member: "format('TABLES IN SCHEMA %I', n.nspname)" },
    address: ["pg_publication_namespace", "s.oid"],
    comment: false,
    refs: [ref("pg_publication", "p.oid", "a"), ref("pg_namespace", "n.oid", "a")],
    from: "from pg_publication_namespace s join pg_publication p on p.oid = s.pnpubid join pg_namespace n on n.oid = s.pnnspid",
    where: independent("pg_publication", "p.oid"),
  });
}

/** The connection string is not readable for everyone, and holds secrets: a subscription is seen, never written. */
function subscriptions(): string {
  return statement({
    kind: "'subscription'",
    name: "quote_ident(s.subname)",
    facts: {
      publications: `(select json_agg(quote_ident(p) order by p collate "C") from unnest(s.subpublications) p)`,
      disabled: flag("not s.subenabled"),
    },
    target: "'SUBSCRIPTION ' || quote_ident(s.subname)",
    address: ["pg_subscription", "s.oid"],
    from: "from pg_subscription s",
    where: "s.subdbid = (select b.oid from pg_database b where b.datname = current_database())",
  });
}

/** The role that owns the database counts as the owner of what it will make. */
function defaultPrivileges(reading: Reading): string {
  const words = (suffix: string): string => `case p.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
        when 'T' then 'types' when 'n' then 'schemas' else 'large objects' end${suffix}`;
  return statement({
    kind: "'default privilege'",
    name: `concat_ws(' ', ${words("")}, 'in schema ' || quote_ident(n.nspname),
        case when b.oid is null then 'of role ' || quote_ident(pg_get_userbyid(p.defaclrole)) else 'of owner' end)`,
    facts: {},
    extra: {
      words: words(""),
      letter: "case p.defaclobjtype when 'S' then 's' else p.defaclobjtype end",
      schema: "quote_ident(n.nspname)",
      role: "case when b.oid is null then quote_ident(pg_get_userbyid(p.defaclrole)) end",
      items: "p.defaclacl::text[]",
      owner: "pg_get_userbyid(p.defaclrole)",
    },
    address: ["pg_default_acl", "p.oid"],
    comment: false,
    refs: [`case when n.oid is not null then ${ref("pg_namespace", "n.oid", "a")} end`],
    from: `from pg_default_acl p left join pg_namespace n on n.oid = p.defaclnamespace
      left join pg_database b on b.datname = current_database() and b.datdba = p.defaclrole`,
    where: `(n.oid is null or ${visible(reading, "n")}) and ${independent("pg_default_acl", "p.oid")}`,
  });
}

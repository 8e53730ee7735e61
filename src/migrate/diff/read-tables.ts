/** The statements that read what hangs on a relation: constraints, indexes, statistics, policies, triggers, rules. */
import { flag, fromRelation, independent, options, type Reading, ref, relation, relationKeyword, statement, visible } from "./read-sql.ts";

export function tableStatements(reading: Reading): string[] {
  const parts = [tableConstraints, domainConstraints, indexes, constraintIndexComments, statistics, policies, triggers, rules];
  return parts.map((part) => part(reading));
}

const ofRelation = (reading: Reading): string => `${visible(reading, "n")} and ${independent("pg_class", "c.oid")}`;

function tableConstraints(reading: Reading): string {
  return statement({
    kind: "'constraint'",
    name: "format('%I.%I.%I', n.nspname, c.relname, k.conname)",
    facts: {
      definition: "pg_get_constraintdef(k.oid)",
      invalidIndex: flag("not i.indisvalid and c.relkind <> 'p'"),
      indexOptions: options("ic.reloptions"),
      triggers: `(select json_agg(distinct case t.tgenabled when 'D' then 'disabled' when 'R' then 'enabled replica' else 'enabled always' end)
        from pg_trigger t where t.tgconstraint = k.oid and t.tgisinternal and t.tgenabled <> 'O')`,
    },
    extra: {
      type: "k.contype",
      table: relation,
      keyword: relationKeyword,
      partitioned: flag("c.relkind = 'p'"),
      bare: "quote_ident(k.conname)",
      index: "case when ic.oid is not null then format('%I.%I', n.nspname, ic.relname) end",
      inherited: "case when not k.conislocal then 'only' when k.coninhcount > 0 then 'too' end",
      noInherit: flag("k.connoinherit"),
    },
    target: `format('CONSTRAINT %I ON %I.%I', k.conname, n.nspname, c.relname)`,
    address: ["pg_constraint", "k.oid"],
    refs: [ref("pg_class", "c.oid", "a")],
    from: `${fromRelation} join pg_constraint k on k.conrelid = c.oid
      left join pg_index i on i.indexrelid = k.conindid and k.contype in ('p', 'u', 'x')
      left join pg_class ic on ic.oid = i.indexrelid`,
    where: `k.contype in ('c', 'p', 'u', 'x', 'f') and not (k.contype = 'f' and k.conparentid <> 0) and ${ofRelation(reading)}`,
  });
}

function domainConstraints(reading: Reading): string {
  return statement({
    kind: "'constraint'",
    name: "format('%I.%I.%I', n.nspname, t.typname, k.conname)",
    facts: { definition: "pg_get_constraintdef(k.oid)" },
    extra: { type: "'domain'", table: "format('%I.%I', n.nspname, t.typname)", keyword: "'DOMAIN'", bare: "quote_ident(k.conname)" },
    target: "format('CONSTRAINT %I ON DOMAIN %I.%I', k.conname, n.nspname, t.typname)",
    address: ["pg_constraint", "k.oid"],
    refs: [ref("pg_type", "t.oid", "a")],
    from: "from pg_constraint k join pg_type t on t.oid = k.contypid join pg_namespace n on n.oid = t.typnamespace",
    where: `k.contype = 'c' and ${visible(reading, "n")} and ${independent("pg_type", "t.oid")}`,
  });
}

const constraintOfIndex = "exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))";

function indexes(reading: Reading): string {
  return statement({
    kind: "'index'",
    name: "format('%I.%I', n.nspname, ic.relname)",
    facts: {
      definition: "pg_get_indexdef(i.indexrelid)",
      options: options("ic.reloptions"),
      invalid: flag("not i.indisvalid"),
      statistics: `(select json_agg(json_build_array(a.attnum, a.attstattarget) order by a.attnum)
        from pg_attribute a where a.attrelid = i.indexrelid and a.attnum > 0 and coalesce(a.attstattarget, -1) <> -1)`,
    },
    extra: {
      ref: "format('%I.%I', n.nspname, ic.relname)",
      bare: "quote_ident(ic.relname)",
      table: relation,
      partitioned: flag("ic.relkind = 'I'"),
      attached: flag("ic.relispartition"),
    },
    target: "format('INDEX %I.%I', n.nspname, ic.relname)",
    address: ["pg_class", "i.indexrelid"],
    refs: [ref("pg_class", "c.oid", "a")],
    from: `${fromRelation} join pg_index i on i.indrelid = c.oid join pg_class ic on ic.oid = i.indexrelid`,
    where: `not ${constraintOfIndex} and ${ofRelation(reading)}`,
  });
}

/** An index made for a constraint can have a comment beside the constraint's. */
function constraintIndexComments(reading: Reading): string {
  return statement({
    kind: "'index'",
    name: "format('%I.%I', n.nspname, ic.relname)",
    target: "format('INDEX %I.%I', n.nspname, ic.relname)",
    comment: ["pg_class", "i.indexrelid"],
    refs: [ref("pg_class", "i.indexrelid", "a")],
    from: `${fromRelation} join pg_index i on i.indrelid = c.oid join pg_class ic on ic.oid = i.indexrelid`,
    where: `${constraintOfIndex} and ${ofRelation(reading)}`,
  });
}

/** Columns by name: stxkeys is in the order of the table, which is no part of a schema's meaning. */
function statistics(reading: Reading): string {
  return statement({
    kind: "'statistics'",
    name: "format('%I.%I', n.nspname, s.stxname)",
    facts: {
      kinds: "(select json_agg(k order by k) from unnest(s.stxkind) k)",
      columns: `(select json_agg(quote_ident(a.attname) order by a.attname collate "C")
        from pg_attribute a where a.attrelid = s.stxrelid and a.attnum = any (s.stxkeys))`,
      expressions: "array_to_string(pg_get_statisticsobjdef_expressions(s.oid), ', ')",
      table: "format('%I.%I', cn.nspname, c.relname)",
      target: "nullif(s.stxstattarget, -1)",
    },
    extra: { ref: "format('%I.%I', n.nspname, s.stxname)", definition: "pg_get_statisticsobjdef(s.oid)" },
    target: "format('STATISTICS %I.%I', n.nspname, s.stxname)",
    address: ["pg_statistic_ext", "s.oid"],
    refs: [ref("pg_class", "c.oid", "a")],
    from: `from pg_statistic_ext s join pg_namespace n on n.oid = s.stxnamespace
      join pg_class c on c.oid = s.stxrelid join pg_namespace cn on cn.oid = c.relnamespace`,
    where: ofRelation(reading),
  });
}

function policies(reading: Reading): string {
  return statement({
    kind: "'policy'",
    name: "format('%I.%I.%I', n.nspname, c.relname, p.polname)",
    facts: {
      restrictive: flag("not p.polpermissive"),
      command: "case p.polcmd when 'r' then 'SELECT' when 'a' then 'INSERT' when 'w' then 'UPDATE' when 'd' then 'DELETE' else 'ALL' end",
      roles: `(select json_agg(name order by name collate "C") from (
        select case r when 0 then 'PUBLIC' else quote_ident(pg_get_userbyid(r)) end as name from unnest(p.polroles) r) roles)`,
      using: "pg_get_expr(p.polqual, p.polrelid)",
      check: "pg_get_expr(p.polwithcheck, p.polrelid)",
    },
    extra: { table: relation, bare: "quote_ident(p.polname)" },
    target: "format('POLICY %I ON %I.%I', p.polname, n.nspname, c.relname)",
    address: ["pg_policy", "p.oid"],
    refs: [ref("pg_class", "c.oid", "a")],
    from: `${fromRelation} join pg_policy p on p.polrelid = c.oid`,
    where: ofRelation(reading),
  });
}

const enabled = (letter: string): string =>
  `case ${letter} when 'D' then 'DISABLE' when 'R' then 'ENABLE REPLICA' when 'A' then 'ENABLE ALWAYS' end`;

/** A trigger that a partition has from its table counts only where it is enabled in another way than there. */
function triggers(reading: Reading): string {
  return statement({
    kind: "'trigger'",
    name: "format('%I.%I.%I', n.nspname, c.relname, t.tgname)",
    facts: {
      definition: "pg_get_triggerdef(t.oid)",
      enabled: enabled("t.tgenabled"),
      inherited: flag("t.tgparentid <> 0"),
    },
    extra: { table: relation, bare: "quote_ident(t.tgname)", parentEnabled: enabled("p.tgenabled") },
    target: "format('TRIGGER %I ON %I.%I', t.tgname, n.nspname, c.relname)",
    address: ["pg_trigger", "t.oid"],
    refs: [ref("pg_class", "c.oid", "a"), "case when t.tgparentid <> 0 then json_build_array('partition', c.oid, 0, 'a') end"],
    from: `${fromRelation} join pg_trigger t on t.tgrelid = c.oid left join pg_trigger p on p.oid = t.tgparentid`,
    where: `(t.tgparentid = 0 and not t.tgisinternal or not p.tgisinternal and p.tgenabled <> t.tgenabled) and ${ofRelation(reading)}`,
  });
}

function rules(reading: Reading): string {
  return statement({
    kind: "'rule'",
    name: "format('%I.%I.%I', n.nspname, c.relname, r.rulename)",
    facts: { definition: "pg_get_ruledef(r.oid)", enabled: enabled("r.ev_enabled") },
    extra: { table: relation, bare: "quote_ident(r.rulename)" },
    target: "format('RULE %I ON %I.%I', r.rulename, n.nspname, c.relname)",
    address: ["pg_rewrite", "r.oid"],
    refs: [ref("pg_class", "c.oid", "a")],
    from: `${fromRelation} join pg_rewrite r on r.ev_class = c.oid`,
    where: `r.rulename <> '_RETURN' and ${ofRelation(reading)}`,
  });
}

/** The statements that read what hangs on a relation: constraints, indexes, statistics, policies, triggers, rules. */
import { comment, independent, optionList, type Reading, visible } from "./catalog-sql.ts";

export function tableStatements(reading: Reading): string[] {
  return [
    tableConstraints(reading),
    domainConstraints(reading),
    indexes(reading),
    constraintIndexComments(reading),
    statistics(reading),
    policies(reading),
    triggers(reading),
    rules(reading),
  ];
}

/**
 * NOT NULL ('n') is a fact of its column, a constraint trigger ('t') a trigger, and a foreign key that a partition has from its
 * table (conparentid) follows from that table's. An index made for a constraint is part of it.
 */
function tableConstraints(reading: Reading): string {
  return `
    select 'constraint' as kind,
      pg_catalog.format('%I.%I.%I', n.nspname, c.relname, k.conname) as name,
      pg_catalog.format('%I.%I', n.nspname, c.relname) as parent,
      pg_catalog.concat_ws('\n',
        pg_catalog.pg_get_constraintdef(k.oid),
        case when not k.conislocal then 'inherited' when k.coninhcount > 0 then 'local and inherited' end,
        case when not i.indisvalid then 'index not valid' end,
        case when i.indisclustered then 'index clustered' end,
        'index with (' || ${optionList("ic.reloptions")} || ')',
        (select 'enforcing triggers ' || pg_catalog.string_agg(distinct case t.tgenabled
            when 'D' then 'disabled' when 'R' then 'enabled replica' else 'enabled always' end, ', ')
          from pg_catalog.pg_trigger t where t.tgconstraint = k.oid and t.tgisinternal and t.tgenabled <> 'O')
      ) as definition,
      d.description as comment
    from pg_catalog.pg_constraint k
      join pg_catalog.pg_class c on c.oid = k.conrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      left join pg_catalog.pg_index i on i.indexrelid = k.conindid and k.contype in ('p', 'u', 'x')
      left join pg_catalog.pg_class ic on ic.oid = i.indexrelid
      ${comment("pg_constraint", "k.oid")}
    where k.contype in ('c', 'p', 'u', 'x', 'f') and not (k.contype = 'f' and k.conparentid <> 0)
      and ${visible(reading, "n")} and ${independent("pg_class", "c.oid")}`;
}

function domainConstraints(reading: Reading): string {
  return `
    select 'constraint' as kind,
      pg_catalog.format('%I.%I.%I', n.nspname, t.typname, k.conname) as name,
      pg_catalog.format('%I.%I', n.nspname, t.typname) as parent,
      pg_catalog.pg_get_constraintdef(k.oid) as definition,
      d.description as comment
    from pg_catalog.pg_constraint k
      join pg_catalog.pg_type t on t.oid = k.contypid
      join pg_catalog.pg_namespace n on n.oid = t.typnamespace
      ${comment("pg_constraint", "k.oid")}
    where k.contype = 'c' and ${visible(reading, "n")} and ${independent("pg_type", "t.oid")}`;
}

const constraintOfIndex = `exists (
        select from pg_catalog.pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))`;

function indexes(reading: Reading): string {
  return `
    select 'index' as kind,
      pg_catalog.format('%I.%I', n.nspname, ic.relname) as name,
      pg_catalog.format('%I.%I', n.nspname, c.relname) as parent,
      pg_catalog.concat_ws('\n',
        pg_catalog.pg_get_indexdef(i.indexrelid),
        case when not i.indisvalid then 'not valid' end,
        case when i.indisclustered then 'clustered' end,
        (select 'attached to ' || pg_catalog.format('%I.%I', pn.nspname, p.relname)
          from pg_catalog.pg_inherits h
            join pg_catalog.pg_class p on p.oid = h.inhparent
            join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace
          where h.inhrelid = i.indexrelid),
        (select pg_catalog.string_agg('column ' || a.attnum || ' statistics ' || a.attstattarget, '\n' order by a.attnum)
          from pg_catalog.pg_attribute a where a.attrelid = i.indexrelid and a.attnum > 0 and coalesce(a.attstattarget, -1) <> -1)
      ) as definition,
      d.description as comment
    from pg_catalog.pg_index i
      join pg_catalog.pg_class ic on ic.oid = i.indexrelid
      join pg_catalog.pg_class c on c.oid = i.indrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      ${comment("pg_class", "i.indexrelid")}
    where not ${constraintOfIndex} and ${visible(reading, "n")} and ${independent("pg_class", "c.oid")}`;
}

/** An index made for a constraint can have a comment beside the constraint's. */
function constraintIndexComments(reading: Reading): string {
  return `
    select 'index' as kind,
      pg_catalog.format('%I.%I', n.nspname, ic.relname) as name,
      pg_catalog.format('%I.%I', n.nspname, c.relname) as parent,
      d.description as comment
    from pg_catalog.pg_index i
      join pg_catalog.pg_class ic on ic.oid = i.indexrelid
      join pg_catalog.pg_class c on c.oid = i.indrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      ${comment("pg_class", "i.indexrelid")}
    where d.description is not null and ${constraintOfIndex} and ${visible(reading, "n")} and ${independent("pg_class", "c.oid")}`;
}

/** Columns by name: stxkeys is in the order of the table, which is no part of a schema's meaning. */
function statistics(reading: Reading): string {
  return `
    select 'statistics' as kind,
      pg_catalog.format('%I.%I', n.nspname, s.stxname) as name,
      pg_catalog.format('%I.%I', cn.nspname, c.relname) as parent,
      pg_catalog.concat_ws('\n',
        'kinds ' || (select pg_catalog.string_agg(case k
            when 'd' then 'ndistinct' when 'f' then 'dependencies' when 'm' then 'mcv' else 'expressions' end, ', ' order by k)
          from pg_catalog.unnest(s.stxkind) k),
        'columns ' || (select pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by a.attname collate "C")
          from pg_catalog.pg_attribute a where a.attrelid = s.stxrelid and a.attnum = any (s.stxkeys)),
        'expressions ' || pg_catalog.array_to_string(pg_catalog.pg_get_statisticsobjdef_expressions(s.oid), ', '),
        'on ' || pg_catalog.format('%I.%I', cn.nspname, c.relname),
        'target ' || nullif(s.stxstattarget, -1)
      ) as definition,
      d.description as comment, pg_catalog.pg_get_userbyid(s.stxowner) as owner
    from pg_catalog.pg_statistic_ext s
      join pg_catalog.pg_namespace n on n.oid = s.stxnamespace
      join pg_catalog.pg_class c on c.oid = s.stxrelid
      join pg_catalog.pg_namespace cn on cn.oid = c.relnamespace
      ${comment("pg_statistic_ext", "s.oid")}
    where ${visible(reading, "n")} and ${independent("pg_class", "c.oid")}`;
}

function policies(reading: Reading): string {
  return `
    select 'policy' as kind,
      pg_catalog.format('%I.%I.%I', n.nspname, c.relname, p.polname) as name,
      pg_catalog.format('%I.%I', n.nspname, c.relname) as parent,
      pg_catalog.concat_ws('\n',
        case when p.polpermissive then 'permissive' else 'restrictive' end,
        'for ' || case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
        'to ' || (select pg_catalog.string_agg(name, ', ' order by name collate "C") from (
          select case r when 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(r)) end as name
          from pg_catalog.unnest(p.polroles) r) roles),
        'using (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')',
        'with check (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')'
      ) as definition,
      d.description as comment
    from pg_catalog.pg_policy p
      join pg_catalog.pg_class c on c.oid = p.polrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      ${comment("pg_policy", "p.oid")}
    where ${visible(reading, "n")} and ${independent("pg_class", "c.oid")}`;
}

/** A trigger that a partition has from its table counts only where it is enabled in another way than there. */
function triggers(reading: Reading): string {
  return `
    select 'trigger' as kind,
      pg_catalog.format('%I.%I.%I', n.nspname, c.relname, t.tgname) as name,
      pg_catalog.format('%I.%I', n.nspname, c.relname) as parent,
      pg_catalog.concat_ws('\n',
        pg_catalog.pg_get_triggerdef(t.oid),
        case t.tgenabled when 'D' then 'disabled' when 'R' then 'enabled replica' when 'A' then 'enabled always' end,
        case when t.tgparentid <> 0 then 'inherited' end
      ) as definition,
      d.description as comment
    from pg_catalog.pg_trigger t
      join pg_catalog.pg_class c on c.oid = t.tgrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      left join pg_catalog.pg_trigger p on p.oid = t.tgparentid
      ${comment("pg_trigger", "t.oid")}
    where (t.tgparentid = 0 and not t.tgisinternal or not p.tgisinternal and p.tgenabled <> t.tgenabled)
      and ${visible(reading, "n")} and ${independent("pg_class", "c.oid")}`;
}

function rules(reading: Reading): string {
  return `
    select 'rule' as kind,
      pg_catalog.format('%I.%I.%I', n.nspname, c.relname, r.rulename) as name,
      pg_catalog.format('%I.%I', n.nspname, c.relname) as parent,
      pg_catalog.concat_ws('\n',
        pg_catalog.pg_get_ruledef(r.oid),
        case r.ev_enabled when 'D' then 'disabled' when 'R' then 'enabled replica' when 'A' then 'enabled always' end
      ) as definition,
      d.description as comment
    from pg_catalog.pg_rewrite r
      join pg_catalog.pg_class c on c.oid = r.ev_class
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      ${comment("pg_rewrite", "r.oid")}
    where r.rulename <> '_RETURN' and ${visible(reading, "n")} and ${independent("pg_class", "c.oid")}`;
}

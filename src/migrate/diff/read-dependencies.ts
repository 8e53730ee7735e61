/** What depends on what: PostgreSQL's own record, and which of its entries stand for an object that people know by another name. */

/** One row of pg_depend; class names as text. */
export interface Dependency {
  readonly class: string;
  readonly oid: number;
  readonly sub: number;
  readonly refClass: string;
  readonly refOid: number;
  readonly refSub: number;
  /** `n` normal, `a` automatic, `i` internal, `P` and `S` of a partition. */
  readonly type: string;
}

/** What lies in an extension depends on that; nothing of it is ours to write. */
export const dependencies = `
    select d.classid::regclass::text as class, d.objid as oid, d.objsubid as sub,
      d.refclassid::regclass::text as "refClass", d.refobjid as "refOid", d.refobjsubid as "refSub", d.deptype as type
    from pg_depend d
    where d.objid >= 16384 and d.deptype in ('n', 'a', 'i', 'P', 'S')
      and not exists (select from pg_depend e where e.classid = d.classid and e.objid = d.objid and e.deptype = 'e')`;

export interface Alias {
  readonly class: string;
  readonly oid: number;
  readonly toClass: string;
  readonly toOid: number;
  readonly toSub: number;
}

/**
 * A view's rule is the view, the row type of a table the table, an array its element, an index of a constraint the
 * constraint, a member of an extension the extension, the expression of a generated column the column.
 */
export const aliases = `
    select 'pg_rewrite' as class, oid, 'pg_class' as "toClass", ev_class as "toOid", 0 as "toSub" from pg_rewrite where oid >= 16384 and rulename = '_RETURN'
    union all
    select 'pg_type', t.oid, 'pg_class', c.oid, 0 from pg_type t join pg_class c on c.oid = t.typrelid where t.oid >= 16384 and c.relkind <> 'c'
    union all
    select 'pg_class', c.oid, 'pg_type', c.reltype, 0 from pg_class c where c.oid >= 16384 and c.relkind = 'c'
    union all
    select 'pg_type', t.typarray, 'pg_type', t.oid, 0 from pg_type t where t.oid >= 16384 and t.typarray <> 0
    union all
    select 'pg_type', r.rngmultitypid, 'pg_type', r.rngtypid, 0 from pg_range r where r.rngtypid >= 16384
    union all
    select 'pg_class', k.conindid, 'pg_constraint', k.oid, 0 from pg_constraint k where k.oid >= 16384 and k.contype in ('p', 'u', 'x')
    union all
    select 'pg_constraint', k.oid, 'pg_class', k.conrelid, k.conkey[1] from pg_constraint k where k.oid >= 16384 and k.contype = 'n' and k.conrelid <> 0
    union all
    select 'pg_constraint', k.oid, 'pg_type', k.contypid, 0 from pg_constraint k where k.oid >= 16384 and k.contype = 'n' and k.contypid <> 0
    union all
    select 'pg_constraint', k.oid, 'pg_constraint', k.conparentid, 0 from pg_constraint k where k.conparentid <> 0 and k.contype = 'f'
    union all
    select 'pg_trigger', t.oid, 'pg_constraint', t.tgconstraint, 0 from pg_trigger t where t.tgisinternal and t.tgconstraint <> 0
    union all
    select 'pg_trigger', t.oid, 'pg_trigger', t.tgparentid, 0 from pg_trigger t where t.tgparentid <> 0
    union all
    select 'pg_attrdef', d.oid, 'pg_class', d.adrelid, d.adnum from pg_attrdef d
      join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum where a.attgenerated <> ''
    union all
    select 'pg_amop', o.oid, 'pg_opfamily', o.amopfamily, 0 from pg_amop o where o.oid >= 16384
    union all
    select 'pg_amproc', p.oid, 'pg_opfamily', p.amprocfamily, 0 from pg_amproc p where p.oid >= 16384
    union all
    select e.classid::regclass::text, e.objid, 'pg_extension', e.refobjid, 0 from pg_depend e where e.deptype = 'e'`;

/** Among the types of the system, and those that users made. Types in a fixed spelling, for all versions. */
export const casts = `
    select format_type(castsource, null) || ' → ' || format_type(casttarget, null) as name, castcontext as context from pg_cast`;

/** The types of columns that rows can be put into, as whoever makes up rows has to know them. */
import { quoteIdentifier } from "./sql.ts";

export interface TypeShape {
  readonly oid: number;
  readonly name: string;
  readonly schema: string;
  /** As SQL writes it. */
  readonly sql: string;
  /** `b`ase, `c`omposite, `d`omain, `e`num, `r`ange, `m`ultirange. */
  readonly kind: string;
  readonly category: string;
  /** Of an array its elements, of a domain what it is made of, of a range what lies in it; else 0. */
  readonly inner: number;
  readonly modifier: number;
  readonly notNull: boolean;
  readonly labels: readonly string[];
  /** Of a domain, about `value`. */
  readonly checks: readonly NamedCheck[];
  /** How many a composite has. */
  readonly attributes: number;
}

/** An expression that must not be false. */
export interface NamedCheck {
  readonly name: string;
  readonly expression: string;
}

export type Types = ReadonlyMap<number, TypeShape>;

/** Those of a domain and of what it is made of. */
export function domainChecks(type: TypeShape | undefined, types: Types): readonly NamedCheck[] {
  return type?.kind === "d" ? [...type.checks, ...domainChecks(types.get(type.inner), types)] : [];
}

/** `VALUE` is a keyword of domains: it becomes the column, except inside of texts and names. */
export function aboutColumn(expression: string, column: string): string {
  const quoted = quoteIdentifier(column);
  return expression.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|\bVALUE\b/g, (token) => (token === "VALUE" ? quoted : token));
}

/** Condition on `c` and `n`: a table that rows can be put into, whoever made it; not partitions, which their table fills. */
export const userTables: string = `c.relkind in ('r', 'p') and not c.relispartition and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'pgsteward')
      and c.relpersistence <> 't' and not exists (
        select from pg_catalog.pg_depend e
        where e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and e.objid = c.oid and e.deptype = 'e')`;

/** The names of the columns with these numbers, as JSON. */
export const namesOf = (relation: string, numbers: string): string => `(
          select pg_catalog.json_agg(a.attname order by u.place)
          from pg_catalog.unnest(${numbers}) with ordinality u (number, place)
            join pg_catalog.pg_attribute a on a.attrelid = ${relation} and a.attnum = u.number)`;

/** The columns' types, and what these are made of. */
export const typesQuery: string = `
  with recursive used (oid) as (
    select a.atttypid from pg_catalog.pg_attribute a
      join pg_catalog.pg_class c on c.oid = a.attrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where a.attnum > 0 and not a.attisdropped and ${userTables}
    union
    select inner_type.oid from used
      join pg_catalog.pg_type t on t.oid = used.oid
      left join pg_catalog.pg_range r on r.rngtypid = t.oid or r.rngmultitypid = t.oid
      cross join lateral (values (t.typbasetype), (t.typelem), (r.rngsubtype), (r.rngtypid)) inner_type (oid)
    where inner_type.oid <> 0 and inner_type.oid <> t.oid)
  select t.oid::pg_catalog.int8::pg_catalog.float8 as oid, t.typname::pg_catalog.text as name, n.nspname::pg_catalog.text as schema,
    pg_catalog.format_type(t.oid, null) as sql,
    t.typtype::pg_catalog.text as kind, t.typcategory::pg_catalog.text as category, t.typtypmod as modifier, t.typnotnull as "notNull",
    (case t.typtype when 'd' then t.typbasetype when 'r' then (select r.rngsubtype from pg_catalog.pg_range r where r.rngtypid = t.oid)
      when 'm' then (select r.rngtypid from pg_catalog.pg_range r where r.rngmultitypid = t.oid)
      else case when t.typcategory = 'A' then t.typelem else 0 end end)::pg_catalog.int8::pg_catalog.float8 as inner,
    coalesce((select pg_catalog.json_agg(v.enumlabel order by v.enumsortorder) from pg_catalog.pg_enum v where v.enumtypid = t.oid), '[]') as labels,
    coalesce((select pg_catalog.json_agg(pg_catalog.json_build_object('name', k.conname, 'expression', pg_catalog.pg_get_expr(k.conbin, 0)))
      from pg_catalog.pg_constraint k where k.contypid = t.oid and k.contype = 'c'), '[]') as checks,
    (select pg_catalog.count(*)::pg_catalog.int4 from pg_catalog.pg_attribute a
      where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped) as attributes
  from used join pg_catalog.pg_type t on t.oid = used.oid join pg_catalog.pg_namespace n on n.oid = t.typnamespace`;

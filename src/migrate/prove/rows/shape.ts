/** What a row maker has to know of the tables: columns with their types, checks, keys. Read in one round trip. */
import type { Session } from "../../../core/engine.ts";

export interface ColumnShape {
  readonly name: string;
  /** Where it stands in the table, from 1. */
  readonly number: number;
  /** Of `TypeShape`. */
  readonly type: number;
  readonly modifier: number;
  readonly notNull: boolean;
  /** Filled by the server: generated, an identity, a serial. */
  readonly made: boolean;
}

/** An expression that must not be false, and the columns that it reads. */
export interface CheckShape {
  readonly columns: readonly string[];
  readonly expression: string;
}

export interface ForeignKeyShape {
  readonly columns: readonly string[];
  readonly table: string;
  readonly refers: readonly string[];
}

export interface TableShape {
  /** Qualified and quoted. */
  readonly name: string;
  readonly partitioned: boolean;
  readonly columns: readonly ColumnShape[];
  readonly checks: readonly CheckShape[];
  readonly keys: readonly ForeignKeyShape[];
  /** Columns of the primary key, empty where there is none. */
  readonly primary: readonly string[];
  /** What each partition takes; null where it is no partitioned table or has none. */
  readonly bounds: readonly string[] | null;
}

export interface TypeShape {
  readonly oid: number;
  readonly name: string;
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
  readonly checks: readonly string[];
  readonly attributes: number;
}

export interface Shape {
  readonly tables: readonly TableShape[];
  readonly types: ReadonlyMap<number, TypeShape>;
}

/** Every table of the database that rows can be put into, whoever made it; not partitions, which their table fills. */
export async function readShape(session: Session): Promise<Shape> {
  const [tables, types] = await session.script(`${tablesQuery};\n${typesQuery}`);
  const found = (types?.rows ?? []) as TypeShape[];
  return { tables: (tables?.rows ?? []) as TableShape[], types: new Map(found.map((type) => [type.oid, type])) };
}

const userTables = `c.relkind in ('r', 'p') and not c.relispartition and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'pgsteward')
      and c.relpersistence <> 't' and not exists (
        select from pg_catalog.pg_depend e
        where e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and e.objid = c.oid and e.deptype = 'e')`;

const namesOf = (relation: string, numbers: string): string => `(
          select pg_catalog.json_agg(a.attname order by u.place)
          from pg_catalog.unnest(${numbers}) with ordinality u (number, place)
            join pg_catalog.pg_attribute a on a.attrelid = ${relation} and a.attnum = u.number)`;

const tablesQuery = `
  select pg_catalog.format('%I.%I', n.nspname, c.relname) as name, c.relkind = 'p' as partitioned,
    (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
        'name', a.attname, 'number', a.attnum, 'type', a.atttypid::pg_catalog.int8, 'modifier', a.atttypmod, 'notNull', a.attnotnull,
        'made', a.attgenerated <> '' or a.attidentity <> '' or coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid) ~ '^nextval', false)
      ) order by a.attnum), '[]'::pg_catalog.json)
      from pg_catalog.pg_attribute a
        left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
    (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
        'columns', coalesce(${namesOf("c.oid", "k.conkey")}, '[]'::pg_catalog.json), 'expression', pg_catalog.pg_get_expr(k.conbin, k.conrelid))), '[]'::pg_catalog.json)
      from pg_catalog.pg_constraint k where k.conrelid = c.oid and k.contype = 'c') as checks,
    (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
        'columns', ${namesOf("c.oid", "k.conkey")}, 'refers', ${namesOf("k.confrelid", "k.confkey")},
        'table', pg_catalog.format('%I.%I', rn.nspname, r.relname)) order by k.conname), '[]'::pg_catalog.json)
      from pg_catalog.pg_constraint k
        join pg_catalog.pg_class r on r.oid = k.confrelid
        join pg_catalog.pg_namespace rn on rn.oid = r.relnamespace
      where k.conrelid = c.oid and k.contype = 'f' and k.conparentid = 0) as keys,
    coalesce((select ${namesOf("c.oid", "k.conkey")} from pg_catalog.pg_constraint k where k.conrelid = c.oid and k.contype = 'p'), '[]'::pg_catalog.json) as primary,
    (select pg_catalog.json_agg(pg_catalog.pg_get_partition_constraintdef(i.inhrelid)) from pg_catalog.pg_inherits i
      where i.inhparent = c.oid and c.relkind = 'p') as bounds
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where ${userTables}
  order by c.oid`;

/** The columns' types, and what these are made of. */
const typesQuery = `
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
  select t.oid::pg_catalog.int8::pg_catalog.float8 as oid, t.typname::pg_catalog.text as name, pg_catalog.format_type(t.oid, null) as sql,
    t.typtype::pg_catalog.text as kind, t.typcategory::pg_catalog.text as category, t.typtypmod as modifier, t.typnotnull as "notNull",
    (case t.typtype when 'd' then t.typbasetype when 'r' then (select r.rngsubtype from pg_catalog.pg_range r where r.rngtypid = t.oid)
      when 'm' then (select r.rngtypid from pg_catalog.pg_range r where r.rngmultitypid = t.oid)
      else case when t.typcategory = 'A' then t.typelem else 0 end end)::pg_catalog.int8::pg_catalog.float8 as inner,
    coalesce((select pg_catalog.json_agg(v.enumlabel order by v.enumsortorder) from pg_catalog.pg_enum v where v.enumtypid = t.oid), '[]') as labels,
    coalesce((select pg_catalog.json_agg(pg_catalog.pg_get_expr(k.conbin, 0)) from pg_catalog.pg_constraint k
      where k.contypid = t.oid and k.contype = 'c'), '[]') as checks,
    (select pg_catalog.count(*)::pg_catalog.int4 from pg_catalog.pg_attribute a
      where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped) as attributes
  from used join pg_catalog.pg_type t on t.oid = used.oid`;

/** What a row maker has to know of the tables: columns with their types, checks, keys. Read in one round trip. */
import type { Session } from "../../../core/engine.ts";
import { namesOf, type Types, type TypeShape, typesQuery, userTables } from "../../../core/type-shapes.ts";

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

export interface Shape {
  readonly tables: readonly TableShape[];
  readonly types: Types;
}

/** Every table of the database that rows can be put into, whoever made it; not partitions, which their table fills. */
export async function readShape(session: Session): Promise<Shape> {
  const [tables, types] = await session.script(`${tablesQuery};\n${typesQuery}`);
  const found = (types?.rows ?? []) as TypeShape[];
  return { tables: (tables?.rows ?? []) as TableShape[], types: new Map(found.map((type) => [type.oid, type])) };
}

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

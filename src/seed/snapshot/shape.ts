/** What a snapshot has to know of the tables, read in one round trip. */
import type { Session } from "../../core/engine.ts";
import { id } from "../../core/sql.ts";

export interface SnapshotColumn {
  readonly name: string;
  /** As a cast needs it: `character varying(20)`. */
  readonly type: string;
  /** The name of the type it is made of: of an array its elements', of a domain its base. */
  readonly base: string;
  readonly array: boolean;
  readonly enumerated: boolean;
  readonly domain: boolean;
  /** The most characters it takes. */
  readonly limit: number | null;
  /** It takes upper and lower case for the same. */
  readonly caseless: boolean;
  readonly notNull: boolean;
  readonly hasDefault: boolean;
  /** Computed by the server. */
  readonly generated: boolean;
}

export interface SnapshotKey {
  readonly name: string;
  readonly columns: readonly string[];
  /** `SnapshotTable.oid` of the referenced table. */
  readonly target: number;
  readonly refers: readonly string[];
  /** The equality of each pair of columns, the referenced one to its left. */
  readonly operators: readonly string[];
}

export interface SnapshotTable {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly partitioned: boolean;
  readonly columns: readonly SnapshotColumn[];
  readonly primaryKey: readonly string[];
  readonly uniques: readonly { readonly columns: readonly string[]; readonly plain: boolean; readonly folds: boolean }[];
  readonly keys: readonly SnapshotKey[];
  readonly checks: readonly { readonly name: string; readonly expression: string; readonly columns: readonly string[] }[];
  /** The role may read it. */
  readonly readable: boolean;
  /** Row level security applies to this role. */
  readonly rowsHidden: boolean;
  /** The planner's number of rows; below 0 where it has none. */
  readonly estimate: number;
}

/** Qualified, and quoted. */
export const relationOf = ({ schema, name }: Pick<SnapshotTable, "schema" | "name">): string => id(schema, name).text;

/** As people write it: without the schema `public`. */
export const shortName = ({ schema, name }: Pick<SnapshotTable, "schema" | "name">): string =>
  schema === "public" ? name : `${schema}.${name}`;

const list = (query: string): string => `coalesce((${query}), '[]'::pg_catalog.json)`;

const columns = `
  select pg_catalog.json_agg(pg_catalog.json_build_object(
      'name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod), 'base', coalesce(e.typname, b.typname),
      'array', e.oid is not null, 'enumerated', coalesce(e.typtype, b.typtype) = 'e', 'domain', t.typtype = 'd',
      'limit', case when coalesce(e.typname, b.typname) in ('varchar', 'bpchar') and m.modifier > 4 then m.modifier - 4 end,
      'caseless', coalesce(e.typname, b.typname) = 'citext' or not coalesce(l.collisdeterministic, true),
      'notNull', a.attnotnull or t.typnotnull, 'hasDefault', a.atthasdef or t.typdefault is not null,
      'generated', a.attgenerated <> '') order by a.attnum)
  from pg_catalog.pg_attribute a
  join pg_catalog.pg_type t on t.oid = a.atttypid
  join pg_catalog.pg_type b on b.oid = case t.typtype when 'd' then t.typbasetype else t.oid end
  left join pg_catalog.pg_type e on e.oid = b.typelem and b.typcategory = 'A'
  left join pg_catalog.pg_collation l on l.oid = a.attcollation
  cross join lateral (select case t.typtype when 'd' then t.typtypmod else a.atttypmod end as modifier) m
  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped`;

const names = (relation: string, numbers: string): string => `(
    select pg_catalog.json_agg(a.attname order by u.place)
    from pg_catalog.unnest(${numbers}) with ordinality u(number, place)
    join pg_catalog.pg_attribute a on a.attrelid = ${relation} and a.attnum = u.number)`;

/** A column within an expression is found by what the index depends on. */
const uniques = `
  select pg_catalog.json_agg(pg_catalog.json_build_object(
      'plain', i.indexprs is null and i.indpred is null,
      'folds', pg_catalog.pg_get_indexdef(i.indexrelid) ~* '\\m(lower|upper)\\(',
      'columns', (select pg_catalog.json_agg(a.attname order by a.attnum) from pg_catalog.pg_attribute a
        where a.attrelid = c.oid and (a.attnum = any ((i.indkey::int2[])[0:i.indnkeyatts - 1]) or exists (
          select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = i.indexrelid
            and d.refclassid = d.classid and d.refobjid = c.oid and d.refobjsubid = a.attnum and i.indexprs is not null))))
    order by i.indisprimary desc, i.indexrelid)
  from pg_catalog.pg_index i where i.indrelid = c.oid and i.indisunique and i.indisvalid`;

/** Keys of and to a partition count for its table. */
const keys = `
  select pg_catalog.json_agg(pg_catalog.json_build_object(
      'name', k.conname, 'columns', ${names("k.conrelid", "k.conkey")}, 'refers', ${names("k.confrelid", "k.confkey")},
      'target', coalesce(pg_catalog.pg_partition_root(k.confrelid), k.confrelid)::pg_catalog.oid::pg_catalog.int8,
      'operators', (select pg_catalog.json_agg(pg_catalog.format('operator(%I.%s)', n.nspname, o.oprname) order by u.place)
        from pg_catalog.unnest(k.conpfeqop) with ordinality u(number, place)
        join pg_catalog.pg_operator o on o.oid = u.number join pg_catalog.pg_namespace n on n.oid = o.oprnamespace)) order by k.conname)
  from pg_catalog.pg_constraint k
  where k.contype = 'f' and k.conparentid = 0 and coalesce(pg_catalog.pg_partition_root(k.conrelid), k.conrelid) = c.oid`;

const checks = `
  select pg_catalog.json_agg(pg_catalog.json_build_object(
      'name', k.conname, 'expression', pg_catalog.pg_get_expr(k.conbin, k.conrelid), 'columns', ${names("k.conrelid", "k.conkey")}) order by k.conname)
  from pg_catalog.pg_constraint k where k.conrelid = c.oid and k.contype = 'c' and k.convalidated and k.conkey is not null`;

/** Every table of the application; not partitions, which their table stands for. By name. */
export async function readTables(session: Session): Promise<readonly SnapshotTable[]> {
  const { rows } = await session.query<SnapshotTable>(`
    select c.oid, n.nspname as schema, c.relname as name, c.relkind = 'p' as partitioned,
      ${list(columns)} as columns, ${list(uniques)} as uniques, ${list(keys)} as keys, ${list(checks)} as checks,
      coalesce((select ${names("c.oid", "(i.indkey::int2[])[0:i.indnkeyatts - 1]")}
        from pg_catalog.pg_index i where i.indrelid = c.oid and i.indisprimary), '[]') as "primaryKey",
      pg_catalog.has_table_privilege(c.oid, 'SELECT') as readable, pg_catalog.row_security_active(c.oid) as "rowsHidden",
      case c.relkind when 'p' then (
        select case when pg_catalog.min(p.reltuples) < 0 then -1 else pg_catalog.sum(p.reltuples) end
        from pg_catalog.pg_partition_tree(c.oid) f join pg_catalog.pg_class p on p.oid = f.relid where f.isleaf)
      else c.reltuples end::pg_catalog.float8 as estimate
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence <> 't'
      and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'pgsteward')
      and not exists (select from pg_catalog.pg_depend d
        where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e')
    order by n.nspname, c.relname`);
  return rows;
}

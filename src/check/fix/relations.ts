/** What a fix has to know of the tables that it touches: their columns, keys and foreign keys. */
import type { Session } from "../../core/engine.ts";
import { id, Raw, sql } from "../../core/sql.ts";

export interface Column {
  readonly name: string;
  /** GENERATED ALWAYS AS IDENTITY: an UPDATE may not name it. */
  readonly identityAlways: boolean;
}

/** Columns that no two rows share. */
export interface Key {
  readonly primary: boolean;
  readonly columns: readonly string[];
  /** Its equality, column by column: `operator(pg_catalog.=)`. */
  readonly operators: readonly string[];
}

export interface Relation {
  readonly oid: number;
  readonly schema: string;
  readonly table: string;
  readonly kind: "table" | "partitioned" | "other";
  /** Without generated ones. */
  readonly columns: readonly Column[];
  /** Primary key first; of unique indexes those without expressions and predicates. */
  readonly keys: readonly Key[];
}

export interface ForeignKey {
  readonly name: string;
  readonly child: RelationName;
  readonly parent: RelationName;
  /** The partitioned table that it is a part of, or itself. */
  readonly childRoot: number;
  readonly parentRoot: number;
  readonly childColumns: readonly string[];
  readonly parentColumns: readonly string[];
  /** parent column, operator, child column. */
  readonly operators: readonly string[];
  /** Columns that ON DELETE SET NULL or SET DEFAULT sets, with what; empty where the rows have to go. */
  readonly sets: readonly { readonly column: string; readonly to: "null" | "default" }[];
}

export interface RelationName {
  readonly schema: string;
  readonly table: string;
  readonly partitioned: boolean;
}

/** For FROM, UPDATE and DELETE: a table's rows without those of tables that inherit from it, a partitioned one's with all. */
export function fromClause({ schema, table, partitioned }: RelationName): Raw {
  const name = id(schema, table);
  return partitioned ? name : new Raw(`only ${name.text}`);
}

export const nameOf = ({ schema, table }: { readonly schema: string; readonly table: string }): string => `${schema}.${table}`;
export const primaryKey = ({ keys }: Relation): Key | undefined => keys.find(({ primary }) => primary);
export const isPartitioned = ({ kind }: Relation): boolean => kind === "partitioned";
export const sourceOf = (relation: Relation): Raw => fromClause({ ...relation, partitioned: isPartitioned(relation) });

/** Relations by oid; those that are not there are left out. */
export async function readRelations(session: Session, oids: readonly number[]): Promise<ReadonlyMap<number, Relation>> {
  const { rows } = await session.query<Relation>(sql`
    select c.oid, n.nspname as schema, c.relname as table,
      case c.relkind when 'r' then 'table' when 'p' then 'partitioned' else 'other' end as kind,
      coalesce((
        select jsonb_agg(jsonb_build_object('name', a.attname, 'identityAlways', a.attidentity = 'a') order by a.attnum)
        from pg_catalog.pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
      ), '[]') as columns,
      coalesce((
        select jsonb_agg(jsonb_build_object('primary', i.indisprimary, 'columns', k.columns, 'operators', k.operators)
          order by i.indisprimary desc, i.indexrelid)
        from pg_catalog.pg_index i
        cross join lateral (
          select jsonb_agg(a.attname order by u.position) as columns,
            jsonb_agg(format('operator(%I.%s)', s.nspname, o.oprname) order by u.position) as operators,
            count(o.oid) as known
          from unnest(i.indkey::int2[], i.indclass::oid[]) with ordinality u (attnum, opclass, position)
          join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = u.attnum and a.attgenerated = ''
          join pg_catalog.pg_opclass p on p.oid = u.opclass
          join pg_catalog.pg_amop m on m.amopfamily = p.opcfamily and m.amoplefttype = p.opcintype
            and m.amoprighttype = p.opcintype and m.amopstrategy = 3
          join pg_catalog.pg_operator o on o.oid = m.amopopr
          join pg_catalog.pg_namespace s on s.oid = o.oprnamespace
          where u.position <= i.indnkeyatts
        ) k
        where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indpred is null and k.known = i.indnkeyatts
          and exists (select from pg_catalog.pg_class x join pg_catalog.pg_am b on b.oid = x.relam
            where x.oid = i.indexrelid and b.amname = 'btree')
      ), '[]') as keys
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.oid = any (${oids}::oid[])`);
  return new Map(rows.map((row) => [row.oid, row]));
}

/** Every foreign key, whatever it does on delete. Those of partitions, which their table's one implies, are left out. */
export async function readForeignKeys(session: Session): Promise<readonly ForeignKey[]> {
  const { rows } = await session.query<ForeignKey>(sql`
    select f.conname as name,
      jsonb_build_object('schema', cn.nspname, 'table', c.relname, 'partitioned', c.relkind = 'p') as child,
      jsonb_build_object('schema', pn.nspname, 'table', p.relname, 'partitioned', p.relkind = 'p') as parent,
      coalesce(pg_catalog.pg_partition_root(c.oid), c.oid)::oid as "childRoot",
      coalesce(pg_catalog.pg_partition_root(p.oid), p.oid)::oid as "parentRoot",
      k.child_columns as "childColumns", k.parent_columns as "parentColumns", k.operators,
      case when f.confdeltype in ('n', 'd') and k.settable then k.sets else '[]' end as sets
    from pg_catalog.pg_constraint f
    join pg_catalog.pg_class c on c.oid = f.conrelid
    join pg_catalog.pg_namespace cn on cn.oid = c.relnamespace
    join pg_catalog.pg_class p on p.oid = f.confrelid
    join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace
    cross join lateral (
      select jsonb_agg(a.attname order by u.position) as child_columns,
        jsonb_agg(b.attname order by u.position) as parent_columns,
        jsonb_agg(format('operator(%I.%s)', s.nspname, o.oprname) order by u.position) as operators,
        jsonb_agg(jsonb_build_object('column', a.attname, 'to', case f.confdeltype when 'n' then 'null' else 'default' end)
          order by u.position) filter (where t.chosen) as sets,
        coalesce(bool_and(not a.attnotnull or f.confdeltype = 'd' and a.atthasdef) filter (where t.chosen), false) as settable
      from unnest(f.conkey, f.confkey, f.conpfeqop) with ordinality u (child, parent, operator, position)
      join pg_catalog.pg_attribute a on a.attrelid = f.conrelid and a.attnum = u.child
      join pg_catalog.pg_attribute b on b.attrelid = f.confrelid and b.attnum = u.parent
      join pg_catalog.pg_operator o on o.oid = u.operator
      join pg_catalog.pg_namespace s on s.oid = o.oprnamespace
      -- ON DELETE SET NULL (columns) came with PostgreSQL 15.
      cross join lateral (
        select coalesce(to_jsonb(f) -> 'confdelsetcols' @> to_jsonb(u.child), true)
          or to_jsonb(f) -> 'confdelsetcols' = 'null' as chosen
      ) t
    ) k
    where f.contype = 'f' and f.conparentid = 0
    order by cn.nspname, c.relname, f.conname`);
  return rows;
}

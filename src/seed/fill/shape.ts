/** What the generator has to know of the tables, read in one round trip: columns, keys, uniqueness, checks, rights. */
import type { Session } from "../../core/engine.ts";
import { quoteIdentifier } from "../../core/sql.ts";
import { type NamedCheck, namesOf, type Types, type TypeShape, typesQuery, userTables } from "../../core/type-shapes.ts";

export interface ColumnShape {
  readonly name: string;
  /** Of `TypeShape`. */
  readonly type: number;
  readonly modifier: number;
  /** By itself or by its domain. */
  readonly notNull: boolean;
  /** Computed by the server. */
  readonly generated: boolean;
  readonly hasDefault: boolean;
  /** The sequence of an identity or serial column, qualified. */
  readonly sequence: string | null;
  readonly identityAlways: boolean;
}

export interface UniqueShape {
  readonly name: string;
  readonly primary: boolean;
  /** A column's name, or null where the key is an expression. */
  readonly columns: readonly (string | null)[];
  /** Of the keys that are no columns. */
  readonly expressions: readonly string[];
  readonly predicate: string | null;
}

export interface ForeignKeyShape {
  readonly name: string;
  readonly columns: readonly string[];
  /** `TableShape.id` of the referenced table. */
  readonly table: string;
  readonly refers: readonly string[];
  readonly deferrable: boolean;
}

export interface TriggerShape {
  readonly name: string;
  readonly definition: string;
  /** Fires whatever `session_replication_role` says. */
  readonly always: boolean;
}

export interface TableShape {
  readonly schema: string;
  readonly name: string;
  /** Qualified and quoted. */
  readonly id: string;
  readonly partitioned: boolean;
  readonly columns: readonly ColumnShape[];
  readonly checks: readonly NamedCheck[];
  readonly uniques: readonly UniqueShape[];
  readonly keys: readonly ForeignKeyShape[];
  /** Range columns of exclusion constraints with &&: their values must not overlap. */
  readonly disjoint: readonly string[];
  /** Of the user, fired by INSERT, enabled. */
  readonly triggers: readonly TriggerShape[];
  /** The role owns it: it may drop and make its constraints. */
  readonly owned: boolean;
  /** The role may COPY into it: no row level security applies. */
  readonly copyable: boolean;
  readonly readable: boolean;
  readonly empty: boolean;
}

export interface Shape {
  readonly tables: readonly TableShape[];
  readonly types: Types;
}

/** Every table that rows can be put into; not partitions, which their table fills. */
export async function readShape(session: Session): Promise<Shape> {
  const [tables, types] = await session.script(`${tablesQuery};\n${typesQuery}`);
  const found = (tables?.rows ?? []) as (Omit<TableShape, "empty" | "id" | "readable"> & { readonly readable: boolean })[];
  const named = found.map((table) => ({ ...table, id: `${quoteIdentifier(table.schema)}.${quoteIdentifier(table.name)}` }));
  const filled = await whichAreFilled(
    session,
    named.filter(({ readable }) => readable).map(({ id }) => id),
  );
  return {
    tables: named.map((table) => ({ ...table, empty: table.readable && !filled.has(table.id) })),
    types: new Map(((types?.rows ?? []) as TypeShape[]).map((type) => [type.oid, type])),
  };
}

async function whichAreFilled(session: Session, tables: readonly string[]): Promise<ReadonlySet<string>> {
  if (tables.length === 0) return new Set();
  const { rows } = await session.query<{ filled: boolean[] }>(
    `select array[${tables.map((id) => `exists (select from ${id})`).join(", ")}] as filled`,
  );
  return new Set(tables.filter((_, i) => rows[0]?.filled[i]));
}

const qualified = (namespace: string, name: string): string =>
  `'"' || pg_catalog.replace(${namespace}, '"', '""') || '"."' || pg_catalog.replace(${name}, '"', '""') || '"'`;

/** Of an index; null where the key is an expression. */
const keyNames = `(
          select pg_catalog.json_agg(a.attname order by u.place)
          from pg_catalog.unnest((i.indkey::pg_catalog.int2[])[0:i.indnkeyatts - 1]) with ordinality u (number, place)
            left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = u.number and u.number <> 0)`;

const columns = `
      select pg_catalog.json_agg(pg_catalog.json_build_object(
        'name', a.attname, 'type', a.atttypid::pg_catalog.int8, 'modifier', a.atttypmod, 'notNull', a.attnotnull or (select t.typnotnull from pg_catalog.pg_type t where t.oid = a.atttypid),
        'generated', a.attgenerated <> '', 'hasDefault', a.atthasdef, 'identityAlways', a.attidentity = 'a',
        'sequence', (
          select ${qualified("sn.nspname", "s.relname")}
          from pg_catalog.pg_depend d
            join pg_catalog.pg_class s on s.oid = d.objid and s.relkind = 'S'
            join pg_catalog.pg_namespace sn on sn.oid = s.relnamespace
          where d.refobjid = c.oid and d.refobjsubid = a.attnum and d.deptype in ('a', 'i')
            and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass limit 1)
      ) order by a.attnum)
      from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped`;

/** A row has to lie in one of the partitions; with a default partition, anywhere. */
const partitionCheck = `
      select pg_catalog.string_agg('(' || coalesce(pg_catalog.pg_get_partition_constraintdef(i.inhrelid), 'true') || ')', ' or ')
      from pg_catalog.pg_inherits i where i.inhparent = c.oid and c.relkind = 'p'
      having not pg_catalog.bool_or((
        select pg_catalog.pg_get_expr(p.relpartbound, p.oid) = 'DEFAULT' from pg_catalog.pg_class p where p.oid = i.inhrelid))`;

const checks = `
      select pg_catalog.json_agg(pg_catalog.json_build_object('name', k.name, 'expression', k.expression))
      from (
        select k.conname::pg_catalog.text as name, pg_catalog.pg_get_expr(k.conbin, k.conrelid) as expression
        from pg_catalog.pg_constraint k where k.conrelid = c.oid and k.contype = 'c'
        union all
        select 'the bounds of its partitions', b.expression from (${partitionCheck}) b (expression) where b.expression is not null) k`;

const uniques = `
      select pg_catalog.json_agg(pg_catalog.json_build_object(
        'name', ic.relname, 'primary', i.indisprimary,
        'columns', ${keyNames},
        'expressions', (
          select coalesce(pg_catalog.json_agg(pg_catalog.pg_get_indexdef(i.indexrelid, place, true)), '[]'::pg_catalog.json)
          from pg_catalog.generate_series(1, i.indnkeyatts::pg_catalog.int4) place where i.indkey[place - 1] = 0),
        'predicate', pg_catalog.pg_get_expr(i.indpred, c.oid)) order by i.indisprimary desc, ic.relname)
      from pg_catalog.pg_index i join pg_catalog.pg_class ic on ic.oid = i.indexrelid
      where i.indrelid = c.oid and i.indisunique and i.indisvalid`;

const keys = `
      select pg_catalog.json_agg(pg_catalog.json_build_object(
        'name', k.conname, 'columns', ${namesOf("c.oid", "k.conkey")}, 'refers', ${namesOf("k.confrelid", "k.confkey")},
        'table', ${qualified("rn.nspname", "r.relname")}, 'deferrable', k.condeferrable) order by k.conname)
      from pg_catalog.pg_constraint k
        join pg_catalog.pg_class r on r.oid = k.confrelid
        join pg_catalog.pg_namespace rn on rn.oid = r.relnamespace
      where k.conrelid = c.oid and k.contype = 'f' and k.conparentid = 0`;

const disjoint = `
      select pg_catalog.json_agg(a.attname)
      from pg_catalog.pg_constraint k
        cross join lateral pg_catalog.generate_subscripts(k.conkey, 1) place
        join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = k.conkey[place]
        join pg_catalog.pg_operator o on o.oid = k.conexclop[place]
      where k.conrelid = c.oid and k.contype = 'x' and o.oprname = '&&'`;

/** tgtype: 4 is INSERT. */
const triggers = `
      select pg_catalog.json_agg(pg_catalog.json_build_object('name', t.tgname, 'definition', pg_catalog.pg_get_triggerdef(t.oid), 'always', t.tgenabled = 'A') order by t.tgname)
      from pg_catalog.pg_trigger t
      where t.tgrelid = c.oid and not t.tgisinternal and t.tgtype & 4 <> 0 and t.tgenabled in ('O', 'A')`;

const list = (query: string): string => `coalesce((${query}), '[]'::pg_catalog.json)`;

const tablesQuery = `
  select n.nspname::pg_catalog.text as schema, c.relname::pg_catalog.text as name, c.relkind = 'p' as partitioned,
    ${list(columns)} as columns, ${list(checks)} as checks, ${list(uniques)} as uniques, ${list(keys)} as keys,
    ${list(disjoint)} as disjoint, ${list(triggers)} as triggers,
    pg_catalog.pg_has_role(c.relowner, 'USAGE') as owned,
    pg_catalog.has_table_privilege(c.oid, 'INSERT') and not pg_catalog.row_security_active(c.oid) as copyable,
    pg_catalog.has_table_privilege(c.oid, 'SELECT') as readable
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where ${userTables}
  order by n.nspname, c.relname`;

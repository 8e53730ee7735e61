/** What the generator has to know of the tables, read in one round trip: columns, keys, uniqueness, checks, rights. */
import type { Session } from "../../core/engine.ts";
import { quoteIdentifier } from "../../core/sql.ts";

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

/** An expression that must not be false. */
export interface CheckShape {
  readonly name: string;
  readonly expression: string;
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
  readonly checks: readonly CheckShape[];
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
  readonly checks: readonly CheckShape[];
}

export interface Shape {
  readonly tables: readonly TableShape[];
  readonly types: ReadonlyMap<number, TypeShape>;
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

const userTables = `c.relkind in ('r', 'p') and not c.relispartition and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'pgsteward')
      and c.relpersistence <> 't' and not exists (
        select from pg_catalog.pg_depend e
        where e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and e.objid = c.oid and e.deptype = 'e')`;

const qualified = (namespace: string, name: string): string =>
  `'"' || pg_catalog.replace(${namespace}, '"', '""') || '"."' || pg_catalog.replace(${name}, '"', '""') || '"'`;

const namesOf = (relation: string, numbers: string): string => `(
          select pg_catalog.json_agg(a.attname order by u.place)
          from pg_catalog.unnest(${numbers}) with ordinality u (number, place)
            left join pg_catalog.pg_attribute a on a.attrelid = ${relation} and a.attnum = u.number and u.number <> 0)`;

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
        'columns', ${namesOf("c.oid", "(i.indkey::pg_catalog.int2[])[0:i.indnkeyatts - 1]")},
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
  select t.oid::pg_catalog.int8::pg_catalog.float8 as oid, t.typname::pg_catalog.text as name, n.nspname::pg_catalog.text as schema,
    pg_catalog.format_type(t.oid, null) as sql,
    t.typtype::pg_catalog.text as kind, t.typcategory::pg_catalog.text as category, t.typtypmod as modifier, t.typnotnull as "notNull",
    (case t.typtype when 'd' then t.typbasetype when 'r' then (select r.rngsubtype from pg_catalog.pg_range r where r.rngtypid = t.oid)
      when 'm' then (select r.rngtypid from pg_catalog.pg_range r where r.rngmultitypid = t.oid)
      else case when t.typcategory = 'A' then t.typelem else 0 end end)::pg_catalog.int8::pg_catalog.float8 as inner,
    coalesce((select pg_catalog.json_agg(v.enumlabel order by v.enumsortorder) from pg_catalog.pg_enum v where v.enumtypid = t.oid), '[]') as labels,
    coalesce((select pg_catalog.json_agg(pg_catalog.json_build_object('name', k.conname, 'expression', pg_catalog.pg_get_expr(k.conbin, 0)))
      from pg_catalog.pg_constraint k where k.contypid = t.oid and k.contype = 'c'), '[]') as checks
  from used join pg_catalog.pg_type t on t.oid = used.oid join pg_catalog.pg_namespace n on n.oid = t.typnamespace`;

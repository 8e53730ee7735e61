/** What rules ask of the schema, as values: tables with columns, policies, indexes and foreign keys; views; functions. */
import type { Session } from "../../core/engine.ts";

export interface Column {
  /** attnum: stays with the column when it is renamed. */
  readonly number: number;
  readonly name: string;
  /** `integer`, `character varying(20)`, `vector(1536)`. */
  readonly type: string;
  readonly notNull: boolean;
}

export interface Policy {
  readonly name: string;
  readonly command: "ALL" | "SELECT" | "INSERT" | "UPDATE" | "DELETE";
  readonly permissive: boolean;
  readonly check: boolean;
}

export interface Index {
  readonly name: string;
  readonly method: string;
  readonly unique: boolean;
  readonly primary: boolean;
  /** Whether it holds rows of the whole table. */
  readonly partial: boolean;
  /** It belongs to a primary key or a UNIQUE constraint. */
  readonly constraint: boolean;
  /** CREATE INDEX; of a partition only. */
  readonly definition: string | null;
  /** Numbers of the columns, 0 for an expression. */
  readonly columns: readonly number[];
  /** Types of the indexed columns and expressions, with their modifiers: `vector(3072)`. */
  readonly types: readonly string[];
}

export interface ForeignKey {
  readonly name: string;
  readonly columns: readonly number[];
  readonly target: string;
}

export interface Table {
  readonly name: string;
  readonly kind: "r" | "p" | "v" | "m" | "f";
  readonly rls: boolean;
  readonly forced: boolean;
  readonly isPartition: boolean;
  /** `RANGE (at)`, of a partitioned table. */
  readonly partitionKey: string | null;
  readonly defaultPartition: string | null;
  readonly columns: readonly Column[];
  readonly policies: readonly Policy[];
  readonly indexes: readonly Index[];
  readonly foreignKeys: readonly ForeignKey[];
  /** Options of a view: `security_invoker=true`. */
  readonly options: readonly string[];
  /** Tables and views that a view reads. */
  readonly reads: readonly string[];
}

export interface Routine {
  /** `public.add(integer,integer)`, as event triggers name it. */
  readonly name: string;
  readonly definer: boolean;
  /** `search_path=pg_catalog` */
  readonly settings: readonly string[];
}

export interface Schema {
  readonly tables: ReadonlyMap<string, Table>;
  readonly routines: ReadonlyMap<string, Routine>;
}

const name = (relation: string, namespace: string): string =>
  `pg_catalog.quote_ident(${namespace}.nspname) || '.' || pg_catalog.quote_ident(${relation}.relname)`;
const visible = "n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'pgsteward')";
const list = (what: string, from: string): string => `coalesce((select pg_catalog.json_agg(${what}) from ${from}), '[]')`;

const tables = `
  select ${name("c", "n")} as name, c.relkind::text as kind, c.relrowsecurity as rls, c.relforcerowsecurity as forced,
    c.relispartition as "isPartition", case when c.relkind = 'p' then pg_catalog.pg_get_partkeydef(c.oid) end as "partitionKey",
    (select ${name("dc", "dn")} from pg_catalog.pg_partitioned_table pt join pg_catalog.pg_class dc on dc.oid = pt.partdefid
      join pg_catalog.pg_namespace dn on dn.oid = dc.relnamespace where pt.partrelid = c.oid) as "defaultPartition", coalesce(c.reloptions, '{}') as options,
    ${list(
      "pg_catalog.json_build_object('number', a.attnum, 'name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod), 'notNull', a.attnotnull) order by a.attnum",
      "pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped",
    )} as columns,
    ${list(
      "pg_catalog.json_build_object('name', p.polname, 'permissive', p.polpermissive, 'check', p.polwithcheck is not null, 'command', case p.polcmd when 'r' then 'SELECT' when 'a' then 'INSERT' when 'w' then 'UPDATE' when 'd' then 'DELETE' else 'ALL' end)",
      "pg_catalog.pg_policy p where p.polrelid = c.oid",
    )} as policies,
    ${list(
      `pg_catalog.json_build_object('name', ${name("ic", "ns")}, 'method', am.amname, 'unique', i.indisunique, 'primary', i.indisprimary,
        'partial', i.indpred is not null,
        'constraint', exists (select from pg_catalog.pg_constraint ck where ck.conindid = i.indexrelid and ck.contype in ('p', 'u')),
        'definition', case when c.relispartition then pg_catalog.pg_get_indexdef(i.indexrelid) end, 'columns', (i.indkey::int2[])[0:i.indnkeyatts - 1], 'types',
        (select pg_catalog.json_agg(pg_catalog.format_type(ia.atttypid, ia.atttypmod) order by ia.attnum) from pg_catalog.pg_attribute ia where ia.attrelid = i.indexrelid))`,
      "pg_catalog.pg_index i join pg_catalog.pg_class ic on ic.oid = i.indexrelid join pg_catalog.pg_namespace ns on ns.oid = ic.relnamespace join pg_catalog.pg_am am on am.oid = ic.relam where i.indrelid = c.oid",
    )} as indexes,
    ${list(
      `pg_catalog.json_build_object('name', f.conname, 'columns', f.conkey, 'target', (select ${name("t", "tn")} from pg_catalog.pg_class t join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace where t.oid = f.confrelid))`,
      "pg_catalog.pg_constraint f where f.conrelid = c.oid and f.contype = 'f' and f.conparentid = 0",
    )} as "foreignKeys",
    case when c.relkind in ('v', 'm') then ${list(
      `distinct ${name("t", "tn")}`,
      `pg_catalog.pg_rewrite r join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_catalog.pg_class'::regclass
        join pg_catalog.pg_class t on t.oid = d.refobjid join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace where r.ev_class = c.oid and t.oid <> c.oid`,
    )} else '[]' end as reads
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f') and ${visible}
    and not exists (select from pg_catalog.pg_depend e where e.classid = 'pg_catalog.pg_class'::regclass and e.objid = c.oid and e.deptype = 'e')`;

const routines = `
  select (pg_catalog.pg_identify_object('pg_catalog.pg_proc'::regclass, p.oid, 0)).identity as name,
    p.prosecdef as definer, coalesce(p.proconfig, '{}') as settings
  from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where p.prosecdef and ${visible}
    and not exists (select from pg_catalog.pg_depend e where e.classid = 'pg_catalog.pg_proc'::regclass and e.objid = p.oid and e.deptype = 'e')`;

/** One round trip. */
export async function readSchema(session: Session): Promise<Schema> {
  const [first, second] = await session.script(`${tables}; ${routines}`);
  return {
    tables: new Map(((first?.rows ?? []) as Table[]).map((table) => [table.name, table])),
    routines: new Map(((second?.rows ?? []) as Routine[]).map((routine) => [routine.name, routine])),
  };
}

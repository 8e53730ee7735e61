/**
 * Loading into bare tables: foreign keys, keys and indexes are dropped, the rows copied, and everything is made again as it was, in
 * one transaction. Seventy percent of a load with foreign keys in place are their triggers, six microseconds a row.
 *
 * What is unusual stays in place, which costs time and never truth: indexes that others depend on, that mark a replica's identity or
 * a clustering, that have statistics targets or a tablespace; everything on partitioned tables but their foreign keys. The schema's
 * fingerprint is taken before and after: where it differs, the transaction is rolled back.
 */
import { readCatalog } from "../../core/catalog.ts";
import type { Session } from "../../core/engine.ts";
import { failure } from "../../core/errors.ts";
import { literal, quoteIdentifier, sql } from "../../core/sql.ts";
import { seedErrors } from "../errors.ts";

/** Something that is dropped and made again. */
export interface Part {
  readonly kind: "foreign key" | "constraint" | "index";
  readonly name: string;
  readonly drop: string;
  readonly make: string;
}

/** What there is to drop on `tables` (qualified and quoted), in the order in which it is made again. */
export async function partsOf(session: Session, tables: readonly string[]): Promise<readonly Part[]> {
  if (tables.length === 0) return [];
  const oids = `array[${tables.map(literal).join(", ")}]::pg_catalog.regclass[]::pg_catalog.oid[]`;
  const { rows } = await session.query<FoundPart>(partsQuery(oids));
  return rows.map(part);
}

/**
 * Runs `load` on the bare tables; those that it is given can be copied into with FREEZE. The caller has begun the transaction.
 * Errors: SEED_FILL_NOT_EMPTY, SEED_FILL_CATALOG_CHANGED.
 */
export async function onBareTables(
  session: Session,
  tables: readonly string[],
  load: (fresh: ReadonlySet<string>) => Promise<void>,
): Promise<void> {
  await session.script(`lock table ${tables.join(", ")} in access exclusive mode`);
  await refuseFilled(session, tables);
  const before = await readCatalog(session);
  const parts = await partsOf(session, tables);
  await session.script(
    parts
      .toReversed()
      .map(({ drop }) => drop)
      .join(";\n"),
  );
  await load(await madeFresh(session, tables));
  await session.script(parts.map(({ make }) => make).join(";\n"));
  const after = await readCatalog(session);
  if (after.fingerprint === before.fingerprint) return;
  const known = new Map(before.objects.map((object) => [`${object.kind} ${object.name}`, object.definition]));
  const changed = after.objects
    .filter((object) => known.get(`${object.kind} ${object.name}`) !== object.definition)
    .map(({ kind, name }) => `${kind} ${name}`);
  throw failure(seedErrors, "SEED_FILL_CATALOG_CHANGED", { changed: changed.slice(0, 5).join(", ") || "something is missing" });
}

/**
 * Gives tables new files, so that rows can be written as frozen: nobody has to mark them later, which after the load costs the
 * index builds and the checks of the foreign keys an eighth of everything. Only where no byte could be lost and nobody is told of a
 * truncation: no file of any size, no trigger, no publication, no foreign key from outside.
 */
async function madeFresh(session: Session, tables: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await session.query<{ able: boolean[] }>(sql`
    select pg_catalog.array_agg(
      c.relkind = 'r' and not c.relhassubclass and pg_catalog.pg_relation_size(c.oid) = 0
      and not exists (select from pg_catalog.pg_trigger t where t.tgrelid = c.oid and t.tgtype & 32 <> 0)
      and not exists (select from pg_catalog.pg_constraint k where k.confrelid = c.oid and k.contype = 'f')
      and not exists (select from pg_catalog.pg_publication_tables p where p.schemaname = n.nspname and p.tablename = c.relname)
      order by u.place) as able
    from pg_catalog.unnest(${tables}::pg_catalog.text[]) with ordinality u (name, place)
      join pg_catalog.pg_class c on c.oid = u.name::pg_catalog.regclass
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace`);
  const fresh = tables.filter((_, i) => rows[0]?.able[i]);
  if (fresh.length > 0) await session.script(`truncate only ${fresh.join(", ")}`);
  return new Set(fresh);
}

/** Somebody may have written into one of them between the plan and the lock. */
async function refuseFilled(session: Session, tables: readonly string[]): Promise<void> {
  const { rows } = await session.query<{ filled: boolean[] }>(
    `select array[${tables.map((id) => `exists (select from ${id})`).join(", ")}] as filled`,
  );
  const filled = tables.filter((_, i) => rows[0]?.filled[i]);
  if (filled.length > 0) throw failure(seedErrors, "SEED_FILL_NOT_EMPTY", { tables: filled.join(", ") });
}

interface FoundPart {
  readonly kind: Part["kind"];
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly definition: string;
  readonly comment: string | null;
  readonly indexComment: string | null;
}

function part({ kind, schema, table, name, definition, comment, indexComment }: FoundPart): Part {
  const onTable = `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`;
  const index = `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
  const onIndex = indexComment === null ? "" : `;\ncomment on index ${index} is ${literal(indexComment)}`;
  if (kind === "index") return { kind, name, drop: `drop index ${index}`, make: `${definition}${onIndex}` };
  const onConstraint = comment === null ? "" : `;\ncomment on constraint ${quoteIdentifier(name)} on ${onTable} is ${literal(comment)}`;
  return {
    kind,
    name,
    drop: `alter table ${onTable} drop constraint ${quoteIdentifier(name)}`,
    make: `alter table ${onTable} add constraint ${quoteIdentifier(name)} ${definition}${onConstraint}${onIndex}`,
  };
}

const described = (oid: string, catalog: string): string => `pg_catalog.obj_description(${oid}, '${catalog}')`;

/** What may be dropped; foreign keys of other tables keep the key that they point at. */
const partsQuery = (oids: string): string => `
  with filled as (select pg_catalog.unnest(${oids}) as oid),
  keys as (
    select k.*, c.relname, n.nspname from pg_catalog.pg_constraint k
      join filled f on f.oid = k.conrelid
      join pg_catalog.pg_class c on c.oid = k.conrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where k.contype = 'f' and k.conparentid = 0 and k.conislocal and k.coninhcount = 0
      and not exists (select from pg_catalog.pg_trigger t where t.tgconstraint = k.oid and t.tgenabled <> 'O')
      and not exists (select from pg_catalog.pg_depend d where d.refclassid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
        and d.refobjid = k.oid and d.deptype = 'n')),
  plain as (
    select i.*, c.relname, n.nspname, ic.relname as index_name, k.oid as constraint_oid, k.conname
    from pg_catalog.pg_index i
      join filled f on f.oid = i.indrelid
      join pg_catalog.pg_class c on c.oid = i.indrelid and c.relkind = 'r' and not c.relhassubclass
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      join pg_catalog.pg_class ic on ic.oid = i.indexrelid
      left join pg_catalog.pg_constraint k on k.conindid = i.indexrelid and k.conrelid = i.indrelid and k.contype in ('p', 'u', 'x')
    where i.indisvalid and not i.indisclustered and not i.indisreplident and ic.reltablespace = 0
      and not exists (select from pg_catalog.pg_inherits h where h.inhrelid in (c.oid, ic.oid))
      and not exists (select from pg_catalog.pg_attribute a where a.attrelid = ic.oid and coalesce(a.attstattarget, -1) <> -1)
      -- Foreign keys that stay, views that group by the key, an extension.
      and not exists (
        select from pg_catalog.pg_depend d
        where d.deptype in ('n', 'e') and (d.refobjid = i.indexrelid or d.refobjid = k.oid)
          and d.refclassid in ('pg_catalog.pg_class'::pg_catalog.regclass, 'pg_catalog.pg_constraint'::pg_catalog.regclass)
          and not (d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass and d.objid in (select oid from keys)))
      and not exists (
        select from pg_catalog.pg_depend d
        where d.deptype = 'e' and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = i.indexrelid))
  select 'constraint' as kind, nspname::pg_catalog.text as schema, relname::pg_catalog.text as table, conname::pg_catalog.text as name,
    pg_catalog.pg_get_constraintdef(constraint_oid) as definition, ${described("constraint_oid", "pg_constraint")} as comment,
    ${described("indexrelid", "pg_class")} as "indexComment", 1 as place, indexrelid as oid
  from plain where constraint_oid is not null and conname = index_name
  union all
  select 'index', nspname::pg_catalog.text, relname::pg_catalog.text, index_name::pg_catalog.text,
    pg_catalog.pg_get_indexdef(indexrelid), null, ${described("indexrelid", "pg_class")}, 2, indexrelid
  from plain where constraint_oid is null
  union all
  select 'foreign key', nspname::pg_catalog.text, relname::pg_catalog.text, conname::pg_catalog.text,
    pg_catalog.pg_get_constraintdef(oid), ${described("oid", "pg_constraint")}, null, 3, oid
  from keys
  order by place, oid`;

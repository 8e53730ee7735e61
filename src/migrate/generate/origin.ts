/**
 * Who made an object: a migration that came out of the tool's schema, or one written by hand. What is not declared any
 * more is dropped in the first case; in the second it never was declared, and stays.
 */
import { canonicalText } from "../../core/catalog-canonical.ts";
import type { Session } from "../../core/engine.ts";
import type { Key } from "../diff/schema.ts";
import type { MigrationFile } from "../file.ts";
import type { LayoutName } from "../layouts/layout.ts";
import type { Bench } from "../replay.ts";

const generatedFrom = "generated from";

/** As it stands in the header: what it came from, and what a person told it to keep. */
export function descriptionOf(from: string, keep: readonly string[]): string {
  return `${generatedFrom} ${from}${keep.length === 0 ? "" : `; keeps ${keep.join(", ")}`}`;
}

/** What generated migrations were told to keep. */
export function keptBy(files: readonly MigrationFile[]): string[] {
  const lists = files.map(({ description }) =>
    description?.startsWith(generatedFrom) ? /; keeps (.+)$/.exec(description)?.[1] : undefined,
  );
  return lists.flatMap((list) => list?.split(", ") ?? []);
}

/** Oids of objects: a rename does not change them. */
export type Handmade = ReadonlySet<string>;

/** The names of the migrations that came out of a schema: ours say so, and so do drizzle's snapshots and Prisma's comments. */
export async function generatedNames(files: readonly MigrationFile[], layout: LayoutName): Promise<ReadonlySet<string>> {
  const drizzle = layout === "drizzle" ? await (await import("./drizzle-origin.ts")).generatedByDrizzle(files) : new Set<string>();
  const isPrismas = ({ up }: MigrationFile): boolean =>
    layout === "prisma" && /^-- (?:Create|Alter|Drop|Rename|Add)(?:Table|Enum|Index|ForeignKey|Schema)\b/m.test(up.text);
  const generated = files.filter((file) => file.description?.startsWith(generatedFrom) || drizzle.has(file.name) || isPrismas(file));
  return new Set(generated.map(({ name }) => name));
}

/** Runs the files, and notes what those written by hand made. */
export async function applyNoting(bench: Bench, files: readonly MigrationFile[], layout: LayoutName): Promise<Handmade> {
  const handmade = new Set<string>();
  const generated = await generatedNames(files, layout);
  let before = await objectsNow(bench.session);
  for (const file of files) {
    await bench.apply(file);
    const after = await objectsNow(bench.session);
    if (!generated.has(file.name)) for (const oid of after.keys()) if (!before.has(oid)) handmade.add(oid);
    before = after;
  }
  return handmade;
}

/** What of it there is now, as a schema names it. */
export async function handmadeKeys(session: Session, handmade: Handmade): Promise<ReadonlySet<Key>> {
  return new Set([...(await objectsNow(session))].filter(([oid]) => handmade.has(oid)).map(([, key]) => key));
}

const relationKind = `case c.relkind when 'v' then 'view ' when 'm' then 'materialized view ' when 'S' then 'sequence ' when 'i' then 'index ' when 'I' then 'index ' else 'table ' end`;
const ofUsers = `n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`;

/** The kinds that a tool can declare, by their oids. */
async function objectsNow(session: Session): Promise<ReadonlyMap<string, Key>> {
  const { rows } = await session.query<{ oid: string; key: string }>(`
    with relation as (
      select c.oid, c.relkind, n.nspname, c.relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where ${ofUsers} and c.relkind in ('r', 'p', 'v', 'm', 'S', 'i', 'I'))
    select 'relation ' || c.oid as oid, ${relationKind} || pg_catalog.format('%I.%I', c.nspname, c.relname) as key from relation c
    union all
    select 'column ' || c.oid || '.' || a.attnum, 'column ' || pg_catalog.format('%I.%I.%I', c.nspname, c.relname, a.attname)
    from relation c join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped where c.relkind in ('r', 'p')
    union all
    select 'default ' || c.oid || '.' || a.attnum, 'default ' || pg_catalog.format('%I.%I.%I', c.nspname, c.relname, a.attname)
    from relation c join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.atthasdef and not a.attisdropped where c.relkind in ('r', 'p')
    union all
    select 'constraint ' || k.oid, 'constraint ' || pg_catalog.format('%I.%I.%I', c.nspname, c.relname, k.conname)
    from relation c join pg_catalog.pg_constraint k on k.conrelid = c.oid
    union all
    select 'policy ' || p.oid, 'policy ' || pg_catalog.format('%I.%I.%I', c.nspname, c.relname, p.polname)
    from relation c join pg_catalog.pg_policy p on p.polrelid = c.oid
    union all
    select 'type ' || t.oid, 'type ' || pg_catalog.format('%I.%I', n.nspname, t.typname)
    from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace where t.typtype = 'e' and ${ofUsers}`);
  return new Map(rows.map(({ oid, key }) => [oid, canonicalText(key)]));
}

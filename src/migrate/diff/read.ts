/** Reads a schema: every object with its facts, and the dependencies between them as PostgreSQL itself keeps them. */
import { grantLines, grantsOf } from "../../core/catalog-acl.ts";
import { canonicalText } from "../../core/catalog-canonical.ts";
import { readStatements } from "../../core/catalog-reading.ts";
import type { Session } from "../../core/engine.ts";
import { databaseStatements } from "./read-database.ts";
import { relationStatements } from "./read-relations.ts";
import { routineStatements } from "./read-routines.ts";
import type { SchemaRow } from "./read-sql.ts";
import { tableStatements } from "./read-tables.ts";
import { typeStatements } from "./read-types.ts";
import { Registry } from "./registry.ts";
import { type Facts, keyOf, type ObjectKind, type Schema } from "./schema.ts";
import { type Alias, aliases, casts, type Dependency, dependencies } from "./read-dependencies.ts";

export interface SchemaOptions {
  /** Schemas left out, beside pg_*, information_schema and `pgsteward`. */
  readonly ignoreSchemas?: readonly string[] | undefined;
}

/** Reads in two round trips, under AccessShare locks only. Errors: SQL_ERROR. */
export async function readSchema(session: Session, options: SchemaOptions = {}): Promise<Schema> {
  const read = await readStatements(session, options.ignoreSchemas ?? [], (reading) => [
    ...[databaseStatements, typeStatements, relationStatements, tableStatements, routineStatements].flatMap((part) => part(reading)),
    dependencies,
    aliases,
    casts,
  ]);
  const results = [...read.results];
  const [links, names, known] = results.splice(-3) as unknown as [Dependency[], Alias[], { name: string; context: string }[]];
  return schemaOf(read.version, results.flat() as SchemaRow[], links, names, known);
}

const castContexts = { i: "implicit", a: "assignment", e: "explicit" } as const;

function schemaOf(
  version: number,
  rows: readonly SchemaRow[],
  links: readonly Dependency[],
  names: readonly Alias[],
  known: readonly { name: string; context: string }[],
): Schema {
  const registry = new Registry(names);
  for (const row of rows) register(registry, row, version);
  registry.link(links);
  const casts = new Map(known.map(({ name, context }) => [name, castContexts[context as "i"]]));
  return { version, objects: registry.objects(), casts };
}

/** A row is an object with its comment and its grants; without facts, only those. */
function register(registry: Registry, row: SchemaRow, version: number): void {
  const name = canonicalText(row.name);
  const label = `${row.kind} ${name}`.trim();
  const list = { items: row.acl ?? [], owner: row.owner ?? "", acltype: row.acltype ?? "", version };
  const address = row.class === null || row.oid === null ? undefined : ([row.class, row.oid, row.sub] as const);
  const { target, refs } = row;
  if (row.facts !== null) {
    const { kind, extra } = row;
    registry.add({ kind: kind as ObjectKind, name, facts: factsOf(row, version), extra, target: target ?? "", address, refs: refs ?? [] });
  }
  const owner = row.facts === null ? undefined : keyOf(row.kind as ObjectKind, name);
  const shared = { target: target ?? "", address: undefined, refs: owner === undefined ? (refs ?? []) : [], host: owner };
  if (row.comment !== null) registry.add({ ...shared, kind: "comment", name: label, facts: { text: row.comment }, extra: {} });
  for (const { grantee, privileges } of grantsOf(list)) {
    const { column, table, ref } = row.extra;
    const extra = { grantee, acltype: row.acltype, column, table, ref };
    registry.add({ ...shared, kind: "grant", name: `${label} to ${grantee}`, facts: { privileges }, extra });
  }
}

function factsOf(row: SchemaRow, version: number): Facts {
  if (row.kind !== "default privilege") return row.facts ?? {};
  const { items, owner, letter } = row.extra as { items: string[]; owner: string; letter: string };
  return { lines: grantLines({ items, owner, acltype: letter, version }) };
}

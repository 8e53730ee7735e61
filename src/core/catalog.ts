/**
 * Catalog: the schema of a database as one value, the same for the same DDL on PostgreSQL 14 to 18 and on PGlite.
 *
 * Out of it stay what belongs to the server or to somebody else: the system's schemas, temporary ones, `pgsteward`; what extensions own,
 * their versions and comments; owners' names, tablespaces, user mappings, settings of roles and databases, security labels; data.
 */
import { type AccessList, grantLines, grantsOf } from "./catalog-acl.ts";
import { canonicalFunction, canonicalText, canonicalView } from "./catalog-canonical.ts";
import { databaseStatements } from "./catalog-database.ts";
import { readStatements } from "./catalog-reading.ts";
import { relationStatements } from "./catalog-relations.ts";
import { routineStatements } from "./catalog-routines.ts";
import type { CatalogRow, Reading } from "./catalog-sql.ts";
import { tableStatements } from "./catalog-tables.ts";
import { typeStatements } from "./catalog-types.ts";
import type { Session } from "./engine.ts";
import { sha256 } from "./hash.ts";

/** In the order in which a person reads a schema, which is the order of `Catalog.objects`. */
export const catalogKinds = [
  "schema",
  "extension",
  "language",
  "access method",
  "foreign data wrapper",
  "foreign server",
  "collation",
  "conversion",
  "type",
  "domain",
  "table",
  "foreign table",
  "view",
  "materialized view",
  "column",
  "sequence",
  "constraint",
  "index",
  "statistics",
  "policy",
  "trigger",
  "rule",
  "function",
  "aggregate",
  "operator",
  "operator class",
  "operator family",
  "cast",
  "transform",
  "text search parser",
  "text search template",
  "text search dictionary",
  "text search configuration",
  "event trigger",
  "publication",
  "subscription",
  "grant",
  "default privilege",
  "comment",
] as const;

export type CatalogKind = (typeof catalogKinds)[number];

/** One object of a schema: what it is, what it is called, and a definition that is equal exactly when the objects are. */
export interface CatalogObject {
  readonly kind: CatalogKind;
  /**
   * Qualified, as people write it: `public.users`, `public.users.email`, `public.add(integer, integer)`; a comment is named
   * after its object, `column public.users.email`, a grant after object and role, `table public.users to reader`.
   */
  readonly name: string;
  /** Name of the object it belongs to and goes with: the table of a column or a trigger, the schema of a table. */
  readonly parent?: string;
  /** Canonical SQL-like text, one aspect a line, the same on PostgreSQL 14 to 18. */
  readonly definition: string;
  /** A table's columns in their physical order: a soft fact, neither in the definition nor in the fingerprint. */
  readonly columns?: readonly string[];
}

export interface Catalog {
  /** Of the server, as a number: 180004. Not in the fingerprint. */
  readonly version: number;
  /** Ordered by kind as in `catalogKinds`, then by name. */
  readonly objects: readonly CatalogObject[];
  /** sha256 over every object, in order. */
  readonly fingerprint: string;
}

export interface CatalogOptions {
  /** Schemas left out, beside pg_* and information_schema; `pgsteward` is always left out. */
  readonly ignoreSchemas?: readonly string[] | undefined;
  /** Owners' names become part of the definitions. Default false. */
  readonly owners?: boolean | undefined;
}

/**
 * Reads the schema in two round trips, under AccessShare locks only; alone or in an open transaction, which fails with it when DDL of
 * others comes in between. Errors: SQL_ERROR.
 */
export async function readCatalog(session: Session, options: CatalogOptions = {}): Promise<Catalog> {
  const { version, results } = await readStatements(session, options.ignoreSchemas ?? [], statements);
  const rows = results.flat() as CatalogRow[];
  return catalogOf(
    version,
    rows.flatMap((row) => objectsOf(row, version, options.owners ?? false)),
  );
}

/** A catalog of the given objects, put into order. */
export function catalogOf(version: number, objects: readonly CatalogObject[]): Catalog {
  const ordered = [...objects].sort(byKindAndName);
  return { version, objects: ordered, fingerprint: fingerprintOf(ordered) };
}

function statements(reading: Reading): string[] {
  const parts = [databaseStatements, typeStatements, relationStatements, tableStatements, routineStatements];
  return parts.flatMap((part) => part(reading));
}

/** A row is an object with its comment and its grants; without a definition, only those of something that has no object of its own. */
function objectsOf(row: CatalogRow, version: number, owners: boolean): CatalogObject[] {
  const access = accessOf(row, version);
  const name = canonicalText(row.name);
  const parent = row.parent == null ? undefined : canonicalText(row.parent);
  if (row.kind === "default privilege") return [withParent({ kind: row.kind, name, definition: grantLines(access) }, parent)];
  const label = `${row.kind} ${name}`.trim();
  const definition = definitionOf(row, owners);
  const extras = [...commentOn(label, row), ...grantsOn(label, access)].map((extra) =>
    withParent(extra, definition === undefined ? parent : name),
  );
  if (definition === undefined) return extras;
  const columns = row.columns == null ? {} : { columns: row.columns };
  return [withParent({ kind: row.kind as CatalogKind, name, definition, ...columns }, parent), ...extras];
}

function accessOf(row: CatalogRow, version: number): AccessList {
  return { items: row.acl ?? [], owner: row.owner ?? "", acltype: row.acltype ?? "", version };
}

function definitionOf(row: CatalogRow, owners: boolean): string | undefined {
  if (row.definition == null) return undefined;
  const lines = [row.kind === "function" ? canonicalFunction(row.definition) : canonicalText(row.definition)];
  if (row.query != null) lines.push(canonicalView(row.query));
  if (owners && row.owner != null) lines.push(`owner ${row.owner}`);
  return lines.join("\n");
}

function commentOn(label: string, row: CatalogRow): CatalogObject[] {
  return row.comment == null ? [] : [{ kind: "comment", name: label, definition: row.comment }];
}

function grantsOn(label: string, access: AccessList): CatalogObject[] {
  return grantsOf(access).map(({ grantee, privileges }) => ({ kind: "grant", name: `${label} to ${grantee}`, definition: privileges }));
}

function withParent(object: CatalogObject, parent: string | undefined): CatalogObject {
  return parent === undefined || parent === "" ? object : { ...object, parent };
}

const rank = new Map<CatalogKind, number>(catalogKinds.map((kind, i) => [kind, i]));

export function byKindAndName(a: CatalogObject, b: CatalogObject): number {
  return (rank.get(a.kind) ?? 0) - (rank.get(b.kind) ?? 0) || (a.name < b.name ? -1 : Number(a.name > b.name));
}

/** No text of PostgreSQL holds a NUL, so that it parts fields without doubt. */
function fingerprintOf(objects: readonly CatalogObject[]): string {
  return sha256(objects.map(({ kind, name, parent, definition }) => `${kind}\0${name}\0${parent ?? ""}\0${definition}\0`).join(""));
}

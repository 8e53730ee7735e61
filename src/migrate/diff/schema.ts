/**
 * A schema as facts: what the catalog holds of every object, taken apart far enough to write any statement that makes,
 * changes or drops it, and what it depends on. A `Catalog` says whether two schemas are equal; this says how to get
 * from one to the other.
 */
import type { CatalogKind } from "../../core/catalog.ts";
import { canonicalFunction, canonicalText, canonicalView } from "../../core/catalog-canonical.ts";

/** Kinds that a catalog folds into others, because people do not look for them, and statements do. */
export type PieceKind =
  | "default"
  | "ownership"
  | "partition"
  | "typing"
  | "toast options"
  | "inheritance"
  | "replica identity"
  | "clustering"
  | "index attachment"
  | "publication member"
  | "shell type";

export type ObjectKind = CatalogKind | PieceKind;

/** `table public.users`; unique in a schema. */
export type Key = string;

// biome-ignore lint/suspicious/noExplicitAny: the shape of the facts goes with the kind; the read-*.ts files say what each has
export type Facts = Readonly<Record<string, any>>;

export interface SchemaObject {
  readonly kind: ObjectKind;
  /** As the catalog names it. */
  readonly name: string;
  /** What two objects of one key are compared by, as this server prints it; `differs` sees past what versions print differently. */
  readonly facts: Facts;
  /** What statements need beside that: quoted names, numbers that other databases have otherwise. */
  readonly extra: Facts;
  /** What COMMENT ON and GRANT ON call it: `TABLE public.users`. */
  readonly target: string;
  /** Everything that must be there before it. */
  readonly needs: ReadonlySet<Key>;
  /** What takes it along when it is dropped. */
  readonly takers: ReadonlySet<Key>;
  /** Those of `needs` that only the expression of a generated column has. */
  readonly expression: ReadonlySet<Key>;
  /** What it is written inside of, where both are made: a column's table, a default's column. */
  readonly host: Key | undefined;
  /** What it follows as long as its table is a partition or a child: the column, constraint or index of the parent. */
  readonly follows: Key | undefined;
}

export interface Schema {
  /** Of the server, as a number: 180004. */
  readonly version: number;
  readonly objects: ReadonlyMap<Key, SchemaObject>;
  /** The server's casts: `integer → bigint`. */
  readonly casts: ReadonlyMap<string, "implicit" | "assignment" | "explicit">;
}

export function keyOf(kind: ObjectKind, name: string): Key {
  return `${kind} ${name}`;
}

/** Whether two objects of one key differ, as a whole or in one fact. */
export function differs(a: SchemaObject, b: SchemaObject, fact?: string): boolean {
  const names = fact === undefined ? [...new Set([...Object.keys(a.facts), ...Object.keys(b.facts)])] : [fact];
  return names.some((name) => textOf(canonical(a.kind, name, a.facts[name])) !== textOf(canonical(b.kind, name, b.facts[name])));
}

function canonical(kind: ObjectKind, fact: string, value: unknown): unknown {
  if (typeof value === "string") {
    if (kind === "comment") return value;
    if (kind === "function") return canonicalFunction(value);
    return fact === "query" ? canonicalView(value) : canonicalText(value);
  }
  if (Array.isArray(value)) return value.map((item: unknown) => canonical(kind, fact, item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, canonical(kind, fact, item)]));
}

/** One text for equal facts, whatever the order of their keys. */
export function textOf(facts: unknown): string {
  return JSON.stringify(facts, (_, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

/** A list, empty where the server left it out. */
export function listOf<T = string>(value: unknown): readonly T[] {
  return (value ?? []) as readonly T[];
}

/** Placeholder contract: see below. */
import type { Session } from "./engine.ts";

/** One object of a schema: what it is, what it is called, and a definition that is equal exactly when the objects are. */
export interface CatalogObject {
  readonly kind: CatalogKind;
  /** Qualified, as people write it: `public.users`, `public.users.email`, `public.add(integer, integer)`. */
  readonly name: string;
  /** The object it belongs to, for columns, constraints, indexes, triggers and policies: the qualified table's name. */
  readonly parent?: string;
  /** Canonical SQL-like text, one aspect a line, the same on PostgreSQL 14 to 18. */
  readonly definition: string;
}

export type CatalogKind =
  | "schema"
  | "extension"
  | "type"
  | "domain"
  | "sequence"
  | "table"
  | "column"
  | "constraint"
  | "index"
  | "function"
  | "trigger"
  | "view"
  | "materialized view"
  | "policy"
  | "grant"
  | "default privilege"
  | "comment"
  | "rule"
  | "statistics"
  | "publication"
  | "event trigger"
  | "aggregate"
  | "operator"
  | "cast"
  | "collation"
  | "text search configuration"
  | "foreign table"
  | "foreign server";

export interface Catalog {
  readonly version: number;
  readonly objects: readonly CatalogObject[];
  /** sha256 over every object, in order. */
  readonly fingerprint: string;
}

export interface CatalogOptions {
  /** Schemas left out, beside pg_* and information_schema; `pgsteward` is always left out. */
  readonly ignoreSchemas?: readonly string[];
}

export declare function readCatalog(session: Session, options?: CatalogOptions): Promise<Catalog>;

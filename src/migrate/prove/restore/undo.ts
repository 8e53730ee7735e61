/** A piece of the way back from one catalog to another. */
import type { CatalogObject } from "../../../core/catalog.ts";

export interface Undo {
  /** One statement, or several that belong together, each but the last with its semicolon. */
  readonly sql: string;
  /** Instead of `sql`, where the server does not take that one. */
  readonly otherwise?: string;
  /** What it is about: `table public.users`, `policy public.users.tenant`. */
  readonly object: string;
  /** What the object is a part of: where one of these is dropped later, this is not needed. */
  readonly within?: readonly string[];
  readonly drops?: true;
  /** It makes the object: where that is dropped later, neither is needed. */
  readonly makes?: true;
  /** Data that it cannot bring back. */
  readonly lossy?: string;
}

export const keyOf = ({ kind, name }: Pick<CatalogObject, "kind" | "name">): string => `${kind} ${name}`;

/** Statements in order, as one text. */
export function inOrder(...statements: readonly (string | readonly string[] | undefined)[]): string {
  return statements
    .flat()
    .filter((statement) => statement !== undefined && statement !== "")
    .join(";\n");
}

/** What a generator knows beside the object itself. */
export interface World {
  /** Objects of the wanted catalog by `keyOf`. */
  readonly want: ReadonlyMap<string, CatalogObject>;
  /** Objects of the catalog as it is. */
  readonly now: ReadonlyMap<string, CatalogObject>;
  /** Of the server: 180004. */
  readonly version: number;
  /** Queries of the wanted views as the server wrote them: a catalog's form is for comparing, where `order by` may mean another column. */
  readonly views: ReadonlyMap<string, string>;
}

/** An object as statements write it: without the owner's name, which none of ours sets. */
export function writable(object: CatalogObject): CatalogObject {
  const definition = requoted(object.definition.replace(/(?:^|\n)owner [^\n]*$/, ""));
  const name = requoted(object.name);
  if (definition === object.definition && name === object.name) return object;
  return { ...object, name, definition, ...(object.parent === undefined ? {} : { parent: requoted(object.parent) }) };
}

/** The one reserved word that catalogs write without quotes, because servers before PostgreSQL 16 do not know it. */
function requoted(text: string): string {
  if (!text.includes("system_user")) return text;
  return text.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|\bsystem_user\b/g, (token) => (token === "system_user" ? `"${token}"` : token));
}

/** `FUNCTION` or `PROCEDURE`; aggregates are known by a word that names all three. */
export function routineWord(object: CatalogObject | undefined): string {
  if (object?.kind !== "function") return "ROUTINE";
  return object.definition.startsWith("CREATE OR REPLACE PROCEDURE") ? "PROCEDURE" : "FUNCTION";
}

/** The relation of that name, of whatever kind. */
export function relationNamed(objects: ReadonlyMap<string, CatalogObject>, name: string): CatalogObject | undefined {
  const kinds = ["table", "foreign table", "view", "materialized view"] as const;
  return kinds.map((kind) => objects.get(`${kind} ${name}`)).find((object) => object !== undefined);
}

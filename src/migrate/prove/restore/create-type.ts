/** Enums, composite types, ranges and domains from the catalog. A base type lives in C: undefined. */
import type { CatalogObject } from "../../../core/catalog.ts";
import { aspectsOf, domainWords } from "./aspects.ts";
import { lastOf } from "./names.ts";
import { keyOf, type Undo, type World } from "./undo.ts";

export function createType(object: CatalogObject, world: World): Undo | undefined {
  const sql = object.kind === "domain" ? createDomain(object, world) : typeStatement(object);
  return sql === undefined ? undefined : { sql, object: keyOf(object) };
}

function typeStatement({ name, definition }: CatalogObject): string | undefined {
  const [what, ...lines] = definition.split("\n");
  if (what === "enum") return `CREATE TYPE ${name} AS ENUM (${lines.join(", ")})`;
  if (what === "composite")
    return `CREATE TYPE ${name} AS (${lines.map((line) => line.replace(/ collate (?=\S+$)/, " COLLATE ")).join(", ")})`;
  return what === "range" ? createRange(name, definition) : undefined;
}

function createRange(name: string, definition: string): string {
  const aspects = aspectsOf(definition, ["range", "subtype", "operator class", "collate", "canonical", "difference", "multirange"]);
  const bare = (signature: string | undefined): string | undefined => signature?.replace(/\([^]*$/, "");
  const all: readonly (readonly [string, string | undefined])[] = [
    ["SUBTYPE", aspects.get("subtype")],
    ["SUBTYPE_OPCLASS", aspects.get("operator class")],
    ["COLLATION", aspects.get("collate")],
    ["CANONICAL", bare(aspects.get("canonical"))],
    ["SUBTYPE_DIFF", bare(aspects.get("difference"))],
    ["MULTIRANGE_TYPE_NAME", aspects.get("multirange")],
  ];
  return `CREATE TYPE ${name} AS RANGE (${all.flatMap(([word, value]) => (value === undefined ? [] : [`${word} = ${value}`])).join(", ")})`;
}

function createDomain({ name, definition }: CatalogObject, { want }: World): string {
  const aspects = aspectsOf(definition, domainWords);
  const constraints = [...want.values()].filter((object) => object.kind === "constraint" && object.parent === name && isValidated(object));
  const [collate, value] = [aspects.get("collate"), aspects.get("default")];
  return [
    `CREATE DOMAIN ${name} AS ${aspects.get("as")}`,
    collate === undefined ? "" : ` COLLATE ${collate}`,
    value === undefined ? "" : ` DEFAULT ${value}`,
    aspects.has("not null") ? " NOT NULL" : "",
    ...constraints.map((constraint) => `\n  CONSTRAINT ${lastOf(constraint.name)} ${constraint.definition}`),
  ].join("");
}

/** CREATE DOMAIN takes no NOT VALID. */
export const isValidated = ({ definition }: CatalogObject): boolean => !definition.endsWith(" NOT VALID");

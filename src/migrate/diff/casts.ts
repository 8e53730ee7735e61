/** How a column's values get from one type to another, and whether all of them arrive. */
import type { Around } from "./ddl.ts";
import { keyOf, type SchemaObject } from "./schema.ts";

export interface Cast {
  /** What stands behind the column in USING; undefined where the server converts by itself. */
  readonly using?: string | undefined;
  /** Some values may change on the way, or be refused. */
  readonly lossy: boolean;
}

/**
 * The explicit cast in USING cuts `varchar(10)` to five letters without a word, the assignment that ALTER COLUMN makes
 * by itself refuses what does not fit: USING is written only where there is no assignment.
 */
export function castOf({ extra: before, facts: old }: SchemaObject, { extra: after, facts, name }: SchemaObject, around: Around): Cast {
  const [source, target] = [String(before["baseType"]), String(after["baseType"])];
  const remade = around.isRetyped(keyOf("column", name));
  // What the domain is made of may be made anew itself.
  const domain = after["typeName"] !== target && !around.isMade(keyOf("type", target.replace(/(\[\])+$/, "")));
  if (remade && !(domain && isAssignable(source, target, around))) return { using: `::text::${facts["type"]}`, lossy: true };
  if (isAssignable(source, target, around)) return { lossy: !isLossless(old["type"], facts["type"], source, target, around) };
  const explicit = isString(source) || around.from.casts.has(`${source} → ${target}`);
  return { using: explicit ? `::${facts["type"]}` : `::text::${facts["type"]}`, lossy: true };
}

const isString = (type: string): boolean => ["text", "character varying", "character", "name"].includes(type);
const element = (type: string): string | undefined => (type.endsWith("[]") ? type.slice(0, -2) : undefined);

function isAssignable(source: string, target: string, around: Around): boolean {
  if (source === target || isString(target)) return true;
  const [from, to] = [element(source), element(target)];
  if (from !== undefined && to !== undefined) return isAssignable(from, to, around);
  const cast = around.from.casts.get(`${source} → ${target}`);
  return cast === "implicit" || cast === "assignment";
}

/** Implicit casts of the system that change values all the same. */
const rounding = new Set([
  "bigint → real",
  "bigint → double precision",
  "integer → real",
  "numeric → real",
  "numeric → double precision",
  "timestamp without time zone → timestamp with time zone",
]);

function isLossless(before: unknown, after: unknown, source: string, target: string, { from }: Around): boolean {
  if (source === target) return isWider(limitsOf(String(before)), limitsOf(String(after)));
  if (limitsOf(String(after)).length > 0) return false;
  const cast = `${source} → ${target}`;
  return isString(target) || (from.casts.get(cast) === "implicit" && !rounding.has(cast));
}

/** `numeric(10,2)` → [10, 2]; no numbers mean no limit. */
function limitsOf(type: string): readonly number[] {
  return (/\(([\d,-]+)\)/.exec(type)?.[1] ?? "").split(",").filter(Boolean).map(Number);
}

function isWider(before: readonly number[], after: readonly number[]): boolean {
  const [size, scale = 0] = before;
  const [newSize, newScale = 0] = after;
  if (newSize === undefined) return true;
  return size !== undefined && newScale >= scale && newSize - newScale >= size - scale;
}

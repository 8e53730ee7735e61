/** Types below their domains, and checks of domains as checks of the columns that have them. */
import type { Types, TypeShape } from "../../core/type-shapes.ts";
import type { Kind } from "./expression.ts";

export function baseOf(type: TypeShape, types: Types): TypeShape {
  const inner = type.kind === "d" ? types.get(type.inner) : undefined;
  return inner ? baseOf(inner, types) : type;
}

/** What an array is made of. */
export function elementOf(type: TypeShape | undefined, types: Types): TypeShape | undefined {
  const base = type && baseOf(type, types);
  return base?.category === "A" ? types.get(base.inner) : undefined;
}

/** How values of a type are read by a check. */
export function kindOf({ kind, category, name }: TypeShape): Kind {
  if (kind === "e" || /^(?:text|varchar|bpchar|citext|name)$/.test(name)) return "text";
  if (/^(?:int[248]|numeric|float[48]|oid)$/.test(name)) return "number";
  if (/^timestamp/.test(name)) return "time";
  if (name === "date") return "day";
  if (name === "bool") return "boolean";
  if (name === "uuid") return "uuid";
  if (/^jsonb?$/.test(name)) return "json";
  return category === "A" ? "array" : "other";
}

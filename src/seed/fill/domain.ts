/** Types below their domains, and checks of domains as checks of the columns that have them. */
import type { Kind } from "./expression.ts";
import type { CheckShape, TypeShape } from "./shape.ts";

/** Those of a domain and of what it is made of. */
export function domainChecks(type: TypeShape | undefined, types: ReadonlyMap<number, TypeShape>): readonly CheckShape[] {
  return type?.kind === "d" ? [...type.checks, ...domainChecks(types.get(type.inner), types)] : [];
}

/** `VALUE` becomes the column, except inside of texts and names. */
export function aboutColumn(expression: string, column: string): string {
  const quoted = `"${column.replaceAll('"', '""')}"`;
  return expression.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|\bVALUE\b/g, (token) => (token === "VALUE" ? quoted : token));
}

export function baseOf(type: TypeShape, types: ReadonlyMap<number, TypeShape>): TypeShape {
  const inner = type.kind === "d" ? types.get(type.inner) : undefined;
  return inner ? baseOf(inner, types) : type;
}

/** What an array is made of. */
export function elementOf(type: TypeShape | undefined, types: ReadonlyMap<number, TypeShape>): TypeShape | undefined {
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

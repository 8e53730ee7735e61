/** What to try for a column of a row: values that its checks name or describe, then values of its type. */
import { literalsOf, type Place, rotate } from "./literals.ts";
import { matching } from "../../../core/pattern.ts";
import { aboutColumn, domainChecks, type Types, type TypeShape } from "../../../core/type-shapes.ts";
import type { CheckShape, ColumnShape, TableShape } from "./shape.ts";

/** A check as it stands in a table, those of domains told of their column. */
export function checksOf(table: TableShape, types: Types): CheckShape[] {
  const ofDomains = table.columns.flatMap(({ name, type }) =>
    domainChecks(types.get(type), types).map(({ expression }) => ({ columns: [name], expression: aboutColumn(expression, name) })),
  );
  return [...table.checks, ...ofDomains, ...boundsOf(table)];
}

/** A row has to lie in one of the partitions. */
function boundsOf({ bounds, columns }: TableShape): CheckShape[] {
  if (bounds === null) return [];
  const expression = bounds.map((bound) => `(${bound})`).join(" or ");
  const words = new Set(expression.match(/[\p{L}_][\p{L}\p{N}_$]*|"(?:[^"]|"")*"/gu));
  return [{ columns: columns.map(({ name }) => name).filter((name) => words.has(name) || words.has(quoted(name))), expression }];
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** The type that the values of a column have below its domains, with its modifier. */
export function baseOf({ type, modifier }: ColumnShape, types: Types): { type: TypeShape; modifier: number } | undefined {
  const found = types.get(type);
  if (found?.kind !== "d") return found && { type: found, modifier };
  return baseOf({ type: found.inner, modifier: found.modifier } as ColumnShape, types);
}

/** Null is last where it is allowed; the last row of a style with nulls has it first. */
export function candidatesOf(
  column: ColumnShape,
  checks: readonly CheckShape[],
  types: Types,
  place: Place,
  wantsNull: boolean,
): (string | null)[] {
  const base = baseOf(column, types);
  if (!base) return column.notNull ? [] : [null];
  const about = checks.filter(({ columns }) => columns.includes(column.name)).map(({ expression }) => expression);
  const named = rotate(namedIn(about, base.type), place.row - 1).filter((value) => fits(value, base.type));
  const values = [...new Set([...patternsIn(about, base.type, place), ...named, ...literalsOf(base.type, base.modifier, types, place)])];
  if (column.notNull) return values;
  return wantsNull ? [null, ...values] : [...values, null];
}

function patternsIn(expressions: readonly string[], { category }: TypeShape, { row }: Place): string[] {
  if (category !== "S") return [];
  const patterns = expressions.flatMap((text) => [...text.matchAll(/(?<!!)~\*? '((?:[^']|'')*)'/g)].map(([, pattern = ""]) => pattern));
  return patterns.flatMap((pattern) => matching(pattern.replaceAll("''", "'"), row) ?? []);
}

/** Constants of the checks; of numbers also the neighbours, for what must be larger or smaller. */
function namedIn(expressions: readonly string[], { category }: TypeShape): string[] {
  const withoutPatterns = expressions.map((text) => text.replaceAll(/~\*? '(?:[^']|'')*'/g, ""));
  if (category === "N") {
    const numbers = withoutPatterns.flatMap((text) => text.match(/(?<![\w.])-?\d+(?:\.\d+)?(?![\w.])/g) ?? []);
    return numbers.flatMap((number) => [number, String(Number(number) + 1), String(Number(number) - 1)]);
  }
  return withoutPatterns.flatMap((text) => [...text.matchAll(/'((?:[^']|'')*)'/g)].map(([, value = ""]) => value.replaceAll("''", "'")));
}

/** Of constants only what the type certainly takes: one that it refuses fails the whole statement. */
function fits(value: string, { name, category, kind, labels }: TypeShape): boolean {
  if (kind === "e") return labels.includes(value);
  if (/^(?:int\d|oid)$/.test(name)) return /^-?\d{1,9}$/.test(value);
  if (category === "D") return /^\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d(:\d\d)?)?)?$/.test(value);
  return category === "S" || category === "N";
}

/** What the checks of one column say of its values: a range, a list, a length, a pattern. */
import { compile, type Condition, type Kind, namesIn, split } from "./expression.ts";
import type { Value } from "./value.ts";

export interface Bounds {
  /** Inclusive, in the units of `Value`; times in microseconds. */
  readonly least?: number;
  /** Inclusive; `open` where the bound itself is outside. */
  readonly most?: number;
  readonly openMost?: boolean;
  readonly openLeast?: boolean;
  readonly allowed?: readonly Value[];
  readonly shortest?: number;
  readonly longest?: number;
  readonly patterns?: readonly string[];
}

type Node = Condition["node"];

/** All that the conditions ask of `column`, together. */
export function boundsOf(column: string, conditions: readonly Condition[], kinds: ReadonlyMap<string, Kind>): Bounds {
  return conditions.reduce<Bounds>((bounds, { node }) => both(bounds, read(node, column, kinds)), {});
}

function read(node: Node, column: string, kinds: ReadonlyMap<string, Kind>): Bounds {
  const [kind, inner] = split(node);
  if (kind === "BoolExpr") {
    const parts = ((inner["args"] ?? []) as Node[]).map((part) => read(part, column, kinds));
    if (inner["boolop"] === "AND_EXPR") return parts.reduce(both, {});
    // `column is null or …`: null is allowed, and is no bound.
    if (inner["boolop"] === "OR_EXPR") {
      const telling = parts.filter((_, i) => split(((inner["args"] ?? []) as Node[])[i])[0] !== "NullTest");
      return telling.length === 0 ? {} : telling.reduce(either);
    }
    return {};
  }
  return kind === "A_Expr" ? readOperator(inner, column, kinds) : {};
}

function readOperator(inner: Record<string, unknown>, column: string, kinds: ReadonlyMap<string, Kind>): Bounds {
  const operator = namesIn(inner["name"]).at(-1) ?? "";
  const left = inner["lexpr"] as Node | undefined;
  const right = inner["rexpr"] as Node | undefined;
  const value = compile(right, kinds, new Set()).constant?.value;
  if (inner["kind"] === "AEXPR_OP_ANY") return isColumn(left, column, kinds) && Array.isArray(value) ? { allowed: value as Value[] } : {};
  if (inner["kind"] === "AEXPR_OP_ALL" || value === undefined || value === null) return {};
  if (isColumn(left, column, kinds)) return compared(operator, value);
  if (isLengthOf(left, column, kinds) && typeof value === "number") return lengths(operator, value);
  return {};
}

function isColumn(node: Node | undefined, column: string, kinds: ReadonlyMap<string, Kind>): boolean {
  return compile(node, kinds, new Set()).column === column;
}

function isLengthOf(node: Node | undefined, column: string, kinds: ReadonlyMap<string, Kind>): boolean {
  const [kind, inner] = split(node);
  const [argument] = (inner["args"] ?? []) as Node[];
  return kind === "FuncCall" && /length|cardinality/.test(namesIn(inner["funcname"]).at(-1) ?? "") && isColumn(argument, column, kinds);
}

function compared(operator: string, value: Value): Bounds {
  if (operator === "=") return { allowed: [value] };
  if (operator === "~" && typeof value === "string") return { patterns: [value] };
  if (typeof value !== "number") return {};
  if (operator === ">=" || operator === ">") return { least: value, openLeast: operator === ">" };
  if (operator === "<=" || operator === "<") return { most: value, openMost: operator === "<" };
  return {};
}

function lengths(operator: string, value: number): Bounds {
  if (operator === "=") return { shortest: value, longest: value };
  if (operator === ">=" || operator === ">") return { shortest: operator === ">" ? value + 1 : value };
  if (operator === "<=" || operator === "<") return { longest: operator === "<" ? value - 1 : value };
  return {};
}

function both(a: Bounds, b: Bounds): Bounds {
  const low = pick(a, b, "least", "openLeast", (x, y) => x > y);
  const high = pick(a, b, "most", "openMost", (x, y) => x < y);
  const allowed = a.allowed && b.allowed ? a.allowed.filter((value) => b.allowed?.includes(value)) : (a.allowed ?? b.allowed);
  const shortest = extreme(Math.max, a.shortest, b.shortest);
  const longest = extreme(Math.min, a.longest, b.longest);
  const patterns = [...(a.patterns ?? []), ...(b.patterns ?? [])];
  return {
    ...low,
    ...high,
    ...(allowed && { allowed }),
    ...(shortest !== undefined && { shortest }),
    ...(longest !== undefined && { longest }),
    ...(patterns.length > 0 && { patterns }),
  };
}

/** What holds in one of two cases: the hull of the ranges, the union of the lists; a case that says nothing allows everything. */
function either(a: Bounds, b: Bounds): Bounds {
  const low = a.least !== undefined && b.least !== undefined ? pick(a, b, "least", "openLeast", (x, y) => x < y) : {};
  const high = a.most !== undefined && b.most !== undefined ? pick(a, b, "most", "openMost", (x, y) => x > y) : {};
  const allowed = a.allowed && b.allowed ? { allowed: [...a.allowed, ...b.allowed] } : {};
  return { ...low, ...high, ...allowed };
}

function pick(
  a: Bounds,
  b: Bounds,
  bound: "least" | "most",
  open: "openLeast" | "openMost",
  wins: (x: number, y: number) => boolean,
): Bounds {
  const [first, second] = [a[bound], b[bound]];
  if (first === undefined && second === undefined) return {};
  const winner = second === undefined || (first !== undefined && (wins(first, second) || first === second)) ? a : b;
  return { [bound]: winner[bound], [open]: winner[open] ?? false };
}

function extreme(choose: (...values: number[]) => number, a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return choose(a, b);
}

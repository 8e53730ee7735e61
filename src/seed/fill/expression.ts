/** CHECK expressions, read by PostgreSQL's own parser and evaluated here as far as they are simple; the rest is left to the server. */
import type { Node } from "libpg-query";
import { microsOf, uuidBytes, type Value } from "./value.ts";

/** How a column's values are to be read: times as microseconds, uuids as bytes. */
export type Kind = "text" | "number" | "time" | "day" | "boolean" | "uuid" | "json" | "array" | "other";

/** An SQL value; `unknown` is what cannot be told here. */
export type Known = Value | undefined;
type Get = (column: string) => Value;
type Evaluate = (get: Get) => Known;

interface Expression {
  readonly kind: Kind;
  readonly evaluate: Evaluate;
  /** Set where it is a constant. */
  readonly constant?: { readonly value: Known };
  /** Set where it is a bare column. */
  readonly column?: string;
}

/** A condition of a table: `test` is false where the server would refuse the row, as far as can be told. */
export interface Condition {
  readonly name: string;
  readonly columns: readonly string[];
  readonly node: Node;
  test(get: Get): boolean;
}

export type ParseExpression = (expression: string) => Node | undefined;

/** `kinds` holds every column that the expression can name. */
export function conditionOf(name: string, node: Node, kinds: ReadonlyMap<string, Kind>): Condition {
  const columns = new Set<string>();
  const { evaluate } = compile(node, kinds, columns);
  return { name, columns: [...columns], node, test: (get) => evaluate(get) !== false };
}

const unknown: Expression = { kind: "other", evaluate: () => undefined };

const constant = (value: Known, kind: Kind): Expression => ({ kind, evaluate: () => value, constant: { value } });

type Inner = Record<string, unknown>;

/** The one key of a node says what it is. */
export function split(node: Node | undefined): readonly [kind: string, inner: Inner] {
  const [entry] = Object.entries(node ?? {});
  return entry === undefined ? ["", {}] : [entry[0], entry[1] as Inner];
}

export function compile(node: Node | undefined, kinds: ReadonlyMap<string, Kind>, columns: Set<string>): Expression {
  const [kind, inner] = split(node);
  const parts = (list: unknown): Expression[] => ((list ?? []) as Node[]).map((each) => compile(each, kinds, columns));
  switch (kind) {
    case "A_Const":
      return constantOf(inner);
    case "ColumnRef":
      return columnOf(inner, kinds, columns);
    case "TypeCast":
      return castOf(inner, compile(inner["arg"] as Node, kinds, columns));
    case "BoolExpr":
      return booleanOf(String(inner["boolop"]), parts(inner["args"]));
    case "NullTest":
      return nullTest(compile(inner["arg"] as Node, kinds, columns), inner["nulltesttype"] === "IS_NULL");
    case "BooleanTest":
      return booleanTest(compile(inner["arg"] as Node, kinds, columns), String(inner["booltesttype"]));
    case "A_Expr":
      return operatorOf(inner, kinds, columns);
    case "FuncCall":
      return functionOf(namesIn(inner["funcname"]).at(-1) ?? "", parts(inner["args"]));
    case "CoalesceExpr":
      return coalesced(parts(inner["args"]));
    case "A_ArrayExpr":
      return listOf(parts(inner["elements"]));
    case "CollateClause":
      return compile(inner["arg"] as Node, kinds, columns);
    default:
      // What is not understood may still name columns.
      walk(inner, (found) => compile(found, kinds, columns));
      return unknown;
  }
}

function walk(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) for (const each of value) walk(each, visit);
  else if (typeof value === "object" && value !== null) {
    if ("ColumnRef" in value) visit(value as Node);
    else for (const each of Object.values(value)) walk(each, visit);
  }
}

export function namesIn(list: unknown): string[] {
  return ((list ?? []) as { String?: { sval?: string } }[]).flatMap((part) => part.String?.sval ?? []);
}

function constantOf(inner: Inner): Expression {
  if (inner["isnull"] === true) return constant(null, "other");
  const { ival, fval, boolval, sval } = inner as {
    ival?: { ival?: number };
    fval?: { fval?: string };
    boolval?: { boolval?: boolean };
    sval?: { sval?: string };
  };
  if (ival !== undefined) return constant(ival.ival ?? 0, "number");
  if (fval !== undefined) return constant(Number(fval.fval), "number");
  if (boolval !== undefined) return constant(boolval.boolval ?? false, "boolean");
  return sval === undefined ? unknown : constant(sval.sval ?? "", "text");
}

function columnOf(inner: Inner, kinds: ReadonlyMap<string, Kind>, columns: Set<string>): Expression {
  const name = namesIn(inner["fields"]).at(-1) ?? "";
  const kind = kinds.get(name);
  if (kind === undefined) return unknown;
  columns.add(name);
  if (kind === "day") return { kind: "time", column: name, evaluate: (get) => times(get(name), 86_400_000_000) };
  return { kind, column: name, evaluate: (get) => get(name) };
}

function times(value: Value, factor: number): Known {
  return typeof value === "number" ? value * factor : value;
}

const numberTypes = /^(?:int[248]?|integer|bigint|smallint|numeric|decimal|float[48]|real)$/;
const timeTypes = /^(?:date|timestamp|timestamptz)$/;
const textTypes = /^(?:text|varchar|bpchar|citext|name)$/;

function castOf(inner: Inner, arg: Expression): Expression {
  const type = inner["typeName"] as Inner | undefined;
  const name = namesIn(type?.["names"]).at(-1) ?? "";
  const value = arg.constant?.value;
  if ((type?.["arrayBounds"] as unknown[] | undefined)?.length) return arg;
  if (typeof value === "string") return constantCast(name, value);
  if (numberTypes.test(name)) return arg.kind === "number" ? arg : unknown;
  if (textTypes.test(name)) return arg.kind === "text" ? arg : unknown;
  if (timeTypes.test(name)) return arg.kind === "time" && name !== "date" ? arg : unknown;
  return arg.constant ? arg : unknown;
}

function constantCast(type: string, text: string): Expression {
  if (numberTypes.test(type)) return constant(Number(text), "number");
  if (timeTypes.test(type)) return constant(microsOf(text), "time");
  if (type === "uuid") return constant(uuidBytes(text), "uuid");
  if (type === "bool") return constant(/^[ty1]/i.test(text), "boolean");
  if (type === "interval") return constant(intervalMicros(text), "number");
  return constant(text, "text");
}

/** As the server writes an interval without months: `7 days`, `01:00:00`, `1 day 02:00:00`. */
function intervalMicros(text: string): number | undefined {
  const [, days = "0", hours = "0", minutes = "0", seconds = "0"] =
    /^(?:(-?\d+) days?)? ?(?:(\d+):(\d+):(\d+(?:\.\d+)?))?$/.exec(text) ?? [];
  if (!/\d/.test(text) || /mon|year/.test(text)) return undefined;
  return (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000_000;
}

function booleanOf(operator: string, args: readonly Expression[]): Expression {
  const evaluate: Evaluate =
    operator === "NOT_EXPR"
      ? (get) => not(args[0]?.evaluate(get))
      : operator === "AND_EXPR"
        ? (get) => decide(args, get, false)
        : (get) => decide(args, get, true);
  return { kind: "boolean", evaluate };
}

function not(value: Known): Known {
  return typeof value === "boolean" ? !value : value;
}

/** AND ends with the first false, OR with the first true; null and what is not known decide nothing. */
function decide(args: readonly Expression[], get: Get, decisive: boolean): Known {
  let result: Known = !decisive;
  for (const { evaluate } of args) {
    const value = evaluate(get);
    if (value === decisive) return decisive;
    if (value === undefined || (value === null && result !== undefined)) result = value;
  }
  return result;
}

function nullTest(arg: Expression, isNull: boolean): Expression {
  const evaluate: Evaluate = (get) => {
    const value = arg.evaluate(get);
    return value === undefined ? undefined : (value === null) === isNull;
  };
  return { kind: "boolean", evaluate };
}

function booleanTest(arg: Expression, test: string): Expression {
  const wanted = test.endsWith("TRUE") ? true : test.endsWith("FALSE") ? false : null;
  const evaluate: Evaluate = (get) => {
    const value = arg.evaluate(get);
    return value === undefined ? undefined : (value === wanted) !== test.includes("_NOT_");
  };
  return { kind: "boolean", evaluate };
}

function listOf(items: readonly Expression[]): Expression {
  const evaluate: Evaluate = (get) => {
    const values = items.map((item) => item.evaluate(get));
    return values.includes(undefined) ? undefined : (values as Value[]);
  };
  const constants = items.every((item) => item.constant);
  const kind = "array";
  return constants ? { kind, evaluate, constant: { value: evaluate(() => null) } } : { kind, evaluate };
}

function coalesced(args: readonly Expression[]): Expression {
  const evaluate: Evaluate = (get) => {
    for (const arg of args) {
      const value = arg.evaluate(get);
      if (value !== null) return value;
    }
    return null;
  };
  return { kind: args[0]?.kind ?? "other", evaluate };
}

type Compare = (left: Value, right: Value) => Known;

const comparisons: Readonly<Record<string, Compare>> = {
  "=": (a, b) => a === b,
  "<>": (a, b) => a !== b,
  "<": (a, b) => (a as number) < (b as number),
  "<=": (a, b) => (a as number) <= (b as number),
  ">": (a, b) => (a as number) > (b as number),
  ">=": (a, b) => (a as number) >= (b as number),
};
const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
};

function operatorOf(inner: Inner, kinds: ReadonlyMap<string, Kind>, columns: Set<string>): Expression {
  const left = compile(inner["lexpr"] as Node | undefined, kinds, columns);
  const [, right] = split(inner["rexpr"] as Node);
  const items = Array.isArray(right["items"]) ? listOf((right["items"] as Node[]).map((item) => compile(item, kinds, columns))) : undefined;
  const second = items ?? compile(inner["rexpr"] as Node, kinds, columns);
  const name = namesIn(inner["name"]).at(-1) ?? "";
  const kind = String(inner["kind"]);
  if (kind === "AEXPR_OP_ANY" || kind === "AEXPR_IN") return anyOf(left, second, name, true);
  if (kind === "AEXPR_OP_ALL") return anyOf(left, second, name, false);
  if (kind === "AEXPR_DISTINCT" || kind === "AEXPR_NOT_DISTINCT") return distinct(left, second, kind === "AEXPR_DISTINCT");
  if (inner["lexpr"] === undefined && name === "-" && typeof second.constant?.value === "number")
    return constant(-second.constant.value, "number");
  if (kind !== "AEXPR_OP" && kind !== "AEXPR_LIKE") return unknown;
  if (/^!?~\*?$|^!?~~\*?$/.test(name)) return matches(left, second, name);
  const compute = arithmetic[name];
  if (compute)
    return binary(left, second, (a, b) => (typeof a === "number" && typeof b === "number" ? compute(a, b) : undefined), left.kind);
  const compare = comparisons[name];
  return compare === undefined ? unknown : binary(left, second, ordered(left, second, name) ? compare : () => undefined, "boolean");
}

/** Texts are ordered by a collation, which is the server's. */
function ordered(left: Expression, right: Expression, name: string): boolean {
  const comparable = (kind: Kind): boolean => ["number", "time", "boolean", "uuid", "text"].includes(kind);
  if (left.constant?.value === null || right.constant?.value === null) return false;
  if (!comparable(left.kind) || !comparable(right.kind)) return false;
  return name === "=" || name === "<>" || left.kind === "number" || left.kind === "time";
}

function binary(left: Expression, right: Expression, compute: Compare, kind: Kind): Expression {
  const evaluate: Evaluate = (get) => {
    const [a, b] = [left.evaluate(get), right.evaluate(get)];
    if (a === null || b === null) return null;
    return a === undefined || b === undefined ? undefined : compute(a, b);
  };
  return { kind, evaluate };
}

function anyOf(left: Expression, right: Expression, name: string, any: boolean): Expression {
  const compare = comparisons[name];
  if (!compare || !["text", "number", "uuid", "time"].includes(left.kind)) return unknown;
  const evaluate: Evaluate = (get) => {
    const [value, list] = [left.evaluate(get), right.evaluate(get)];
    if (value === null || list === null) return null;
    if (value === undefined || !Array.isArray(list)) return undefined;
    const found = (list as Value[]).map((item) => compare(value, item));
    return any ? found.includes(true) : !found.includes(false);
  };
  return { kind: "boolean", evaluate };
}

function distinct(left: Expression, right: Expression, wanted: boolean): Expression {
  const evaluate: Evaluate = (get) => {
    const [a, b] = [left.evaluate(get), right.evaluate(get)];
    return a === undefined || b === undefined ? undefined : (a !== b) === wanted;
  };
  return { kind: "boolean", evaluate };
}

function matches(left: Expression, right: Expression, name: string): Expression {
  const pattern = right.constant?.value;
  const expression =
    typeof pattern === "string" ? (name.includes("~~") ? likeExpression(pattern, name) : posixExpression(pattern, name)) : undefined;
  if (!expression) return unknown;
  const evaluate: Evaluate = (get) => {
    const value = left.evaluate(get);
    return typeof value === "string" ? expression.test(value) !== name.startsWith("!") : value === null ? null : undefined;
  };
  return { kind: "boolean", evaluate };
}

function likeExpression(pattern: string, name: string): RegExp {
  const source = pattern.replace(/\\?[^]/g, (char) =>
    char === "%" ? "[^]*" : char === "_" ? "[^]" : char.replace(/^\\/, "").replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"),
  );
  return new RegExp(`^${source}$`, name.endsWith("*") ? "iu" : "u");
}

const classes: Readonly<Record<string, string>> = {
  alpha: "A-Za-z",
  digit: "0-9",
  alnum: "A-Za-z0-9",
  upper: "A-Z",
  lower: "a-z",
  space: "\\s",
  xdigit: "0-9A-Fa-f",
  punct: "!-\\/:-@\\[-`{-~",
};

/** PostgreSQL's regular expressions as JavaScript's; undefined where they differ. */
function posixExpression(pattern: string, name: string): RegExp | undefined {
  if (/^\*\*\*|\(\?[a-z]|\\[mMyY]|\[\[[.=]/.test(pattern)) return undefined;
  try {
    return new RegExp(
      pattern.replace(/\[:(\w+):\]/g, (_, known: string) => classes[known] ?? ""),
      name.endsWith("*") ? "i" : "",
    );
  } catch {
    return undefined;
  }
}

type Compute = (args: readonly Value[]) => Known;

const functions: Readonly<Record<string, readonly [Kind, Compute]>> = {
  length: ["number", ([text]) => (typeof text === "string" ? lengthOf(text) : undefined)],
  char_length: ["number", ([text]) => (typeof text === "string" ? lengthOf(text) : undefined)],
  character_length: ["number", ([text]) => (typeof text === "string" ? lengthOf(text) : undefined)],
  octet_length: ["number", ([text]) => (typeof text === "string" ? Buffer.byteLength(text) : undefined)],
  lower: ["text", ([text]) => (typeof text === "string" ? text.toLowerCase() : undefined)],
  upper: ["text", ([text]) => (typeof text === "string" ? text.toUpperCase() : undefined)],
  btrim: ["text", ([text, chars]) => (typeof text === "string" && chars === undefined ? text.replace(/^ +| +$/g, "") : undefined)],
  jsonb_typeof: ["text", ([value]) => (typeof value === "string" ? typeOfJson(value) : undefined)],
  json_typeof: ["text", ([value]) => (typeof value === "string" ? typeOfJson(value) : undefined)],
  cardinality: ["number", ([value]) => (Array.isArray(value) ? value.length : undefined)],
  array_length: ["number", ([value]) => (Array.isArray(value) ? (value.length === 0 ? null : value.length) : undefined)],
  abs: ["number", ([value]) => (typeof value === "number" ? Math.abs(value) : undefined)],
};

/** In characters, not in the halves of surrogate pairs. */
function lengthOf(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xdc00) length--;
  return length;
}

function typeOfJson(text: string): string {
  const value = JSON.parse(text) as unknown;
  return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
}

function functionOf(name: string, args: readonly Expression[]): Expression {
  if (name === "num_nonnulls" || name === "num_nulls") return countOf(args, name === "num_nulls");
  const known = functions[name];
  // Bytes and ranges have these functions too.
  if (!known || args[0]?.kind === "other") return unknown;
  const [kind, compute] = known;
  const evaluate: Evaluate = (get) => {
    const values = args.map((arg) => arg.evaluate(get));
    if (values.includes(undefined)) return undefined;
    return values.includes(null) ? null : compute(values as Value[]);
  };
  return { kind, evaluate };
}

function countOf(args: readonly Expression[], nulls: boolean): Expression {
  const evaluate: Evaluate = (get) => {
    const values = args.map((arg) => arg.evaluate(get));
    return values.includes(undefined) ? undefined : values.filter((value) => (value === null) === nulls).length;
  };
  return { kind: "number", evaluate };
}

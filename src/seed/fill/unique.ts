/**
 * Uniqueness without a retry: a key is unique because one of its columns counts the rows, or because the choices that make it up
 * are the digits of such a number, shuffled by a permutation.
 */
import type { TypeShape } from "../../core/type-shapes.ts";
import type { Bounds } from "./bounds.ts";
import { compile, type Condition, type Kind, type ParseExpression } from "./expression.ts";
import type { Link, Relations } from "./relations.ts";
import type { ColumnShape, UniqueShape } from "./shape.ts";
import type { Value } from "./value.ts";

/** Of what a number is unique: of the whole table, or of a block of it. */
export type Extent = "table" | "block";

export type Digit =
  /** A row of the parent; `apart` is the place of an earlier digit that has to be another row. */
  { readonly link: Link; readonly apart?: number } | { readonly column: string; readonly values: readonly Value[] };

export interface Enumeration {
  readonly extent: Extent;
  readonly digits: readonly Digit[];
}

export interface Uniqueness {
  /** Columns that count. */
  readonly counting: ReadonlyMap<string, Extent>;
  readonly enumerations: readonly Enumeration[];
  /** Self references that must not meet: each row refers to the one before it. */
  readonly chains: ReadonlySet<Link>;
  /** Links that stay null. */
  readonly without: ReadonlySet<Link>;
  /** Predicates of partial unique indexes that must not hold: nothing else would keep them unique. */
  readonly never: readonly UniqueShape[];
  readonly unsolved: readonly UniqueShape[];
}

export interface UniqueContext {
  readonly relations: Relations;
  readonly all: ReadonlyMap<string, Relations>;
  readonly kinds: ReadonlyMap<string, Kind>;
  readonly conditions: readonly Condition[];
  readonly parse: ParseExpression;
  readonly bounds: (column: string) => Bounds;
  readonly base: (column: ColumnShape) => TypeShape;
  /** Set by the user: not to be touched. */
  readonly given: ReadonlySet<string>;
}

/** What a key is made of. */
interface Parts {
  readonly unique: UniqueShape;
  readonly scope: boolean;
  readonly links: readonly Link[];
  readonly scalars: readonly ColumnShape[];
}

export function uniquenessOf(context: UniqueContext): Uniqueness {
  const { table } = context.relations;
  const state = {
    counting: new Map<string, Extent>(),
    enumerations: [] as Enumeration[],
    chains: new Set<Link>(),
    without: new Set<Link>(),
  };
  const never: UniqueShape[] = [];
  const unsolved: UniqueShape[] = [];
  for (const unique of table.uniques) for (const link of alternatives(unique, context)) state.without.add(link);
  for (const parts of smallestFirst(
    table.uniques.filter((unique) => !cannotHold(unique, context)).map((unique) => partsOf(unique, context)),
  )) {
    if (isNull(parts, context)) continue;
    if (count(parts, state.counting, context) || enumerated(parts, state.enumerations, context)) continue;
    if (parts.unique.predicate !== null) never.push(parts.unique);
    else if (!enumerate(parts, state, context)) unsolved.push(parts.unique);
  }
  return { ...state, never, unsolved };
}

function smallestFirst(all: readonly Parts[]): readonly Parts[] {
  const size = ({ scope, links, scalars }: Parts): number => Number(scope) + links.length + scalars.length;
  return [...all].sort((a, b) => size(a) - size(b));
}

/** `where tenant_id is null`, of a column that never is. */
function cannotHold({ predicate }: UniqueShape, { relations, all, kinds, parse }: UniqueContext): boolean {
  const node = predicate === null ? undefined : parse(predicate);
  if (!node) return false;
  const { evaluate } = compile(node, kinds, new Set());
  return evaluate((name) => (isOfScope(relations, name, all) ? "set" : undefined) as Value) === false;
}

function partsOf(unique: UniqueShape, context: UniqueContext): Parts {
  const { relations, all, kinds, parse } = context;
  const names = new Set(unique.columns.filter((name) => name !== null));
  for (const expression of unique.expressions) {
    const inner = new Set<string>();
    compile(parse(expression), kinds, inner);
    // Of coalesce(a, b) a is chosen, and the others stay null.
    for (const name of /^coalesce/i.test(expression) ? [...inner].slice(0, 1) : inner) names.add(name);
  }
  const links = new Set<Link>();
  const scalars: ColumnShape[] = [];
  let scope = false;
  for (const name of names) {
    const link = linkOf(relations, name);
    if (isOfScope(relations, name, all)) scope = true;
    else if (link) links.add(link);
    else scalars.push(relations.table.columns.find((column) => column.name === name) as ColumnShape);
  }
  return { unique, scope, links: [...links], scalars };
}

/** The keys of coalesce(a, b, …) behind the first. */
function alternatives({ expressions }: UniqueShape, { relations, kinds, parse }: UniqueContext): readonly Link[] {
  return expressions
    .filter((expression) => /^coalesce/i.test(expression))
    .flatMap((expression) => {
      const inner = new Set<string>();
      compile(parse(expression), kinds, inner);
      return [...inner].slice(1).flatMap((name) => {
        const link = linkOf(relations, name);
        return link && link.nullable.length > 0 ? [link] : [];
      });
    });
}

function linkOf({ links }: Relations, column: string): Link | undefined {
  return links.find(({ decides }) => decides.includes(column));
}

/** The column has its value from the root's row. */
export function isOfScope({ table, links, scope }: Relations, column: string, all: ReadonlyMap<string, Relations>): boolean {
  if (scope === undefined) return false;
  if (table.keys.some((key) => key.table === scope && key.columns.includes(column))) return true;
  const link = links.find(({ decides }) => decides.includes(column));
  const parent = link && all.get(link.parent.id);
  if (!link || !parent || parent.scope !== scope || link.self) return false;
  return isOfScope(parent, link.key.refers[link.key.columns.indexOf(column)] as string, all);
}

/** A column that stays null keeps a key unique. */
function isNull({ unique }: Parts, { relations }: UniqueContext): boolean {
  return unique.columns.some((name) => name !== null && relations.nulls.has(name));
}

/** One block's rows of the parent are no other block's. */
function isDistinct(link: Link, { relations, all }: UniqueContext): boolean {
  const { scope } = relations;
  let at: string | undefined = link.parent.id;
  while (at !== undefined && at !== scope) at = all.get(at)?.scope;
  return scope !== undefined && at === scope;
}

function extentOf({ scope, links }: Parts, context: UniqueContext): Extent {
  return scope || links.some((link) => isDistinct(link, context)) ? "block" : "table";
}

function count(parts: Parts, counting: Map<string, Extent>, context: UniqueContext): boolean {
  const able = parts.scalars.filter((column) => canCount(column, context));
  const best = able.sort((a, b) => scoreOf(b, counting, context) - scoreOf(a, counting, context))[0];
  if (!best) return false;
  const extent = extentOf(parts, context);
  // Within a tenant names repeat as they do in life; addresses do not.
  if (counting.get(best.name) !== "table") counting.set(best.name, /mail|phone|token|hash/.test(best.name) ? "table" : extent);
  return true;
}

function scoreOf({ name, type }: ColumnShape, counting: ReadonlyMap<string, Extent>, { relations, base }: UniqueContext): number {
  const counts = counting.has(name) ? 8 : 0;
  const called = /(^|_)(id|key|slug|code|name|email|number|token|hash|reference|title|version)$/.test(name) ? 4 : 0;
  const column = relations.table.columns.find((each) => each.name === name && each.type === type) as ColumnShape;
  return counts + called + (/^(date|timestamp|timestamptz|int[48])$/.test(base(column).name) ? 2 : 0);
}

const countable =
  /^(?:int[248]|numeric|float8|text|varchar|bpchar|citext|name|uuid|date|timestamp|timestamptz|interval|inet|bytea|oid|xid8|pg_lsn)$/;

function canCount(column: ColumnShape, { base, bounds, given }: UniqueContext): boolean {
  const type = base(column);
  const { allowed, least, most, longest } = bounds(column.name);
  if (column.generated || given.has(column.name) || allowed || type.kind !== "b" || !countable.test(type.name)) return false;
  if (least !== undefined && most !== undefined && /^int|^numeric|^float/.test(type.name) && most - least < 1_000_000) return false;
  return longest === undefined || longest >= 6;
}

/** The key holds all of one that is unique already. */
function enumerated(parts: Parts, enumerations: readonly Enumeration[], context: UniqueContext): boolean {
  const extent = extentOf(parts, context);
  return enumerations.some(
    ({ digits, extent: has }) =>
      (has === "table" || extent === "block") &&
      digits.every((digit) =>
        "link" in digit ? parts.links.includes(digit.link) : parts.scalars.some(({ name }) => name === digit.column),
      ),
  );
}

interface State {
  readonly enumerations: Enumeration[];
  readonly chains: Set<Link>;
  readonly without: Set<Link>;
}

function enumerate(parts: Parts, state: State, context: UniqueContext): boolean {
  const self = parts.links.find((link) => link.self);
  if (self) {
    state.chains.add(self);
    return true;
  }
  const taken = (link: Link): boolean =>
    state.enumerations.some(({ digits }) => digits.some((digit) => "link" in digit && digit.link === link));
  if (parts.links.some(taken)) {
    const free = parts.links.find((link) => !taken(link) && link.nullable.length > 0);
    if (free) state.without.add(free);
    return free !== undefined;
  }
  const digits: Digit[] = withoutEquals(parts.links, context.conditions);
  for (const column of parts.scalars) {
    const values = valuesOf(column, context);
    // A column with a value that nobody can vary adds nothing.
    if (values && !context.given.has(column.name)) digits.push({ column: column.name, values });
  }
  state.enumerations.push({ extent: extentOf(parts, context), digits });
  return true;
}

/** `source_id <> target_id`: the second digit leaves out the first. */
function withoutEquals(links: readonly Link[], conditions: readonly Condition[]): Digit[] {
  return links.map((link, place) => {
    const earlier = links
      .slice(0, place)
      .findIndex(
        (other) =>
          other.parent.id === link.parent.id &&
          conditions.some(
            ({ columns, node }) =>
              columns.length === 2 &&
              "A_Expr" in node &&
              columns.some((name) => link.decides.includes(name)) &&
              columns.some((name) => other.decides.includes(name)),
          ),
      );
    return earlier < 0 ? { link } : { link, apart: earlier };
  });
}

function valuesOf(column: ColumnShape, { bounds, base }: UniqueContext): readonly Value[] | undefined {
  const { allowed, least, most } = bounds(column.name);
  const type = base(column);
  if (allowed) return allowed;
  if (type.kind === "e") return type.labels;
  if (type.name === "bool") return [false, true];
  if (least !== undefined && most !== undefined && /^int/.test(type.name))
    return Array.from({ length: most - least + 1 }, (_, i) => least + i);
  return undefined;
}

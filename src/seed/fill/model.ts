/** From a schema and what is wanted of it to tables whose rows can be computed. */
import { aboutColumn, domainChecks, type Types, type TypeShape } from "../../core/type-shapes.ts";
import { type Blocks, share, weightsOf, within } from "./blocks.ts";
import { type Bounds, boundsOf } from "./bounds.ts";
import { codecOf } from "./codec.ts";
import { makersOfColumn } from "./columns.ts";
import { type Condition, conditionOf, type Kind, type ParseExpression } from "./expression.ts";
import { baseOf, kindOf } from "./domain.ts";
import { drawOf, enumerationOf } from "./draws.ts";
import type { Draw, Problem, TableContext } from "./context.ts";
import { type Key, keyOf } from "./hash.ts";
import { type Link, parentsFirst, type Relations, relationsOf } from "./relations.ts";
import type { ColumnShape, Shape, TableShape } from "./shape.ts";
import type { ColumnSpec } from "./spec.ts";
import { FilledTable, type Watched } from "./table.ts";
import { isOfScope, type Uniqueness, uniquenessOf } from "./unique.ts";

export interface Wanted {
  readonly seed: number;
  readonly skew: "none" | "zipf";
  readonly root: string | undefined;
  /** By the id of a table; what is not in it is not filled. */
  readonly rows: ReadonlyMap<string, number>;
  /** How many numbers of the table's keys are taken: 0 for an empty table. */
  readonly offsets: ReadonlyMap<string, number>;
  /** By the id of a table, then by column. */
  readonly columns: ReadonlyMap<string, Readonly<Record<string, ColumnSpec>>>;
}

export interface Model {
  /** Parents before children. */
  readonly tables: readonly FilledTable[];
  readonly relations: ReadonlyMap<string, Relations>;
  readonly problems: readonly Problem[];
  /** Tables of which fewer rows are possible than were asked for. */
  readonly capped: readonly { readonly table: string; readonly wanted: number; readonly rows: number }[];
}

export function modelOf({ tables: shapes, types }: Shape, wanted: Wanted, parse: ParseExpression): Model {
  const tables = new Map(shapes.filter(({ id }) => wanted.rows.has(id)).map((table) => [table.id, table]));
  const all = relationsOf(tables, wanted.root);
  const filled = new Map<string, FilledTable>();
  const problems: Problem[] = [];
  const capped: { table: string; wanted: number; rows: number }[] = [];
  for (const id of rootsFirst(parentsFirst(all), all)) {
    const relations = all.get(id) as Relations;
    const facts = factsOf(relations, all, types, wanted, parse);
    problems.push(...refusals(relations, facts.uniqueness));
    const blocks = blocksOf(relations, facts.uniqueness, filled, wanted);
    const asked = wanted.rows.get(id) ?? 0;
    if (blocks.rows < asked) capped.push({ table: id, wanted: asked, rows: blocks.rows });
    const key = (...names: readonly string[]): Key => keyOf(wanted.seed, id, ...names);
    const offset = wanted.offsets.get(id) ?? 0;
    const specs = wanted.columns.get(id) ?? {};
    const context = { ...facts, relations, all, filled, types, blocks, offset, specs, key, draws: new Map<Link, Draw>(), parse, problems };
    for (const link of relations.links) context.draws.set(link, drawOf(link, context));
    filled.set(id, tableOf(context));
  }
  return { tables: [...filled.values()], relations: all, problems, capped };
}

/** The order of parents is kept; a root is there before what is scoped by it. */
function rootsFirst(order: readonly string[], all: ReadonlyMap<string, Relations>): readonly string[] {
  const done = new Set<string>();
  const visit = (id: string): void => {
    if (done.has(id)) return;
    const scope = all.get(id)?.scope;
    if (scope !== undefined) visit(scope);
    done.add(id);
  };
  for (const id of order) visit(id);
  return [...done];
}

type Facts = Pick<TableContext, "conditions" | "kinds" | "bounds" | "base" | "uniqueness">;

function factsOf(relations: Relations, all: ReadonlyMap<string, Relations>, types: Types, wanted: Wanted, parse: ParseExpression): Facts {
  const { table } = relations;
  const base = (column: ColumnShape): TypeShape => baseOf(types.get(column.type) as TypeShape, types);
  const kinds = new Map(table.columns.map((column) => [column.name, kindOf(base(column))]));
  const conditions = conditionsOf(table, types, kinds, parse);
  const known = new Map<string, Bounds>();
  const bounds = (column: string): Bounds => {
    const own = conditions.filter(({ columns }) => columns.length === 1 && columns[0] === column);
    const found = known.get(column) ?? boundsOf(column, own, kinds);
    known.set(column, found);
    return found;
  };
  const given = new Set(Object.keys(wanted.columns.get(table.id) ?? {}));
  const uniqueness = uniquenessOf({ relations, all, kinds, conditions, parse, bounds, base, given });
  const never = uniqueness.never.flatMap(({ name, predicate }) => {
    const node = parse(predicate ?? "");
    return node ? [conditionOf(name, { BoolExpr: { boolop: "NOT_EXPR", args: [node] } }, kinds)] : [];
  });
  return { conditions: [...conditions, ...never], kinds, bounds, base, uniqueness };
}

/** Those of the table and those of its columns' domains, which call the column VALUE. */
function conditionsOf(table: TableShape, types: Types, kinds: ReadonlyMap<string, Kind>, parse: ParseExpression): readonly Condition[] {
  const own = table.checks.map(({ name, expression }) => ({ name, expression }));
  const ofDomains = table.columns.flatMap(({ name, type }) =>
    domainChecks(types.get(type), types).map((check) => ({ name: check.name, expression: aboutColumn(check.expression, name) })),
  );
  return [...own, ...ofDomains].flatMap(({ name, expression }) => {
    const node = parse(expression);
    return node ? [conditionOf(name, node, kinds)] : [];
  });
}

function refusals({ table, unserved }: Relations, { unsolved }: Uniqueness): readonly Problem[] {
  return [
    ...unserved.map((key) => ({
      table: table.id,
      object: key.name,
      problem: "its columns are decided by other foreign keys, and no row of its parent is sure to fit",
      remedy: "leave the table out: rows: 0",
    })),
    ...unsolved.map((unique) => ({
      table: table.id,
      object: unique.name,
      problem: "its columns are decided by other unique keys, and nothing is left that could keep it unique",
      remedy: "leave the table out: rows: 0",
    })),
  ];
}

function blocksOf(relations: Relations, uniqueness: Uniqueness, filled: ReadonlyMap<string, FilledTable>, wanted: Wanted): Blocks {
  const { table, scope: scopeId, links } = relations;
  const scope = scopeId === undefined ? undefined : filled.get(scopeId)?.blocks;
  const count = scope?.rows ?? 1;
  const caps = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  const required = links.filter(({ nullable, self }) => nullable.length === 0 && !self);
  let most = wanted.rows.get(table.id) ?? 0;
  for (let block = 0; block < count; block++) {
    // A parent in a circle is not laid out yet: it will have about as many rows as are wanted.
    const room = (link: Link): number => roomFor(link, scope, block, filled) ?? wanted.rows.get(link.parent.id) ?? 0;
    if (required.some((link) => room(link) === 0)) caps[block] = 0;
    for (const { extent, digits } of uniqueness.enumerations) {
      const size = digits.reduce(
        (product, digit) => product * ("link" in digit ? room(digit.link) - (digit.apart === undefined ? 0 : 1) : digit.values.length),
        1,
      );
      if (extent === "block") caps[block] = Math.min(caps[block] as number, Math.max(0, size));
      else most = Math.min(most, size);
    }
  }
  const weights = weightsOf(count, scope && !scope.scope ? wanted.skew : "none");
  const starts = share(most, weights, caps);
  return { id: table.id, rows: starts[count] as number, scope, starts };
}

/** How many rows of its parent a link can choose from. */
function roomFor(link: Link, scope: Blocks | undefined, block: number, filled: ReadonlyMap<string, FilledTable>): number | undefined {
  const parent = filled.get(link.parent.id)?.blocks;
  if (!parent) return undefined;
  const [from, to] = within(parent, scope, block);
  return to - from;
}

function tableOf(context: TableContext): FilledTable {
  const { relations, uniqueness, conditions, types, blocks, key, problems } = context;
  const { table } = relations;
  const enumerations = uniqueness.enumerations.map((enumeration) => enumerationOf(enumeration, context));
  const slots = new Map<string, number>();
  const columns = table.columns.flatMap((shape) => {
    if (shape.generated) return [];
    const made = makersOfColumn(shape, context, enumerations);
    if (made === undefined) {
      if (shape.notNull && !shape.hasDefault) problems.push(unknownType(table, shape, types));
      return [];
    }
    if (made.slot !== undefined && !slots.has(made.slot)) slots.set(made.slot, slots.size);
    const slot = made.slot === undefined ? undefined : slots.get(made.slot);
    return [{ shape, codec: codecOf(types.get(shape.type) as TypeShape, shape.modifier, types), make: made.make, slot }];
  });
  const watched = conditions.flatMap((condition): Watched[] => {
    if (isSure(condition, context)) return [];
    const named = columns.filter(({ shape }) => condition.columns.includes(shape.name)).flatMap(({ slot }) => slot ?? []);
    return [{ condition, slots: [...new Set(named)] }];
  });
  return new FilledTable(table, columns, blocks, watched, key("search"));
}

function unknownType(table: TableShape, { name, type }: ColumnShape, types: Types): Problem {
  return {
    table: table.id,
    object: name,
    problem: `nothing is known of the type ${types.get(type)?.sql}`,
    remedy: `columns: { ${name}: oneOf(["…"]) }`,
  };
}

/** Numbers, times and lists are made inside of their bounds: nothing is left to look at. */
function isSure({ columns, node }: Condition, { kinds, bounds, specs, relations, all }: TableContext): boolean {
  const [name = ""] = columns;
  if (columns.length !== 1 || specs[name] !== undefined || relations.links.some(({ decides }) => decides.includes(name))) return false;
  if (isOfScope(relations, name, all)) return false;
  const { allowed } = bounds(name);
  return "A_Expr" in node && (allowed !== undefined || kinds.get(name) === "number");
}

/** How each column of a table gets its values: from a key, from a parent, by counting, or by what its name and type say. */
import { aboutColumn, domainChecks, type TypeShape } from "../../core/type-shapes.ts";
import { blockOf } from "./blocks.ts";
import { boundsOf } from "./bounds.ts";
import { baseOf, elementOf, kindOf } from "./domain.ts";
import { conditionOf } from "./expression.ts";
import { type Enumerated, valueOfDigit } from "./draws.ts";
import { makerOfSpec } from "./given.ts";
import { type Key, unit } from "./hash.ts";
import type { Draw, TableContext } from "./context.ts";
import type { Link } from "./relations.ts";
import type { ColumnShape } from "./shape.ts";
import type { Maker, Value } from "./value.ts";
import { makersOf } from "./values.ts";
import type { Wish } from "./wish.ts";

export interface MadeColumn {
  readonly make: Maker;
  /** Columns of one name are made anew together where a check does not hold; undefined where nothing may change. */
  readonly slot: string | undefined;
}

/** Undefined where nothing is known of the type: the column gets its default, or null. */
export function makersOfColumn(shape: ColumnShape, context: TableContext, enumerations: readonly Enumerated[]): MadeColumn | undefined {
  const { relations, specs } = context;
  if (relations.nulls.has(shape.name)) return { make: () => null, slot: undefined };
  const link = relations.links.find(({ decides }) => decides.includes(shape.name));
  if (link) return ofParent(shape, link, context, enumerations);
  for (const enumerated of enumerations) {
    const place = enumerated.enumeration.digits.findIndex((digit) => "column" in digit && digit.column === shape.name);
    if (place >= 0) return { make: (row) => valueOfDigit(enumerated, place, row), slot: undefined };
  }
  const spec = specs[shape.name];
  if (spec) return { make: makerOfSpec(spec, wishOf(shape, context)), slot: shape.name };
  return free(shape, context);
}

function ofParent(shape: ColumnShape, link: Link, context: TableContext, enumerations: readonly Enumerated[]): MadeColumn {
  const { filled, draws, uniqueness } = context;
  const refers = link.key.refers[link.key.columns.indexOf(shape.name)] as string;
  const read = (draw: Draw): Maker => {
    // A parent in a circle is made later than this.
    let reader: ((row: number) => Value) | undefined;
    return (row, attempt) => {
      const at = draw(row, attempt);
      if (at < 0) return null;
      reader ??= filled.get(link.parent.id)?.reader(refers) ?? ((): Value => null);
      return reader(at);
    };
  };
  for (const enumerated of enumerations) {
    const place = enumerated.enumeration.digits.findIndex((digit) => "link" in digit && digit.link === link);
    if (place >= 0) return { make: read((row) => enumerated.digit(row, place)), slot: undefined };
  }
  const fixed = uniqueness.without.has(link) || uniqueness.chains.has(link) || link.parent.id === context.relations.scope;
  return { make: read(draws.get(link) as Draw), slot: fixed ? undefined : `link ${link.key.name}` };
}

function wishOf(shape: ColumnShape, context: TableContext): Wish {
  const { relations, types, bounds, base, blocks, key, offset, uniqueness } = context;
  const extent = uniqueness.counting.get(shape.name);
  const disjoint = relations.table.disjoint.includes(shape.name);
  const inBlock = extent === "block" && offset === 0 && !disjoint;
  const ordinal = inBlock
    ? (row: number): number => row - (blocks.starts[blockOf(blocks, row)] as number)
    : (row: number): number => row + offset;
  return {
    table: relations.table.name,
    column: shape.name,
    type: types.get(shape.type) ?? base(shape),
    modifier: shape.modifier,
    types,
    key: key("column", shape.name),
    bounds: bounds(shape.name),
    ...elementWish(types.get(shape.type), context),
    rows: blocks.rows,
    ...((extent !== undefined || shape.sequence !== null) && {
      unique: { ordinal, block: inBlock ? (row: number): number => blockOf(blocks, row) : (): number => 0, fresh: offset === 0 },
    }),
  };
}

function elementWish(type: TypeShape | undefined, { types, parse }: TableContext): Pick<Wish, "element"> {
  const element = elementOf(type, types);
  const checks = domainChecks(element, types);
  if (!element || checks.length === 0) return {};
  const kinds = new Map([["value", kindOf(baseOf(element, types))]]);
  const conditions = checks.flatMap(({ name, expression }) => {
    const node = parse(aboutColumn(expression, "value"));
    return node ? [conditionOf(name, node, kinds)] : [];
  });
  return {
    element: {
      bounds: boundsOf("value", conditions, kinds),
      test: (value) => conditions.every((condition) => condition.test(() => value)),
    },
  };
}

function free(shape: ColumnShape, context: TableContext): MadeColumn | undefined {
  const wish = wishOf(shape, context);
  const candidates = makersOf(wish);
  const make = firstThatFits(shape, candidates, wish, context);
  if (!make) return undefined;
  if (wish.unique || shape.sequence !== null) return { make, slot: undefined };
  return { make: shape.notNull ? make : withNulls(make, shape.name, wish.key), slot: shape.name };
}

/** The first whose samples pass the checks of the column alone, and do not repeat where they must not; else the one that passes most. */
function firstThatFits(
  shape: ColumnShape,
  candidates: readonly Maker[],
  { unique }: Wish,
  { conditions, blocks }: TableContext,
): Maker | undefined {
  const own = conditions.filter(({ columns }) => columns.length === 1 && columns[0] === shape.name);
  if (own.length === 0 && !unique) return candidates[0];
  // Of the first block: another one may repeat what is unique in it.
  const samples = samplesOf(unique ? (blocks.starts[1] ?? 0) : blocks.rows);
  let best: Maker | undefined;
  let most = -1;
  for (const make of candidates) {
    const values = samples.map((row) => make(row, 0));
    const passed = values.filter((value) => own.every(({ test }) => test(() => value))).length;
    const distinct = !unique || new Set(values.map((value) => JSON.stringify(value))).size === values.length;
    if (passed === samples.length && distinct) return make;
    if (distinct && passed > most) [best, most] = [make, passed];
  }
  return best ?? candidates[0];
}

/** Some rows, the first and the last among them. */
export function samplesOf(rows: number, most = 48): readonly number[] {
  const last = Math.max(0, rows - 1);
  const spread = Array.from({ length: most }, (_, i) => Math.floor((i * last) / (most - 1)));
  return [...new Set([0, 1, 2, 3].filter((row) => row <= last).concat(spread))];
}

/** As in values: nothing is made deleted. */
const never = /delet/;
/** What has ended or failed is so in few rows only. */
const rare = /archiv|revok|cancel|reject|fail|lock|expire|disabl|suspend|error|resolved/;

function withNulls(make: Maker, column: string, key: Key): Maker {
  const name = column.toLowerCase();
  const share = never.test(name) ? 1 : rare.test(name) ? 0.85 : 0.15;
  return (row, attempt) => (unit(key, row, attempt * 16 + 15) < (attempt === 0 ? share : 0.5) ? null : make(row, attempt));
}

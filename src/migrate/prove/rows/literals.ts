/** Values of every type as text, the ones worth having first: none that a default would give, large ones beside small ones. */
import type { Types, TypeShape } from "../../../core/type-shapes.ts";
import { createHash } from "node:crypto";

/** What the values shall be like. */
export interface Style {
  /** Every column that takes a null has one in some row. */
  readonly nulls: boolean;
  /** Some values are as long or as large as their type allows, so that a narrower type loses them. */
  readonly large: boolean;
  /** Free texts are numbers, for a file that reads them as such. */
  readonly digits: boolean;
}

/** For which row and column a value is made. */
export interface Place {
  /** From 1. */
  readonly row: number;
  /** Of table and column: what makes values of two columns differ. */
  readonly seed: string;
  /** Of the column in its table: times grow with it, since tables mostly tell of what happened in its order. */
  readonly number: number;
  readonly style: Style;
}

/** Values that `type` takes; none where it is not known what it takes. */
export function literalsOf(type: TypeShape, modifier: number, types: Types, place: Place): string[] {
  const inner = types.get(type.inner);
  if (type.kind === "d" && inner) return literalsOf(inner, type.modifier, types, place);
  if (type.kind === "e") return rotate(type.labels, place.row);
  if (type.kind === "c") return [`(${",".repeat(Math.max(0, type.attributes - 1))})`];
  if (type.kind === "m" && inner) return literalsOf(inner, -1, types, place).map((range) => `{${range}}`);
  if (type.kind === "r" && inner) return rangesOf(inner, types, place);
  if (type.category === "A" && inner) return arraysOf(inner, modifier, types, place);
  return base(type.name, modifier, place);
}

export function rotate<T>(list: readonly T[], by: number): T[] {
  const from = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(from), ...list.slice(0, from)];
}

function rangesOf(inner: TypeShape, types: Types, place: Place): string[] {
  const style = { ...place.style, large: false };
  const [low = ""] = literalsOf(inner, -1, types, { ...place, style });
  const [high = ""] = literalsOf(inner, -1, types, { ...place, style, row: place.row + 1 });
  return [`["${low}","${high}")`, "empty"];
}

function arraysOf(inner: TypeShape, modifier: number, types: Types, place: Place): string[] {
  const items = literalsOf(inner, modifier, types, place)
    .slice(0, 2)
    .map((item) => `"${item.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`);
  return [`{${items.join(",")}}`, "{}"];
}

type Make = (place: Place, modifier: number) => string[];

function base(name: string, modifier: number, place: Place): string[] {
  return (makers[name] ?? unknown)(place, modifier);
}

const integer =
  (large: string): Make =>
  ({ row, style }) =>
    style.large && row % 2 === 0 ? [large, `${row}`, `${row * 10}`, "0"] : [`${row}`, `${row * 10}`, "0"];

const texts: Make = ({ row, seed, style }, modifier) => {
  const plain = [`Row ${row}`, `row-${row}`, `row_${row}`, `${row}`, `row${row}@example.org`, `https://example.org/${row}`];
  const long = `Row ${row}: a text that is longer than most columns of a fixed length, 80 characters`;
  const all = [...plain, `Row ${row} of ${seed}`, `ROW${row}`, hex(seed, row, 32), "aa", "AA", "{}", "[]"];
  const chosen = style.digits ? [`${row}`, ...all] : style.large && row % 2 === 0 ? [long, ...all] : all;
  return chosen.map((text) => (modifier > 4 ? [...text].slice(0, modifier - 4).join("") : text));
};

/** Its precision and scale stand in the modifier; a few digits after the point, so that rounding shows. */
const numeric: Make = ({ row, style }, modifier) => {
  if (modifier < 0) return style.large && row % 2 === 0 ? [`1234567${row}.654321`, `${row}`, "0.5"] : [`${row}.25`, `${row}`, "0.5", "0"];
  const [precision, scale] = [(modifier - 4) >> 16, (((modifier - 4) & 0x7ff) << 21) >> 21];
  const point = scale > 0 ? `.${"25".padStart(scale, "1").slice(0, scale)}` : "";
  const whole = Math.min(9, precision - Math.max(0, scale));
  const large = whole > 1 ? `${row}${"7".repeat(whole - 1)}${point}` : `0${point}`;
  const small = whole > 0 ? `${row % 10}${point}` : `0${point}`;
  return style.large && row % 2 === 0 ? [large, small, `${row % 10}`, "0"] : [small, `${row % 10}`, "0"];
};

/** Long gone, unlike now(), and with a fraction of a second. */
const moments =
  (zone: string): Make =>
  ({ row, number }) =>
    [2020, 2019, 2035, 2001].map((year) => `${year}-0${1 + (row % 9)}-${two(1 + (number % 28))} ${two(number % 24)}:30:15.25${zone}`);

const dates: Make = ({ row, number }) => [2020, 2019, 2035, 2001].map((year) => `${year}-0${1 + (row % 9)}-${two(1 + (number % 28))}`);
const times: Make = ({ row, number }) => [`${two(number % 24)}:${two(row % 60)}:15.25`, "00:00:00", "23:00:00"];
const json: Make = ({ row }) => [`{"row": ${row}}`, `[${row}]`, `"row ${row}"`, "{}", "[]", `${row}`];
const bits: Make = ({ row }, modifier) => [row.toString(2).padStart(Math.max(modifier, 1), "0").slice(-Math.max(modifier, 1))];
const vector: Make = ({ row }, modifier) => [`[${Array.from({ length: Math.max(modifier, 3) }, (_, i) => (i % 7) + row).join(",")}]`];
const point: Make = ({ row }) => [`(${row},${row})`];

const makers: Readonly<Record<string, Make>> = {
  int2: integer("30000"),
  int4: integer("70000"),
  int8: integer("5000000000"),
  oid: integer("70000"),
  float4: ({ row }) => [`${row}.25`, "0.5", "0"],
  float8: ({ row }) => [`${row}.123456789`, "0.5", "0"],
  numeric,
  money: ({ row }) => [`${row}.25`],
  bool: ({ row }) => (row % 2 === 1 ? ["true", "false"] : ["false", "true"]),
  text: texts,
  varchar: texts,
  bpchar: texts,
  citext: texts,
  name: (place) => texts(place, 67),
  char: ({ row }) => [String.fromCharCode(64 + (row % 26))],
  date: dates,
  timestamp: moments(""),
  timestamptz: moments("+00"),
  time: times,
  timetz: (place, modifier) => times(place, modifier).map((time) => `${time}+00`),
  interval: ({ row }) => [`${row} days 01:00:00`, "0"],
  uuid: ({ row, seed }) => [hex(seed, row, 32).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, "$1-$2-4$3-8$4-$5")],
  json,
  jsonb: json,
  bytea: ({ row, seed }) => [`\\x${hex(seed, row, 8)}`, "\\x"],
  inet: ({ row, number }) => [`10.0.${number}.${row}`],
  cidr: ({ row, number }) => [`10.${number}.${row}.0/24`],
  macaddr: ({ row, number }) => [`08:00:2b:01:${two(number % 100)}:${two(row)}`],
  macaddr8: ({ row, number }) => [`08:00:2b:01:02:03:${two(number % 100)}:${two(row)}`],
  bit: bits,
  varbit: bits,
  xml: ({ row }) => [`<row>${row}</row>`],
  point,
  line: ({ row }) => [`{1,1,${row}}`],
  lseg: ({ row }) => [`[(0,0),(${row},${row})]`],
  box: ({ row }) => [`(${row},${row}),(0,0)`],
  path: ({ row }) => [`[(0,0),(${row},${row})]`],
  polygon: ({ row }) => [`((0,0),(0,${row}),(${row},0))`],
  circle: ({ row }) => [`<(0,0),${row}>`],
  tsvector: ({ row }) => [`'row' 'r${row}'`],
  tsquery: ({ row }) => [`'row' & 'r${row}'`],
  jsonpath: ({ row }) => [`$.row${row}`],
  pg_lsn: ({ row }) => [`0/${row}`],
  xid8: integer("5000000000"),
  regclass: () => ["pg_class"],
  regtype: () => ["integer"],
  hstore: ({ row }) => [`row=>${row}`],
  ltree: ({ row }) => [`row.r${row}`],
  vector,
  halfvec: vector,
  sparsevec: ({ row }, modifier) => [`{1:${row}}/${Math.max(modifier, 3)}`],
};

/** A type of somebody's own: most of them read a number or a word. */
const unknown: Make = ({ row }) => [`${row}`];

export function isKnown({ name, kind, category }: TypeShape): boolean {
  return kind !== "b" || category === "A" || name in makers;
}

function two(n: number): string {
  return String(n).padStart(2, "0");
}

function hex(seed: string, row: number, length: number): string {
  return createHash("sha256").update(`${seed} ${row}`).digest("hex").slice(0, length);
}

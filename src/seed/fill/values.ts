/** Makers of values by type, the likeliest first: what a column gets is the first whose samples pass its checks. */
import { matching } from "../../core/pattern.ts";
import type { TypeShape } from "../../core/type-shapes.ts";
import { scaleOf } from "./codec.ts";
import { below, hash32, permutation, unit } from "./hash.ts";
import { moments } from "./moments.ts";
import { shortCodes, texts, uniqueTexts } from "./texts.ts";
import { dayMicros, type Maker, type Value } from "./value.ts";
import type { Wish } from "./wish.ts";

/** Rows by which makers are compared. */
const samples: readonly number[] = Array.from({ length: 40 }, (_, i) => i * 7);

/** None where it is not known what the type takes. */
export function makersOf(wish: Wish): Maker[] {
  const { type, types, bounds, unique } = wish;
  const inner = types.get(type.inner);
  if (type.kind === "d" && inner) return makersOf({ ...wish, type: inner, modifier: type.modifier });
  if (bounds.allowed && bounds.allowed.length > 0 && !unique) return [oneOf(bounds.allowed, wish)];
  if (type.kind === "e") return unique ? [] : [oneOf(type.labels, wish)];
  if (type.kind === "r" && inner) return ranges(wish, inner);
  if (type.kind === "m" && inner)
    return ranges(wish, types.get(inner.inner) ?? inner).map((make) => (row, attempt) => [make(row, attempt)]);
  if (type.kind === "c") return [];
  if (type.category === "A" && inner && type.name.startsWith("_")) return arrays(wish, inner);
  return byName[type.name]?.(wish) ?? [];
}

/** Nothing is made deleted: it would have live rows under it. */
const isAlive = (value: Value): boolean => typeof value !== "string" || !/delet/i.test(value);

function oneOf(all: readonly Value[], { key }: Wish): Maker {
  const list = all.some(isAlive) ? all.filter(isAlive) : all;
  // The first ones are likelier: most rows of a table are in its usual state.
  return (row, attempt) => list[Math.floor(unit(key, row, attempt * 16) ** (attempt === 0 ? 1.4 : 1) * list.length)] as Value;
}

const integer =
  (limit: number) =>
  (wish: Wish): Maker[] => {
    const { bounds, key, unique, column } = wish;
    const least = bounds.least === undefined ? undefined : Math.floor(bounds.least) + (bounds.openLeast ? 1 : 0);
    const most = Math.min(limit, bounds.most === undefined ? limit : Math.ceil(bounds.most) - (bounds.openMost ? 1 : 0));
    if (unique) return [(row) => (least ?? 1) + unique.ordinal(row)];
    const [low, high] = within(usualOf(column), least, most);
    return [(row, attempt) => low + below(high - low + 1, key, row, attempt * 16)];
  };

/** A column's name → its usual range. */
const usual: readonly (readonly [RegExp, number, number])[] = [
  [/cents|micros|price|amount|total|cost|fee|salary|balance|revenue|budget/, 100, 50_000],
  [/age$/, 18, 90],
  [/rating|stars|score/, 1, 5],
  [/percent|progress/, 0, 100],
  [/year/, 1970, 2025],
  [/month/, 1, 12],
  [/weekday|dow/, 0, 6],
  [/hour/, 0, 23],
  [/port/, 1024, 65_535],
  [/version|quantity|qty|count|attempts|retries|position|sort|order|rank|level|priority/, 1, 10],
  [/size|bytes|length/, 100, 5_000_000],
  [/ms$|duration|latency|seconds|timeout/, 1, 5_000],
  [/temperature|importance|ratio|probability|weight|rate/, 0, 1],
  [/status/, 200, 500],
];

function usualOf(column: string): readonly [number, number] {
  const [, low, high] = usual.find(([pattern]) => pattern.test(column.toLowerCase())) ?? [undefined, 0, 1000];
  return [low, high];
}

/** The usual range inside of the bounds, else the bounds themselves, as far as they go. */
function within([low, high]: readonly [number, number], least: number | undefined, most: number | undefined): readonly [number, number] {
  const from = Math.max(low, least ?? low);
  const to = Math.min(high, most ?? high);
  if (from <= to) return [from, to];
  const start = least ?? (most ?? 0) - 1000;
  return [start, Math.max(start, most ?? start + 1000)];
}

const decimal =
  (scaleOfColumn: (wish: Wish) => number) =>
  (wish: Wish): Maker[] => {
    const { bounds, key, unique, column, type, modifier } = wish;
    const scale = scaleOfColumn(wish);
    const step = 10 ** -scale;
    const limit = type.name === "numeric" && modifier >= 0 ? 10 ** (((modifier - 4) >> 16) - scale) - step : 1e9;
    const least = bounds.least === undefined ? undefined : bounds.least + (bounds.openLeast ? step : 0);
    const most = Math.min(limit, bounds.most === undefined ? limit : bounds.most - (bounds.openMost ? step : 0));
    const factor = 10 ** scale;
    const exact = (value: number): number => Math.round(value * factor) / factor;
    if (unique) return [(row) => exact((least ?? step) + unique.ordinal(row) * step)];
    const [low, high] = within(/price|amount|total|cost|fee|balance/.test(column) ? [1, 500] : usualOf(column), least, most);
    return [(row, attempt) => Math.min(high, exact(low + unit(key, row, attempt * 16) * (high - low)))];
  };

/** Randomly, and unique by construction: the first 32 bits are a bijection of the row. */
const uuid = ({ key, unique }: Wish): Maker[] => [
  (row, attempt) => {
    const at = unique ? unique.ordinal(row) : row;
    const a = hash32(key, at, attempt * 16);
    const b = hash32(key, at, attempt * 16 + 1);
    const c = hash32(key, at, attempt * 16 + 2);
    const d = hash32(key, at, attempt * 16 + 3);
    return String.fromCharCode(
      a >>> 24,
      (a >>> 16) & 255,
      (a >>> 8) & 255,
      a & 255,
      b >>> 24,
      (b >>> 16) & 255,
      0x40 | ((b >>> 8) & 15),
      b & 255,
      0x80 | ((c >>> 24) & 63),
      (c >>> 16) & 255,
      (c >>> 8) & 255,
      c & 255,
      d >>> 24,
      (d >>> 16) & 255,
      (d >>> 8) & 255,
      d & 255,
    );
  },
];

const characters = (wish: Wish): Maker[] => {
  const { bounds, key, unique, type, modifier } = wish;
  const declared = modifier > 4 && type.name !== "citext" ? modifier - 4 : Number.POSITIVE_INFINITY;
  const longest = Math.min(declared, bounds.longest ?? declared);
  const cut = (text: string): string => (text.length <= longest ? text : text.slice(0, longest).trimEnd());
  const patterns = (bounds.patterns ?? []).map((pattern): Maker => {
    return (row, attempt) => {
      const seed = unique ? unique.ordinal(row) + 1 : hash32(key, row, attempt * 16);
      let next = 0;
      return matching(pattern, seed, (from) => below(from, key, row, attempt * 16 + 1 + next++)) ?? null;
    };
  });
  const length = Math.min(longest, 12);
  const codes = [shortCodes(wish, length), shortCodes(wish, length, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), shortCodes(wish, length, "0123456789")];
  if (type.name === "bpchar" && declared < 40) return [...codes, ...patterns];
  if (unique) return [...uniqueTexts(wish).filter((make) => fitsLength(make, longest)), ...patterns, ...codes];
  const all = texts(wish);
  // What fits by itself is better than what is cut, and is cut all the same where a later row is longer.
  const fitting = all.filter((make) => samples.every((row) => make(row, 0).length <= longest));
  const shortened = [...new Set([...fitting, ...all])].map(
    (make): Maker =>
      (row, attempt) =>
        cut(make(row, attempt)),
  );
  return [...shortened, ...patterns, ...codes];
};

/** A unique text cannot be cut. A margin of four is for numbers that grow. */
function fitsLength(make: Maker, longest: number): boolean {
  if (longest === Number.POSITIVE_INFINITY) return true;
  return [0, 1, 2, 3, 5, 8, 13, 99, 9_999, 999_999].every((row) => (make(row, 0) as string).length + 4 <= longest);
}

const json = ({ key, column }: Wish): Maker[] => {
  const object: Maker = (row, attempt) =>
    `{"theme": "${below(2, key, row, attempt * 16) === 0 ? "light" : "dark"}", "size": ${below(100, key, row, attempt * 16 + 1)}}`;
  const array: Maker = (row, attempt) => `["${["alpha", "beta", "gamma"][below(3, key, row, attempt * 16)]}"]`;
  const plural = /tags|items|list|rules|steps|labels$/.test(column);
  return [
    plural ? array : object,
    object,
    array,
    (row, attempt) => `"text ${below(100, key, row, attempt * 16)}"`,
    (row, attempt) => String(below(100, key, row, attempt * 16)),
    () => "{}",
    () => "[]",
  ];
};

const bytes = ({ key, bounds, unique }: Wish): Maker[] => {
  const length = Math.min(bounds.longest ?? 16, Math.max(bounds.shortest ?? 16, 16));
  return [
    (row, attempt) => {
      const at = unique ? unique.ordinal(row) : row;
      let text = "";
      for (let i = 0; i < length; i++) text += String.fromCharCode((hash32(key, at, attempt * 16 + (i >> 2)) >>> ((i & 3) * 8)) & 255);
      return text;
    },
  ];
};

const vector = ({ key, modifier }: Wish): Maker[] => {
  const dimensions = modifier > 0 ? modifier : 8;
  return [(row, attempt) => Array.from({ length: dimensions }, (_, i) => Math.fround(unit(key, row, attempt * 16 + i * 31) * 2 - 1))];
};

function arrays(wish: Wish, inner: TypeShape): Maker[] {
  const { key, bounds, element } = wish;
  const all = makersOf({ ...plain(wish), type: inner, bounds: element?.bounds ?? {} });
  const passing = all.filter((make) => element === undefined || samples.every((row) => element.test(make(row, 0))));
  const makers = passing.length > 0 ? passing : all;
  const least = bounds.shortest ?? 1;
  const most = Math.min(bounds.longest ?? least + 2, least + 2);
  return makers.map(
    (make): Maker =>
      (row, attempt) => {
        const length = least + below(most - least + 1, key, row, attempt * 16 + 9);
        return Array.from({ length }, (_, i) => make(row, attempt * 7 + i));
      },
  );
}

/** The same without a demand to be unique. */
function plain({ table, column, type, modifier, types, key, bounds, rows }: Wish): Wish {
  return { table, column, type, modifier, types, key, bounds, rows };
}

/** Each row has a range of its own, which meets no other row's. */
function ranges(wish: Wish, inner: TypeShape): Maker[] {
  const { key } = wish;
  const time = /^timestamp/.test(inner.name);
  const start = time ? moments.start : inner.name === "date" ? moments.start / dayMicros : 0;
  const width = time ? dayMicros : inner.name === "date" ? 7 : 100;
  if (!time && !/^(date|int[48]|numeric)$/.test(inner.name)) return [];
  return [
    (row, attempt) => {
      const lower = start + row * width;
      return { lower, upper: lower + Math.floor(width * (0.2 + 0.7 * unit(key, row, attempt * 16))) };
    },
  ];
}

const fixed =
  (make: (number: number) => string) =>
  ({ key, unique }: Wish): Maker[] => [(row, attempt) => make(unique ? unique.ordinal(row) : below(1_000_000, key, row, attempt * 16))];

/** Of the network 10.0.0.0/8. */
const addresses = ({ key, unique }: Wish): Maker[] => {
  const shuffle = permutation(key, 0x1000000);
  return [(row, attempt) => 0x0a000000 + (unique ? shuffle(unique.ordinal(row) % 0x1000000) : below(0x1000000, key, row, attempt * 16))];
};

const byName: Readonly<Record<string, (wish: Wish) => Maker[]>> = {
  int2: integer(32_767),
  int4: integer(2_147_483_647),
  int8: integer(Number.MAX_SAFE_INTEGER),
  oid: integer(2_147_483_647),
  float4: decimal(() => 2),
  float8: decimal(() => 4),
  numeric: decimal(({ modifier }) => scaleOf(modifier)),
  bool: ({ key }) => [(row, attempt) => below(2, key, row, attempt * 16) === 1],
  text: characters,
  varchar: characters,
  bpchar: characters,
  citext: characters,
  name: characters,
  uuid,
  json,
  jsonb: json,
  bytea: bytes,
  vector,
  date: (wish) => moments.days(wish),
  timestamp: (wish) => moments.micros(wish),
  timestamptz: (wish) => moments.micros(wish),
  time: ({ key }) => [(row, attempt) => below(86_400, key, row, attempt * 16) * 1_000_000],
  interval: ({ key, unique, bounds }) => [
    (row, attempt) => (unique ? unique.ordinal(row) + 1 : Math.max(1, (bounds.least ?? 0) / 1e6) + below(86_400, key, row, attempt * 16)),
  ],
  inet: addresses,
  cidr: addresses,
  // Only as text.
  timetz: fixed((n) => `${String(n % 24).padStart(2, "0")}:${String(Math.floor(n / 24) % 60).padStart(2, "0")}:00+00`),
  money: fixed((n) => `${n % 100_000}.${String(n % 100).padStart(2, "0")}`),
  xml: fixed((n) => `<row>${n}</row>`),
  point: fixed((n) => `(${n % 1000},${Math.floor(n / 1000)})`),
  line: fixed((n) => `{1,1,${n}}`),
  lseg: fixed((n) => `[(0,0),(${n + 1},1)]`),
  box: fixed((n) => `(${n + 1},1),(0,0)`),
  path: fixed((n) => `[(0,0),(${n + 1},1)]`),
  polygon: fixed((n) => `((0,0),(0,${n + 1}),(1,0))`),
  circle: fixed((n) => `<(0,0),${n + 1}>`),
  tsvector: fixed((n) => `'row' 'r${n}'`),
  tsquery: fixed((n) => `'row' & 'r${n}'`),
  jsonpath: fixed((n) => `$.r${n}`),
  pg_lsn: fixed((n) => `0/${n.toString(16)}`),
  xid8: fixed((n) => String(n)),
  macaddr: fixed((n) => `08:00:2b:${[16, 8, 0].map((shift) => ((n >>> shift) & 255).toString(16).padStart(2, "0")).join(":")}`),
  macaddr8: fixed((n) => `08:00:2b:01:02:${[16, 8, 0].map((shift) => ((n >>> shift) & 255).toString(16).padStart(2, "0")).join(":")}`),
  bit: (wish) => [bits(wish, Math.max(1, wish.modifier))],
  varbit: (wish) => [bits(wish, wish.modifier > 0 ? Math.min(32, wish.modifier) : 16)],
  hstore: fixed((n) => `row=>${n}`),
  ltree: fixed((n) => `row.r${n}`),
  halfvec: (wish) => vector(wish).map((make) => (row, attempt) => `[${(make(row, attempt) as readonly number[]).join(",")}]`),
  sparsevec: (wish) => [(row) => `{1:${(row % 100) + 1}}/${Math.max(wish.modifier, 3)}`],
  regclass: fixed(() => "pg_class"),
  regtype: fixed(() => "integer"),
};

function bits({ key, unique }: Wish, length: number): Maker {
  return (row, attempt) => (unique ? unique.ordinal(row) : hash32(key, row, attempt * 16)).toString(2).padStart(length, "0").slice(-length);
}

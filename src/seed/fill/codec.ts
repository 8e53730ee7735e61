/** Values as COPY takes them: PostgreSQL's binary format where it is known for every type of a table, else its text format. */
import type { Types, TypeShape } from "../../core/type-shapes.ts";
import { dayMicros, type Range, timestampText, uuidText, type Value } from "./value.ts";
import type { Writer } from "./writer.ts";

export interface Codec {
  /** Without the length before it; undefined where only the text format is known. */
  readonly binary?: (writer: Writer, value: Value) => void;
  readonly text: (value: Value) => string;
}

/** How values of a type are written. `modifier` is the column's: a scale, a number of dimensions. */
export function codecOf(type: TypeShape, modifier: number, types: Types): Codec {
  const inner = types.get(type.inner);
  if (type.kind === "d" && inner) return codecOf(inner, type.modifier, types);
  if (type.kind === "e") return text;
  if (type.kind === "r" && inner) return range(codecOf(inner, -1, types));
  if (type.kind === "m" && inner) return multirange(codecOf(inner, -1, types));
  if (type.category === "A" && inner && type.name.startsWith("_")) return array(codecOf(inner, modifier, types), inner);
  if (type.name === "numeric") return numeric(scaleOf(modifier));
  return (type.schema === "pg_catalog" || extensionTypes.has(type.name) ? codecs[type.name] : undefined) ?? { text: String };
}

/** Digits behind the point; a numeric without a scale gets two. */
export function scaleOf(modifier: number): number {
  return modifier < 0 ? 2 : (((modifier - 4) & 0x7ff) << 21) >> 21;
}

const text: Codec = { binary: (writer, value) => writer.string(value as string), text: String };
const integer = (write: (writer: Writer, value: number) => void): Codec => ({
  binary: (writer, value) => write(writer, value as number),
  text: String,
});

const extensionTypes = new Set(["vector", "citext"]);

const codecs: Readonly<Record<string, Codec>> = {
  bool: { binary: (writer, value) => writer.int8(value ? 1 : 0), text: (value) => (value ? "t" : "f") },
  int2: integer((writer, value) => writer.int16(value)),
  int4: integer((writer, value) => writer.int32(value)),
  oid: integer((writer, value) => writer.int32(value)),
  int8: integer((writer, value) => writer.int64(value)),
  float4: integer((writer, value) => writer.float32(value)),
  float8: integer((writer, value) => writer.float64(value)),
  text,
  varchar: text,
  bpchar: text,
  name: text,
  citext: text,
  json: text,
  jsonb: {
    binary: (writer, value) => {
      writer.int8(1);
      writer.string(value as string);
    },
    text: String,
  },
  uuid: { binary: (writer, value) => writer.bytes(value as string), text: (value) => uuidText(value as string) },
  bytea: {
    binary: (writer, value) => writer.bytes(value as string),
    text: (value) => `\\x${Buffer.from(value as string, "latin1").toString("hex")}`,
  },
  date: {
    binary: (writer, value) => writer.int32(value as number),
    text: (value) => timestampText((value as number) * dayMicros).slice(0, 10),
  },
  timestamp: { binary: (writer, value) => writer.int64(value as number), text: (value) => timestampText(value as number) },
  timestamptz: { binary: (writer, value) => writer.int64(value as number), text: (value) => `${timestampText(value as number)}+00` },
  time: { binary: (writer, value) => writer.int64(value as number), text: (value) => timestampText(value as number).slice(11) },
  interval: {
    binary: (writer, value) => {
      writer.int64((value as number) * 1_000_000);
      writer.int32(0);
      writer.int32(0);
    },
    text: (value) => `${value as number} seconds`,
  },
  inet: address(0),
  cidr: address(1),
  vector: {
    binary: (writer, value) => {
      const items = value as readonly number[];
      writer.int16(items.length);
      writer.int16(0);
      for (const item of items) writer.float32(item);
    },
    text: (value) => `[${(value as readonly number[]).map((item) => Math.fround(item)).join(",")}]`,
  },
};

/** IPv4 with all 32 bits. */
function address(isCidr: number): Codec {
  return {
    binary: (writer, value) => {
      writer.int8(2);
      writer.int8(32);
      writer.int8(isCidr);
      writer.int8(4);
      writer.int32(value as number);
    },
    text: (value) => [24, 16, 8, 0].map((shift) => ((value as number) >>> shift) & 255).join("."),
  };
}

const numericDigits = new Int16Array(16);

/** Groups of four decimal digits, the first of weight 10000^weight. */
function numeric(scale: number): Codec {
  const factor = 10 ** scale;
  const groups = Math.ceil(scale / 4);
  const pad = 10 ** (groups * 4 - scale);
  return {
    text: (value) => (value as number).toFixed(Math.max(0, scale)),
    ...(scale >= 0 && {
      binary: (writer: Writer, value: Value) => {
        // From the last group, of which the zeros are left out, to the first.
        let count = 0;
        let all = 0;
        for (let rest = Math.round(Math.abs(value as number) * factor) * pad; rest > 0; all++) {
          const next = Math.floor(rest / 10_000);
          const digit = rest - next * 10_000;
          if (digit > 0 || count > 0) numericDigits[count++] = digit;
          rest = next;
        }
        writer.int16(count);
        writer.int16(count === 0 ? 0 : all - 1 - groups);
        writer.int16((value as number) < 0 && count > 0 ? 0x4000 : 0);
        writer.int16(scale);
        while (count > 0) writer.int16(numericDigits[--count] as number);
      },
    }),
  };
}

function array(inner: Codec, type: TypeShape): Codec {
  const { binary } = inner;
  return {
    text: (value) => `{${(value as readonly Value[]).map((item) => quotedItem(inner, item)).join(",")}}`,
    ...(binary && {
      binary: (writer: Writer, value: Value) => {
        const items = value as readonly Value[];
        writer.int32(items.length === 0 ? 0 : 1);
        writer.int32(items.includes(null) ? 1 : 0);
        writer.int32(type.oid);
        if (items.length > 0) {
          writer.int32(items.length);
          writer.int32(1);
        }
        for (const item of items) writer.field(binary, item);
      },
    }),
  };
}

function quotedItem(inner: Codec, item: Value): string {
  return item === null ? "NULL" : `"${inner.text(item).replace(/["\\]/g, "\\$&")}"`;
}

const lowerInclusive = 0x02;
const lowerInfinite = 0x08;
const upperInfinite = 0x10;

function range(inner: Codec): Codec {
  const { binary } = inner;
  const quoted = (bound: Value): string => (bound === null ? "" : `"${inner.text(bound).replace(/["\\]/g, "\\$&")}"`);
  return {
    text: (value) => `[${quoted((value as Range).lower)},${quoted((value as Range).upper)})`,
    ...(binary && {
      binary: (writer: Writer, value: Value) => {
        const { lower, upper } = value as Range;
        writer.int8(lowerInclusive | (lower === null ? lowerInfinite : 0) | (upper === null ? upperInfinite : 0));
        if (lower !== null) writer.field(binary, lower);
        if (upper !== null) writer.field(binary, upper);
      },
    }),
  };
}

/** Its elements are ranges. */
function multirange(inner: Codec): Codec {
  const { binary } = inner;
  return {
    text: (value) => `{${(value as readonly Value[]).map(inner.text).join(",")}}`,
    ...(binary && {
      binary: (writer: Writer, value: Value) => {
        writer.int32((value as readonly Value[]).length);
        for (const item of value as readonly Value[]) writer.field(binary, item);
      },
    }),
  };
}

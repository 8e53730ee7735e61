/** Values between JavaScript and PostgreSQL's text format, one table for every engine (see `Session`). */

/** Marks a value as JSON, for arrays and strings that go into a json column. */
export function json(value: unknown): Json {
  return new Json(value);
}

export class Json {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}

type Parse = (text: string) => unknown;

const asBytes: Parse = (text) =>
  text.startsWith("\\x") ? new Uint8Array(Buffer.from(text.slice(2), "hex")) : new Uint8Array(Buffer.from(text, "latin1"));
const asDate: Parse = (text) => (text.endsWith("infinity") ? text : readTimestamp(text));

/** Scalar type oid, array type oid, parser. What is not listed stays text; its arrays are read as arrays of text. */
const scalars: readonly (readonly [oid: number, array: number, parse: Parse])[] = [
  [16, 1000, (text) => text === "t"],
  [17, 1001, asBytes],
  [20, 1016, BigInt],
  [21, 1005, Number],
  [23, 1007, Number],
  [26, 1028, Number],
  [700, 1021, Number],
  [701, 1022, Number],
  [114, 199, (text) => JSON.parse(text) as unknown],
  [3802, 3807, (text) => JSON.parse(text) as unknown],
  [1184, 1185, asDate],
];
/** text, varchar, bpchar, name, uuid, numeric, date, time, timetz, timestamp, interval, inet, cidr. */
const textArrays = [1009, 1015, 1014, 1003, 2951, 1231, 1182, 1183, 1270, 1115, 1187, 1041, 651];

const parsers: ReadonlyMap<number, Parse> = new Map<number, Parse>([
  ...scalars.map(([oid, , parse]): [number, Parse] => [oid, parse]),
  ...scalars.map(([, array, parse]): [number, Parse] => [array, (text) => parseArray(text, parse)]),
  ...textArrays.map((oid): [number, Parse] => [oid, (text) => parseArray(text, String)]),
]);

/** The parser of a type's text format. */
export function parserOf(oid: number): Parse {
  return parsers.get(oid) ?? String;
}

/** A parameter in text format; null stays null. */
export function encode(value: unknown): string | null {
  if (value === null) return null;
  if (value === undefined) throw new TypeError("undefined as a parameter: use null");
  if (value instanceof Json) return JSON.stringify(value.value);
  if (value instanceof Date) return writeTimestamp(value);
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString("hex")}`;
  if (Array.isArray(value)) return encodeArray(value);
  if (typeof value === "object") return JSON.stringify(value);
  return `${value as string | number | bigint | boolean}`;
}

function encodeArray(items: readonly unknown[]): string {
  const texts = items.map((item) => {
    if (Array.isArray(item)) return encodeArray(item);
    const text = item === undefined ? null : encode(item);
    return text === null ? "NULL" : `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
  });
  return `{${texts.join(",")}}`;
}

/** Reads `{a,"b c",NULL,{…}}`; a prefix such as `[0:2]=` (other lower bounds) is dropped. */
export function parseArray(text: string, parse: Parse): unknown[] {
  let at = text.indexOf("{");
  const list = (): unknown[] => {
    const items: unknown[] = [];
    at++;
    while (text[at] !== "}") {
      if (text[at] === ",") at++;
      if (text[at] === "{") items.push(list());
      else items.push(item());
    }
    at++;
    return items;
  };
  const item = (): unknown => {
    if (text[at] === '"') {
      let value = "";
      for (at++; text[at] !== '"'; at++) {
        if (text[at] === "\\") at++;
        value += text[at];
      }
      at++;
      return parse(value);
    }
    const start = at;
    while (text[at] !== "," && text[at] !== "}") at++;
    const value = text.slice(start, at);
    return value === "NULL" ? null : parse(value);
  };
  return list();
}

/** `2026-11-20 13:00:00.5+02`, `1800-01-01 00:53:28+00:53:28`, `… BC`. */
function readTimestamp(text: string): Date {
  const match = /^(\d+)-(\d\d)-(\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)([+-])(\d\d)(?::?(\d\d))?(?::(\d\d))?( BC)?$/.exec(text);
  if (!match) return new Date(text);
  const [, year = "", month, day, time, sign, hours, minutes = "00", seconds = "0", bc] = match;
  const years = bc ? 1 - Number(year) : Number(year);
  const local = Date.parse(`${isoYear(years)}-${month}-${day}T${time}${sign}${hours}:${minutes}`);
  return new Date(local - Number(`${sign}${seconds}`) * 1000);
}

function isoYear(years: number): string {
  if (years >= 0 && years <= 9999) return String(years).padStart(4, "0");
  return `${years < 0 ? "-" : "+"}${String(Math.abs(years)).padStart(6, "0")}`;
}

/** PostgreSQL takes no signed years: 0 is 1 BC. */
function writeTimestamp(date: Date): string {
  const years = date.getUTCFullYear();
  const rest = date.toISOString().replace(/^[+-]?\d+/, "");
  return years > 0 ? `${String(years).padStart(4, "0")}${rest}` : `${String(1 - years).padStart(4, "0")}${rest} BC`;
}

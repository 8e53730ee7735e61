/** The kinds of fakes: what stands in for a value, by what the value is. */
import * as words from "../fill/words.ts";
import { sameForm, type Seed, seedOf } from "./seed.ts";
import type { SnapshotColumn } from "./shape.ts";

export const kinds = [
  "email",
  "name",
  "firstName",
  "lastName",
  "username",
  "company",
  "phone",
  "address",
  "city",
  "code",
  "url",
  "text",
  "hash",
  "date",
  "ip",
  "number",
  "json",
] as const;
/**
 * What a value is, and so what stands in for it: `code` and `phone` keep the form of the value (`DE-4711` becomes `QA-0387`),
 * `date` its year, `number` the count of digits, `json` all but texts and numbers; `text` is about as long, `hash` is 64
 * hexadecimal digits, a uuid or bytes.
 */
export type SnapshotKind = (typeof kinds)[number];

export type Family = "text" | "uuid" | "bytea" | "json" | "inet" | "date" | "number" | "other";

const families: Readonly<Record<string, Family>> = {
  text: "text",
  varchar: "text",
  bpchar: "text",
  citext: "text",
  name: "text",
  uuid: "uuid",
  bytea: "bytea",
  json: "json",
  jsonb: "json",
  inet: "inet",
  cidr: "inet",
  date: "date",
  timestamp: "date",
  timestamptz: "date",
  int2: "number",
  int4: "number",
  int8: "number",
  numeric: "number",
  float4: "number",
  float8: "number",
};

export function familyOf({ base, enumerated }: Pick<SnapshotColumn, "base" | "enumerated">): Family {
  return enumerated ? "other" : (families[base] ?? "other");
}

/** The kinds that make values of a family. */
export const kindsOf: Readonly<Record<Family, readonly SnapshotKind[]>> = {
  text: kinds.filter((kind) => kind !== "number" && kind !== "json"),
  uuid: ["hash"],
  bytea: ["hash"],
  json: ["json"],
  inet: ["ip"],
  date: ["date"],
  number: ["number"],
  other: [],
};

export interface FakeOptions {
  readonly salt: string;
  /** Different values have to become different fakes. */
  readonly wide: boolean;
  /** The most characters. */
  readonly limit: number | null;
  readonly base: string;
}

/** The fake of a value in PostgreSQL's text form. Of equal values it is the same, in every column of the kind that has the room. */
export function fakeOf(kind: SnapshotKind, value: string, options: FakeOptions): string {
  if (value === "") return "";
  const { salt, wide, limit, base } = options;
  if (kind === "phone" || kind === "code") return fakeCode(salt, kind, value);
  if (kind === "number") return fakeNumber(salt, value, base);
  if (kind === "json") return fakeJson(salt, value);
  const seed = seedOf(salt, kind, value);
  if (kind === "hash") return fakeHash(seed, base, limit);
  if (kind === "date") return fakeDate(salt, seed, value, familyOf({ base, enumerated: false }));
  if (kind === "ip") return fakeIp(seed, value, base);
  const fake = (wide ? uniqueText : plainText)[kind](seed, value);
  if (limit === null || fake.length <= limit) return fake;
  return wide || plainText[kind] === uniqueText[kind] ? shortCode(kind, seed, limit) : fake.slice(0, limit).trimEnd();
}

/** What stays unique in a short column. */
function shortCode(kind: TextKind, { code }: Seed, limit: number): string {
  const host = "@example.com";
  return kind === "email" && limit >= host.length + 8 ? `${code.slice(0, limit - host.length)}${host}` : code.slice(0, limit);
}

type TextKind = Exclude<SnapshotKind, "phone" | "code" | "number" | "json" | "hash" | "date" | "ip">;
type Texts = Readonly<Record<TextKind, (seed: Seed, value: string) => string>>;

/** E-mail addresses and what people log in with are mostly unique somewhere: they always are here. */
const plainText: Texts = {
  email: ({ pick, code }) =>
    `${pick(words.firstNames, 0)}.${pick(words.lastNames, 1)}.${code.slice(0, 8)}@${pick(words.domains, 2)}`.toLowerCase(),
  username: ({ pick, code }) => `${pick(words.describing, 0)}_${code.slice(0, 8)}`.toLowerCase(),
  url: ({ code }) => `https://example.com/${code}`,
  name: ({ pick }) => `${pick(words.firstNames, 0)} ${pick(words.lastNames, 1)}`,
  firstName: ({ pick }) => pick(words.firstNames, 0),
  lastName: ({ pick }) => pick(words.lastNames, 0),
  company: ({ pick }) => `${pick(words.lastNames, 0)} ${pick(words.companyKinds, 1)}`,
  address: (seed) => `${1 + seed.below(200, 2)} ${seed.pick(words.lastNames, 0)} ${seed.pick(words.streets, 1)}`,
  city: ({ pick }) => pick(words.cities, 0),
  text: (seed, value) => sentence(seed, Math.min(value.length, 500)),
};

const coded =
  (text: (seed: Seed, value: string) => string) =>
  (seed: Seed, value: string): string =>
    `${text(seed, value)} ${seed.code}`;

const uniqueText: Texts = {
  email: plainText.email,
  username: plainText.username,
  url: plainText.url,
  name: coded(plainText.name),
  firstName: coded(plainText.firstName),
  lastName: coded(plainText.lastName),
  company: coded(plainText.company),
  address: coded(plainText.address),
  city: coded(plainText.city),
  text: coded(plainText.text),
};

/** About as long as what it stands for. */
function sentence(seed: Seed, length: number): string {
  let text = seed.pick(words.lorem, 0);
  for (let draw = 1; ; draw++) {
    const longer = `${text} ${seed.pick(words.lorem, draw)}`;
    if (longer.length > length) break;
    text = longer;
  }
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function fakeHash(seed: Seed, base: string, limit: number | null): string {
  if (base === "bytea") return `\\x${seed.hex}`;
  if (base === "uuid") return seed.hex.slice(0, 32).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, "$1-$2-4$3-8$4-$5");
  return limit === null ? seed.hex : seed.hex.slice(0, limit);
}

/** Letters beyond ASCII have no alphabet to be replaced from: then the form goes, not the secret. */
function fakeCode(salt: string, kind: string, value: string): string {
  const foreign = /(?=[^\x20-\x7e])[\p{L}\p{N}]/u.test(value);
  return foreign ? seedOf(salt, kind, value).code.slice(0, [...value].length) : sameForm(salt, kind, value);
}

const mostOf: Readonly<Record<string, bigint>> = { int2: 32_767n, int4: 2_147_483_647n, int8: 9_223_372_036_854_775_807n };

/** As many digits, and none in front that would be lost: what fits in stays within. */
function fakeNumber(salt: string, value: string, base: string): string {
  const [, sign = "", digits = "", rest = ""] = /^(-?)(\d+(?:\.\d+)?)(.*)$/.exec(value) ?? [];
  if (!/[1-9]/.test(digits)) return value;
  const most = mostOf[base];
  const lead = digits.startsWith("0") ? "0." : "0";
  const fits = (made: string): boolean =>
    made.startsWith(lead) === (lead === "0.") && /[1-9]/.test(made) && (most === undefined || BigInt(made) <= most);
  // Walked until it is a number of that form again: still a bijection.
  let fake = sameForm(salt, "number", digits);
  while (!fits(fake)) fake = sameForm(salt, "number", fake);
  return `${sign}${fake}${rest}`;
}

/** Another day of the same year, and another time of the day. */
function fakeDate(salt: string, seed: Seed, value: string, family: Family): string {
  const [, year, time, rest = ""] = /^(\d{4,})-\d\d-\d\d(?: (\d\d:\d\d:\d\d)(?:\.\d+)?)?((?:[+-]\d\d\S*)?(?: BC)?)$/.exec(value) ?? [];
  // A type of dates has no other texts than `infinity`.
  if (year === undefined) return family === "text" ? fakeCode(salt, "date", value) : value;
  const two = (n: number): string => String(n).padStart(2, "0");
  const day = `${year}-${two(1 + seed.below(12, 0))}-${two(1 + seed.below(28, 1))}`;
  return time === undefined
    ? `${day}${rest}`
    : `${day} ${two(seed.below(24, 2))}:${two(seed.below(60, 3))}:${two(seed.below(60, 4))}${rest}`;
}

function fakeIp(seed: Seed, value: string, base: string): string {
  // A cidr takes no address that lies within its network: it becomes the address alone.
  const mask = base === "cidr" ? "" : (/\/\d+$/.exec(value)?.[0] ?? "");
  if (!value.includes(":")) return `10.${seed.below(256, 0)}.${seed.below(256, 1)}.${seed.below(256, 2)}${mask}`;
  const groups = seed.hex.slice(0, 24).match(/.{4}/g) ?? [];
  return `2001:db8:${groups.join(":")}${mask}`;
}

/** Every text and number within is replaced; names, booleans and the form stay. */
function fakeJson(salt: string, text: string): string {
  const walk = (value: unknown): unknown => {
    if (typeof value === "string") return fakeOf(kindOfText(value), value, { salt, wide: false, limit: null, base: "text" });
    if (typeof value === "number") return Number(fakeNumber(salt, String(value), "float8"));
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [holdsEmail.test(key) ? walk(key) : key, walk(inner)]));
  };
  return JSON.stringify(walk(JSON.parse(text)));
}

/** Says that a text holds an e-mail address. */
export const holdsEmail: RegExp = /[\w.+-]+@[\w-]+\.[a-z]{2,}/i;

function kindOfText(value: string): SnapshotKind {
  if (/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value)) return "email";
  return /^[+\d][\d\s()/.-]{5,}$/.test(value) ? "phone" : "text";
}

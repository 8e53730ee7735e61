/** Texts by what a column's name says, and texts that are unique by construction. */
import { below, hash32, type Key, permutation } from "./hash.ts";
import type { Maker } from "./value.ts";
import type { Wish } from "./wish.ts";
import * as words from "./words.ts";

type Text = (row: number, attempt: number) => string;

/** Draws of one value: 16 apart by attempt. */
const draw = (attempt: number, number: number): number => attempt * 16 + number;

const pick =
  (list: readonly string[], key: Key, number: number): Text =>
  (row, attempt) =>
    list[below(list.length, key, row, draw(attempt, number))] as string;

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const hexOf =
  (key: Key, length: number): Text =>
  (row, attempt) => {
    let text = "";
    for (let i = 0; text.length < length; i++) text += hash32(key, row, draw(attempt, i)).toString(16).padStart(8, "0");
    return text.slice(0, length);
  };

const sentence =
  (key: Key, least: number, most: number, from = 0): Text =>
  (row, attempt) => {
    const count = least + below(most - least + 1, key, row, draw(attempt, from));
    let text = "";
    for (let i = 0; i < count; i++)
      text += `${i === 0 ? "" : " "}${words.lorem[below(words.lorem.length, key, row, draw(attempt, from + 1) + i * 7919)]}`;
    return `${capital(text)}.`;
  };

const join =
  (separator: string, ...parts: readonly Text[]): Text =>
  (row, attempt) =>
    parts.map((part) => part(row, attempt)).join(separator);

const digits =
  (key: Key, count: number, number: number): Text =>
  (row, attempt) =>
    String(below(10 ** count, key, row, draw(attempt, number))).padStart(count, "0");

const personName = (key: Key): Text => join(" ", pick(words.firstNames, key, 0), pick(words.lastNames, key, 1));
const companyName = (key: Key): Text => join(" ", pick(words.lastNames, key, 0), pick(words.companyKinds, key, 1));
const productName = (key: Key): Text =>
  join(" ", pick(words.adjectives, key, 0), pick(words.materials, key, 1), pick(words.products, key, 2));
const twoWords =
  (key: Key): Text =>
  (row, attempt) =>
    capital(`${pick(words.describing, key, 0)(row, attempt)} ${pick(words.nouns, key, 1)(row, attempt)}`);
const slug =
  (key: Key): Text =>
  (row, attempt) =>
    join("-", pick(words.describing, key, 0), pick(words.nouns, key, 1))(row, attempt).toLowerCase();
const email =
  (key: Key): Text =>
  (row, attempt) =>
    `${join(".", pick(words.firstNames, key, 0), pick(words.lastNames, key, 1))(row, attempt).toLowerCase()}@${pick(words.domains, key, 2)(row, attempt)}`;

/** A column's name → how its texts are made; the first that fits. */
const meanings: readonly (readonly [RegExp, (key: Key, table: string) => Text])[] = [
  [/e_?mail/, (key) => email(key)],
  [/^(first|given|fore)_?name$/, (key) => pick(words.firstNames, key, 0)],
  [/^(last|sur|family)_?name$/, (key) => pick(words.lastNames, key, 0)],
  [
    /user_?name|^login$|handle|nickname/,
    (key) => (row, attempt) => join("_", pick(words.describing, key, 0), pick(words.nouns, key, 1))(row, attempt).toLowerCase(),
  ],
  [/^(full|display|contact|customer|author|person|real)_?name$|^author$|^assignee$/, (key) => personName(key)],
  [/phone|mobile|^fax/, (key) => (row, attempt) => `+1 555 ${digits(key, 3, 0)(row, attempt)} ${digits(key, 4, 1)(row, attempt)}`],
  [/country_?code|^country$.*code/, (key) => pick(words.countryCodes, key, 0)],
  [/country/, (key) => pick(words.countries, key, 0)],
  [/city|town|^place$/, (key) => pick(words.cities, key, 0)],
  [/zip|post_?(al_?)?code/, (key) => digits(key, 5, 0)],
  [
    /street|address(?!_id)/,
    (key) => (row, attempt) =>
      `${1 + below(200, key, row, draw(attempt, 3))} ${join(" ", pick(words.lastNames, key, 0), pick(words.streets, key, 1))(row, attempt)}`,
  ],
  [/company|organi[sz]ation_?name|employer|vendor|supplier/, (key) => companyName(key)],
  [/job|occupation|position_?title/, (key) => join(" ", pick(words.jobAreas, key, 0), pick(words.jobTypes, key, 1))],
  [/product/, (key) => productName(key)],
  [/department|category/, (key) => pick(words.departments, key, 0)],
  [/currency/, (key) => pick(words.currencies.slice(0, 8), key, 0)],
  [/time_?zone|^tz$/, (key) => pick(words.timeZones, key, 0)],
  [/locale|lang(uage)?$/, (key) => pick(["en", "de", "fr", "es", "it", "pl"], key, 0)],
  [/colou?r/, (key) => pick(words.colors, key, 0)],
  [/mime|content_?type|media_?type/, (key) => pick(words.mimeTypes, key, 0)],
  [/avatar|image|photo|picture|logo/, (key) => (row, attempt) => `https://example.com/images/${hexOf(key, 12)(row, attempt)}.png`],
  [/url|website|link|href|endpoint|callback|domain$/, (key) => (row, attempt) => `https://${slug(key)(row, attempt)}.example.com`],
  [/file_?name/, (key) => (row, attempt) => `${slug(key)(row, attempt)}.pdf`],
  [/path|storage_key|object_key/, (key) => (row, attempt) => `${hexOf(key, 2)(row, attempt)}/${slug(key)(row, attempt)}`],
  [
    /user_?agent/,
    (key) => (row, attempt) => `Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/${100 + below(40, key, row, draw(attempt, 0))}.0`,
  ],
  [
    /^ip$|ip_?addr/,
    (key) => (row, attempt) =>
      `10.${below(256, key, row, draw(attempt, 0))}.${below(256, key, row, draw(attempt, 1))}.${1 + below(254, key, row, draw(attempt, 2))}`,
  ],
  [/hash|token|secret|checksum|digest|fingerprint|password|signature/, (key) => hexOf(key, 64)],
  [/slug|permalink/, (key) => slug(key)],
  [
    /sku|code|number|reference|serial/,
    (key) => (row, attempt) => `${hexOf(key, 3)(row, attempt)}-${digits(key, 6, 4)(row, attempt)}`.toUpperCase(),
  ],
  [
    /^(status|state|type|kind|role|level|priority|plan|tier|scope|stage|phase|provider|model|period|channel|event|action|metric|unit)s?$/,
    (key) => pick(words.nouns.filter((noun) => /^[a-z]+$/.test(noun)).slice(0, 8), key, 0),
  ],
  [/desc|content|body|message|comment|note|summary|bio|about|text|reason|error|prompt|excerpt|html|details/, (key) => sentence(key, 6, 18)],
  [/title|subject|headline|label|caption/, (key) => (row, attempt) => sentence(key, 2, 5)(row, attempt).slice(0, -1)],
  [/name$/, (key, table) => nameOf(key, table)],
];

function nameOf(key: Key, table: string): Text {
  if (/user|person|people|customer|contact|member|employee|patient|student|author|lead/.test(table)) return personName(key);
  if (/product|item|article|good/.test(table)) return productName(key);
  if (/compan|organi[sz]|tenant|account|vendor|supplier|shop|store|client|team/.test(table)) return companyName(key);
  if (/categor|department/.test(table)) return pick(words.departments, key, 0);
  return twoWords(key);
}

/** The meaning first, then texts of simpler shapes, for checks that the first ones do not pass. */
export function texts({ table, column, key }: Wish): Text[] {
  const named = meanings.find(([pattern]) => pattern.test(column.toLowerCase()));
  const lower =
    (text: Text): Text =>
    (row, attempt) =>
      text(row, attempt).toLowerCase();
  const meant = named?.[1](key, table.toLowerCase()) ?? twoWords(key);
  const word = pick(words.nouns, key, 0);
  return [
    meant,
    lower(meant),
    slug(key),
    (row, attempt) => slug(key)(row, attempt).replace("-", "_"),
    lower(word),
    (row, attempt) => word(row, attempt).toUpperCase(),
    email(key),
    (row, attempt) => `https://${slug(key)(row, attempt)}.example.com`,
    pick(words.countryCodes, key, 0),
    pick(words.currencies, key, 0),
    digits(key, 5, 0),
    hexOf(key, 64),
    hexOf(key, 32),
    hexOf(key, 8),
    sentence(key, 20, 40),
  ];
}

/** No two ordinals give the same text, whatever the case of its letters. */
export function uniqueTexts({ column, table, key, unique }: Wish): Maker[] {
  if (!unique) return [];
  const { ordinal, block, fresh } = unique;
  const numbered = (
    first: readonly string[],
    second: readonly string[],
    shape: (a: string, b: string, number: string) => string,
  ): Maker => {
    const pairs = first.length * second.length;
    const shuffle = permutation(key, pairs);
    return (row) => {
      const n = ordinal(row);
      const place = shuffle(n % pairs, block(row));
      const turn = Math.floor(n / pairs);
      const number = !fresh ? n.toString(36) : turn === 0 ? "" : String(turn + 1);
      return shape(first[place % first.length] as string, second[Math.floor(place / first.length)] as string, number);
    };
  };
  const { firstNames, lastNames, nouns, describing, products, materials } = words;
  const lower = (list: readonly string[]): readonly string[] => list.map((word) => word.toLowerCase());
  const [first, last, noun, adjective] = [lower(firstNames), lower(lastNames), lower(nouns), lower(describing)];
  const people = (table_: string): boolean => /user|person|people|customer|contact|member|employee/.test(table_);
  const mail = numbered(first, last, (a, b, n) => `${a}.${b}${n && `.${n}`}@example.com`);
  const dashed = (separator: string): Maker => numbered(adjective, noun, (a, b, n) => `${a}${separator}${b}${n && separator + n}`);
  const spaced = people(table)
    ? numbered(firstNames, lastNames, (a, b, n) => `${a} ${b}${n && ` ${n}`}`)
    : /product|item/.test(table)
      ? numbered(materials, products, (a, b, n) => `${a} ${b}${n && ` ${n}`}`)
      : numbered(describing, nouns, (a, b, n) => `${capital(a)} ${b}${n && ` ${n}`}`);
  const web = numbered(adjective, noun, (a, b, n) => `https://${a}-${b}${n && `-${n}`}.example.com`);
  const host = numbered(adjective, noun, (a, b, n) => `${a}-${b}${n && `-${n}`}.example.com`);
  // A bijection of the ordinal in the first eight digits makes all of it unique.
  const hex =
    (length: number): Maker =>
    (row) => {
      const n = ordinal(row);
      return (
        hash32({ a: key.a ^ block(row), b: key.b }, n, 0)
          .toString(16)
          .padStart(8, "0") + (length > 8 ? hexOf(key, length - 8)(n, 1) : "")
      );
    };
  const all = { mail, dashed: dashed("-"), underscored: dashed("_"), spaced, web, host, hex64: hex(64), hex32: hex(32) };
  const best = bestUnique(column.toLowerCase());
  return [all[best], ...Object.values(all), hex(8)];
}

function bestUnique(column: string): "mail" | "dashed" | "underscored" | "spaced" | "web" | "host" | "hex64" | "hex32" {
  if (/e_?mail/.test(column)) return "mail";
  if (/hash|token|secret|digest|checksum/.test(column)) return "hex64";
  if (/url|link|website/.test(column)) return "web";
  if (/domain|host/.test(column)) return "host";
  if (/name$|title|label/.test(column) && !/user_?name|file/.test(column)) return "spaced";
  if (/_id$|^id$|number|reference|external/.test(column)) return "hex32";
  return /user_?name|login|handle/.test(column) ? "underscored" : "dashed";
}

/** Codes of a fixed length over letters and digits, for columns that take nothing longer. */
export function shortCodes({ key, unique }: Wish, length: number, alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"): Maker {
  const size = Math.min(alphabet.length ** length, 2 ** 50);
  const shuffle = permutation(key, size);
  return (row, attempt) => {
    const number = unique
      ? shuffle(unique.ordinal(row) % size, unique.block(row))
      : below(Math.min(size, 2 ** 31), key, row, draw(attempt, 0));
    let text = "";
    for (let i = 0, rest = number; i < length; i++, rest = Math.floor(rest / alphabet.length)) text += alphabet[rest % alphabet.length];
    return text;
  };
}

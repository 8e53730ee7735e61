/**
 * Writes src/seed/fill/words.ts from the word tables of @faker-js/faker: `node scripts/words.ts`.
 *
 * The tables are copied, not imported: another version of faker would change what a seed means (decision 0011). Whoever runs this
 * raises `generatorVersion` in src/seed/fill/version.ts.
 */
import { writeFileSync } from "node:fs";
import { faker } from "@faker-js/faker/locale/en";

const { person, location, company, commerce, lorem, word, system, date, finance, color } = faker.definitions;

/** Plain words only: what goes into a slug or an address must not need escaping. */
const plain = (list: readonly string[], most: number): string[] =>
  [...new Set(list)].filter((text) => /^[A-Za-z]+$/.test(text) && text.length <= 14).slice(0, most);

const tables: Readonly<Record<string, readonly string[]>> = {
  firstNames: plain(person.first_name.generic ?? [], 600),
  lastNames: plain(person.last_name.generic ?? [], 480),
  jobAreas: person.job_area,
  jobTypes: person.job_type,
  cities: location.city_name.filter((text) => /^[A-Za-z ]+$/.test(text)).slice(0, 400),
  countries: location.country.filter((text) => /^[A-Za-z ]+$/.test(text)),
  countryCodes: location.country_code.map(({ alpha2 }) => alpha2),
  streets: location.street_suffix.filter((text) => /^[A-Z][a-z]+$/.test(text)).slice(0, 60),
  companyKinds: company.legal_entity_type as readonly string[],
  adjectives: plain(commerce.product_name.adjective, 100),
  materials: plain(commerce.product_name.material, 100),
  products: plain(commerce.product_name.product, 100),
  departments: plain(commerce.department, 40),
  nouns: plain(word.noun, 500),
  verbs: plain(word.verb, 300),
  describing: plain(word.adjective, 300),
  lorem: lorem.word.slice(0, 400),
  colors: plain(color.human, 40),
  mimeTypes: Object.keys(system.mime_type as object).filter((type) => /^(image|text|application|video|audio)\/[a-z0-9]+$/.test(type)),
  timeZones: date.time_zone.filter((zone) => /^(Europe|America|Asia)\/[A-Za-z_]+$/.test(zone)).slice(0, 80),
  currencies: ["EUR", "USD", "GBP", "CHF", "SEK", "PLN", "JPY", "CAD", ...finance.currency.map(({ code }) => code)].filter(
    (code, i, all) => /^[A-Z]{3}$/.test(code) && all.indexOf(code) === i,
  ),
  domains: ["example.com", "example.net", "example.org"],
};

const lines = Object.entries(tables).map(([name, list]) => {
  if (list.length === 0 || list.some((text) => text.includes("|"))) throw new Error(`${name} cannot be written`);
  return `export const ${name}: readonly string[] = list(${JSON.stringify(list.join("|"))});`;
});

writeFileSync(
  new URL("../src/seed/fill/words.ts", import.meta.url),
  `/**
 * Vocabulary of generated data, written by scripts/words.ts from @faker-js/faker (MIT License, Copyright (c) 2022-2025
 * Faker): names, places, products, words.
 */

const list = (text: string): readonly string[] => text.split("|");

${lines.join("\n\n")}
`,
);

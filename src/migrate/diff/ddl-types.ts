/** Writers of types, domains, collations, conversions and text search. */
import { type Around, type Made, needsRows, settings, type Statements, text, whole, words, type Writer } from "./ddl.ts";
import { differs, listOf, type SchemaObject, textOf } from "./schema.ts";

interface Attribute {
  readonly name: string;
  readonly type: string;
  readonly collation?: string;
}

export const type: Writer = {
  create: (object) => ({ alone: createType(object) }),
  drop: ({ extra, facts }) => [`DROP TYPE ${extra["ref"]}${facts["form"] === "base" ? " CASCADE" : ""}`],
  alter(from, to, around) {
    if (differs(from, to, "form")) return undefined;
    if (to.facts["form"] === "enum") return addValues(listOf(from.facts["labels"]), listOf(to.facts["labels"]), to);
    return to.facts["form"] === "composite" ? alterAttributes(from, to, around) : undefined;
  },
};

function createType({ facts, extra }: SchemaObject): Statements {
  const lead = `CREATE TYPE ${extra["ref"]}`;
  switch (facts["form"]) {
    case "enum":
      return [`${lead} AS ENUM (${listOf(facts["labels"]).map(text).join(", ")})`];
    case "composite":
      return [`${lead} AS (${listOf<Attribute>(facts["attributes"]).map(attribute).join(", ")})`];
    case "range":
      return [`${lead} AS RANGE (${settings(rangeOptions(facts["range"]))})`];
    case "base":
      return [`${lead} (${settings(facts["base"])})`];
    default:
      return [lead];
  }
}

const attribute = ({ name, type, collation }: Attribute): string => words(name, type, collation && `COLLATE ${collation}`);

function rangeOptions(range: Readonly<Record<string, string>>): Record<string, string | undefined> {
  return {
    SUBTYPE: range["subtype"],
    SUBTYPE_OPCLASS: range["opclass"],
    COLLATION: range["collation"],
    CANONICAL: range["canonical"],
    SUBTYPE_DIFF: range["difference"],
    MULTIRANGE_TYPE_NAME: range["multirange"],
  };
}

/** New values among the old ones; where one is gone or moved, the type must be made anew. */
function addValues(before: readonly string[], after: readonly string[], { extra }: SchemaObject): string[] | undefined {
  const kept = after.filter((label) => before.includes(label));
  if (textOf(kept) !== textOf(before)) return undefined;
  const statements: string[] = [];
  after.forEach((label, i) => {
    if (before.includes(label)) return;
    const next = after.slice(i + 1).find((later) => before.includes(later));
    // In order, so that of two new neighbours the first is there when the second comes.
    const place = i > 0 ? `AFTER ${text(after[i - 1] as string)}` : next === undefined ? "" : `BEFORE ${text(next)}`;
    statements.push(words(`ALTER TYPE ${extra["ref"]} ADD VALUE ${text(label)}`, place));
  });
  return statements;
}

/** New attributes come last, and nothing changes under a column that uses the type. */
function alterAttributes(from: SchemaObject, to: SchemaObject, around: Around): Statements | undefined {
  const [before, after] = [listOf<Attribute>(from.facts["attributes"]), listOf<Attribute>(to.facts["attributes"])];
  const kept = before.filter(({ name }) => after.some((each) => each.name === name));
  if (kept.some(({ name }, i) => after[i]?.name !== name)) return undefined;
  const changed = kept.filter((attribute, i) => textOf(attribute) !== textOf(after[i]));
  const used = [...around.from.objects.values()].some(
    ({ kind, needs }) => kind !== "comment" && kind !== "grant" && needs.has(`type ${from.name}`),
  );
  if (used && (changed.length > 0 || kept.length < before.length)) return undefined;
  const lead = `ALTER TYPE ${to.extra["ref"]}`;
  const typed = [...around.from.objects.values()].some(({ kind, facts }) => kind === "typing" && facts["of"] === from.extra["ref"])
    ? " CASCADE"
    : "";
  return [
    ...before.filter((attribute) => !kept.includes(attribute)).map(({ name }) => `${lead} DROP ATTRIBUTE ${name}${typed}`),
    ...after.filter((_, i) => i < kept.length && changed.includes(kept[i] as Attribute)).map((each) => alterAttribute(lead, each) + typed),
    ...after.slice(kept.length).map((each) => `${lead} ADD ATTRIBUTE ${attribute(each)}${typed}`),
  ];
}

const alterAttribute = (lead: string, { name, type, collation }: Attribute): string =>
  words(`${lead} ALTER ATTRIBUTE ${name} TYPE ${type}`, collation && `COLLATE ${collation}`);

export const shellType: Writer = {
  create: ({ extra }) => ({ alone: [`CREATE TYPE ${extra["ref"]}`] }),
  drop: () => [],
};

export const domain: Writer = {
  create: ({ facts, extra }): Made => ({
    alone: [
      words(
        `CREATE DOMAIN ${extra["ref"]} AS ${facts["type"]}`,
        facts["collation"] && `COLLATE ${facts["collation"]}`,
        facts["default"] !== undefined && `DEFAULT ${facts["default"]}`,
        facts["notNull"] && "NOT NULL",
      ),
    ],
  }),
  drop: ({ extra }) => [`DROP DOMAIN ${extra["ref"]}`],
  alter(from, to) {
    if (differs(from, to, "type") || differs(from, to, "collation")) return undefined;
    const lead = `ALTER DOMAIN ${to.extra["ref"]}`;
    const value = to.facts["default"] === undefined ? "DROP DEFAULT" : `SET DEFAULT ${to.facts["default"]}`;
    const strict = needsRows(`${lead} SET NOT NULL`, "no column of it may hold null");
    return [
      ...(differs(from, to, "default") ? [`${lead} ${value}`] : []),
      ...(differs(from, to, "notNull") ? [to.facts["notNull"] === true ? strict : `${lead} DROP NOT NULL`] : []),
    ];
  },
};

export const collation: Writer = {
  create: ({ facts, extra }): Made => {
    const options = {
      PROVIDER: facts["provider"],
      LC_COLLATE: facts["collate"],
      LC_CTYPE: facts["ctype"],
      LOCALE: facts["locale"],
      RULES: facts["rules"],
      DETERMINISTIC: facts["nondeterministic"] === true ? "false" : undefined,
    };
    return { alone: [`CREATE COLLATION ${extra["ref"]} (${settings(options)})`] };
  },
  drop: ({ extra }) => [`DROP COLLATION ${extra["ref"]}`],
};

export const conversion: Writer = whole(
  ({ facts, name }) => [
    words(
      "CREATE",
      facts["default"] && "DEFAULT",
      `CONVERSION ${name} FOR '${facts["from"]}' TO '${facts["to"]}' FROM ${facts["function"]}`,
    ),
  ],
  "CONVERSION",
);

type Mapping = readonly [token: string, dictionaries: string];

export const searchConfiguration: Writer = {
  create: ({ facts, name }) => ({
    alone: [`CREATE TEXT SEARCH CONFIGURATION ${name} (PARSER = ${facts["parser"]})`],
    after: mapTokens("ADD", name, listOf<Mapping>(facts["mappings"])),
  }),
  drop: ({ name }) => [`DROP TEXT SEARCH CONFIGURATION ${name}`],
  alter(from, to) {
    if (differs(from, to, "parser")) return undefined;
    const [before, after] = [new Map(listOf<Mapping>(from.facts["mappings"])), new Map(listOf<Mapping>(to.facts["mappings"]))];
    const gone = [...before.keys()].filter((token) => !after.has(token));
    const changed = [...after].filter(([token, dictionaries]) => before.get(token) !== dictionaries);
    return [
      ...gone.map((token) => `ALTER TEXT SEARCH CONFIGURATION ${to.name} DROP MAPPING FOR ${token}`),
      ...mapTokens(
        "ALTER",
        to.name,
        changed.filter(([token]) => before.has(token)),
      ),
      ...mapTokens(
        "ADD",
        to.name,
        changed.filter(([token]) => !before.has(token)),
      ),
    ];
  },
};

/** One statement for all the tokens that go to the same dictionaries. */
function mapTokens(verb: string, name: string, mappings: readonly Mapping[]): string[] {
  const groups = Map.groupBy(mappings, ([, dictionaries]) => dictionaries);
  return [...groups].map(
    ([dictionaries, tokens]) =>
      `ALTER TEXT SEARCH CONFIGURATION ${name} ${verb} MAPPING FOR ${tokens.map(([token]) => token).join(", ")} WITH ${dictionaries}`,
  );
}

type DictionaryOption = readonly [name: string, value: string];

export const searchDictionary: Writer = {
  create: ({ facts, name }) => {
    const options = listOf<DictionaryOption>(facts["options"]).map((option) => option.join(" = "));
    return { alone: [`CREATE TEXT SEARCH DICTIONARY ${name} (${[`TEMPLATE = ${facts["template"]}`, ...options].join(", ")})`] };
  },
  drop: ({ name }) => [`DROP TEXT SEARCH DICTIONARY ${name}`],
  alter(from, to) {
    if (differs(from, to, "template")) return undefined;
    const [before, after] = [listOf<DictionaryOption>(from.facts["options"]), listOf<DictionaryOption>(to.facts["options"])];
    const gone = before.filter(([name]) => !after.some(([kept]) => kept === name)).map(([name]) => name);
    const changed = after.filter((option) => !before.some((old) => textOf(old) === textOf(option))).map((option) => option.join(" = "));
    return [`ALTER TEXT SEARCH DICTIONARY ${to.name} (${[...gone, ...changed].join(", ")})`];
  },
};

export const searchParser: Writer = whole(
  ({ facts, name }) => [`CREATE TEXT SEARCH PARSER ${name} (${settings(facts)})`],
  "TEXT SEARCH PARSER",
);
export const searchTemplate: Writer = whole(
  ({ facts, name }) => [`CREATE TEXT SEARCH TEMPLATE ${name} (${settings(facts)})`],
  "TEXT SEARCH TEMPLATE",
);

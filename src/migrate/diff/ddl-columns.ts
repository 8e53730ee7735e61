/** Writers of columns, defaults and sequences. */
import {
  type Around,
  changeForeign,
  converts,
  destroys,
  foreignOptions,
  type Inside,
  type Made,
  needsRows,
  setAndReset,
  type Statement,
  type Statements,
  text,
  withOptions,
  words,
  type Writer,
} from "./ddl.ts";
import { castOf } from "./casts.ts";
import { differs, type Key, keyOf, listOf, type Schema, type SchemaObject } from "./schema.ts";

type Pair = readonly [string, string];

export const column: Writer = {
  create(object, around, insides) {
    const { facts, extra } = object;
    if (comesByItself(object, around))
      return { alone: [], after: [...deviations(object, around), ...insides.flatMap(({ made: { alone } }) => alone)] };
    if (facts["identity"] !== undefined && hasChildren(extra["table"], around)) return withLateIdentity(object, around);
    const inline = definition(object, insides);
    const lead = `ALTER ${extra["keyword"]} ${extra["table"]}`;
    const add = `${lead} ADD COLUMN ${inline}`;
    const bare = facts["notNull"] !== undefined && facts["identity"] === undefined && facts["expression"] === undefined;
    const empty = bare && !insides.some(({ object: { kind } }) => kind === "default");
    const alone = empty ? needsRows(add, "rows that are there have no value for it") : add;
    return { inline, alone: [alone], after: columnSettings(lead, object) };
  },
  drop(object, around) {
    const { facts, extra } = object;
    const sql = `ALTER ${extra["keyword"]} ${extra["table"]} DROP COLUMN ${extra["column"]}`;
    if (extra["typed"] === true && !around.isDropped(keyOf("typing", String(extra["table"])))) return [];
    return [facts["generated"] === undefined ? destroys(sql, "the column and its values") : sql];
  },
  alter: alterColumn,
};

/** Tables that inherit already: a partition has its identity from its table, a child has none. */
function hasChildren(table: unknown, { to, isMade }: Around): boolean {
  return [...to.objects].some(([key, { kind, extra }]) => kind === "inheritance" && extra["parent"] === table && !isMade(key));
}

/** PostgreSQL adds no identity to a table and its children in one. */
function withLateIdentity(object: SchemaObject, around: Around): Made {
  const { facts, extra } = object;
  const lead = `ALTER ${extra["keyword"]} ${extra["table"]}`;
  const plain = definition({ ...object, facts: { ...facts, identity: undefined, notNull: "NOT NULL" } }, []);
  const sequence = sequenceOf(object, around.to);
  const at = `ALTER ${extra["keyword"]} ONLY ${extra["table"]} ALTER COLUMN ${extra["column"]}`;
  const add = needsRows(`${lead} ADD COLUMN ${plain}`, "rows that are there have no value for it");
  return {
    alone: [add, ...(sequence ? identity({ ...object, facts: {} }, object, sequence, at) : [])],
    after: columnSettings(lead, object),
  };
}

/** A column that a child has from its parent, or a typed table from its type. */
function comesByItself({ extra, follows, kind, name }: SchemaObject, around: Around): boolean {
  const table = String(extra["table"]);
  if (extra["typed"] === true) return !around.isMade(keyOf("typing", table)) || around.isMade(keyOf("table", table));
  if (extra["inherited"] !== "only") return false;
  const attached = around.to.objects.get(keyOf("partition", table));
  // A new partition is made whole and attached afterwards; a child is made of its parent.
  return attached === undefined ? follows !== undefined : !around.isMade(keyOf("partition", table)) && follows !== keyOf(kind, name);
}

/** What of an inherited column is otherwise than what it inherits. */
function deviations(object: SchemaObject, around: Around): Statements {
  const { extra, facts, follows, name } = object;
  const parent = around.to.objects.get(follows ?? "");
  const lead = `ALTER ${extra["keyword"]} ONLY ${extra["table"]}`;
  const strict = facts["notNull"] !== undefined && (extra["typed"] === true || parent?.facts["notNull"] === undefined);
  const inherits = parent && around.to.objects.has(keyOf("default", parent.name)) && !around.to.objects.has(keyOf("default", name));
  return [
    ...(strict ? [`${lead} ALTER COLUMN ${extra["column"]} SET NOT NULL`] : []),
    ...(inherits ? [`${lead} ALTER COLUMN ${extra["column"]} DROP DEFAULT`] : []),
    ...columnSettings(lead, object),
  ];
}

function definition({ facts, extra }: SchemaObject, insides: readonly Inside[]): string {
  const inside = (kind: string): string | undefined => insides.find(({ object }) => object.kind === kind)?.made.inline;
  const sequence = inside("sequence");
  const server = listOf<Pair>(facts["serverOptions"]);
  const notNull = facts["notNull"] as string | undefined;
  // A partition has its identity, as its sequence, from its table.
  const identity = sequence !== undefined && (facts["identity"] as string);
  return words(
    extra["column"],
    facts["type"],
    server.length > 0 && `OPTIONS (${foreignOptions(server)})`,
    facts["collation"] && `COLLATE ${facts["collation"]}`,
    facts["expression"] !== undefined && `GENERATED ALWAYS AS (${facts["expression"]}) ${facts["generated"]}`,
    identity && `GENERATED ${identity} AS IDENTITY`,
    identity && sequence,
    inside("default"),
    !notNull?.endsWith("NOT VALID") && !(identity && notNull === "NOT NULL") && notNull,
  );
}

/** What a column's line in CREATE TABLE cannot say on every version. */
function columnSettings(lead: string, { facts, extra }: SchemaObject): string[] {
  const at = `${lead} ALTER COLUMN ${extra["column"]}`;
  const options = listOf<Pair>(facts["options"]);
  return [
    ...(String(facts["notNull"]).endsWith("NOT VALID") ? [`${lead} ADD NOT NULL ${extra["column"]} NOT VALID`] : []),
    ...(facts["storage"] === undefined ? [] : [`${at} SET STORAGE ${facts["storage"]}`]),
    ...(facts["compression"] === undefined ? [] : [`${at} SET COMPRESSION ${facts["compression"]}`]),
    ...(facts["statistics"] === undefined ? [] : [`${at} SET STATISTICS ${facts["statistics"]}`]),
    ...(options.length === 0 ? [] : [`${at} SET (${withOptions(options)})`]),
  ];
}

function alterColumn(from: SchemaObject, to: SchemaObject, around: Around): Statements | undefined {
  const generation = alterGeneration(from, to, around);
  if (generation === undefined) return undefined;
  const { extra } = to;
  const lead = `ALTER ${extra["keyword"]} ${extra["table"]}`;
  const at = `${lead} ALTER COLUMN ${extra["column"]}`;
  const has = (fact: string): boolean => differs(from, to, fact);
  const set = (fact: string, clause: string, reset: unknown): string[] =>
    has(fact) ? [`${at} ${clause} ${String(to.facts[fact] ?? reset)}`] : [];
  const [hadSequence, hasSequence] = [sequenceOf(from, around.from), sequenceOf(to, around.to)];
  return [
    ...(hadSequence && to.facts["identity"] === undefined ? [`${at} DROP IDENTITY`] : []),
    ...(follows(from, around) ? [] : generation),
    ...retype(from, to, around, at),
    ...notNull(from, to, around, lead),
    ...(has("identity") && hasSequence ? identity(from, to, hasSequence, at) : []),
    ...set("storage", "SET STORAGE", extra["typeStorage"]),
    ...set("compression", "SET COMPRESSION", "default"),
    ...set("statistics", "SET STATISTICS", -1),
    ...setAndReset(at, listOf<Pair>(from.facts["options"]), listOf<Pair>(to.facts["options"])),
    ...changeForeign(at, listOf<Pair>(from.facts["serverOptions"]), listOf<Pair>(to.facts["serverOptions"])),
  ];
}

/** Of a generated column; undefined where it must be made anew. */
function alterGeneration(old: SchemaObject, now: SchemaObject, { from }: Around): string[] | undefined {
  const [{ facts: before }, { facts: after, extra }] = [old, now];
  const at = `ALTER ${extra["keyword"]} ${extra["table"]} ALTER COLUMN ${extra["column"]}`;
  if (!differs(old, now, "generated") && !differs(old, now, "expression")) return [];
  if (before["generated"] === "STORED" && after["generated"] === undefined) return [`${at} DROP EXPRESSION`];
  const settable =
    before["generated"] === after["generated"] && (after["generated"] === "STORED" ? from.version >= 170_000 : isUnchecked(old, from));
  return settable && !differs(old, now, "type") ? [`${at} SET EXPRESSION AS (${after["expression"]})`] : undefined;
}

/** PostgreSQL changes the expression of a virtual column only where no CHECK could break by it. */
function isUnchecked({ extra: { table } }: SchemaObject, { version, objects }: Schema): boolean {
  return (
    version >= 180_000 &&
    ![...objects.values()].some(({ kind, extra }) => kind === "constraint" && extra["type"] === "c" && extra["table"] === table)
  );
}

function retype(from: SchemaObject, to: SchemaObject, around: Around, at: string): (string | Statement)[] {
  const { facts, extra, name } = to;
  const same = !differs(from, to, "type") && !differs(from, to, "collation");
  if ((same && !around.isRetyped(keyOf("column", name))) || follows(from, around)) return [];
  const cast = castOf(from, to, around);
  const sql = words(
    `${at} TYPE`,
    facts["type"],
    facts["collation"] && `COLLATE ${facts["collation"]}`,
    cast.using !== undefined && `USING ${extra["column"]}${cast.using}`,
  );
  if (around.isRetyped(keyOf("column", name))) return [ofNewType(sql, String(to.extra["typeName"]), around)];
  return [cast.lossy ? converts(sql, `its values go from ${from.facts["type"]} to ${facts["type"]}`) : sql];
}

/** Of a type made anew under its name: what an enum does not have any more, no row may hold. */
function ofNewType(sql: string, type: string, { from, to }: Around): string | Statement {
  const key = keyOf("type", type.replace(/(\[\])+$/, ""));
  const [before, after] = [from.objects.get(key)?.facts, to.objects.get(key)?.facts];
  if (before?.["form"] !== "enum" || after?.["form"] !== "enum") return converts(sql, "its values go through their text to the new type");
  const gone = listOf(before["labels"]).filter((label) => !listOf(after["labels"]).includes(label));
  return gone.length === 0 ? sql : needsRows(sql, `no row may hold ${gone.map(text).join(" or ")}`);
}

/** ALTER of a parent's column goes through to its children and partitions. */
function follows({ follows: parent, extra }: SchemaObject, around: Around): boolean {
  return parent !== undefined && around.isChanged(parent) && !around.isDropped(keyOf("partition", String(extra["table"])));
}

function notNull(from: SchemaObject, to: SchemaObject, around: Around, lead: string): (string | Statement)[] {
  const [before, after] = [from.facts["notNull"] as string | undefined, to.facts["notNull"] as string | undefined];
  const at = `${lead} ALTER COLUMN ${to.extra["column"]}`;
  const parent = around.to.objects.get(from.follows ?? "");
  if (before === after || (follows(from, around) && parent?.facts["notNull"] === after)) return [];
  if (before === undefined && after === "NOT NULL") return [needsRows(`${at} SET NOT NULL`, "no row may hold null")];
  if (before === "NOT NULL NOT VALID" && after === "NOT NULL")
    return [needsRows(`${lead} VALIDATE CONSTRAINT ${from.extra["notNullName"]}`, "no row may hold null")];
  return [
    ...(before === undefined ? [] : [`${at} DROP NOT NULL`]),
    ...(after === undefined ? [] : [`${lead} ADD ${after.replace("NOT NULL", `NOT NULL ${to.extra["column"]}`)}`]),
  ];
}

function identity(from: SchemaObject, to: SchemaObject, sequence: SchemaObject, at: string): string[] {
  if (from.facts["identity"] !== undefined) return [`${at} SET GENERATED ${to.facts["identity"]}`];
  return [words(`${at} ADD GENERATED ${to.facts["identity"]} AS IDENTITY`, sequenceName(sequence, to)), ...continueAfter(sequence, to)];
}

const identities = new WeakMap<Schema, ReadonlyMap<Key | undefined, SchemaObject>>();

/** The sequence of an identity. */
function sequenceOf({ name }: SchemaObject, schema: Schema): SchemaObject | undefined {
  const known = identities.get(schema) ?? new Map([...schema.objects.values()].filter(isIdentity).map((object) => [object.host, object]));
  identities.set(schema, known);
  return known.get(keyOf("column", name));
}

const isIdentity = ({ kind, facts }: SchemaObject): boolean => kind === "sequence" && facts["identity"] === true;

/** A counter made for rows that are there begins after them. */
export function continueAfter(sequence: SchemaObject | undefined, { extra }: Pick<SchemaObject, "extra">): string[] {
  if (!sequence || String(sequence.facts["increment"]).startsWith("-")) return [];
  const [ref, at] = [String(sequence.extra["ref"]).replaceAll("'", "''"), `max(${extra["column"]})`];
  return [`SELECT pg_catalog.setval('${ref}', ${at}) FROM ${extra["table"]} HAVING ${at} >= ${sequence.facts["start"]}`];
}

/** Of a column's identity: its name where that is not the usual one, and what it does otherwise than usual. */
function sequenceName({ extra, facts }: SchemaObject, { extra: column }: Pick<SchemaObject, "extra">): string {
  const usual = `${String(column["table"]).split(".").at(-1)}_${column["column"]}_seq`;
  const name = extra["bare"] === usual ? [] : [`SEQUENCE NAME ${extra["ref"]}`];
  const all = [...name, ...sequenceOptions(facts).filter((option) => !option.startsWith("AS "))];
  return all.length === 0 ? "" : `(${all.join(" ")})`;
}

export const columnDefault: Writer = {
  create(object, around): Made {
    const { facts, extra } = object;
    const inline = `DEFAULT ${facts["expression"]}`;
    return inheritsDefault(object, around) ? { alone: [] } : { inline, alone: [`${defaultLead(extra)} SET ${inline}`] };
  },
  drop: ({ extra }) => [`${defaultLead(extra)} DROP DEFAULT`],
  alter: (_, { facts, extra }) => [`${defaultLead(extra)} SET DEFAULT ${facts["expression"]}`],
};

const defaultLead = (extra: SchemaObject["extra"]): string =>
  `ALTER ${extra["keyword"]}${/VIEW/.test(String(extra["keyword"])) ? "" : " ONLY"} ${extra["table"]} ALTER COLUMN ${extra["column"]}`;

/** A child's column that is made with its parent's default. */
function inheritsDefault({ extra, name, facts }: SchemaObject, around: Around): boolean {
  const own = around.to.objects.get(keyOf("column", name));
  if (extra["inherited"] !== "only" || own?.follows === undefined || !comesByItself(own, around)) return false;
  const parent = around.to.objects.get(keyOf("default", own.follows.slice("column ".length)));
  return parent?.facts["expression"] === facts["expression"] && around.isMade(keyOf("column", name));
}

const limits: Readonly<Record<string, bigint>> = { smallint: 2n ** 15n, integer: 2n ** 31n, bigint: 2n ** 63n };

/** What a sequence does otherwise than one of its type without options. */
function sequenceOptions(facts: SchemaObject["facts"]): string[] {
  const limit = limits[String(facts["type"])] ?? 2n ** 63n;
  const down = String(facts["increment"]).startsWith("-");
  const [minimum, maximum] = down ? [-limit, -1n] : [1n, limit - 1n];
  const start = down ? facts["maximum"] : facts["minimum"];
  return [
    ...(facts["type"] === "bigint" ? [] : [`AS ${facts["type"]}`]),
    ...(facts["start"] === start ? [] : [`START WITH ${facts["start"]}`]),
    ...(facts["increment"] === "1" ? [] : [`INCREMENT BY ${facts["increment"]}`]),
    ...(facts["minimum"] === String(minimum) ? [] : [`MINVALUE ${facts["minimum"]}`]),
    ...(facts["maximum"] === String(maximum) ? [] : [`MAXVALUE ${facts["maximum"]}`]),
    ...(facts["cache"] === "1" ? [] : [`CACHE ${facts["cache"]}`]),
    ...(facts["cycle"] === true ? ["CYCLE"] : []),
  ];
}

export const sequence: Writer = {
  create(object, around) {
    const { facts, extra, host } = object;
    const owner = around.to.objects.get(host ?? "");
    if (facts["identity"] === true && owner) return { inline: sequenceName(object, owner), alone: [] };
    return { alone: [words("CREATE", facts["unlogged"] && "UNLOGGED", "SEQUENCE", extra["ref"], ...sequenceOptions(facts))] };
  },
  drop({ facts, extra, name }, around) {
    if (facts["identity"] === true) return [];
    const sql = `DROP SEQUENCE ${extra["ref"]}`;
    // Made anew for its column, it goes on where the rows end.
    return [around.isMade(keyOf("sequence", name)) ? sql : destroys(sql, "the sequence and where it stands")];
  },
  alter(from, to) {
    if (from.facts["identity"] !== to.facts["identity"]) return undefined;
    const lead = `ALTER SEQUENCE ${to.extra["ref"]}`;
    const changes = sequenceChanges(from.facts, to.facts);
    const logged = from.facts["unlogged"] === to.facts["unlogged"] ? [] : [`${lead} SET ${to.facts["unlogged"] ? "UNLOGGED" : "LOGGED"}`];
    return [...(changes.length > 0 ? [`${lead} ${changes.join(" ")}`] : []), ...logged];
  },
};

const clauses: readonly (readonly [fact: string, clause: string])[] = [
  ["type", "AS"],
  ["increment", "INCREMENT BY"],
  ["minimum", "MINVALUE"],
  ["maximum", "MAXVALUE"],
  ["start", "START WITH"],
  ["cache", "CACHE"],
];

/** A change of type moves the limits too, unless they are said. */
function sequenceChanges(before: SchemaObject["facts"], after: SchemaObject["facts"]): string[] {
  const moved = before["type"] !== after["type"];
  const said = clauses.filter(([fact]) => before[fact] !== after[fact] || (moved && /imum$/.test(fact)));
  const outside = BigInt(after["minimum"]) > BigInt(before["start"]) || BigInt(after["maximum"]) < BigInt(before["start"]);
  return [
    ...said.map(([fact, clause]) => `${clause} ${String(after[fact])}`),
    ...(outside ? [`RESTART WITH ${after["start"]}`] : []),
    ...(before["cycle"] === after["cycle"] ? [] : [after["cycle"] === true ? "CYCLE" : "NO CYCLE"]),
  ];
}

export const ownership: Writer = {
  create(object, around) {
    const { extra, facts } = object;
    const sequence = around.to.objects.get(keyOf("sequence", object.name));
    const late = around.isMade(keyOf("sequence", object.name)) && !around.isMade(keyOf("column", String(facts["column"])));
    return { alone: [`ALTER SEQUENCE ${extra["ref"]} OWNED BY ${facts["column"]}`], after: late ? continueAfter(sequence, object) : [] };
  },
  drop: ({ extra }) => [`ALTER SEQUENCE ${extra["ref"]} OWNED BY NONE`],
  alter: (_, { extra, facts }) => [`ALTER SEQUENCE ${extra["ref"]} OWNED BY ${facts["column"]}`],
};

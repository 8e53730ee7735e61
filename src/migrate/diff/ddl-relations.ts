/** Writers of tables, views, and of what makes a table a partition or a child. */
import {
  type Around,
  changeForeign,
  destroys,
  foreignOptions,
  type Inside,
  leftOut,
  type Made,
  type Option,
  secretsIn,
  setAndReset,
  type Statements,
  withOptions,
  words,
  type Writer,
} from "./ddl.ts";
import { differs, keyOf, listOf, type SchemaObject, textOf } from "./schema.ts";

const optionsOf = ({ facts }: SchemaObject, fact: string): readonly Option[] => listOf<Option>(facts[fact]);
const noun = ({ kind }: SchemaObject): string => kind.toUpperCase();

export const table: Writer = {
  create(object, _, insides) {
    const { facts, extra, kind } = object;
    const toast = insides.find(({ object: { kind } }) => kind === "toast options")?.made.inline;
    const options = [withOptions(optionsOf(object, "options")), toast].filter(Boolean);
    const server = optionsOf(object, "serverOptions");
    const typing = insides.find(({ object: { kind } }) => kind === "typing")?.made.inline;
    const sql = words(
      "CREATE",
      facts["unlogged"] && "UNLOGGED",
      noun(object),
      extra["ref"],
      typing && `OF ${typing}`,
      linesOf(insides, typing !== undefined),
      parentsOf(insides),
      facts["partitionKey"] && `PARTITION BY ${facts["partitionKey"]}`,
      kind === "foreign table" && `SERVER ${facts["server"]}`,
      server.length > 0 && `OPTIONS (${foreignOptions(server)})`,
      facts["method"] && `USING ${facts["method"]}`,
      options.length > 0 && `WITH (${options.join(", ")})`,
    );
    return { alone: [sql], after: [...rowSecurity({}, facts, String(extra["ref"])), ...secretsIn(server, object.name)] };
  },
  drop: (object) => [destroys(`DROP ${noun(object)} ${object.extra["ref"]}`, "the table and its rows")],
  alter(from, to, { from: { version } }) {
    const ref = String(to.extra["ref"]);
    const lead = `ALTER ${noun(to)} ${ref}`;
    const has = (fact: string): boolean => differs(from, to, fact);
    if (has("partitionKey") || has("server") || (has("method") && version < 150_000)) return undefined;
    return [
      ...(has("unlogged") ? [`${lead} SET ${to.facts["unlogged"] ? "UNLOGGED" : "LOGGED"}`] : []),
      ...(has("method") ? [`${lead} SET ACCESS METHOD ${to.facts["method"] ?? "heap"}`] : []),
      ...setAndReset(lead, optionsOf(from, "options"), optionsOf(to, "options")),
      ...rowSecurity(from.facts, to.facts, ref),
      ...changeForeign(lead, optionsOf(from, "serverOptions"), optionsOf(to, "serverOptions")),
    ];
  },
};

/** Columns in their order, then constraints. A typed table has only the latter, and a table may have neither. */
function linesOf(insides: readonly Inside[], typed: boolean): string | undefined {
  const place = ({ object: { kind, extra } }: Inside): number => (kind === "column" ? Number(extra["place"]) : Infinity);
  const lines = insides
    .filter(({ object: { kind }, made: { inline } }) => (kind === "column" || kind === "constraint") && inline !== undefined)
    .toSorted((a, b) => place(a) - place(b) || (a.object.name < b.object.name ? -1 : 1))
    .map(({ made: { inline } }) => `  ${inline}`);
  if (lines.length === 0) return typed ? undefined : "()";
  return `(\n${lines.join(",\n")}\n)`;
}

function parentsOf(insides: readonly Inside[]): string | undefined {
  const parents = insides.filter(({ object: { kind } }) => kind === "inheritance");
  const ordered = parents.toSorted((a, b) => Number(a.object.facts["place"]) - Number(b.object.facts["place"]));
  return ordered.length === 0 ? undefined : `INHERITS (${ordered.map(({ made: { inline } }) => inline).join(", ")})`;
}

function rowSecurity(before: SchemaObject["facts"], after: SchemaObject["facts"], ref: string): string[] {
  const set = (fact: string, on: string, off: string): string[] =>
    before[fact] === after[fact] ? [] : [`ALTER TABLE ${ref} ${after[fact] === true ? on : off} ROW LEVEL SECURITY`];
  return [...set("rowSecurity", "ENABLE", "DISABLE"), ...set("forcedRowSecurity", "FORCE", "NO FORCE")];
}

function viewSql(object: SchemaObject, create: string): string {
  const options = withOptions(optionsOf(object, "options"));
  const head = words(create, object.extra["ref"], options !== "" && `WITH (${options})`, "AS");
  return `${head}\n${String(object.facts["query"]).replace(/;\s*$/, "")}`;
}

export const view: Writer = {
  create: (object) => ({ alone: [viewSql(object, "CREATE VIEW")] }),
  drop: ({ extra }) => [`DROP VIEW ${extra["ref"]}`],
  alter(from, to) {
    if (!differs(from, to, "query")) {
      return setAndReset(`ALTER VIEW ${to.extra["ref"]}`, optionsOf(from, "options"), optionsOf(to, "options"));
    }
    // Columns stay as they are, in their order; more may follow.
    const [before, after] = [listOf<unknown>(from.extra["columns"]), listOf<unknown>(to.extra["columns"])];
    const replaceable = before.every((column, i) => textOf(column) === textOf(after[i]));
    return replaceable ? [viewSql(to, "CREATE OR REPLACE VIEW")] : undefined;
  },
};

type ColumnSettings = readonly [column: string, ...settings: string[]];

export const materializedView: Writer = {
  create(object) {
    const { extra, facts } = object;
    const options = withOptions(optionsOf(object, "options"));
    const method = facts["method"] && `USING ${facts["method"]}`;
    const head = words("CREATE MATERIALIZED VIEW", extra["ref"], method, options !== "" && `WITH (${options})`, "AS");
    const data = extra["populated"] === false ? "\nWITH NO DATA" : "";
    const columns = listOf<ColumnSettings>(facts["columns"]).flatMap(([column, ...settings]) => columnSettings(object, column, settings));
    return { alone: [`${head}\n${String(facts["query"]).replace(/;\s*$/, "")}${data}`], after: columns };
  },
  drop: ({ extra }) => [`DROP MATERIALIZED VIEW ${extra["ref"]}`],
  alter(from, to) {
    if (differs(from, to, "query") || differs(from, to, "method")) return undefined;
    const lead = `ALTER MATERIALIZED VIEW ${to.extra["ref"]}`;
    const [before, after] = [listOf<ColumnSettings>(from.facts["columns"]), listOf<ColumnSettings>(to.facts["columns"])];
    const changed = after.filter((column) => !before.some((old) => textOf(old) === textOf(column)));
    const gone = before.filter(([column]) => !after.some(([kept]) => kept === column));
    // A setting taken back by itself cannot be told from one of its type: the whole is made anew.
    if (gone.some(([, ...settings]) => settings.some((each) => !/^SET STATISTICS/.test(each)))) return undefined;
    return [
      ...setAndReset(lead, optionsOf(from, "options"), optionsOf(to, "options")),
      ...gone.map(([column]) => `${lead} ALTER COLUMN ${column} SET STATISTICS -1`),
      ...changed.flatMap(([column, ...settings]) => columnSettings(to, column, settings)),
    ];
  },
};

function columnSettings({ extra }: SchemaObject, column: string, settings: readonly string[]): string[] {
  return settings.map((setting) => `ALTER MATERIALIZED VIEW ${extra["ref"]} ALTER COLUMN ${column} ${setting}`);
}

export const inheritance: Writer = {
  create: ({ extra }) => ({
    inline: String(extra["parent"]),
    alone: [`ALTER ${extra["keyword"]} ${extra["table"]} INHERIT ${extra["parent"]}`],
  }),
  drop: ({ extra }) => [`ALTER ${extra["keyword"]} ${extra["table"]} NO INHERIT ${extra["parent"]}`],
  // Of several parents, one that comes before another one comes first again only when all are taken away.
  alter: () => undefined,
};

/** A table without a column that could be long has nowhere to put them. */
export const toastOptions: Writer = {
  create: (object) => ({
    inline: withOptions(optionsOf(object, "options"), "toast."),
    alone: setAndReset(lead(object), [], optionsOf(object, "options"), "toast."),
  }),
  drop: (object) => setAndReset(lead(object), optionsOf(object, "options"), [], "toast."),
  alter: (from, to) => setAndReset(lead(to), optionsOf(from, "options"), optionsOf(to, "options"), "toast."),
};

const lead = ({ extra }: SchemaObject): string => `ALTER ${extra["keyword"]} ${extra["table"]}`;

export const typing: Writer = {
  create: ({ extra, facts }) => ({ inline: String(facts["of"]), alone: [`ALTER TABLE ${extra["table"]} OF ${facts["of"]}`] }),
  drop: ({ extra }) => [`ALTER TABLE ${extra["table"]} NOT OF`],
};

export const partition: Writer = {
  create: (object): Made => ({ alone: attach(object) }),
  drop: (object, around) => [
    `ALTER TABLE ${object.extra["parent"]} DETACH PARTITION ${object.extra["table"]}`,
    ...foreignKeysLeft(object, around),
  ],
  alter(from, to) {
    if (from.facts["pending"] !== true || differs(from, to, "bound") || differs(from, to, "parent")) return undefined;
    return [`ALTER TABLE ${from.extra["parent"]} DETACH PARTITION ${from.extra["table"]} FINALIZE`, ...attach(to)];
  },
};

/** A detached partition keeps the foreign keys that its table goes on having, as its own. */
function foreignKeysLeft({ extra, name }: SchemaObject, { from, to, isDropped }: Around): string[] {
  if (to.objects.has(keyOf("partition", name))) return [];
  const kept = [...from.objects].filter(
    ([key, { kind, extra: own }]) => kind === "constraint" && own["type"] === "f" && own["table"] === extra["parent"] && !isDropped(key),
  );
  const bare = kept
    .map(([, object]) => String(object.extra["bare"]))
    .filter((each) => !to.objects.has(keyOf("constraint", `${name}.${each}`)));
  return bare.map((each) => `ALTER TABLE ${extra["table"]} DROP CONSTRAINT IF EXISTS ${each}`);
}

function attach({ extra, facts }: SchemaObject): Statements {
  const sql = `ALTER TABLE ONLY ${extra["parent"]} ATTACH PARTITION ${extra["table"]} ${facts["bound"]}`;
  return [sql, ...(facts["pending"] === true ? [leftOut("that it is being detached")] : [])];
}

export const replicaIdentity: Writer = {
  create: ({ extra, facts }) => ({ alone: [`ALTER ${extra["keyword"]} ${extra["table"]} REPLICA IDENTITY ${facts["identity"]}`] }),
  drop: ({ extra }) => [`ALTER ${extra["keyword"]} ${extra["table"]} REPLICA IDENTITY DEFAULT`],
  alter: (_, { extra, facts }) => [`ALTER ${extra["keyword"]} ${extra["table"]} REPLICA IDENTITY ${facts["identity"]}`],
};

export const clustering: Writer = {
  create: ({ extra, facts }) => ({ alone: [`ALTER ${extra["keyword"]} ${extra["table"]} CLUSTER ON ${facts["index"]}`] }),
  drop: ({ extra }) => [`ALTER ${extra["keyword"]} ${extra["table"]} SET WITHOUT CLUSTER`],
  alter: (_, { extra, facts }) => [`ALTER ${extra["keyword"]} ${extra["table"]} CLUSTER ON ${facts["index"]}`],
};

export const indexAttachment: Writer = {
  create: ({ extra }): Made => ({ alone: [`ALTER INDEX ${extra["parent"]} ATTACH PARTITION ${extra["index"]}`] }),
  // It ends with the partition, or with one of the indexes.
  drop: (): Statements => [],
};

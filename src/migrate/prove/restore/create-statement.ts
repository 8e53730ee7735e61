/** The statements that make an object whose definition in the catalog is one statement, or nearly. */
import type { CatalogKind, CatalogObject } from "../../../core/catalog.ts";
import { aspectsOf, options, policyWords, statisticsWords } from "./aspects.ts";
import { tableWord } from "./drops.ts";
import { aboveOf, lastOf } from "./names.ts";
import { inOrder, type World } from "./undo.ts";

/** Undefined for what the catalog does not say enough of. */
export function createStatement(object: CatalogObject, world: World): string | undefined {
  const { kind, name, definition } = object;
  switch (kind) {
    case "schema":
      return `CREATE SCHEMA ${name}`;
    case "extension":
      return `CREATE EXTENSION ${name} SCHEMA ${definition.slice("in schema ".length)}`;
    case "function":
      return definition.trimEnd();
    case "constraint":
      return createConstraint(object, world);
    case "index":
      return createIndex(object);
    case "trigger":
    case "rule":
      return createSwitched(object);
    case "policy":
      return createPolicy(object);
    case "view":
    case "materialized view":
      return createView(object, world);
    case "statistics":
      return createStatistics(object);
    case "event trigger":
      return createEventTrigger(object);
    case "publication":
      return createPublication(object);
    case "collation":
      return createCollation(object);
    case "cast":
      return ["CREATE CAST", name, ...definition.split("\n")].join(" ").replace(/ (?:as|with) /g, (word) => word.toUpperCase());
    case "text search dictionary":
      return createDictionary(object);
    case "text search configuration":
      return createConfiguration(object);
    default:
      return undefined;
  }
}

function createConstraint({ name, parent = "", definition }: CatalogObject, world: World): string {
  const [clause = "", ...more] = linesOf(definition, /^(?:local and inherited|index |enforcing )/);
  const index = `${aboveOf(parent)}.${lastOf(name)}`;
  return inOrder(
    `ALTER ${tableWord(parent, world)} ${parent} ADD CONSTRAINT ${lastOf(name)} ${clause}`,
    more.includes("index clustered") ? `ALTER TABLE ${parent} CLUSTER ON ${lastOf(name)}` : undefined,
    more.flatMap((line) => (line.startsWith("index with ") ? [`ALTER INDEX ${index} SET ${line.slice("index with ".length)}`] : [])),
  );
}

/** The definition, and behind it the lines that say more. */
export function linesOf(definition: string, more: RegExp): string[] {
  const all = definition.split("\n");
  const first = all.findIndex((line, i) => i > 0 && more.test(line));
  return first < 0 ? [definition] : [all.slice(0, first).join("\n"), ...all.slice(first)];
}

export const indexExtras: RegExp = /^(?:not valid|clustered|attached to |column \d+ statistics )/;

function createIndex({ name, parent = "", definition }: CatalogObject): string {
  const [statement, ...more] = linesOf(definition, indexExtras);
  return inOrder(statement, indexStatements(name, parent, more));
}

export function indexStatements(name: string, parent: string, more: readonly string[]): string[] {
  return more.flatMap((line) => {
    const [, column, target] = /^column (\d+) statistics (-?\d+)$/.exec(line) ?? [];
    if (column !== undefined) return [`ALTER INDEX ${name} ALTER COLUMN ${column} SET STATISTICS ${target}`];
    if (line === "clustered") return [`ALTER TABLE ${parent} CLUSTER ON ${lastOf(name)}`];
    return line.startsWith("attached to ") ? [`ALTER INDEX ${line.slice("attached to ".length)} ATTACH PARTITION ${name}`] : [];
  });
}

export const switchedExtras: RegExp = /^(?:disabled|enabled replica|enabled always|inherited)$/;

function createSwitched(object: CatalogObject): string {
  const [statement, ...more] = linesOf(object.definition, switchedExtras);
  const state = more.find((line) => line !== "inherited");
  // A partition has it from its table, in another state.
  if (more.includes("inherited")) return switchStatement(object, state);
  return inOrder(statement?.replace(/;$/, ""), state === undefined ? undefined : switchStatement(object, state));
}

/** A trigger or a rule put into a state: `disabled`, `enabled always`, undefined for plainly enabled. */
export function switchStatement({ kind, name, parent }: CatalogObject, state: string | undefined): string {
  const words = state === "disabled" ? "DISABLE" : state === undefined ? "ENABLE" : state.replace("enabled", "ENABLE").toUpperCase();
  return `ALTER TABLE ${parent} ${words} ${kind.toUpperCase()} ${lastOf(name)}`;
}

function createPolicy({ name, parent, definition }: CatalogObject): string {
  const aspects = aspectsOf(definition, policyWords);
  const [using, check] = [aspects.get("using"), aspects.get("with check")];
  return [
    `CREATE POLICY ${lastOf(name)} ON ${parent}`,
    aspects.has("restrictive") ? "AS RESTRICTIVE" : "",
    aspects.get("for") === "all" ? "" : `FOR ${aspects.get("for")?.toUpperCase()}`,
    aspects.get("to") === "public" ? "" : `TO ${aspects.get("to")}`,
    using === undefined ? "" : `USING ${using}`,
    check === undefined ? "" : `WITH CHECK ${check}`,
  ]
    .filter(Boolean)
    .join(" ");
}

export interface ViewParts {
  readonly options: readonly string[];
  readonly using: string | undefined;
  /** Lines about columns. */
  readonly columns: readonly string[];
  readonly query: string;
}

/** A view's definition: lines of its own, then the query, which begins with a blank or a keyword in capitals. */
export function viewParts(definition: string): ViewParts {
  const all = definition.split("\n");
  const first = all.findIndex((line, i) => i > 0 && /^(?: |[A-Z(])/.test(line));
  const own = all.slice(1, first);
  const read = (word: string): string | undefined => own.find((line) => line.startsWith(`${word} `))?.slice(word.length + 1);
  return {
    options: options(read("with")),
    using: read("using"),
    columns: own.filter((line) => line.startsWith("column ")),
    query: all.slice(first).join("\n").trim().replace(/;$/, ""),
  };
}

export function createView({ kind, name, definition }: CatalogObject, { views }: World, replace = false): string {
  const { options: with_, using, columns, query: canonical } = viewParts(definition);
  const query = views.get(name) ?? canonical;
  const access = using === undefined ? "" : ` USING ${using}`;
  const settings = with_.length === 0 ? "" : ` WITH (${with_.join(", ")})`;
  return inOrder(
    `CREATE ${replace ? "OR REPLACE " : ""}${kind.toUpperCase()} ${name}${access}${settings} AS\n${query}`,
    columns.flatMap((line) => viewColumn(kind, name, line)),
  );
}

/** `column n default 0`, `column n statistics 10`: the facts of a view's column that its query does not tell. */
export function viewColumn(kind: CatalogKind, name: string, line: string): string[] {
  const [, column = "", value, target] =
    /^column ("(?:[^"]|"")*"|\S+) (?:default ([^]*?))?(?:(?:, )?statistics (-?\d+))?$/.exec(line) ?? [];
  const alter = `ALTER ${kind.toUpperCase()} ${name} ALTER COLUMN ${column}`;
  return [
    ...(value === undefined ? [] : [`${alter} SET DEFAULT ${value}`]),
    ...(target === undefined ? [] : [`${alter} SET STATISTICS ${target}`]),
  ];
}

function createStatistics({ name, definition }: CatalogObject): string {
  const aspects = aspectsOf(definition, statisticsWords);
  const kinds = (aspects.get("kinds") ?? "").split(", ").filter((kind) => kind !== "expressions");
  const on = [
    aspects.get("columns"),
    aspects.get("expressions")?.replace(/^(?!\()[^]*$/, (text) => (text.includes("(") ? text : `(${text})`)),
  ];
  const target = aspects.get("target");
  return inOrder(
    `CREATE STATISTICS ${name}${kinds.length === 0 || kinds[0] === "" ? "" : ` (${kinds.join(", ")})`} ON ${on.filter(Boolean).join(", ")} FROM ${aspects.get("on")}`,
    target === undefined ? undefined : `ALTER STATISTICS ${name} SET STATISTICS ${target}`,
  );
}

function createEventTrigger({ name, definition }: CatalogObject): string {
  const aspects = aspectsOf(definition, ["on", "tags", "function", "disabled", "enabled replica", "enabled always"]);
  const tags = aspects
    .get("tags")
    ?.split(", ")
    .map((tag) => `'${tag}'`);
  const when = tags === undefined ? "" : ` WHEN TAG IN (${tags.join(", ")})`;
  const state = ["disabled", "enabled replica", "enabled always"].find((word) => aspects.has(word));
  return inOrder(
    `CREATE EVENT TRIGGER ${name} ON ${aspects.get("on")}${when} EXECUTE FUNCTION ${aspects.get("function")?.replace(/\([^]*$/, "")}()`,
    state === undefined
      ? undefined
      : `ALTER EVENT TRIGGER ${name} ${state.replace("enabled", "enable").replace("disabled", "disable").toUpperCase()}`,
  );
}

function createPublication({ name, definition }: CatalogObject): string {
  const lines = definition.split("\n");
  const tables = lines.flatMap((line) => (line.startsWith("table ") ? [line.slice(6).replace(" where ", " WHERE ")] : []));
  const schemas = lines.flatMap((line) => (line.startsWith("tables in schema ") ? [`TABLES IN SCHEMA ${line.slice(17)}`] : []));
  // Said once: PostgreSQL 14 takes no second TABLE.
  const members = [...(tables.length === 0 ? [] : [`TABLE ${tables.join(", ")}`]), ...schemas].join(", ");
  const what = lines.includes("all tables") ? " FOR ALL TABLES" : members && ` FOR ${members}`;
  const publish = (lines.find((line) => line.startsWith("publish ")) ?? "").slice(8);
  const options = [`publish = '${publish}'`, ...(lines.includes("via partition root") ? ["publish_via_partition_root = true"] : [])];
  if (lines.includes("generated columns stored")) options.push("publish_generated_columns = stored");
  return `CREATE PUBLICATION ${name}${what} WITH (${options.join(", ")})`;
}

function createCollation({ name, definition }: CatalogObject): string {
  const aspects = aspectsOf(definition, ["provider", "collate", "ctype", "locale", "rules", "not deterministic"]);
  const all: readonly (readonly [string, string | undefined])[] = [
    ["PROVIDER", aspects.get("provider")],
    ["LC_COLLATE", aspects.get("collate")],
    ["LC_CTYPE", aspects.get("ctype")],
    ["LOCALE", aspects.get("locale")],
    ["RULES", aspects.get("rules")],
    ["DETERMINISTIC", aspects.has("not deterministic") ? "false" : undefined],
  ];
  return `CREATE COLLATION ${name} (${all.flatMap(([word, value]) => (value === undefined ? [] : [`${word} = ${value}`])).join(", ")})`;
}

function createDictionary({ name, definition }: CatalogObject): string {
  const [template = "", options] = definition.split("\n");
  return `CREATE TEXT SEARCH DICTIONARY ${name} (TEMPLATE = ${template.replace("template ", "")}${options ? `, ${options}` : ""})`;
}

/** `parser pg_catalog."default"`, then one kind of token a line with its dictionaries. */
function createConfiguration({ name, definition }: CatalogObject): string {
  const [parser = "", ...mappings] = definition.split("\n");
  return inOrder(
    `CREATE TEXT SEARCH CONFIGURATION ${name} (PARSER = ${parser.replace("parser ", "")})`,
    mappings.map((line) => `ALTER TEXT SEARCH CONFIGURATION ${name} ADD MAPPING FOR ${line.replace(" with ", " WITH ")}`),
  );
}

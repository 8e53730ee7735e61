/** CREATE TABLE from the catalog: everything that the definition says, with its columns and most of its constraints. */
import type { CatalogObject } from "../../../core/catalog.ts";
import { alterTable } from "./alter-table.ts";
import { type Aspects, aspectsOf, options, tableWords } from "./aspects.ts";
import { alterColumnExtras, columnClause, foreignOptions } from "./column.ts";
import { bareOf, lastOf } from "./names.ts";
import { inOrder, keyOf, type Undo, type World } from "./undo.ts";

/** The table with its columns and its constraints but foreign keys; these come behind all tables, since they may go in a circle. */
export function createTable(table: CatalogObject, world: World): Undo {
  const aspects = aspectsOf(table.definition, tableWords);
  const columns = childrenOf(table, "column", world);
  const constraints = childrenOf(table, "constraint", world).filter(isInline);
  const items = [
    ...columns.filter((column) => isOwn(column, aspects)).map((column) => columnClause(column, world)),
    ...constraints.map(({ name, definition }) => `CONSTRAINT ${lastOf(name)} ${definition}`),
  ];
  const text = `CREATE ${aspects.has("unlogged table") ? "UNLOGGED " : ""}${table.kind.toUpperCase()} ${table.name}${head(aspects)}${list(items, aspects)}${tail(aspects)}`;
  const extras = columns.map((column) => alterColumnExtras(column, undefined, world));
  const empty = new Map([["table", ""]]);
  const more = alterTable(table, empty, new Map([...aspects].filter(isAltered)));
  return { sql: inOrder(text, ...extras, more), object: keyOf(table), lossy: `the rows of ${table.name}` };
}

/** What only ALTER TABLE says; an index of its replica identity does not exist yet. */
function isAltered([word, value]: readonly [string, string]): boolean {
  return /^(?:row level|with toast|replica)/.test(word) && !value.startsWith("using index");
}

function head(aspects: Aspects): string {
  const of = aspects.get("of");
  const partition = aspects.get("partition of");
  if (of !== undefined) return ` OF ${of}`;
  return partition === undefined ? "" : ` PARTITION OF ${partition.replace(/ (?=FOR VALUES|DEFAULT$)[^]*$/, "")}`;
}

function list(items: readonly string[], aspects: Aspects): string {
  if (items.length === 0 && (aspects.has("of") || aspects.has("partition of"))) return "";
  return items.length === 0 ? " ()" : ` (\n  ${items.join(",\n  ")}\n)`;
}

function tail(aspects: Aspects): string {
  const bound = / (FOR VALUES[^]*|DEFAULT)$/.exec(aspects.get("partition of") ?? "")?.[1];
  const partitioned = /^partitioned by ([^]*)$/.exec(aspects.get("table") ?? "")?.[1];
  const parents = aspects.get("inherits");
  const using = aspects.get("using");
  const storage = options(aspects.get("with"));
  return [
    bound === undefined ? "" : ` ${bound}`,
    parents === undefined ? "" : ` INHERITS (${parents})`,
    partitioned === undefined ? "" : ` PARTITION BY ${partitioned}`,
    using === undefined ? "" : ` USING ${using}`,
    aspects.has("server") ? ` SERVER ${foreign(aspects.get("server") ?? "")}` : "",
    storage.length === 0 ? "" : ` WITH (${storage.join(", ")})`,
  ].join("");
}

/** `api options (host=x)`: a server and options of its table. */
function foreign(server: string): string {
  const [, name = server, list] = /^(\S+|"(?:[^"]|"")*") options (\([^]*\))$/.exec(server) ?? [];
  return list === undefined ? name : `${name} OPTIONS (${foreignOptions(list)})`;
}

/** In the order of the table. */
function childrenOf(table: CatalogObject, kind: "column" | "constraint", { want }: World): CatalogObject[] {
  const own = [...want.values()].filter((object) => object.kind === kind && object.parent === table.name);
  if (kind === "constraint")
    return own.sort((a, b) => Number(b.definition.startsWith("PRIMARY")) - Number(a.definition.startsWith("PRIMARY")));
  const rank = new Map(table.columns?.map((name, i) => [name, i]));
  const placeOf = ({ name }: CatalogObject): number => rank.get(bareOf(lastOf(name))) ?? 0;
  return own.sort((a, b) => placeOf(a) - placeOf(b));
}

/** Not those that a parent, a partitioned table or a type brings. */
const isOwn = ({ definition }: CatalogObject, aspects: Aspects): boolean =>
  !aspects.has("of") && !aspects.has("partition of") && !/^inherited$/m.test(definition);

/** Constraints that CREATE TABLE takes whole: not foreign keys, nor those that a line says more of, or that a parent brings. */
export function isInline({ definition }: CatalogObject): boolean {
  return !/^FOREIGN KEY|NOT VALID$|\n/.test(definition);
}

/** DROP for what should not be there. */
import type { CatalogKind, CatalogObject } from "../../../core/catalog.ts";
import { lastOf } from "./names.ts";
import { keyOf, relationNamed, routineWord, type Undo, type World } from "./undo.ts";

/** What depends on others first; views and columns before what goes with them. */
const order: readonly CatalogKind[] = [
  "event trigger",
  "publication",
  "view",
  "materialized view",
  "policy",
  "trigger",
  "rule",
  "column",
  "constraint",
  "index",
  "statistics",
  "table",
  "foreign table",
  "sequence",
  "cast",
  "operator class",
  "operator family",
  "operator",
  "aggregate",
  "function",
  "domain",
  "type",
  "text search configuration",
  "text search dictionary",
  "text search template",
  "text search parser",
  "conversion",
  "collation",
  "foreign server",
  "foreign data wrapper",
  "transform",
  "language",
  "access method",
  "extension",
  "schema",
];

/** In the order in which they are tried; what goes with another one has none of its own. `rank` is the order of making. */
export function dropsOf(unexpected: readonly CatalogObject[], world: World, rank: (object: CatalogObject) => number): Undo[] {
  const gone = new Set(unexpected.map(keyOf));
  return unexpected
    .filter((object) => order.includes(object.kind) && !goesWith(object, gone, world))
    .sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || rank(b) - rank(a) || (a.name < b.name ? 1 : -1))
    .map((object) => ({ sql: dropStatement(object, world), object: keyOf(object), drops: true, within: partOf(object, world) }));
}

const parts: readonly CatalogKind[] = ["column", "constraint", "index", "statistics", "policy", "trigger", "rule"];

/** The relation that it lies in, where it lies in one. */
export function partOf({ kind, parent }: CatalogObject, { now, want }: World): string[] {
  if (!parts.includes(kind) || parent === undefined) return [];
  const relation = relationNamed(now, parent) ?? relationNamed(want, parent);
  return relation ? [keyOf(relation)] : [];
}

function goesWith({ kind, parent = "" }: CatalogObject, gone: ReadonlySet<string>, { now }: World): boolean {
  if (kind === "sequence") return gone.has(`column ${parent}`);
  if (!parts.includes(kind)) return false;
  const relation = relationNamed(now, parent);
  return gone.has(relation ? keyOf(relation) : `domain ${parent}`);
}

export function dropStatement(object: CatalogObject, world: World): string {
  const { kind, name, parent = "" } = object;
  switch (kind) {
    case "column":
      return `ALTER ${tableWord(parent, world)} ${parent} DROP COLUMN ${lastOf(name)}`;
    case "constraint":
      return `ALTER ${tableWord(parent, world)} ${parent} DROP CONSTRAINT ${lastOf(name)}`;
    case "policy":
    case "trigger":
    case "rule":
      // A partition has it from its table, where it goes; here only its state is another one.
      if (/\ninherited$/.test(object.definition)) return `ALTER TABLE ${parent} ENABLE TRIGGER ${lastOf(name)}`;
      return `DROP ${kind.toUpperCase()} ${lastOf(name)} ON ${parent}`;
    case "function":
    case "aggregate":
      return `DROP ${routineWord(object)} ${name}`;
    case "operator":
      return `DROP OPERATOR ${name.replace(/\(none, /, "(NONE, ")}`;
    case "foreign server":
      return `DROP SERVER ${name}`;
    default:
      return `DROP ${kind.toUpperCase()} ${name}`;
  }
}

/** `TABLE`, `FOREIGN TABLE`, `DOMAIN`: what a column or a constraint lies in. */
export function tableWord(parent: string, { now, want }: World): string {
  const relation = relationNamed(now, parent) ?? relationNamed(want, parent);
  if (relation) return relation.kind.toUpperCase();
  return now.has(`domain ${parent}`) || want.has(`domain ${parent}`) ? "DOMAIN" : "TABLE";
}

/** Tables that refer to each other go together. */
export function togetherDrop(stuck: readonly Undo[]): Undo | undefined {
  const tables = stuck.filter(({ object, drops }) => drops && object.startsWith("table "));
  const names = tables.map(({ object }) => object.slice("table ".length));
  return names.length > 1 ? { sql: `DROP TABLE ${names.join(", ")}`, object: `table ${names[0]}`, drops: true } : undefined;
}

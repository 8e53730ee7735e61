/** CREATE for what is missing, from the catalog; undefined for what the catalog does not say enough of. */
import type { CatalogKind, CatalogObject } from "../../../core/catalog.ts";
import { addColumn } from "./column.ts";
import { createStatement } from "./create-statement.ts";
import { createTable, isInline } from "./create-table.ts";
import { createType, isValidated } from "./create-type.ts";
import { partOf } from "./drops.ts";
import { createSequence, ownSequence } from "./sequence.ts";
import { keyOf, type Undo, type World } from "./undo.ts";

/** What others need first; the rest is tried again behind what it waits for. */
const order: readonly CatalogKind[] = [
  "schema",
  "extension",
  "collation",
  "type",
  "domain",
  "sequence",
  "table",
  "foreign table",
  "column",
  "function",
  "constraint",
  "index",
  "statistics",
  "view",
  "materialized view",
  "policy",
  "trigger",
  "rule",
  "cast",
  "text search dictionary",
  "text search configuration",
  "event trigger",
  "publication",
];

export function createsOf(missing: readonly CatalogObject[], world: World): Undo[] {
  const made = new Set(missing.map(keyOf));
  const own = missing.filter((object) => order.includes(object.kind) && !comesWith(object, made, world));
  const sorted = own.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || last(a) - last(b) || (a.name < b.name ? -1 : 1));
  const behind = sorted.flatMap((object) => (object.kind === "sequence" ? (ownSequence(object) ?? []) : []));
  const making = sorted.flatMap((object) => create(object, world) ?? []).map((undo): Undo => ({ ...undo, makes: true }));
  return [...making, ...behind].map((undo) => {
    const object = world.want.get(undo.object);
    return object ? { ...undo, within: partOf(object, world) } : undo;
  });
}

/** Foreign keys behind the keys that they refer to, inherited indexes behind the one that they are attached to. */
const last = ({ definition }: CatalogObject): number =>
  Number(definition.startsWith("FOREIGN KEY") || definition.includes("\nattached to "));

function comesWith(object: CatalogObject, made: ReadonlySet<string>, world: World): boolean {
  const { kind, parent, definition } = object;
  if (kind === "sequence") return definition.includes("\nidentity of ");
  if (/^inherited$/m.test(definition) && (kind === "column" || kind === "constraint")) return true;
  const inTable = made.has(`table ${parent}`) || made.has(`foreign table ${parent}`);
  if (kind === "constraint" && world.want.has(`domain ${parent}`)) return made.has(`domain ${parent}`) && isValidated(object);
  return inTable && (kind === "column" || (kind === "constraint" && isInline(object)));
}

function create(object: CatalogObject, world: World): Undo | undefined {
  const { kind } = object;
  if (kind === "table" || kind === "foreign table") return createTable(object, world);
  if (kind === "column") return addColumn(object, world);
  if (kind === "sequence") return createSequence(object);
  if (kind === "type" || kind === "domain") return createType(object, world);
  const sql = createStatement(object, world);
  return sql === undefined ? undefined : { sql, object: keyOf(object) };
}

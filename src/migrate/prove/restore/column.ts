/** A column as CREATE TABLE and ADD COLUMN take it, and what only ALTER COLUMN can say. */
import type { CatalogObject } from "../../../core/catalog.ts";
import { type Aspects, aspectsOf, columnWords, nameOfOption, options, sequenceWords } from "./aspects.ts";
import { tableWord } from "./drops.ts";
import { aboveOf, lastOf } from "./names.ts";
import { placeholderOf } from "./placeholder.ts";
import { sequenceOptions } from "./sequence.ts";
import { inOrder, keyOf, type Undo, type World } from "./undo.ts";

/** A column as CREATE TABLE and ADD COLUMN take it. */
export function columnClause(column: CatalogObject, world: World, instead = ""): string {
  const aspects = aspectsOf(column.definition, columnWords);
  const collate = aspects.get("collate");
  const notNull = aspects.get("not null");
  return [
    lastOf(column.name),
    aspects.get("type"),
    aspects.has("options") ? `OPTIONS (${foreignOptions(aspects.get("options"))})` : "",
    collate === undefined ? "" : `COLLATE ${collate}`,
    valueClause(column, aspects, world) || instead,
    notNull === "" || notNull === "no inherit" ? `NOT NULL${notNull === "" ? "" : " NO INHERIT"}` : "",
  ]
    .filter(Boolean)
    .join(" ");
}

/** `(host=x)` as OPTIONS takes it: every value a text. */
export function foreignOptions(list: string | undefined): string {
  return options(list)
    .map((option) => `${nameOfOption(option)} '${option.slice(nameOfOption(option).length + 1).replace(/^'|'$/g, "")}'`)
    .join(", ");
}

function valueClause(column: CatalogObject, aspects: Aspects, world: World): string {
  const identity = aspects.get("identity");
  const [stored, virtual, value] = [aspects.get("generated stored"), aspects.get("generated virtual"), aspects.get("default")];
  if (identity !== undefined) return `GENERATED ${identity.toUpperCase()} AS IDENTITY${identityOptions(column, world)}`;
  if (stored !== undefined) return `GENERATED ALWAYS AS (${stored}) STORED`;
  if (virtual !== undefined) return `GENERATED ALWAYS AS (${virtual}) VIRTUAL`;
  return value === undefined ? "" : `DEFAULT ${value}`;
}

/** ` (SEQUENCE NAME public.numbers START WITH 5)`: what differs from an identity's defaults. */
export function identityOptions(column: CatalogObject, { want }: World): string {
  const sequence = [...want.values()].find((object) => object.kind === "sequence" && object.parent === column.name);
  if (!sequence) return "";
  const table = aboveOf(column.name);
  const usual = `${aboveOf(table)}.${lastOf(table)}_${lastOf(column.name)}_seq`.replaceAll('"', "");
  const named = sequence.name.replaceAll('"', "") === usual ? [] : [`SEQUENCE NAME ${sequence.name}`];
  const all = [...named, ...sequenceOptions(aspectsOf(sequence.definition, sequenceWords))];
  return all.length === 0 ? "" : ` (${all.join(" ")})`;
}

/** A column that rows exist for: where it takes no null and has no default, they get a value that says nothing. */
export function addColumn(column: CatalogObject, world: World): Undo {
  const parent = column.parent ?? aboveOf(column.name);
  const aspects = aspectsOf(column.definition, columnWords);
  const word = tableWord(parent, world);
  const generated = aspects.has("generated stored") || aspects.has("generated virtual");
  const isBare = aspects.has("not null") && !aspects.has("default") && !aspects.has("identity") && !generated;
  const filler = isBare ? placeholderOf(column, aspects.get("type") ?? "", world) : undefined;
  const clause = columnClause(column, world, filler === undefined ? "" : `DEFAULT ${filler}`);
  const forget = filler === undefined ? undefined : `ALTER ${word} ${parent} ALTER COLUMN ${lastOf(column.name)} DROP DEFAULT`;
  const filled = filler === undefined ? "" : `; rows get ${filler}`;
  return {
    sql: inOrder(`ALTER ${word} ${parent} ADD COLUMN ${clause}`, forget, alterColumnExtras(column, undefined, world)),
    object: keyOf(column),
    ...(generated ? {} : { lossy: `the values of ${column.name}${filled}` }),
  };
}

/** How values are stored and counted. Without `now` the column is as ADD COLUMN makes it. */
export function alterColumnExtras(want: CatalogObject, now: CatalogObject | undefined, world: World): string | undefined {
  const [was, is] = [aspectsOf(want.definition, columnWords), aspectsOf(now?.definition ?? "", columnWords)];
  const parent = want.parent ?? aboveOf(want.name);
  const column = `ALTER ${tableWord(parent, world)} ${parent} ALTER COLUMN ${lastOf(want.name)}`;
  const changed = (word: string): boolean => was.get(word) !== is.get(word);
  const set = options(was.get("with"));
  const reset = options(is.get("with"))
    .map(nameOfOption)
    .filter((name) => !set.some((option) => nameOfOption(option) === name));
  return inOrder(
    changed("storage") ? `${column} SET STORAGE ${was.get("storage")?.toUpperCase() ?? "DEFAULT"}` : undefined,
    changed("compression") ? `${column} SET COMPRESSION ${was.get("compression") ?? "default"}` : undefined,
    changed("statistics") ? `${column} SET STATISTICS ${was.get("statistics") ?? -1}` : undefined,
    reset.length > 0 ? `${column} RESET (${reset.join(", ")})` : undefined,
    changed("with") && set.length > 0 ? `${column} SET (${set.join(", ")})` : undefined,
  );
}

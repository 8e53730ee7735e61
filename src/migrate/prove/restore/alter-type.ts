/** Enums and composite types back to what they were. A value that an enum got cannot be taken away: the type is swapped. */
import type { CatalogObject } from "../../../core/catalog.ts";
import { aspectsOf, columnWords } from "./aspects.ts";
import { createType } from "./create-type.ts";
import { tableWord } from "./drops.ts";
import { lastOf } from "./names.ts";
import { inOrder, keyOf, type Undo, type World } from "./undo.ts";

export function alterType(want: CatalogObject, now: CatalogObject, world: World): Undo | undefined {
  const [was = "", ...then] = want.definition.split("\n");
  const [is, ...since] = now.definition.split("\n");
  if (was !== is) return undefined;
  if (was === "enum") return then.length === since.length ? renameValues(want, then, since) : swapEnum(want, then, since, world);
  if (was !== "composite") return undefined;
  const statements = alterComposite(want.name, then, since);
  // CASCADE takes it to the tables of this type.
  const cascade = inOrder(statements.map((statement) => `${statement} CASCADE`));
  return { sql: inOrder(statements), otherwise: cascade, object: keyOf(want) };
}

function renameValues(want: CatalogObject, then: readonly string[], since: readonly string[]): Undo {
  const renamed = then.flatMap((value, i) => (value === since[i] ? [] : [`ALTER TYPE ${want.name} RENAME VALUE ${since[i]} TO ${value}`]));
  return { sql: inOrder(renamed), object: keyOf(want) };
}

function swapEnum(want: CatalogObject, then: readonly string[], since: readonly string[], world: World): Undo | undefined {
  const added = since.filter((value) => !then.includes(value));
  const create = createType(want, world)?.sql;
  if (added.length !== since.length - then.length || create === undefined) return undefined;
  const left = `${lastOf(want.name).replaceAll('"', "")}__with_more_values`;
  const old = `${want.name.slice(0, -lastOf(want.name).length)}"${left}"`;
  const columns = [...world.now.values()].filter((object) => object.kind === "column" && usesType(object, want.name));
  return {
    sql: inOrder(
      `ALTER TYPE ${want.name} RENAME TO "${left}"`,
      create,
      columns.flatMap((column) => retype(column, world)),
      `DROP TYPE ${old}`,
    ),
    object: keyOf(want),
    lossy: `it fails while a row has ${added.join(" or ")}`,
  };
}

function usesType({ definition }: CatalogObject, type: string): boolean {
  const own = aspectsOf(definition, columnWords);
  return (own.get("type") === type || own.get("type") === `${type}[]`) && !own.has("inherited");
}

function retype({ name, parent = "", definition }: CatalogObject, world: World): string[] {
  const own = aspectsOf(definition, columnWords);
  const [type = "", value] = [own.get("type"), own.get("default")];
  const column = `ALTER ${tableWord(parent, world)} ${parent} ALTER COLUMN ${lastOf(name)}`;
  const text = type.endsWith("[]") ? "text[]" : "text";
  return [
    ...(value === undefined ? [] : [`${column} DROP DEFAULT`]),
    `${column} TYPE ${type} USING ${lastOf(name)}::${text}::${type}`,
    ...(value === undefined ? [] : [`${column} SET DEFAULT ${value}`]),
  ];
}

/** `street text`, one attribute a line. */
function alterComposite(name: string, then: readonly string[], since: readonly string[]): string[] {
  const nameOf = (line: string): string => /^(?:"(?:[^"]|"")*"|\S+)/.exec(line)?.[0] ?? line;
  const typeOf = (line: string): string => line.slice(nameOf(line).length + 1).replace(/ collate (?=\S+$)/, " COLLATE ");
  const now = new Map(since.map((line) => [nameOf(line), line]));
  const kept = new Set(then.map(nameOf));
  const renamed = then.flatMap((line, i) => {
    const other = since[i] ?? "";
    const isSame = then.length === since.length && nameOf(line) !== nameOf(other) && typeOf(line) === typeOf(other);
    return isSame && !now.has(nameOf(line)) && !kept.has(nameOf(other))
      ? [`ALTER TYPE ${name} RENAME ATTRIBUTE ${nameOf(other)} TO ${nameOf(line)}`]
      : [];
  });
  if (renamed.length > 0) return renamed;
  return [
    ...[...now.keys()].filter((attribute) => !kept.has(attribute)).map((attribute) => `ALTER TYPE ${name} DROP ATTRIBUTE ${attribute}`),
    ...then.flatMap((line) => {
      const attribute = nameOf(line);
      if (!now.has(attribute)) return [`ALTER TYPE ${name} ADD ATTRIBUTE ${attribute} ${typeOf(line)}`];
      return now.get(attribute) === line ? [] : [`ALTER TYPE ${name} ALTER ATTRIBUTE ${attribute} TYPE ${typeOf(line)}`];
    }),
  ];
}

/**
 * Renames: those that a person decided, and those that decide themselves. What goes and what comes are never taken for
 * the same thing because they look alike; where nothing is lost by it, the name alone is changed.
 */
import { canonicalText } from "../../core/catalog-canonical.ts";
import { literal } from "../../core/sql.ts";
import { type Key, keyOf, listOf, type ObjectKind, type Schema, type SchemaObject, textOf } from "./schema.ts";

/** A rename, and the object that it is for. */
export interface Rename {
  readonly key: Key;
  readonly sql: string;
}

/** What a person can name: what holds data or a state, or has it behind it. */
const nameable = new Set<ObjectKind>([
  "schema",
  "table",
  "foreign table",
  "view",
  "materialized view",
  "sequence",
  "type",
  "domain",
  "column",
]);

/** Objects that only one of two schemas has. */
export function onlyIn(here: Schema, there: Schema): SchemaObject[] {
  return [...here.objects].filter(([key]) => !there.objects.has(key)).map(([, object]) => object);
}

/** One may become the other by a rename: a column stays in its table, anything else may go to another schema. */
export function sameSort(a: SchemaObject, b: SchemaObject): boolean {
  return a.kind === b.kind && (a.kind !== "column" || a.extra["table"] === b.extra["table"]);
}

/** `"Odd one".users` → `"Odd one"` */
export function schemaOf(name: string): string {
  return /^(?:"(?:[^"]|"")*"|[^".]*)/.exec(name)?.[0] ?? "";
}

/** The name without what it lies in. */
export function bareOf({ kind, name, extra }: SchemaObject): string {
  if (kind === "schema") return name;
  return kind === "column" ? String(extra["column"]) : name.slice(schemaOf(name).length + 1);
}

/** As people write a name: quotes and the schema public may be left out. */
export function isNamed(name: string, written: string): boolean {
  const plain = (text: string): string => text.replaceAll('"', "").replace(/^public\./, "");
  return plain(name) === plain(written);
}

/** The statement of `public.users.name=full_name`, undefined where it names nothing that goes or nothing that comes. */
export function decidedRename(choice: string, from: Schema, to: Schema): Rename | undefined {
  const at = choice.lastIndexOf("=");
  const [old, name] = [choice.slice(0, at).trim(), choice.slice(at + 1).trim()];
  const object = onlyIn(from, to).find((each) => nameable.has(each.kind) && isNamed(each.name, old));
  const wanted =
    object && onlyIn(to, from).find((each) => sameSort(each, object) && (isNamed(bareOf(each), name) || isNamed(each.name, name)));
  if (object && wanted) return { key: keyOf(object.kind, object.name), sql: renameSql(object, wanted) };
  return renamedValue(old, name, from, to);
}

function renamedValue(old: string, name: string, from: Schema, to: Schema): Rename | undefined {
  for (const [key, type] of from.objects) {
    const [before, after] = [listOf(type.facts["labels"]), listOf(to.objects.get(key)?.facts["labels"])];
    const label = before.find((each) => !after.includes(each) && isNamed(`${type.name}.${each}`, old));
    if (label === undefined || !after.includes(name) || before.includes(name)) continue;
    return { key, sql: `ALTER TYPE ${type.extra["ref"]} RENAME VALUE ${literal(label).trim()} TO ${literal(name).trim()}` };
  }
  return undefined;
}

function renameSql(object: SchemaObject, wanted: SchemaObject): string {
  const { kind, name, extra } = object;
  const noun = kind.toUpperCase();
  if (kind === "schema") return `ALTER SCHEMA ${name} RENAME TO ${wanted.name}`;
  if (kind === "column") return `ALTER ${extra["keyword"]} ${extra["table"]} RENAME COLUMN ${extra["column"]} TO ${wanted.extra["column"]}`;
  if (kind === "constraint")
    return `ALTER ${extra["keyword"]} ${extra["table"]} RENAME CONSTRAINT ${extra["bare"]} TO ${wanted.extra["bare"]}`;
  const [schema, newSchema] = [schemaOf(name), schemaOf(wanted.name)];
  const move = schema === newSchema ? "" : `ALTER ${noun} ${name} SET SCHEMA ${newSchema}`;
  const rename = bareOf(object) === bareOf(wanted) ? "" : `ALTER ${noun} ${newSchema}.${bareOf(object)} RENAME TO ${bareOf(wanted)}`;
  return [move, rename].filter(Boolean).join(";\n");
}

/**
 * Constraints and indexes that say the same under other names, and the sequences of columns: made anew they would cost a
 * scan, or begin to count at one.
 */
export function followingRenames(from: Schema, to: Schema): Rename[] {
  const wanted = Map.groupBy(onlyIn(to, from), (object) => meaningOf(object, to));
  const taken = new Set<SchemaObject>();
  return onlyIn(from, to).flatMap((object) => {
    const meaning = meaningOf(object, from);
    const twin = meaning === "" ? undefined : wanted.get(meaning)?.find((each) => !taken.has(each));
    if (!twin || isTaken(from, twin)) return [];
    taken.add(twin);
    return [{ key: keyOf(object.kind, object.name), sql: renameSql(object, twin) }];
  });
}

/** Equal for two objects that differ in nothing but their names; empty for what is not renamed without asking. */
function meaningOf({ kind, facts, extra, name, host, follows }: SchemaObject, { objects }: Schema): string {
  switch (kind) {
    case "constraint": {
      const cloned = extra["inherited"] === "only" && extra["index"] === undefined;
      return cloned ? "" : `${kind} ${extra["table"]} ${canonicalText(textOf(facts))}`;
    }
    case "index":
      return `${kind} ${extra["table"]} ${follows === undefined ? "" : "attached "}${canonicalText(textOf({ ...facts, definition: nameless(facts["definition"]) }))}`;
    case "sequence": {
      const owner = facts["identity"] === true ? host : objects.get(keyOf("ownership", name))?.facts["column"];
      return owner === undefined ? "" : `${kind} of ${canonicalText(String(owner)).replace(/^column /, "")}`;
    }
    default:
      return "";
  }
}

const nameless = (definition: unknown): string =>
  String(definition).replace(/^(CREATE (?:UNIQUE )?INDEX) (?:"(?:[^"]|"")*"|\S+) ON/, "$1 ON");

/** Something else has the name still. */
function isTaken({ objects }: Schema, { kind, name, extra }: SchemaObject): boolean {
  const relation = kind === "constraint" ? String(extra["index"] ?? "") : name;
  return (["table", "foreign table", "view", "materialized view", "sequence", "index"] as const).some((each) =>
    objects.has(keyOf(each, relation)),
  );
}

/** Renamed and moved objects: to the catalog one went and another came, and only the statement says that they are the same. */
import type { Catalog, CatalogKind, CatalogObject } from "../../../core/catalog.ts";
import { text } from "../../diff/ddl.ts";
import { keyOf, listOf, type Schema, type SchemaObject } from "../../diff/schema.ts";
import { aboveOf, bareOf, lastOf } from "./names.ts";
import type { Undo } from "./undo.ts";

export interface Rename {
  readonly kinds: readonly CatalogKind[];
  /** Without quotes. For what moved to another schema both are the same. */
  readonly from: string;
  readonly to: string;
  readonly moves: boolean;
}

/** The way back of the first of `renames` that the catalogs show, from `now` to `want`. */
export function renameBack(renames: readonly Rename[], want: Catalog, now: Catalog): Undo | undefined {
  const [wanted, present] = [byKey(want), byKey(now)];
  const missing = want.objects.filter(({ kind, name }) => !present.has(keyOf(kind, name)));
  const unexpected = now.objects.filter(({ kind, name }) => !wanted.has(keyOf(kind, name)));
  for (const rename of renames) {
    for (const old of missing.filter(({ kind, name }) => rename.kinds.includes(kind) && plain(name) === rename.from)) {
      const other = unexpected.find((object) => isRenamed(object, old, rename));
      if (other) return { sql: statement(old, other, rename, present), object: keyOf(other.kind, other.name) };
    }
  }
  return undefined;
}

const byKey = ({ objects }: Catalog): ReadonlyMap<string, CatalogObject> =>
  new Map(objects.map((object) => [keyOf(object.kind, object.name), object]));

function isRenamed({ kind, name }: CatalogObject, old: CatalogObject, { to, moves }: Rename): boolean {
  return (
    kind === old.kind &&
    plain(name) === to &&
    argumentsOf(name) === argumentsOf(old.name) &&
    (aboveOf(name) === aboveOf(old.name)) !== moves
  );
}

/** Values of enums and attributes of composite types that only have other names, from `now` to `want`. */
export function renamesWithin(want: Schema, now: Schema): Undo[] {
  return [...now.objects].flatMap(([key, type]) => {
    const wanted = want.objects.get(key);
    return wanted && type.kind === "type" ? namesWithin(wanted, type, now).map((sql): Undo => ({ sql, object: key })) : [];
  });
}

interface Attribute {
  readonly name: string;
  readonly type: string;
}

function namesWithin({ facts: want }: SchemaObject, { facts: now, extra: { ref } }: SchemaObject, { objects }: Schema): string[] {
  const [labels, names] = [listOf(now["labels"]), listOf<Attribute>(now["attributes"])];
  const [oldLabels, oldNames] = [listOf(want["labels"]), listOf<Attribute>(want["attributes"])];
  // Through to the tables of this type.
  const cascade = [...objects.values()].some(({ kind, facts }) => kind === "typing" && facts["of"] === ref) ? " CASCADE" : "";
  const sameTypes = names.every(({ type }, i) => type === oldNames[i]?.type);
  return [
    ...changedNames(labels, oldLabels).map(([is, was]) => `ALTER TYPE ${ref} RENAME VALUE ${text(is)} TO ${text(was)}`),
    ...(sameTypes ? changedNames(names.map(nameOf), oldNames.map(nameOf)) : []).map(
      ([is, was]) => `ALTER TYPE ${ref} RENAME ATTRIBUTE ${is} TO ${was}${cascade}`,
    ),
  ];
}

const nameOf = ({ name }: Attribute): string => name;

/** By their places, where there are as many as before. */
function changedNames(now: readonly string[], want: readonly string[]): [is: string, was: string][] {
  if (now.length !== want.length) return [];
  return now.flatMap((is, i): [string, string][] => {
    const was = want[i] ?? is;
    return is === was || want.includes(is) || now.includes(was) ? [] : [[is, was]];
  });
}

const argumentsOf = (name: string): string => /\([^]*$/.exec(lastOf(name))?.[0] ?? "";
const withoutArguments = (name: string): string => lastOf(name).replace(/(?:\(| using )[^]*$/, "");
const plain = (name: string): string => bareOf(withoutArguments(name));

function statement(want: CatalogObject, now: CatalogObject, { moves }: Rename, present: ReadonlyMap<string, CatalogObject>): string {
  const { kind, name } = now;
  const to = withoutArguments(want.name);
  const parent = now.parent ?? aboveOf(name);
  if (moves) return `ALTER ${wordOf(kind)} ${name} SET SCHEMA ${aboveOf(want.name)}`;
  if (kind === "column") return `ALTER ${tableWord(parent, present)} ${parent} RENAME COLUMN ${lastOf(name)} TO ${to}`;
  if (kind === "constraint") return `ALTER ${tableWord(parent, present)} ${parent} RENAME CONSTRAINT ${lastOf(name)} TO ${to}`;
  if (kind === "trigger" || kind === "policy" || kind === "rule")
    return `ALTER ${kind.toUpperCase()} ${lastOf(name)} ON ${parent} RENAME TO ${to}`;
  return `ALTER ${wordOf(kind)} ${name} RENAME TO ${to}`;
}

function wordOf(kind: CatalogKind): string {
  if (kind === "function" || kind === "aggregate") return "ROUTINE";
  return kind === "foreign server" ? "SERVER" : kind.toUpperCase();
}

/** What a column or a constraint lies in. */
function tableWord(parent: string, present: ReadonlyMap<string, CatalogObject>): string {
  const kinds = ["table", "view", "materialized view", "foreign table", "domain"] as const;
  return (kinds.find((kind) => present.has(keyOf(kind, parent))) ?? "table").toUpperCase();
}

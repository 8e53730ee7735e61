/**
 * The schema that a tool's declarations and the migrations written by hand make together: what is declared, as it is
 * declared; what is not declared any more, gone; what never was, as it is. Pure: two schemas in, one out.
 */
import { canonicalText } from "../../core/catalog-canonical.ts";
import { differs, type Key, keyOf, type Schema, type SchemaObject } from "../diff/schema.ts";
import { merged } from "./merged.ts";

export interface Target {
  readonly schema: Schema;
  /** What could be declared, is not, and stays all the same. */
  readonly kept: readonly SchemaObject[];
  /** What stays, and needs what goes. */
  readonly blocked: readonly Blocked[];
}

export interface Blocked {
  readonly object: SchemaObject;
  readonly needs: SchemaObject;
}

/**
 * `files` is what the migrations make; `declared` what the tool's SQL makes among what no tool declares; `stays` says of
 * an object that could be declared and is not whether it stays.
 */
export function targetOf(files: Schema, declared: Schema, stays: (object: SchemaObject) => boolean): Target {
  const objects = new Map<Key, SchemaObject>();
  for (const [key, object] of declared.objects) {
    const here = files.objects.get(key);
    if (here) objects.set(key, merged(here, object));
    else if (!isSaidByConstraint(object, files, stays)) objects.set(key, object);
  }
  const gone: SchemaObject[] = [];
  for (const [key, object] of files.objects) {
    if (objects.has(key)) continue;
    if (isToGo(object, files, declared, stays)) gone.push(object);
    else objects.set(key, object);
  }
  dropTaken(objects, files);
  restoreNeeded(objects, files, gone);
  const { version, casts } = files;
  const kept = [...objects].filter(([key, object]) => !declared.objects.has(key) && isDeclarable(object)).map(([, object]) => object);
  return { schema: { version, casts, objects }, kept, blocked: blockedIn(objects, files) };
}

function isToGo(object: SchemaObject, files: Schema, declared: Schema, stays: (object: SchemaObject) => boolean): boolean {
  // Whose a declared sequence is goes with it: an identity's is nobody's to say.
  if (object.kind === "ownership" && declared.objects.has(keyOf("sequence", object.name))) return true;
  const column = ownerOf(object, files);
  if (column && declared.objects.has(keyOf("column", column.name))) return true;
  return isDeclarable(object) && !stays(object);
}

/** A unique constraint that stays needs no index that says the same; Prisma declares one. */
function isSaidByConstraint(object: SchemaObject, files: Schema, stays: (object: SchemaObject) => boolean): boolean {
  const columns =
    object.kind === "index" ? /^CREATE UNIQUE .* USING btree (\(.*\))$/.exec(String(object.facts["definition"]))?.[1] : undefined;
  if (columns === undefined) return false;
  return [...files.objects.values()].some(
    (other) =>
      other.kind === "constraint" &&
      other.extra["table"] === object.extra["table"] &&
      other.facts["definition"] === `UNIQUE ${columns}` &&
      stays(other),
  );
}

/** What goes with something that is not there any more: the trigger of a dropped table. */
function dropTaken(objects: Map<Key, SchemaObject>, files: Schema): void {
  const isGone = (key: Key): boolean => files.objects.has(key) && !objects.has(key);
  for (let found = true; found; ) {
    found = false;
    for (const [key, { takers }] of objects) {
      if (!files.objects.has(key) || ![...takers].some(isGone)) continue;
      objects.delete(key);
      found = true;
    }
  }
}

/** An enum or a sequence that something else is still of stays, and all that belongs to it. */
function restoreNeeded(objects: Map<Key, SchemaObject>, files: Schema, gone: readonly SchemaObject[]): void {
  const loose = gone
    .filter((object) => object.kind === "sequence" || isEnum(object))
    .map((object) => [keyOf(object.kind, object.name), object] as const);
  for (let found = true; found; ) {
    const needed = new Set([...objects.values()].flatMap(({ needs }) => [...needs]));
    const missed = loose.filter(([key]) => needed.has(key) && !objects.has(key));
    for (const [key, object] of missed) {
      objects.set(key, object);
      for (const [other, one] of files.objects) if (one.takers.has(key) && !objects.has(other)) objects.set(other, one);
    }
    found = missed.length > 0;
  }
}

function blockedIn(objects: ReadonlyMap<Key, SchemaObject>, files: Schema): Blocked[] {
  return [...objects.values()].flatMap((object) => {
    const gone = [...object.needs].find((need) => !objects.has(need) && files.objects.has(need));
    return gone === undefined ? [] : [{ object, needs: files.objects.get(gone) as SchemaObject }];
  });
}

const wholes = new Set<string>(["table", "view", "materialized view", "sequence"]);
const parts = new Set<string>(["column", "default", "constraint", "index", "policy"]);

export const isEnum = ({ kind, facts }: SchemaObject): boolean => kind === "type" && facts["form"] === "enum";
/** Of the kinds that tools declare, and no part of another object. */
export const isDeclarableWhole = (object: SchemaObject): boolean => wholes.has(object.kind) || isEnum(object);
export const isDeclarable = (object: SchemaObject): boolean =>
  isDeclarableWhole(object) || (parts.has(object.kind) && object.extra["keyword"] !== "DOMAIN");

/** The table that an object is a part of; itself where it is no part. */
export function rootOf(object: SchemaObject, { objects }: Schema): SchemaObject {
  let at = object;
  for (let host = objects.get(at.host ?? ""); host; host = objects.get(at.host ?? "")) at = host;
  return at;
}

/** The column whose sequence it is. */
export function ownerOf({ kind, name, host }: SchemaObject, { objects }: Schema): SchemaObject | undefined {
  if (kind !== "sequence") return undefined;
  const column = objects.get(keyOf("ownership", name))?.facts["column"];
  return typeof column === "string" ? objects.get(keyOf("column", canonicalText(column))) : objects.get(host ?? "");
}

/** What one schema has and the other has not, or has otherwise. */
export function keysThatDiffer(a: Schema, b: Schema): Key[] {
  const keys = new Set([...a.objects.keys(), ...b.objects.keys()]);
  return [...keys].filter((key) => {
    const [one, other] = [a.objects.get(key), b.objects.get(key)];
    return !one || !other || differs(one, other);
  });
}

/**
 * What happens to each object between two schemas. What PostgreSQL cannot change in place is dropped and made again,
 * and with it everything that depends on it; a type that columns are of is swapped for a new one under its name.
 */
import type { Around } from "./ddl.ts";
import { differs, type Key, keyOf, type Schema, type SchemaObject } from "./schema.ts";
import { writers } from "./writers.ts";

/**
 * `swap`: renamed out of the way, made anew, dropped when no column is of it any more; `replace`: the same for a type
 * whose name an object of another kind takes over.
 */
export type Fate = "keep" | "drop" | "create" | "alter" | "recreate" | "swap" | "replace";

export interface Fates {
  readonly around: Around;
  of(key: Key): Fate;
}

/** What columns are of. */
export const typeLike: ReadonlySet<string> = new Set<string>(["type", "domain", "collation"]);
/** What goes on needing the same whatever changes in place: how it is switched, checked or stored. */
const attached = new Set<string>([
  "constraint",
  "index",
  "statistics",
  "trigger",
  "rule",
  "materialized view",
  "event trigger",
  "grant",
  "partition",
]);
/** What PostgreSQL refuses to carry through a change of a column's type. */
const blockers = new Set<string>([
  "view",
  "materialized view",
  "rule",
  "policy",
  "trigger",
  "function",
  "publication member",
  "column",
  "default",
  // Of its partition key.
  "table",
]);

/** Not there any more as it was. */
export function goes(fate: Fate): boolean {
  return fate === "drop" || fate === "recreate" || fate === "swap" || fate === "replace";
}

export interface Decisions {
  /** Enums get new values by being made anew. */
  readonly swapEnums: boolean;
  /** What runs in a circle otherwise: what could be changed in place is made anew, and a type is away until the end. */
  readonly opened: ReadonlySet<Key>;
}

export function decide(from: Schema, to: Schema, decisions: Decisions): Fates {
  return new Decision(from, to, decisions);
}

class Decision implements Fates {
  readonly #from: Schema;
  readonly #to: Schema;
  readonly #decisions: Decisions;
  readonly #fates = new Map<Key, Fate>();
  readonly #retyped = new Set<Key>();
  readonly #dependents: ReadonlyMap<Key, readonly SchemaObject[]>;
  readonly around: Around;

  constructor(from: Schema, to: Schema, decisions: Decisions) {
    this.#decisions = decisions;
    this.#from = from;
    this.#to = to;
    this.around = {
      from,
      to,
      isMade: (key) => ["create", "recreate", "swap"].includes(this.of(key ?? "")),
      isDropped: (key) => ["drop", "recreate"].includes(this.of(key ?? "")),
      isRetyped: (key) => this.#retyped.has(key),
      isChanged: (key) => ["create", "recreate", "swap", "alter"].includes(this.of(key ?? "")),
    };
    this.#dependents = dependentsIn(from);
    for (const [key, object] of from.objects) this.#fates.set(key, this.#first(object, to.objects.get(key)));
    for (const key of to.objects.keys()) if (!from.objects.has(key)) this.#fates.set(key, "create");
    this.#spread([...this.#fates.keys()]);
    this.#followParents();
    for (const key of decisions.opened) this.#putAway(key);
    this.#followTypes();
  }

  of(key: Key): Fate {
    return this.#fates.get(key) ?? "keep";
  }

  #first(object: SchemaObject, wanted: SchemaObject | undefined): Fate {
    if (!wanted) return "drop";
    if (object.kind === "domain" && this.#getsCheck(object) && this.#isWithinColumns(object)) return "recreate";
    if (!differs(object, wanted)) return "keep";
    if (this.#decisions.opened.has(keyOf(object.kind, object.name))) return "recreate";
    if (this.#decisions.swapEnums && object.facts["form"] === "enum") return "recreate";
    // The grants on columns are gone when a privilege on the table is taken back: they are given again.
    if (object.kind === "grant" && this.#dependents.has(keyOf("grant", object.name))) return "recreate";
    return writers[object.kind].alter?.(object, wanted, this.around) === undefined ? "recreate" : "alter";
  }

  #getsCheck({ name }: SchemaObject): boolean {
    return [...this.#to.objects].some(([key, object]) => {
      const before = this.#from.objects.get(key);
      return object.kind === "constraint" && object.host === keyOf("domain", name) && (!before || differs(before, object));
    });
  }

  /** PostgreSQL checks no values that are parts of others. */
  #isWithinColumns({ kind, name }: SchemaObject): boolean {
    return (this.#dependents.get(keyOf(kind, name)) ?? []).some(
      (whole) => whole.kind === "type" && (this.#hasColumns(whole) || this.#isWithinColumns(whole)),
    );
  }

  #hasColumns({ kind, name }: SchemaObject): boolean {
    return this.#dependents.get(keyOf(kind, name))?.some((object) => object.kind === "column") === true;
  }

  /** Follows what these objects' fates mean for others, to the end. */
  #spread(start: readonly Key[]): void {
    const queue = [...start];
    for (let key = queue.shift(); key !== undefined; key = queue.shift()) {
      const fate = this.of(key);
      const gone = goes(fate);
      if (!gone && !this.#isRetyped(key)) continue;
      for (const object of this.#dependents.get(key) ?? []) {
        if (gone ? this.#losesGround(object, key) : this.#blocks(object, key)) queue.push(keyOf(object.kind, object.name));
      }
    }
  }

  #isRetyped(key: Key): boolean {
    if (this.#retyped.has(key)) return true;
    const [before, after] = [this.#from.objects.get(key), this.#to.objects.get(key)];
    if (before?.kind !== "column" || !after || this.of(key) !== "alter") return false;
    return differs(before, after, "type") || differs(before, after, "collation");
  }

  /** `object` depends on what goes. True where that changed its fate. */
  #losesGround(object: SchemaObject, lost: Key): boolean {
    const key = keyOf(object.kind, object.name);
    const fate = this.of(key);
    if (goes(fate)) return false;
    const comesBack = !["drop", "replace"].includes(this.of(lost)) || this.#hasNamesake(lost);
    // Its own change takes it off what goes.
    if (fate === "alter" && !comesBack && !attached.has(object.kind)) return false;
    // So does the end of the ownership.
    if (
      object.kind === "sequence" &&
      !object.needs.has(lost) &&
      this.of(keyOf("ownership", object.name)) !== "keep" &&
      this.of(lost) === "drop"
    )
      return false;
    if (object.kind === "column" && typeLike.has(this.#from.objects.get(lost)?.kind ?? "") && !object.expression.has(lost)) {
      return this.#retype(key, lost);
    }
    this.#fates.set(key, "recreate");
    return true;
  }

  #retype(column: Key, type: Key): boolean {
    this.#putAway(type);
    if (this.#retyped.has(column)) return false;
    this.#retyped.add(column);
    this.#fates.set(column, "alter");
    return true;
  }

  #putAway(type: Key): void {
    if (!typeLike.has(this.#from.objects.get(type)?.kind ?? "")) return;
    if (this.of(type) === "recreate") this.#fates.set(type, "swap");
    if (this.of(type) === "drop") this.#fates.set(type, "replace");
  }

  /** A type that is kept until the end keeps the types that it is made of. */
  #followTypes(): void {
    const queue = [...this.#fates].flatMap(([key, fate]) => (fate === "swap" || fate === "replace" ? [key] : []));
    for (let key = queue.shift(); key !== undefined; key = queue.shift()) {
      for (const need of this.#from.objects.get(key)?.needs ?? []) {
        if (this.of(need) !== "recreate" || !typeLike.has(this.#from.objects.get(need)?.kind ?? "")) continue;
        this.#fates.set(need, "swap");
        queue.push(need);
      }
    }
  }

  /** Another kind of object takes over the name. */
  #hasNamesake(lost: Key): boolean {
    const name = this.#from.objects.get(lost)?.name ?? "";
    return (["table", "view", "materialized view", "foreign table", "type", "domain", "function", "aggregate"] as const).some(
      (kind) => keyOf(kind, name) !== lost && this.of(keyOf(kind, name)) === "create" && this.#to.objects.has(keyOf(kind, name)),
    );
  }

  /** `object` depends on a column whose type changes. True where that changed its fate. */
  #blocks(object: SchemaObject, column: Key): boolean {
    const key = keyOf(object.kind, object.name);
    const fate = this.of(key);
    if (fate !== "keep" && fate !== "alter") return false;
    const foreign = object.kind === "constraint" && object.extra["type"] === "f";
    if (!foreign && !blockers.has(object.kind)) return false;
    if (object.kind === "column" && !object.expression.has(column)) return false;
    this.#fates.set(key, "recreate");
    return true;
  }

  /** A partition's indexes and constraints go with its table's, unless it is detached. */
  #followParents(): void {
    for (let found = true; found; ) {
      found = false;
      for (const [key, object] of this.#from.objects) {
        if (object.kind === "column" || !followsNow(object, this) || !this.around.isDropped(object.follows)) continue;
        if (!["keep", "alter"].includes(this.of(key))) continue;
        this.#fates.set(key, "recreate");
        this.#spread([key]);
        found = true;
      }
    }
  }
}

/** True while its table stays a partition or a child. */
export function followsNow(object: SchemaObject, fates: Fates): boolean {
  if (object.follows === undefined) return false;
  const pieces = tiesOf(fates.around.from).get(object.extra["table"]) ?? [];
  return pieces.length > 0 && pieces.every((piece) => !fates.around.isDropped(piece));
}

const ties = new WeakMap<Schema, ReadonlyMap<unknown, readonly Key[]>>();

/** By table, what makes it a partition or a child. */
function tiesOf(schema: Schema): ReadonlyMap<unknown, readonly Key[]> {
  const known = ties.get(schema);
  if (known) return known;
  const pieces = [...schema.objects].filter(([, { kind }]) => kind === "partition" || kind === "inheritance");
  const grouped = Map.groupBy(pieces, ([, { extra }]) => extra["table"] as unknown);
  const found = new Map([...grouped].map(([table, list]) => [table, list.map(([key]) => key)]));
  ties.set(schema, found);
  return found;
}

function dependentsIn(schema: Schema): ReadonlyMap<Key, readonly SchemaObject[]> {
  const found = new Map<Key, SchemaObject[]>();
  for (const object of schema.objects.values()) {
    for (const need of new Set([...object.needs, ...object.takers])) {
      const list = found.get(need);
      if (list) list.push(object);
      else found.set(need, [object]);
    }
  }
  return found;
}

/** Fates as steps with an order: what is dropped, renamed away, made, changed, and what waits for what. */
import { canonicalText } from "../../core/catalog-canonical.ts";
import { type Fates, followsNow, goes } from "./fates.ts";
import { lastName, namable, slotsOf } from "./names.ts";
import type { Node } from "./order.ts";
import { type Key, keyOf, type Schema, type SchemaObject } from "./schema.ts";
import { rankOf } from "./writers.ts";

/** `drop` takes away or, for a swapped type, renames; `make` creates or alters; `finish` is what can only be done last. */
export type Phase = "drop" | "make" | "finish";

export interface Step extends Node {
  readonly phase: Phase;
  readonly key: Key;
  readonly object: SchemaObject;
  readonly after: Set<string>;
  readonly rather: Set<string>;
  /** The step that does this one's work: the table that is made with its columns, or takes its indexes along. */
  readonly within: string | undefined;
}

const idOf = (phase: Phase, key: Key): string => `${phase} ${key}`;

/** `apart` are steps that must not be done within others. */
export function stepsOf(fates: Fates, apart: ReadonlySet<string>): Step[] {
  const builder = new Builder(fates, apart);
  builder.build();
  return [...builder.steps.values()];
}

class Builder {
  readonly steps = new Map<string, Step>();
  readonly #fates: Fates;
  readonly #from: Schema;
  readonly #to: Schema;
  readonly #apart: ReadonlySet<string>;

  constructor(fates: Fates, apart: ReadonlySet<string>) {
    this.#fates = fates;
    this.#from = fates.around.from;
    this.#to = fates.around.to;
    this.#apart = apart;
  }

  build(): void {
    for (const [key, object] of this.#from.objects) {
      // An index ceases to be a part of another one by what happens to the two, or to their tables.
      if (this.#drops(key) && object.kind !== "index attachment") this.#add("drop", key, object, this.#droppedWithin(key, object));
      if (this.#isAway(key) || (object.kind === "operator family" && !this.#drops(key))) this.#add("finish", key, object, undefined);
    }
    for (const [key, object] of this.#to.objects) {
      if (this.#fates.around.isChanged(key)) this.#add("make", key, object, this.#madeWithin(key, object));
      if (object.kind === "operator family" && !this.steps.has(idOf("finish", key))) this.#add("finish", key, object, undefined);
    }
    for (const step of this.steps.values()) this.#order(step);
    this.#orderSlots();
    this.#orderPartitions();
    this.#orderBodies();
    this.#orderDefaultPrivileges();
  }

  #add(phase: Phase, key: Key, object: SchemaObject, within: string | undefined): void {
    const id = idOf(phase, key);
    const rank = rankOf(object.kind);
    const late = object.kind === "constraint" && object.extra["type"] === "f" ? rankOf("materialized view") + 0.5 : rank;
    // Drops go first, from the top of the house to its foundations.
    const order = phase === "drop" ? -late : phase === "finish" ? rank + 0.5 : late;
    this.steps.set(id, { id, phase, key, object, within, rank: [order, object.name], after: new Set(), rather: new Set() });
  }

  /** Dropped, dropped and made again, or renamed out of the way. */
  #drops(key: Key): boolean {
    return goes(this.#fates.of(key));
  }

  /** Renamed, to be dropped at the end. */
  #isAway(key: Key): boolean {
    return ["swap", "replace"].includes(this.#fates.of(key));
  }

  /** What goes by itself with what it belongs to. */
  #droppedWithin(key: Key, object: SchemaObject): string | undefined {
    if (this.#apart.has(idOf("drop", key)) || this.#isLeftToPartitions(object)) return undefined;
    const follows = followsNow(object, this.#fates) && this.#fates.around.isDropped(object.follows) ? [object.follows as Key] : [];
    const takers = [...follows, ...(object.host === undefined ? [] : [object.host]), ...object.takers];
    // What a partition has from its table it loses when it is detached, which is before it is dropped.
    const detached = takers.filter((each) => each.startsWith("partition "));
    const taker = [...detached, ...takers].find((each) => this.#takes(each, object));
    return taker === undefined ? undefined : idOf("drop", taker);
  }

  /** A foreign key of a partitioned table stays with the partitions that are detached, unless it goes before. */
  #isLeftToPartitions({ kind, extra }: SchemaObject): boolean {
    if (kind !== "constraint" || extra["type"] !== "f" || extra["partitioned"] !== true) return false;
    const table = canonicalText(String(extra["table"]));
    return [...this.#from.objects].some(
      ([key, object]) => object.kind === "partition" && this.#drops(key) && this.#ancestors(object.extra["parent"]).includes(table),
    );
  }

  #takes(taker: Key, { kind, extra }: SchemaObject): boolean {
    // A partition of a table that foreign keys refer to cannot be dropped as long as it is one.
    if (kind === "partition" && this.#ancestors(extra["parent"]).some((table) => this.#referred().has(table))) return false;
    if (this.#isAway(taker)) return kind === "comment" || kind === "grant";
    return this.#fates.around.isDropped(taker);
  }

  /** What is written inside of what it belongs to. */
  #madeWithin(key: Key, object: SchemaObject): string | undefined {
    const { host, kind, extra, facts } = object;
    if (kind === "column" && extra["inherited"] === "only" && !this.#fates.around.isMade(host)) return this.#madeByParent(key, object);
    if (host === undefined || this.#apart.has(idOf("make", key)) || !this.#fates.around.isMade(host)) return undefined;
    const hosts = this.#to.objects.get(host)?.kind;
    const inTable = hosts === "table" || hosts === "foreign table";
    const isPart =
      ((kind === "column" || kind === "inheritance" || kind === "typing" || kind === "toast options") && inTable) ||
      (kind === "default" && hosts === "column") ||
      (kind === "sequence" && facts["identity"] === true) ||
      (kind === "constraint" && inTable && this.#isInline(object));
    return isPart ? idOf("make", host) : undefined;
  }

  /** A column of a parent comes, and changes, in its children too. */
  #madeByParent(key: Key, object: SchemaObject): string | undefined {
    const { follows } = object;
    if (follows === undefined || this.#apart.has(idOf("make", key)) || !this.#fates.around.isMade(key)) return undefined;
    const attached = !this.#fates.around.isMade(keyOf("partition", String(object.extra["table"])));
    return attached && this.#fates.around.isMade(follows) ? idOf("make", follows) : undefined;
  }

  /** A foreign key to a partitioned table needs the indexes of all partitions; NOT VALID means nothing in CREATE TABLE. */
  #isInline({ facts, needs, extra }: SchemaObject): boolean {
    if (String(facts["definition"]).endsWith(" NOT VALID")) return false;
    if (extra["type"] !== "f") return true;
    return ![...needs].some((need) => this.#to.objects.get(need)?.facts["partitionKey"] !== undefined);
  }

  /** The table and those that it is a partition of. */
  #ancestors(table: unknown): readonly string[] {
    const name = canonicalText(String(table));
    const above = this.#from.objects.get(keyOf("partition", name))?.extra["parent"];
    return above === undefined ? [name] : [name, ...this.#ancestors(above)];
  }

  #known: ReadonlyMap<string, readonly Key[]> | undefined;

  /** Tables that foreign keys refer to, with these. */
  #referred(): ReadonlyMap<string, readonly Key[]> {
    if (this.#known) return this.#known;
    const found = new Map<string, Key[]>();
    for (const [key, { kind, extra, needs }] of this.#from.objects) {
      if (kind !== "constraint" || extra["type"] !== "f") continue;
      for (const need of needs) {
        const target = this.#from.objects.get(need);
        const table = canonicalText(String(target?.extra["table"]));
        if (target?.extra["index"] !== undefined) found.set(table, [...(found.get(table) ?? []), key]);
      }
    }
    return (this.#known = found);
  }

  #wait(id: string, other: string, how: "after" | "rather" = "after"): void {
    if (this.steps.has(other)) this.steps.get(id)?.[how].add(other);
  }

  #order(step: Step): void {
    if (step.phase === "drop") this.#orderDrop(step);
    else if (step.phase === "make") this.#orderMake(step);
    else this.#orderFinish(step);
  }

  /** Before what it depends on is dropped, or changed. */
  #orderDrop({ id, key, object }: Step): void {
    for (const need of new Set([...object.needs, ...object.takers])) {
      this.#wait(idOf("drop", need), id);
      if (!this.#fates.around.isMade(need)) this.#wait(idOf("make", need), id);
      if (this.#isAway(need)) this.#wait(idOf("finish", need), id);
      else if (this.#isAway(key)) this.#wait(idOf("drop", need), idOf("finish", key));
    }
    this.#wait(idOf("make", key), id);
    if (object.kind === "partition") this.#orderDetach(id, object);
    // A sequence goes before an identity of its column makes one of the same name.
    if (object.kind === "sequence" && object.facts["identity"] !== true) {
      for (const taker of object.takers) if (!this.#fates.around.isMade(taker)) this.#wait(idOf("make", taker), id);
    }
  }

  /** Foreign keys to the table, and of it, go before one of its partitions does. */
  #orderDetach(id: string, { extra }: SchemaObject): void {
    const above = this.#ancestors(extra["parent"]);
    const own = [...this.#from.objects].filter(
      ([, object]) => isForeignKey(object) && above.includes(canonicalText(String(object.extra["table"]))),
    );
    for (const key of [...above.flatMap((table) => this.#referred().get(table) ?? []), ...own.map(([key]) => key)]) {
      this.#wait(id, idOf("drop", key));
    }
  }

  #orderMake({ id, key, object }: Step): void {
    for (const need of object.needs) {
      this.#wait(id, idOf("make", need));
      for (const check of this.#checks(need)) this.#wait(id, idOf("make", check), "rather");
    }
    if (this.#fates.of(key) === "alter") this.#orderAlter(id, this.#from.objects.get(key) as SchemaObject);
    if (object.kind === "column" || object.kind === "default") this.#orderInherited(id, object);
    const column = object.kind === "sequence" && object.facts["identity"] === true ? object.host : undefined;
    const before = this.#from.objects.get(key);
    const left = before?.kind === "sequence" && before.facts["identity"] === true ? before.host : undefined;
    for (const host of [column, left]) if (host !== undefined && this.#fates.of(host) === "alter") this.#wait(id, idOf("make", host));
  }

  /** The constraints of a domain, and of those in a type: where columns have it within other types, PostgreSQL adds none. */
  #checks(need: Key): readonly Key[] {
    if (need.startsWith("type ")) return [...(this.#to.objects.get(need)?.needs ?? [])].flatMap((part) => this.#checks(part));
    if (!need.startsWith("domain ")) return [];
    return [...this.#to.objects].flatMap(([key, { kind, host }]) => (kind === "constraint" && host === need ? [key] : []));
  }

  /** Changed before what it no longer needs is dropped. */
  #orderAlter(id: string, before: SchemaObject): void {
    for (const need of before.needs) {
      if (this.#fates.of(need) === "drop") this.#wait(idOf("drop", need), id);
      if (this.#isAway(need)) this.#wait(idOf("finish", need), id);
    }
  }

  /** Parents change before their children, but have a column later where the child has it by itself too. */
  #orderInherited(id: string, object: SchemaObject): void {
    const parent = object.kind === "default" ? this.#to.objects.get(keyOf("column", object.name))?.follows : object.follows;
    if (parent === undefined) return;
    const [mine, theirs] = [id, idOf("make", object.kind === "default" ? keyOf("default", parent.slice("column ".length)) : parent)];
    if (object.kind === "column" && object.extra["inherited"] === "too" && this.#fates.around.isMade(parent))
      this.#wait(theirs, mine, "rather");
    else this.#wait(mine, theirs, "rather");
  }

  /** The old type goes when nothing is of it any more; the loose members of a family come when its classes are there. */
  #orderFinish({ id, key, object }: Step): void {
    for (const { kind, name, facts, needs } of [...this.#from.objects.values(), ...this.#to.objects.values()]) {
      const other = keyOf(kind, name);
      const ofFamily = object.kind === "operator family" && kind === "operator class" && facts["family"] === object.extra["name"];
      if (ofFamily) for (const phase of ["drop", "make"] as const) this.#wait(id, idOf(phase, other));
      else if (object.kind !== "operator family" && needs.has(key)) {
        this.#wait(id, idOf(this.#isAway(other) ? "finish" : "make", other));
      }
    }
    this.#wait(id, idOf("make", key));
  }

  /** What has a name that another one takes over goes before. */
  #orderSlots(): void {
    const dropped = new Map<string, string[]>();
    for (const { id, phase, object } of this.steps.values()) {
      if (phase === "drop") for (const slot of slotsOf(object)) dropped.set(slot, [...(dropped.get(slot) ?? []), id]);
    }
    for (const { id, phase, key, object } of this.steps.values()) {
      if (phase !== "make" || !this.#fates.around.isMade(key)) continue;
      for (const slot of slotsOf(object)) for (const other of dropped.get(slot) ?? []) this.#wait(id, other);
    }
  }

  /** A partition is attached, a child tied to its parent, when all of it is there and detached before any of it changes. */
  #orderPartitions(): void {
    const pieces = this.#pieces();
    const below = this.#piecesBelow();
    for (const { id, phase, key, object } of this.steps.values()) {
      const table = canonicalText(String(object.extra["table"] ?? ""));
      const isPart = object.kind === "column" || object.kind === "index" || (object.kind === "constraint" && object.extra["type"] !== "f");
      for (const piece of isPart ? (pieces.get(table) ?? []) : []) {
        // What is written with its table has no say in what comes after that.
        const apart = this.steps.get(idOf("make", piece))?.within === undefined;
        const given = object.extra["inherited"] === "only" && piece.startsWith("inheritance ") && !this.#from.objects.has(key);
        if (phase === "make" && apart && !given) this.#wait(idOf("make", piece), id);
        this.#wait(id, idOf("drop", piece));
      }
      // What changes in a table changes in those that are below it at that time, and what is attached must fit it.
      const fits = phase === "make" && (object.kind === "column" || object.extra["type"] === "c");
      for (const piece of isPart ? (below.get(table) ?? []) : []) {
        this.#wait(id, idOf("drop", piece));
        if (fits && this.#comesDown(object, table, piece)) this.#wait(id, idOf("make", piece), "rather");
        else if (fits) this.#wait(idOf("make", piece), id, "rather");
      }
      if (phase === "make" && object.kind === "constraint" && object.extra["type"] === "f") this.#orderForeignKey(id, object);
      if (phase === "make" && object.kind === "index" && object.extra["partitioned"] === true) this.#orderOnly(id, object);
    }
  }

  /** What a child that is there shall have from its parent alone comes when it is tied to it. */
  #comesDown({ kind, name }: SchemaObject, table: string, piece: Key): boolean {
    if (this.steps.get(idOf("make", piece))?.within !== undefined) return false;
    const tie = this.#to.objects.get(piece);
    const key = keyOf(kind, canonicalText(String(tie?.extra["table"])) + name.slice(table.length));
    return tie?.kind === "inheritance" && !this.#from.objects.has(key) && this.#to.objects.get(key)?.extra["inherited"] === "only";
  }

  /** An index ON ONLY its table would be made on a partition that is attached later, where it is none. */
  #orderOnly(id: string, { extra }: SchemaObject): void {
    const attachments = [...this.#to.objects.values()].filter(
      ({ kind, facts }) => kind === "index attachment" && facts["parent"] === extra["ref"],
    );
    const tables = new Set(attachments.map((attachment) => attachment.extra["table"]));
    for (const { id: other, phase, object } of this.steps.values()) {
      const isPartition = phase === "make" && object.kind === "partition" && object.extra["parent"] === extra["table"];
      if (isPartition && !tables.has(object.extra["table"])) this.#wait(id, other);
    }
  }

  /** What makes tables partitions or children and changes, by table. */
  #pieces(): ReadonlyMap<string, readonly Key[]> {
    const found = [...this.steps.values()].filter(({ object: { kind } }) => pieces.has(kind));
    const grouped = Map.groupBy(found, ({ object: { extra } }) => canonicalText(String(extra["table"])));
    return new Map([...grouped].map(([table, steps]) => [table, [...new Set(steps.map(({ key }) => key))]]));
  }

  /** The pieces that tie tables below a table to it. */
  #piecesBelow(): ReadonlyMap<string, readonly Key[]> {
    const found = new Map<string, Key[]>();
    for (const {
      key,
      object: { kind, extra },
    } of this.steps.values()) {
      if (kind !== "partition" && kind !== "inheritance") continue;
      for (const table of this.#ancestors(extra["parent"])) found.set(table, [...(found.get(table) ?? []), key]);
    }
    return found;
  }

  #orderForeignKey(id: string, object: SchemaObject): void {
    const indexes = [...object.needs].map((need) => this.#to.objects.get(need)?.extra["index"]).filter((name) => name !== undefined);
    for (const {
      id: other,
      phase,
      object: { kind, facts },
    } of this.steps.values()) {
      if (phase === "make" && kind === "index attachment" && indexes.includes(facts["parent"])) this.#wait(id, other);
    }
  }

  /** Default privileges change last: until then what is made is born with those of before. */
  #orderDefaultPrivileges(): void {
    const all = [...this.steps.values()];
    const made = all.filter(({ phase, object: { kind } }) => phase === "make" && kind !== "default privilege");
    for (const { object, after } of all) if (object.kind === "default privilege") for (const { id } of made) after.add(id);
  }

  /** A function's body is a text that says what it needs to nobody: what it names had better be there. */
  #orderBodies(): void {
    const byName = new Map<string, string[]>();
    for (const { id, phase, key, object } of this.steps.values()) {
      if (phase !== "make" || !this.#fates.around.isMade(key) || !namable.has(object.kind)) continue;
      const name = lastName(object.name);
      byName.set(name, [...(byName.get(name) ?? []), id]);
    }
    for (const { id, phase, object } of this.steps.values()) {
      const body = object.kind === "function" && phase === "make" ? object.extra["body"] : undefined;
      if (typeof body !== "string") continue;
      for (const word of new Set(body.match(/[\p{L}_][\p{L}\p{N}_$]*/gu) ?? [])) {
        for (const other of byName.get(word) ?? []) if (other !== id) this.#wait(id, other, "rather");
      }
    }
  }
}

const isForeignKey = ({ kind, extra }: SchemaObject): boolean => kind === "constraint" && extra["type"] === "f";
const pieces = new Set<string>(["partition", "inheritance", "typing", "toast options"]);

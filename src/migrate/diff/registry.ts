/** Objects by their addresses in the system catalogs, while a schema is read: dependencies between oids become dependencies between names. */
import { canonicalText } from "../../core/catalog-canonical.ts";
import type { Alias, Dependency } from "./read-dependencies.ts";
import type { Ref } from "./read-sql.ts";
import { type Facts, type Key, keyOf, type ObjectKind, type SchemaObject } from "./schema.ts";

type Address = readonly [className: string, oid: number, sub: number];

export interface Entry {
  readonly kind: ObjectKind;
  readonly name: string;
  readonly facts: Facts;
  readonly extra: Facts;
  readonly target: string;
  readonly address: Address | undefined;
  readonly refs: readonly (Ref | null)[];
  /** Where it is known by name already. */
  readonly host?: Key | undefined;
}

type Draft = { -readonly [K in keyof SchemaObject]: SchemaObject[K] extends ReadonlySet<Key> ? Set<Key> : SchemaObject[K] };

export class Registry {
  readonly #drafts = new Map<Key, Draft>();
  readonly #byAddress = new Map<string, Key>();
  readonly #aliases: ReadonlyMap<string, Address>;
  readonly #entries: [Draft, Entry][] = [];

  constructor(aliases: readonly Alias[]) {
    this.#aliases = new Map(aliases.map(({ class: name, oid, toClass, toOid, toSub }) => [`${name} ${oid} 0`, [toClass, toOid, toSub]]));
  }

  add(entry: Entry): void {
    const { kind, name, facts, extra, target, address } = entry;
    const [needs, takers, expression] = [new Set<Key>(), new Set<Key>(), new Set<Key>()];
    const draft: Draft = { kind, name, facts, extra, target, needs, takers, expression, host: undefined, follows: undefined };
    this.#drafts.set(keyOf(kind, name), draft);
    this.#entries.push([draft, entry]);
    if (address) this.#byAddress.set(address.join(" "), keyOf(kind, name));
  }

  /** Call when every object is added. */
  link(dependencies: readonly Dependency[]): void {
    for (const [draft, entry] of this.#entries) this.#linkRefs(draft, entry);
    for (const dependency of dependencies) this.#linkDependency(dependency);
    for (const draft of Array.from(this.#drafts.values())) this.#linkShell(draft);
    const parents = this.#parents();
    for (const draft of this.#drafts.values()) this.#linkInherited(draft, parents);
    for (const draft of this.#drafts.values()) this.#linkGrant(draft);
    for (const [key, draft] of this.#drafts) for (const set of [draft.needs, draft.takers, draft.expression]) set.delete(key);
  }

  objects(): ReadonlyMap<Key, SchemaObject> {
    return this.#drafts;
  }

  #linkRefs(draft: Draft, { host, refs }: Entry): void {
    const found = refs.flatMap((ref) => {
      const key = ref === null || ref[1] === null ? undefined : this.#resolve([ref[0], ref[1], ref[2]]);
      return key === undefined ? [] : [{ key, takes: ref?.[3] === "a" }];
    });
    if (host !== undefined) found.unshift({ key: host, takes: true });
    for (const { key, takes } of found) {
      if (takes) draft.takers.add(key);
      // A sequence is there before the column that will own it: the ownership is a piece of its own.
      if (isFree(draft)) continue;
      draft.needs.add(key);
      if (takes) draft.host ??= key;
    }
  }

  #linkDependency({ class: name, oid, sub, refClass, refOid, refSub, type }: Dependency): void {
    // The copies of a trigger and of a foreign key that partitions have depend on those: nothing that the original does.
    if ((name === "pg_trigger" || name === "pg_constraint") && this.#aliases.has(`${name} ${oid} 0`)) return;
    // An operator that a class brings into its family makes the family need the operator, not the class.
    if ((name === "pg_amop" || name === "pg_amproc") && /^pg_op(class|family)$/.test(refClass)) return;
    const key = this.#resolve([name, oid, sub]);
    const on = this.#resolve([refClass, refOid, refSub]);
    const draft = this.#drafts.get(key ?? "");
    if (!draft || on === undefined || on === key || isSaidElsewhere(draft, on)) return;
    if (type === "P" && /^(index|constraint) /.test(on)) {
      draft.follows = on;
      return;
    }
    draft.needs.add(on);
    // Of a constraint, only what it is over takes it along; what its index is over besides holds it.
    const held = draft.kind === "constraint" && name === "pg_class" && on.startsWith("column ");
    if (type !== "n" && !held) draft.takers.add(on);
    // The columns of a partition key: the table cannot be without them.
    if (draft.kind === "column" && type === "i" && key !== undefined) this.#drafts.get(on)?.needs.add(key);
    if (draft.kind === "column" && (name === "pg_attrdef" || on.startsWith("column "))) draft.expression.add(on);
  }

  /** A base type and its functions need each other: it is made as a shell first, and dropped with its functions. */
  #linkShell(type: Draft): void {
    if (type.kind !== "type") return;
    const key = keyOf("type", type.name);
    const functions = [...type.needs]
      .map((need) => this.#drafts.get(need))
      .filter((need) => need?.kind === "function" && need.needs.has(key));
    if (functions.length === 0) return;
    const shell = keyOf("shell type", type.name);
    this.add({ kind: "shell type", name: type.name, facts: {}, extra: type.extra, target: "", address: undefined, refs: [] });
    for (const draft of functions as Draft[]) {
      draft.needs.delete(key);
      draft.needs.add(shell);
      draft.takers.add(key);
    }
    this.#drafts.get(shell)?.takers.add(key);
    for (const need of type.needs) if (need.startsWith("schema ")) this.#drafts.get(shell)?.needs.add(need);
    type.needs.add(shell);
  }

  /** What is taken from a role on a table is taken from it on every column: grants on columns come after. */
  #linkGrant({ kind, name, extra, needs }: Draft): void {
    if (kind !== "grant" || extra["acltype"] !== "c") return;
    const table = canonicalText(String(extra["table"]));
    const role = name.slice(name.lastIndexOf(" to "));
    for (const relation of ["table", "view", "materialized view", "foreign table"] as const) {
      const key = keyOf("grant", `${relation} ${table}${role}`);
      if (this.#drafts.has(key)) needs.add(key);
    }
  }

  /** What makes a table a partition or a child, by the table's name. */
  #parents(): ReadonlyMap<string, readonly Draft[]> {
    const pieces = [...this.#drafts.values()].filter(({ kind }) => kind === "partition" || kind === "inheritance");
    return Map.groupBy(pieces, ({ extra }) => canonicalText(String(extra["table"])));
  }

  #linkInherited(draft: Draft, parents: ReadonlyMap<string, readonly Draft[]>): void {
    const { kind, name, extra } = draft;
    if ((kind !== "column" && kind !== "constraint") || extra["inherited"] === undefined || draft.follows !== undefined) return;
    const table = canonicalText(String(extra["table"]));
    const names = (parents.get(table) ?? []).map((piece) => canonicalText(String(piece.extra["parent"])));
    draft.follows = names.map((parent) => keyOf(kind, parent + name.slice(table.length))).find((key) => this.#drafts.has(key));
  }

  /** The object at an address: itself, what it stands for, or the whole that it is a part of. */
  #resolve([name, oid, sub]: Address): Key | undefined {
    if (name === "partition") return this.#partition(oid);
    const known = this.#byAddress.get(`${name} ${oid} ${sub}`);
    if (known !== undefined) return known;
    const alias = this.#aliases.get(`${name} ${oid} 0`);
    if (alias) return this.#resolve(alias);
    return sub === 0 ? undefined : this.#resolve([name, oid, 0]);
  }

  #partition(oid: number): Key | undefined {
    const table = this.#drafts.get(this.#byAddress.get(`pg_class ${oid} 0`) ?? "");
    const key = table && keyOf("partition", table.name);
    return key !== undefined && this.#drafts.has(key) ? key : undefined;
  }
}

const isFree = ({ kind, facts }: Draft): boolean => kind === "sequence" && facts["identity"] !== true;

/** What a piece of its own says: that a table is a partition, a child or of a type, that a column owns a sequence. */
function isSaidElsewhere(draft: Draft, on: Key): boolean {
  if (draft.kind === "table" || draft.kind === "foreign table") return /^(foreign )?table |^type /.test(on);
  return isFree(draft) && on.startsWith("column ");
}

/** Schema diff: what an actual catalog has otherwise than the expected one, object by object. Pure: two values in, a list out. */
import { byKindAndName, type Catalog, type CatalogKind, type CatalogObject } from "./catalog.ts";
import { type Finding, finding } from "./finding.ts";

export interface Difference {
  readonly change: "missing" | "unexpected" | "changed";
  readonly kind: CatalogKind;
  readonly name: string;
  readonly parent?: string;
  readonly parentKind?: CatalogKind;
  /** The definitions; a missing object has only the expected one, an unexpected object only the actual one. */
  readonly expected?: string;
  readonly actual?: string;
  /** How many objects are missing or unexpected only because they belong to this one. 0 for a changed object. */
  readonly children: number;
}

/** Empty exactly when the fingerprints are equal. What belongs to a missing or unexpected object is counted there, not listed. */
export function diffCatalogs(expected: Catalog, actual: Catalog): Difference[] {
  const before = new Family(expected);
  const after = new Family(actual);
  const found = [...onlyIn(before, after, "missing"), ...onlyIn(after, before, "unexpected"), ...changedIn(before, after)];
  return found.sort(topDown).map(({ difference }) => difference);
}

interface Found {
  readonly difference: Difference;
  readonly object: CatalogObject;
  /** The object below a schema that a person would look for first: the table of a column's comment. */
  readonly root: CatalogObject;
}

/** The objects of a catalog by their keys, and who belongs to whom. */
class Family {
  readonly objects: ReadonlyMap<string, CatalogObject>;
  readonly #byName = new Map<string, CatalogObject[]>();

  constructor(catalog: Catalog) {
    this.objects = new Map(catalog.objects.map((object) => [keyOf(object), object]));
    for (const object of catalog.objects) {
      const namesakes = this.#byName.get(object.name);
      if (namesakes) namesakes.push(object);
      else this.#byName.set(object.name, [object]);
    }
  }

  /** A parent is known by its name only, which objects of several kinds can have. */
  parentOf(object: CatalogObject): CatalogObject | undefined {
    const namesakes = this.#byName.get(object.parent ?? "") ?? [];
    return namesakes.find((candidate) => isParent(candidate, object));
  }

  rootOf(object: CatalogObject): CatalogObject {
    const parent = this.parentOf(object);
    return parent === undefined || parent.kind === "schema" ? object : this.rootOf(parent);
  }

  /** The topmost object of those above this one, or itself, that `other` has not. */
  topmostMissingFrom(other: Family, object: CatalogObject): CatalogObject {
    const parent = this.parentOf(object);
    return parent === undefined || other.objects.has(keyOf(parent)) ? object : this.topmostMissingFrom(other, parent);
  }
}

const relations = new Set<CatalogKind>(["table", "foreign table", "view", "materialized view"]);
/** What lies in a relation or a domain, never in a schema directly. */
const parts = new Set<CatalogKind>(["column", "constraint", "index", "statistics", "policy", "trigger", "rule"]);

function isParent(candidate: CatalogObject, child: CatalogObject): boolean {
  if (parts.has(child.kind)) return relations.has(candidate.kind) || candidate.kind === "domain";
  if (child.kind === "comment" || child.kind === "grant") return isTarget(candidate, child);
  return candidate.kind === "schema" || (child.kind === "sequence" && candidate.kind === "column");
}

/** Comments and grants are named after their object; those of a view's column, which is no object, belong to the view. */
function isTarget({ kind, name }: CatalogObject, child: CatalogObject): boolean {
  const label = `${kind} ${name}`;
  if (child.name === label || child.name.startsWith(`${label} to `)) return true;
  return child.name.startsWith("column ")
    ? relations.has(kind) || kind === "type"
    : child.name.startsWith("index ") && kind === "constraint";
}

function onlyIn(here: Family, there: Family, change: "missing" | "unexpected"): Found[] {
  const folded = new Map<CatalogObject, number>();
  for (const object of here.objects.values()) {
    if (there.objects.has(keyOf(object))) continue;
    const top = here.topmostMissingFrom(there, object);
    folded.set(top, (folded.get(top) ?? 0) + Number(top !== object));
  }
  const side = change === "missing" ? "expected" : "actual";
  return [...folded].map(([object, children]) => found(here, object, { change, [side]: object.definition, children }));
}

function changedIn(before: Family, after: Family): Found[] {
  return [...before.objects].flatMap(([key, object]) => {
    const now = after.objects.get(key);
    if (now === undefined || (now.definition === object.definition && now.parent === object.parent)) return [];
    return [found(after, now, { change: "changed", expected: object.definition, actual: now.definition, children: 0 })];
  });
}

function found(family: Family, object: CatalogObject, rest: Pick<Difference, "change" | "expected" | "actual" | "children">): Found {
  const { kind, name, parent } = object;
  const parentKind = family.parentOf(object)?.kind;
  const belongs = { ...(parent === undefined ? {} : { parent }), ...(parentKind === undefined ? {} : { parentKind }) };
  return { object, root: family.rootOf(object), difference: { kind, name, ...belongs, ...rest } };
}

/** Each object followed by what belongs to it. */
function topDown(a: Found, b: Found): number {
  const isPart = (one: Found): number => Number(one.object !== one.root);
  return byKindAndName(a.root, b.root) || isPart(a) - isPart(b) || byKindAndName(a.object, b.object);
}

function keyOf({ kind, name }: CatalogObject): string {
  return `${kind} ${name}`;
}

/** One line that says what differs; for a changed object, followed by the lines of its definition that differ. */
export function describeDifference(difference: Difference): string {
  return [headline(difference), ...changedLines(difference).map((line) => `  ${line}`)].join("\n");
}

export function differencesAsFindings(differences: readonly Difference[], code: string): Finding[] {
  return differences.map((difference) => {
    const lines = changedLines(difference);
    const facts = { ...difference, ...(lines.length === 0 ? {} : { lines }) };
    return finding("error", code, subject(difference), [predicate(difference), ...lines].join("\n  "), undefined, facts);
  });
}

const verbs = { missing: "is missing", unexpected: "is unexpected", changed: "differs" } as const;

function headline(difference: Difference): string {
  return `${subject(difference)} ${predicate(difference)}`;
}

function predicate({ change, children }: Difference): string {
  const more = children === 0 ? "" : `, with ${children} object${children === 1 ? "" : "s"} that belong${children === 1 ? "s" : ""} to it`;
  return `${verbs[change]}${more}`;
}

/** `table public.users: column email`, `table public.users: grant to reader`, `function public.add(integer, integer)`. */
function subject({ kind, name, parent, parentKind }: Difference): string {
  if (parent === undefined || parentKind === undefined || (parentKind === "schema" && kind !== "grant" && kind !== "comment")) {
    return `${kind === "grant" || kind === "comment" ? `${kind} on` : kind} ${name}`;
  }
  return `${parentKind} ${parent}: ${shortName(kind, name, parent, parentKind)}`;
}

/** The name without what its parent's name says already. */
function shortName(kind: CatalogKind, name: string, parent: string, parentKind: CatalogKind): string {
  const label = `${parentKind} ${parent}`;
  if (name.startsWith(label)) return `${kind}${name.slice(label.length)}`;
  if (kind === "grant" || kind === "comment") return `${kind} on ${name}`;
  return `${kind} ${name.startsWith(`${parent}.`) ? name.slice(parent.length + 1) : name}`;
}

/** The lines that only one of the two definitions has, in order: `- not null`, `+ default 0`. */
function changedLines({ change, expected = "", actual = "" }: Difference): string[] {
  if (change !== "changed") return [];
  const [before, after] = [expected.split("\n"), actual.split("\n")];
  const head = commonPrefix(before, after);
  const tail = commonPrefix(before.slice(head).toReversed(), after.slice(head).toReversed());
  return lineDiff(before.slice(head, before.length - tail), after.slice(head, after.length - tail));
}

function commonPrefix(a: readonly string[], b: readonly string[]): number {
  let length = 0;
  while (length < Math.min(a.length, b.length) && a[length] === b[length]) length++;
  return length;
}

/** Longest common subsequence; past a million comparisons, where it would take seconds, all of one and all of the other. */
function lineDiff(before: readonly string[], after: readonly string[]): string[] {
  const removed = before.map((line) => `- ${line}`);
  const added = after.map((line) => `+ ${line}`);
  if (before.length * after.length > 1_000_000) return [...removed, ...added];
  const lengths = commonLengths(before, after);
  const at = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) [i, j] = [i + 1, j + 1];
    else if (i < before.length && (j === after.length || at(i + 1, j) >= at(i, j + 1))) lines.push(removed[i++] as string);
    else lines.push(added[j++] as string);
  }
  return lines;
}

/** At [i][j] the length of what before[i…] and after[j…] have in common. */
function commonLengths(before: readonly string[], after: readonly string[]): Uint32Array[] {
  const lengths = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i--) {
    const [row, below] = [lengths[i] as Uint32Array, lengths[i + 1] as Uint32Array];
    for (let j = after.length - 1; j >= 0; j--) {
      row[j] = before[i] === after[j] ? (below[j + 1] as number) + 1 : Math.max(below[j] as number, row[j + 1] as number);
    }
  }
  return lengths;
}

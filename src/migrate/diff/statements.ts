/** From one schema to another, as statements in an order in which they run. Pure: two values in, a list out. */
import { unwantedGrants } from "./ddl-access.ts";
import { looseMembers } from "./ddl-routines.ts";
import type { Around, Inside, Made, Note, Statement, Statements } from "./ddl.ts";
import { decide, type Fates, typeLike } from "./fates.ts";
import { circlesOf, sortNodes } from "./order.ts";
import { type Key, keyOf, listOf, type Schema, type SchemaObject } from "./schema.ts";
import { type Step, stepsOf } from "./steps.ts";
import { writers } from "./writers.ts";

/** A statement, and the object that it is for. */
export interface Change {
  readonly key: Key;
  /** Without a semicolon; empty where only the note has something to say. */
  readonly sql: string;
  readonly note: Note | undefined;
}

export interface StatementOptions {
  /** Enums get new values by being made anew: for servers where the values cannot be used at once. Default false. */
  readonly swapEnums?: boolean | undefined;
}

export function statementsBetween(from: Schema, to: Schema, options: StatementOptions = {}): Change[] {
  return planBetween(from, to, options).changes;
}

/** `bent` where not everything could come after what it may name: a function in a circle of others. */
export function planBetween(from: Schema, to: Schema, { swapEnums = false }: StatementOptions = {}): { changes: Change[]; bent: boolean } {
  const { fates, sorted, steps, bent } = orderedSteps(from, to, swapEnums);
  const renderer = new Renderer(fates, steps);
  return { changes: sorted.flatMap((step) => renderer.render(step).flatMap((statement) => changeOf(step.key, statement))), bent };
}

function changeOf(key: Key, statement: string | Statement): Change[] {
  if (typeof statement === "string") return [{ key, sql: statement, note: undefined }];
  return [{ key, sql: statement.sql, note: statement.note }];
}

interface Ordered {
  readonly fates: Fates;
  readonly sorted: readonly Step[];
  readonly steps: readonly Step[];
  readonly bent: boolean;
}

/** Circles are opened one way after the other until none is left; what nothing opens is run as it comes: the proof says what is left. */
function orderedSteps(from: Schema, to: Schema, swapEnums: boolean): Ordered {
  const [apart, opened] = [new Set<string>(), new Set<Key>()];
  for (;;) {
    const fates = decide(from, to, { swapEnums, opened });
    const steps = stepsOf(fates, apart);
    const { sorted, stuck, bent } = sortNodes(contract(steps));
    if (stuck.length === 0) return { fates, sorted, steps, bent };
    const found = circlesOf(stuck).map((circle) => open(circle, steps, fates, { apart, opened }));
    if (!found.includes(true)) return { fates, sorted: [...sorted, ...stuck], steps, bent };
  }
}

interface Ways {
  /** Steps that are not done within others. */
  readonly apart: Set<string>;
  /** Objects that are not changed in place, or not dropped at once. */
  readonly opened: Set<Key>;
}

/**
 * What is done within another step goes its own way, foreign keys first; then what could be replaced is dropped before and made
 * after; then types that go are renamed away until the end.
 */
function open(circle: readonly Step[], steps: readonly Step[], fates: Fates, { apart, opened }: Ways): boolean {
  const ids = new Set(circle.map(({ id }) => id));
  const inside = steps.filter(({ id, within }) => within !== undefined && !apart.has(id) && ids.has(rootOf(steps, id)));
  const foreign = inside.filter(({ object: { kind, extra } }) => kind === "constraint" && extra["type"] === "f");
  const loose = foreign.length > 0 ? foreign : inside.filter(({ phase, object: { kind } }) => separable[phase].has(kind));
  for (const { id } of loose) apart.add(id);
  if (loose.length > 0) return true;
  const fresh = circle.filter(({ key }) => !opened.has(key));
  const changed = fresh.filter(({ key, object: { kind } }) => fates.of(key) === "alter" && replaceable.has(kind));
  const types = fresh.filter(({ phase, object: { kind } }) => phase === "drop" && typeLike.has(kind));
  const chosen = changed.length > 0 ? changed : types;
  for (const { key } of chosen) opened.add(key);
  return chosen.length > 0;
}

/** What can be done by itself. */
const separable: Readonly<Record<Step["phase"], ReadonlySet<string>>> = {
  drop: new Set(["default", "constraint", "index", "policy", "rule", "trigger", "publication member"]),
  make: new Set(["default", "constraint"]),
  finish: new Set(),
};

/** What holds no data and is as well made anew as changed. */
const replaceable = new Set<string>(["default", "constraint", "policy", "view", "rule", "trigger", "function", "aggregate"]);

function rootOf(steps: readonly Step[], id: string): string {
  const byId = new Map(steps.map((step) => [step.id, step]));
  let at = byId.get(id);
  while (at?.within !== undefined && byId.has(at.within)) at = byId.get(at.within);
  return at?.id ?? id;
}

/** Steps that stand for themselves, waiting for what the steps within them wait for. */
function contract(steps: readonly Step[]): Step[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const roots = new Map<string, string>();
  const root = (id: string): string => {
    const known = roots.get(id);
    if (known !== undefined) return known;
    const within = byId.get(id)?.within;
    const found = within === undefined || !byId.has(within) ? id : root(within);
    roots.set(id, found);
    return found;
  };
  const contracted = new Map(
    steps
      .filter(({ id }) => root(id) === id)
      .map((step) => [step.id, { ...step, after: new Set<string>(), rather: new Set<string>() }] as const),
  );
  for (const { id, after, rather } of steps) {
    const mine = contracted.get(root(id));
    for (const other of after) if (root(other) !== root(id)) mine?.after.add(root(other));
    for (const other of rather) if (root(other) !== root(id)) mine?.rather.add(root(other));
  }
  return [...contracted.values()];
}

class Renderer {
  readonly #fates: Fates;
  readonly #around: Around;
  readonly #inside: ReadonlyMap<string, readonly Step[]>;

  constructor(fates: Fates, steps: readonly Step[]) {
    this.#fates = fates;
    this.#around = fates.around;
    this.#inside = Map.groupBy(
      steps.filter(({ within }) => within !== undefined),
      ({ within }) => within ?? "",
    );
  }

  render(step: Step): Statements {
    const { phase, key, object } = step;
    const fate = this.#fates.of(key);
    if (phase === "finish") return object.kind === "operator family" ? this.#members(key) : [`DROP ${nounOf(object)} ${oldName(object)}`];
    if (phase === "drop")
      return fate === "swap" || fate === "replace" ? renameAway(object) : writers[object.kind].drop(object, this.#around);
    if (fate === "alter") return this.#alter(key, object);
    const { alone, after = [] } = this.#make(step);
    return [...alone, ...after];
  }

  #alter(key: Key, object: SchemaObject): Statements {
    const before = this.#around.from.objects.get(key) as SchemaObject;
    return writers[object.kind].alter?.(before, object, this.#around) ?? [];
  }

  /** With everything that is made within it. */
  #make({ id, object }: Step): Made {
    const steps = this.#inside.get(id) ?? [];
    const insides = steps.map((step): Inside => ({ object: step.object, made: this.#make(step) }));
    const made = writers[object.kind].create(object, this.#around, insides);
    const followed = insides.flatMap(({ made: { after = [] } }) => after);
    return { ...made, after: [...(made.after ?? []), ...unwantedGrants(object, this.#around), ...followed] };
  }

  /** Members that no class of the family brings along. */
  #members(key: Key): Statements {
    const { from, to } = this.#around;
    const [before, after] = [from.objects.get(key), to.objects.get(key)];
    if (!after) return [];
    type Member = readonly [string, string];
    const ofClasses = (schema: Schema, wanted: (key: Key) => boolean): readonly Member[] =>
      [...schema.objects.values()]
        .filter(
          ({ kind, name, facts }) => kind === "operator class" && facts["family"] === after.extra["name"] && wanted(keyOf(kind, name)),
        )
        .flatMap(({ extra }) => listOf<Member>(extra["members"]));
    const gone = new Set(ofClasses(from, (each) => this.#around.isDropped(each)).map(([make]) => make));
    const kept = this.#around.isMade(key) ? [] : listOf<Member>(before?.facts["members"]).filter(([make]) => !gone.has(make));
    const present = [...kept, ...ofClasses(to, (each) => this.#around.isMade(each))];
    return looseMembers(present, listOf<Member>(after.facts["members"]), after);
  }
}

const nounOf = ({ kind }: SchemaObject): string => kind.toUpperCase();
const quoted = (name: unknown): string => `"${String(name).replaceAll('"', '""')}"`;
const awayName = (bare: unknown): string => quoted(`${String(bare).slice(0, 50)}__old`);
const oldName = ({ extra }: SchemaObject): string => `${quoted(extra["schema"])}.${awayName(extra["bare"])}`;

/** A range brings its multirange along, under a name of its own. */
function renameAway(object: SchemaObject): string[] {
  const { extra, facts } = object;
  const [ref, away] = [extra["ref"], awayName(extra["bare"])];
  return [`ALTER ${nounOf(object)} ${ref} RENAME TO ${away}`, ...renameRange(String(ref), away, facts["range"])];
}

/** A range brings its multirange along, and the functions that make both, under names of their own. */
function renameRange(ref: string, away: string, range: { readonly subtype: string; readonly multirange?: string } | undefined): string[] {
  if (range === undefined) return [];
  const { subtype, multirange } = range;
  const many = away.replace(/"$/, '_multirange"');
  return [
    `ALTER FUNCTION ${ref}(${subtype}, ${subtype}) RENAME TO ${away}`,
    `ALTER FUNCTION ${ref}(${subtype}, ${subtype}, text) RENAME TO ${away}`,
    ...(multirange === undefined ? [] : [`ALTER TYPE ${multirange} RENAME TO ${many}`, `ALTER FUNCTION ${multirange}() RENAME TO ${many}`]),
  ];
}

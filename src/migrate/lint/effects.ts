/** What a statement did to relations that others can see: the difference of two sightings. Pure. */
import { isStronger, type LockMode, strongest } from "./lock-mode.ts";
import { type RelationKind, relationKinds, type Sighting } from "./snapshot.ts";

export interface Lock {
  /** `public.users` */
  readonly relation: string;
  readonly kind: RelationKind;
  readonly mode: LockMode;
}

export interface IndexBuild {
  readonly index: string;
  readonly table: string;
  /** Writes go on meanwhile. */
  readonly concurrently: boolean;
}

export interface RowCount {
  readonly relation: string;
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
}

export interface Effects {
  /** Taken by this statement and kept to the end of the transaction: the strongest new one of each relation. */
  readonly locks: readonly Lock[];
  /** The strongest that the transaction held before it. */
  readonly held: readonly Lock[];
  /** Tables and materialized views whose rows were written anew. */
  readonly rewrites: readonly string[];
  /** Tables that were read from end to end. */
  readonly scans: readonly string[];
  readonly indexBuilds: readonly IndexBuild[];
  /** In every table, also one that the transaction made. */
  readonly rows: readonly RowCount[];
}

export const noEffects: Effects = { locks: [], held: [], rewrites: [], scans: [], indexBuilds: [], rows: [] };

/** Sightings of one transaction: as it began, and as the last statement left things. */
export class Sightings {
  readonly #start: ReadonlyMap<number, Sighting>;
  #now: Map<number, Sighting>;
  readonly #gone = new Set<number>();

  constructor(rows: readonly Sighting[]) {
    this.#start = byId(rows);
    this.#now = byId(rows);
  }

  /** Relations as the last statement left them. */
  get relations(): ReadonlyMap<number, Sighting> {
    return this.#now;
  }

  /** Looks again without asking who did what: after a statement that was taken back. */
  forget(rows: readonly Sighting[]): void {
    for (const row of rows) this.#now.set(row.id, row);
  }

  /** As the next transaction finds them, once the counters of this one are put away. */
  carriedOver(): Sighting[] {
    const alive = [...this.#now.values()].filter(({ id }) => !this.#gone.has(id));
    return alive.map((sighting) => ({ ...sighting, scans: 0, inserted: 0, updated: 0, deleted: 0, locks: [] }));
  }

  /** What happened since the last time. `rows` are all relations that the transaction holds a lock on. */
  step(rows: readonly Sighting[]): Effects {
    const before = this.#now;
    const changes = rows.map((row) => changeOf(row, before.get(row.id), this.#start.has(row.id)));
    this.#now = new Map([...before, ...changes.map(({ after }) => [after.id, after] as const)]);
    for (const { id, name } of rows) if (name === null) this.#gone.add(id);
    const visible = changes.filter(({ visible }) => visible);
    return {
      locks: withoutIndexesOfLocked(visible.flatMap(newLock), this.#now),
      held: locksOf([...before.values()].filter(({ id }) => this.#start.has(id))),
      rewrites: names(visible.filter(isRewritten)),
      scans: names([...visible.filter(isScanned), ...this.#referencedScans(changes)]),
      indexBuilds: changes.flatMap((change) => this.#build(change, before)),
      rows: changes.flatMap(rowCount),
    };
  }

  #build({ before, after }: Change, earlier: ReadonlyMap<number, Sighting>): IndexBuild[] {
    if (after.kind !== "i" || after.file === null || after.file === before?.file) return [];
    // ALTER TABLE … TYPE that needs no rewrite makes a new index entry that keeps the old one's file.
    const reused = before === undefined && [...earlier.values()].some(({ kind, file }) => kind === "i" && file === after.file);
    const table = this.#start.get(after.table ?? 0);
    const name = table && (this.#now.get(table.id)?.name ?? table.name);
    return reused || name == null ? [] : [{ index: after.name ?? "", table: name, concurrently: false }];
  }

  /** A foreign key's check joins both tables. On an empty one PostgreSQL stops before it opens the other: the one scan that counters miss. */
  #referencedScans(changes: readonly Change[]): Change[] {
    const fresh = changes
      .filter((change) => change.visible && isScanned(change))
      .flatMap(({ before, after }) => after.references.filter((key) => before?.references.includes(key) === false));
    return fresh.flatMap((key) => {
      const id = Number(key.split(">")[1]);
      const seen = this.#now.get(id);
      return seen && this.#start.has(id) ? [{ before: seen, after: seen, visible: true }] : [];
    });
  }
}

interface Change {
  readonly before: Sighting | undefined;
  readonly after: Sighting;
  /** It was there before the transaction, so that others may use it. */
  readonly visible: boolean;
}

function byId(rows: readonly Sighting[]): Map<number, Sighting> {
  return new Map(rows.map((row) => [row.id, row]));
}

/** A dropped relation has lost its name; what it was is known from before. */
function changeOf(row: Sighting, before: Sighting | undefined, visible: boolean): Change {
  const after = row.name === null && before ? { ...before, locks: row.locks } : row;
  return { before, after, visible };
}

function modesOf({ locks }: Sighting): LockMode[] {
  return locks.map((lock) => lock.replace(/Lock$/, "") as LockMode);
}

function newLock({ before, after }: Change): (Lock & { readonly id: number; readonly table: number | null })[] {
  const known = before ? modesOf(before) : [];
  const mode = strongest(modesOf(after).filter((mode) => !known.includes(mode)));
  if (mode === undefined || after.name === null) return [];
  return [{ id: after.id, table: after.table, relation: before?.name ?? after.name, kind: relationKinds[after.kind], mode }];
}

function locksOf(sightings: readonly Sighting[]): Lock[] {
  return sightings.flatMap((sighting) => {
    const mode = strongest(modesOf(sighting));
    return mode === undefined || sighting.name === null ? [] : [{ relation: sighting.name, kind: relationKinds[sighting.kind], mode }];
  });
}

/** An index is reached through its table: its own lock says something only where it is the stronger one. */
function withoutIndexesOfLocked(locks: readonly ReturnType<typeof newLock>[number][], relations: ReadonlyMap<number, Sighting>): Lock[] {
  const all = new Map([...relations].map(([id, sighting]) => [id, strongest(modesOf(sighting))]));
  return locks
    .filter(({ table, mode }) => {
      const ofTable = table === null ? undefined : all.get(table);
      return ofTable === undefined || isStronger(mode, ofTable);
    })
    .map(({ relation, kind, mode }) => ({ relation, kind, mode }));
}

function isRewritten({ before, after }: Change): boolean {
  return (after.kind === "r" || after.kind === "m") && before !== undefined && after.file !== before.file;
}

function isScanned({ before, after }: Change): boolean {
  return (after.kind === "r" || after.kind === "m") && before !== undefined && after.scans > before.scans;
}

function names(changes: readonly Change[]): string[] {
  return [...new Set(changes.flatMap(({ before, after }) => before?.name ?? after.name ?? []))];
}

function rowCount({ before, after }: Change): RowCount[] {
  if (after.name === null || !["r", "m"].includes(after.kind)) return [];
  const [inserted, updated, deleted] = (["inserted", "updated", "deleted"] as const).map((key) => after[key] - (before?.[key] ?? 0)) as [
    number,
    number,
    number,
  ];
  return inserted + updated + deleted > 0 ? [{ relation: after.name, inserted, updated, deleted }] : [];
}

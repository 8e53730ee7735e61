/**
 * The way from one catalog back to another, found by going it: statements are made from what differs, tried on the bench in
 * whatever order works, and what then still differs is the next question, until nothing does.
 */
import type { Catalog, CatalogObject } from "../../../core/catalog.ts";
import type { Session } from "../../../core/engine.ts";
import { sqlstate } from "../../../core/errors.ts";
import { type Difference, diffCatalogs } from "../../../core/schema-diff.ts";
import type { Bench } from "../../replay.ts";
import { attempt, ownedCatalog } from "../bench.ts";
import { accessOf } from "./access.ts";
import { changesOf } from "./changes.ts";
import { createsOf } from "./creates.ts";
import { dropsOf, togetherDrop } from "./drops.ts";
import { type Rename, renameOf } from "./renames.ts";
import { keyOf, type Undo, writable, type World } from "./undo.ts";

export interface Restored {
  /** In the order in which they have to run. */
  readonly undos: readonly Undo[];
  /** What they do not bring back. */
  readonly left: readonly Difference[];
  /** What the server said to statements that were needed and failed. */
  readonly errors: readonly string[];
}

export interface Hints {
  readonly renames?: readonly Rename[];
  /** Queries of views in `want`; see `viewsOf`. */
  readonly views?: ReadonlyMap<string, string>;
  /** When an object was made, where that is known: the last one goes first. */
  rank(object: CatalogObject): number;
}

/** Finds statements that turn `now`, where the bench stands, into `want`; the bench stays where it is. Both with owners. */
export function restore(bench: Bench, want: Catalog, now: Catalog, hints: Hints): Promise<Restored> {
  return bench.undoing(async () => {
    await bench.session.script("set local check_function_bodies = on");
    const undos: Undo[] = [];
    // What did not help once will not help again.
    const isNew = ({ sql }: Undo): boolean => !undos.some((done) => done.sql === sql);
    let errors: readonly string[] = [];
    let current = now;
    for (let round = 0; round < 12 && current.fingerprint !== want.fingerprint; round++) {
      const { structure, access } = nextStatements(want, current, hints);
      const made = await run(bench.session, structure.filter(isNew));
      errors = made.errors;
      const said = made.done.length === 0 ? (await run(bench.session, access.filter(isNew))).done : [];
      if (made.done.length + said.length === 0) break;
      undos.push(...made.done, ...said);
      current = await ownedCatalog(bench);
    }
    return { undos, left: diffCatalogs(want, current), errors };
  });
}

/** The queries of all views by their names, every name in them qualified. */
export async function viewsOf({ session }: Bench): Promise<ReadonlyMap<string, string>> {
  const query = `select pg_catalog.format('%I.%I', schemaname, viewname) as name, definition from pg_catalog.pg_views
    where schemaname !~ '^pg_' and schemaname <> 'information_schema'
    union all select pg_catalog.format('%I.%I', schemaname, matviewname), definition from pg_catalog.pg_matviews`;
  const results = await session.script(
    `savepoint pgsteward_views; set local search_path = pg_catalog; ${query}; rollback to savepoint pgsteward_views; release savepoint pgsteward_views`,
  );
  return new Map((results[2]?.rows ?? []).map(({ name, definition }) => [name as string, (definition as string).trim().replace(/;$/, "")]));
}

/** `access` is for when of `structure` nothing is left to do. */
function nextStatements(want: Catalog, now: Catalog, hints: Hints): { structure: Undo[]; access: Undo[] } {
  const world: World = { want: byKey(want), now: byKey(now), version: now.version, views: hints.views ?? new Map() };
  const missing = [...world.want.values()].filter((object) => !world.now.has(keyOf(object)));
  const unexpected = [...world.now.values()].filter((object) => !world.want.has(keyOf(object)));
  const renamed = renameOf(hints.renames ?? [], missing, unexpected, world);
  if (renamed) return { structure: [renamed], access: [] };
  const changed = [...world.want.values()].flatMap((object) => {
    const other = world.now.get(keyOf(object));
    return other && other.definition !== object.definition ? [{ want: object, now: other }] : [];
  });
  const structure = [
    ...dropsOf(unexpected, world, (object) => hints.rank(object)),
    ...changesOf(changed, world),
    ...createsOf(missing, world),
  ];
  return { structure, access: accessStatements(missing, unexpected, changed, world) };
}

function accessStatements(
  missing: readonly CatalogObject[],
  unexpected: readonly CatalogObject[],
  changed: readonly { readonly want: CatalogObject; readonly now: CatalogObject }[],
  world: World,
): Undo[] {
  const isAccess = ({ kind }: CatalogObject): boolean => kind === "grant" || kind === "comment" || kind === "default privilege";
  return [
    ...unexpected.filter(isAccess).flatMap((object) => accessOf(undefined, object, world)),
    ...changed.filter(({ want }) => isAccess(want)).flatMap(({ want, now }) => accessOf(want, now, world)),
    ...missing.filter(isAccess).flatMap((object) => accessOf(object, undefined, world)),
  ];
}

function byKey({ objects }: Catalog): Map<string, CatalogObject> {
  return new Map(objects.map(writable).map((object) => [keyOf(object), object]));
}

interface Tried {
  readonly done: readonly Undo[];
  readonly errors: readonly string[];
}

/** Runs what runs; what does not is tried again behind it, as long as anything does. */
async function run(session: Session, statements: readonly Undo[]): Promise<Tried> {
  const done: Undo[] = [];
  let open = statements;
  for (;;) {
    const stuck: Undo[] = [];
    const errors: string[] = [];
    for (const undo of open) {
      const outcome = await tryOne(session, undo);
      if (typeof outcome !== "string") done.push(...(outcome ? [outcome] : []));
      else {
        stuck.push(undo);
        errors.push(outcome);
      }
    }
    if (stuck.length === 0) return { done, errors: [] };
    if (stuck.length < open.length) open = stuck;
    else {
      const together = togetherDrop(stuck);
      const outcome = together && (await tryOne(session, together));
      if (outcome === undefined || typeof outcome === "string") return { done, errors };
      done.push(outcome);
      open = stuck.filter(({ drops, object }) => !(drops && object.startsWith("table ")));
    }
  }
}

/** The statement as it ran; undefined where it was not needed any more; else what the server said. */
async function tryOne(session: Session, undo: Undo): Promise<Undo | undefined | string> {
  const first = await attempt(session, undo.sql);
  if (!("failed" in first)) return undo;
  if (undo.otherwise !== undefined && !("failed" in (await attempt(session, undo.otherwise)))) return { ...undo, sql: undo.otherwise };
  const state = sqlstate(first.failed) ?? "";
  const isThere = !undo.drops && /^(?:42P07|42710|42701|42P06|42723)$/.test(state);
  const isGone = undo.drops === true && /^(?:42704|42P01|42703|42883|3F000)$/.test(state);
  return isThere || isGone ? undefined : `${undo.sql.split("\n")[0]}: ${first.failed.message}`;
}

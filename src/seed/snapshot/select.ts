/** Which rows a snapshot takes: roots, what belongs to them, and all that any of these refers to. */
import type { Session } from "../../core/engine.ts";
import { quoteIdentifier } from "../../core/sql.ts";
import { addPlace, countPlaces, fetchRows, fromTable, isOneOf, placeColumns, placeNumber, type PlaceRow, type Places } from "./places.ts";
import type { SnapshotKey, SnapshotTable } from "./shape.ts";

export interface Root {
  readonly table: SnapshotTable;
  /** About the alias `t`; undefined for any row. */
  readonly where: string | undefined;
}

export interface Wanted {
  readonly tables: readonly SnapshotTable[];
  readonly roots: readonly Root[];
  /** The most rows that are chosen of a table; parents come on top. */
  readonly limit: number | undefined;
  /** What children of a table have to be beside; by the table's oid, about the alias `t`. */
  readonly within: ReadonlyMap<number, string>;
}

/** By the table's oid. */
export type Chosen = Map<number, Places>;

/**
 * The choice depends on the data alone: where only some of the rows fit in, those whose key has the lowest hash.
 * Children are taken of roots and of children, never of parents: one order must not bring in all of its customer's country.
 */
export async function selectRows(session: Session, wanted: Wanted): Promise<Chosen> {
  const chosen: Chosen = new Map();
  let fresh: Chosen = new Map();
  for (const { table, where } of wanted.roots) {
    const query = `select ${placeColumns("t")} from ${fromTable(table)} t where ${where ?? "true"}`;
    await take(session, query, table, chosen, fresh, wanted.limit);
  }
  while (fresh.size > 0) fresh = await addChildren(session, wanted, chosen, fresh);
  fresh = new Map(chosen);
  while (fresh.size > 0) fresh = await addParents(session, wanted, chosen, fresh);
  return chosen;
}

async function addChildren(session: Session, { tables, limit, within }: Wanted, chosen: Chosen, parents: Chosen): Promise<Chosen> {
  const fresh: Chosen = new Map();
  for (const table of tables) {
    for (const key of table.keys) {
      const places = parents.get(key.target);
      const parent = tables.find(({ oid }) => oid === key.target);
      if (!places || !parent) continue;
      const query = `select ${placeColumns("t")} from ${fromTable(parent)} p join ${fromTable(table)} t on ${matches(key, "p", "t")}
        where ${isOneOf("p", parent, places)} and ${within.get(table.oid) ?? "true"}`;
      await take(session, query, table, chosen, fresh, limit);
    }
  }
  return fresh;
}

async function addParents(session: Session, { tables }: Wanted, chosen: Chosen, children: Chosen): Promise<Chosen> {
  const fresh: Chosen = new Map();
  for (const table of tables) {
    const places = children.get(table.oid);
    for (const key of places ? table.keys : []) {
      const parent = tables.find(({ oid }) => oid === key.target);
      if (!parent || !places) continue;
      const names = key.columns.map((name) => `t.${quoteIdentifier(name)}`).join(", ");
      const query = `select ${placeColumns("p")}
        from (select distinct ${names} from ${fromTable(table)} t where ${isOneOf("t", table, places)}) c
        join ${fromTable(parent)} p on ${matches(key, "p", "c")}`;
      await take(session, query, parent, chosen, fresh, undefined);
    }
  }
  return fresh;
}

function matches({ columns, refers, operators }: SnapshotKey, parent: string, child: string): string {
  return columns
    .map((name, i) => `${parent}.${quoteIdentifier(refers[i] ?? "")} ${operators[i] ?? "="} ${child}.${quoteIdentifier(name)}`)
    .join(" and ");
}

/** Adds the query's rows that are new, up to the limit of the table. */
async function take(
  session: Session,
  query: string,
  table: SnapshotTable,
  chosen: Chosen,
  fresh: Chosen,
  limit: number | undefined,
): Promise<void> {
  const known = countPlaces(chosen.get(table.oid));
  if (limit !== undefined && known >= limit) return;
  let left = limit === undefined ? Number.POSITIVE_INFINITY : limit - known;
  // Of the first `limit` rows at most those that are chosen already are none of the new ones.
  const ordered = limit === undefined ? query : `${query} order by ${keyHash(table)} limit ${limit}`;
  for await (const rows of fetchRows<PlaceRow>(session, ordered)) {
    for (const { relation, place } of rows) {
      if (left <= 0 || !addPlace(placesOf(chosen, table), relation, placeNumber(place))) continue;
      addPlace(placesOf(fresh, table), relation, placeNumber(place));
      left--;
    }
  }
}

function placesOf(chosen: Chosen, { oid }: SnapshotTable): Places {
  const places = chosen.get(oid) ?? new Map<number, Set<number>>();
  chosen.set(oid, places);
  return places;
}

function keyHash({ primaryKey }: SnapshotTable): string {
  const key = primaryKey.length === 0 ? "t" : `row(${primaryKey.map((name) => `t.${quoteIdentifier(name)}`).join(", ")})`;
  return `pg_catalog.md5(${key}::pg_catalog.text)`;
}

/**
 * Rows by their place. Within one snapshot of the database a row's ctid is its name, also in a table without a key, on a
 * standby and for a role that may not make temporary tables; and it takes a number instead of a key's text to keep.
 */
import type { Session } from "../../core/engine.ts";
import { relationOf, type SnapshotTable } from "./shape.ts";

/** By relation, which is a partition where there are some: block × 65,536 + line. */
export type Places = Map<number, Set<number>>;

export interface PlaceRow {
  readonly relation: number;
  readonly place: string;
}

/** What a query of places selects of the alias `t`. */
export const placeColumns = (t: string): string => `${t}.tableoid as relation, ${t}.ctid::text as place`;

/** `(12,3)`. */
export function placeNumber(text: string): number {
  const comma = text.indexOf(",");
  return Number(text.slice(1, comma)) * 65_536 + Number(text.slice(comma + 1, -1));
}

/** False where it is there already. */
export function addPlace(places: Places, relation: number, place: number): boolean {
  const known = places.get(relation);
  if (!known) places.set(relation, new Set([place]));
  else if (known.has(place)) return false;
  else known.add(place);
  return true;
}

export function countPlaces(places: Places | undefined): number {
  return [...(places?.values() ?? [])].reduce((sum, { size }) => sum + size, 0);
}

/** Condition: a row of the alias `t` is one of these. It is found by its place, without a scan. */
export function isOneOf(t: string, table: SnapshotTable, places: Places): string {
  const parts = [...places].map(([relation, set]) => {
    const texts = Array.from(set, (place) => `"(${Math.floor(place / 65_536)},${place % 65_536})"`);
    const here = `${t}.ctid = any ('{${texts.join(",")}}'::pg_catalog.tid[])`;
    return table.partitioned ? `(${t}.tableoid = ${relation} and ${here})` : here;
  });
  return parts.length === 0 ? "false" : `(${parts.join(" or ")})`;
}

/** The table in FROM: without those that inherit from it, which are tables of their own. */
export const fromTable = (table: SnapshotTable): string => `${table.partitioned ? "" : "only "}${relationOf(table)}`;

const batchRows = 1_000;

/** The rows of a query, a batch at a time: whatever their number, a batch is all that is in memory. */
export async function* fetchRows<R>(session: Session, query: string): AsyncGenerator<readonly R[], void> {
  await session.query(`declare pgsteward_rows no scroll cursor for ${query}`);
  for (;;) {
    const { rows } = await session.query<R>(`fetch forward ${batchRows} from pgsteward_rows`);
    if (rows.length > 0) yield rows;
    if (rows.length < batchRows) break;
  }
  await session.query("close pgsteward_rows");
}

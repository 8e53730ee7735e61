/** What of the rows is not as it was. */
import type { Shape } from "./shape.ts";
import type { TableRows } from "./snapshot.ts";

/** Data that an up and a down do not give back. */
export interface Loss {
  readonly table: string;
  /** Null where whole rows are concerned. */
  readonly column: string | null;
  /**
   * `changed`: other values; `gone`: nulls where there were values, or no rows; `left`: rows that were not there; `restarts`: a
   * sequence, in `table`, that gives out what it gave out before.
   */
  readonly kind: "changed" | "gone" | "left" | "restarts";
  readonly rows: number;
  readonly of: number;
}

/** In the order of the tables. */
export function lossesOf(before: readonly TableRows[], after: readonly TableRows[], shape: Shape): Loss[] {
  const now = new Map(after.map((rows) => [rows.table, rows]));
  const primary = new Map(shape.tables.map((table) => [table.name, table.primary]));
  return before.flatMap((table) => {
    const other = now.get(table.table);
    return other ? compare(table, other, primary.get(table.table) ?? []) : [];
  });
}

function compare(before: TableRows, after: TableRows, primary: readonly string[]): Loss[] {
  const { table, rows } = before;
  const pairs = primary.length > 0 ? pairsByKey(before, after, primary) : pairsByRank(before, after);
  const gone = pairs.filter(([, now]) => now === undefined).length;
  const left = after.rows.length - (pairs.length - gone);
  const loss = (kind: Loss["kind"], column: string | null, count: number): Loss[] =>
    count === 0 ? [] : [{ table, column, kind, rows: count, of: rows.length }];
  const values = before.columns.flatMap((column, i) => {
    const changed = pairs.filter(([was, now]) => now !== undefined && was[i] !== now[i]);
    const emptied = changed.every(([, now]) => now?.[i] === null);
    return loss(emptied ? "gone" : "changed", column, changed.length);
  });
  return [...loss("gone", null, gone), ...values, ...loss("left", null, left)];
}

type Values = readonly (string | null)[];
type Pair = readonly [was: Values, now: Values | undefined];

function pairsByKey(before: TableRows, after: TableRows, primary: readonly string[]): Pair[] {
  const places = primary.map((name) => before.columns.indexOf(name));
  const keyOf = (row: Values): string => JSON.stringify(places.map((place) => row[place]));
  const now = new Map(after.rows.map((row) => [keyOf(row), row]));
  return before.rows.map((row) => [row, now.get(keyOf(row))]);
}

/** Without a key: equal rows belong together, then those that have most values in common. */
function pairsByRank(before: TableRows, after: TableRows): Pair[] {
  const left = new Set(after.rows);
  const alike = (a: Values, b: Values): number => a.filter((value, i) => value === b[i]).length;
  const exact = before.rows.map((row): Pair => {
    const twin = [...left].find((candidate) => alike(row, candidate) === row.length);
    if (twin) left.delete(twin);
    return [row, twin];
  });
  return exact.map(([row, twin]): Pair => {
    if (twin) return [row, twin];
    const [next] = [...left].sort((a, b) => alike(row, b) - alike(row, a));
    if (next) left.delete(next);
    return [row, next];
  });
}

/** `values of public.users.nick are lost in 2 of 3 rows`. */
export function describeLoss({ table, column, kind, rows, of }: Loss): string {
  if (kind === "restarts") return `the sequence ${table} starts again`;
  const many = `${rows} of ${of} ${of === 1 ? "row" : "rows"}`;
  if (kind === "left") return `${table} keeps ${rows} ${rows === 1 ? "row" : "rows"} that were not there before`;
  if (column === null) return `${many} of ${table} ${rows === 1 ? "is" : "are"} deleted`;
  return kind === "gone" ? `the values of ${table}.${column} are lost in ${many}` : `the values of ${table}.${column} change in ${many}`;
}

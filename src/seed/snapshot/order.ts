/** In which order the tables are loaded: parents first. A circle is cut at a key that can be null, whose columns come in a file of their own, last. */
import { failure } from "../../core/errors.ts";
import { seedErrors } from "../errors.ts";
import { shortName, type SnapshotColumn, type SnapshotKey, type SnapshotTable } from "./shape.ts";

export interface Part {
  readonly table: SnapshotTable;
  /** What the file fills; of a second one the key comes with it. */
  readonly columns: readonly SnapshotColumn[];
  /** Of a second one, what it is about: rows that have none of them are left out. */
  readonly late: readonly string[];
}

/** Errors: SEED_SNAPSHOT_CYCLE. */
export function partsOf(tables: readonly SnapshotTable[]): readonly Part[] {
  const { order, late } = loadOrder(tables);
  const first = order.map((table): Part => {
    const without = late.get(table) ?? new Set();
    return { table, columns: writable(table).filter(({ name }) => !without.has(name)), late: [] };
  });
  const second = order.flatMap((table): readonly Part[] => {
    const names = late.get(table);
    if (!names) return [];
    const key = fileKey(table) ?? [];
    return [{ table, columns: table.columns.filter(({ name }) => key.includes(name) || names.has(name)), late: [...names] }];
  });
  return [...first, ...second];
}

/** What tells the rows of a file apart: the primary key, else a unique key without nulls; undefined where there is none. */
export function fileKey({ primaryKey, uniques, columns }: SnapshotTable): readonly string[] | undefined {
  if (primaryKey.length > 0) return primaryKey;
  const notNull = (name: string): boolean => columns.find((column) => column.name === name)?.notNull ?? false;
  return uniques.find((unique) => unique.plain && unique.columns.every(notNull))?.columns;
}

/**
 * All but what the server computes; without a key also what it numbers itself: nothing can refer to such a number, and
 * a plain INSERT does not take it.
 */
function writable(table: SnapshotTable): readonly SnapshotColumn[] {
  const keyed = fileKey(table) !== undefined;
  return table.columns.filter(({ generated, identityAlways }) => !generated && (keyed || !identityAlways));
}

type Late = ReadonlyMap<SnapshotTable, ReadonlySet<string>>;

function loadOrder(tables: readonly SnapshotTable[]): { order: readonly SnapshotTable[]; late: Late } {
  const left = new Map(tables.map((table) => [table.oid, table]));
  const late = new Map<SnapshotTable, Set<string>>();
  const order: SnapshotTable[] = [];
  const waits = (table: SnapshotTable): readonly SnapshotKey[] =>
    table.keys.filter(
      ({ target, columns }) => target !== table.oid && left.has(target) && !columns.some((name) => late.get(table)?.has(name)),
    );
  while (left.size > 0) {
    const next = [...left.values()].find((table) => waits(table).length === 0);
    if (next) {
      order.push(next);
      left.delete(next.oid);
      continue;
    }
    const { table, names } = cut([...left.values()], waits);
    late.set(table, new Set([...(late.get(table) ?? []), ...names]));
  }
  return { order, late };
}

type Waits = (table: SnapshotTable) => readonly SnapshotKey[];

/** The first key of a circle that can be null for a while. */
function cut(tables: readonly SnapshotTable[], waits: Waits): { table: SnapshotTable; names: readonly string[] } {
  const circle = tables.flatMap((table) => waits(table).flatMap((key) => (leadsBack(table, key, tables, waits) ? [{ table, key }] : [])));
  for (const { table, key } of circle) {
    const names = nullableOf(table, key);
    if (names.length > 0) return { table, names };
  }
  const [first] = circle;
  const around = [...new Set(circle.map(({ table }) => shortName(table)))].join(", ");
  throw failure(seedErrors, "SEED_SNAPSHOT_CYCLE", { tables: around, key: first?.key.name ?? "" });
}

function leadsBack(table: SnapshotTable, key: SnapshotKey, tables: readonly SnapshotTable[], waits: Waits): boolean {
  const seen = new Set<number>();
  const open = [key.target];
  for (let oid = open.pop(); oid !== undefined; oid = open.pop()) {
    if (oid === table.oid) return true;
    if (seen.has(oid)) continue;
    seen.add(oid);
    const at = tables.find((one) => one.oid === oid);
    if (at) open.push(...waits(at).map(({ target }) => target));
  }
  return false;
}

/** Columns of the key that a row can do without at first. One that has a default would not be null. */
function nullableOf(table: SnapshotTable, { columns }: SnapshotKey): readonly string[] {
  const key = fileKey(table);
  if (!key) return [];
  return table.columns
    .filter(({ name, notNull, hasDefault }) => columns.includes(name) && !notNull && !hasDefault && !key.includes(name))
    .map(({ name }) => name);
}
